"""Judging a TensorFlow graph: every operator must be known, and none may reach out of the model."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from accord.core.text import one_line
from accord.scan.models import operators
from accord.scan.models.tensorflow_graph import Graph, Node
from accord.scan.part import Part
from accord.scan.rating import Sight

_DEEPEST: Final = 24
_SAVES: Final = re.compile(r"(?:\A|/)(?:save|restore|saver|checkpoint_initializer)[^/]*(?:/|\Z)")
_SAVERS: Final = re.compile(r"traced_(?:save|restore)|_(?:save|restore)(?:_fn|_\d|\Z)|\A(?:save|restore)")
_OUTSIDE: Final = re.compile(r"[/\\~]|[A-Za-z]:[\\/]|[a-zA-Z][a-zA-Z0-9+.-]*://|(?:.*[/\\])?\.\.(?:[/\\]|\Z)", re.S)
_INTERNAL: Final = re.compile(r"_(?:Fused|Mkl|ITEX|OneDnn)\w+\Z")
_MAKERS: Final = re.compile(
    r"(?:String(?!Join)|(?:Static)?RegexReplace|Unicode|Decode|ReduceJoin|UnsortedSegmentJoin|Substr|AsString|ParseTensor)"
)
_TALKS: Final = re.compile(r"(?:grpc|file|https?|tcp)://", re.I)
_ATTRIBUTES: Final = frozenset(
    {"output_stream", "debug_urls", "vocab_file", "descriptor_source", "debug_ops_spec", "file"}
)
_SAYS: Final = {
    "code": "runs Python or native code, or a graph from a text",
    "file": "opens a file that a text names",
    "network": "talks to another process",
    "opaque": "carries a program that is not looked at",
}


def outside(path: str) -> bool:
    """Tell whether a path leads out of the folder of a model."""
    return _OUTSIDE.match(path) is not None


def judge(graph: Graph, part: Part, *, assets: frozenset[str], functions: frozenset[str]) -> Iterator[Sight]:
    """Yield what a graph's nodes do that a model has no need for.

    `assets` are the nodes that the loader fills with the paths of the model's own assets.
    """
    for node in graph.nodes.values():
        use = operators.tensorflow(node.operator)
        if use in ("plain", "stateful"):
            continue
        where = f"in the function {graph.function}" if graph.function else "in the graph"
        shown = f"the node {one_line(node.name)[:80]} {one_line(where)[:120]}"
        match use:
            case "code" | "file" | "network":
                message = f"{shown} is {node.operator}, which {_SAYS[use]}"
                yield part.sees("tf-operator", message, name=node.operator, offset=node.offset)
            case "checkpoint" | "table":
                yield from _path(graph, node, part, assets, shown)
            case "attribute":
                yield from _attribute(node, part, shown)
            case "opaque":
                message = f"{shown} is {node.operator}, which {_SAYS[use]}"
                yield part.sees("tf-opaque", message, name=node.operator, offset=node.offset)
            case _:
                if node.operator not in functions and not _INTERNAL.match(node.operator):
                    message = f"{shown} is {one_line(node.operator)[:120]}, which TensorFlow does not hold"
                    yield part.sees("tf-custom", message, name=node.operator, offset=node.offset)


def _path(graph: Graph, node: Node, part: Part, assets: frozenset[str], shown: str) -> Iterator[Sight]:
    """Yield where a checkpoint or table takes its file from, unless that is the model's own business."""
    table = operators.tensorflow(node.operator) == "table"
    wired = node.inputs[1:2] if table else node.inputs[:2] if node.operator == "MergeV2Checkpoints" else node.inputs[:1]
    if not table and not (_SAVERS.search(graph.function) if graph.function else _SAVES.search(node.name)):
        message = f"{shown} is {node.operator}: it reads or writes a checkpoint away from saving and restoring"
        yield part.sees("tf-operator", message, name=node.operator, offset=node.offset)
    if not wired:
        message = f"{shown} is {node.operator} of a file that nothing names"
        yield part.sees("tf-operator", message, name=node.operator, offset=node.offset)
    for path, maker in (found for name in wired for found in _constants(graph, name, assets)):
        if maker or outside(path):
            message = f"{shown} is {node.operator} of " + (
                f"a path that {maker} makes" if maker else one_line(path)[:120]
            )
            yield part.sees("tf-path", message, name=node.operator, offset=node.offset)


def _constants(graph: Graph, name: str, assets: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Yield the constant texts that flow into an input, and the operators that make others of them."""
    waiting, met = [(name, 0)], set[str]()
    while waiting:
        wire, depth = waiting.pop()
        source = wire.lstrip("^").partition(":")[0]
        node = graph.nodes.get(source)
        if node is None or source in met or source in assets or wire.startswith("^") or depth > _DEEPEST:
            continue
        met.add(source)
        if node.operator == "Const":
            yield from ((text, "") for text in node.texts.get("value", ()))
        elif _MAKERS.match(node.operator):
            yield "", node.operator
        elif node.operator != "StaticRegexFullMatch":
            yield from ((text, "") for text in node.texts.get("separator", ()))
            waiting.extend((one, depth + 1) for one in node.inputs)


def _attribute(node: Node, part: Part, shown: str) -> Iterator[Sight]:
    for key in sorted(_ATTRIBUTES & node.texts.keys()):
        for value in node.texts[key]:
            fine = {
                "vocab_file": value == "",
                "descriptor_source": value in ("", "local://") or value.startswith("bytes://"),
            }.get(key, not _TALKS.search(value))
            if not fine:
                message = f"{shown} is {node.operator} with {key} {one_line(value)[:120]}"
                yield part.sees("tf-operator", message, name=node.operator, offset=node.offset)
