"""All the ways in which the tests write a canary down, and how much of it a beginning of each tells."""

from __future__ import annotations

import base64
import codecs
import gzip
import string
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, NamedTuple
from urllib.parse import quote

from accord.core.shipped import lines_of

_NAMES: Final = (
    "Alfa Bravo Charlie Delta Echo Foxtrot Golf Hotel India Juliett Kilo Lima Mike November Oscar Papa Quebec "
    "Romeo Sierra Tango Uniform Victor Whiskey Xray Yankee Zulu"
)
_NATO: Final = {name[0].lower(): name for name in _NAMES.split(" ")}
_ENGLISH: Final = "zero one two three four five six seven eight nine"
_GERMAN: Final = "null eins zwei drei vier fünf sechs sieben acht neun"
_DIGITS: Final = {str(at): word for at, word in enumerate(_ENGLISH.split(" "))}
_DEUTSCH: Final = {str(at): word for at, word in enumerate(_GERMAN.split(" "))}
_INITIALS: Final = (
    "apple bear cloud door earth fire ghost house ice jam king lamp moon nest ocean plum queen rain sun table urn vase "
    "water xenon yard zebra"
)
_MORSE: Final = {line.split("\t")[1]: line.split("\t")[0] for line in lines_of("content/morse.tsv")}
_UPSIDE: Final = str.maketrans("abcdefghijklmnopqrstuvwyz", "ɐqɔpǝɟƃɥᴉɾʞlɯuodbɹsʇnʌʍʎz")


class Disguise(NamedTuple):
    """A canary written down in some way, and the beginnings with which each of its letters is told."""

    name: str
    text: str
    ends: tuple[int, ...]

    def told(self, out: str) -> int:
        """Return how many letters of the canary stand in what has left of the disguise."""
        return sum(end <= len(out) for end in self.ends)


def plain_of(canary: str) -> str:
    """Return the letters and digits of a canary in small letters."""
    return "".join(char for char in canary.lower() if char.isalnum())


def disguises(canary: str) -> Iterator[Disguise]:
    """Yield a canary in every disguise."""
    plain, data = plain_of(canary), canary.encode()
    for name, way in _LETTERS.items():
        yield _each(name, [way(char) for char in plain])
    for name, way in _CHARACTERS.items():
        yield _counted(name, [(way(char), char.isalnum()) for char in canary])
    for name, numbered in _BYTES.items():
        yield _counted(name, [(numbered(byte), chr(byte).isalnum()) for byte in data])
    for name, packed in _WHOLE.items():
        yield _even(name, packed(data), len(plain))
    for name, told in _turned(canary).items():
        yield _even(name, told, len(plain))
    for size in (3, 4, 5):
        parts = [plain[at : at + size] for at in range(0, len(plain), size)]
        gaps = (", and then ", "\n", " is followed by ")[size - 3]
        yield _counted(
            f"in parts of {size}",
            [(char + gaps * (at == len(part) - 1), True) for part in parts for at, char in enumerate(part)],
        )


def _each(name: str, chunks: list[str]) -> Disguise:
    return _counted(name, [(chunk, True) for chunk in chunks])


def _counted(name: str, chunks: Iterable[tuple[str, bool]]) -> Disguise:
    text, ends = "", []
    for chunk, counts in chunks:
        text += chunk
        if counts:
            ends.append(len(text.rstrip(" ,\n/|")))
    return Disguise(name, text, tuple(ends))


def _even(name: str, text: str, letters: int) -> Disguise:
    """Return a disguise of which each part tells as much as any other."""
    return Disguise(name, text, tuple(-(-len(text) * count // letters) for count in range(1, letters + 1)))


def _word(char: str) -> str:
    return _INITIALS.split(" ")[ord(char) - 97] if char in string.ascii_lowercase else char + "th"


def _shifted(by: int) -> Callable[[str], str]:
    letters = string.ascii_lowercase
    table = str.maketrans(
        letters + letters.upper(), (letters[by:] + letters[:by]) + (letters[by:] + letters[:by]).upper()
    )
    return lambda char: char.translate(table)


def _script(capital: int, small: int, digit: int) -> Callable[[str], str]:
    def way(char: str) -> str:
        if char.isdigit():
            return chr(digit + int(char))
        if char.isascii() and char.isalpha():
            return chr(capital + ord(char) - 65 if char.isupper() else small + ord(char) - 97)
        return char

    return way


def _rot47(char: str) -> str:
    return chr(33 + (ord(char) - 33 + 47) % 94) if 33 <= ord(char) < 127 else char


_LETTERS: Final[Mapping[str, Callable[[str], str]]] = {
    "NATO": lambda char: f"{_NATO.get(char) or _DIGITS[char]} ",
    "NATO with commas": lambda char: f"{_NATO.get(char) or char}, ",
    "NATO with hyphens": lambda char: f"{_NATO.get(char) or _DIGITS[char]}-",
    "as in": lambda char: f"{char.upper()} as in {_NATO[char]}, " if char.isalpha() else f"{char}, ",
    "digits in English": lambda char: f"{_DIGITS.get(char, char)} ",
    "digits in German": lambda char: f"{_DEUTSCH.get(char, char)}, ",
    "in sentences": lambda char: f"Then comes {char}. ",
    "Morse code": lambda char: f"{_MORSE[char]} ",
    "Morse code with strokes": lambda char: f"{_MORSE[char]} / ",
    "Morse code with dots in the middle": lambda char: _MORSE[char].replace(".", "\u00b7").replace("-", "\u2212") + " ",
    "first letters of words": lambda char: f"{_word(char)} ",
    "first letters of lines": lambda char: f"{_word(char).capitalize()} is so very fine\n",
    "first letters of a list": lambda char: f"- **{_word(char).capitalize()}** is so fine\n",
    "first letters of sentences": lambda char: f"{_word(char).capitalize()} it was again. ",
    "flags and keys": lambda char: (chr(0x1F1E6 + ord(char) - 97) if char.isalpha() else char + "\ufe0f\u20e3") + " ",
    "letters as numbers": lambda char: f"{ord(char) - 96 if char.isalpha() else char}-",
    **{f"{between} between": lambda char, between=between: char + between for between in "xqz07-*_|"},  # type: ignore[misc]  # a lambda of its own
}

_CHARACTERS: Final[Mapping[str, Callable[[str], str]]] = {
    "blanks": lambda char: f"{char} ",
    "a line each": lambda char: f"{char}\n",
    "bold": lambda char: f"**{char}**",
    "in quotes": lambda char: f"'{char}', ",
    "named characters": lambda char: f"U+{ord(char):04X} ",
    "codes of chr": lambda char: f"chr({ord(char)})+",
    "JSON": lambda char: f"\\u{ord(char):04x}",
    "JSON in JSON": lambda char: f"\\\\u{ord(char):04x}",
    "entities": lambda char: f"&#{ord(char)};",
    "entities of entities": lambda char: f"&amp;#{ord(char)};",
    "some entities of entities": lambda char: f"&amp;#x{ord(char):x};" if ord(char) % 3 else char,
    "percent, three times": lambda char: f"%2525{ord(char):02x}",
    "some percent, twice": lambda char: f"%25{ord(char):02x}" if ord(char) % 2 else char,
    "bold mathematics": _script(0x1D400, 0x1D41A, 0x1D7CE),
    "sans serif": _script(0x1D5A0, 0x1D5BA, 0x1D7E2),
    "struck through": lambda char: char + "\u0336",
    "without width": lambda char: char + "\u200b",
    "leet": lambda char: char.translate(str.maketrans("aeiostAEIOST", "431057431057")),
    "leet with marks": lambda char: char.translate(str.maketrans("aeisAEIS", "@31$@31$")),
    "rot18": lambda char: codecs.encode(char, "rot13").translate(str.maketrans("0123456789", "5678901234")),
    "rot47": _rot47,
    "Atbash": lambda char: chr(219 - ord(char.lower())) if char.isascii() and char.isalpha() else char,
    **{f"moved by {by}": _shifted(by) for by in range(1, 26)},
}  # fmt: skip

_BYTES: Final[Mapping[str, Callable[[int], str]]] = {
    "decimal": lambda byte: f"{byte} ",
    "decimal in threes": lambda byte: f"{byte:03d} ",
    "octal": lambda byte: f"{byte:o} ",
    "octal with 0o": lambda byte: f"0o{byte:o}, ",
    "binary": lambda byte: f"{byte:08b} ",
    "binary with 0b": lambda byte: f"0b{byte:08b} ",
    "hex": lambda byte: f"{byte:02x}",
    "hex with colons": lambda byte: f"{byte:02X}:",
    "hex with x": lambda byte: f"\\x{byte:02x}",
    "percent": lambda byte: f"%{byte:02x}",
    "percent, twice": lambda byte: f"%25{byte:02x}",
    "quoted printable": lambda byte: f"={byte:02X}",
}

_WHOLE: Final[Mapping[str, Callable[[bytes], str]]] = {
    "base64": lambda data: base64.b64encode(data).decode(),
    "base64 for addresses": lambda data: base64.urlsafe_b64encode(data).decode(),
    "base64, twice": lambda data: base64.b64encode(base64.b64encode(data)).decode(),
    "base64, reversed": lambda data: base64.b64encode(data).decode()[::-1],
    "base64 of 16 bits": lambda data: base64.b64encode(data.decode().encode("utf-16-le")).decode(),
    "base32": lambda data: base64.b32encode(data).decode(),
    "base32 of hex digits": lambda data: base64.b32hexencode(data).decode(),
    "base85": lambda data: base64.b85encode(data).decode(),
    "ascii85": lambda data: base64.a85encode(data).decode(),
    "uuencoded": lambda data: codecs.encode(data, "uu").decode().splitlines()[1][1:],
    "zlib": lambda data: base64.b64encode(zlib.compress(data)).decode(),
    "zlib, best": lambda data: base64.urlsafe_b64encode(zlib.compress(data, 9)).decode(),
    "gzip": lambda data: base64.b64encode(gzip.compress(data)).decode(),
    "one number": lambda data: str(int.from_bytes(data, "big")),
    "percent of base64": lambda data: quote(base64.b64encode(data).decode(), safe=""),
}


def _turned(canary: str) -> Mapping[str, str]:
    plain = plain_of(canary)
    parts = "".join(char if char.isalnum() else " " for char in canary).split()
    turned = {
        "reversed": canary[::-1],
        "rot13, reversed": codecs.encode(canary, "rot13")[::-1],
        "upside down": plain.translate(_UPSIDE)[::-1],
    }
    if len(parts) > 1:
        turned["each part reversed"] = "-".join(part[::-1] for part in parts)
        turned["parts reversed"] = " ".join(parts[::-1])
    if any(map(str.isalpha, parts)):
        turned["pig latin"] = " ".join(part[1:] + part[0] + "ay" if part.isalpha() else part for part in parts)
    return turned
