"""ZIP files, by the directory at their end and by the headers before their members; where they differ, both count."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from itertools import islice
from typing import Final, NamedTuple

from accord.core.text import one_line
from accord.scan.containers.archive import Archive, Entry, Openers
from accord.scan.containers.layouts import read_members
from accord.scan.containers.paths import link_leads_out, name_sights, tidy
from accord.scan.containers.zipbody import RATIO, Slot, head, swollen, unpacked
from accord.scan.containers.zipfields import (
    CENTRAL,
    DESCRIBED,
    ENCRYPTED,
    LOCAL,
    End,
    Header,
    Record,
    described,
    directory,
    ends,
    header,
    shown,
)
from accord.scan.kinds import kind_of
from accord.scan.look import Look, OverError
from accord.scan.part import BrokenError, Part
from accord.scan.rating import Sight

_FLAGS: Final = 0xFFFF & ~0x0006  # how hard deflate tried is nobody's business
_LONGEST_LINK: Final = 4096
_MOST_HIDDEN: Final = 1000
_SHORT: Final = 1 << 20
_MOST_TIMES: Final = 8
_MOST_SAID: Final = 20


class Reading(NamedTuple):
    """One way to read the file: a directory, and how far its offsets are shifted by what stands in front."""

    end: End
    start: int
    shift: int
    records: tuple[Record, ...]
    stop: int


class Laid(NamedTuple):
    """A member where it lies: what the directory and its own header say, from where to where it goes."""

    record: Record
    header: Header
    name: str
    at: int
    stop: int
    told: bool


def read(part: Part, look: Look) -> Iterator[Sight]:
    """Read a ZIP file; every member is looked inside, under whatever name and packing any reader gives it.

    Raises `BrokenError` when it has no directory.
    """
    found = ends(part)
    if not found:
        yield from _salvaged(part, look, 0, part.size)
        raise BrokenError("it starts as a ZIP and has no directory at its end")
    yield from _read(part, look, found, front=0)


def read_appended(part: Part, look: Look) -> Iterator[Sight]:
    """Read a ZIP file that stands at the end of a file of another format."""
    if kind_of(part).format in {"tar", "7z"}:
        return  # every byte of these was accounted for, and their last member may well be a ZIP
    found = [one for one in ends(part) if one.members and part.read(one.floor - one.size, 4) == CENTRAL]
    if found:
        if look.format_of(part) != "tflite":  # its reader has said which of them are honest
            yield part.sees("polyglot", "a ZIP file stands at its end", offset=found[-1].at)
        yield from _read(part, look, found, front=None)


def _read(part: Part, look: Look, found: list[End], *, front: int | None) -> Iterator[Sight]:
    """Read by each end; `front` is where the first member should start, None where that is free."""
    last = found[-1]
    if len(found) > 1:
        yield part.sees("readings-differ", f"it has {len(found)} ends, and readers choose differently", offset=last.at)
    yield from _after(part, look, last)
    main, *others = [one for end in reversed(found) for one in _readings(part, end, look)]
    yield from _directory_sights(part, main)
    laid = list(_laid(part, main))
    yield from islice(_misplaced(part, main, laid), _MOST_SAID)
    yield from islice((sight for one in laid for sight in _differences(part, one)), _MOST_SAID)
    yield from _members(part, look, laid)
    for sight, hole in islice(_spread(part, main, laid, front), _MOST_HIDDEN):
        yield sight
        yield from _hidden(part, look, *hole)
    for other in others:
        if (other.records, other.shift) != (main.records, main.shift):
            yield part.sees("readings-differ", "its directory is found in two places", offset=other.start)
            yield from _members(part, look, list(_laid(part, other)))


def _after(part: Part, look: Look, end: End) -> Iterator[Sight]:
    """Look at the comment, and at what follows it."""
    begin = end.at + 22
    stop = min(begin + end.comment, part.size)
    if begin + end.comment > part.size:
        yield part.sees("readings-differ", "its comment is announced longer than it is", offset=end.at)
    if stop > begin:
        yield from look.inside(part.stretch("(comment)", begin, stop - begin))
    if part.size > stop:
        yield part.sees("trailing", f"{part.size - stop} bytes follow the end of the archive", offset=stop)
        yield from look.inside(part.stretch("(trailing bytes)", stop, part.size - stop))


def _readings(part: Part, end: End, look: Look) -> Iterator[Reading]:
    """Yield the directory right before its end, as Python reads it, and the one at its offset, as others do."""
    by_size = end.floor - end.size
    starts = {by_size: by_size - end.offset}
    if part.read(end.offset, 4) == CENTRAL:
        starts.setdefault(end.offset, 0)
    for start, shift in starts.items():
        if start < 0:
            raise BrokenError(f"its directory of {end.size} bytes does not fit before its end", end.at)
        read = directory(part, start, end.floor, look.limits.members)
        yield Reading(end, start, shift, read.records, read.stop)


def _directory_sights(part: Part, main: Reading) -> Iterator[Sight]:
    end = main.end
    for lie in end.lies:
        yield part.sees("readings-differ", lie, offset=end.at)
    if main.shift:
        yield part.sees("readings-differ", f"its offsets are {main.shift} bytes off", offset=end.at)
    if len(main.records) != end.members:
        fact = f"its end announces {end.members} members and its directory has {len(main.records)}"
        yield part.sees("readings-differ", fact, offset=end.at)
    if main.stop != end.floor:
        fact = f"{end.floor - main.stop} bytes of its directory are no records"
        yield part.sees("hidden-bytes", fact, offset=main.stop)


def _laid(part: Part, reading: Reading) -> Iterator[Laid]:
    """Yield the members that are where the directory says."""
    for record in reading.records:
        at = record.offset + reading.shift
        head = header(part, at) if at >= 0 else None
        if head is None or head.begin + record.packed > part.size:
            continue
        stop = head.begin + record.packed
        told = described(part, stop, record) if (record.flags | head.flags) & DESCRIBED else 0
        yield Laid(record, head, shown(record.name, record.flags), at, stop + told, bool(told))


def _misplaced(part: Part, main: Reading, laid: list[Laid]) -> Iterator[Sight]:
    if len(laid) == len(main.records):
        return
    found = {one.record.offset for one in laid}
    for record in main.records:
        if record.offset not in found:
            name = one_line(shown(record.name, record.flags), 200)
            yield part.sees("readings-differ", f"the member {name} is not where the directory says", name=name)


def _differences(part: Part, one: Laid) -> Iterator[Sight]:
    """Say where the directory and the member's own header tell different things."""
    record, head = one.record, one.header
    facts = [*record.lies, *head.lies]
    if record.name != head.name:
        facts.append(f"its own header calls it {one_line(shown(head.name, head.flags), 200)}")
    if (record.flags ^ head.flags) & _FLAGS:
        facts.append(f"its flags are {record.flags:#x} in the directory and {head.flags:#x} before it")
    if record.method != head.method:
        facts.append(f"it is packed by method {record.method} or by {head.method}")
    said = (head.crc, head.packed, head.size)
    believed = (record.crc, record.packed, record.size)
    if said != believed and not head.flags & DESCRIBED:
        facts.append("its sizes or its checksum differ")
    elif said != believed and not one.told:
        facts.append("what stands after it is not what the directory says")
    elif not {*said} <= {*believed, 0, 0xFFFFFFFF}:
        facts.append("its header has other sizes or another checksum")
    if facts:
        name = one_line(one.name, 200)
        yield from (part.sees("readings-differ", f"the member {name}: {fact}", name=name) for fact in facts)
    if (record.flags | head.flags) & ENCRYPTED:
        name = one_line(one.name, 200)
        yield part.sees("encrypted", f"the member {name} is marked as encrypted", name=name)


def _spread(part: Part, main: Reading, laid: list[Laid], front: int | None) -> Iterator[tuple[Sight, tuple[int, int]]]:
    """Yield where members share bytes, and the stretches that belong to none."""
    here = front
    for one in sorted(laid, key=lambda one: one.at):
        if here is not None and one.at < here:
            name = one_line(one.name, 200)
            yield part.sees("overlap", f"the member {name} shares bytes with another", name=name), (0, 0)
        elif here is not None and one.at > here:
            yield _hole(part, here, one.at), (here, one.at)
        here = max(one.stop, here or 0)
    if here is not None and here > main.start:
        yield part.sees("overlap", "a member reaches into the directory", offset=main.start), (0, 0)
    elif here is not None and here < main.start:
        yield _hole(part, here, main.start), (here, main.start)


def _hole(part: Part, at: int, stop: int) -> Sight:
    return part.sees("hidden-bytes", f"{stop - at} bytes belong to no member", offset=at)


def _members(part: Part, look: Look, laid: list[Laid]) -> Iterator[Sight]:
    yield from name_sights(part, (one.name for one in laid))
    slots: dict[int, Slot] = {}
    entries: list[Entry] = []
    for number, one in enumerate(laid):
        record = one.record
        if record.mode and stat.S_ISLNK(record.mode):
            yield from _link(part, look, one)
        elif not one.name.endswith("/") or record.packed:
            slot = Slot(one.name, one.header.begin, record.packed, record.size, record.method, record.crc)
            slots[number] = slot
            plain = record.method == 0 and record.packed == record.size
            entries.append(Entry(tidy(one.name), record.size, record.packed, plain, number))
    bomb = tuple(swollen(part, slots.values(), look))
    yield from bomb
    notes: list[Sight] = []
    opened = 0

    def whole(entry: Entry) -> Part:
        nonlocal opened
        opened += entry.packed
        if opened > _MOST_TIMES * part.size:
            raise OverError(f"its members share bytes, and all of them are more than {_MOST_TIMES} times its size")
        if bomb and not entry.plain and entry.size > RATIO * entry.packed:
            raise BrokenError(f"{entry.packed} bytes that are announced to unpack to {entry.size} are left alone")
        return unpacked(part, slots[entry.number], look, notes)

    openers = Openers(whole, lambda entry, count: head(part, slots[entry.number], count))
    yield from read_members(Archive(part, "zip", entries, look, openers, notes=notes), look)
    for one in laid:
        yield from _otherwise(part, look, one)


def _otherwise(part: Part, look: Look, one: Laid) -> Iterator[Sight]:
    """Look at a member once more by its own header, where that differs."""
    record, head = one.record, one.header
    if record.name != head.name:
        yield from name_sights(part, (shown(head.name, head.flags),))
    length = record.packed if head.flags & DESCRIBED and not head.packed else head.packed
    if head.method != record.method or length != record.packed:
        name = f"{one.name} (by its own header)"
        yield from _inside(part, look, Slot(name, head.begin, length, head.size, head.method, None))


def _link(part: Part, look: Look, one: Laid) -> Iterator[Sight]:
    record = one.record
    slot = Slot(one.name, one.header.begin, record.packed, record.size, record.method, record.crc)
    target = head(part, slot, _LONGEST_LINK).decode("utf-8", "replace")
    name = one_line(one.name, 200)
    kind = "link-out" if link_leads_out(one.name, target) else "link"
    yield part.sees(kind, f"the member {name} is a link to {one_line(target, 200)}", name=name)
    yield from _inside(part, look, slot)


def _hidden(part: Part, look: Look, at: int, stop: int) -> Iterator[Sight]:
    """Look at bytes that belong to no member: other members in them, or whatever they are."""
    if at >= stop or not part.read(at, min(stop - at, _SHORT)).strip(b"\0"):
        return
    if part.find(LOCAL, at, stop) >= 0:
        yield from _salvaged(part, look, at, stop)
    else:
        yield from look.inside(part.stretch("(hidden bytes)", at, stop - at))


def _salvaged(part: Part, look: Look, at: int, stop: int) -> Iterator[Sight]:
    """Look inside the members that no directory lists, found by their headers."""
    for _ in range(_MOST_HIDDEN):
        at = part.find(LOCAL, at, stop)
        one = header(part, at) if at >= 0 else None
        if at < 0:
            return
        if one is None:
            at += 4
            continue
        after = part.find(LOCAL, one.begin, stop)
        length = one.packed or (stop if after < 0 else after) - one.begin
        length = max(min(length, stop - one.begin), 0)
        name = one_line(shown(one.name, one.flags), 200)
        yield part.sees("hidden-bytes", f"the member {name} is in no directory", name=name, offset=at)
        yield from name_sights(part, (shown(one.name, one.flags),))
        yield from _inside(part, look, Slot(name, one.begin, length, one.size or None, one.method, None))
        at = max(one.begin + one.packed, at + 4)
    raise OverError(f"there are more than {_MOST_HIDDEN} members that no directory lists")


def _inside(part: Part, look: Look, slot: Slot) -> Iterator[Sight]:
    try:
        member = unpacked(part, slot, look, [])
    except BrokenError as error:
        yield part.sees("malformed", f"the member {one_line(slot.name, 200)}: {error.message}")
        return
    yield from look.inside(member)
