"""Bytes and letters written as something else: what they say, without asking whether that is language."""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import groupby
from typing import Final

from accord.content.decoding.edits import Edit, Way
from accord.core.shipped import lines_of
from accord.guard.leaving.sifting import may_be_morse

_FEWEST = 4  # characters that are read where there may be more of them
_SURE = 8  # characters that can be shown and are no accident
_GOES_ON = 9  # characters at the end of a text that may be the beginning of one more
_UNFOLDS: Final = 1 << 16  # bytes that compressed data may unfold to
_HEAD: Final = r"(?:0[xXoObB]|x|chr\(|[uU]\+?(?:00){0,2})?"
_NUMBER: Final = re.compile(rf"{_HEAD}([0-9A-Fa-f]{{2,8}})")
_GOES: Final = rf"(?:[^\w\\=%]{{1,4}}{_HEAD}[0-9A-Fa-f]{{2,8}}){{{_FEWEST - 1},}}(?![A-Za-z])"
_ROW: Final = re.compile(rf"[0-9](?:x|[0-9A-Fa-f])[0-9A-Fa-f]{{0,6}}{_GOES}")  # ASCII begins with a digit in any base
_WIDE_ROW: Final = re.compile(rf"(?<![0-9A-Za-z])(?:[EeFf][0-9A-Fa-f]|[Cc]{{2}}){_GOES}|{_ROW.pattern}")
_WIDE: Final = tuple(byte + gap for byte in ("ef", "f0", "e2", "cc", "EF", "F0", "E2", "CC") for gap in " :,-")
_NOT_DIGIT: Final = bytes(byte for byte in range(256) if byte not in b"0123456789")
_DIGIT: Final = re.compile("[0-9]")
_RUN: Final = re.compile(r"[A-Za-z0-9+/_-]{8,}")
_LONG = 64  # bytes in which some that can be shown stand together by accident
_SHORT = 16  # letters in a row that are a word
_SHOWN: Final = re.compile(rb"[\t\n\r -~]{8,}")
_BEGUN: Final = re.compile(rb"[\t\n\r -~]{4,}\Z|[\t\n\r -~]{8,}")
_ASCII: Final = bytes((9, 10, 13, *range(32, 127)))
_TEXT: Final = bytes({*_ASCII, *range(128, 256)})
_PAIRS: Final = re.compile(r"[0-9a-f]{8,}|[0-9A-F]{8,}")
_BITS_LEAST = 32
_BITS: Final = re.compile(r"[01]{32,}")
_BASE32: Final = re.compile(r"[A-Z2-7]{16,}")
_URL_SAFE: Final = str.maketrans("-_", "+/")
_DOT: Final = r"[.\u00b7\u2022\u2013\u2014\u2212_-]"
_MORSE: Final = re.compile(rf"{_DOT}{{1,6}}(?:[ /|\n]{{1,3}}{_DOT}{{1,6}}){{3,}}")
_MARK: Final = re.compile(rf"({_DOT}+)[ ]?(?:[/|\n] ?)?")
_DOTS: Final = str.maketrans("\u00b7\u2022\u2013\u2014\u2212_", "..----")
_KINDS: Final = (
    ("decimal", 10, frozenset("0123456789"), frozenset((2, 3))),
    ("octal", 8, frozenset("01234567"), frozenset((2, 3))),
    ("binary", 2, frozenset("01"), frozenset((7, 8))),
    ("hex", 16, frozenset("0123456789abcdefABCDEF"), frozenset((2, 4))),
)


def numbers(text: str, *, ends: bool = True) -> Iterator[tuple[str, list[Edit]]]:
    """Yield what numbers in a row spell, by the base they are read in; the last one counts only where a text `ends`."""
    if len(text.encode("ascii", "replace").translate(None, _NOT_DIGIT)) < _FEWEST:
        return
    found: dict[str, list[Edit]] = {}
    for match in (_WIDE_ROW if any(head in text for head in _WIDE) else _ROW).finditer(text):
        said = _NUMBER.findall(match[0])
        said = said[:-1] if not ends and match.end() == len(text) else said  # it may go on
        fewest = _SURE if ends or len(text) - match.end() > _GOES_ON else _FEWEST
        for kind, base in _bases(said) if len(said) >= fewest else ():
            values = [int(one, base) for one in said]
            if sum(map(_VALUES.__contains__, values)) >= fewest:
                found.setdefault(kind, []).extend(_spelled(match, values, fewest))
    if text.count("0") + text.count("1") >= _BITS_LEAST:
        for match in _BITS.finditer(text):
            found.setdefault("binary", []).extend(_bits(match))
    yield from found.items()


def _bases(said: Sequence[str]) -> Iterator[tuple[str, int]]:
    sizes, digits = set(map(len, said)), set("".join(said))
    return ((kind, base) for kind, base, allowed, lengths in _KINDS if sizes <= lengths and digits <= allowed)


def _spelled(match: re.Match[str], values: Sequence[int], fewest: int) -> Iterator[Edit]:
    spans = [one.span() for one in _NUMBER.finditer(match.string, *match.span())]
    shown = [value in _VALUES for value in values]
    for told, places in groupby(range(len(values)), shown.__getitem__):
        row = list(places)
        if not told or len(row) < fewest:
            continue
        starts, end = [spans[at][0] for at in row], spans[row[-1]][1]
        if all(values[at] < 128 for at in row):
            ends = [*starts[1:], end]
            yield from (Edit(start, stop, chr(values[at])) for at, start, stop in zip(row, starts, ends, strict=True))
        else:
            yield Edit(starts[0], end, bytes(values[at] for at in row).decode("utf-8", "ignore"), Way.EVEN)


_VALUES: Final = frozenset(_TEXT)


def _bits(match: re.Match[str]) -> Iterator[Edit]:
    for size in (8, 7):
        data = bytes(int(match[0][at : at + size], 2) for at in range(0, len(match[0]) - size + 1, size))
        shown = [*_shown(data, match.start(), size, len(match[0]))]
        if shown:
            yield from shown
            return


def _shown(data: bytes, start: int, share: float, size: int, pattern: re.Pattern[bytes] = _SHOWN) -> Iterator[Edit]:
    """Yield the stretches of data that can be shown; a byte stands for `share` characters from `start` on."""
    rest = data.translate(None, _ASCII)
    few = len(data) < _LONG and len(data) - len(rest) < (_SURE if pattern is _SHOWN else _FEWEST)
    if few and (len(data) < _SURE or rest.translate(None, _TEXT)):
        return
    if rest.count(0) * 3 > len(data):
        share, data = share * len(data) / max(1, len(data) - data.count(0)), data.replace(b"\0", b"")
    if rest and len(data) >= _SURE and not data.translate(None, _TEXT) and (said := whole(data)):
        yield Edit(start, start + size, said, Way.EVEN)
        return
    for match in pattern.finditer(data):
        begin, end = start + int(match.start() * share), start + min(size, -int(-match.end() * share // 1))
        yield Edit(begin, end, match[0].decode("ascii"), Way.EVEN)


def whole(data: bytes) -> str:
    """Return bytes as text if they are UTF-8, but for a character that is cut off at the end."""
    for cut in range(min(4, len(data))):
        try:
            return data[: len(data) - cut].decode("utf-8")
        except UnicodeDecodeError:
            continue
    return ""


def runs(text: str, *, ends: bool = True) -> Iterator[tuple[str, list[Edit]]]:
    """Yield what runs of letters and digits say in base64, base32 and hexadecimal digits, at every alignment.

    Of one at the end of a text that does not end there, as many as four characters that can be shown are enough.
    """
    found: dict[str, list[Edit]] = {}
    for match in _RUN.finditer(text):
        run = match[0]
        if _is_word(run):
            continue
        pattern = _SHOWN if ends or match.end() < len(text) else _BEGUN
        for kind, edits in _unpacked(run, match.start(), pattern):
            found.setdefault(kind, []).extend(edits)
    for kind, edits in found.items():
        yield kind, _apart(edits)


def _is_word(run: str) -> bool:
    """Tell whether a run is a word, or small words with signs between them as in paths: bytes hardly come out so."""
    if run.islower():
        return _DIGIT.search(run) is None
    return len(run) < _SHORT and run.isalpha() and (run.istitle() or run.isupper())


def _unpacked(run: str, start: int, pattern: re.Pattern[bytes]) -> Iterator[tuple[str, list[Edit]]]:
    for pairs in _PAIRS.finditer(run):
        edits = [one for skip in range(2) for one in _hex(pairs[0][skip:], start + pairs.start() + skip, pattern)]
        if edits:
            yield "hex", edits
        if len(pairs[0]) == len(run):
            return
    coded = run.translate(_URL_SAFE)
    for skip in range(4):
        part = coded[skip : len(coded) - ((len(coded) - skip) % 4 == 1)]
        edits = [*_of_base64(part, start + skip, pattern)] if part else []
        if edits:
            yield "base64", edits
            break
    if (plain := _BASE32.search(run)) is not None:
        yield from _of_base32(plain[0], start + plain.start(), pattern)


def _hex(digits: str, start: int, pattern: re.Pattern[bytes]) -> Iterator[Edit]:
    even = len(digits) // 2 * 2
    return _shown(bytes.fromhex(digits[:even]), start, 2, even, pattern)


def _of_base64(part: str, start: int, pattern: re.Pattern[bytes]) -> Iterator[Edit]:
    data = binascii.a2b_base64(part + "=" * (-len(part) % 4))
    if data[:1] in {b"\x1f", b"\x78"}:
        try:
            said = zlib.decompressobj(wbits=47).decompress(data, _UNFOLDS).decode("utf-8", "ignore")
        except zlib.error:
            said = ""
        if said:
            yield Edit(start, start + len(part), said)
            return
    yield from _shown(data, start, 4 / 3, len(part), pattern)


def _of_base32(run: str, start: int, pattern: re.Pattern[bytes]) -> Iterator[tuple[str, list[Edit]]]:
    for skip in range(8):
        part = run[skip : len(run) - ((len(run) - skip) % 8 in {1, 3, 6})]
        edits = [*_shown(base64.b32decode(part + "=" * (-len(part) % 8)), start + skip, 8 / 5, len(part), pattern)]
        if edits:
            yield "base32", edits
            return


def _apart(edits: list[Edit]) -> list[Edit]:
    kept: list[Edit] = []
    for edit in sorted(edits, key=lambda one: (one.start, -one.end)):
        if not kept or edit.start >= kept[-1].end:
            kept.append(edit)
    return kept


def dashes(text: str, *, ends: bool = True) -> list[Edit]:
    """Return what dots and dashes in a row spell; the last ones count only where a text `ends`."""
    if text.isascii() and not may_be_morse(text.encode("ascii")):
        return []
    letters = _letters()
    edits = [
        Edit(*one.span(), letters.get(one[1].translate(_DOTS), ""))
        for match in _MORSE.finditer(text)
        for one in _MARK.finditer(text, *match.span())
    ]
    return edits[:-1] if not ends and edits and edits[-1].end == len(text) else edits


@cache
def _letters() -> Mapping[str, str]:
    return {mark: letter for mark, _, letter in (line.partition("\t") for line in lines_of("content/morse.tsv"))}
