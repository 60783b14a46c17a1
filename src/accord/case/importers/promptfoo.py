"""promptfoo: the tests of a configuration or red-team file, one case each; no provider or script of it is used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from accord.case.importers.draft import GOAL, SAID, Draft, Skip, Turn, asked, slug
from accord.case.importers.loose_yaml import plain_yaml
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
    """Yield one case per test; a file of tests that a folder holds is read once, as the file that it is."""
    for found in each(tree, _ENDINGS, _file):
        if tree.single or not (isinstance(found, Draft) and found.referred):
            yield found


def _file(source: Source) -> Iterator[Draft | Skip]:
    if source.ending == ".csv":
        yield from _rows(source, ())
        return
    if source.ending == ".jsonl":
        for record, value in source.lines():
            if isinstance(value, Mapping):
                yield _test(record, value, {}, ())
            else:
                yield Skip(record=record, reason=str(value) if isinstance(value, ValueError) else "it is no test")
        return
    yield from _document(source, source.json() if source.ending == ".json" else plain_yaml(source.text()))


_ABSENT = "a variable stands in another file, which is not there or is a program"


def _beside(source: Source, told: str) -> Source | None:
    """Return the file that a configuration names, if it is a regular file in the same folder or inside it."""
    name = told.removeprefix("file://").partition(":")[0]
    folder = source.path.parent.resolve()
    try:
        path = (folder / name).resolve()
        inside = told.startswith("file://") and path.is_relative_to(folder) and path.is_file()
    except (OSError, ValueError, RuntimeError):
        return None
    plain = path.suffix.casefold() in (*_ENDINGS, ".txt", ".md")
    return Source(path=path, shown=path.name) if inside and plain and path != source.path.resolve() else None


def _elsewhere(source: Source, record: str, told: str, prompts: tuple[str, ...]) -> Iterator[Draft | Skip]:
    """Read the tests that stand in another file; in a folder they are read with the others."""
    other = _beside(source, told)
    if other is None:
        yield Skip(record=record, reason="the test stands in another file, which is not there")
    elif other.ending == ".csv":
        yield from map(_referred, _rows(other, prompts))
    else:
        found = other.json() if other.ending == ".json" else plain_yaml(other.text())
        for number, test in enumerate(items(found), 1):
            if isinstance(test, Mapping):
                yield _referred(_test(f"{other.shown}#{number}", test, {}, prompts))


def _referred(found: Draft | Skip) -> Draft | Skip:
    return replace(found, referred=True) if isinstance(found, Draft) else found


def _rows(source: Source, prompts: tuple[str, ...]) -> Iterator[Draft | Skip]:
    for record, row in source.rows():
        found = {key: value for key, value in row.items() if not key.startswith("__")}
        yield _test(record, {"vars": found}, {}, prompts)


def _document(source: Source, document: object) -> Iterator[Draft | Skip]:
    whole: Record = document if isinstance(document, Mapping) else {}
    config = whole.get("config")
    whole = config if isinstance(config, Mapping) and "tests" in config else whole
    prompts = tuple(_prompts(source, whole.get("prompts")))
    told = whole.get("tests")
    tests = items([told] if isinstance(told, str) else told) or items(document)
    default = whole.get("defaultTest")
    for number, test in enumerate(tests, 1):
        record = f"{source.shown}#{number}"
        if isinstance(test, Mapping):
            loaded = _loaded(source, test)
            told = _test(record, loaded, default if isinstance(default, Mapping) else {}, prompts) if loaded else None
            yield told or Skip(record=record, reason=_ABSENT)
        else:
            yield from _elsewhere(source, record, str(test), prompts)
    if not tests and prompts and not whole.get("tests"):
        for number, text in enumerate(prompts, 1):
            yield _test(f"{source.shown}#prompt {number}", {}, {}, (text,))


def _loaded(source: Source, test: Record) -> Record | None:
    """Return a test with the variables that stand in files of their own, or None where one cannot be read."""
    given = test.get("vars")
    if not isinstance(given, Mapping):
        return test
    files = {key: _beside(source, value) for key, value in given.items() if str(value).startswith("file://")}
    if None in files.values():
        return None
    return {**test, "vars": {**given, **{key: one.text() for key, one in files.items() if one}}}


def _prompts(source: Source, value: object) -> Iterator[str]:
    for one in (value,) if isinstance(value, str) else items(value):
        text = one if isinstance(one, str) else member(one, "raw", "content", "prompt")
        if other := _beside(source, text):
            yield other.text()
        elif text and not text.startswith(("file://", "exec:", "http://", "https://")):
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
        says=oracle or (() if pattern else SAID),
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
