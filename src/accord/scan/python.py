"""Reading Python source for what belongs to an AI system: parsed, never imported or run."""

from __future__ import annotations

import ast
import re
import warnings
from itertools import islice
from typing import Final, NamedTuple

from accord.scan.clients import Client, Hub, Store, clients, hubs, stores
from accord.scan.loads import Load, loads
from accord.scan.names import Names
from accord.scan.prompts import PromptText, prompts
from accord.scan.tools import ToolDef, tools

_MOST_TEXT = 1 << 20
_MOST_NODES = 400_000
_DEEPEST = 200
_BRACKETS: Final = re.compile(r"[\[({]|[\])}]")
_CHAIN: Final = re.compile(
    r"(?:[-+~][ \t]*){500}|(?:\bnot[ \t]+){500}|(?:\bawait[ \t]+){500}|(?:\blambda[ \t]*:[ \t]*){200}"
)


class Module(NamedTuple):
    """What one Python module names; `problem` says why it could not be read."""

    clients: tuple[Client, ...] = ()
    hubs: tuple[Hub, ...] = ()
    stores: tuple[Store, ...] = ()
    prompts: tuple[PromptText, ...] = ()
    tools: tuple[ToolDef, ...] = ()
    loads: tuple[Load, ...] = ()
    problem: str | None = None


def read_module(text: str) -> Module:
    """Return the hosted models, prompts, tools and unsafe loads that Python source names; it never raises."""
    nodes = _nodes(text)
    if isinstance(nodes, str):
        return Module(problem=nodes)
    names = Names(nodes)
    return Module(
        clients=tuple(clients(nodes, names)),
        hubs=tuple(hubs(nodes, names)),
        stores=tuple(stores(nodes, names)),
        prompts=tuple(prompts(nodes, names)),
        tools=tuple(tools(nodes, names)),
        loads=tuple(loads(nodes, names)),
    )


def read_loads(text: str) -> tuple[tuple[Load, ...], str | None]:
    """Return the loads that can run code, and why the source could not be read, if so."""
    nodes = _nodes(text)
    return ((), nodes) if isinstance(nodes, str) else (tuple(loads(nodes, Names(nodes))), None)


def _nodes(text: str) -> tuple[ast.AST, ...] | str:
    tree = parsed(text)
    if isinstance(tree, str):
        return tree
    nodes = tuple(islice(ast.walk(tree), _MOST_NODES + 1))
    return nodes if len(nodes) <= _MOST_NODES else f"more than {_MOST_NODES} syntax nodes"


def parsed(text: str) -> ast.Module | str:
    """Return the syntax tree of Python source, or why there is none; it never raises and never nests too deeply."""
    if len(text) > _MOST_TEXT:
        return f"Python source of more than {_MOST_TEXT >> 20} MiB"
    if _too_deep(text):
        return f"brackets or operators nested deeper than {_DEEPEST}"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # odd escapes in what we read are not our concern
            return ast.parse(text)
    except SyntaxError as error:
        return f"not valid Python at line {error.lineno}"
    except (ValueError, RecursionError, MemoryError) as error:
        return f"not readable as Python: {type(error).__name__}"


def _too_deep(text: str) -> bool:
    # the parser's own limits differ between versions, and a deep tree can exhaust the C stack
    depth = 0
    for match in _BRACKETS.finditer(text):
        depth += 1 if match[0] in "[({" else -1
        if depth > _DEEPEST:
            return True
    return bool(_CHAIN.search(text))
