"""Lists what the installed Keras, TensorFlow and PyTorch register, as tables for `accord.scan.models`.

Runs inside the environment that holds the framework, with the standard library and the framework only:

    ENVIRONMENT/bin/python tools/operators.py keras      > src/accord/data/scan/keras_objects.tsv
    ENVIRONMENT/bin/python tools/operators.py tensorflow > src/accord/data/scan/tensorflow_operators.tsv
    ENVIRONMENT/bin/python tools/operators.py torch      > src/accord/data/scan/torch_operators.tsv

Each line is a group, a tab, and names. What a name is good for is not decided here: the tables `*_reviewed.tsv` beside
them are written by hand and win over these.
"""

from __future__ import annotations

import importlib
import inspect
import os
import pkgutil
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

_WIDTH: Final = 110
_ROLES: Final = (
    "activations constraints dtype_policies initializers layers losses metrics ops optimizers quantizers"
    " random regularizers distribution distillation"
)  # whose classes and functions a configuration may name
_NOT_MODELLING: Final = frozenset(["get", "deserialize", "serialize", "initialize", "set_distribution", "list_devices"])


def keras_objects() -> Iterator[tuple[str, str]]:
    """Yield the classes and functions that a Keras configuration may name: (class or function, name)."""
    os.environ.setdefault("KERAS_BACKEND", "torch")
    from keras.src.api_export import REGISTERED_NAMES_TO_OBJS  # type: ignore[import-not-found,import-untyped,unused-ignore]  # not ours
    from keras.src.ops.operation import Operation  # type: ignore[import-not-found,import-untyped,unused-ignore]  # not ours

    roles = set(_ROLES.split())
    for place, found in REGISTERED_NAMES_TO_OBJS.items():
        module, _, name = place.rpartition(".")
        if module.partition(".")[2].partition(".")[0] in roles and name not in _NOT_MODELLING:
            yield ("class" if inspect.isclass(found) else "function"), name
    yield from (("class", name) for name in ("Model", "Sequential", "Functional", "InputLayer", "FeatureSpace"))
    for module in _modules("keras.src.ops", "keras.src.layers"):
        for name, found in vars(module).items():
            if inspect.isclass(found) and issubclass(found, Operation) and not name.startswith("_"):
                yield "class", name


def tensorflow_operators() -> Iterator[tuple[str, str]]:
    """Yield every operator of TensorFlow's registry: (stateful or plain, name)."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    from tensorflow.core.framework import op_def_pb2  # type: ignore[import-not-found,import-untyped,unused-ignore]  # not ours
    from tensorflow.python.client import pywrap_tf_session  # type: ignore[import-not-found,import-untyped,unused-ignore]  # not ours

    listed = op_def_pb2.OpList()
    listed.ParseFromString(pywrap_tf_session.TF_GetBuffer(pywrap_tf_session.TF_GetAllOpList()))
    for one in listed.op:
        yield ("stateful" if one.is_stateful else "plain"), one.name


def torch_operators() -> Iterator[tuple[str, str]]:
    """Yield every operator that PyTorch registers, and those of the packages beside it: (namespace, name)."""
    import torch  # type: ignore[import-not-found,import-untyped,unused-ignore]  # not ours

    for beside in ("torchvision", "torchaudio"):
        try:
            importlib.import_module(beside)
        except (ImportError, RuntimeError):  # built for another version
            continue
    for schema in torch._C._jit_get_all_schemas():
        space, _, name = schema.name.partition("::")
        yield space, name
    for name in sorted(torch._C._dispatch_get_all_op_names()):
        space, _, rest = name.partition("::")
        yield space, rest.partition(".")[0]


def _modules(*roots: str) -> Iterator[Any]:
    for root in roots:
        package = importlib.import_module(root)
        yield package
        for found in pkgutil.walk_packages(package.__path__, root + "."):
            if not found.name.endswith("_test"):
                try:
                    yield importlib.import_module(found.name)
                except ImportError:
                    continue


def written(title: str, pairs: Iterator[tuple[str, str]]) -> Iterator[str]:
    """Yield the lines of a table: a header with the version, then a group and its names, wrapped."""
    groups: dict[str, set[str]] = defaultdict(set)
    for group, name in pairs:
        groups[group].add(name)
    package = importlib.import_module(title)
    yield f"# Names that {title} {package.__version__} registers. Written by tools/operators.py {title}: do not edit."
    for group in sorted(groups):
        line = ""
        for name in sorted(groups[group]):
            if line and len(line) + len(name) > _WIDTH:
                yield f"{group}\t{line}"
                line = ""
            line = f"{line} {name}".strip()
        yield f"{group}\t{line}"


FRAMEWORKS: Final[Mapping[str, Callable[[], Iterator[tuple[str, str]]]]] = {
    "keras": keras_objects,
    "tensorflow": tensorflow_operators,
    "torch": torch_operators,
}


def main() -> int:
    """Write the table of the framework that the command names."""
    if len(sys.argv) != 2 or sys.argv[1] not in FRAMEWORKS:
        print(f"usage: operators.py {'|'.join(FRAMEWORKS)}", file=sys.stderr)
        return 2
    for line in written(sys.argv[1], FRAMEWORKS[sys.argv[1]]()):
        print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main())
