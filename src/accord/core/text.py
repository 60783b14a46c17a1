"""Text from outside, made harmless for terminals and pages without hiding that it was odd."""

from __future__ import annotations

import re

_ANSI = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters but tab and line feed
    "\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff"  # bidi, zero width, separators
    "\ud800-\udfff\U000e0000-\U000e007f]"  # lone surrogates, tag characters
)


def clean(text: str) -> str:
    """Return `text` with ANSI sequences removed and control, bidi and invisible characters escaped."""
    return text if text.isascii() and text.isprintable() else _UNSAFE.sub(_escape, _ANSI.sub("", text))


def one_line(text: str, limit: int = 500) -> str:
    """Return `text` cleaned, on one line, cut after `limit` characters."""
    line = " ".join(clean(text[: 4 * limit]).split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def shown(path: str) -> str:
    r"""Return a path as valid Unicode: bytes that are not UTF-8 (PEP 383) stand as `\xNN`."""
    return re.sub("[\udc80-\udcff]", lambda match: f"\\x{ord(match[0]) - 0xDC00:02x}", path)


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    if 0xDC80 <= code <= 0xDCFF:
        return f"\\x{code - 0xDC00:02x}"
    return f"\\u{{{code:x}}}"
