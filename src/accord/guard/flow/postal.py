"""Where a street and a town stand in an address that is written in one line, or behind what they are called."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

_ADDRESS: Final = re.compile(r"(?:\b\d{1,5}[a-z]?\s[^\W\d_a-z]|[^\W\d_]\s\d{1,5}[a-z]?\b)[^,\n]{0,40},\s{0,3}[^\W_]")
_LINE: Final = re.compile(r"[^.!?;:()\n]+")
_LABELS: Final = {
    True: r"city|town|stadt|ort|ville|ciudad|città|plaats|cidade",
    False: r"street|straße|rue|calle|via|straat|rua",
}
_TOWN: Final = frozenset({"city", "town"})
_NAMED: Final = re.compile(r"[^\W\d_]{3}")
_MOST: Final = 200  # lines
_PARTS: Final = 12  # of an address


def in_address(form: str, text: str, asked: set[str]) -> bool | None:
    """Tell whether a value stands where the town, or else the street, has its place; None where no address shows it.

    `asked` are the words of the argument's name; for any other than these every place is good.
    """
    town = bool(asked & _TOWN)
    if not town and "street" not in asked:
        return True
    return "," not in form and _stands(form.strip().casefold(), text, town=town)


@lru_cache(maxsize=256)
def writes_address(text: str) -> bool:
    """Tell whether a text holds an address: a street with its number, and what follows after a comma."""
    return _ADDRESS.search(text) is not None


@lru_cache(maxsize=256)
def _stands(wanted: str, text: str, *, town: bool) -> bool | None:
    """Tell so of `Dalton Street 123, New York`: the street is the first part with a number, the town beside one."""
    if re.search(rf"(?i)\b(?:{_LABELS[town]})\W{{1,3}}{re.escape(wanted)}(?!\w)", text):
        return True
    lines = (line.split(",") for line in _LINE.findall(text)[:_MOST])
    found = [fit for parts in lines if len(parts) <= _PARTS for fit in _fits(wanted, parts, town=town)]
    return any(found) if found else None


def _fits(wanted: str, line: list[str], *, town: bool) -> Iterator[bool]:
    """Yield of each part of an address that holds a value whether it is where that belongs."""
    parts = [part.strip().casefold() for part in line]
    numbered = [place for place, part in enumerate(parts) if any(map(str.isdigit, part))]
    coded = [place for place in numbered[1:] if _NAMED.search(parts[place])]  # `4051 Basel`
    for at, part in enumerate(parts) if numbered else ():
        if wanted in part and not town:
            yield at == numbered[0]
        elif wanted in part:
            yield at in coded if coded else at not in numbered and any(abs(at - place) == 1 for place in numbered)
