"""Python source that a loader would run: what it does when it is imported, built or called, told by its syntax."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Final, NamedTuple

from accord.content.tables import table_of
from accord.core.text import one_line
from accord.scan.names import Names, argument
from accord.scan.part import Part
from accord.scan.python import parsed
from accord.scan.rating import Sight

_MOST_NODES = 400_000
_MOST_EFFECTS = 20
_LINE_OF_CODE_IN_TEXT = 2000
_FETCHERS: Final = frozenset({"getattr", "builtins.getattr", "__import__", "builtins.__import__", "vars", "globals"})
_IMPORTS: Final = frozenset({"__import__", "builtins.__import__", "importlib.import_module", "importlib.__import__"})
_HONEST = "importlib.import_module"
_ROOTS: Final = frozenset({"os", "sys", "builtins", "__builtins__"})
_PROPERTIES: Final = frozenset({"property", "cached_property", "functools.cached_property"})
_BARE: Final = frozenset({"exec", "eval", "execfile"})
_Function = ast.FunctionDef | ast.AsyncFunctionDef


class Effect(NamedTuple):
    """Something that running a module does: the callable, what that means, the line, and when it happens."""

    name: str
    does: str
    line: int
    when: str


class _Table(NamedTuple):
    effects: Mapping[str, str]
    entries: frozenset[str]
    places: tuple[str, ...]
    tricks: frozenset[str]


def effects(text: str) -> tuple[tuple[Effect, ...], str | None]:
    """Return what a module does to the world when a loader uses it, and why it could not be read, if so."""
    tree = parsed(text)
    if isinstance(tree, str):
        return (), tree
    nodes = tuple(ast.walk(tree))
    if len(nodes) > _MOST_NODES:
        return (), f"more than {_MOST_NODES} syntax nodes"
    names, found = Names(nodes), list[Effect]()
    for when, body in _reached(tree):
        for node in body:
            found.extend(one._replace(when=when) for one in _effects(node, names))
            if len(found) >= _MOST_EFFECTS:
                return tuple(found), None
    return tuple(dict.fromkeys(found)), None


def judge(code: Part, about: Part, says: str) -> Iterator[Sight]:
    """Yield what speaks against code that a loader would run: its effects, or that it is code at all.

    `about` is the part that names the code, or the code itself; `says` tells how: `auto_map names`.
    """
    told = f"{says} {one_line(code.name, 80)}"
    text = code.read(0, (1 << 20) + 1).decode("utf-8", "replace").removeprefix("\ufeff")
    found, problem = effects(text)
    own = code is about
    for one in found:
        message = f"{told}, which {one.does} {one.when}: {one.name} in line {one.line}"
        yield about.sees("remote-code-runs", message, name=one.name, line=one.line if own else None)
    if problem:
        yield about.sees("remote-code", f"{told}, which cannot be read: {problem}", name=code.name)
    elif not found:
        yield about.sees("remote-code", f"{told}: code that a loader runs, with no effect seen", name=code.name)


def _reached(tree: ast.Module) -> Iterator[tuple[str, tuple[ast.AST, ...]]]:
    """Yield what runs on import, then each function that import or a framework reaches, with when that is."""
    functions: dict[str, list[_Function]] = {}
    for node in ast.walk(tree):
        if isinstance(node, _Function):
            functions.setdefault(node.name, []).append(node)
    first = tuple(one for statement in tree.body if not _is_main(statement) for one in _outside_functions(statement))
    yield "when it is imported", first
    todo = [(name, "when it is imported") for name in _called(first, functions)]
    todo += [(name, f"in {name}()") for name, held in functions.items() if _is_entry(name, held)]
    seen: set[str] = set()
    while todo:
        name, when = todo.pop(0)
        if name in seen:
            continue
        seen.add(name)
        for function in functions[name]:
            body = tuple(one for statement in function.body for one in ast.walk(statement))
            yield when, body
            todo.extend((other, when) for other in _called(body, functions))


def _is_entry(name: str, functions: list[_Function]) -> bool:
    """Tell whether a framework, or the language itself, calls a function that nobody here calls."""
    decorators = {ast.unparse(one) for function in functions for one in function.decorator_list}
    special = name.startswith("__") and name.endswith("__")
    return special or name in _table().entries or bool(decorators & _PROPERTIES)


def _outside_functions(node: ast.AST) -> Iterator[ast.AST]:
    """Walk what runs when a statement runs: of a function only decorators, defaults and annotations."""
    stack = [node]
    while stack:
        one = stack.pop()
        if isinstance(one, _Function):
            stack += [*one.decorator_list, *one.args.defaults, *(held for held in one.args.kw_defaults if held)]
            continue
        yield one
        stack += ast.iter_child_nodes(one)


def _is_main(node: ast.stmt) -> bool:
    return isinstance(node, ast.If) and "__name__" in {
        one.id for one in ast.walk(node.test) if isinstance(one, ast.Name)
    }


def _called(body: tuple[ast.AST, ...], functions: Mapping[str, list[_Function]]) -> list[str]:
    found = [one.id for one in body if isinstance(one, ast.Name)]
    found += [one.func.attr for one in body if isinstance(one, ast.Call) and isinstance(one.func, ast.Attribute)]
    return [name for name in dict.fromkeys(found) if name in functions]


def _effects(node: ast.AST, names: Names) -> Iterator[Effect]:
    match node:
        case ast.Call():
            yield from _call(node, names)
            if names.qualified(node.func) not in {"isinstance", "issubclass"}:
                yield from _handed((*node.args, *(one.value for one in node.keywords)), names)
        case ast.Dict(values=held) | ast.List(elts=held) | ast.Tuple(elts=held):
            yield from _handed(tuple(held), names)
        case ast.Return(value=ast.expr() as value):
            yield from _handed((value,), names)
        case ast.Attribute(attr=attr) if attr in _table().tricks:
            yield Effect(attr, "reaches into the interpreter", node.lineno, "")
        case ast.Constant(value=str() as text) if len(text) < _LINE_OF_CODE_IN_TEXT:
            place = next((one for one in _table().places if one in text), None)
            if place and "\n" not in text:
                yield Effect(place, "names a place of keys or start-up files", node.lineno, "")


def _handed(given: tuple[ast.expr, ...], names: Names) -> Iterator[Effect]:
    """Yield the harmful callables that are handed on without a call: to `map`, to a thread, in a table."""
    for one in given:
        if not isinstance(one, ast.Name | ast.Attribute):
            continue
        name = _name(one, names)
        last = name.rpartition(".")[2]
        does = _does(name) if "." in name or name in _BARE else None
        if does and not last.isupper() and not last.endswith(("Error", "Exception", "Expired")):
            yield Effect(one_line(name, 100), does, one.lineno, "")


def _name(node: ast.expr, names: Names) -> str:
    """Return the dotted name of an expression, also where it came in by `from os import *`."""
    name = names.qualified(node)
    if name and "." not in name:
        return next((full for star in names.stars if _does(full := f"{star}.{name}")), name)
    return name


def _call(node: ast.Call, names: Names) -> Iterator[Effect]:
    name = _name(node.func, names)
    does = _does(name)
    if does and not _tame(name, node):
        yield Effect(one_line(name, 100), does, node.lineno, "")
    elif name in _IMPORTS or name in _FETCHERS:
        yield from _fetched(name, node, names)
    elif "()." in name and name.partition("()")[0] in _IMPORTS:
        yield from _imported(name, node, names)


def _imported(name: str, node: ast.Call, names: Names) -> Iterator[Effect]:
    """Yield what `__import__("os").system(…)` does; a module's name that is put together tells enough."""
    call: ast.expr = node.func
    while isinstance(call, ast.Attribute):
        call = call.value
    module = names.text(call.args[0]) if isinstance(call, ast.Call) and call.args else None
    does = _does(f"{module}{name.partition('()')[2]}") if module else "imports what it hides and calls it"
    if does:
        yield Effect(one_line(name, 100), does, node.lineno, "")


def _does(name: str) -> str | None:
    table = _table().effects
    if name in table:
        return table[name]
    parts = name.split(".")
    for count in range(1, len(parts)):
        if (found := table.get(".".join(parts[:count]) + ".")) is not None:
            return found
    if len(parts) > 1:  # os.execvp, os.spawnl, pickle.loads, code.InteractiveConsole: a stem with its kin
        stem = ".".join(parts[:2])
        return next((does for key, does in table.items() if "." in key[:-1] and stem.startswith(key)), None)
    return None


def _tame(name: str, node: ast.Call) -> bool:
    """Tell whether a call is one of the honest uses: compiled patterns, loading with a switch that forbids code."""
    if name == "subprocess.list2cmdline":
        return True
    if name.startswith("socket."):
        return name.rpartition(".")[2] in {"gethostname", "timeout", "error", "inet_aton"}
    safe = argument(node, "weights_only")
    return isinstance(safe, ast.Constant) and safe.value is True


def _fetched(name: str, node: ast.Call, names: Names) -> Iterator[Effect]:
    """Yield imports and attributes that are fetched by a text: a harmful one, or one that is put together."""
    wanted = node.args[1:2] if name.endswith("getattr") else node.args[:1]
    if not wanted:
        return
    given, source = names.value(wanted[0]), names.qualified(node.args[0])
    text = names.text(given)
    target = f"{source}.{text}" if name.endswith("getattr") else f"{text}."
    if text and (_does(target) or _does(f"{target}x")):
        yield Effect(one_line(f"{name}({text!r})", 100), "fetches what starts, opens or runs", node.lineno, "")
    elif not isinstance(given, ast.Constant) and (name in _IMPORTS or source in _ROOTS) and name != _HONEST:
        yield Effect(one_line(name, 100), "fetches something by a name that is put together", node.lineno, "")


@cache
def _table() -> _Table:
    said = table_of("scan/source_effects.yaml")
    return _Table(said["effects"], frozenset(said["entries"]), tuple(said["places"]), frozenset(said["tricks"]))
