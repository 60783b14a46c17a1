"""Tools that Python source gives to a model."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from accord.scan.names import Names, argument

_NAME: Final = re.compile(r"[\w.:/-]{1,128}")
_DECORATOR: Final = re.compile(
    r"(?:^|\.)(?:tool|function_tool|beta_tool|ai_function|kernel_function|tool_plain|register_for_llm|llm_tool)(?:\(\))?$"
)
_CLASSES: Final = frozenset(
    {"Tool", "StructuredTool", "FunctionTool", "QueryEngineTool", "FunctionDeclaration", "BaseTool"}
)
_CHOSEN: Final = frozenset({"name", "tool", "tool_name", "function_name"})
_TABLE: Final = re.compile(
    r"(?:^|_)tools?(?:_(?:map|table|registry|functions|by_name|handlers|list|impl))?$|^available_functions$", re.I
)


class ToolDef(NamedTuple):
    """A tool: its name, how it is declared, where, and what is said of it to the model."""

    name: str
    how: str
    line: int
    column: int
    description: str | None


def tools(nodes: Iterable[ast.AST], names: Names) -> Iterator[ToolDef]:
    """Yield the tools of a module, each name once: decorated functions, schemas, classes and tables."""
    seen: set[str] = set()
    for tool in _all(tuple(nodes), names):
        if tool.name not in seen and _NAME.fullmatch(tool.name):
            seen.add(tool.name)
            yield tool


def _all(nodes: tuple[ast.AST, ...], names: Names) -> Iterator[ToolDef]:
    for node in nodes:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield from _decorated(node, names)
            case ast.Dict():
                yield from _schema(node, names)
            case ast.Call():
                yield from _constructed(node, names)
            case ast.ClassDef():
                yield from _subclass(node, names)
    for node in nodes:
        match node:
            case ast.Assign(targets=[ast.Name(id=name), *_]) | ast.AnnAssign(target=ast.Name(id=name)) if _TABLE.search(
                name
            ):
                yield from _table(node.value)
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield from _dispatched(node, nodes)
            case ast.keyword(arg="tools", value=ast.List() | ast.Tuple() as value):
                yield from _listed(value, nodes, names)


def _decorated(node: ast.FunctionDef | ast.AsyncFunctionDef, names: Names) -> Iterator[ToolDef]:
    for one in node.decorator_list:
        if _DECORATOR.search(names.qualified(one)) or _DECORATOR.search(_last(one)):
            call = one if isinstance(one, ast.Call) else None
            said = names.text(argument(call, "name", "name_override")) if call else None
            first = names.text(call.args[0]) if call and call.args else None
            told = names.text(argument(call, "description")) if call else None
            yield _tool(said or first or node.name, "decorator", node, told or ast.get_docstring(node))


def _schema(node: ast.Dict, names: Names) -> Iterator[ToolDef]:
    given = {names.text(key): value for key, value in zip(node.keys, node.values, strict=True) if key is not None}
    if names.text(given.get("type")) == "function" and isinstance(given.get("function"), ast.Dict):
        return  # its inner mapping has the name
    name = names.text(given.get("name"))
    schema = any(_is_schema(given.get(key)) for key in ("parameters", "input_schema", "inputSchema"))
    flat = names.text(given.get("type")) == "function"
    if name and (flat or (schema and "description" in given)):
        yield _tool(name, "schema", node, names.text(given.get("description")))


def _is_schema(value: ast.expr | None) -> bool:
    if not isinstance(value, ast.Dict):
        return isinstance(value, ast.Call | ast.Name | ast.Attribute)
    keys = {key.value for key in value.keys if isinstance(key, ast.Constant)}
    return not value.keys or bool(keys & {"type", "properties", "$ref"})


def _constructed(node: ast.Call, names: Names) -> Iterator[ToolDef]:
    name = names.qualified(node.func)
    parts = name.replace("()", "").split(".")
    if len(parts) < 2 or not (parts[-1] in _CLASSES or parts[-2] in _CLASSES):
        if parts[-1] in {"add_tool", "register_tool"} and node.args and isinstance(node.args[0], ast.Name):
            yield _tool(names.text(argument(node, "name")) or node.args[0].id, "registered", node, None)
        return
    said = names.text(argument(node, "name"))
    function = argument(node, "func", "fn", "function", "coroutine") or (node.args[0] if node.args else None)
    called = said or (function.id if isinstance(function, ast.Name) else None)
    if called:
        yield _tool(called, "class", node, names.text(argument(node, "description")))


def _subclass(node: ast.ClassDef, names: Names) -> Iterator[ToolDef]:
    bases = [names.qualified(one).rpartition(".")[2] for one in node.bases]
    if "BaseTool" not in bases and not ("Tool" in bases and _field(node, "name", names)):
        return
    yield _tool(_field(node, "name", names) or node.name, "class", node, _field(node, "description", names))


def _field(node: ast.ClassDef, name: str, names: Names) -> str | None:
    for one in node.body:
        match one:
            case (
                ast.Assign(targets=[ast.Name(id=found)], value=value)
                | ast.AnnAssign(target=ast.Name(id=found), value=ast.expr() as value)
            ) if found == name:
                return names.text(value)
    return None


def _table(value: ast.expr | None) -> Iterator[ToolDef]:
    if not isinstance(value, ast.Dict) or not value.keys:
        return
    pairs = list(zip(value.keys, value.values, strict=True))
    if all(isinstance(held, ast.Name | ast.Attribute | ast.Lambda) for _, held in pairs):
        for key, _ in pairs:
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                yield _tool(key.value, "table", key, None)


def _listed(value: ast.List | ast.Tuple, nodes: tuple[ast.AST, ...], names: Names) -> Iterator[ToolDef]:
    """Yield functions of the module that a call lists as `tools=[…]`."""
    functions = {one.name: one for one in nodes if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)}
    for one in value.elts[:200]:
        if isinstance(one, ast.Name) and one.id in functions and names.qualified(one) == one.id:
            yield _tool(one.id, "listed", functions[one.id], ast.get_docstring(functions[one.id]))


def _dispatched(node: ast.FunctionDef | ast.AsyncFunctionDef, nodes: tuple[ast.AST, ...]) -> Iterator[ToolDef]:
    """Yield the functions that `match call.name:` carries out under their own names, and the one left over."""
    choices = [one for one in node.body if isinstance(one, ast.Match) and _chosen(one.subject)]
    if not choices:
        return
    functions = {one.name: one for one in nodes if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)}
    named: list[str] = []
    for case in choices[0].cases:
        called = _called(case.body, functions)
        match case.pattern:
            case ast.MatchValue(value=ast.Constant(value=str() as said)) if said in called:
                named.append(said)
            case ast.MatchAs(pattern=None) if named and len(called) == 1:
                named += called
    if named and isinstance(node.body[-1], ast.Return):
        named += _called(node.body[-1:], functions)
    for name in named:
        yield _tool(name, "dispatched", functions[name], ast.get_docstring(functions[name]))


def _chosen(subject: ast.expr) -> bool:
    name = subject.attr if isinstance(subject, ast.Attribute) else subject.id if isinstance(subject, ast.Name) else ""
    return name in _CHOSEN


def _called(body: list[ast.stmt], functions: Mapping[str, ast.stmt]) -> list[str]:
    calls = (one.func for step in body for one in ast.walk(step) if isinstance(one, ast.Call))
    return [one.id for one in calls if isinstance(one, ast.Name) and one.id in functions]


def _tool(name: str, how: str, node: ast.stmt | ast.expr, description: str | None) -> ToolDef:
    return ToolDef(name, how, node.lineno, node.col_offset + 1, description)


def _last(node: ast.expr) -> str:
    inner = node.func if isinstance(node, ast.Call) else node
    return inner.attr if isinstance(inner, ast.Attribute) else ""
