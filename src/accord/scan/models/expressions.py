"""Expressions in exported programs: their reader evaluates them, so they hold arithmetic and nothing else."""

from __future__ import annotations

import ast
from typing import Final

from accord.scan.models import operators

_LONGEST: Final = 20_000
_MOST_NODES: Final = 5_000
_LARGEST: Final = 1 << 70
_NODES: Final = (
    *(ast.Expression, ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.Call, ast.Constant, ast.Name, ast.Tuple),
    *(ast.List, ast.Subscript, ast.Attribute, ast.keyword, ast.operator, ast.unaryop, ast.boolop, ast.cmpop),
    *(ast.expr_context, ast.IfExp),
)


def complaint(text: str) -> str | None:
    """Return what is not arithmetic in an expression, None when all of it is."""
    if len(text) > _LONGEST:
        return f"it is {len(text)} characters long"
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return "it is no expression"
    for count, node in enumerate(ast.walk(tree)):
        found = "it is too large" if count > _MOST_NODES else _complaint(node)
        if found:
            return found
    return None


def _complaint(node: ast.AST) -> str | None:
    if not isinstance(node, _NODES):
        return f"it holds {type(node).__name__}"
    match node:
        case ast.Name(id=name) if "__" in name:
            return f"it names {name}"
        case ast.Attribute(attr=name) if not operators.torch_word("guard", name):
            return f"it reads the attribute {name}"
        case ast.Call(func=ast.Name(id=name)) if not operators.torch_word("expression", name):
            return f"it calls {name}"
        case ast.Call(func=function) if not isinstance(function, ast.Name | ast.Attribute):
            return "it calls what it computes"
        case ast.Constant(value=int() as value) if abs(value) > _LARGEST:
            return "it holds a huge number"
        case ast.BinOp(op=ast.Pow(), right=right) if not isinstance(right, ast.Constant) or not _small(right.value):
            return "it raises to a power that is not small"
    return None


def _small(value: object) -> bool:
    return isinstance(value, int | float) and abs(value) <= 64
