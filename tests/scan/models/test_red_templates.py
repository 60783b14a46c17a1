"""Hostile templates as others would write them: ways to hide a name, places to put a template, and honest twins."""

from __future__ import annotations

import io
import json
import struct
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest

from accord.scan.look import Look
from accord.scan.models.template_values import Known, fold, set_once, walked
from accord.scan.models.templates import Use, judge
from accord.scan.part import Part
from accord.scan.rating import Rated, Rating, Sight, worst
from accord.scan.reasons import reasons

Within = Callable[[float], AbstractContextManager[None]]
Rate = Callable[..., Rated]
HONEST = "{% for m in messages %}<|{{ m['role'] }}|>{{ m['content'] | trim }}</s>{% endfor %}"
RUNS = "{{ cycler.__init__.__globals__.os.popen('echo 1').read() }}"


def _nothing(_part: Part, _look: Look) -> Iterator[Sight]:
    yield from ()


def said(text: str, use: Use = Use.CHAT) -> list[Sight]:
    return list(judge(text, Part(b"", name="t"), Look(_nothing), name="chat_template", use=use))


def rating(text: str, use: Use = Use.CHAT) -> Rating:
    return worst(reasons()[sight.kind].rating for sight in said(text, use))


# ways to make the name of an attribute without writing it down

HIDDEN = (
    "{% set x %}__class__{% endset %}{{ messages[x] }}",
    "{% set x %}{{ '_' }}_class_{{ '_' }}{% endset %}{{ messages[x] }}",
    "{% set x | lower %}__CLASS__{% endset %}{{ messages[x] }}",
    "{% macro u() %}__class__{% endmacro %}{{ messages[u()] }}",
    "{% macro u() %}{{ '_' * 2 }}{% endmacro %}{{ messages[u() ~ 'class' ~ u()] }}",
    "{% set a, b = '__cla', 'ss__' %}{{ messages[a ~ b] }}",
    "{% set a, b = ('_' * 2, 'class') %}{{ messages[a ~ b ~ a] }}",
    "{% with a='__cla', b='ss__' %}{{ messages[a ~ b] }}{% endwith %}",
    "{% with u='_' * 2 %}{{ messages[u ~ 'class' ~ u] }}{% endwith %}",
    "{% for a in ['__cla'] %}{{ messages[a ~ tail] }}{% endfor %}",
    "{% for a in ['__init'] %}{% for b in tails %}{{ messages[a ~ b] }}{% endfor %}{% endfor %}",
    "{{ messages['{0}{1}{0}'.format('__', 'class')] }}",
    "{{ messages['{u}class{u}'.format(u='__')] }}",
    "{{ messages['{}{}{}'.format('_' * 2, 'class', '_' * 2)] }}",
    "{{ messages['%(u)sclass%(u)s' % {'u': '__'}] }}",
    "{{ messages['%s%s%s' % ('__', 'class', '__')] }}",
    "{{ messages['%c%cclass%c%c' % (95, 95, 95, 95)] }}",
    "{{ messages['a__class__b' | trim('ab')] }}",
    "{{ messages['xx__class__xx'.strip('x')] }}",
    "{{ messages['-class-'.replace('-', '__')] }}",
    "{{ messages[['__', 'class', '__'] | join] }}",
    "{{ messages[['__', 'ssalc', '__'] | reverse | join | reverse] }}",
    "{{ messages['__ssalc__' | reverse] }}",
    "{{ messages['X__class__'[1:]] }}",
    r"{{ messages['\x5f\x5fcl\x61ss\x5f\x5f'] }}",
    r"{{ messages['\N{LOW LINE}\N{LOW LINE}class__'] }}",
    "{{ messages['__cla' 'ss__'] }}",
    "{% set ns = namespace(a='__cla') %}{{ messages[ns.a ~ 'ss__'] }}",
    "{% set d = {'a': '__cla'} %}{{ messages[d.a ~ 'ss__'] }}",
    "{% if x %}{% set p = '__cla' %}{% else %}{% set p = '__ini' %}{% endif %}{{ messages[p ~ q] }}",
)


@pytest.mark.parametrize("use", Use)
@pytest.mark.parametrize("text", HIDDEN)
def test_a_name_that_is_put_together_is_named(text: str, use: Use) -> None:
    assert {one.kind for one in said(text, use) if one.kind != "template-unknown"} == {"template-injection"}


FILTERS = (
    "{{ messages | sum('content.__class__') }}",
    "{{ messages | sum(a ~ b) }}",
    "{{ messages | join(',', 'x.__init__') }}",
    "{{ messages | join(',', k ~ 'x') }}",
    "{{ messages | join(',', attribute='x.__globals__') }}",
    "{{ messages | sort(false, false, 'x.__init__') }}",
    "{{ messages | unique(false, 'x.__init__') }}",
    "{{ messages | min(false, 'x.__class__') }}",
    "{{ messages | max(attribute=a ~ b) }}",
    "{{ messages | groupby('role.__class__') }}",
    "{{ messages | rejectattr('__class__.__mro__') }}",
    "{{ messages | map(**{'attribute': a ~ b}) }}",
    "{{ messages | map(*[a ~ b]) }}",
    "{{ messages | map('attr', 'x') }}",
    "{{ messages | attr(*['__class__']) }}",
    "{{ messages | attr(name='__class__') }}",
    "{% filter attr('__class__') %}x{% endfilter %}",
)


@pytest.mark.parametrize("text", FILTERS)
def test_a_filter_that_reads_internals_for_the_template_is_named(text: str) -> None:
    assert rating(text) is Rating.DANGEROUS
    assert rating(text, Use.PROMPT) is Rating.DANGEROUS


FRAMES = [
    "gi_frame", "gi_code", "gi_yieldfrom", "cr_frame", "cr_await", "cr_origin", "ag_frame", "ag_await", "f_back",
    "f_globals", "f_locals", "f_builtins", "tb_frame", "tb_next", "func_globals", "func_code", "im_func", "co_consts",
]  # fmt: skip


@pytest.mark.parametrize("frame", FRAMES)
def test_every_door_to_the_frames_of_the_interpreter_is_named(frame: str) -> None:
    found = said("{{ messages[0]." + frame + " }}")
    assert [(one.kind, frame in one.message) for one in found] == [("template-injection", True)]


CLASSICS = (
    "{{ config.from_object('os') }}",
    "{{ config.from_pyfile('/etc/passwd') }}",
    "{{ subprocess.run(['echo', '1']) }}",
    "{{ ctypes.dlopen('x') }}",
    "{{ url_for.__globals__['current_app'].config }}",
    "{{ get_flashed_messages.__globals__ }}",
    "{{ request.application.__globals__.__builtins__.open('/etc/passwd') }}",
    "{{ namespace.__init__.__globals__['os'].system('echo 1') }}",
    "{{ joiner.__init__.__globals__.os.system('echo 1') }}",
    "{{ raise_exception.__globals__ }}",
    "{{ strftime_now.__globals__['sys'].modules['os'].popen('echo 1') }}",
    "{{ (messages | string).__class__.__mro__[1].__subclasses__()[132].__init__.__globals__ }}",
    "{{ dict.mro() }}",
    "{{ x['popen']('echo 1') }}",
    "{{ ('{0.__call__.__builtins__}' | attr('format'))(range) }}",
    "{% set f = '{0.__class__}'.format %}{{ f(messages) }}",
    "{{ ['{0.__class__}'] | map('format', messages) | list }}",
    "{% block b %}{{ self.b.__func__ }}{% endblock %}",
    "{% call x.popen('echo 1') %}{% endcall %}",
    "{%- set _ = cycler.__init__ -%}",
    "{% autoescape false %}{{ ''.__class__ }}{% endautoescape %}",
    "{{ '' if ''.__class__ else '' }}",
    "{% include ['x.html', '/etc/passwd'] %}",
    "{% from '../../x' import y %}",
    "{% extends name %}",
    "{% for k, v in ''.__class__.__dict__.items() %}{{ k }}{% endfor %}",
    "{% generation %}{{ ''.__class__ }}{% endgeneration %}",
    "{% do messages.append(''.__class__) %}",
)


@pytest.mark.parametrize("text", CLASSICS)
def test_the_classics_are_dangerous_alone_and_behind_an_honest_template(text: str) -> None:
    assert rating(text) is Rating.DANGEROUS
    assert rating(HONEST + "\n" * 500 + text) is Rating.DANGEROUS
    assert rating("{# {{ #}" + text) is Rating.DANGEROUS


@pytest.mark.parametrize("name", ["config", "request", "os", "sys", "session", "settings", "current_app", "environ"])
def test_what_belongs_to_the_program_around_is_unknown_unless_the_template_sets_it(name: str) -> None:
    assert rating("{{ " + name + " }}") is Rating.UNKNOWN
    assert rating("{{ " + name + ".items() }}") is Rating.UNKNOWN
    assert rating("{% set " + name + " = messages[0] %}{{ " + name + ".content }}") is Rating.SAFE
    assert rating("{{ " + name + " }}", Use.PROMPT) is Rating.SAFE


ENDLESS = (
    "{% set ns = namespace(a='x') %}{% for i in range(60) %}{% set ns.a = ns.a ~ ns.a %}{% endfor %}{{ ns.a }}",
    "{% for m in messages %}{% set ns.a = ns.a + ns.a %}{% endfor %}",
    "{% set a = 'x' %}" + "{% set a = a ~ a %}" * 40 + "{{ a }}",
    "{% set a0 = 'x' %}" + "".join(f"{{% set a{one} = a{one - 1} ~ a{one - 1} %}}" for one in range(1, 40)),
    "{{ 'x' * 5000000 * 5000000 }}",
    "{{ 5000000 * 'x' * 5000000 }}",
    "{{ [messages] * 999999999 }}",
    "{{ '%999999999s' % 'x' }}",
    "{{ '{:>999999999}'.format('x') }}",
    "{{ 'x' | center(width=999999999) }}",
    "{{ 'x'.center(99999 * 99999) }}",
    "{{ 'x'.rjust(width=999999999) }}",
    "{{ messages | batch(999999999, 'x') | list }}",
    "{{ messages | slice(999999999) | list }}",
    "{{ 'x' | indent(999999999) }}",
    r"{{ '\t'.expandtabs(999999999) }}",
    "{% for a in 'x' * 9999999 %}{% for b in 'x' * 9999999 %}{{ a }}{% endfor %}{% endfor %}",
    "{% for a in range(9999) %}{% if a %}{% for b in range(9999) %}{{ a }}{% endfor %}{% endif %}{% endfor %}",
    "{{ range(999999999) | list }}",
    "{{ range(0, 10 ** 12, 2) | sum }}",
    "{{ 9 ** (9 ** 9) }}",
    "{{ 9 ** (9 ** (9 ** 9)) }}",
    "{{ ((10 ** 999) ** 999) ** 999 }}",
    "{% macro m() %}{{ 2 ** 99999 }}{% endmacro %}",
)


@pytest.mark.parametrize("text", ENDLESS)
def test_templates_that_keep_a_renderer_busy_are_named(text: str, within: Within) -> None:
    with within(100):
        assert {one.kind for one in said(text)} == {"template-endless"}


TWINS = (
    HONEST,
    "{% set x %}<|{{ messages[0].role }}|>{% endset %}{{ x }}",
    "{% macro turn(m) %}<s>{{ m.content }}</s>{% endmacro %}{% for m in messages %}{{ turn(m) }}{% endfor %}",
    "{% set a, b = messages[0], messages[1:] %}{{ a.content ~ b | length }}",
    "{% with first = messages[0] %}{{ first['content'] }}{% endwith %}",
    "{% set ns = namespace(n=0) %}{% for m in messages %}{% set ns.n = ns.n + 1 %}{{ ns.n }}{% endfor %}",
    "{% set sep = '-' %}{% for m in messages %}{% set line = sep ~ m.role ~ sep %}{{ line }}{% endfor %}",
    "".join(f"{{% set l{one} = sep ~ 'x' ~ sep %}}" for one in range(40)) + "{{ l0 }}",
    "{% for i in range(messages | length) %}{{ messages[i].content }}{% endfor %}",
    "{% for i in range(0, messages | length, 2) %}{{ messages[i + 1]['content'] }}{% endfor %}",
    "{{ '=' * 80 }}{{ messages | map(attribute='content') | join('\n') }}",
    "{{ messages | selectattr('role', 'equalto', 'user') | list | length }}",
    "{{ tools | map('tojson') | join(', ') }}{{ tools | tojson(indent=4) }}",
    "{{ messages | groupby('role') }}{{ messages | sort(attribute='role') | join(', ', 'role') }}",
    "{{ messages[names[0] ~ '-' ~ names[1]] }}",
    "{{ 'a %s of %d' % (messages[0].role, 3) }}{{ '%5.1f' | format(1.5) }}",
    "{{ 'x' | indent(4) }}{{ 'x'.ljust(20) }}{{ messages | batch(3, '-') | list }}",
    "{% raw %}{{ ''.__class__ }}{% endraw %}{{ messages[0].content }}",
    "{# never write {{ ''.__class__ }} #}{{ messages[0].content }}",
    "Explain why ''.__class__.__mro__ is dangerous: {{ messages[0].content }}",
    "{{ '__start__' if add_generation_prompt else '__end__' }}{{ messages[0].content }}",
    "{% set sys = messages[0].content %}{{ sys | trim }}",
    "{%- if tools is defined and tools is not none %}{{ tools[0]['function']['name'] }}{% endif %}",
    "{% set rest = messages[1:] if messages[0].role == 'system' else messages %}{{ rest[-1].content }}",
    "{{ raise_exception('roles must alternate user/assistant/user/assistant/...') }}",
    "{{ strftime_now('%d %b %Y') }}{{ bos_token }}{{ eos_token }}",
)


@pytest.mark.parametrize("text", TWINS)
def test_what_honest_templates_do_is_safe(text: str) -> None:
    assert said(text) == []


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{% set a, b = 'x', 'y' %}{{ a ~ b }}", "xy"),
        ("{% with a='x' %}{{ a ~ 'z' }}{% endwith %}", "xz"),
        ("{% set a %}b{{ 'c' }}d{% endset %}{{ a ~ '' }}", "bcd"),
        ("{% macro m() %}x{{ 1 }}{% endmacro %}{{ m() ~ 'y' }}", "x1y"),
        ("{{ '{1}{0}'.format('a', 'b') ~ '' }}", "ba"),
        ("{{ '{}'.format(messages) ~ '' }}", None),
        ("{{ '{2}'.format('a') ~ '' }}", None),
        ("{{ '{:>5}'.format('a') ~ '' }}", None),
        ("{{ ('100%% %s' % 'a') ~ '' }}", "100% a"),
        ("{{ ('%s %s' % ('a', )) ~ '' }}", None),
        ("{{ ('%(k)s' % {'k': 'v'}) ~ '' }}", "v"),
        ("{{ ('%(k)s' % {'other': 'v'}) ~ '' }}", None),
        ("{{ ('%c' % 65) ~ '' }}", "A"),
        ("{{ ('%c' % (2 ** 40)) ~ '' }}", None),
        ("{{ (' x ' | trim) ~ '' }}", "x"),
        ("{% set a = 'x' %}{% set a = 'y' %}{{ a ~ '' }}", None),
    ],
)
def test_what_an_expression_comes_to_is_what_jinja_would_make_of_it(text: str, value: str | None) -> None:
    from jinja2 import Environment, nodes

    tree = walked(Environment(autoescape=True).parse(text))
    last = [node for node in tree if isinstance(node, nodes.Concat)][-1 if "macro" in text else 0]
    assert fold(last, Known(set_once(tree))) == value


# places


def gguf(*pairs: tuple[str, int, bytes]) -> bytes:
    head = b"GGUF" + struct.pack("<IQQ", 3, 0, len(pairs))
    return head + b"".join(
        struct.pack("<Q", len(key)) + key.encode() + struct.pack("<I", kind) + value for key, kind, value in pairs
    )


def word(text: str) -> bytes:
    raw = text.encode()
    return struct.pack("<Q", len(raw)) + raw


def words(*texts: str) -> bytes:
    return struct.pack("<IQ", 8, len(texts)) + b"".join(map(word, texts))


def zipped(name: str, content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", "{}")
        archive.writestr(name, content)
    return packed.getvalue()


def tarred(name: str, content: bytes) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        info = tarfile.TarInfo(name)
        info.size = len(content)
        archive.addfile(info, io.BytesIO(content))
    return packed.getvalue()


def settings(template: object) -> bytes:
    return json.dumps({"tokenizer_class": "LlamaTokenizer", "chat_template": template}).encode()


PLACES: dict[str, tuple[str, Callable[[str], bytes]]] = {
    "tokenizer_config.json": ("tokenizer_config.json", settings),
    "a list of named templates": (
        "tokenizer_config.json",
        lambda text: settings([{"name": "default", "template": HONEST}, {"name": "tool_use", "template": text}]),
    ),
    "templates by name": ("tokenizer_config.json", lambda text: settings({"default": HONEST, "rag": text})),
    "chat_template.json": ("chat_template.json", settings),
    "processor_config.json": ("processor_config.json", settings),
    "escaped in JSON": (
        "tokenizer_config.json",
        lambda text: b'{"chat_template": "' + "".join(f"\\u{ord(one):04x}" for one in text).encode() + b'"}',
    ),
    "UTF-8 with a mark": ("tokenizer_config.json", lambda text: b"\xef\xbb\xbf" + settings(text)),
    "a key that stands twice": (
        "tokenizer_config.json",
        lambda text: settings(text)[:-1] + b', "chat_template": "hello"}',
    ),
    "chat_template.jinja": ("chat_template.jinja", str.encode),
    "a folder of templates": ("additional_chat_templates/tool_use.jinja", str.encode),
    "GGUF": ("m.gguf", lambda text: gguf(("tokenizer.chat_template", 8, word(text)))),
    "GGUF, by name": (
        "m.gguf",
        lambda text: gguf(("tokenizer.chat_template", 8, word(HONEST)), ("tokenizer.chat_template.rag", 8, word(text))),
    ),
    "GGUF, in a list": ("m.gguf", lambda text: gguf(("tokenizer.chat_template", 9, words(HONEST, text)))),
    "GGUF, under another key": ("m.gguf", lambda text: gguf(("general.prompt", 8, word(text)))),
    "GGUF, behind much prose": (
        "m.gguf",
        lambda text: gguf(("general.description", 8, word("x" * 70_000 + text))),
    ),
    "GGUF, behind more prose": (
        "m.gguf",
        lambda text: gguf(("general.description", 8, word("x" * 400_000 + text))),
    ),
    "in a ZIP": ("model.zip", lambda text: zipped("tokenizer_config.json", settings(text))),
    "in a compressed tar": ("model.tar.gz", lambda text: tarred("m/chat_template.jinja", text.encode())),
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("text", [RUNS, "{{ ''.__class__.__mro__[1].__subclasses__() }}"])
def test_a_hostile_template_is_found_wherever_it_stands(rated: Rate, place: str, text: str) -> None:
    name, made = PLACES[place]
    found = rated(name, made(text))
    assert found.rating is Rating.DANGEROUS
    assert any(one.finding.check == "ACC224" for one in found.reasons)


@pytest.mark.parametrize("place", [one for one in PLACES if one != "a key that stands twice"])
def test_an_honest_template_is_safe_wherever_it_stands(rated: Rate, place: str) -> None:
    name, made = PLACES[place]
    found = rated(name, made(HONEST))
    assert (found.rating, found.reasons) == (Rating.SAFE, ())


def test_a_list_of_many_templates_is_not_read_to_its_end(rated: Rate) -> None:
    found = rated("m.gguf", gguf(("x.templates", 9, words(*[HONEST] * 101))))
    assert found.rating is Rating.UNKNOWN


def test_numbers_under_a_key_of_templates_are_numbers(rated: Rate) -> None:
    content = gguf(("x.template.ids", 9, struct.pack("<IQ", 4, 3) + bytes(12)), ("x.template.size", 4, bytes(4)))
    assert rated("m.gguf", content).rating is Rating.SAFE


def test_a_swelling_of_templates_is_judged_in_time(rated: Rate, within: Within) -> None:
    text = "{% set a = b ~ c %}" * 1500 + "{{ messages['{}{}'.format(a, b)] }}" * 200
    with within(200):
        rated("tokenizer_config.json", settings(text))
