"""Judging a Keras configuration: everything it names must be a layer, loss, metric … that Keras itself holds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from accord.core.text import one_line
from accord.scan.look import Look, OverError
from accord.scan.models import operators
from accord.scan.models.keras_names import Named, doubt, doubt_of_operator, doubt_of_symbol, refusal
from accord.scan.models.protobuf import fields, text
from accord.scan.models.prototext import parse
from accord.scan.models.strict_json import load
from accord.scan.part import BrokenError, Part
from accord.scan.rating import Sight

_MOST_VALUES: Final = 4_000_000
_TICK: Final = 4096
_DEEPEST: Final = 200
_PATH: Final = re.compile(r"[/\\]|\A~|\.[A-Za-z0-9]{1,8}\Z")
_METHODS: Final = frozenset({"TensorFlowOpLayer", "ClassMethod", "InstanceMethod", "InstanceProperty"})
_TENSORS: Final = re.compile(r"(?:[a-z_0-9]+\.)*(?:RaggedTensor|SparseTensor|Tensor|KerasTensor)\Z|\Z")


def is_keras(document: object) -> bool:
    """Tell whether a JSON document has the shape of a Keras configuration, or of the wrappings of one."""
    if not isinstance(document, Mapping):
        return False
    if isinstance(document.get("class_name"), str):
        return "config" in document or "module" in document
    wrapped = document.get("model_config", document.get("config"))
    layers = wrapped.get("layers") if isinstance(wrapped, Mapping) else None
    return is_keras(wrapped) if "keras_version" in document else isinstance(layers, list) and any(map(is_keras, layers))


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
    judging = _Judging(part, look, revived)
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
    look: Look
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
        if registered and (kind is None or registered != name):
            again = refusal(registered) or ("keras-custom" if ">" in registered else None)
            if again and (kind is None or again != "keras-custom"):
                kind, shown = again, f"{shown} registered as {registered}"
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
            judged = [(doubt_of_operator(one), one) for one in _operators(definition, self.look)]
            kind, called = max(judged, key=lambda one: (one[0] is not None, one[0] == "tf-operator"))
        elif name in _METHODS:
            called = str(inner.get("cls_ref") or inner.get("cls_symbol") or "")
            kind = None if name != "TensorFlowOpLayer" and _TENSORS.match(called) else "keras-custom"
        if kind:
            yield self.part.sees(kind, f"a layer calls TensorFlow's {one_line(called)[:120]}", name=called)


def _operators(definition: object, look: Look) -> tuple[str, ...]:
    """Return the operators that a node may be of: as JSON, as a protocol buffer, or as its text form."""
    if isinstance(definition, Mapping):
        return (str(definition.get("op")),)
    found: list[str] = []
    if isinstance(definition, str):
        data = definition.encode("utf-8", "surrogatepass")
        with suppress(BrokenError):
            found.extend(str(one.get("op")) for one in load(data).readings if isinstance(one, Mapping))
        with suppress(BrokenError):
            part = Part(data, name="node")
            found.extend(text(part, one) for one in fields(part, look) if one.number == 2)
        with suppress(BrokenError):
            found.extend(one.text for one in parse(definition, look).all("op"))
    return tuple(found) or ("",)
