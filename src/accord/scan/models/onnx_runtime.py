"""ONNX Runtime's own format: the model as a flat buffer, judged by the same operators as ONNX."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from accord.scan.look import Look
from accord.scan.models.flatbuffer import Table, root
from accord.scan.models.onnx_operators import Operator, objection
from accord.scan.part import BrokenError, Part
from accord.scan.rating import Sight

_DEEPEST = 48
_MODEL: Final = 1
_GRAPH: Final = 7
_NODES: Final = 2
_DOMAIN: Final = 2
_OP_TYPE: Final = 5
_ATTRIBUTES: Final = 10
_SUBGRAPH: Final = 7
_SUBGRAPHS: Final = 12
_INITIALIZERS: Final = 0
_OUTSIDE: Final = 6


def read(part: Part, look: Look) -> Iterator[Sight]:
    """Walk the graphs of the model, and judge each operator once, even if it breaks."""
    model = root(part).table(_MODEL)
    graph = model.table(_GRAPH) if model else None
    if graph is None:
        raise BrokenError("the session holds no model with a graph", 0)
    used: dict[Operator, int] = {}
    broken = None
    try:
        yield from _graphs(part, look, graph, used)
    except BrokenError as error:
        broken = error
    for operator, at in used.items():
        fault = objection(operator)
        if fault:
            yield part.sees(fault.kind, fault.message, name=operator.full, offset=at)
    if broken:
        raise broken


def _graphs(part: Part, look: Look, graph: Table, used: dict[Operator, int]) -> Iterator[Sight]:
    """Walk the graphs from the outermost in, each once."""
    graphs = [(graph, 0)]
    seen, walked = {graph.at}, set[tuple[int, int]]()
    while graphs:
        graph, depth = graphs.pop()
        if depth > _DEEPEST:
            raise BrokenError(f"graphs nest more than {_DEEPEST} deep", graph.at)
        yield from _weights(part, graph)
        for inner in _graph(graph, look, used, walked):
            if inner.at not in seen:
                seen.add(inner.at)
                graphs.append((inner, depth + 1))


def _graph(graph: Table, look: Look, used: dict[Operator, int], walked: set[tuple[int, int]]) -> Iterator[Table]:
    """Note the operators of a graph, and yield the graphs within it."""
    for node in _fresh(graph, _NODES, walked):
        look.tick()
        used.setdefault(Operator(node.text(_DOMAIN, 4096) or "", node.text(_OP_TYPE, 4096) or ""), node.at)
        for attribute in _fresh(node, _ATTRIBUTES, walked):
            within = attribute.table(_SUBGRAPH)
            yield from [within] if within else []
            yield from _fresh(attribute, _SUBGRAPHS, walked)


def _fresh(table: Table, slot: int, walked: set[tuple[int, int]]) -> Iterator[Table]:
    """Yield the tables of a field unless another field has led to them: sharing must not multiply the work."""
    place = slot, table.vector(slot, 4).at
    if place not in walked:
        walked.add(place)
        yield from table.tables(slot)


def _weights(part: Part, graph: Table) -> Iterator[Sight]:
    """Say when weights lie in a second file, which this format never names."""
    for tensor in graph.tables(_INITIALIZERS):
        if tensor.number(_OUTSIDE, "<q", -1) >= 0:
            yield part.sees("beside-missing", "weights lie in a file that the model does not name", offset=tensor.at)
            return
