"""The tensors of PyTorch's files, by what their pickle says of sizes, strides and storages; torch is not needed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Final, TypeGuard

from accord.core.text import one_line
from accord.scan.containers.storages import References
from accord.scan.containers.zipbody import Slot, unpacked
from accord.scan.containers.zipfields import directory, ends, header, shown
from accord.scan.convert_plan import MOST_ITEMS, Kind, Tensor, UnfitError, kind_of, named, quoted
from accord.scan.look import Look
from accord.scan.part import BrokenError, Part
from accord.scan.pickles.machine import Story, run
from accord.scan.pickles.values import LIST, Call, Contents, Import, Nest, Persistent, Value

_PICKLE: Final = re.compile(r"(?:[^/]+/)?data\.pkl")
_PLAIN_TYPES: Final = frozenset(
    {"torch.Tensor", "torch.nn.parameter.Parameter", "torch.nn.parameter.Buffer", "torch._tensor.Tensor"}
)
_PARAMETERS: Final = frozenset({"torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state"})
_BY_TYPE: Final = frozenset({"torch._tensor._rebuild_from_type_v2", "torch.tensor._rebuild_from_type_v2"})
_VIEWS: Final[Mapping[str, tuple[int, int]]] = {  # how many arguments each takes: at least, at most
    "torch._utils._rebuild_tensor": (4, 4),
    "torch._utils._rebuild_tensor_v2": (6, 7),
    "torch._utils._rebuild_tensor_v3": (7, 8),
}
_WRAPPED: Final = 4
_HEADS: Final = 3
_COUNT: Final = 8


Storages = Callable[[str], Part]
"""Returns the numbers of a storage by its key."""


def members(part: Part, look: Look) -> dict[str, Slot]:
    """Return the members of a ZIP file by name, as its directory has them.

    Raises `BrokenError` when it cannot be told where they are.
    """
    found = ends(part)
    if not found:
        raise BrokenError("it has no directory")
    end = found[-1]
    slots: dict[str, Slot] = {}
    for record in directory(part, end.floor - end.size, end.floor, look.limits.members).records:
        name = shown(record.name, record.flags)
        before = header(part, record.offset)
        if before is None or name in slots:
            raise BrokenError(f"the member {one_line(name, 200)} is not where its directory says, or there twice")
        slots[name] = Slot(name, before.begin, record.packed, record.size, record.method, record.crc)
    return slots


def opened(part: Part, slot: Slot, look: Look) -> Part:
    """Return the bytes of a member.

    Raises `BrokenError` when they are not what was announced.
    """
    from accord.scan.rating import Sight

    notes: list[Sight] = []
    member = unpacked(part, slot, look, notes)
    if notes:
        raise BrokenError(notes[0].message)
    return member


def archive_tensors(part: Part, look: Look) -> Iterator[Tensor]:
    """Yield the tensors of PyTorch's ZIP format."""
    slots = members(part, look)
    pickles = [name for name in slots if _PICKLE.fullmatch(name)]
    if len(pickles) != 1:
        raise UnfitError(f"it holds {len(pickles)} pickles and not one")
    root = pickles[0].removesuffix("data.pkl")
    order = slots.get(f"{root}byteorder")
    if order and opened(part, order, look).read(0, 16).strip() != b"little":
        raise UnfitError("its numbers are big-endian, and safetensors files are little-endian")
    contents = Contents(MOST_ITEMS)
    member = opened(part, slots[pickles[0]], look)
    story = followed(member, 0, look, contents)
    if story.end != member.size:
        raise BrokenError(f"{member.size - story.end} bytes follow the pickle")
    known: dict[str, Part] = {}

    def storage(key: str) -> Part:
        if key not in known:
            slot = slots.get(f"{root}data/{key}")
            if slot is None:
                raise UnfitError(f"the numbers of the storage {one_line(key, 60)} are not in the file")
            known[key] = opened(part, slot, look)
        return known[key]

    yield from named(story, contents, _Leaf(story, storage).tensor, look)


def followed(part: Part, at: int, look: Look, contents: Contents | None = None) -> Story:
    """Follow one pickle to its end.

    Raises `BrokenError` where it breaks.
    """
    story = run(part, at, look, contents=contents)
    if not story.stopped:
        raise BrokenError(f"its pickle breaks: {story.why}", story.end)
    return story


def legacy_tensors(part: Part, look: Look) -> Iterator[Tensor]:
    """Yield the tensors of the format before: five pickles, then storages in the order of the last one's keys."""
    at = 0
    said: list[object] = []
    for _ in range(_HEADS):
        story = followed(part, at, look)
        said.append(story.plain(story.result))
        at = story.end
    system = said[-1]
    if not isinstance(system, dict) or system.get("little_endian") is not True:
        raise UnfitError("its numbers are big-endian, and safetensors files are little-endian")
    contents = Contents(MOST_ITEMS)
    story = followed(part, at, look, contents)
    last = followed(part, story.end, look, Contents(MOST_ITEMS))
    storages = _laid(part, last, _references(story))

    def storage(key: str) -> Part:
        if key not in storages:
            raise BrokenError(f"the storage {one_line(key, 60)} is not in its list")
        return storages[key]

    yield from named(story, contents, _Leaf(story, storage).tensor, look)


def _references(story: Story) -> References:
    found = References()
    for one in story.persistent:
        complaint = found.accept(story.plain(one.pid))
        if complaint:
            raise BrokenError(complaint)
    return found


def _laid(part: Part, last: Story, references: References) -> dict[str, Part]:
    """Return where the numbers of every storage lie, by its key."""
    keys = last.result
    if type(keys) is not Nest or keys.kind != LIST or keys.partial:
        raise BrokenError("its list of storages is none")
    at = last.end
    found: dict[str, Part] = {}
    for one in keys.items:
        key = last.plain(one)
        storage = references.storages.get(key) if isinstance(key, str) else None
        if storage is None or storage.key in found:
            raise BrokenError("its list of storages has one that no tensor refers to, or twice")
        (count,) = part.unpack("<q", at)
        if count < 0 or storage.size % max(count, 1) or (storage.size > 0) != (count > 0):
            raise BrokenError(f"the storage {one_line(storage.key, 60)} has {count} items", at)
        found[storage.key] = part.stretch(f"storage {storage.key}", at + _COUNT, storage.size)
        at += _COUNT + storage.size
    if at != part.size:
        raise BrokenError(f"its storages end at {at} of {part.size} bytes")
    return found


def are_counts(found: object) -> TypeGuard[tuple[int, ...]]:
    """Tell whether something is a tuple of whole numbers."""
    return isinstance(found, tuple) and all(type(one) is int for one in found)


class _Leaf:
    """Tells tensors among the values of one pickle."""

    def __init__(self, story: Story, storage: Storages) -> None:
        self._story = story
        self._storage = storage

    def tensor(self, name: str, value: Value) -> Tensor | None:
        """Return the tensor that a value is, or None.

        Raises `UnfitError` for a tensor that safetensors cannot hold.
        """
        for _ in range(_WRAPPED):
            if type(value) is not Call or type(value.target) is not Import or type(value.args) is not tuple:
                return None
            args, target = value.args, value.target.named.full
            if target in _VIEWS:
                return self._view(name, target, args)
            if target in _PARAMETERS and args:
                value = args[0]
            elif target in _BY_TYPE and len(args) == 4:
                if type(args[1]) is not Import or args[1].named.full not in _PLAIN_TYPES:
                    raise UnfitError(f"{quoted(name)} is of a class of tensors that safetensors files do not hold")
                value = Call(value.how, args[0], args[2], value.at)
            elif target.startswith("torch._utils._rebuild_"):
                raise UnfitError(f"{quoted(name)} is made by {target}, for which safetensors files have nothing")
            else:
                return None
        return None

    def _view(self, name: str, target: str, args: tuple[Value, ...]) -> Tensor:
        least, most = _VIEWS[target]
        story = self._story
        offset, shape, strides = (story.plain(one) for one in args[1:4]) if least <= len(args) <= most else (0, 0, 0)
        if type(offset) is not int or not are_counts(shape) or not are_counts(strides):
            raise BrokenError(f"{quoted(name)} has sizes or strides that cannot be told")
        if len(args) == most and most > 4 and story.plain(args[-1]) not in ({}, None):
            raise UnfitError(f"{quoted(name)} is a view that changes numbers: a conjugate or a negative")
        reference = story.plain(args[0].pid) if type(args[0]) is Persistent else None
        match reference:
            case ("storage", Import() as kind, str(key), str(device), int(), *view):
                if device == "meta" or view not in ([], [None]):
                    raise UnfitError(f"{quoted(name)} has no numbers of its own in the file")
                of = self._kind(name, kind, args[6] if target.endswith("_v3") else None)
            case _:
                raise BrokenError(f"{quoted(name)} has no storage")
        return Tensor(name, of, shape, strides, self._sized(name, key, reference), offset)

    def _kind(self, name: str, storage: Import, typed: Value | None) -> Kind:
        if typed is None:
            return kind_of("storage", storage.name, name)
        if type(typed) is not Import or typed.module != "torch":
            raise BrokenError(f"{quoted(name)} has no type")
        return kind_of("torch", typed.name, name)

    def _sized(self, name: str, key: str, reference: object) -> Part:
        """Return a storage whose size is what the reference says."""
        references = References()
        complaint = references.accept(reference)
        if complaint:
            raise BrokenError(f"{quoted(name)}: {complaint}")
        part = self._storage(key)
        if part.size != references.storages[key].size:
            raise BrokenError(f"the storage {one_line(key, 60)} has {part.size} bytes and not what its tensor says")
        return part
