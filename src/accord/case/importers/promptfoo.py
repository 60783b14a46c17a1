"""promptfoo: the tests of a configuration or red-team file, one case each; no provider, script or file of it is used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from accord.case.importers.draft import CANARY, GOAL, Draft, Skip, Turn, asked, slug
from accord.case.importers.marks import jinja
from accord.case.importers.sample import usable
from accord.case.importers.source import Source, Tree, UnreadableError, each, items, member, parsed, texts
from accord.case.importers.tables import tables
from accord.core.case import Channel
from accord.core.text import one_line

_ENDINGS = (".yaml", ".yml", ".json", ".jsonl", ".csv")
_SAYS = ("not-contains", "not-icontains", "not-contains-any", "not-icontains-any", "not-equals", "not-starts-with")
_HOSTILE = ("prompt", "injection", "payload", "attack", "query", "question", "input", "user_input", "message", "text")

Record = Mapping[object, object]


def read(tree: Tree) -> Iterator[Draft | Skip | tuple[str, str]]:
    """Yield one case per test."""
    return each(tree, _ENDINGS, _file)


def _file(source: Source) -> Iterator[Draft | Skip]:
    if source.ending == ".csv":
        for record, row in source.rows():
            assertions = [{"type": "contains", "value": value} for key, value in row.items() if "expected" in key]
            found = {key: value for key, value in row.items() if not key.startswith("__")}
            yield _test(record, {"vars": found, "assert": assertions}, {}, ())
        return
    if source.ending == ".jsonl":
        for record, value in source.lines():
            if isinstance(value, Mapping):
                yield _test(record, value, {}, ())
            else:
                yield Skip(record=record, reason=str(value) if isinstance(value, ValueError) else "it is no test")
        return
    yield from _document(source, source.json() if source.ending == ".json" else source.yaml())


def _document(source: Source, document: object) -> Iterator[Draft | Skip]:
    whole: Record = document if isinstance(document, Mapping) else {}
    config = whole.get("config")
    whole = config if isinstance(config, Mapping) and "tests" in config else whole
    prompts = tuple(_prompts(whole.get("prompts")))
    tests = items(whole.get("tests")) or items(document)
    default = whole.get("defaultTest")
    for number, test in enumerate(tests, 1):
        record = f"{source.shown}#{number}"
        if isinstance(test, Mapping):
            yield _test(record, test, default if isinstance(default, Mapping) else {}, prompts)
        else:
            yield Skip(record=record, reason="the test stands in another file")
    if not tests and prompts and not whole.get("tests"):
        for number, text in enumerate(prompts, 1):
            yield _test(f"{source.shown}#prompt {number}", {}, {}, (text,))


def _prompts(value: object) -> Iterator[str]:
    for one in (value,) if isinstance(value, str) else items(value):
        text = one if isinstance(one, str) else member(one, "raw", "content", "prompt")
        if text and not text.startswith(("file://", "exec:", "http://", "https://")):
            yield text


def _test(record: str, test: Record, default: Record, prompts: tuple[str, ...]) -> Draft | Skip:
    values = {**_vars(default), **_vars(test)}
    hostile = next((values[name] for name in _HOSTILE if name in values), max(values.values(), key=len, default=""))
    fitting = next((text for text in prompts if "{{" in text), prompts[0] if prompts else "")
    if not (fitting or hostile):
        return Skip(record=record, reason="it has no prompt and no variable that is a text")
    oracle = _says(test, default)
    pattern = "" if oracle else _pattern(test, default)
    turns = tuple(_turns(fitting, values)) if fitting else (Turn(text=jinja(hostile, GOAL, known=())),)
    if not turns:
        return Skip(record=record, reason="its prompt says nothing")
    if not oracle and not pattern:
        last = turns[-1]
        turns = (*turns[:-1], Turn(text=asked(last.text or ""), channel=last.channel))
    told = member(test, "description") or _metadata(test) or one_line(hostile or fitting, 100)
    return Draft(
        record=record,
        name=f"promptfoo-{slug(told)}",
        summary=f"promptfoo: {told}",
        turns=turns,
        says=oracle or (() if pattern else (CANARY,)),
        matches=pattern,
        source=record,
    )


def _vars(test: Record) -> dict[str, str]:
    found = test.get("vars")
    if not isinstance(found, Mapping):
        return {}
    pairs = ((str(key), value if isinstance(value, str) else "\n".join(texts(value))) for key, value in found.items())
    return {key: value for key, value in pairs if value.strip()}


def _turns(prompt: str, values: Mapping[str, str]) -> Iterator[Turn]:
    """Yield the turns of a prompt: a text, or a conversation written as JSON or YAML."""
    safe = {name: jinja(value, GOAL, known=()) for name, value in values.items()}
    for channel, text in _said(prompt):
        whole = jinja(text, GOAL, known=tables().goals, values=safe)
        if whole.strip():
            yield Turn(text=whole, channel=channel)


def _said(prompt: str) -> Iterator[tuple[Channel, str]]:
    found: tuple[object, ...] = ()
    if prompt.lstrip().startswith("["):
        try:
            found = items(parsed(prompt))
        except UnreadableError:
            found = ()
    for one in found:
        role, text = member(one, "role") or "user", member(one, "content")
        if text and role in ("user", "system"):
            yield (Channel.SYSTEM if role == "system" else Channel.USER), text
    if not found:
        yield Channel.USER, prompt


def _assertions(*tests: Record) -> Iterator[object]:
    for test in tests:
        for one in items(test.get("assert")):
            yield one
            yield from items(one.get("assert")) if isinstance(one, Mapping) else ()


def _says(*tests: Record) -> tuple[str, ...]:
    """Return what must not be said, by the first assertion that names it; a script or a judge names nothing."""
    for one in _assertions(*tests):
        if isinstance(one, Mapping) and member(one, "type") in _SAYS:
            wanted = tuple(text.strip() for text in texts(one.get("value")) if text.strip())
            split = member(one, "type").endswith("-any") and len(wanted) == 1
            wanted = tuple(part.strip() for part in wanted[0].split(",")) if split else wanted
            if wanted and "{{" not in "".join(wanted):
                return tuple(text for text in wanted if text)[:100]
    return ()


def _pattern(*tests: Record) -> str:
    found = (member(one, "value") for one in _assertions(*tests) if member(one, "type") == "not-regex")
    return next((pattern for pattern in found if usable(pattern)), "")


def _metadata(test: Record) -> str:
    found = test.get("metadata")
    return " ".join(part for key in ("pluginId", "strategyId") if (part := member(found, key)))
