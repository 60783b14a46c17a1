"""What names mean in one Python module: imports, aliases and constants, without running it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from typing import Final

_DEEP = 12
_LONGEST = 100_000
_STRIPS: Final = frozenset({"strip", "lstrip", "rstrip", "format", "dedent", "cleandoc", "join", "replace"})


class Names:
    """The names of one module, without regard to scopes: good enough to tell what is called."""

    def __init__(self, nodes: Iterable[ast.AST]) -> None:
        self._imports: dict[str, str] = {}
        self._values: dict[str, ast.expr] = {}
        self.stars: list[str] = []
        """The modules of which every name was imported."""
        for node in nodes:
            self._take(node)

    @property
    def imports(self) -> Mapping[str, str]:
        """Return what each imported name stands for."""
        return self._imports

    def qualified(self, node: ast.expr, depth: int = 0) -> str:
        """Return the dotted name of an expression: `openai.OpenAI().chat.completions.create`; empty if it has none."""
        if depth > _DEEP:
            return ""
        if isinstance(node, ast.Call):
            inner = self.qualified(node.func, depth + 1)
            return inner + "()" if inner else ""
        if isinstance(node, ast.Subscript):
            return self._item(node, depth)
        if isinstance(node, ast.Await | ast.NamedExpr):
            return self.qualified(node.value, depth + 1)
        if isinstance(node, ast.Attribute):
            return self._attribute(node, depth)
        if isinstance(node, ast.Name):
            return self._name(node.id, depth)
        return ""

    def value(self, node: ast.expr) -> ast.expr:
        """Return what a name stands for, where the module says so plainly; else the expression itself."""
        for _ in range(_DEEP):
            key = _key(node)
            if key not in self._values:
                break
            node = self._values[key]
        return node

    def text(self, node: ast.expr | None, depth: int = 0) -> str | None:
        """Return the text of a literal, a constant's name, a sum, an f-string or a default of the environment."""
        if node is None or depth > _DEEP:
            return None
        node = self.value(node)
        if isinstance(node, ast.Constant):
            return node.value[:_LONGEST] if isinstance(node.value, str) else None
        if isinstance(node, ast.JoinedStr):
            parts = [one.value if isinstance(one, ast.Constant) else "{…}" for one in node.values]
            return "".join(str(part) for part in parts)[:_LONGEST]
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mod):
            return self._sum(node, depth)
        if isinstance(node, ast.BoolOp):
            return next((said for one in node.values if (said := self.text(one, depth + 1))), None)
        return self._called(node, depth) if isinstance(node, ast.Call) else None

    def _sum(self, node: ast.BinOp, depth: int) -> str | None:
        left = self.text(node.left, depth + 1)
        if isinstance(node.op, ast.Mod):
            return left
        right = self.text(node.right, depth + 1)
        return None if left is None and right is None else ((left or "{…}") + (right or "{…}"))[:_LONGEST]

    def _called(self, node: ast.Call, depth: int) -> str | None:
        name = self.qualified(node.func)
        if name in {"os.environ.get", "os.getenv", "os.environ.setdefault"}:
            default = node.args[1] if len(node.args) > 1 else argument(node, "default")
            return self.text(default, depth + 1)
        if name in {"textwrap.dedent", "inspect.cleandoc"} and node.args:
            return self.text(node.args[0], depth + 1)
        if isinstance(node.func, ast.Attribute) and node.func.attr in _STRIPS:
            if node.func.attr == "join" and node.args and isinstance(node.args[0], ast.List | ast.Tuple):
                said = [self.text(one, depth + 1) or "{…}" for one in node.args[0].elts[:1000]]
                return " ".join(said)[:_LONGEST] if any(one != "{…}" for one in said) else None
            return self.text(node.func.value, depth + 1)
        return None

    def _attribute(self, node: ast.Attribute, depth: int) -> str:
        key = _key(node)
        if key in self._values and isinstance(self._values[key], ast.Call):
            return self.qualified(self._values[key], depth + 1)
        inner = self.qualified(node.value, depth + 1)
        return f"{inner}.{node.attr}" if inner else ""

    def _item(self, node: ast.Subscript, depth: int) -> str:
        """Return what stands under a key of a namespace: `sys.modules["os"]` is `os`; of all else the whole's name."""
        inner = self.qualified(node.value, depth + 1)
        key = self.text(node.slice, depth + 1)
        if key is None:
            return inner
        if inner == "sys.modules":
            return key
        if inner in {"vars()", "builtins.vars()"} and isinstance(node.value, ast.Call) and node.value.args:
            return f"{self.qualified(node.value.args[0], depth + 1)}.{key}"
        space = inner.removesuffix(".__dict__")
        return f"{space}.{key}" if space != inner else inner

    def _name(self, name: str, depth: int) -> str:
        if name in self._imports:
            return self._imports[name]
        value = self._values.get(name)
        if isinstance(value, ast.Call | ast.Attribute | ast.Name | ast.Await) and _key(value) != name:
            return self.qualified(value, depth + 1) or name
        return name

    def _take(self, node: ast.AST) -> None:
        match node:
            case ast.Import():
                for one in node.names:
                    top = one.name.partition(".")[0]
                    self._imports[one.asname or top] = one.name if one.asname else top
            case ast.ImportFrom():
                source = "." * node.level + (node.module or "")
                self.stars += [source for one in node.names if one.name == "*"]
                for one in node.names:
                    self._imports[one.asname or one.name] = f"{source}.{one.name}"
            case ast.Assign():
                for target in node.targets:
                    self._bind(target, node.value)
            case ast.AnnAssign(value=ast.expr() as value):
                self._bind(node.target, value)
            case ast.NamedExpr():
                self._bind(node.target, node.value)
            case ast.withitem(optional_vars=ast.expr() as target):
                self._bind(target, node.context_expr)
            case ast.arg(annotation=ast.Name() | ast.Attribute() as annotation):
                self._values.setdefault(node.arg, ast.Call(func=annotation, args=[], keywords=[]))

    def _bind(self, target: ast.expr, value: ast.expr) -> None:
        key = _key(target)
        if key:
            self._values.setdefault(key, value)


def argument(call: ast.Call, *names: str) -> ast.expr | None:
    """Return the first keyword argument that has one of the names."""
    return next((one.value for one in call.keywords if one.arg in names), None)


def plain_text(text: str) -> bool:
    """Tell whether a text holds words, as prompts do, not an address, a path or markup."""
    if len(text) < 40 or re.match(r"\s*(?:<[!?a-zA-Z]|[a-z]+://\S*$)", text):
        return False
    start = text[:2000]
    # scripts without spaces between words have no ASCII letters
    return len(re.findall(r"[^\W\d_]{2,}", start)) >= 6 or len(re.findall(r"[^\W\d_a-zA-Z]", start)) >= 20


def _key(node: ast.expr) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in {"self", "cls"}:
        return f"self.{node.attr}"
    return ""
