"""Whether a secret got out: as it is, thinly encoded, or a good part of it."""

from __future__ import annotations

import base64
import codecs
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import unquote

SHORTEST = 8
"""The fewest characters that count as a part, or as an encoded secret."""

_BASE = 1_000_003
_MODULUS = (1 << 61) - 1


class Leak(NamedTuple):
    """How a secret got out, and the text that shows it."""

    how: str
    span: str


def leak(secret: str, text: str) -> Leak | None:
    """Look for `secret` in `text`, ignoring case: direct, encoded, or at least half of it (and 8 characters).

    Each way is one pass over the text.
    """
    wanted = secret.strip().casefold()
    if not wanted:
        return None
    folded = text.casefold()
    if wanted in folded:
        return Leak("direct", cut(text, folded, wanted))
    if len(wanted) < SHORTEST:
        return None
    return _encoded(secret.strip(), text) or _viewed(wanted, folded) or _partial(wanted, text, folded)


def cut(text: str, folded: str, wanted: str) -> str:
    """Return the part of `text` that `wanted` was found in: folding may change lengths, then as it was wanted."""
    start = folded.find(wanted)
    return text[start : start + len(wanted)] if len(text) == len(folded) else wanted


def _encoded(secret: str, text: str) -> Leak | None:
    data = secret.encode("utf-8", "replace")
    view = "".join(text.split())
    for offset in range(3):  # base64 looks different at each of three alignments; what touches others is cut off
        whole = base64.b64encode(b"\0" * offset + data).decode()
        core = whole[(0, 2, 3)[offset] : len(whole) - (0, 3, 2)[(offset + len(data)) % 3]]
        for form in (core, core.translate(str.maketrans("+/", "-_"))):
            if len(form) >= SHORTEST and form in view:
                return Leak("base64", form)
    form = data.hex()
    return Leak("hex", form) if form in _squeezed(text.casefold()) else None


def _viewed(wanted: str, folded: str) -> Leak | None:
    views = (
        ("reversed", wanted[::-1], folded),
        ("rot13", codecs.encode(wanted, "rot13"), folded),
        ("url-encoded", wanted, unquote(folded, errors="replace").casefold()),
        ("spaced", _squeezed(wanted), _squeezed(folded)),
    )
    for how, form, view in views:
        if len(form) >= SHORTEST and form in view:
            return Leak(how, form)
    return None


def _squeezed(text: str) -> str:
    return "".join(filter(str.isalnum, text))


def _partial(wanted: str, text: str, folded: str) -> Leak | None:
    size = max(SHORTEST, (len(wanted) + 1) // 2)
    grams = {wanted[start : start + 4] for start in range(len(wanted) - 3)}
    if not any(folded[start : start + 4] in grams for start in range(0, len(folded) - 3, 4)):
        return None  # cheap, and enough: any window of 8 characters holds an aligned block of 4
    known = {mark for _, mark in _marks(wanted, size)}
    for start, mark in _marks(folded, size):
        if mark in known and (window := folded[start : start + size]) in wanted:
            return Leak("partial", cut(text, folded, window))
    return None


def _marks(text: str, size: int) -> Iterator[tuple[int, int]]:
    """Yield the start and rolling hash of each window of `size` characters."""
    top = pow(_BASE, size - 1, _MODULUS)
    mark = 0
    for position, char in enumerate(text):
        if position >= size:
            mark -= ord(text[position - size]) * top
        mark = (mark * _BASE + ord(char)) % _MODULUS
        if position >= size - 1:
            yield position - size + 1, mark
