"""The only templating of a case: `{{NAME}}` stands for the value of a declared variable."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")
_PLACE = re.compile(r"\{\{([A-Za-z_][A-Za-z0-9_-]{0,63})\}\}")


class Filled(NamedTuple):
    """A text with its variables replaced: whether there were any, and the names that have no value."""

    text: str
    varied: bool
    missing: tuple[str, ...]


def fill(text: str, values: Mapping[str, str]) -> Filled:
    """Replace every `{{NAME}}` that has a value, once: what a value holds is never looked into."""
    names = names_in(text)
    missing = tuple(dict.fromkeys(name for name in names if name not in values))
    return Filled(_PLACE.sub(lambda match: values.get(match[1], match[0]), text), bool(names), missing)


def names_in(text: str) -> tuple[str, ...]:
    """Return the names that stand as `{{NAME}}` in a text, in order."""
    return tuple(_PLACE.findall(text))


def pieces(text: str) -> tuple[str, ...]:
    """Split a text at its variables: literal, name, literal, name, … literal."""
    return tuple(_PLACE.split(text))


def templates(text: str) -> Iterator[str]:
    """Yield what looks like a template: every `{{…}}` and `{%…%}`, whole."""
    yield from _between(text, "{{", "}}")
    yield from _between(text, "{%", "%}")


def _between(text: str, opening: str, closing: str) -> Iterator[str]:
    # no regular expression: `{{` repeated without an end would make it quadratic
    start = text.find(opening)
    while start >= 0:
        end = text.find(closing, start + 2)
        if end < 0:
            return
        yield text[start : end + 2]
        start = text.find(opening, end + 2)
