"""Lists what pickles of the installed packages may name, with the hooks that unpickling would run.

Runs inside an environment that holds the packages (`ENVIRONMENT/bin/python tools/globals_probe.py PACKAGE …`), needs
the standard library only, and writes one JSON document. `tools/globals.py` starts it; it decides nothing itself.
"""

from __future__ import annotations

import dis
import enum
import importlib
import importlib.machinery
import importlib.metadata
import importlib.util
import json
import os
import pkgutil
import re
import sys
import types
import warnings
from collections.abc import Iterator
from typing import Final, NamedTuple

# what an import of somebody's optional corner may raise: it is left out and named in the header
_IMPORT_FAILS: Final = (
    ImportError,
    AttributeError,
    RuntimeError,
    OSError,
    TypeError,
    ValueError,
    LookupError,
    SyntaxError,
    NameError,
    AssertionError,
    SystemExit,
    NotImplementedError,
    DeprecationWarning,
)
_SKIPPED_PARTS: Final = frozenset(
    [
        "tests",
        "test",
        "testing",
        "_testing",
        "conftest",
        "setup",
        "distutils",
        "f2py",
        "cli",
        "scripts",
        "benchmarks",
        "benchmark",
        "examples",
        "plotting",
        "__main__",
        "_build_utils",
        "datasets",
        "externals",
    ]
)
# looked up or run by the unpickler itself, on the object or its class
_HOOKS: Final = ("__new__", "__setstate__", "__setattr__", "__getattr__", "__getattribute__", "__del__", "__hash__",
                 "__setitem__", "append", "extend", "add", "__call__")  # fmt: skip
_SUSPICIOUS: Final = frozenset(
    [
        "exec",
        "eval",
        "compile",
        "open",
        "__import__",
        "import_module",
        "system",
        "popen",
        "Popen",
        "spawn",
        "fork",
        "kill",
        "load",
        "loads",
        "read_pickle",
        "urlopen",
        "urlretrieve",
        "remove",
        "unlink",
        "rmtree",
        "rmdir",
        "makedirs",
        "mkdir",
        "rename",
        "chmod",
        "CDLL",
        "dlopen",
        "memmap",
        "mmap",
        "fromfile",
        "tofile",
        "from_file",
        "from_buffer",
        "socket",
        "connect",
        "FunctionType",
        "CodeType",
        "ctypes",
        "subprocess",
        "os",
        "sys",
        "shutil",
        "importlib",
        "builtins",
        "globals",
        "resolve_name",
        "getattr",
        "setattr",
        "delattr",
        "vars",
    ]
)
# what makes a function doubtful that is to stand as a value only
_BAD: Final = frozenset(
    [
        "exec",
        "eval",
        "compile",
        "open",
        "__import__",
        "import_module",
        "system",
        "popen",
        "Popen",
        "spawn",
        "fork",
        "read_pickle",
        "urlopen",
        "urlretrieve",
        "remove",
        "unlink",
        "rmtree",
        "rmdir",
        "makedirs",
        "mkdir",
        "CDLL",
        "dlopen",
        "memmap",
        "mmap",
        "fromfile",
        "tofile",
        "from_file",
        "socket",
        "connect",
        "FunctionType",
        "CodeType",
        "subprocess",
        "shutil",
        "importlib",
        "resolve_name",
    ]
)
_DEPTH: Final = 6
# reached from a hook's code without a note; any other package is noted
_PLAIN: Final = frozenset(
    [
        "abc",
        "builtins",
        "collections",
        "copy",
        "functools",
        "itertools",
        "math",
        "numbers",
        "numpy",
        "operator",
        "types",
        "typing",
        "typing_extensions",
        "warnings",
        "weakref",
        "datetime",
        "decimal",
        "enum",
        "dataclasses",
        "contextlib",
        "re",
        "string",
        "_operator",
        "_functools",
        "_collections",
    ]
)


class Hook(NamedTuple):
    """One method that unpickling an object would run, and what in its code asks for a look."""

    name: str
    why: tuple[str, ...]


class Entry(NamedTuple):
    """One name that a pickle of the package may hold."""

    module: str
    name: str
    kind: str
    hooks: tuple[Hook, ...]


def _modules(package: str, skips: re.Pattern[str]) -> Iterator[types.ModuleType]:
    """Import the package and all below it, but for tests and the skipped."""
    todo = [package]
    while todo:
        name = todo.pop()
        if skips.match(name) or not _SKIPPED_PARTS.isdisjoint(name.split(".")):
            continue
        try:
            module = importlib.import_module(name)
        except _IMPORT_FAILS as error:
            sys.stderr.write(f"left out {name}: {type(error).__name__}\n")
            continue
        yield module
        path = getattr(module, "__path__", None)
        if path is not None:
            todo += [f"{name}.{found.name}" for found in pkgutil.iter_modules(path)]


def _found(module: str, qualified: str) -> object:
    """Return what the name leads to, the way the unpickler goes; None where it leads nowhere."""
    here: object = sys.modules.get(module)
    for part in qualified.split("."):
        here = getattr(here, part, None)
    return here


def _native(module: types.ModuleType) -> bool:
    place = getattr(module, "__file__", None) or "built-in"
    return not place.endswith(".py")


def _names_of(code: types.CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _names_of(constant)


def _away(value: object) -> str | None:
    """Return the package that a global value belongs to, where it is a module or can be called."""
    if isinstance(value, types.ModuleType):
        return value.__name__.partition(".")[0]
    home = getattr(value, "__module__", None)
    return home.partition(".")[0] if callable(value) and isinstance(home, str) else None


def _why(owner: type, function: types.FunctionType, seen: set[object], depth: int) -> Iterator[str]:
    """Names in the function, and in what it calls within its package, that may reach beyond plain data."""
    if function in seen:
        return
    seen.add(function)
    if depth == 0:
        yield "deep"
        return
    top = (function.__module__ or str(function.__globals__.get("__name__"))).partition(".")[0]
    if any(step.opname == "IMPORT_NAME" for step in dis.get_instructions(function)):
        yield "import"
    for name in _names_of(function.__code__):
        if name in _SUSPICIOUS:
            yield name
        elif (away := _away(function.__globals__.get(name))) and away not in _PLAIN | {top}:
            yield f"{away}:{name}"
        for there in (getattr(owner, name, None), function.__globals__.get(name)):
            called = there.__func__ if isinstance(there, types.MethodType) else there
            if isinstance(called, types.FunctionType) and (called.__module__ or "").partition(".")[0] == top:
                yield from _why(owner, called, seen, depth - 1)


def _hooks(owner: type) -> Iterator[Hook]:
    for name in _HOOKS:
        home = next((one for one in owner.__mro__ if name in vars(one)), None)
        if home is None or home.__module__ in sys.stdlib_module_names:
            continue
        if name == "__call__" and not issubclass(owner, type):
            continue
        hook = vars(home)[name]
        hook = hook.__func__ if isinstance(hook, (staticmethod, classmethod)) else hook
        if hook is None or (name == "__hash__" and isinstance(hook, types.WrapperDescriptorType)):
            continue
        title = f"{home.__module__}.{home.__qualname__}.{name}"
        if isinstance(hook, types.FunctionType):
            why = {*_why(owner, hook, set(), _DEPTH), *(["del"] if name == "__del__" else [])}
            if why:
                yield Hook(title, tuple(sorted(why)))
        elif name != "__setattr__" or not isinstance(hook, types.WrapperDescriptorType):
            yield Hook(title, ("native",))


def _class_kind(owner: type) -> str:
    if issubclass(owner, enum.Enum):
        return "enum"
    if issubclass(owner, BaseException):
        return "class" if any("__init__" in vars(one) for one in _own_bases(owner)) else "exception"
    if issubclass(owner, tuple) and hasattr(owner, "_fields"):
        return "namedtuple"
    if owner.__flags__ & (1 << 9):  # Py_TPFLAGS_HEAPTYPE: made by a class statement, or by an extension that says so
        home = sys.modules.get(owner.__module__)
        return "extension" if home is not None and _native(home) else "class"
    return "extension"


def _own_bases(owner: type) -> tuple[type, ...]:
    return tuple(one for one in owner.__mro__ if one.__module__ not in sys.stdlib_module_names)


def _function_kind(value: object) -> str | None:
    if type(value).__name__ == "ufunc":
        return "ufunc"
    if isinstance(value, types.FunctionType):
        bare = _BAD.isdisjoint(_why(object, value, set(), 3))
        return "function" if bare else "doubtful-function"
    if isinstance(value, types.BuiltinFunctionType) or type(value).__name__ in {
        "cython_function_or_method",
        "fused_cython_function",
        "_ArrayFunctionDispatcher",
    }:
        return "native-function"
    return None


def _classes(module: types.ModuleType, holder: object, prefix: str) -> Iterator[Entry]:
    for name, value in sorted(vars(holder).items()):
        if not isinstance(value, type) or value.__module__ != module.__name__:
            continue
        qualified = f"{prefix}{name}"
        if value.__qualname__ != qualified or _found(module.__name__, qualified) is not value:
            continue
        yield Entry(module.__name__, qualified, _class_kind(value), tuple(_hooks(value)))
        if prefix.count(".") < 2:
            yield from _classes(module, value, f"{qualified}.")


def _functions(module: types.ModuleType) -> Iterator[Entry]:
    for name, value in sorted(vars(module).items()):
        kind = _function_kind(value)
        if kind is None:
            continue
        home = getattr(value, "__module__", None)
        if kind == "ufunc" or home == module.__name__:
            yield Entry(module.__name__, name, kind, ())


def _versions(packages: list[str]) -> dict[str, str]:
    homes = importlib.metadata.packages_distributions()
    found = {}
    for package in packages:
        for distribution in homes.get(package, [])[:1]:
            found[distribution] = importlib.metadata.version(distribution)
    return found


def _prepared(packages: list[str]) -> object:
    """Declare the operators without which a torchvision that was built for another torch cannot be imported."""
    if "torchvision" not in packages or importlib.util.find_spec("torchvision") is None:
        return None
    library = importlib.import_module("torch.library").Library("torchvision", "DEF")
    for name in ("nms", "qnms"):
        library.define(f"{name}(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    return library


def probe(packages: list[str], skips: str) -> dict[str, object]:
    """List the names of all packages that are installed here."""
    entries: list[Entry] = []
    kept = _prepared(packages)
    installed = [package for package in packages if importlib.util.find_spec(package) is not None]
    for package in installed:
        for module in _modules(package, re.compile(skips)):
            if module.__name__.partition(".")[0] == package:
                entries += _classes(module, module, "")
                entries += _functions(module)
    del kept
    return {"python": sys.version.split()[0], "versions": _versions(installed), "entries": entries}


def main() -> None:
    """Probe the packages of the command line and write the document to the standard output."""
    warnings.simplefilter("ignore")
    os.environ.update({"KERAS_BACKEND": "torch", "CUDA_VISIBLE_DEVICES": "", "TF_CPP_MIN_LOG_LEVEL": "3"})
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what packages print while they are imported is no part of the document
    with out:
        json.dump(probe(sys.argv[2:], sys.argv[1]), out)
        out.flush()
    os._exit(0)  # some packages start threads that never end


if __name__ == "__main__":
    main()
