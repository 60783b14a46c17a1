"""What no reader knows: pictures, sounds, tables and the like pass by their mark, all else stays unknown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from accord.scan.look import Look
from accord.scan.part import Part
from accord.scan.rating import Sight

_STEP: Final = 1 << 20
_HARMLESS: Final = (
    (0, b"\x89PNG\r\n\x1a\n"),
    (0, b"\xff\xd8\xff"),
    (0, b"GIF8"),
    (0, b"RIFF"),
    (0, b"OggS"),
    (0, b"fLaC"),
    (0, b"ID3"),
    (0, b"\xff\xfb"),
    (0, b"%PDF-"),
    (0, b"PAR1"),
    (0, b"ARROW1"),
    (0, b"ORC"),
    (0, b"Obj\x01"),
    (0, b"SQLite format 3\0"),
    (0, b"wOFF"),
    (0, b"wOF2"),
    (0, b"OTTO"),
    (0, b"\0\x01\0\0\0"),
    (0, b"II*\0"),
    (0, b"MM\0*"),
    (0, b"\0\0\x01\0"),
    (0, b"BM"),
    (4, b"ftyp"),
    (0, b"\x1aE\xdf\xa3"),
    (0, b"FORM"),
    (0, b".snd"),
    (0, b"\xd0\xcf\x11\xe0"),
)
"""Marks of media and tables that no loader of models reads: (offset, mark)."""


def _is_zeros(part: Part, look: Look) -> bool:
    for at in range(0, part.size, _STEP):
        look.tick()
        if part.read(at, _STEP).strip(b"\0"):
            return False
    return True


def read(part: Part, look: Look) -> Iterator[Sight]:
    """Yield why a part of no known format is not `safe`; an empty one and one of media are."""
    head = part.head
    if part.size == 0 or _is_zeros(part, look):
        look.name_format(part, "other")
        return
    if any(head.startswith(mark, at) for at, mark in _HARMLESS):
        look.name_format(part, "other")
        return
    from accord.scan.models.raw import claim
    from accord.scan.pickles.read import carve

    yield from carve(part, look)
    claimed = claim(part, look)
    if claimed:
        look.name_format(part, claimed)
        return
    if not head.strip(b"\0"):
        look.name_format(part, "other")
        yield part.sees("unknown-format", "it starts with zeros, and what follows is of no format known here")
        return
    yield part.sees("unknown-format", f"it is binary, starts with {head[:8].hex(' ')}, and no reader here knows it")
