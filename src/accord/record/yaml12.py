"""YAML 1.2 text to plain values and their places: event by event, bounded, without anything that is not data."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import yaml

from accord.core.errors import ManifestError
from accord.core.finding import Place

_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_NOTHING = re.compile(r"null|Null|NULL|~|")
_TRUTH = re.compile(r"true|True|TRUE|false|False|FALSE")
_WHOLE = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_NUMBER = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_ENDLESS = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_EXACT = 2**53 - 1  # what every JSON reader can hold


class Plain(str):
    """The source text of a scalar without quotes: what it means depends on what is wanted."""

    __slots__ = ()


class Limits(NamedTuple):
    """How much a document may hold."""

    depth: int = 32
    nodes: int = 100_000
    items: int = 10_000
    text: int = 1 << 16


class Spot:
    """The line and column of a value, of its keys, and of everything inside it."""

    __slots__ = ("column", "inside", "keys", "line")

    def __init__(self, line: int, column: int) -> None:
        self.line = line
        self.column = column
        self.keys: dict[str | int, Spot] = {}
        self.inside: dict[str | int, Spot] = {}


class Parsed(NamedTuple):
    """A document: dicts, lists, texts in quotes (`str`) and scalars without (`Plain`), and where they stand."""

    value: Any
    spot: Spot


class _Open(NamedTuple):
    """A list or mapping that has not ended yet; `key` holds the key whose value comes next."""

    value: Any
    spot: Spot
    key: list[str]


def parse(data: bytes, *, path: str, limits: Limits) -> Parsed:
    """Return the one document in `data`.

    Raises `ManifestError` for anything but plain data: aliases, anchors, tags, directives, a second document,
    a repeated key, a key that is no text, or more than the limits allow.
    """
    builder = _Builder(path, limits)
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        for event in yaml.parse(_text(data, path), Loader=loader):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        raise _syntax(error, path) from error
    except yaml.YAMLError as error:
        raise ManifestError(f"{path} is not YAML", code="ACC-E103", where=Place(path=path)) from error
    if builder.root is None:
        raise ManifestError(
            f"{path} is empty", hint="write the document, or remove the file", code="ACC-E103", where=Place(path=path)
        )
    return builder.root


def resolve(text: str) -> bool | int | float | str | None:
    """Return what a scalar without quotes means by the YAML 1.2 core schema.

    Raises `ValueError` for NaN, infinities and whole numbers beyond 2^53 - 1.
    """
    if _NOTHING.fullmatch(text):
        return None
    if _TRUTH.fullmatch(text):
        return text[0] in "tT"
    if _WHOLE.fullmatch(text):
        return whole(text)
    if _NUMBER.fullmatch(text):
        return number(text)
    if _ENDLESS.fullmatch(text):
        raise ValueError("is not a finite number")
    return str(text)


def whole(text: str) -> int:
    """Read a whole number; raises `ValueError` beyond 2^53 - 1, before any long conversion."""
    value = int(text, {"0o": 8, "0x": 16}.get(text[:2], 10)) if len(text) <= 40 else _EXACT + 1
    if abs(value) > _EXACT:
        raise ValueError("is a whole number beyond 2^53 - 1")
    return value


def number(text: str) -> float:
    """Read a decimal number; raises `ValueError` where it overflows to infinity."""
    value = float(text)
    if value in (float("inf"), float("-inf")):
        raise ValueError("is not a finite number")
    return value


class _Builder:
    """Builds plain values from events with a stack of its own, so that depth is a count and never the C stack."""

    def __init__(self, path: str, limits: Limits) -> None:
        self.root: Parsed | None = None
        self._path = path
        self._limits = limits
        self._stack: list[_Open] = []
        self._nodes = 0

    def take(self, event: Any) -> None:
        match event:
            case yaml.ScalarEvent():
                self._check(event)
                self._scalar(event)
            case yaml.SequenceStartEvent():
                self._check(event)
                self._start(event, [])
            case yaml.MappingStartEvent():
                self._check(event)
                self._start(event, {})
            case yaml.SequenceEndEvent() | yaml.MappingEndEvent():
                self._stack.pop()
            case yaml.AliasEvent():
                raise self._refuse(event, "aliases are not allowed", "write the value out", "ACC-E105")
            case yaml.DocumentStartEvent():
                self._document(event)

    def _document(self, event: Any) -> None:
        if self.root is not None:
            raise self._refuse(event, "a second document begins here", "keep one document a file", "ACC-E105")
        if event.tags or event.version not in (None, (1, 2)):
            raise self._refuse(event, "directives are not allowed", "delete the lines that begin with %", "ACC-E105")

    def _check(self, event: Any) -> None:
        self._nodes += 1
        if event.anchor is not None:
            raise self._refuse(event, "anchors are not allowed", "delete the & and its name", "ACC-E105")
        if event.tag is not None:
            raise self._refuse(
                event, "tags are not allowed", "delete the ! and its name, or quote the text", "ACC-E105"
            )
        if self._nodes > self._limits.nodes:
            raise self._refuse(event, f"there are more than {self._limits.nodes} values", "split the file", "ACC-E111")

    def _start(self, event: Any, value: Any) -> None:
        if len(self._stack) >= self._limits.depth:
            raise self._refuse(event, f"nesting is deeper than {self._limits.depth} levels", "flatten it", "ACC-E111")
        spot = _spot(event)
        if self._stack and self._awaits_key():
            raise self._refuse(event, "a key is not a text", "write keys as plain words", "ACC-E105")
        self._put(value, spot)
        self._stack.append(_Open(value, spot, []))

    def _scalar(self, event: Any) -> None:
        text: str = event.value
        if len(text) > self._limits.text:
            raise self._refuse(event, f"a text is longer than {self._limits.text} characters", "shorten it", "ACC-E111")
        if not text.isascii() and _SURROGATE.search(text):  # only the pure parser lets its escape through
            raise self._refuse(event, "a lone surrogate is no character", "write the character itself", "ACC-E103")
        if self._stack and self._awaits_key():
            self._key(event, text)
            return
        self._put(Plain(text) if event.implicit[0] else text, _spot(event))

    def _awaits_key(self) -> bool:
        top = self._stack[-1]
        return isinstance(top.value, dict) and not top.key

    def _key(self, event: Any, text: str) -> None:
        top = self._stack[-1]
        if event.implicit[0] and text == "<<":
            raise self._refuse(event, "merge keys are not allowed", "write the keys out", "ACC-E105")
        if event.implicit[0] and not _is_text(text):
            raise self._refuse(event, f"the key {text or 'null'} is not a text", "put quotes around it", "ACC-E105")
        if text in top.value:
            line = top.spot.keys[text].line
            hint = f"delete one of them; the first is in line {line}"
            raise self._refuse(event, f"the key {text!r} appears twice", hint, "ACC-E106")
        top.spot.keys[text] = _spot(event)
        top.key.append(text)

    def _put(self, value: Any, spot: Spot) -> None:
        if not self._stack:
            self.root = Parsed(value, spot)
            return
        top = self._stack[-1]
        key: str | int
        if isinstance(top.value, dict):
            key = top.key.pop()
            top.value[key] = value
        else:
            key = len(top.value)
            if key >= self._limits.items:
                raise self._refuse(spot, f"a list has more than {key} entries", "split it", "ACC-E111")
            top.value.append(value)
        top.spot.inside[key] = spot

    def _refuse(self, at: Any, message: str, hint: str, code: str) -> ManifestError:
        spot = at if isinstance(at, Spot) else _spot(at)
        where = Place(path=self._path, line=spot.line, column=spot.column)
        return ManifestError(f"{self._path}: {message}", hint=hint, code=code, where=where)


def _is_text(text: str) -> bool:
    try:
        return isinstance(resolve(text), str)
    except ValueError:
        return False


def _spot(event: Any) -> Spot:
    return Spot(event.start_mark.line + 1, event.start_mark.column + 1)


def _place(mark: Any, path: str) -> Place:
    return Place(path=path, line=mark.line + 1, column=mark.column + 1) if mark else Place(path=path)


def _text(data: bytes, path: str) -> str:
    """Decode UTF-8; the first byte or character that is not text is refused with its place."""
    try:
        text = data.removeprefix(b"\xef\xbb\xbf").decode()
    except UnicodeDecodeError as error:
        where = _after(data[: error.start].decode(errors="replace"), path)
        raise ManifestError(f"{path} is not UTF-8", hint="save it as UTF-8", code="ACC-E102", where=where) from error
    odd = _UNPRINTABLE.search(text)
    if odd:
        raise ManifestError(
            f"{path} holds the control character U+{ord(odd[0]):04X}",
            hint="delete it, or write it as an escape in double quotes",
            code="ACC-E102",
            where=_after(text[: odd.start()], path),
        )
    return text


def _after(before: str, path: str) -> Place:
    return Place(path=path, line=before.count("\n") + 1, column=len(before) - before.rfind("\n"))


def _syntax(error: yaml.MarkedYAMLError, path: str) -> ManifestError:
    problem = " ".join(part for part in _reasons(error))
    tab = "tab" in problem or "\\t" in problem
    hint = "indent with spaces, not tabs" if tab else "mend the YAML at this place"
    return ManifestError(
        f"{path} is not YAML: {problem}",
        hint=hint,
        code="ACC-E103",
        where=_place(error.problem_mark or error.context_mark, path),
    )


def _reasons(error: yaml.MarkedYAMLError) -> Iterator[str]:
    if error.context:
        yield f"{error.context},"
    yield error.problem or "it cannot be read"
