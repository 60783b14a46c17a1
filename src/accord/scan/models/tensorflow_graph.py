"""TensorFlow graphs as they are judged: nodes with their operator, inputs and texts, from the binary form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import accumulate, chain, islice, pairwise
from typing import Final, NamedTuple

from accord.scan.look import Look, OverError
from accord.scan.models.protobuf import BYTES, Field, fields, raw, text
from accord.scan.part import Part

MOST_NODES: Final = 2_000_000
_MOST_TEXT: Final = 65_536
_MOST_STRINGS: Final = 64
_STRING: Final = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One node: its name, operator, inputs, and the texts of its attributes."""

    name: str
    operator: str
    inputs: tuple[str, ...] = ()
    texts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    offset: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """The nodes of one graph, or of one function of its library."""

    function: str | None
    nodes: Mapping[str, Node]
    arguments: frozenset[str] = frozenset()


def graphs(part: Part, look: Look, at: int = 0, end: int | None = None) -> Iterator[Graph]:
    """Yield a GraphDef's own nodes, then those of each function of its library."""
    nodes: dict[str, Node] = {}
    functions: list[Field] = []
    for one in fields(part, look, at, end):
        if one.number == 1:
            _add(nodes, node(part, look, one))
        elif one.number == 2 and one.wire == BYTES:
            functions.append(one)
    yield Graph(function=None, nodes=nodes)
    for library in functions:
        for one in fields(part, look, library.at, library.end):
            if one.number == 1:
                yield _function(part, look, one)


class Asset(NamedTuple):
    """A file of a SavedModel: the node that is given its path, and the path as the model names it."""

    node: str
    path: str


def within(part: Part, look: Look, at: int, end: int, *places: int) -> Iterator[Field]:
    """Yield the messages or texts that a way of field numbers leads to, from the message at a stretch."""
    first, *rest = places
    for one in fields(part, look, at, end):
        if one.number == first and one.wire == BYTES and rest:
            yield from within(part, look, one.at, one.end, *rest)
        elif one.number == first and one.wire == BYTES:
            yield one


def asset(part: Part, look: Look, at: int, end: int) -> Asset:
    """Return an AssetFileDef."""
    nodes = [text(part, one).partition(":")[0] for one in within(part, look, at, end, 1, 1)]
    paths = [text(part, one) for one in within(part, look, at, end, 2)]
    return Asset(nodes[-1] if nodes else "", paths[-1] if paths else "")


def _add(nodes: dict[str, Node], one: Node) -> None:
    """Keep a node; a second one under the same name is kept too."""
    if len(nodes) >= MOST_NODES:
        raise OverError(f"a graph has more than {MOST_NODES} nodes")
    nodes[one.name if one.name not in nodes else f"{one.name}#{len(nodes)}"] = one


def _function(part: Part, look: Look, message: Field) -> Graph:
    nodes: dict[str, Node] = {}
    at, end = message.at, message.end
    for one in within(part, look, at, end, 3):
        _add(nodes, node(part, look, one))
    names = [text(part, one) for one in within(part, look, at, end, 1, 1)]
    arguments = frozenset(text(part, one) for one in within(part, look, at, end, 1, 2, 1))
    return Graph(function=names[-1] if names else "", nodes=nodes, arguments=arguments)


def node(part: Part, look: Look, message: Field) -> Node:
    """Return a NodeDef."""
    name = operator = ""
    inputs: list[str] = []
    texts: dict[str, tuple[str, ...]] = {}
    for one in fields(part, look, message.at, message.end):
        match one.number:
            case 1:
                name = text(part, one)
            case 2:
                operator = text(part, one)
            case 3:
                inputs.append(text(part, one))
            case 5 if one.wire == BYTES:
                key, found = _attribute(part, look, one)
                if found:
                    texts[key] = texts.get(key, ()) + found
    return Node(name=name, operator=operator, inputs=tuple(inputs), texts=texts, offset=message.at)


def _attribute(part: Part, look: Look, message: Field) -> tuple[str, tuple[str, ...]]:
    key = ""
    found: list[str] = []
    for one in fields(part, look, message.at, message.end):
        if one.number == 1:
            key = text(part, one)
        elif one.number == 2 and one.wire == BYTES:
            found.extend(_texts(part, look, one))
    return key, tuple(found[:_MOST_STRINGS])


def _texts(part: Part, look: Look, value: Field) -> Iterator[str]:
    """Yield the texts of an AttrValue: its own, those of a list, and those of a tensor of strings."""
    own = within(part, look, value.at, value.end, 2)
    listed = islice(within(part, look, value.at, value.end, 1, 2), _MOST_STRINGS)
    yield from (_shown(part, one) for one in chain(own, listed))
    for tensor in within(part, look, value.at, value.end, 8):
        yield from _tensor(part, look, tensor)


def _tensor(part: Part, look: Look, tensor: Field) -> Iterator[str]:
    count = 0
    for one in fields(part, look, tensor.at, tensor.end):
        if one.number == 1 and one.value != _STRING:
            return
        if one.number == 8:
            count += 1
            if count > _MOST_STRINGS:
                return
            yield _shown(part, one)
        elif one.number == 4 and one.wire == BYTES and one.size <= _MOST_TEXT:
            yield from unpacked(part.read(one.at, one.size))


def unpacked(content: bytes) -> tuple[str, ...]:
    """Return the texts of a tensor that keeps them in one piece: all their lengths, then all of them."""
    sizes: list[int] = []
    at, total, size, shift = 0, 0, 0, 0
    while at + total < len(content):
        size |= (content[at] & 127) << shift
        shift += 7
        if content[at] < 128:
            sizes.append(size)
            total, size, shift = total + size, 0, 0
        at += 1
    ends = accumulate(sizes[:_MOST_STRINGS], initial=at)
    return tuple(content[begin:end].decode("utf-8", "replace") for begin, end in pairwise(ends))


def _shown(part: Part, one: Field) -> str:
    return raw(part, one, 1 << 31)[:_MOST_TEXT].decode("utf-8", "replace") if one.size <= _MOST_TEXT else ""
