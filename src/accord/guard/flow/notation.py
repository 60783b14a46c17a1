"""Python's own notation, as `repr` writes it, in tokens: strings are taken whole, so nothing in one passes for more."""

from __future__ import annotations

import re
from typing import Final

_TOKEN: Final = re.compile(
    r"""(?:(?P<key>[A-Za-z_]\w*)=\s*)?(?:(?P<string>'[^'\\]*+(?:\\.[^'\\]*+)*+'|"[^"\\]*+(?:\\.[^"\\]*+)*+")"""
    r"""|datetime\.datetime\((?P<when>\d+, \d+, \d+(?:, \d+)*)[^()]*\)|(?P<sign>[\[({\])},:])"""
    r"""|(?P<bare>[^\s,:=\[\](){}'"]+)|(?P<odd>.+))\s*""",
    re.DOTALL,
)
_ESCAPE: Final = re.compile(r"\\(x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8}|.)", re.DOTALL)
_ESCAPES: Final = {"n": "\n", "t": "\t", "r": "\r", "0": "\0"}


Token = tuple[str, str | None, str]
"""A piece of the notation: the key before it, empty where there is none; its value, else its sign: a bracket, `,`."""


def tokens(text: str) -> list[Token] | None:
    """Return the tokens of a text; None for one with anything between that is no notation, such as an open quote."""
    found = list[Token]()
    for key, string, when, sign, bare, odd in _TOKEN.findall(text.lstrip()):  # what is no token ends it
        if sign:
            found.append((key, None, sign))
        elif odd:
            return None
        else:
            found.append((key, unquoted(string) if string else bare or _when(when), ""))
    return found


def _when(said: str) -> str:
    """Return a moment in numbers as a day and a time."""
    year, month, day, hour, minute = (*said.split(", "), "0", "0")[:5]
    return f"{year:0>4}-{month:0>2}-{day:0>2} {hour:0>2}:{minute:0>2}"


def unquoted(said: str) -> str:
    """Return what a string between quotation marks says."""
    body = said[1:-1]
    if "\\" in body and "\\\\" not in body:  # most escapes are ends of lines and quotation marks
        body = body.replace("\\n", "\n").replace("\\'", "'").replace('\\"', '"')
    return _ESCAPE.sub(_unescaped, body) if "\\" in body else body


def _unescaped(match: re.Match[str]) -> str:
    said = match[1]
    if len(said) > 1:
        code = int(said[1:], 16)
        return chr(code) if code < 0x110000 else "�"
    return _ESCAPES.get(said, said)
