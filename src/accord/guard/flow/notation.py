"""Python's own notation, as `repr` writes it, in tokens: strings are taken whole, so nothing in one passes for more."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

_TOKEN: Final = re.compile(
    r"""(?:'[^'\\]*+(?:\\.[^'\\]*+)*+'|"[^"\\]*+(?:\\.[^"\\]*+)*+\""""
    r"""|datetime\.datetime\(\d+, \d+, \d+(?:, \d+)*[^()]*\)"""
    r"""|[A-Za-z_]\w*=|[\[({\])},:]|[^\s,:=\[\](){}'"]+)\s*""",
    re.DOTALL,
)
_MOMENT: Final = re.compile(r"datetime\.datetime\((\d+(?:, \d+)+)")
_ESCAPE: Final = re.compile(r"\\(x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8}|.)", re.DOTALL)
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "0": "\0"}
_SIGNS: Final = {
    **dict.fromkeys("[({", "open"),
    **dict.fromkeys("])}", "close"),
    ",": "comma",
    ":": "colon",
}


Token = tuple[str, str]
"""A piece of the notation: its kind (`string`, `when`, `key`, `open`, `close`, `comma`, `colon`, `bare`), and text."""


@lru_cache(maxsize=256)
def tokens(text: str) -> tuple[Token, ...] | None:
    """Return the tokens of a text; None for one with anything between that is no notation, such as an open quote."""
    plain, found, at = text.lstrip(), list[Token](), 0
    while at < len(plain):
        match = _TOKEN.match(plain, at)  # never a search: what opens and does not end would be read again and again
        if match is None:
            return None
        found.append(_token(match.group()))
        at = match.end()
    return tuple(found)


def _token(found: str) -> Token:
    said = found.rstrip()
    if said[0] in "'\"":
        return ("string", unquoted(said))
    kind = _SIGNS.get(said)
    if kind is not None:
        return (kind, said)
    if said[-1] == "=":
        return ("key", said[:-1])
    moment = _MOMENT.match(said)
    return ("bare", said) if moment is None else ("when", _when(moment[1]))


def _when(said: str) -> str:
    """Return a moment in numbers as a day and a time."""
    parts = [int(part) for part in said.split(", ")]
    year, month, day = parts[:3]
    hour, minute = (*parts[3:5], 0, 0)[:2]
    return f"{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}"


def unquoted(said: str) -> str:
    """Return what a string between quotation marks says."""
    body = said[1:-1]
    return _ESCAPE.sub(_unescaped, body) if "\\" in body else body


def _unescaped(match: re.Match[str]) -> str:
    said = match[1]
    if len(said) > 1:
        code = int(said[1:], 16)
        return chr(code) if code < 0x110000 else "�"
    return _ESCAPES.get(said, said)
