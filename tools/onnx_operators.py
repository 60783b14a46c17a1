"""Lists the operators that ONNX and its runtime define, and the fields of ONNX's messages, as tables for the scan.

Runs inside an environment that holds onnx and onnxruntime:

    ENVIRONMENT/bin/python tools/onnx_operators.py operators > src/accord/data/scan/onnx_operators.tsv
    ENVIRONMENT/bin/python tools/onnx_operators.py fields    > src/accord/data/scan/onnx_fields.tsv

Every version of an operator counts, those that were taken back too. What an operator is good for is not decided here:
`onnx_reviewed.yaml` beside the tables is written by hand and wins over them.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterator
from importlib.metadata import version
from typing import Final

MESSAGES: Final = (
    "ModelProto", "GraphProto", "NodeProto", "AttributeProto", "TensorProto", "SparseTensorProto", "FunctionProto",
    "StringStringEntryProto", "OperatorSetIdProto", "TrainingInfoProto",
)  # fmt: skip
VARINTS: Final = dict.fromkeys((3, 4, 5, 14), "varint")
WIRES: Final = VARINTS | {1: "fixed64", 2: "fixed32", 9: "text", 11: "message", 12: "bytes"}
"""How the types of protocol buffers' descriptors lie in a file."""


def operators() -> Iterator[str]:
    """Yield a line for each domain: its name and those of its operators."""
    import onnx.defs
    from onnxruntime.capi.onnxruntime_pybind11_state import get_all_operator_schema

    found: dict[str, set[str]] = defaultdict(set)
    for schema in (*onnx.defs.get_all_schemas_with_history(), *get_all_operator_schema()):
        found[schema.domain or "ai.onnx"].add(schema.name)
    sources = f"onnx {version('onnx')} and onnxruntime {version('onnxruntime')}"
    yield f"# Operators by domain, from {sources}: tools/onnx_operators.py"
    for domain, names in sorted(found.items()):
        yield f"{domain}\t{' '.join(sorted(names))}"


def fields() -> Iterator[str]:
    """Yield a line for each field: message, number, name, how it lies, and whether it is repeated."""
    import onnx

    yield f"# Fields of messages, from onnx {version('onnx')}: tools/onnx_operators.py"
    for message in MESSAGES:
        for field in sorted(getattr(onnx, message).DESCRIPTOR.fields, key=lambda one: one.number):
            repeated = "many" if field.is_repeated else "one"
            yield f"{message.removesuffix('Proto')}\t{field.number}\t{field.name}\t{WIRES[field.type]}\t{repeated}"


if __name__ == "__main__":
    for line in {"operators": operators, "fields": fields}[sys.argv[1]]():
        print(line)
