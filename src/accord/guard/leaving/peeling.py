"""What a text says when codes in it are undone, once and again: no language is asked for, a canary speaks none."""

from __future__ import annotations

import codecs
import re
import string
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache, partial
from typing import Final

from accord.content.decoding.edits import Edit, Way, edited
from accord.content.decoding.escapes import escapes
from accord.content.decoding.signs import signs
from accord.content.lookalikes import INVISIBLE, folding
from accord.content.views import View
from accord.guard.leaving.coded import dashes, numbers, runs, whole

MOST: Final = 24
"""Views of one text."""

_DEPTH: Final = 3
_GROWTH: Final = 8
_ROOM: Final = 4_096
_FEW: Final = 4
_BEGUN: Final = 9  # characters of a number that has begun, with what stands before it
_GROUPS: Final = (
    (b"1", b"0123456789"), (b"a", string.ascii_lowercase.encode()), (b"A", string.ascii_uppercase.encode()),
    (b" ", b" \t\r\n/|"), (b"-", b"-._"), (b"e", b"%\\&="), (b"m", b"<>*~`"),
)  # fmt: skip
_PARTED: Final = re.compile(r"(?:[^\s<>*_`~]{1,2}(?:<[^<>]{1,40}>|[*_~`]{1,2}){1,4}){6}")
_MARKS: Final = re.compile(r"<[/A-Za-z!][^<>]{0,40}>|[*_~`]{1,2}")
_BETWEEN: Final = re.compile(r"(?<![^\s])[^\s](?P<gap>[ \t.,*|/+~\n_-]{1,3})(?:[^\s](?P=gap)){6,}[^\s]?")
_SINGLE: Final = bytes(32 if chr(byte) in " \t.,*|/+~\n_-" else 97 for byte in range(256))
_MARKED: Final = bytes(109 if chr(byte) in "<>*_~`" else 32 if chr(byte) in " \t\n" else 97 for byte in range(256))
_MIXED: Final = (b"aA", b"a1", b"1a", b"1A", b"A1", b"- -", b"--")
_LONG = 16  # characters of a word that is none
_WORD: Final = b"a" * _LONG
_DARK: Final = bytes(32 if chr(byte).isspace() else 97 for byte in range(256))
_APART: Final = tuple(gap.join((b"a",) * 5) for gap in (b" ", b"  ", b"   "))
_KINDS: Final = bytes(next((mark[0] for mark, group in _GROUPS if byte in group), 35) for byte in range(256))
_OTHER: Final = re.compile(r"[^\x00-\x7f]+")
_ODD: Final = re.compile(f"[{INVISIBLE}\u0300-\u036f\u20d0-\u20f0\uff01-\uff5e\U0001d400-\U0001d7ff]")
_BITS: Final = re.compile("[\u200b-\u200f\u2060-\u2064\ufeff]{32,}")
_SHOWN: Final = bytes({*range(32, 256), 9, 10, 13} - {127})
_BYTES: Final = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]{4,}")
_MIRRORED: Final = re.compile("\u202e([^\u202c\u2069\r\n]{2,})[\u202c\u2069]?")
_ESCAPED: Final = re.compile(r"[%=\\&](?:#?[xX]?[0-9A-Fa-f]{2}|u[{0-9A-Fa-f]|U[0-9A-Fa-f])")
_BYTE: Final = re.compile(r"(?:%[0-9A-Fa-f]{2}){4,}|(?:=[0-9A-F]{2}){4,}|(?:\\x[0-9A-Fa-f]{2}){4,}")
_UNSLASHED: Final = re.compile(r"(?:\\u[0-9A-Fa-f]{4})+|\\[\\nrt\"/]")
_SAID: Final = {"n": "\n", "r": "\r", "t": "\t"}
_NO_DIGIT: Final = re.compile(r"[%=]|\\x")
_MOVED: Final = tuple(
    (head, least, re.compile(pattern))
    for head, least, pattern in (
        ("U4fV", 1, r"(?<![A-Za-z0-9])U4fV[A-Za-z0-9+/]{8}"),
        ("rW", 1, r"(?<![A-Za-z0-9])rW[j-mw-z][A-Za-z0-9+/]{8}"),
        ("rA", 1, r"(?<![A-Za-z0-9])rA[b-e][A-Za-z0-9+/]{8}"),
        ("\\h", 4, r"\\h[0-9n-s]{4}(?:\\h[0-9n-s]{4}){3}"),
        ("\\k", 4, r"\\k[0-9n-s]{2}(?:\\k[0-9n-s]{2}){3}"),
        ("&#k", 4, r"&#k[0-9n-s]{2,4};(?:&#k[0-9n-s]{2,4};){3}"),
        ("%", 4, r"%[0-9][0-9N-Sn-s](?:%[0-9][0-9N-Sn-s]){3}"),
        ("=", 4, r"=[0-9][0-9N-Sn-s](?:=[0-9][0-9N-Sn-s]){3}"),
    )
)  # what stands in a code after that was moved by 13 places
_TURNED: Final = tuple(
    (head, least, re.compile(pattern))
    for head, least, pattern in (
        ("Is4H", 1, r"(?<=[A-Za-z0-9+/]{8})Is4H(?![A-Za-z0-9])"),
        ("Je", 1, r"(?<=[A-Za-z0-9+/]{8})[w-z]Je(?![A-Za-z0-9])"),
        ("Ne", 1, r"(?<=[A-Za-z0-9+/]{8})[o-r]Ne(?![A-Za-z0-9])"),
        ("%", 4, r"%(?:[0-9A-Fa-f]{2}%){3}"),
        ("=", 4, r"=(?:[0-9A-Fa-f]{2}=){3}"),
        ("u\\", 4, r"u\\(?:[0-9A-Fa-f]{4}u\\){3}"),
        ("x\\", 4, r"x\\(?:[0-9A-Fa-f]{2}x\\){3}"),
        ("#&", 4, r"#&(?:;[0-9A-Fa-f]{2,5}x?#&){3}"),
    )
)  # the same turned round


def _has(text: str, heads: Iterable[tuple[str, int, re.Pattern[str]]]) -> bool:
    return any(text.count(head) >= least and pattern.search(text) is not None for head, least, pattern in heads)


def peeled(text: str, *, ends: bool = True) -> Iterator[View]:
    """Yield what a text says when its codes are undone, up to three times over; of one that `ends` all of it."""
    level = [View("plain", text, partial(_clipped, len(text)))]
    known = {text}
    room = _GROWTH * len(text) + _ROOM
    for _ in range(_DEPTH):
        below: list[View] = []
        for view in (view for parent in level for view in _below(parent, ends=ends, room=room)):
            if view.text in known:
                continue
            known.add(view.text)
            room -= len(view.text)
            below.append(view)
            yield view
            if len(known) > MOST or room <= 0:
                return
        level = below


def _below(parent: View, *, ends: bool, room: int) -> Iterator[View]:
    """Yield what a view says when one code in it is undone."""
    for kind, edits in _changes(parent.text, ends=ends):
        made = edited(parent.text, edits if ends else _closed(parent.text, edits), room=room) if edits else None
        if made is not None and made.text:
            at = made.at if parent.kind == "plain" else partial(_through, made.at, parent.at)
            yield View(kind if parent.kind == "plain" else f"{parent.kind}>{kind}", made.text, at)


def may_peel(text: str) -> bool:
    """Tell whether a text has signs of what can be undone, at a tenth of the price of trying."""
    if not text.isascii():
        return True
    data = text.encode("ascii")
    shape = data.translate(_KINDS)
    if shape.count(b"1") >= _FEW or shape.count(b"e") >= _FEW or shape.count(b"m") >= _FEW + 2:
        return True
    if any(map(shape.__contains__, _MIXED)) or any(map(data.translate(_SINGLE).__contains__, _APART)):
        return True
    if _WORD not in data.translate(_DARK):
        return False
    return any(len(word) >= _LONG and not word.islower() for word in text.split())


def _changes(text: str, *, ends: bool) -> Iterator[tuple[str, Sequence[Edit]]]:
    if not text.isascii() and _ODD.search(text) is not None:
        yield from _characters(text)
    if len(_ESCAPED.findall(text)) >= _FEW:
        yield from ((change.kind, change.edits) for change in escapes(signs(text)))
        if edits := [Edit(*match.span(), _of_escapes(match[0])) for match in _BYTE.finditer(text)]:
            yield "escapes", edits
    if _UNSLASHED.search(text) is not None:
        yield "JSON", [Edit(*match.span(), _of_json(match[0])) for match in _UNSLASHED.finditer(text)]
    yield from ((kind, edits) for kind, edits in numbers(text, ends=ends) if edits)
    yield from runs(text, ends=ends)
    if edits := dashes(text, ends=ends):
        yield "morse", edits
    if _shape(text, _MARKED).count(b"mam") >= _FEW - 1 and _PARTED.search(text) is not None:
        yield "markup", [Edit(*match.span(), "") for match in _MARKS.finditer(text)]
    if _may_be_parted(text) and (edits := [one for match in _BETWEEN.finditer(text) for one in _joined(match)]):
        yield "spaced", edits
    if _has(text, _MOVED):
        yield "rot13", (Edit(0, len(text), codecs.encode(text, "rot13"), Way.EVEN),)
    if _has(text, _TURNED) or (not text.isascii() and _BITS.search(text) is not None):
        yield "reversed", (Edit(0, len(text), text[::-1], Way.MIRROR),)


def _may_be_parted(text: str) -> bool:
    return any(map(_shape(text, _SINGLE).__contains__, _APART))


def _shape(text: str, table: bytes) -> bytes:
    return text.encode("ascii", "replace").translate(table)


def _closed(text: str, edits: Sequence[Edit]) -> Sequence[Edit]:
    """Return edits and one more that leaves out the beginning of a number or letter at the end of a text."""
    end = edits[-1].end
    return [*edits, Edit(end, len(text), "")] if 0 < len(text) - end <= _BEGUN else edits


def _joined(match: re.Match[str]) -> Iterator[Edit]:
    size = len(match["gap"])
    return (Edit(at, at + size, "") for at in range(match.start() + 1, match.end() - size + 1, size + 1))


def _characters(text: str) -> Iterator[tuple[str, Sequence[Edit]]]:
    if edits := [Edit(*match.span(), said) for match in _BITS.finditer(text) if (said := _of_bits(match[0]))]:
        yield "widthless", edits
    if edits := [Edit(*match.span(), _of_bytes(match[0]), Way.EVEN) for match in _BYTES.finditer(text)]:
        yield "selectors", edits
    if edits := [Edit(*match.span(1), match[1][::-1], Way.MIRROR) for match in _MIRRORED.finditer(text)]:
        yield "bidi", edits
    other = [(at, char) for match in _OTHER.finditer(text) for at, char in enumerate(match[0], match.start())]
    if marks := [Edit(at, at + 1, "") for at, char in other if unicodedata.category(char) in {"Mn", "Me"}]:
        yield "marks", marks
    if edits := [Edit(at, at + 1, said) for at, char in other if (said := _plain(char)) != char]:
        yield "folded", edits


def _of_bits(run: str) -> str:
    """Return what two characters without width say as bits; a third one parts the letters."""
    kinds = sorted(set(run), key=run.count, reverse=True)[:2]
    kept = [char for char in run if char in kinds]
    for one in kinds:
        bits = "".join("1" if char == one else "0" for char in kept)
        data = bytes(int(bits[at : at + 8], 2) for at in range(0, len(bits) - 7, 8))
        if not data.translate(None, _SHOWN) and (said := whole(data)):
            return said
    return ""


def _of_escapes(run: str) -> str:
    return bytes.fromhex(_NO_DIGIT.sub("", run)).decode("utf-8", "ignore")


def _of_json(said: str) -> str:
    if said[1] != "u":
        return _SAID.get(said[1], said[1])
    units = [int(one, 16) for one in said.split("\\u")[1:]]
    return b"".join(unit.to_bytes(2, "little") for unit in units).decode("utf-16-le", "ignore")


def _of_bytes(run: str) -> str:
    codes = map(ord, run)
    return bytes(code - 0xFE00 if code < 0xFF00 else code - 0xE0100 + 16 for code in codes).decode("utf-8", "ignore")


@lru_cache(maxsize=4_096)
def _plain(char: str) -> str:
    """Return a character as the plain one that it looks like or stands for, or nothing where it takes no room."""
    code = ord(char)
    if 0xE0020 <= code < 0xE007F:
        return chr(code - 0xE0000)
    if unicodedata.category(char) in {"Cf", "Mn", "Me"} or re.match(f"[{INVISIBLE}]", char):
        return ""
    wide = unicodedata.normalize("NFKC", char)
    return wide if wide.isascii() else char.translate(folding())


_At = Callable[[int, int], tuple[int, int]]


def _clipped(size: int, start: int, end: int) -> tuple[int, int]:
    return min(max(0, start), size), min(max(start, end), size)


def _through(inner: _At, outer: _At, start: int, end: int) -> tuple[int, int]:
    return outer(*inner(start, end))
