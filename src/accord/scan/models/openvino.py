"""OpenVINO IR: layers of the standard operator sets only, and weights inside the file of weights."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final

from accord.core.shipped import lines_of
from accord.core.text import one_line
from accord.scan.part import Part

_SET: Final = re.compile(r"opset\d{1,3}")
_LIBRARY: Final = re.compile(
    r"\.(?:so(?:\.\d+)*|dll|dylib|cl|py)$|^(?:/|[A-Za-z]:\\|\\\\|file:|https?:)", re.IGNORECASE
)
_TEXTS: Final = frozenset({"name", "names", "friendly_name", "value", "original_name", "fused_names"})


class Layers:
    """Judges the elements of one network as they come."""

    def __init__(self, part: Part) -> None:
        self._part = part
        self._version = 0

    def element(self, name: str, attributes: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
        """Yield what one element asks of the runtime besides computing."""
        if name == "net":
            version = attributes.get("version", "")
            self._version = int(version) if version.isascii() and version.isdecimal() and len(version) < 4 else 0
        if name == "layer":
            yield from self._layer(attributes)
        for key, value in attributes.items():
            if key not in _TEXTS and _LIBRARY.search(value):
                yield (
                    "xml-code",
                    f"{one_line(name, 60)} has {one_line(key, 60)}={one_line(value, 120)}",
                    one_line(value, 120),
                )

    def _layer(self, attributes: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
        kind, opset = attributes.get("type", ""), attributes.get("version")
        shown = one_line(kind, 80)
        if opset is None:
            if self._version >= 10:
                yield "layer-unknown", f"the layer {shown} is of no operator set", shown
            elif kind not in _operators():
                yield "layer-unknown", f"the layer {shown} is no standard operator", shown
        elif not _SET.fullmatch(opset):
            known = kind in _operators() and opset in {"ie_internal_opset", "experimental", "util"}
            kind_of_reason = "layer-unknown" if known else "layer-custom"
            yield kind_of_reason, f"the layer {shown} comes from the extension {one_line(opset, 60)}", shown
        elif kind not in _operators():
            yield "layer-unknown", f"the layer {shown} is in no standard operator set", shown


@cache
def _operators() -> frozenset[str]:
    return frozenset(lines_of("scan/openvino_operators.tsv"))
