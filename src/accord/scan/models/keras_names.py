"""What a name in a Keras configuration stands for: a part of Keras, somebody's class, or something no model needs."""

from __future__ import annotations

import builtins
import re
import sys
from typing import Final, NamedTuple

from accord.scan.models import operators

_OURS: Final = re.compile(
    r"(?:keras|tf_keras|keras_core|tensorflow\.keras|tensorflow\.python\.keras|tensorflow\.compat\.v[12]\.keras)(?:\.|\Z)"
)
_ASIDE: Final = re.compile(r"\.(?:utils|saving|config|export|callbacks|datasets|preprocessing|wrappers)(?:\.|\Z)")
_TYPES: Final = re.compile(r"tensorflow\.python\.(?:framework|ops)\.[a-z_.]+\Z|tensorflow\Z")
_VERBS: Final = re.compile(
    r"(?i)(?:\A|_)(?:system|popen|exec|eval|run|call|loads?|open|read|write|get_file|download|urlopen|spawn|import|compile"
    r"|check_output|remove|rmtree|unlink|command|shell|extract|save)(?:\Z|_|[A-Z])"
)
_REFUSED: Final = {"code": "keras-code", "path": "keras-path", "danger": "keras-callable"}
_PARTED: Final = re.compile(r"[^.:][.:][^.:]")
_PARTS: Final = re.compile(r"[.:>]")
_SYMBOL: Final = re.compile(
    r"(?:math|nn|linalg|signal|sparse|ragged|bitwise|strings|dtypes|random|quantization|keras\.backend|"
    r"compat\.v1\.(?:math|nn)|__operators__|_api\.v2\.(?:math|nn))\.[A-Za-z0-9_.]+\Z|image\.[a-z_]+\Z|[a-z_0-9]+\Z"
)
_SYMBOL_REFUSED: Final = re.compile(
    r"(?:\A|\.)(?:io|py_func|numpy_function|py_function|raw_ops|load_op_library|load_library|import_graph_def|saved_model|summary|data|"
    r"print|eval|exec|system|open|import_module|function|extract_archive|get_file)(?:\.|\Z)|read_file|write_file|from_file"
)


class Named(NamedTuple):
    """A name as a configuration gives it: the module (may be empty), the name, and whether it is a function's."""

    module: str
    name: str
    function: bool = False

    @property
    def shown(self) -> str:
        """Return the whole name."""
        return f"{self.module}.{self.name}" if self.module else self.name


def refusal(name: str) -> str | None:
    """Return the kind of reason against a name that is refused under whatever package it is registered."""
    known = operators.keras(_PARTS.split(name)[-1])
    return next((kind for group, kind in _REFUSED.items() if group in known), None)


def doubt(named: Named) -> str | None:
    """Return the kind of reason against a name, None when Keras lists it; a dotted one is split as a loader would."""
    if not named.module and _PARTED.search(named.name):
        module, _, name = named.name.replace(":", ".").rpartition(".")
        return doubt(Named(module, name, named.function)) or "keras-custom"
    refused = refusal(named.name)
    if refused:
        return refused
    known = operators.keras(named.name)
    ours = not named.module or named.module == "builtins" or _OURS.match(named.module) is not None
    listed = "class" in known or (named.function and "function" in known)
    if listed and ours and (named.name == "FeatureSpace" or not _ASIDE.search(named.module)):
        return None
    if listed and not named.function and _TYPES.match(named.module):
        return None
    return _of_stranger(named)


def _of_stranger(named: Named) -> str:
    """Return the kind of reason against a name that Keras does not list, or that another package holds."""
    top = named.module.partition(".")[0]
    if _OURS.match(named.module):
        return "keras-callable" if named.function or _ASIDE.search(named.module) else "keras-custom"
    if top == "builtins":
        return "keras-callable" if hasattr(builtins, named.name) or "." in named.name else "keras-custom"
    if not named.module or top == "__main__":
        return "keras-custom"
    if top in sys.stdlib_module_names or "library" in operators.keras(top):
        return "keras-callable"
    return "keras-callable" if named.function and _VERBS.search(named.name) else "keras-custom"


def doubt_of_symbol(symbol: object) -> str | None:
    """Return the kind of reason against a function of TensorFlow that a layer is made of."""
    if isinstance(symbol, str) and _SYMBOL_REFUSED.search(symbol):
        return "keras-callable"
    return None if isinstance(symbol, str) and _SYMBOL.match(symbol) else "keras-custom"


def doubt_of_operator(operator: str) -> str | None:
    """Return the kind of reason against an operator of TensorFlow that a layer is made of."""
    use = operators.tensorflow(operator)
    if use in ("plain", "stateful"):
        return None
    return "tf-operator" if use in ("code", "file", "network") else "tf-custom"
