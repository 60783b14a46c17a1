"""JSON as it crosses the wire: read so that nobody can read it otherwise, and changed without touching the rest."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from json.decoder import scanstring  # type: ignore[attr-defined]  # typeshed leaves it out
from typing import Any, Final, NamedTuple

import orjson

from accord.core.canon import Digest

DEPTH: Final = 64
"""Levels of a body; what is deeper is refused."""


class Named(NamedTuple):
    """The step to a member whose own name is what was met: taken out, the member goes with it."""

    name: str


Path = tuple[str | int | Named, ...]

_BLANK: Final = re.compile(r"[ \t\r\n]*")
_FAST: Final = re.compile(rb'"\s+:|\\u0022')  # where names cannot be counted by what ends them
_ATOM: Final = re.compile(r"[^\s,\]}]+")


class RefusedError(Exception):
    """What the gateway does not let by for its form; `status` and `code` go to whoever sent it."""

    def __init__(self, message: str, *, code: str, status: int = 400, where: str = "", retry: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.status = status
        self.where = where
        self.retry = retry


def read_json(data: bytes, *, unique: bool = True) -> Any:
    """Return what a body says, where every reader must agree on it: valid UTF-8, no name twice, bounded depth.

    Raises `RefusedError`. Without `unique` a name may stand twice; the last one counts, as everywhere.
    """
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise RefusedError(f"the body is not JSON: {str(error)[:120]}", code="ACC-E750") from error
    if data.count(b"{") + data.count(b"[") > DEPTH and is_deeper(value, DEPTH):
        raise RefusedError(f"the body is more than {DEPTH} levels deep", code="ACC-E751")
    if unique and orjson.dumps(value) != data:
        _check_unique(data)
    return value


def is_deeper(value: Any, limit: int) -> bool:
    """Tell whether containers lie in each other more than `limit` deep."""
    level = [value]
    for _ in range(limit):
        level = [
            item
            for one in level
            if isinstance(one, dict | list)
            for item in (one.values() if isinstance(one, dict) else one)
            if isinstance(item, dict | list)
        ]
        if not level:
            return False
    return True


def is_twofold(data: bytes, value: object) -> bool:
    """Tell whether a name stands twice in one object of JSON that was read as a value: readers could differ on it."""
    plain = orjson.dumps(value)
    if plain == data or (_FAST.search(data) is None and data.count(b'":') == plain.count(b'":')):
        return False
    try:
        _check_unique(data)
    except RefusedError:
        return True
    return False


def _check_unique(data: bytes) -> None:
    try:
        json.loads(data, object_pairs_hook=_members, parse_int=str, parse_float=str)
    except ValueError as error:
        raise RefusedError(f"the body is not JSON: {str(error)[:120]}", code="ACC-E750") from error


def _members(pairs: list[tuple[str, object]]) -> None:
    if len(dict(pairs)) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise RefusedError(f"the name {twice[:40]!r} stands twice in one object", code="ACC-E750")


def read_arguments(text: str) -> dict[str, Any] | None:
    """Return the arguments of a tool call as written, or None where two readers could disagree on them."""
    if not text.strip():
        return {}
    try:
        value = read_json(text.encode())
    except (RefusedError, UnicodeEncodeError):
        return None
    return value if isinstance(value, dict) else None


def changed(data: bytes, edits: Mapping[Path, object], parsed: Any) -> bytes:
    """Return JSON with the values at some places replaced, every other byte as it was.

    Where a place is not in the text (a field that has to be added) the whole is written anew from `parsed`, in which
    everything is replaced already.
    """
    if not edits:
        return data
    text = data.decode()
    spans: dict[Path, tuple[int, int]] = {}
    _find(text, _skip(text, 0), (), edits, spans)
    if spans.keys() != edits.keys():
        return orjson.dumps(parsed)
    parts, at = [], 0
    for path in sorted(spans, key=spans.__getitem__):
        start, end = spans[path]
        if start < at:  # inside a value that was replaced as a whole
            continue
        parts += [text[at:start], orjson.dumps(edits[path]).decode()]
        at = end
    return ("".join(parts) + text[at:]).encode()


def put(value: Any, path: Path, new: object) -> None:
    """Set the value at a place; a member whose name is the place goes."""
    *before, last = path
    for step in before:
        value = value[step]
    if isinstance(last, Named):
        value.pop(last.name, None)
    else:
        value[last] = new


def _skip(text: str, at: int) -> int:
    found = _BLANK.match(text, at)
    return found.end() if found else at


def _find(text: str, at: int, path: Path, edits: Mapping[Path, object], spans: dict[Path, tuple[int, int]]) -> int:
    """Return where the value at `at` ends, noting the spans of the places that are to be changed."""
    start = at
    first = text[at]
    if first == '"':
        _, at = scanstring(text, at + 1, True)  # noqa: FBT003  # positional only
    elif first in "{[":
        at = _inside(text, at, path, edits, spans)
    elif found := _ATOM.match(text, at):
        at = found.end()
    if path in edits:
        spans[path] = (start, at)
    return at


def _inside(text: str, at: int, path: Path, edits: Mapping[Path, object], spans: dict[Path, tuple[int, int]]) -> int:
    is_object, index = text[at] == "{", 0
    at = _skip(text, at + 1)
    while text[at] not in "}]":
        step: str | int = index
        if is_object:
            step, at = scanstring(text, at + 1, True)  # noqa: FBT003  # positional only
            at = _skip(text, _skip(text, at) + 1)
        at = _skip(text, _find(text, at, (*path, step), edits, spans))
        if text[at] == ",":
            at = _skip(text, at + 1)
        index += 1
    return at + 1


def where_of(path: Path) -> str:
    """Return a place as people write it: `messages[3].content`."""
    steps = (step.name[:40] if isinstance(step, Named) else step for step in path)
    shown = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
    return shown.removeprefix(".")


def path_of(where: str) -> Path:
    """Return the path that a place like `messages[3].content` stands for."""
    steps: list[str | int | Named] = []
    for part in where.replace("]", "").split("."):
        name, *indices = part.split("[")
        steps += [name, *map(int, indices)] if name else map(int, indices)
    return tuple(steps)


def refusal(code: str, message: str, decision: str, *, kind: str = "guard_blocked") -> bytes:
    """Return the body of a refusal, as every route answers it."""
    said = {"type": kind, "code": code, "message": message, "decision": decision}
    return orjson.dumps({"error": said})


def digest_header(digest: Digest | None) -> bytes:
    """Return a digest as the value of a header."""
    return (digest or "none").encode("ascii", "replace")
