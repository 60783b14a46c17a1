"""Prompts that stand in Python source."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

from accord.scan.names import Names, plain_text

_SYMBOL: Final = re.compile(r"prompt|instruction|system_?(?:message|msg|text)|persona|preamble|^_?SYSTEM$", re.I)
_CONSOLE: Final = re.compile(
    r"do you want|would you like|are you sure|\by/n\b|\[[yn]/[yn]\]|press |to continue|enter (?:the|a|your)|"
    r"please (?:run|enter)",
    re.IGNORECASE,
)
_KEYWORD: Final = frozenset({
    "system", "instructions", "system_prompt", "system_message", "system_instruction", "state_modifier", "prompt",
    "prompt_template", "template", "backstory", "system_content", "system_text",
})  # fmt: skip
_LOOSE: Final = frozenset({"prompt", "template", "system"})
_MAKERS: Final = re.compile(
    r"(?:Prompt|Template|Message|Agent|Client|chat|create|complet|generate|invoke|assistant|llm|LLM|messages)\w*(?:\(\))?$"
)
_ROLES: Final = frozenset({"system", "developer"})


class PromptText(NamedTuple):
    """A prompt in source: the name it is bound to, if any, and where its text starts.

    `sure` when a model is given it; a name alone also suits questions to people at a terminal.
    """

    symbol: str | None
    line: int
    column: int
    text: str
    sure: bool


def prompts(nodes: Iterable[ast.AST], names: Names) -> Iterator[PromptText]:
    """Yield the prompts of a module: named constants, keyword arguments and system messages."""
    held: dict[int, PromptText] = {}
    for symbol, node in _candidates(nodes, names):
        value = names.value(node)
        text = names.text(value)
        if not text or not plain_text(text) or (symbol and _CONSOLE.search(text)):
            continue
        before = held.get(id(value))
        name = symbol or _symbol_of(node) or (before.symbol if before else None)
        sure = symbol is None or (before is not None and before.sure)
        held[id(value)] = PromptText(name, value.lineno, value.col_offset + 1, text, sure)
    yield from held.values()


def _candidates(nodes: Iterable[ast.AST], names: Names) -> Iterator[tuple[str | None, ast.expr]]:
    for node in nodes:
        match node:
            case ast.Assign(targets=[ast.Name(id=name), *_]) if _SYMBOL.search(name):
                yield name, _inner(node.value)
            case ast.Assign(targets=[ast.Attribute(attr=name), *_]) if _SYMBOL.search(name):
                yield name, _inner(node.value)
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value) if _SYMBOL.search(name):
                yield name, _inner(value)
            case ast.Call():
                yield from ((None, one) for one in _arguments(node, names))
            case ast.Dict():
                yield from ((None, one) for one in _message(node, names))
            case ast.Tuple(elts=[ast.Constant(value=str() as role), content]) if role in _ROLES:
                yield None, content


def _arguments(node: ast.Call, names: Names) -> Iterator[ast.expr]:
    name = names.qualified(node.func)
    maker = bool(_MAKERS.search(name))
    for keyword in node.keywords:
        if keyword.arg in _KEYWORD and (maker or keyword.arg not in _LOOSE):
            yield keyword.value
    last = name.rpartition(".")[2]
    made = last in {"SystemMessage", "PromptTemplate", "SystemMessagePromptTemplate"} or name.endswith(
        "Template.from_template"
    )
    if made and node.args:
        yield node.args[0]
    if last == "SystemMessage":
        yield from (one.value for one in node.keywords if one.arg == "content")


def _message(node: ast.Dict, names: Names) -> Iterator[ast.expr]:
    given = {names.text(key): value for key, value in zip(node.keys, node.values, strict=True) if key is not None}
    if "role" in given and "content" in given and names.text(given["role"]) in _ROLES:
        yield given["content"]


def _inner(value: ast.expr) -> ast.expr:
    """Return the text inside `PromptTemplate.from_template("…")` and its like."""
    if isinstance(value, ast.Call) and value.args and isinstance(value.func, ast.Attribute | ast.Name):
        name = value.func.attr if isinstance(value.func, ast.Attribute) else value.func.id
        if name in {"from_template", "PromptTemplate", "Template", "SystemMessage", "ChatPromptTemplate"}:
            return value.args[0]
    return value


def _symbol_of(node: ast.expr) -> str | None:
    if isinstance(node, ast.Name):
        return node.id
    return node.attr if isinstance(node, ast.Attribute) else None
