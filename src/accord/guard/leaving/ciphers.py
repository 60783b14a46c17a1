"""Rarer forms of a canary: other ciphers and bases, its parts turned round, spelled out, or letters between."""

from __future__ import annotations

import base64
import re
import string
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Final

from accord.core.shipped import lines_of
from accord.guard.leaving.forms import LEAST, THIN, Form, letters_of, needed
from accord.guard.leaving.sifting import Sieve, sieve
from accord.guard.leaving.substrings import Owned

FEWEST: Final = 8
"""Letters and digits from which on a canary is looked for in rarer forms: fewer would be found everywhere."""

SPELLED: Final = "spelled out"
"""The forms that are made of words; their words stand in any text, where they meet does not."""

_TWO_WORDS: Final = 9
"""Letters of a form made of words from which on it is held: one number word may stand in any sentence."""

_PRINTED: Final = "".join(map(chr, range(33, 127)))
_ROT47: Final = str.maketrans(_PRINTED, _PRINTED[47:] + _PRINTED[:47])
_DIGITS_ON: Final = str.maketrans(string.digits, string.digits[5:] + string.digits[:5])
_ROT13: Final = str.maketrans(string.ascii_lowercase, string.ascii_lowercase[13:] + string.ascii_lowercase[:13])
_UPSIDE: Final = str.maketrans("bqdpnu", "qbpdun")
_UPSIDE_TOO: Final = str.maketrans("bqdpnu69", "qbpdun96")
_PARTS: Final = re.compile(r"[^\W_]+")
_ZED: Final = bytes.maketrans(
    b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;<=>?@^_`{|}~",
    b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#",
)  # from the alphabet of RFC 1924 to that of ZeroMQ's RFC 32
_UNIX: Final = bytes.maketrans(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", b"`" + bytes(range(33, 96))
)
_CROCKFORD: Final = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", b"0123456789ABCDEFGHJKMNPQRSTVWXYZ")
_BETWEEN: Final = string.ascii_lowercase + string.digits


def rarer(canary: str, *, between: bool) -> Iterator[Form]:
    """Yield the rarer forms of a canary that is long enough; with a letter `between` each two only if that is asked."""
    plain = letters_of(canary)
    if len(plain) < FEWEST:
        return
    need = needed(plain)
    share = need / len(plain)
    yield Form(plain.translate(_ROT13).translate(_DIGITS_ON), need, "rot18")
    yield Form(plain.translate(_UPSIDE)[::-1], need, "upside down")
    yield Form(plain.translate(_UPSIDE_TOO)[::-1], need, "upside down")
    parts = [letters_of(part) for part in _PARTS.findall(canary)]
    if len(parts) > 1:
        yield Form("".join(part[::-1] for part in parts), need, "each part reversed")
        yield Form("".join(reversed(parts)), need, "its parts reversed")
    for cluster in (True, False):
        yield from _scaled("".join(_pig(part, cluster=cluster) for part in parts), share, "pig latin")
    yield from _scaled(letters_of(canary.translate(_ROT47)), share, "rot47", least=THIN)
    digits = "".join(_word(char, 0) if char.isdigit() else char for char in plain)
    for told in (_spelled(plain, 0), _spelled(plain, 1), digits):
        yield from _scaled(told, share, SPELLED, least=_TWO_WORDS)
    yield from _codes(canary, share)
    yield from _packed(canary.encode("utf-8", "replace"), share)
    if between:
        yield from (Form(one.join(plain), 2 * need - 1, f"with {one} between") for one in _BETWEEN)


def _scaled(text: str, share: float, how: str, *, least: int = LEAST) -> Iterator[Form]:
    """Yield a form of which the same share has to be there as of the canary itself, and never a few letters."""
    need = min(len(text), max(FEWEST, -int(-share * len(text) // 1)))
    if need >= FEWEST:
        yield Form(text, need, how, least)


def _pig(part: str, *, cluster: bool) -> str:
    head = re.match("[bcdfghj-np-tv-z]*" if cluster else "[bcdfghj-np-tv-z]?", part)
    cut = head.end() if head and part.isalpha() else 0
    return part[cut:] + part[:cut] + ("ay" if cut else "way") if part.isalpha() else part


def _spelled(plain: str, way: int) -> str:
    return "".join(_word(char, way) for char in plain)


def _word(char: str, way: int) -> str:
    words = spelling_words().get(char, ())
    return letters_of(words[min(way, len(words) - 1)]) if words else char


_MOVED: Final = frozenset(("named codes", "hex with x", "hex of 16 bits"))


def _codes(canary: str, share: float) -> Iterator[Form]:
    codes = [ord(char) for char in canary]
    ways = {
        "decimal codes": (f"{code:03d}" for code in codes),
        "named codes": (f"u{code:04x}" for code in codes),
        "codes of chr": (f"chr{code}" for code in codes),
        "hex with x": (f"x{code:02x}" for code in codes),
        "hex of 16 bits": (f"{code:04x}" for code in codes),
        "octal codes with 0o": (f"0o{code:o}" for code in codes),
        "binary codes with 0b": (f"0b{code:08b}" for code in codes),
    }
    for how, parts in ways.items():
        told = "".join(parts)
        yield from _scaled(told, share, how)
        yield from _scaled(told[::-1], share, f"{how}, reversed")
        if how in _MOVED:
            yield from _scaled(told.translate(_ROT13), share, f"{how}, moved")
    letters = letters_of(canary)
    if any(map(str.isalpha, letters)):
        places = [str(ord(one) - 96) if "a" <= one <= "z" else one for one in letters]
        yield from _scaled("".join(places), max(share, 10 / max(10, len("".join(places)))), "places in the alphabet")


def _packed(data: bytes, share: float) -> Iterator[Form]:
    """Yield what the bytes are in bases that only have a name, without what depends on the neighbours."""
    for offset in range(4):
        whole = data[-offset % 4 :][: len(data) // 4 * 4]
        whole = whole[: len(whole) // 4 * 4]
        coded = base64.b85encode(whole)
        for told in (coded, coded.translate(_ZED), base64.a85encode(whole)):
            yield from _scaled(letters_of(told.decode("ascii")), share, "base85", least=THIN)
    for offset in range(3):
        whole = base64.b64encode(b"\0" * offset + data)
        core = whole[(0, 2, 3)[offset] : len(whole) - (0, 3, 2)[(offset + len(data)) % 3]]
        yield from _scaled(letters_of(core.translate(_UNIX).decode("ascii")), share, "uuencoded", least=THIN)
    for offset in range(5):
        whole = base64.b32encode(b"\0" * offset + data).rstrip(b"=")
        core = whole[-(-8 * offset // 5) : len(whole) - ((offset + len(data)) % 5 != 0)]
        yield from _scaled(letters_of(core.translate(_CROCKFORD).decode("ascii")), share, "base32")
        yield from _scaled(letters_of(core.translate(_HEXED).decode("ascii")), share, "base32")
    number = int.from_bytes(data, "big")
    yield from _scaled(str(number), 0.9, "one number")
    yield from _scaled(letters_of(_based(number, 58)), 0.9, "base58")


_HEXED: Final = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", b"0123456789ABCDEFGHIJKLMNOPQRSTUV")
_FIFTY_EIGHT: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def _based(number: int, base: int) -> str:
    digits = ""
    while number:
        number, rest = divmod(number, base)
        digits = _FIFTY_EIGHT[rest] + digits
    return digits


def sieve_of(owned: Sequence[Owned]) -> Sieve:
    """Return what tells at a glance that a text gives none of some forms away."""
    whole = (one.form.text for one in owned if one.form.how != SPELLED)
    spelled = (one.form.text for one in owned if one.form.how == SPELLED)
    return sieve(whole, words=spelled, common="\0".join(spelling()))


@cache
def spelling_words() -> Mapping[str, tuple[str, ...]]:
    """Return the words by which each letter and digit is spelled, the most usual first."""
    rows = (line.partition("\t") for line in lines_of("guard/leaving.tsv"))
    return {char: tuple(words.split()) for char, _, words in rows}


@cache
def spelling() -> Mapping[str, str]:
    """Return the letter or digit for which each word stands."""
    told = {char: (*words, *map(letters_of, words)) for char, words in spelling_words().items()}
    return {word: char for char, words in told.items() for word in words}
