"""Reading TensorFlow graphs and SavedModels in text form (.pbtxt)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from accord.core.text import one_line
from accord.scan.look import Look
from accord.scan.models.keras_config import judge_bytes
from accord.scan.models.prototext import Value, parse
from accord.scan.models.tensorflow_graph import Asset, Graph, Node, asset, unpacked
from accord.scan.models.tensorflow_judge import judge, outside
from accord.scan.part import Part
from accord.scan.rating import Sight

_MOST: Final = 64 << 20
_START: Final = re.compile(
    rb"(?:\xef\xbb\xbf)?(?:[ \t\r\n]++|#[^\n]*+\n)*+"
    rb"(?P<first>node|library|versions?|meta_graphs|saved_model_schema_version|(?:meta_info|graph|saver|collection|signature"
    rb"|asset_file|object_graph)_def)[ \t]{0,20}(?:[:{<\[#]|\r?\n)"
)
_NAME: Final = re.compile(r"\.(?:pbtxt|pb\.txt|prototxt|meta|textproto|graphdef)\Z", re.I)
_OPERATOR: Final = re.compile(rb"\bop[ \t]{0,20}:[ \t]{0,20}['\"]")


def is_text_graph(part: Part) -> bool:
    """Tell whether a part is a graph or a SavedModel in text form."""
    found = _START.match(part.head)
    if not found:
        return False
    if found["first"] in (b"meta_graphs", b"saved_model_schema_version") or found["first"].endswith(b"_def"):
        return True
    return _NAME.search(part.name) is not None or (
        found["first"] == b"node" and _OPERATOR.search(part.head) is not None
    )


def read(part: Part, look: Look) -> Iterator[Sight]:
    """Yield what the graphs of a text form do beyond computing."""
    root = parse(part.whole(_MOST).decode("utf-8-sig"), look)
    metas = tuple(root.all("meta_graphs"))
    if metas:
        look.name_format(part, "tensorflow-savedmodel")
    for meta in metas or (root,):
        assets = frozenset(one.node for one in _assets(meta, look))
        found = [graph for inner in meta.all("graph_def") for graph in _graphs(inner)] or list(_graphs(meta))
        functions = frozenset(one.function for one in found if one.function)
        for graph in found:
            look.tick()
            yield from judge(graph, part, assets=assets, functions=functions)
        yield from _beside(meta, part, look)


def _assets(meta: Value, look: Look) -> Iterator[Asset]:
    """Yield the assets of a MetaGraph: its own, and those that TensorFlow 1 packs into a collection."""
    for held in meta.all("asset_file_def"):
        for path in held.all("filename"):
            infos = [info.first("name").partition(":")[0] for info in held.all("tensor_info")]
            yield Asset(infos[-1] if infos else "", path.text)
    for collection in meta.all("collection_def"):
        for value in collection.all("value") if collection.first("key") == "saved_model_assets" else ():
            for packed in (one for several in value.all("any_list") for one in several.all("value")):
                data = packed.first("value").encode("latin-1", "replace")
                yield asset(Part(data, name="asset"), look, 0, len(data))


def _beside(meta: Value, part: Part, look: Look) -> Iterator[Sight]:
    for held in _assets(meta, look):
        if outside(held.path):
            yield part.sees("tf-path", f"an asset is the file {one_line(held.path)[:160]}", name=held.path)
    for objects in meta.all("object_graph_def"):
        for one in (two for node in objects.all("nodes") for two in node.all("user_object")):
            said = one.first("metadata")
            if said[:1] in ("{", "["):
                yield from judge_bytes(said.encode("utf-8", "replace"), part, look, revived=True)


def _graphs(held: Value) -> Iterator[Graph]:
    yield Graph(function=None, nodes=_named(held.all("node")))
    for library in held.all("library"):
        for function in library.all("function"):
            signature = next(function.all("signature"), None)
            name = signature.first("name") if signature else ""
            arguments = frozenset(one.first("name") for one in signature.all("input_arg")) if signature else frozenset()
            yield Graph(function=name, nodes=_named(function.all("node_def")), arguments=arguments)


def _named(nodes: Iterator[Value]) -> dict[str, Node]:
    found: dict[str, Node] = {}
    for one in nodes:
        node = Node(
            name=one.first("name"),
            operator=one.first("op"),
            inputs=tuple(two.text for two in one.all("input")),
            texts=dict(_texts(one)),
            offset=one.at,
        )
        found[node.name if node.name not in found else f"{node.name}#{len(found)}"] = node
    return found


def _texts(node: Value) -> Iterator[tuple[str, tuple[str, ...]]]:
    for attribute in node.all("attr"):
        said: list[str] = []
        for value in attribute.all("value"):
            said.extend(one.text for one in value.all("s"))
            said.extend(one.text for held in value.all("list") for one in held.all("s"))
            said.extend(one for held in value.all("tensor") for one in _strings(held))
        if said:
            yield attribute.first("key"), tuple(said)


def _strings(tensor: Value) -> Iterator[str]:
    """Yield the texts of a tensor of texts, one by one or in one piece."""
    yield from (one.text for one in tensor.all("string_val"))
    if tensor.first("dtype") in ("DT_STRING", "7"):
        for one in tensor.all("tensor_content"):
            yield from unpacked(one.text.encode("latin-1", "replace"))
