"""Chat templates: real life passes, and whatever reaches for the interpreter is named."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.scan.look import Look
from accord.scan.models.templates import Use, judge, looks_like_template
from accord.scan.part import Part
from accord.scan.rating import Rating, Sight, worst
from accord.scan.reasons import reasons

Within = Callable[[float], AbstractContextManager[None]]


def _nothing(_part: Part, _look: Look) -> Iterator[Sight]:
    yield from ()


def said(text: str, use: Use = Use.CHAT) -> list[Sight]:
    return list(judge(text, Part(b"", name="t"), Look(_nothing), name="chat_template", use=use))


def rating(text: str, use: Use = Use.CHAT) -> Rating:
    return worst(reasons()[sight.kind].rating for sight in said(text, use))


FOLDER = Path(__file__).parent / "chat_templates"
FAMILIES = {path.stem: path.read_text("utf-8") for path in sorted(FOLDER.glob("*.jinja"))}
OTHERS = sorted(FAMILIES.keys() - {"schema"})


@pytest.mark.parametrize("family", OTHERS)
def test_templates_of_real_life_say_nothing(family: str) -> None:
    assert said(FAMILIES[family]) == []


def test_a_schema_renderer_says_only_that_a_macro_is_not_its_own() -> None:
    assert [(one.kind, "wrap" in one.message) for one in said(FAMILIES["schema"])] == [("template-unknown", True)]


@pytest.mark.parametrize("text", ["You are a helpful assistant.", "chatml", "", "100 % {sure} of (this) [text]"])
def test_text_without_marks_is_no_template(text: str) -> None:
    assert not looks_like_template(text)
    assert said(text) == []


ESCAPES = (
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ lipsum.__globals__['os'].popen('true') }}",
    "{{ cycler.__init__.__globals__.os }}",
    "{% for x in ().__class__.__base__.__subclasses__() %}{{ x }}{% endfor %}",
    "{{ messages|attr('__class__') }}",
    r"{{ messages|attr('\x5f\x5fclass\x5f\x5f') }}",
    r"{{ messages['\u005f_class_\u005f'] }}",
    "{{ ()['__cla'~'ss__'] }}",
    "{{ ()['__cla' + 'ss__'] }}",
    "{{ ()|attr(['__','class','__']|join) }}",
    "{% set a='__cla' %}{% set b='ss__' %}{{ ()[a~b] }}",
    "{{ ()|attr(dict(__cla=1,ss__=2)|join) }}",
    "{{ ()|attr('__ssalc__'|reverse) }}",
    "{{ ()['__ssalc__'[::-1]] }}",
    "{{ ()|attr('%c%cclass%c%c'|format(95,95,95,95)) }}",
    "{{ ()[('_' * 2) ~ 'class' ~ ('_' * 2)] }}",
    "{{ ''['__CLASS__'|lower] }}",
    "{{ ''['__xlass__'.replace('x', 'c')] }}",
    "{{ messages|map(attribute='__class__')|list }}",
    "{{ messages|map('attr', '__class__')|list }}",
    "{{ messages|selectattr('__class__')|list }}",
    "{{ messages|groupby(some ~ name) }}",
    "{{ '{0.__class__}'.format(messages) }}",
    "{{ self._TemplateReference__context }}",
    "{{ messages|attr(key) }}",
    "{{ (''|string)[k ~ 'ss__'] }}",
    "{{ messages['content'][key]('true') }}",
    "{{ open('/etc/passwd') }}",
    "{{ x.popen('true') }}",
    "{% include '/etc/passwd' %}",
    "{% import 'file:x' as y %}",
    "{% if a %}{{ ''.__class__ ",
    "{% macro m() %}{{ caller.__globals__ }}{% endmacro %}",
    "{% set ns.__class__ = 1 %}",
)


@pytest.mark.parametrize("text", ESCAPES)
def test_every_way_out_of_a_template_is_named(text: str) -> None:
    assert "template-injection" in {one.kind for one in said(text)}
    assert rating(text) is Rating.DANGEROUS


@pytest.mark.parametrize("text", ESCAPES)
def test_prompts_are_judged_for_ways_out_too(text: str) -> None:
    assert rating(text, Use.PROMPT) is Rating.DANGEROUS


@pytest.mark.parametrize(
    "text",
    [
        "{% for i in range(99999) %}{% for j in range(99999) %}x{% endfor %}{% endfor %}",
        "{% for i in range(10 ** 9) %}x{% endfor %}",
        "{{ 'a' * 10 ** 9 }}",
        "{{ 9 ** 99999999 }}",
        "{{ 'a' | center(999999999) }}",
        "{{ 'a'.ljust(999999999) }}",
        "{{ '{:999999999}'.format(1) }}",
    ],
)
def test_templates_that_never_end_are_dangerous(text: str) -> None:
    assert {one.kind for one in said(text)} == {"template-endless"}


@pytest.mark.parametrize(
    "text",
    [
        "{{ launch(messages) }}",
        "{{ messages | exotic }}",
        "{{ messages is exotic }}",
        "{{ messages.explode() }}",
        "{{ messages._private }}",
        "{% include 'header.jinja' %}",
        "{{ pattern.format(messages) }}",
        "{{ self.block() }}",
    ],
)
def test_what_no_chat_template_needs_is_unknown_there_and_fine_in_a_prompt(text: str) -> None:
    assert rating(text) is Rating.UNKNOWN
    assert said(text, Use.PROMPT) == []


@pytest.mark.parametrize(
    "text", ["{{ a", "{% for %}", "{{#if user}}x{{/if}}", "{{ .Messages }}", "{% trans %}a{% endtrans %}"]
)
def test_what_does_not_parse_is_malformed_in_a_model_and_no_matter_in_prose(text: str) -> None:
    assert rating(text) is Rating.MALFORMED
    assert said(text, Use.PROMPT) == []


def test_prose_about_templates_is_no_template() -> None:
    text = "Never render `{{` user input `}}`: `''.__class__` leads to os.system, and {{ so on"
    assert said(text, Use.PROMPT) == []


@pytest.mark.parametrize(
    "text",
    [
        "{{ " + "(" * 5000,
        "{{ " + "a." * 50_000 + "b }}",
        "{{ " + "1+" * 50_000 + "1 }}",
        "{{ " + "a~" * 9_000 + "'x' }}",
        "{% if a %}" * 3000 + "{% endif %}" * 3000,
        "{{ " + "not " * 5000 + "a }}",
        "{{ a" + "|trim" * 9_000 + " }}",
        "{{ x" + " if x else x" * 3000 + " }}",
        "{% set a = 'x' %}" + "".join(f"{{% set a{i} = a{i - 1}~a{i - 1} %}}" for i in range(1, 400)) + "{{ a399 }}",
        "x" * 300_000 + "{{ y }}",
    ],
)
def test_deep_long_and_swelling_templates_are_quick(text: str, within: Within) -> None:
    with within(200):
        said(text)


@given(st.text(alphabet="{}%_.'\"()[]|~ abc=+-*1:,#\n", max_size=200))
def test_no_text_breaks_the_judge(text: str) -> None:
    for one in said("{{" + text + "}}"):
        assert one.kind in reasons()


@given(st.sampled_from(OTHERS), st.integers(0, 2000), st.sampled_from(ESCAPES[:12]))
def test_a_way_out_is_found_wherever_it_stands_between_statements(family: str, at: int, escape: str) -> None:
    text = FAMILIES[family]
    at = text.find("}", min(at, len(text))) + 2
    hidden = text[:at] + escape + text[at:]
    assert rating(hidden) in {Rating.DANGEROUS, Rating.MALFORMED}
