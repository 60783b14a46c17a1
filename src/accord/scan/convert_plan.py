"""What of a rated file becomes which tensors: names, types, shapes, and where their numbers lie. Nothing is copied."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import pairwise
from typing import Final, NamedTuple

from accord.core.shipped import lines_of
from accord.core.text import one_line
from accord.scan.look import Look
from accord.scan.part import BrokenError, Part
from accord.scan.pickles.machine import Story
from accord.scan.pickles.values import DICT, LIST, Call, Contents, Import, Nest, Value

MOST_TENSORS: Final = 100_000
MOST_ITEMS: Final = 2 * MOST_TENSORS
"""How many items of one dict are asked for: names and tensors by turns."""

LONGEST_NAME: Final = 4096
ALONE: Final = "tensor"
"""What a tensor is called that has no name."""

_DEEPEST: Final = 16
_DIMENSIONS: Final = 64
_WRAPPERS: Final = frozenset({"state_dict", "model"})
_SWELLING: Final = 4
_SLACK: Final = 64 << 20


class UnfitError(Exception):
    """The file holds what does not go into a safetensors file: `message` says what."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Kind(NamedTuple):
    """A type of number: what safetensors calls it, and its bytes."""

    sign: str
    width: int


class Tensor(NamedTuple):
    """One tensor: its sizes and strides count items, and so does the offset of its first one in `data`."""

    name: str
    kind: Kind
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    data: Part
    offset: int = 0

    @property
    def size(self) -> int:
        """Return its bytes when it stands alone."""
        return math.prod(self.shape) * self.kind.width


class Plan(NamedTuple):
    """The tensors of a file in the order in which they are written, and what a reader should be told."""

    tensors: tuple[Tensor, ...]
    framework: str
    notes: tuple[str, ...]


Leaf = Callable[[str, Value], Tensor | None]
"""Returns the tensor that a value is, under a name; None for what is no tensor."""


@cache
def kinds(family: str) -> dict[str, Kind]:
    """Return the types that safetensors has, by what a family calls them: storage, torch or numpy."""
    lines = lines_of("scan/conversions.tsv")
    rows = [line.split("\t") for line in lines if line.startswith(f"{family}\t")]
    return {name: Kind(sign, int(width)) for _, name, sign, width in rows}


def kind_of(family: str, name: str, tensor: str) -> Kind:
    """Return a type by its family's name.

    Raises `UnfitError` when safetensors has none such.
    """
    found = kinds(family).get(name)
    if found is None:
        raise UnfitError(f"{quoted(tensor)} is of the type {one_line(name, 60)}, which safetensors files do not hold")
    return found


def finished(tensors: Iterable[Tensor], framework: str, look: Look) -> Plan:
    """Return tensors in the order in which they are written, each of them checked against the bytes it has."""
    found: dict[str, Tensor] = {}
    for one in tensors:
        if one.name in found:
            raise UnfitError(f"two of its tensors would be called {quoted(one.name)}")
        _check(one)
        found[one.name] = one
        look.tick()
    if not found:
        raise UnfitError("it holds no tensor")
    stored = {(id(one.data.source), one.data.start): one.data.size for one in found.values()}
    total = sum(one.size for one in found.values())
    if total > _SWELLING * sum(stored.values()) + _SLACK:
        raise UnfitError(f"its tensors are views that would take {total} bytes when each stands alone")
    ordered = sorted(found.values(), key=lambda one: (-one.kind.width, one.name))
    return Plan(tuple(ordered), framework, tuple(_shared(ordered)))


def _check(one: Tensor) -> None:
    """Check that a tensor has a name that others can read, and lies within its numbers."""
    try:
        one.name.encode()
    except UnicodeEncodeError:
        raise UnfitError(f"the name {quoted(one.name)} is no valid text") from None
    if one.name == "__metadata__" or len(one.name) > LONGEST_NAME:
        raise UnfitError(f"no tensor of a safetensors file can be called {quoted(one.name)}")
    if len(one.shape) != len(one.strides) or len(one.shape) > _DIMENSIONS:
        raise BrokenError(f"{quoted(one.name)} has {len(one.shape)} sizes and {len(one.strides)} strides")
    if min((*one.shape, *one.strides, one.offset, 0)) < 0:
        raise BrokenError(f"{quoted(one.name)} has a negative size, stride or offset")
    last = one.offset + sum((size - 1) * stride for size, stride in zip(one.shape, one.strides, strict=True))
    if one.size and (last + 1) * one.kind.width > one.data.size:
        raise BrokenError(f"{quoted(one.name)} reaches beyond the {one.data.size} bytes of its storage")


def _shared(tensors: list[Tensor]) -> Iterator[str]:
    """Say how many tensors share numbers with another: each gets its own."""
    spans = []
    for one in tensors:
        if one.size:
            begin = one.data.start + one.offset * one.kind.width
            reach = sum((size - 1) * stride for size, stride in zip(one.shape, one.strides, strict=True)) + 1
            spans.append((id(one.data.source), begin, begin + reach * one.kind.width))
    spans.sort()
    count = sum(one[0] == other[0] and other[1] < one[2] for one, other in pairwise(spans))
    if count:
        yield f"{count} share numbers with another and have their own now"


def row_major(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the strides of numbers that lie row by row."""
    return tuple(math.prod(shape[axis + 1 :]) for axis in range(len(shape)))


def column_major(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Return the strides of numbers that lie column by column."""
    return tuple(math.prod(shape[:axis]) for axis in range(len(shape)))


def named(story: Story, contents: Contents, leaf: Leaf, look: Look) -> Iterator[Tensor]:
    """Yield the tensors of what a pickle results in; nested dicts give names with dots.

    Raises `UnfitError` for anything that is no tensor.
    """
    walk = _Walk(story, contents, leaf, look)
    alone = None if story.result is None else leaf(ALONE, story.result)
    if alone is not None:
        yield alone
        return
    pairs = walk.pairs(story.result)
    if pairs is None:
        raise UnfitError(f"it holds {_in_words(story.result)} and not tensors by name: save its state dict alone")
    if len(pairs) == 1 and story.plain(pairs[0][0]) in _WRAPPERS:
        pairs = walk.pairs(pairs[0][1]) or pairs
    yield from walk.tensors(pairs, "", 0)


class _Walk:
    """One walk through nested dicts, which may share one another and so may be very many."""

    def __init__(self, story: Story, contents: Contents, leaf: Leaf, look: Look) -> None:
        self._story = story
        self._contents = contents
        self._leaf = leaf
        self._look = look
        self._left = MOST_ITEMS

    def pairs(self, value: Value | None) -> list[tuple[Value, Value]] | None:
        """Return keys and values of a dict or OrderedDict, or None for what is neither."""
        if type(value) is Nest and value.kind == DICT:
            if value.partial:
                raise UnfitError(f"it holds a dict of {value.count} items, which is more than are converted")
            return list(zip(value.items[::2], value.items[1::2], strict=False))
        if type(value) is Call and _is(value.target, "collections.OrderedDict"):
            return self._ordered(value)
        return None

    def _ordered(self, value: Call) -> list[tuple[Value, Value]]:
        items = list(self._contents.of(value))
        if value.args:  # as Python 2 wrote it: one list of pairs
            given = value.args[0] if type(value.args) is tuple and len(value.args) == 1 else None
            if type(given) is not Nest or given.kind != LIST or given.partial:
                raise UnfitError("it holds an OrderedDict of an odd kind")
            for pair in given.items:
                inner = pair.items if type(pair) is Nest else pair
                if not isinstance(inner, tuple | list) or len(inner) != 2:
                    raise UnfitError("it holds an OrderedDict of an odd kind")
                items += inner
        if value.state is not None:
            attributes = self.pairs(value.state) or [(0, 0)]
            if any(not key or self._story.plain(key) != "_metadata" for key, _ in attributes):
                raise UnfitError("it holds an OrderedDict with attributes: save the state dict alone")
        return list(zip(items[::2], items[1::2], strict=False))

    def tensors(self, pairs: list[tuple[Value, Value]], prefix: str, depth: int) -> Iterator[Tensor]:
        """Yield the tensors of some keys and values, under their names."""
        if depth > _DEEPEST:
            raise UnfitError(f"its dicts nest more than {_DEEPEST} deep")
        self._look.tick()
        for key, value in pairs:
            self._left -= 1
            if self._left < 0:
                raise UnfitError(f"it holds more than {MOST_ITEMS} items")
            name = self._story.plain(key)
            if not isinstance(name, str):
                raise UnfitError(f"{_inside(prefix)} has a key that is no text: {one_line(repr(name), 60)}")
            yield from self._item(prefix + name, value, depth)

    def _item(self, name: str, value: Value, depth: int) -> Iterator[Tensor]:
        if len(name) > LONGEST_NAME:
            raise UnfitError(f"the name {quoted(name)} is longer than {LONGEST_NAME} characters")
        inner = self.pairs(value)
        if inner is not None:
            yield from self.tensors(inner, f"{name}.", depth + 1)
            return
        tensor = self._leaf(name, value)
        if tensor is None:
            raise UnfitError(f"it holds {quoted(name)}, which is no tensor: save the state dict alone")
        yield tensor


def _inside(prefix: str) -> str:
    return f"the dict {quoted(prefix[:-1])}" if prefix else "its dict"


def _is(value: Value, name: str) -> bool:
    return type(value) is Import and value.named.full == name


def quoted(name: str) -> str:
    """Return a name as messages show it."""
    return f"'{one_line(name, 100)}'"


def _in_words(value: Value | None) -> str:
    if type(value) is Call and type(value.target) is Import:
        return f"an object of {one_line(value.target.named.full, 100)}"
    return f"a {value.kind}" if type(value) is Nest else "a tuple" if type(value) is tuple else "plain data"
