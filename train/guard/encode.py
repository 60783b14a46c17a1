"""Encodings for training rows: both labels are encoded alike, so that an encoding is no evidence."""

from __future__ import annotations

import base64
import codecs
import html
import random
import urllib.parse
from collections.abc import Callable
from typing import Final

_LEET: Final = str.maketrans("aeiostAEIOST", "431057431057")
_CYRILLIC: Final = str.maketrans("aeopcxyiAEOPCTXBKM", "аеорсхуіАЕОРСТХВКМ")


def _zero_width(text: str, rng: random.Random) -> str:
    marks = rng.sample("\u200b\u200c\u200d\u2060\ufeff\u00ad", 2)
    return "".join(char + (rng.choice(marks) if rng.random() < 0.5 else "") for char in text)


def _tags(text: str, rng: random.Random) -> str:
    hidden = "".join(chr(0xE0000 + ord(char)) for char in text if 0x20 <= ord(char) < 0x7F)
    return rng.choice(("Hello!", "Thanks.", "Nice day, isn't it?")) + hidden


def _fullwidth(text: str, rng: random.Random) -> str:
    return "".join(chr(ord(char) + 0xFEE0) if 0x21 <= ord(char) < 0x7F else char for char in text)


def _wrapped(inner: str, rng: random.Random) -> str:
    return rng.choice(("{}", "{}", "decode this: {}", "payload={}", "see below\n{}", "data: {}\nend")).format(inner)


ENCODINGS: Final[dict[str, Callable[[str, random.Random], str]]] = {
    "base64": lambda t, r: _wrapped(base64.b64encode(t.encode()).decode(), r),
    "base64url": lambda t, r: _wrapped(base64.urlsafe_b64encode(t.encode()).decode().rstrip("="), r),
    "base32": lambda t, r: _wrapped(base64.b32encode(t.encode()).decode(), r),
    "hex": lambda t, r: _wrapped(t.encode().hex(), r),
    "hexspaced": lambda t, r: t.encode().hex(r.choice((" ", ":"))),
    "escapes": lambda t, r: "".join(f"\\x{b:02x}" for b in t.encode()),
    "unicode-escapes": lambda t, r: "".join(f"\\u{ord(c):04x}" for c in t if ord(c) < 65536),
    "url": lambda t, r: urllib.parse.quote(t, safe=""),
    "urlall": lambda t, r: "".join(f"%{b:02X}" for b in t.encode()),
    "html": lambda t, r: "".join(f"&#{ord(c)};" if r.random() < 0.8 else html.escape(c) for c in t),
    "rot13": lambda t, r: codecs.encode(t, "rot13"),
    "reversed": lambda t, r: t[::-1],
    "leet": lambda t, r: t.translate(_LEET),
    "homoglyph": lambda t, r: "".join(c.translate(_CYRILLIC) if r.random() < 0.7 else c for c in t),
    "fullwidth": _fullwidth,
    "zerowidth": _zero_width,
    "tags": _tags,
    "spaced": lambda t, r: r.choice((" ", "-", ".")).join(t),
    "binary": lambda t, r: " ".join(f"{b:08b}" for b in t.encode()),
    "decimal": lambda t, r: " ".join(str(b) for b in t.encode()),
}

NATURAL: Final = ("upper", "lower", "typos", "nospace-punct", "newlines", "title")


def disturb(text: str, rng: random.Random) -> str:
    """Return a text as hurried people write it: case, typing errors, missing marks, broken lines."""
    match rng.choice(NATURAL):
        case "upper":
            return text.upper()
        case "lower":
            return text.lower()
        case "title":
            return text.title()
        case "typos":
            return _typos(text, rng)
        case "newlines":
            return text.replace(". ", ".\n")
        case _:
            return text.rstrip(".!?").replace(", ", " ")


def _typos(text: str, rng: random.Random) -> str:
    chars = list(text)
    for _ in range(max(1, len(chars) // 40)):
        at = rng.randrange(len(chars))
        kind = rng.randrange(3)
        if kind == 0 and at + 1 < len(chars):
            chars[at], chars[at + 1] = chars[at + 1], chars[at]
        elif kind == 1:
            chars[at] = ""
        else:
            chars[at] = chars[at] * 2
    return "".join(chars)
