"""Judging a Keras configuration: everything it names must be a layer, loss, metric … that Keras itself holds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from accord.core.text import one_line
from accord.scan.look import Look, OverError
from accord.scan.models import operators
from accord.scan.models.keras_names import Named, doubt, doubt_of_operator, doubt_of_symbol
from accord.scan.models.strict_json import load
from accord.scan.part import Part
from accord.scan.rating import Sight

_MOST_VALUES: Final = 4_000_000
_TICK: Final = 4096
_DEEPEST: Final = 200
_PATH: Final = re.compile(r"[/\\]|\A~|\.[A-Za-z0-9]{1,8}\Z")
_OPERATOR: Final = re.compile(r'(?:\A|[\s{,])"?op"?\s{0,8}:\s{0,8}"([^"]{1,200})"')
_METHODS: Final = frozenset({"TensorFlowOpLayer", "ClassMethod", "InstanceMethod", "InstanceProperty"})
_TENSORS: Final = re.compile(r"(?:[a-z_0-9]+\.)*(?:RaggedTensor|SparseTensor|Tensor|KerasTensor)\Z|\Z")


def is_keras(document: object) -> bool:
    """Tell whether a JSON document has the shape of a Keras configuration."""
    return (
        isinstance(document, Mapping)
        and isinstance(document.get("class_name"), str)
        and ("config" in document or "module" in document)
    )


def judge_bytes(data: bytes, part: Part, look: Look, *, revived: bool = False) -> Iterator[Sight]:
    """Yield what is wrong with a configuration as JSON text; keys that stand twice are judged in both readings."""
    text = load(data)
    yield from text.oddities(part)
    for reading in text.readings:
        yield from judge(reading, part, look, revived=revived)


def judge(document: object, part: Part, look: Look, *, revived: bool = False) -> Iterator[Sight]:
    """Yield what a configuration names that is no part of Keras.

    `revived` is for the metadata of a SavedModel, where a class that Keras does not know is made of stored functions.
    """
    judging = _Judging(part, revived)
    waiting: list[tuple[object, int]] = [(document, 0)]
    count = 0
    while waiting:
        value, depth = waiting.pop()
        count += 1
        if count % _TICK == 0:
            look.tick()
        if count > _MOST_VALUES or depth > _DEEPEST:
            raise OverError("the configuration is too large or too deep to be judged whole")
        if isinstance(value, Mapping):
            yield from judging.of_object(value)
            waiting.extend((one, depth + 1) for one in value.values() if isinstance(one, dict | list))
        elif isinstance(value, list):
            waiting.extend((one, depth + 1) for one in value if isinstance(one, dict | list))


@dataclass(frozen=True, slots=True)
class _Judging:
    part: Part
    revived: bool

    def of_object(self, node: Mapping[str, object]) -> Iterator[Sight]:
        """Yield what is wrong with one object of a configuration, apart from the objects in it."""
        yield from self._keys(node)
        name = node.get("class_name")
        if name is None:
            return
        inner = node.get("config")
        if not isinstance(name, str):
            yield self.part.sees("malformed", f"a class_name is {type(name).__name__}, not a text")
        elif name == "Lambda":
            yield from self._lambda(inner)
        else:
            yield from self._name(node, inner if name == "function" else name)
            yield from self._layer(name, inner)

    def _keys(self, node: Mapping[str, object]) -> Iterator[Sight]:
        for key in ("function_type", "output_shape_type", "mask_type"):
            if node.get(key) == "lambda":
                message = f"{key} says lambda: marshalled Python code is run"
                yield self.part.sees("keras-code", message, name="Lambda")
        for key, value in node.items():
            if not isinstance(value, str) or not value:
                continue
            groups = operators.keras(key)
            if "path-key" in groups or ("path-like-key" in groups and _PATH.search(value)):
                message = f"{key} names the file or address {one_line(value)[:120]}"
                yield self.part.sees("keras-path", message, name=key)

    def _lambda(self, inner: object) -> Iterator[Sight]:
        """Yield what a Lambda layer runs: fine only where that is a function that Keras lists."""
        function = inner.get("function") if isinstance(inner, Mapping) else None
        shown = function if isinstance(function, str) else "marshalled Python code"
        if isinstance(function, Mapping) and function.get("class_name") == "function":
            named = Named(str(function.get("module")), str(function.get("config")), function=True)
            if doubt(named) is None:
                return
            shown = named.shown
        yield self.part.sees("keras-code", f"a Lambda layer runs {one_line(shown)[:120]}", name="Lambda")

    def _name(self, node: Mapping[str, object], name: object) -> Iterator[Sight]:
        """Yield a reason unless what an object names is a class or function that Keras lists."""
        module, registered = node.get("module"), node.get("registered_name")
        if not isinstance(name, str) or not isinstance(module, str | None) or not isinstance(registered, str | None):
            shown = one_line(str((module, name, registered)))[:160]
            yield self.part.sees("malformed", f"the names of an object are no texts: {shown}")
            return
        named = Named(module or "", name, function=node.get("class_name") == "function")
        kind, shown = doubt(named), named.shown
        if kind is None and registered and ">" in registered:
            kind, shown = "keras-custom", f"{shown} registered as {registered}"
        elif kind is None and registered and operators.keras(registered) & {"code", "path", "danger"}:
            kind, shown = "keras-callable", f"{shown} registered as {registered}"
        if kind and not (kind == "keras-custom" and self.revived):
            what = "function" if named.function else "class"
            message = f"the configuration names the {what} {one_line(shown)[:160]}"
            yield self.part.sees(kind, message, name=shown)

    def _layer(self, name: str, inner: object) -> Iterator[Sight]:
        """Yield what a layer made of one TensorFlow function, node or method calls."""
        if not isinstance(inner, Mapping):
            return
        kind, called = None, ""
        definition = inner.get("node_def")
        if name == "TFOpLambda":
            called = str(inner.get("function"))
            kind = doubt_of_symbol(inner.get("function"))
        elif name in _METHODS and definition is not None:
            called = _operator(definition)
            kind = doubt_of_operator(called)
        elif name in _METHODS:
            called = str(inner.get("cls_ref") or inner.get("cls_symbol") or "")
            kind = None if name != "TensorFlowOpLayer" and _TENSORS.match(called) else "keras-custom"
        if kind:
            yield self.part.sees(kind, f"a layer calls TensorFlow's {one_line(called)[:120]}", name=called)


def _operator(definition: object) -> str:
    if isinstance(definition, Mapping):
        return str(definition.get("op"))
    found = _OPERATOR.search(definition) if isinstance(definition, str) else None
    return found[1] if found else ""
