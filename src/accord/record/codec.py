"""Strict bytes to words and back: every refusal says what, where and what to do."""

from __future__ import annotations

import os
import re
import stat
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from accord.core.canon import is_long, members, plain
from accord.core.errors import ManifestError
from accord.core.finding import Place

if TYPE_CHECKING:
    from accord.record.decode import RefusedError
    from accord.record.yaml12 import Spot

MIB = 1 << 20

_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")

T = TypeVar("T")


class Places(NamedTuple):
    """Where the values of a decoded document stand."""

    path: str
    spot: Spot

    def at(self, *inside: str | int) -> Place:
        """Return the place of the value that keys and list positions lead to, or of the last one that is there."""
        spot = self._inside(inside)
        return Place(path=self.path, line=spot.line, column=spot.column)

    def key(self, *inside: str | int) -> Place:
        """Return the place of a key itself."""
        spot = self._inside(inside[:-1])
        spot = spot.keys.get(inside[-1], spot)
        return Place(path=self.path, line=spot.line, column=spot.column)

    def _inside(self, keys: tuple[str | int, ...]) -> Spot:
        spot = self.spot
        for key in keys:
            if key not in spot.inside:
                break
            spot = spot.inside[key]
        return spot


class Placed(NamedTuple, Generic[T]):
    """A word, and where its parts stand in the text that it came from."""

    word: T
    places: Places


def decode(data: bytes, kind: type[T], *, path: str, limit: int = MIB, max_text: int = 1 << 16) -> T:
    """Return the word that YAML 1.2 (or JSON) text says; `path` is how messages name the text.

    Raises `ManifestError` with place and hint for whatever is not exactly such a word, within `limit` bytes,
    `max_text` characters a text and 32 levels.
    """
    return decode_placed(data, kind, path=path, limit=limit, max_text=max_text).word


def decode_placed(
    data: bytes, kind: type[T], *, path: str, limit: int = MIB, max_text: int = 1 << 16, depth: int = 32
) -> Placed[T]:
    """Decode as `decode` does, and tell where everything stands, for checks that come after."""
    from accord.record.decode import RefusedError, reader
    from accord.record.yaml12 import Limits, parse

    _check_size(len(data), limit, path)
    value, spot = parse(data, path=path, limits=Limits(depth=depth, text=max_text))
    places = Places(path, spot)
    try:
        return Placed(reader(kind)(value), places)
    except RefusedError as refused:
        inside = tuple(reversed(refused.path))
        where = places.at(*inside) if refused.key is None else places.key(*inside, refused.key)
        raise _refusal(refused, path, where) from refused


def load(path: Path, kind: type[T], *, shown: str, limit: int = MIB) -> T:
    """Read and decode one regular file; `shown` is how messages name it."""
    return decode(read_bytes(path, shown=shown, limit=limit), kind, path=shown, limit=limit)


def read_bytes(path: Path, *, shown: str, limit: int) -> bytes:
    """Return what a regular file holds, never reading more than one byte beyond `limit`.

    Raises `ManifestError` where there is no such file, or it is a folder, pipe, socket or device, or too large.
    """
    where = Place(path=shown)
    try:
        regular = stat.S_ISREG(path.stat().st_mode)
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK) if regular else None
    except FileNotFoundError as error:
        hint = "write it, or correct the path"
        raise ManifestError(f"{shown} does not exist", hint=hint, code="ACC-E101", where=where) from error
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        hint = "check the path and its permissions"
        raise ManifestError(f"{shown} cannot be read: {reason}", hint=hint, code="ACC-E101", where=where) from error
    if handle is None:
        raise ManifestError(f"{shown} is not a regular file", hint="name a file", code="ACC-E101", where=where)
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):  # swapped between stat and open
            raise ManifestError(f"{shown} is not a regular file", hint="name a file", code="ACC-E101", where=where)
        data = file.read(limit + 1)
    _check_size(len(data), limit, shown)
    return data


def to_json(word: object) -> bytes:
    """Return a word as JSON of ours: UTF-8, two spaces, fields in their order, a line feed at the end.

    Raises `ValueError` for NaN, infinities and lone surrogates: they have no JSON form.
    """
    import msgspec

    try:
        return msgspec.json.format(msgspec.json.encode(_nearly_plain(word)), indent=2) + b"\n"
    except UnicodeEncodeError as error:
        raise ValueError("a lone surrogate has no JSON form") from error


def _nearly_plain(word: object) -> object:
    """Return the plain form of a word, with its long lists encoded: plain as a whole they take ten times the memory."""
    import msgspec

    inside = members(word)
    if inside is None or not any(map(is_long, inside.values())):
        return plain(word)
    return {
        key: msgspec.Raw(b"[" + b",".join(msgspec.json.encode(plain(item)) for item in value) + b"]")
        if is_long(value)
        else plain(value)
        for key, value in inside.items()
    }


def from_json(data: bytes, kind: type[T], *, path: str, limit: int) -> T:
    """Return the word in a JSON document of ours: as strict as `decode` and fast, without lines and columns.

    Raises `ManifestError` for anything else; its place names the member.
    """
    from accord.record.decode import RefusedError, reader

    _check_size(len(data), limit, path)
    try:
        word: T = reader(kind)(_plain_json(data))
    except RefusedError as refused:
        member = _dotted(refused)
        where = Place(path=path, member=member or None)
        raise _refusal(refused, path, where) from refused
    except RecursionError as error:
        raise ManifestError(f"{path} is nested too deeply", code="ACC-E111", where=Place(path=path)) from error
    except ValueError as error:  # json.JSONDecodeError and UnicodeError are kinds of it
        raise ManifestError(
            f"{path} is not JSON of ours: {error}",
            hint="write it anew with the command that made it",
            code="ACC-E103",
            where=Place(path=path, line=getattr(error, "lineno", None), column=getattr(error, "colno", None)),
        ) from error
    return word


def dump_yaml(value: object) -> str:
    """Return a word or plain value as YAML that `decode` reads back: the same value gives the same text."""
    import yaml

    class Dumper(yaml.SafeDumper):
        """A dumper that writes no aliases and quotes whatever could be read as another type."""

        def ignore_aliases(self, data: Any) -> bool:
            return True

    Dumper.add_representer(
        str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style=_style(text))
    )
    text: str = yaml.dump(plain(value), Dumper=Dumper, sort_keys=False, allow_unicode=True, width=110)
    return text


def _style(text: str) -> str | None:
    """Leave only what is a word in every YAML without quotes; anything else is quoted."""
    return None if re.fullmatch(r"[A-Za-z][A-Za-z0-9_./@-]*(?: [A-Za-z0-9_./@-]+)*", text) else '"'


def _plain_json(data: bytes) -> Any:
    import json

    from accord.record.yaml12 import number, whole

    value = json.loads(
        data.decode(), object_pairs_hook=_members, parse_int=whole, parse_float=number, parse_constant=_no_constant
    )
    if _SURROGATE.search(data):
        json.dumps(value, ensure_ascii=False).encode()  # UnicodeEncodeError for a lone surrogate
    return value


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        seen = Counter(name for name, _ in pairs)
        twice = seen.most_common(1)[0][0]
        raise ValueError(f"the key {twice[:80]!r} appears twice")
    return members


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a number of JSON")


def _check_size(size: int, limit: int, path: str) -> None:
    if size > limit:
        raise ManifestError(
            f"{path} is larger than {limit:,} bytes",
            hint="split or shorten it",
            code="ACC-E101",
            where=Place(path=path),
        )


def _dotted(refused: RefusedError) -> str:
    """Return the path to a value as people write it: `components.models[0].source`."""
    parts = [f"[{step}]" if isinstance(step, int) else f".{step[:80]}" for step in reversed(refused.path)]
    return "".join(parts).removeprefix(".")


def _refusal(refused: RefusedError, path: str, where: Place) -> ManifestError:
    dotted = _dotted(refused)
    subject = f"{path}: {dotted}" if dotted else path
    return ManifestError(f"{subject} {refused.message}", hint=refused.hint, code=refused.code, where=where)
