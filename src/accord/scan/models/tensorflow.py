"""Reading TensorFlow SavedModels, MetaGraphs and frozen graphs, and what lies beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from accord.core.text import one_line
from accord.scan.look import Look
from accord.scan.models import operators
from accord.scan.models.keras_config import judge_bytes
from accord.scan.models.protobuf import BYTES, VARINT, Field, fields, text
from accord.scan.models.tensorflow_graph import asset, graphs, within
from accord.scan.models.tensorflow_judge import judge, outside
from accord.scan.part import BrokenError, Part
from accord.scan.rating import Sight

_OPERATOR: Final = re.compile(rb"[A-Za-z_][A-Za-z0-9_>.]{0,120}\Z")
_NAME: Final = re.compile(r"\.(?:pb|graphdef|meta)\Z", re.I)
_LONGEST: Final = 128
_DEEP: Final = 6
_MOST_METADATA: Final = 64 << 20
_MARK_OF_METADATA: Final = re.compile(rb"\A\n.{1,5}\x10.{1,5}\x1a.{1,400}_tf_keras", re.S)


class Head(NamedTuple):
    """The first fields of a message, as far as its first bytes show them: (number, wire, begin, size)."""

    number: int
    wire: int
    at: int
    size: int


def heads(data: bytes, at: int = 0, most: int = 8) -> tuple[Head, ...]:
    """Return the first fields of a message; nothing when it does not begin as one."""
    found: list[Head] = []
    while at < len(data) and len(found) < most:
        tag, at = _number(data, at)
        value, begin = _number(data, at)
        if tag is None or value is None or not 0 < tag >> 3 < 32 or tag & 7 not in (VARINT, BYTES):
            return tuple(found)
        size = value if tag & 7 == BYTES else 0
        found.append(Head(tag >> 3, tag & 7, begin, size))
        at = begin + size
    return tuple(found)


def _number(data: bytes, at: int) -> tuple[int | None, int]:
    value = 0
    for place in range(10):
        if at + place >= len(data):
            break
        value |= (data[at + place] & 127) << 7 * place
        if data[at + place] < 128:
            return value, at + place + 1
    return None, at


def _is_node(data: bytes, one: Head) -> bool:
    """Tell whether a field holds a NodeDef whose operator TensorFlow may have."""
    inner = heads(data[: one.at + one.size], one.at, 2)
    operator = next((two for two in inner if two.number == 2 and two.wire == BYTES), None)
    if one.number != 1 or one.wire != BYTES or operator is None or operator.at + operator.size > one.at + one.size:
        return False
    return _OPERATOR.match(data[operator.at : operator.at + operator.size]) is not None


def is_saved_model(part: Part) -> bool:
    """Tell whether a part is a SavedModel: a schema version and MetaGraphs."""
    data = part.head
    found = heads(data)
    if not found or any(one.number > 2 for one in found):
        return False
    graph = next((one for one in found if one.number == 2), None)
    if graph is None or graph.wire != BYTES or any(one.number == 1 and one.wire != VARINT for one in found):
        return False
    if graph.at + graph.size > part.size:
        return False
    return graph.size == 0 or _is_meta(data, graph.at, graph.size, named=_NAME.search(part.name) is not None)


def _is_meta(data: bytes, at: int, size: int, *, named: bool) -> bool:
    inner = heads(data[: at + size], at, 3)
    if not inner or (inner[0].number > 2 and not named) or any(one.wire != BYTES or one.number > 7 for one in inner):
        return False
    return all(one.at + one.size <= at + size for one in inner)


def is_graph(part: Part) -> bool:
    """Tell whether a part is a GraphDef or a MetaGraphDef, or what a SavedModel has beside it."""
    data = part.head
    if part.name == "keras_metadata.pb" or _MARK_OF_METADATA.match(data):
        return True
    if part.name == "fingerprint.pb" and part.size <= 4096:
        return True
    found = heads(data)
    if not found or found[0].at + found[0].size > part.size:
        return False
    if _is_node(data, found[0]):
        inner = heads(data[: found[0].at + found[0].size], found[0].at, 2)
        operator = next(data[one.at : one.at + one.size] for one in inner if one.number == 2).decode()
        return operators.tensorflow(operator) is not None or _NAME.search(part.name) is not None
    if not _NAME.search(part.name):
        return False
    return _is_meta(data, 0, part.size, named=False) or all(one.number in (1, 2, 3, 4) for one in found)


def _has_nodes(part: Part, look: Look, at: int, end: int) -> bool:
    """Tell whether a first field of a message holds a node, in whatever order its fields stand."""
    held = within(part, look, at, end, 1, 2)
    return any(one.size <= _LONGEST and _OPERATOR.match(part.read(one.at, one.size)) for one in held)


def read_saved_model(part: Part, look: Look) -> Iterator[Sight]:
    """Yield what the MetaGraphs of a SavedModel do beyond computing; a graph may begin as one does."""
    if _has_nodes(part, look, 0, part.size):
        yield from _meta(part, look, 0, part.size)
    for one in within(part, look, 0, part.size, 2):
        yield from _meta(part, look, one.at, one.end)


def read_graph(part: Part, look: Look) -> Iterator[Sight]:
    """Yield what a GraphDef, a MetaGraphDef, or Keras metadata do beyond computing."""
    data = part.head
    if _has_nodes(part, look, 0, part.size):
        yield from _meta(part, look, 0, part.size)
    elif part.name == "fingerprint.pb":
        look.name_format(part, "tensorflow-fingerprint")
        yield from _fingerprint(part, look)
    elif part.name == "keras_metadata.pb" or _MARK_OF_METADATA.match(data):
        look.name_format(part, "keras-metadata")
        yield from _metadata(part, look, 0, part.size, 0)
    else:
        yield from _meta(part, look, 0, part.size)
        if not any(within(part, look, 0, part.size, 2)):
            yield part.sees("tf-opaque", "it is named as a graph, and holds no node")


def _meta(part: Part, look: Look, at: int, end: int) -> Iterator[Sight]:
    """Yield what a MetaGraph does beyond computing, or a graph: what lies beside its nodes, then they themselves."""
    assets = set[str]()
    for one in fields(part, look, at, end):
        if one.wire == BYTES and one.number in _BESIDE:
            yield from _BESIDE[one.number](part, look, one, assets)
    for begin, stop in _graphs(part, look, at, end):
        found = tuple(graphs(part, look, begin, stop))
        functions = frozenset(one.function for one in found if one.function)
        for graph in found:
            look.tick()
            yield from judge(graph, part, assets=frozenset(assets), functions=functions)


def _graphs(part: Part, look: Look, at: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield where the graphs of a MetaGraph lie, or a graph itself: behind its library, where that looks like one."""
    own = _has_nodes(part, look, at, end)
    for held in within(part, look, at, end, 2):
        library = own and any(within(part, look, held.at, held.end, 1))
        if not library or _has_nodes(part, look, held.at, held.end):
            yield held.at, held.end
    if own:
        yield at, end


def _asset(part: Part, look: Look, message: Field, assets: set[str]) -> Iterator[Sight]:
    held = asset(part, look, message.at, message.end)
    assets.add(held.node)
    if outside(held.path):
        fact = f"an asset is the file {one_line(held.path)[:160]}"
        yield part.sees("tf-path", fact, name=held.path, offset=message.at)


def _collection(part: Part, look: Look, message: Field, assets: set[str]) -> Iterator[Sight]:
    """Yield what is wrong with the assets that TensorFlow 1 keeps in a collection, each packed as `Any`."""
    for key, value in _pairs(part, look, message):
        if key == "saved_model_assets":
            for one in within(part, look, value.at, value.end, 5, 1, 2):
                yield from _asset(part, look, one, assets)


def _pairs(part: Part, look: Look, message: Field) -> Iterator[tuple[str, Field]]:
    key, value = "", None
    for one in fields(part, look, message.at, message.end):
        if one.number == 1 and one.wire == BYTES:
            key = text(part, one)
        elif one.number == 2 and one.wire == BYTES:
            value = one
    if value is not None:
        yield key, value


def _objects(part: Part, look: Look, message: Field, _assets: set[str]) -> Iterator[Sight]:
    """Yield what is wrong with the Keras metadata that saved objects carry (until TensorFlow 2.4)."""
    for one in within(part, look, message.at, message.end, 1, 4, 3):
        yield from _said(part, look, one)


_BESIDE: Final = {4: _collection, 6: _asset, 7: _objects}


def _is_json(part: Part, one: Field) -> bool:
    return part.read(one.at, min(one.size, 1024)).lstrip(b" \t\r\n\xef\xbb\xbf")[:1] in (b"{", b"[")


def _said(part: Part, look: Look, one: Field) -> Iterator[Sight]:
    if _is_json(part, one):
        yield from judge_bytes(part.exactly(one.at, min(one.size, _MOST_METADATA + 1)), part, look, revived=True)


def _metadata(part: Part, look: Look, at: int, end: int, depth: int) -> Iterator[Sight]:
    """Yield what is wrong with the configurations in the nodes of Keras metadata."""
    if depth > _DEEP:
        raise BrokenError("the metadata nest too deeply", at)
    for one in fields(part, look, at, end):
        if one.wire != BYTES:
            continue
        if _is_json(part, one):
            yield from _said(part, look, one)
        elif depth == 0:
            yield from _metadata(part, look, one.at, one.end, depth + 1)


def _fingerprint(part: Part, look: Look) -> Iterator[Sight]:
    for one in fields(part, look):
        if one.number > 7 or (one.number < 6) != (one.wire == VARINT):
            yield part.sees("tf-opaque", f"a fingerprint has a field {one.number} of another kind", offset=one.at)
