"""Tar files: their members, links and devices, read where they lie."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from accord.core.text import one_line
from accord.scan.containers.archive import Archive, Entry, Openers
from accord.scan.containers.layouts import read_members
from accord.scan.containers.paths import leads_out, link_leads_out, name_sights, tidy
from accord.scan.containers.tarheaders import BLOCK, Member, header, members
from accord.scan.look import Look
from accord.scan.part import BrokenError, Part
from accord.scan.rating import Sight

_DEVICES: Final = {"3": "a device", "4": "a device", "6": "a pipe"}
_FILES: Final = "07"


def is_old_tar(part: Part) -> bool:
    """Tell whether a part is a tar without the mark of ustar: its first block is a header with a fitting checksum."""
    block = part.read(0, BLOCK)
    if len(block) < BLOCK or not block[0] or not block[148:156].strip(b" \0"):
        return False
    one = header(block)
    name = one.name if one else ""
    return one is not None and name.isprintable() and one.size <= part.size and one.type in "0123456789"


def read(part: Part, look: Look) -> Iterator[Sight]:
    """Read a tar file: every member is looked inside; links and devices are judged by where they lead.

    Raises `BrokenError` where it breaks, after what came until then was looked at.
    """
    found: list[Member] = []
    broken: BrokenError | None = None
    stop = part.size
    try:
        for one in members(part, look.limits.members):
            if isinstance(one, Member):
                found.append(one)
            else:
                yield one
                stop = one.offset if one.kind == "trailing" and one.offset is not None else stop
    except BrokenError as error:
        broken = error
        stop = error.offset if error.offset is not None else stop
    yield from name_sights(part, (one.name for one in found))
    yield from name_sights(part, (one.plain_name for one in found if leads_out(one.plain_name)))
    entries: list[Entry] = []
    for number, one in enumerate(found):
        yield from _kind_sights(part, one)
        if one.size and one.type != "5":
            entries.append(Entry(tidy(one.name), one.size, one.size, plain=True, number=number))

    def whole(entry: Entry) -> Part:
        return part.stretch(entry.name, found[entry.number].begin, entry.size)

    def head(entry: Entry, count: int) -> bytes:
        return part.read(found[entry.number].begin, min(count, entry.size))

    yield from read_members(Archive(part, "tar", entries, look, Openers(whole, head)), look)
    if stop < part.size:
        yield from look.inside(part.stretch("(trailing bytes)", stop, part.size - stop))
    if broken:
        raise broken


def _kind_sights(part: Part, one: Member) -> Iterator[Sight]:
    """Judge what is no plain file or folder."""
    name = one_line(one.name, 200)
    if one.type in "12":
        out = leads_out(one.target) if one.type == "1" else link_leads_out(one.name, one.target)
        fact = f"the member {name} is a link to {one_line(one.target, 200)}"
        yield part.sees("link-out" if out else "link", fact, name=name, offset=one.at)
    elif one.type in _DEVICES:
        yield part.sees("device", f"the member {name} is {_DEVICES[one.type]}", name=name, offset=one.at)
    elif one.type not in "057":
        fact = f"the member {name} is of the type {one_line(one.type)}, which readers take differently"
        yield part.sees("unknown-packing", fact, name=name, offset=one.at)
