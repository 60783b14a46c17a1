"""What expressions of a template come to, as far as it can be told without rendering."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from jinja2 import nodes

Value = str | int | float | tuple["Value", ...]
"""A constant; lists, tuples and the keys of dictionaries stand as tuples."""

_DEEPEST = 40
_LONGEST = 10_000
_LARGEST = 1 << 40
_PLAIN: Final = {"string", "list", "safe", "escape", "e", "trim", "strip", "lower", "upper", "d", "default"}
_METHODS: Final = {"lower", "upper", "strip", "lstrip", "rstrip", "title", "capitalize", "swapcase", "casefold"}


class Known:
    """The variables of a template that are set once, and how many more steps are spent on finding what they come to."""

    def __init__(self, names: Mapping[str, nodes.Node], steps: int = 400_000) -> None:
        self.names = names
        self.steps = steps


MOST_NODES: Final = 30_000
"""How many nodes of one tree are looked at."""

BUILDERS: Final = frozenset({"join", "format", "replace", "reverse", "decode", "translate", "swapcase"})
"""Filters and methods that make a text which does not stand in the template."""


def fold(node: nodes.Node, known: Known, depth: int = 0) -> Value | None:
    """Return what an expression comes to, or None; a text of more than a few thousand letters is None too."""
    from jinja2 import nodes as kinds

    known.steps -= 1
    if depth > _DEEPEST or known.steps < 0:
        return None
    if isinstance(node, kinds.Const):
        return node.value if isinstance(node.value, str | int | float) else None
    if isinstance(node, kinds.Name):
        return fold(known.names[node.name], known, depth + 8) if node.name in known.names else None
    if isinstance(node, kinds.List | kinds.Tuple):
        return _all(node.items, known, depth)
    if isinstance(node, kinds.Dict):
        return _all([pair.key for pair in node.items], known, depth)
    if isinstance(node, kinds.Concat):
        pieces = _all(node.nodes, known, depth)
        return None if pieces is None else _short("".join(map(str, pieces)))
    if isinstance(node, kinds.Neg):
        value = fold(node.node, known, depth + 1)
        return -value if isinstance(value, int | float) else None
    if isinstance(node, kinds.BinExpr):
        return _calculated(node, fold(node.left, known, depth + 1), fold(node.right, known, depth + 1))
    if isinstance(node, kinds.Getitem):
        return _item(node, known, depth)
    return _made(node, known, depth)


def walked(tree: nodes.Node) -> list[nodes.Node]:
    """Return the nodes of a tree without recursion, the first so many of them."""
    found: list[nodes.Node] = []
    waiting = deque([tree])
    while waiting and len(found) < MOST_NODES:
        node = waiting.popleft()
        found.append(node)
        waiting.extend(node.iter_child_nodes())
    return found


def set_once(tree: list[nodes.Node]) -> dict[str, nodes.Node]:
    """Return the variables that one place sets, and what it sets them to."""
    from jinja2 import nodes as kinds

    stored = Counter(node.name for node in tree if isinstance(node, kinds.Name) and node.ctx != "load")
    assigned = [node for node in tree if isinstance(node, kinds.Assign)]
    return {
        node.target.name: node.node
        for node in assigned
        if isinstance(node.target, kinds.Name) and stored[node.target.name] == 1
    }


def _made(node: nodes.Node, known: Known, depth: int) -> Value | None:
    """Return what a filter or a call makes."""
    from jinja2 import nodes as kinds

    if isinstance(node, kinds.Filter) and node.node is not None:
        given = _all(node.args, known, depth)
        subject = fold(node.node, known, depth + 1)
        return None if given is None or subject is None else _changed(node.name, subject, given)
    if isinstance(node, kinds.Call) and isinstance(node.node, kinds.Name) and node.node.name == "dict":
        return tuple(pair.key for pair in node.kwargs)
    if isinstance(node, kinds.Call) and isinstance(node.node, kinds.Getattr):
        given = _all(node.args, known, depth)
        subject = fold(node.node.node, known, depth + 1)
        if given is None or subject is None:
            return None
        if node.node.attr == "join" and isinstance(subject, str) and given:
            return _joined(given[0], subject)
        return _changed(node.node.attr, subject, given)
    return None


def _all(items: list[nodes.Expr], known: Known, depth: int) -> tuple[Value, ...] | None:
    if len(items) > _LONGEST:
        return None
    found: list[Value] = []
    for item in items:
        value = fold(item, known, depth + 1)
        if value is None:
            return None
        found.append(value)
    return tuple(found)


def _calculated(node: nodes.BinExpr, left: Value | None, right: Value | None) -> Value | None:
    if left is None or right is None:
        return None
    if isinstance(left, str) and isinstance(right, str):
        return _short(left + right) if node.operator == "+" else None
    if node.operator == "%" and isinstance(left, str):
        return _percent(left, right if isinstance(right, tuple) else (right,))
    if node.operator == "*" and isinstance(left, str) and isinstance(right, int):
        return left * right if 0 <= right * len(left) <= _LONGEST else None
    if isinstance(left, int) and isinstance(right, int):
        return _number(node.operator, left, right)
    return None


def _number(operator: str, left: int, right: int) -> int | None:
    if abs(left) > _LARGEST or abs(right) > _LARGEST:
        return None
    match operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "**" if 0 <= right <= 64:
            return int(left**right)
        case "//" if right:
            return left // right
        case _:
            return None


def _item(node: nodes.Getitem, known: Known, depth: int) -> Value | None:
    """Return an item or a slice of a constant: texts are turned round and picked apart so."""
    from jinja2 import nodes as kinds

    subject = fold(node.node, known, depth + 1)
    if not isinstance(subject, str | tuple):
        return None
    if isinstance(node.arg, kinds.Slice):
        return _sliced(subject, node.arg, known, depth)
    index = fold(node.arg, known, depth + 1)
    return subject[index] if isinstance(index, int) and -len(subject) <= index < len(subject) else None


def _sliced(subject: str | tuple[Value, ...], cut: nodes.Slice, known: Known, depth: int) -> Value | None:
    ends: list[int | None] = []
    for end in (cut.start, cut.stop, cut.step):
        value = None if end is None else fold(end, known, depth + 1)
        if end is not None and not isinstance(value, int):
            return None
        ends.append(value if isinstance(value, int) else None)
    return None if ends[2] == 0 else subject[slice(*ends)]


def _changed(name: str, subject: Value, given: tuple[Value, ...]) -> Value | None:
    """Return what a filter or a method of its name makes of a constant."""
    if name == "join":
        return _joined(subject, str(given[0]) if given else "")
    if name in {"reverse", "first", "last"} and isinstance(subject, str | tuple) and subject:
        return subject[::-1] if name == "reverse" else subject[0 if name == "first" else -1]
    if name == "replace" and isinstance(subject, str) and len(given) >= 2:
        return _short(subject.replace(str(given[0]), str(given[1]))) if str(given[0]) else None
    if name == "format" and isinstance(subject, str):
        return _percent(subject, given)
    if name in _METHODS and isinstance(subject, str) and all(isinstance(one, str) for one in given):
        return str(getattr(subject, name)(*given[: 1 if name.endswith("strip") else 0]))
    return subject if name in _PLAIN else None


def _joined(items: Value, glue: str) -> str | None:
    if not isinstance(items, str | tuple):
        return None
    return _short(glue.join(str(one) for one in items))


def _percent(pattern: str, given: tuple[Value, ...]) -> str | None:
    """Return a text with `%s`, `%c` or `{}` filled in; widths are not, they could be huge."""
    if any(isinstance(one, tuple) for one in given):
        return None
    filled, values = "", iter(given)
    for piece in pattern.replace("{}", "%s").replace("%d", "%s").replace("%c", "%s").split("%s"):
        filled += piece
        value = next(values, "")
        filled += chr(value) if isinstance(value, int) and "%c" in pattern and 0 <= value < 0x110000 else str(value)
    return _short(filled)


def _short(text: str) -> str | None:
    return text if len(text) <= _LONGEST else None
