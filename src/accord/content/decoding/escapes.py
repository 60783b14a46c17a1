"""Reading characters that are written as their numbers: in addresses, markup, program text and mail."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Final

from accord.content.decoding.edits import Edit
from accord.content.decoding.signs import Change, Signs

# patterns begin with the character that they look for, so that the engine skips what has none
_CODE: Final = r"(?:u[0-9A-Fa-f]{4}|u\{[0-9A-Fa-f]{1,6}\}|U[0-9A-Fa-f]{8}|x[0-9A-Fa-f]{2}|[0-3][0-7]{2})"
_NUMBER: Final = r"(?:[0-9]{1,7}|[xX][0-9A-Fa-f]{1,6});?"
_PERCENT: Final = re.compile(r"%[0-9A-Fa-f]{2}(?:%[0-9A-Fa-f]{2})*")
_ENTITY: Final = re.compile(rf"&#{_NUMBER}(?:&#{_NUMBER})*")
_SLASHED: Final = re.compile(rf"\\{_CODE}(?:\\{_CODE})*")
_SLASH: Final = re.compile(
    r"\\(?:u([0-9A-Fa-f]{4})|u\{([0-9A-Fa-f]{1,6})\}|U([0-9A-Fa-f]{8})|x([0-9A-Fa-f]{2})|([0-3][0-7]{2}))"
)
_QUOTED: Final = re.compile(r"=[0-9A-F]{2}(?:=[0-9A-F]{2})*")
_SOFT: Final = re.compile(r"=(?<=[^\s=]=)\r?\n(?=[^\s=])")
_RESERVED: Final = frozenset("%-._~")  # all but the first need no escape (RFC 3986 §2.3)
_HIGHEST: Final = 0x110000
_LONG_RUN = 6
_LONG_LINE = 60  # lines end softly when they are full


def escapes(seen: Signs) -> Iterator[Change]:
    """Yield what a text says with letters that nobody needs to escape; what every program escapes is let be."""
    if not seen.escapes:
        return
    text, data = seen.text, seen.data
    found: list[Edit] = []
    if b"%" in data:
        found += _percent(text)
    if b"&#" in data:
        found += _counted(_ENTITY, text, html.unescape, needed=1)
    if b"\\" in data:
        found += _counted(_SLASHED, text, _unslashed, needed=2)
    if b"=" in data:
        found += _quoted(text)
    if found:
        yield Change("escapes", _apart(found))


def _percent(text: str) -> list[Edit]:
    edits = [Edit(*match.span(), _bytes(match[0].replace("%", ""))) for match in _PERCENT.finditer(text)]
    needless = any(_needless(edit.text) or not _RESERVED.isdisjoint(edit.text) for edit in edits)
    blanks = sum(edit.text == " " for edit in edits)
    return edits if needless or blanks >= 3 else []


def _counted(pattern: re.Pattern[str], text: str, read: object, *, needed: int) -> list[Edit]:
    edits = [Edit(*match.span(), read(match[0])) for match in pattern.finditer(text)]  # type: ignore[operator]  # str to str
    plain = sum(map(_needless, (edit.text for edit in edits)))
    other = sum(char.isalpha() for edit in edits for char in edit.text)
    longest = max((len(edit.text) for edit in edits), default=0)
    return edits if plain >= needed or other >= 4 or longest >= _LONG_RUN else []


def _quoted(text: str) -> list[Edit]:
    """Read quoted-printable (RFC 2045 §6.7) where there is a run of it, or lines that end softly."""
    read = [Edit(*match.span(), _bytes(match[0].replace("=", ""))) for match in _QUOTED.finditer(text)]
    pairs = [edit for edit in read if "\ufffd" not in edit.text]
    ends = (match for match in _SOFT.finditer(text) if match.start() - text.rfind("\n", 0, match.start()) > _LONG_LINE)
    soft = [Edit(*match.span(), "") for match in ends]
    runs = sum(len(edit.text) >= 3 or not edit.text.isascii() for edit in pairs)
    blanks = sum(edit.text == " " for edit in pairs)
    return sorted([*(pairs if runs or blanks >= 3 or soft else []), *soft])


def _needless(text: str) -> int:
    return sum(char.isascii() and char.isalnum() for char in text)


def _bytes(digits: str) -> str:
    return bytes.fromhex(digits).decode("utf-8", "replace")


def _unslashed(text: str) -> str:
    codes = [
        int(match[5], 8) if match[5] else int(next(filter(None, match.groups())), 16) for match in _SLASH.finditer(text)
    ]
    joined = "".join(chr(code) for code in codes if code < _HIGHEST)
    if any(0xD800 <= code < 0xE000 for code in codes):  # two halves of one character, as JSON writes it
        joined = joined.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if "\\x" in text and all(0x80 <= ord(char) < 0x100 for char in joined):  # \xd0\xb8: bytes of UTF-8
        joined = joined.encode("latin-1").decode("utf-8", "replace")
    return joined


def _apart(edits: list[Edit]) -> tuple[Edit, ...]:
    kept: list[Edit] = []
    for edit in sorted(edits):
        if not kept or edit.start >= kept[-1].end:
            kept.append(edit)
    return tuple(kept)
