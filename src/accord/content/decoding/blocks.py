"""Reading bytes that are written as text: base64, compressed data in it, and hexadecimal digits."""

from __future__ import annotations

import binascii
import re
import zlib
from collections.abc import Iterator
from typing import Final, NamedTuple

from accord.content.decoding.edits import Edit, Way
from accord.content.decoding.signs import Change, Signs, stretches, table
from accord.content.language import speaks

LARGEST: Final = 1 << 17
"""Bytes that compressed data may unfold to; what is beyond is not looked at."""

_SHAPE: Final = table(
    {b"a": b"abcdefghijklmnopqrstuvwxyz", b"A": b"ABCDEFGHIJKLMNOPQRSTUVWXYZ", b"1": b"0123456789", b"x": b"+/_-"}, b"#"
)
_RUNS: Final = bytes(120 if mark != 35 else 35 for mark in _SHAPE)  # x and #
_ENDINGS: Final = bytes(61 if byte == 61 else mark for byte, mark in enumerate(_RUNS))
_MIXED: Final = (b"aA", b"a1", b"A1", b"1a", b"1A")
_MIX: Final = b"~~"
_LONG: Final = (b"x" * 16,)
_PATIENCE: Final = 8  # times the length of a text: what runs that go on and begin at every word may have together
_SHORTEST: Final = 8
_FEWEST_DIGITS: Final = 10
_ENDED: Final = b"x" * _SHORTEST + b"="
_NEXT: Final = re.compile(r"([ \t\r\n]{1,4})([A-Za-z0-9+/_-]{1,}={0,2})(?![A-Za-z0-9+/_=-])")
_CHANGES: Final = re.compile(r"[a-z][A-Z]|[A-Za-z][0-9]|[0-9][A-Za-z]")
_URL_SAFE: Final = str.maketrans("-_", "+/")
_HEX: Final = re.compile(
    r"(?<![0-9A-Za-z])(?:0x)?[0-9A-Fa-f]{2,}(?:[ \t\r\n:,;-]{1,3}(?:0x)?[0-9A-Fa-f]{2,}){0,4096}(?![0-9A-Za-z])"
)
_HEX_SHAPE: Final = table({b"h": b"0123456789abcdefABCDEF", b"x": b"x", b" ": b" \t\r\n:,;-"}, b"#")
_HEX_NEAR: Final = (b"h" * 10, b"hh hh", b"hh  hh", b"hh   hh", b"hx")
_HEX_MARKS: Final = re.compile(r"0x|[^0-9A-Fa-f]")
_SURE: Final = 12  # bytes: as many that can all be shown are no accident


class _Found(NamedTuple):
    text: str
    packed: bool


def blocks(seen: Signs) -> Iterator[Change]:
    """Yield what runs of base64 and hexadecimal digits say, where they say something that can be read."""
    if seen.base64:
        plain: list[Edit] = []
        packed: list[Edit] = []
        for edit, is_packed in _base64(seen):
            (packed if is_packed else plain).append(edit)
        if plain:
            yield Change("base64", tuple(plain))
        if packed:
            yield Change("packed", tuple(packed))
    if seen.hex and (edits := tuple(_hex(seen))):
        yield Change("hex", edits)


def _base64(seen: Signs) -> Iterator[tuple[Edit, bool]]:
    text = seen.text
    done = 0
    room = _PATIENCE * len(text)
    for start, stop in _seeds(seen.data):
        if start < done:
            continue
        ends = _ends(text, stop, stop + room)
        room -= ends[-1] - stop
        for end in (ends[-1], ends[0]) if len(ends) > 1 else ends:
            found = _unpacked(text[start:end] if end == stop else "".join(text[start:end].split()))
            if found is not None:
                even = found.text.isascii() and end == stop and not found.packed
                yield Edit(start, end, found.text, Way.EVEN if even else Way.WHOLE), found.packed
                done = end
                break
        else:
            done = ends[-1] if len(ends) > 8 else done  # a long run that says nothing is looked at once


def _seeds(data: bytes) -> Iterator[tuple[int, int]]:
    """Yield where runs of at least eight digits of base64 stand that are long or mixed, or end as base64 does."""
    runs = data.translate(_RUNS)
    shape = data.translate(_SHAPE)
    for pair in _MIXED:
        shape = shape.replace(pair, _MIX)
    found = {*stretches(runs, _LONG), *stretches(shape, (_MIX,)), *_ended(data, runs)}
    for start, end in sorted(found):
        if end - start >= _SHORTEST and data[start - 1 : start] != b"=":
            yield start, end + (2 if data[end : end + 2] == b"==" else data[end : end + 1] == b"=")


def _ended(data: bytes, runs: bytes) -> Iterator[tuple[int, int]]:
    """Yield runs that an equals sign ends."""
    if b"=" not in data:
        return
    signs = data.translate(_ENDINGS)
    at = signs.find(_ENDED)
    while at >= 0:
        yield runs.rfind(b"#", 0, at) + 1, at + _SHORTEST
        at = signs.find(_ENDED, at + _SHORTEST)


def _ends(text: str, end: int, most: int) -> list[int]:
    """Return where a run ends, and where it ends when it goes on over lines or blanks, at most up to a place."""
    ends = [end]
    if end == len(text) or text[end] not in " \t\r\n":
        return ends
    while end < most and text[end - 1] != "=" and (more := _NEXT.match(text, end)):
        alone = "\n" in more[1] and (more.end() == len(text) or text[more.end()] in "\r\n")
        if not alone and not (len(more[2]) >= 8 and _is_dense(more[2])) and not more[2].endswith("="):
            break
        end = more.end()
        ends.append(end)
    return ends


def _is_dense(token: str) -> bool:
    return len(token) >= 16 or token.endswith("=") or _CHANGES.search(token) is not None


def _unpacked(token: str) -> _Found | None:
    bare = token.rstrip("=")
    bare = bare.translate(_URL_SAFE) if "-" in bare or "_" in bare else bare
    for skip in range(4 if len(bare) >= 24 else 1):
        kept = bare[skip:]
        kept = kept[: len(kept) - 1] if len(kept) % 4 == 1 else kept
        try:
            data = binascii.a2b_base64(kept + "=" * (-len(kept) % 4))
        except binascii.Error:
            continue
        unfolded = _unfolded(data) if data[:1] in b"\x1f\x78" else None
        said = readable(data if unfolded is None else unfolded)
        if said:
            return _Found(said, unfolded is not None)
    return None


def _unfolded(data: bytes) -> bytes | None:
    """Return what gzip or zlib data unfolds to, as far as the bound; None where it is neither."""
    try:
        return zlib.decompressobj(wbits=47).decompress(data, min(LARGEST, 10 * len(data) + 4096)) or None
    except zlib.error:
        return None


def readable(data: bytes) -> str | None:
    """Return bytes as a text where all of them can be shown: UTF-8, or UTF-16 as some shells write it."""
    if len(data) < 5 or (b"\0" not in data and len(data.translate(None, _CONTROLS)) < len(data)):
        return None
    wide = len(data) >= 8 and data[1::2].count(0) * 10 >= len(data[1::2]) * 9
    try:
        text = data.decode("utf-16-le" if wide else "utf-8")
    except UnicodeDecodeError:
        return None
    shown = text.translate(_LAYOUT)
    if not (shown.isprintable() or _shows(shown)):
        return None
    if len(data) >= _SURE:
        return text
    letters = sum(char.isalpha() or char == " " for char in text)
    return text if speaks(text) >= 0.5 and letters * 5 >= len(text) * 4 else None


_CONTROLS: Final = bytes({*range(32), 127} - {*b"\r\n\t"})
_LAYOUT: Final = dict.fromkeys(map(ord, "\r\n\t"), " ")


def _shows(text: str) -> bool:
    """Tell whether all that cannot be shown are characters that hide something."""
    return all(char.isprintable() or ord(char) > 0x9F for char in text)


def _hex(seen: Signs) -> Iterator[Edit]:
    shape = seen.data.translate(_HEX_SHAPE)
    near = (span for span in stretches(shape, _HEX_NEAR) if shape.count(b"h", *span) >= _FEWEST_DIGITS)
    for match in (one for start, end in near for one in _HEX.finditer(seen.text, start, end + 1)):
        if len(match[0]) < _FEWEST_DIGITS:
            continue
        digits = _HEX_MARKS.sub("", match[0])
        if len(digits) < _FEWEST_DIGITS or len(digits) % 2:
            continue
        said = readable(bytes.fromhex(digits))
        if said and digits.isdigit() and len(digits) < len(match[0]) and speaks(said) < 0.4:
            continue  # a row of numbers
        if said:
            even = said.isascii() and len(digits) == len(match[0])
            yield Edit(*match.span(), said, Way.EVEN if even else Way.WHOLE)
