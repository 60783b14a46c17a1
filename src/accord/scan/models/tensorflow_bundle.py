"""Reading TensorFlow checkpoints: an index of tensors (a sorted table) and shards of raw numbers beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

from accord.scan.look import Look
from accord.scan.models.protobuf import fields
from accord.scan.part import BrokenError, Part
from accord.scan.rating import Sight

if TYPE_CHECKING:
    from accord.scan.containers.archive import Archive

_MARK: Final = bytes.fromhex("57fb808b247547db")
_SHARD: Final = re.compile(r"(?P<stem>.+)\.data-(?P<number>\d{5})-of-(?P<count>\d{5})\Z")
_FOOTER: Final = 48
_MOST_ENTRIES: Final = 1_000_000
_CHUNK: Final = 1 << 20


class Tensor(NamedTuple):
    """One tensor of a checkpoint: its name, and the stretch of a shard that holds it."""

    name: str
    shard: int
    offset: int
    size: int


def is_bundle(part: Part) -> bool:
    """Tell whether a part is the index or a shard of a TensorFlow checkpoint."""
    if _SHARD.match(part.name):
        return True
    return part.name.endswith(".index") and part.tail(8) == _MARK


def read_archive(archive: Archive, look: Look) -> Iterator[Sight]:
    """Yield what the checkpoints in an archive hold that is no tensor; what is left is looked inside after."""
    for entry in archive.entries:
        shard = _SHARD.match(entry.name)
        index = archive.find(shard["stem"] + ".index") if shard else None
        if shard and index:
            listed = archive.open(index)
            if listed.tail(8) != _MARK:
                yield from look.inside(listed)
                continue
            part = archive.open(entry)
            look.name_format(part, "tensorflow-checkpoint")
            yield from _covered(part, look, listed, int(shard["number"]))


def read(part: Part, look: Look) -> Iterator[Sight]:
    """Yield what a checkpoint holds that is no tensor of its index."""
    shard = _SHARD.match(part.name)
    if not shard:
        for _ in tensors(part, look):
            look.tick()
        return
    index = look.beside(shard["stem"] + ".index")
    if index is not None and index.tail(8) == _MARK:
        yield from _covered(part, look, index, int(shard["number"]))
    elif any(part.read(at, _CHUNK).strip(b"\0") for at in range(0, part.size, _CHUNK)):
        yield part.sees(
            "tf-opaque", "it is named as a shard of a checkpoint, and no index beside it tells what it holds"
        )


def _covered(part: Part, look: Look, index: Part, number: int) -> Iterator[Sight]:
    """Yield the stretches of a shard that belong to no tensor, and look inside them."""
    held = sorted((one.offset, one.offset + one.size) for one in tensors(index, look) if one.shard == number)
    end = 0
    for begin, stop in [*held, (part.size, part.size)]:
        if stop > part.size:
            raise BrokenError(f"a tensor ends at {stop} and its shard at {part.size}", begin)
        if begin > end and part.read(end, min(begin - end, _CHUNK)).strip(b"\0"):
            yield part.sees("hidden-bytes", f"{begin - end} bytes of the shard belong to no tensor", offset=end)
            yield from look.inside(part.stretch("gap", end, begin - end))
        end = max(end, stop)


def tensors(part: Part, look: Look) -> Iterator[Tensor]:
    """Yield the tensors that the index of a checkpoint names."""
    footer = part.tail(_FOOTER)
    if len(footer) < _FOOTER or not footer.endswith(_MARK):
        raise BrokenError("the index of a checkpoint has no footer")
    begin, size, at = 0, 0, 0
    for _ in range(2):
        begin, at = _number(footer, at)
        size, at = _number(footer, at)
    count = 0
    for _, handle in _block(part, begin, size):
        where, after = _number(handle, 0)
        length, _ = _number(handle, after)
        for key, value in _block(part, where, length):
            count += 1
            if count > _MOST_ENTRIES:
                raise BrokenError("the index names too many tensors")
            if key:
                yield _tensor(key, value, look)


def _tensor(key: bytes, value: bytes, look: Look) -> Tensor:
    shard = offset = size = 0
    for one in fields(Part(value, name="entry"), look):
        match one.number:
            case 3:
                shard = one.value
            case 4:
                offset = one.value
            case 5:
                size = one.value
    return Tensor(key.decode("utf-8", "replace"), shard, offset, size)


def _block(part: Part, at: int, size: int) -> Iterator[tuple[bytes, bytes]]:
    """Yield the entries of a block: each key shares a beginning with the one before."""
    data = part.exactly(at, size)
    if part.exactly(at + size, 1) != b"\0":
        raise BrokenError("a block of the index is compressed", at + size)
    end = size - 4 - 4 * int.from_bytes(data[-4:], "little")
    here, key = 0, b""
    while here < end:
        shared, here = _number(data, here)
        fresh, here = _number(data, here)
        length, here = _number(data, here)
        if shared > len(key) or here + fresh + length > end:
            raise BrokenError("an entry of the index is longer than its block", at + here)
        key = key[:shared] + data[here : here + fresh]
        yield key, data[here + fresh : here + fresh + length]
        here += fresh + length


def _number(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for place in range(10):
        if at + place >= len(data):
            break
        value |= (data[at + place] & 127) << 7 * place
        if data[at + place] < 128:
            return value, at + place + 1
    raise BrokenError("a number of the index does not end", at)
