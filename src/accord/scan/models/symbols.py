"""MXNet symbol files: operators that call Python or native code are not part of the library's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from accord.core.text import one_line
from accord.scan.look import Look
from accord.scan.part import BrokenError, Part
from accord.scan.rating import Sight

_CUSTOM: Final = frozenset(
    {"Custom", "_Native", "_NDArray", "_CustomFunction", "_TensorRT", "_sg_custom", "_TVMSubgraph"}
)
_LIBRARY = (".so", ".dll", ".dylib")
_MOST_NODES = 500_000


def judge(symbol: Mapping[str, object], part: Part, look: Look) -> Iterator[Sight]:
    """Yield the operators of a symbol file that are code of somebody else, in graphs inside of graphs too.

    Raises `BrokenError` where a node has no operator.
    """
    waiting: list[Mapping[str, object]] = [symbol]
    count = 0
    while waiting:
        nodes = waiting.pop().get("nodes")
        for node in nodes if isinstance(nodes, list) else ():
            count += 1
            if count > _MOST_NODES or not isinstance(node, dict) or not isinstance(node.get("op"), str):
                raise BrokenError("a node of the symbol has no operator, or there are too many")
            look.tick()
            yield from _node(node, part)
            inner = node.get("subgraphs")
            waiting += [one for one in inner if isinstance(one, dict)] if isinstance(inner, list) else []


def _node(node: Mapping[str, object], part: Part) -> Iterator[Sight]:
    op = str(node["op"])
    given = node.get("attrs") or node.get("param") or node.get("attr")
    attributes: Mapping[str, object] = given if isinstance(given, dict) else {}
    if op in _CUSTOM or "op_type" in attributes:
        named = one_line(str(attributes.get("op_type", op)), 80)
        yield part.sees("layer-python", f"the operator {one_line(op, 60)} calls {named} of its host", name=named)
    for key, value in attributes.items():
        if isinstance(value, str) and value.endswith(_LIBRARY):
            yield part.sees(
                "layer-custom", f"{one_line(key, 60)} has {one_line(value, 120)} loaded", name=one_line(value, 80)
            )
