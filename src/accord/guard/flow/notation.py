"""Python's own notation, as `repr` writes it, in tokens: strings are taken whole, so nothing in one passes for more."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

_TOKEN: Final = re.compile(
    r"""(?:(?P<string>'[^'\\]*+(?:\\.[^'\\]*+)*+'|"[^"\\]*+(?:\\.[^"\\]*+)*+")"""
    r"""|datetime\.datetime\((?P<when>\d+, \d+, \d+(?:, \d+)*)[^()]*\)|(?P<key>[A-Za-z_]\w*)="""
    r"""|(?P<open>[\[({])|(?P<close>[\])}])|(?P<comma>,)|(?P<colon>:)|(?P<bare>[^\s,:=\[\](){}'"]+)|(?P<odd>.))\s*""",
    re.DOTALL,
)
_ESCAPE: Final = re.compile(r"\\(x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8}|.)", re.DOTALL)
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "0": "\0"}


Token = tuple[str, str]
"""A piece of the notation: its kind (`string`, `when`, `key`, `open`, `close`, `comma`, `colon`, `bare`), and text."""


@lru_cache(maxsize=256)
def tokens(text: str) -> tuple[Token, ...] | None:
    """Return the tokens of a text; None for one with anything between that is no notation, such as an open quote."""
    found = list[Token]()
    for match in _TOKEN.finditer(text.lstrip()):  # something matches at each place, so nothing is read twice
        kind = match.lastgroup or "odd"
        if kind == "odd":
            return None
        said = match[kind]
        found.append((kind, unquoted(said) if kind == "string" else _when(said) if kind == "when" else said))
    return tuple(found)


def _when(said: str) -> str:
    """Return a moment in numbers as a day and a time."""
    year, month, day, hour, minute = [*(int(part) for part in said.split(", ")), 0, 0][:5]
    return f"{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}"


def unquoted(said: str) -> str:
    """Return what a string between quotation marks says."""
    body = said[1:-1]
    if body.count("\\") == body.count("\\n"):  # most escapes are ends of lines
        return body.replace("\\n", "\n")
    return _ESCAPE.sub(_unescaped, body)


def _unescaped(match: re.Match[str]) -> str:
    said = match[1]
    if len(said) > 1:
        code = int(said[1:], 16)
        return chr(code) if code < 0x110000 else "�"
    return _ESCAPES.get(said, said)
