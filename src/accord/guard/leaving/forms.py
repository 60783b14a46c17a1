"""The forms in which a canary can leave: as it is, turned round, moved, or as the numbers of its characters."""

from __future__ import annotations

import base64
import codecs
import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, NamedTuple

from accord.content.decoding.characters import fold

FEWEST: Final = 4
"""Letters and digits that a canary must have."""

LEAST: Final = 4
"""Letters of a form from which on text is held: at most three of them leave."""

THIN: Final = 3
"""The same for forms of which every third character is neither a letter nor a digit."""

_PART: Final = 8  # as many in a row are a part that somebody can use
_SMALL: Final = bytes(range(256)).lower()
_ALPHABET: Final = "abcdefghijklmnopqrstuvwxyz"
_MIRRORED: Final = str.maketrans(_ALPHABET, _ALPHABET[::-1])
_MOVED: Final = tuple(str.maketrans(_ALPHABET, _ALPHABET[by:] + _ALPHABET[:by]) for by in range(1, 26) if by != 13)
_OTHER: Final = bytes(byte for byte in range(128) if not chr(byte).isalnum())
_RUN: Final = re.compile(r"[^\W\d_]+")
_TURNED: Final = str.maketrans(
    "\u0250\u0254\u01dd\u025f\u0183\u0265\u1d09\u027e\u029e\u026f\u0279\u0287\u028c\u028d\u028e", "acefghijkmrtvwy"
)  # letters that stand on their heads
_STAND_INS: Final = (  # (first, last, the code that the first stands for)
    (0xE0020, 0xE007E, 0x20),  # tag characters
    (0xE0110, 0xE016E, 0x20),  # variation selectors, of which each is a byte
    (0x1F1E6, 0x1F1FF, 0x61),  # letters of flags
    (0x2820, 0x287E, 0x20),  # braille, of which each is a byte
)


class Form(NamedTuple):
    """A form of a canary in small letters and digits: how many in a row give it away, its name, how many are held."""

    text: str
    need: int
    how: str
    least: int = LEAST


def letters_of(text: str) -> str:
    """Return the letters and digits of a text as they are compared: small, plain, without anything between them."""
    if text.isascii():
        return text.encode("ascii").translate(_SMALL, _OTHER).decode("ascii")
    return "".join(map(folded, text))


@lru_cache(maxsize=16_384)
def folded(char: str) -> str:
    """Return the letters that a character counts as: none, one, or those of a ligature."""
    for first, last, stands_for in _STAND_INS:
        if first <= ord(char) <= last:
            char = chr(ord(char) - first + stands_for)
    plain = unicodedata.normalize("NFKD", fold(char).casefold()).translate(_TURNED)
    return "".join(str(unicodedata.decimal(one, one)) for one in plain if one.isalnum())


def forms(canary: str, *, longest: int) -> Iterator[Form]:
    """Yield the forms of a canary; of one longer than `longest` those that are not much longer than itself."""
    plain = letters_of(canary)
    need = needed(plain)
    yield Form(plain, need, "as it is")
    yield Form(plain[::-1], need, "reversed")
    yield Form(codecs.encode(plain, "rot13"), need, "rot13")
    yield Form(codecs.encode(plain[::-1], "rot13"), need, "rot13 and reversed")
    yield Form(plain.translate(_MIRRORED), need, "mirrored in the alphabet")
    if len(plain) <= longest:
        yield from (Form(plain.translate(moved), need, "moved in the alphabet") for moved in _MOVED)
    texts = dict.fromkeys((canary, canary.lower(), canary.upper(), "".join(filter(str.isalnum, canary))))
    for text in texts if len(plain) <= longest else (canary,):
        data = text.encode("utf-8", "replace")
        share = need / len(plain)
        yield from _base64(data, share)
        if len(data) >= 4:
            for told in (data.hex(), data[::-1].hex()):
                yield Form(told, _whole(share, len(told)), "hex")
                yield Form(told[::-1], _whole(share, len(told)), "hex, reversed")
            yield Form(codecs.encode(data.hex(), "rot13"), _whole(share, 2 * len(data)), "hex, moved")
    if len(plain) <= longest:
        yield from _numbers(canary, need / len(plain))
        yield from _twice(canary.encode("utf-8", "replace"), need / len(plain))


def needed(plain: str) -> int:
    """Return how many letters in a row give a canary away: eight, and more where it is made of words."""
    longest = max((len(run) for run in _RUN.findall(plain)), default=0)
    return min(len(plain), max(_PART, min(longest + 4, -(-3 * len(plain) // 4))))


def _whole(share: float, size: int) -> int:
    return min(size, max(_PART, -int(-share * size // 1)))


def _base64(data: bytes, share: float) -> Iterator[Form]:
    """Yield what base64 makes of the bytes at each of its three alignments, without what depends on the neighbours."""
    for offset in range(3):
        whole = base64.b64encode(b"\0" * offset + data).decode("ascii")
        core = whole[(0, 2, 3)[offset] : len(whole) - (0, 3, 2)[(offset + len(data)) % 3]]
        plain = letters_of(core)
        if len(plain) >= _PART:
            yield Form(plain, _whole(share, len(plain)), "base64")


def _twice(data: bytes, share: float) -> Iterator[Form]:
    """Yield rarer ways of writing bytes, and base64 of what was changed before or is changed after."""
    coded = base64.b64encode(data)
    for told in (data[::-1], data.decode("utf-8").encode("utf-16-le"), coded):
        yield from _base64(told, share)
    for form in tuple(_base64(data, share)):
        yield Form(form.text[::-1], form.need, "base64, reversed")
        yield Form(codecs.encode(form.text, "rot13"), form.need, "base64, moved")
    yield Form(coded.rstrip(b"=").hex(), _whole(share, 2 * len(data)), "hex of base64")
    for offset in range(5):
        whole = base64.b32encode(b"\0" * offset + data).decode("ascii").rstrip("=")
        plain = letters_of(whole[-(-8 * offset // 5) : len(whole) - ((offset + len(data)) % 5 != 0)])
        if len(plain) >= _PART:
            yield Form(plain, _whole(share, len(plain)), "base32")
            yield Form(plain[::-1], _whole(share, len(plain)), "base32, reversed")
            yield Form(codecs.encode(plain, "rot13"), _whole(share, len(plain)), "base32, moved")


def _numbers(canary: str, share: float) -> Iterator[Form]:
    codes = [ord(char) for char in canary]
    ways = (
        ("hex with 0x", "".join(f"0x{code:02x}" for code in codes), 8),
        ("decimal codes", "".join(map(str, codes)), 10),
        ("octal codes", "".join(f"{code:o}" for code in codes), 10),
        ("octal codes", "".join(f"{code:03o}" for code in codes), 10),
        ("binary codes", "".join(f"{code:08b}" for code in codes), 32),
        ("binary codes", "".join(f"{code:07b}" for code in codes), 32),
    )
    for how, text, least in ways:
        need = min(len(text), max(least, _whole(share, len(text))))
        yield Form(text, need, how)
        yield Form(text[::-1], need, f"{how}, reversed")
    yield Form(codecs.encode(ways[0][1], "rot13"), max(8, _whole(share, len(ways[0][1]))), "hex with 0x, moved")
