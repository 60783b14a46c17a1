"""Reading bytes that are written as text: base64, compressed data in it, and hexadecimal digits."""

from __future__ import annotations

import binascii
import re
import zlib
from collections.abc import Iterator
from typing import Final, NamedTuple

from accord.content.decoding.edits import Edit, Way
from accord.content.decoding.signs import Change, Signs
from accord.content.language import speaks

LARGEST: Final = 1 << 17
"""Bytes that compressed data may unfold to; what is beyond is not looked at."""

_SEED: Final = re.compile(r"(?<![A-Za-z0-9+/_=-])[A-Za-z0-9+/_-]{8,}={0,2}")
_NEXT: Final = re.compile(r"([ \t\r\n]{1,4})([A-Za-z0-9+/_-]{1,}={0,2})(?![A-Za-z0-9+/_=-])")
_CHANGES: Final = re.compile(r"[a-z][A-Z]|[A-Za-z][0-9]|[0-9][A-Za-z]")
_URL_SAFE: Final = str.maketrans("-_", "+/")
_HEX: Final = re.compile(
    r"(?<![0-9A-Za-z])(?:0x)?[0-9A-Fa-f]{2,}(?:[ \t\r\n:,;-]{1,3}(?:0x)?[0-9A-Fa-f]{2,}){0,4096}(?![0-9A-Za-z])"
)
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
        for edit, is_packed in _base64(seen.text):
            (packed if is_packed else plain).append(edit)
        if plain:
            yield Change("base64", tuple(plain))
        if packed:
            yield Change("packed", tuple(packed))
    if seen.hex and (edits := tuple(_hex(seen.text))):
        yield Change("hex", edits)


def _base64(text: str) -> Iterator[tuple[Edit, bool]]:
    done = 0
    for seed in _SEED.finditer(text):
        if seed.start() < done or not _is_dense(seed[0]):
            continue
        ends = _ends(text, seed.end())
        for end in (ends[-1], ends[0]) if len(ends) > 1 else ends:
            found = _unpacked("".join(text[seed.start() : end].split()))
            if found is not None:
                even = found.text.isascii() and end == seed.end() and not found.packed
                yield Edit(seed.start(), end, found.text, Way.EVEN if even else Way.WHOLE), found.packed
                done = end
                break
        else:
            done = ends[-1] if len(ends) > 8 else done  # a long run that says nothing is looked at once


def _ends(text: str, end: int) -> list[int]:
    """Return where a run ends, and where it ends when it goes on over lines or blanks."""
    ends = [end]
    while text[end - 1] != "=" and (more := _NEXT.match(text, end)):
        alone = "\n" in more[1] and (more.end() == len(text) or text[more.end()] in "\r\n")
        if not alone and not (len(more[2]) >= 8 and _is_dense(more[2])) and not more[2].endswith("="):
            break
        end = more.end()
        ends.append(end)
    return ends


def _is_dense(token: str) -> bool:
    return len(token) >= 16 or token.endswith("=") or _CHANGES.search(token) is not None


def _unpacked(token: str) -> _Found | None:
    bare = token.rstrip("=").translate(_URL_SAFE)
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
    if len(data) < 5:
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


_LAYOUT: Final = dict.fromkeys(map(ord, "\r\n\t"), " ")


def _shows(text: str) -> bool:
    """Tell whether all that cannot be shown are characters that hide something."""
    return all(char.isprintable() or ord(char) > 0x9F for char in text)


def _hex(text: str) -> Iterator[Edit]:
    for match in _HEX.finditer(text):
        if len(match[0]) < 10:
            continue
        digits = _HEX_MARKS.sub("", match[0])
        if len(digits) < 10 or len(digits) % 2:
            continue
        said = readable(bytes.fromhex(digits))
        if said and digits.isdigit() and len(digits) < len(match[0]) and speaks(said) < 0.4:
            continue  # a row of numbers
        if said:
            even = said.isascii() and len(digits) == len(match[0])
            yield Edit(*match.span(), said, Way.EVEN if even else Way.WHOLE)
