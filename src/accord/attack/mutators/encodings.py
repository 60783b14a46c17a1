"""Converters that write an attack in other characters, with a short hint to read and follow it."""

from __future__ import annotations

import base64
import binascii
import codecs
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from accord.attack.mutators.converter import Converter, Family, Wording, on_texts, size
from accord.attack.mutators.kept import outside
from accord.attack.mutators.wordings import Frame, Letters, encodings, filled

_WIDTHLESS: Final = "\u200b\u200c\u2060"
_TAGS: Final = 0xE0000
_Encode = Callable[[str, Wording], str | None]


class _Coding(NamedTuple):
    """How a text is written and read, and by how much it may grow."""

    encode: _Encode
    decode: Callable[[str], str]
    factor: int


def encoding() -> Iterator[Converter]:
    """Yield a converter for each encoding in the data."""
    codings = _codings()
    for name, hints in encodings().encodings.items():
        coding = codings[name]
        yield Converter(
            name=name,
            does=hints.does,
            family=Family.ENCODING,
            convert=on_texts(_change(name, hints, coding.encode)),
            factor=coding.factor,
            extra=max(map(size, hints.wordings)) + 8,
            hides=True,
            encode=coding.encode,
            decode=coding.decode,
        )


def _codings() -> dict[str, _Coding]:
    leet, homoglyph = encodings().leet, encodings().homoglyph
    return {
        "base64": _Coding(_bytes(base64.b64encode), lambda text: base64.b64decode(text).decode(), 2),
        "hex": _Coding(_bytes(binascii.hexlify), lambda text: bytes.fromhex(text).decode(), 2),
        "rot13": _Coding(_moved, lambda text: codecs.decode(text, "rot13"), 1),
        "reversed": _Coding(_reversed, lambda text: text[::-1], 1),
        "unicode-tags": _Coding(_tagged, _untagged, 4),
        "zero-width": _Coding(_widened, _narrowed, 4),
        "leet": _Coding(_lettered(leet), _unlettered(leet), 1),
        "homoglyph": _Coding(_lettered(homoglyph), _unlettered(homoglyph), 2),
    }


def _change(name: str, hints: Frame, encode: _Encode) -> _Encode:
    def change(text: str, draws: Wording) -> str | None:
        written = encode(text, draws)
        if written is None or written == text:
            return None
        return filled(draws.pick(name, hints.wordings), {"text": written})

    return change


def _bytes(write: Callable[[bytes], bytes]) -> _Encode:
    def encode(text: str, draws: Wording) -> str | None:
        try:
            return write(text.encode()).decode("ascii")
        except UnicodeEncodeError:  # a lone surrogate has no bytes
            return None

    return encode


def _moved(text: str, draws: Wording) -> str:
    return codecs.encode(text, "rot13")


def _reversed(text: str, draws: Wording) -> str:
    return text[::-1]


def _tagged(text: str, draws: Wording) -> str | None:
    """Write ASCII in tag characters (Unicode 23.9); other letters have none, so nothing is done to them."""
    if not (text.isascii() and text.replace("\n", "").isprintable()):
        return None
    return "".join(char if char == "\n" else chr(_TAGS + ord(char)) for char in text)


def _untagged(text: str) -> str:
    return "".join(chr(ord(char) - _TAGS) if _TAGS < ord(char) < _TAGS + 0x7F else char for char in text)


def _widened(text: str, draws: Wording) -> str | None:
    if any(char in text for char in _WIDTHLESS):
        return None
    start = draws.draw("zero-width", len(_WIDTHLESS))
    between = _WIDTHLESS[start]
    return outside(text, draws.keep, lambda part: _joined(part, between))


def _joined(part: str, between: str) -> str:
    """Put a character between every two letters that touch."""
    pairs = zip(part, part[1:] + " ", strict=False)
    return "".join(char + between if char.isalpha() and after.isalpha() else char for char, after in pairs)


def _narrowed(text: str) -> str:
    return text.translate(dict.fromkeys(map(ord, _WIDTHLESS)))


def _lettered(letters: Letters) -> _Encode:
    table = str.maketrans(letters.from_, letters.to)

    def encode(text: str, draws: Wording) -> str | None:
        return outside(text, draws.keep, lambda part: part.translate(table))

    return encode


def _unlettered(letters: Letters) -> Callable[[str], str]:
    table = str.maketrans(letters.to, letters.from_)
    return lambda text: text.translate(table)
