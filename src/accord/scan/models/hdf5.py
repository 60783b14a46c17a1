"""Judging HDF5 files: links, layouts and filters that leave the file, and values that loaders run or unpickle."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final, NamedTuple

from accord.core.text import one_line
from accord.scan.look import Look
from accord.scan.models.hdf5_file import MARK, Hdf5, Kind, Message, Typed
from accord.scan.models.hdf5_heaps import entries, text_at
from accord.scan.models.hdf5_links import NamedLink, link
from accord.scan.models.hdf5_values import Attribute, attribute, carved, is_pickle, judge_value, typed_of, values
from accord.scan.part import BrokenError, Part
from accord.scan.rating import Sight

_HARMLESS: Final = frozenset({0, 1, 2, 3, 4, 5, 6, 8, 9, 10, 11, 12, 13, 14, 17, 18, 19, 21, 22, 23})
_FILTERS: Final = frozenset({1, 2, 3, 4, 5, 6, 305, 307, 32000, 32001, 32004, 32008, 32013, 32015, 32026})
_BLOCKS: Final = tuple(512 << step for step in range(8))
_MOST_TEXT: Final = 1 << 20
_MOST_TEXTS: Final = 2_000


class _Object(NamedTuple):
    address: int
    path: str


def is_behind(part: Part) -> bool:
    """Tell whether an HDF5 file begins behind a block of other content, as in MATLAB's files."""
    return any(part.read(at, 8) == MARK for at in _BLOCKS if at < part.size)


def read_behind(part: Part, look: Look) -> Iterator[Sight]:
    """Yield what is seen in an HDF5 file behind a user block, and in that block."""
    at = next(one for one in _BLOCKS if part.read(one, 8) == MARK)
    if part.read(0, at).strip(b"\0"):
        yield from look.inside(part.stretch("user block", 0, at))
    yield from read(part.slice(at), look)


def read(part: Part, look: Look) -> Iterator[Sight]:
    """Yield what is seen in an HDF5 file; no array is read, no link followed out of the file."""
    file = Hdf5(part, look)
    yield from _ends(file)
    waiting, met = [_Object(file.root.group, "")], set[int]()
    while waiting:
        one = waiting.pop()
        if one.address in met:
            continue
        met.add(one.address)
        look.tick()
        found = tuple(file.messages(one.address))
        yield from _judged(file, one, found)
        for named in _links(file, found):
            path = f"{one.path}/{named.name}"[-400:]
            if named.address is not None:
                waiting.append(_Object(named.address, path))
            elif named.outside is not None:
                yield part.sees(
                    "hdf5-outside", f"the link {one_line(path)} leads to {one_line(named.outside)[:160]}", name=path
                )


def _ends(file: Hdf5) -> Iterator[Sight]:
    part = file.part
    if file.root.driver is not None:
        yield part.sees("hdf5-outside", "a file driver splits the content over other files", offset=file.root.driver)
    if file.root.extension is not None:
        for message in file.messages(file.root.extension):
            if message.kind == Kind.DRIVER:
                yield part.sees("hdf5-outside", "a file driver splits the content over other files", offset=message.at)
            elif message.kind == Kind.SHARED_TABLE:
                yield part.sees("hdf5-unread", "messages are kept in a shared table", offset=message.at)
    if file.root.end > part.size:
        raise BrokenError(f"the file ends at {part.size} and says {file.root.end}")
    if part.read(file.root.end, 1 << 20).strip(b"\0") or part.size - file.root.end > 1 << 20:
        yield part.sees("trailing", f"{part.size - file.root.end} bytes follow the HDF5 file", offset=file.root.end)
        yield from file.look.inside(part.stretch("trailing", file.root.end, part.size - file.root.end))


def _judged(file: Hdf5, one: _Object, found: tuple[Message, ...]) -> Iterator[Sight]:
    where = one_line(one.path or "/")
    for message in found:
        match message.kind:
            case Kind.OUTSIDE:
                yield file.part.sees(
                    "hdf5-outside", f"the values of {where} lie in {_names(file, message)}", offset=message.at
                )
            case Kind.FILTERS:
                yield from _filters(file, message, where)
            case kind if kind not in _HARMLESS:
                yield file.part.sees("hdf5-unread", f"{where} has a message of type {kind}", offset=message.at)
    yield from _attributes(file, found, where)
    yield from _dataset(file, found, where)


def _names(file: Hdf5, message: Message) -> str:
    """Return the first name in a list of files that hold the values of a dataset."""
    reader = file.reader(message.at + 4)
    reader.number(4)
    heap = reader.address()
    if heap is None:
        return "other files"
    name = reader.length()
    data = file.reader(heap + 8 + 2 * file.widths.length).address()
    return one_line(text_at(file.part, (data or 0) + name, 200)) or "other files"


def _filters(file: Hdf5, message: Message, where: str) -> Iterator[Sight]:
    if message.shared:
        return
    reader = file.reader(message.at)
    version, count = reader.number(1), reader.number(1)
    if version == 1:
        reader.skip(6)
    for _ in range(count):
        number = reader.number(2)
        named = reader.number(2) if version == 1 or number >= 256 else 0
        values = reader.skip(2).number(2)
        reader.skip(named + -named % 8 if version == 1 else named)
        reader.skip(4 * (values + (values & 1 if version == 1 else 0)))
        if number not in _FILTERS:
            yield file.part.sees(
                "hdf5-unread", f"{where} is packed by filter {number}, a plug-in of its reader", offset=message.at
            )


def _attributes(file: Hdf5, found: tuple[Message, ...], where: str) -> Iterator[Sight]:
    for at, size in _stored(file, found, Kind.ATTRIBUTE, Kind.ATTRIBUTE_INFO, wide=2):
        named = attribute(file, at, size)
        if named is None:
            yield file.part.sees("hdf5-unread", f"an attribute of {where} was not understood", offset=at)
            continue
        for value in values(file, named):
            yield from judge_value(file, f"{where}@{named.name}", named.name, value)
            yield from _object_values(file, named, value)


def _object_values(file: Hdf5, named: Attribute, value: bytes) -> Iterator[Sight]:
    """Look at every value that may be a pickle, where an attribute says that values are objects."""
    said = value.rstrip(b"\0").lower()
    if (named.name == "PSEUDOATOM" and said == b"object") or (
        named.name in ("type", "base_type") and said == b"pickle"
    ):
        yield file.part.sees("hdf5-objects", "values are stored as pickled objects", name=named.name)
        yield from carved(file)


def _stored(file: Hdf5, found: tuple[Message, ...], kind: Kind, info: Kind, *, wide: int) -> Iterator[tuple[int, int]]:
    for message in found:
        if message.kind == kind and message.shared:
            raise BrokenError("a link or attribute is kept in a shared table", message.at)
        if message.kind == kind:
            yield message.at, message.size
        elif message.kind == info:
            yield from file.dense(message, wide=wide)


def _links(file: Hdf5, found: tuple[Message, ...]) -> Iterator[NamedLink]:
    for message in found:
        if message.kind == Kind.TABLE:
            yield from _old_links(file, message)
    for at, _ in _stored(file, found, Kind.LINK, Kind.LINK_INFO, wide=8):
        yield link(file, at)


def _old_links(file: Hdf5, message: Message) -> Iterator[NamedLink]:
    reader = file.reader(message.at)
    tree, heap = reader.address(), reader.address()
    if tree is not None and heap is not None:
        for name, address in entries(file.part, file.look, file.widths, tree=tree, heap=heap):
            yield NamedLink(name, address, None)


def _dataset(file: Hdf5, found: tuple[Message, ...], where: str) -> Iterator[Sight]:
    layout = next((one for one in found if one.kind == Kind.LAYOUT), None)
    if layout is None:
        return
    version, kind = file.part.unpack("<BB", layout.at)
    if version < 3:
        kind = file.part.exactly(layout.at + 2, 1)[0]
    if kind == 3:
        yield file.part.sees(
            "hdf5-outside", f"{where} is put together of other datasets: {_sources(file, layout)}", offset=layout.at
        )
    elif kind > 3 or version > 5:
        yield file.part.sees(
            "hdf5-unread", f"{where} is laid out in a way ({version}, {kind}) that is not known", offset=layout.at
        )
    shape = next((one for one in found if one.kind == Kind.TYPE), None)
    typed = typed_of(file, shape) if shape else None
    if typed is not None and typed.kind == 9 and not typed.text and typed.under and typed.under[0].size == 1:
        yield from carved(file)
    if typed is not None and version >= 3 and kind < 2:
        yield from _content(file, typed, kind, layout.at + 2, where)


def _content(file: Hdf5, typed: Typed, kind: int, at: int, where: str) -> Iterator[Sight]:
    """Look at the values of a dataset in one piece that may be texts or a pickle; numbers are not read."""
    reader = file.reader(at)
    if kind == 0:
        size = reader.number(2)
        begin: int | None = reader.at
    else:
        begin, size = reader.address(), reader.length()
    if begin is None or not size:
        return
    name = where.rpartition("/")[2]
    if typed.kind == 5 or (typed.kind == 0 and typed.size == 1):
        child = file.part.stretch(where, begin, size)
        if size <= _MOST_TEXT:
            yield from judge_value(file, where, name, child.read(0, size))
        elif is_pickle(child):
            yield from file.look.inside(child)
    elif typed.kind in (3, 9) and (typed.kind == 3 or typed.text):
        held = Attribute(where, typed, size // max(typed.size, 1), begin, begin + size)
        for value in islice(values(file, held), _MOST_TEXTS):
            yield from judge_value(file, where, name, value)


def _sources(file: Hdf5, layout: Message) -> str:
    """Return the first file that a virtual dataset names, best effort."""
    reader = file.reader(layout.at + 2)
    address, index = reader.address(), reader.number(4)
    if address is None:
        return "none"
    try:
        at, size = file.values.stretch(address, index)
    except BrokenError:
        return "unreadable"
    return one_line(text_at(file.part, at + 1 + file.widths.length, size))[:160]
