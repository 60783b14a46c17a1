"""Ways of writing a text that can be undone without a guess, each on top of any other."""

from __future__ import annotations

import base64
import codecs
import gzip
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Final

from accord.core.shipped import lines_of

_MORSE: Final = {line.split("\t")[1]: line.split("\t")[0] for line in lines_of("content/morse.tsv")}
_BOLD: Final = {
    **{chr(65 + at): chr(0x1D400 + at) for at in range(26)},
    **{chr(97 + at): chr(0x1D41A + at) for at in range(26)},
    **{chr(48 + at): chr(0x1D7CE + at) for at in range(10)},
}


def _bits(text: str) -> str:
    return "".join(f"{byte:08b}" for byte in text.encode())


def _selected(byte: int) -> str:
    return chr(0xFE00 + byte if byte < 16 else 0xE0100 + byte - 16)


WAYS: Final[Mapping[str, Callable[[str], str]]] = {
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
    "base64 for addresses": lambda text: base64.urlsafe_b64encode(text.encode()).decode().rstrip("="),
    "base32": lambda text: base64.b32encode(text.encode()).decode(),
    "gzip": lambda text: base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode(),
    "zlib": lambda text: base64.b64encode(zlib.compress(text.encode())).decode(),
    "hex": lambda text: text.encode().hex(),
    "hex with colons": lambda text: text.encode().hex(":"),
    "hex with blanks": lambda text: text.encode().hex(" ").upper(),
    "hex with 0x": lambda text: " ".join(f"0x{byte:02x}" for byte in text.encode()),
    "decimal": lambda text: " ".join(map(str, text.encode())),
    "decimal with commas": lambda text: ", ".join(map(str, text.encode())),
    "octal": lambda text: " ".join(f"{byte:03o}" for byte in text.encode()),
    "binary": lambda text: " ".join(f"{byte:08b}" for byte in text.encode()),
    "binary in one": _bits,
    "percent": lambda text: "".join(f"%{byte:02X}" for byte in text.encode()),
    "entities": lambda text: "".join(f"&#{ord(char)};" for char in text),
    "JSON": lambda text: "".join(f"\\u{ord(char):04x}" if ord(char) < 0x10000 else char for char in text),
    "slashes": lambda text: "".join(f"\\x{byte:02x}" for byte in text.encode()),
    "quoted printable": lambda text: "".join(f"={byte:02X}" for byte in text.encode()),
    "rot13": lambda text: codecs.encode(text, "rot13"),
    "blanks between": " ".join,
    "bold": lambda text: "".join(_BOLD.get(char, char) for char in text),
    "full width": lambda text: "".join(chr(ord(char) + 0xFEE0) if 33 <= ord(char) < 127 else char for char in text),
    "struck through": lambda text: "".join(char + "\u0336" for char in text),
    "selectors": lambda text: "".join(map(_selected, text.encode())),
    "marks": lambda text: "".join(f"**{char}**" for char in text),
    "bits without width": lambda text: _bits(text).replace("0", "\u200b").replace("1", "\u200c"),
}
"""Each way by its name."""

SMALL: Final = "Morse code"
"""A way in which small and capital letters are the same."""

_CASED: Final = frozenset(
    ("base64", "base64 for addresses", "gzip", "zlib", "bits without width", "selectors", "marks")
)


def morse(text: str) -> str:
    """Return a text in Morse code; empty where that has no letter for a character."""
    letters = [_MORSE.get(char.lower(), "") for char in text]
    return " ".join(letters) if all(letters) else ""


def nested(text: str) -> Iterator[tuple[str, str]]:
    """Yield a text written in each way on top of each other one, and the names of the two."""
    for inner, first in WAYS.items():
        for outer, second in WAYS.items():
            yield f"{inner}, {outer}", second(first(text))
        if inner not in _CASED and (told := morse(first(text))):
            yield f"{inner}, {SMALL}", told
