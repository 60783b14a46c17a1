"""Links of HDF5 as messages: where they lead, and whether that is another file (HDF5 format IV.A.2.g)."""

from __future__ import annotations

from typing import NamedTuple

from accord.scan.models.hdf5_file import Hdf5
from accord.scan.part import BrokenError


class NamedLink(NamedTuple):
    """A link: the object it leads to, or what it names outside the file; neither for a soft link."""

    name: str
    address: int | None
    outside: str | None


def link(file: Hdf5, at: int) -> NamedLink:
    """Return the link that a message describes."""
    reader = file.reader(at)
    version, flags = reader.number(1), reader.number(1)
    if version != 1:
        raise BrokenError(f"a link is of version {version}", at)
    kind = reader.number(1) if flags & 8 else 0
    reader.skip((8 if flags & 4 else 0) + (1 if flags & 16 else 0))
    size = reader.number(1 << (flags & 3))
    if size > 65536:
        raise BrokenError("the name of a link is too long", at)
    name = file.part.exactly(reader.at, size).decode("utf-8", "replace")
    reader.skip(size)
    if kind == 0:
        return NamedLink(name, reader.address(), None)
    if kind == 1:
        return NamedLink(name, None, None)
    value = file.part.exactly(reader.at + 2, reader.number(2))
    if kind == 64:
        target = b" / ".join(value[1:].split(b"\0")[:2]).decode("utf-8", "replace")
        return NamedLink(name, None, f"the file {target}")
    return NamedLink(name, None, f"whatever a link of type {kind} means to its reader")
