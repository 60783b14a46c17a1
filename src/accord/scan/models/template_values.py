"""What expressions of a template come to, as far as it can be told without rendering."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from jinja2 import nodes

Value = str | int | float | tuple["Value", ...]
"""A constant; lists, tuples and the keys of dictionaries stand as tuples."""

_DEEPEST = 40
_LONGEST = 10_000
_LARGEST = 1 << 40
_PERCENT: Final = re.compile(r"%(?:\((\w+)\))?([sdc%])")
_BRACES: Final = re.compile(r"\{(\w*)\}")
_PLAIN: Final = {"string", "list", "safe", "escape", "e", "lower", "upper", "d", "default"}
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
    if isinstance(node, kinds.TemplateData):
        return node.data
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
    if isinstance(node, kinds.Mod) and isinstance(node.right, kinds.Dict):
        pattern, pairs = fold(node.left, known, depth + 1), node.right.items
        named = {str(fold(pair.key, known, depth + 1)): fold(pair.value, known, depth + 1) for pair in pairs}
        return _percent(pattern, (), named) if isinstance(pattern, str) else None
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


def set_once(tree: list[nodes.Node]) -> Mapping[str, nodes.Node]:
    """Return the variables that one place sets, and what it sets them to."""
    from jinja2 import nodes as kinds

    stored = Counter(node.name for node in tree if isinstance(node, kinds.Name) and node.ctx != "load")
    pairs = [pair for node in tree for pair in _settings(node)]
    once = {
        target.name: value for target, value in pairs if isinstance(target, kinds.Name) and stored[target.name] == 1
    }
    macros = {f"{node.name}()": _output(node.body) for node in tree if isinstance(node, kinds.Macro)}
    return once | {name: value for name, value in macros.items() if value is not None}


def _settings(node: nodes.Node) -> Iterator[tuple[nodes.Node, nodes.Node]]:
    """Yield what a statement sets, and to what."""
    from jinja2 import nodes as kinds

    if isinstance(node, kinds.Assign):
        if isinstance(node.target, kinds.Tuple) and isinstance(node.node, kinds.Tuple):
            yield from zip(node.target.items, node.node.items, strict=False)
        else:
            yield node.target, node.node
    elif isinstance(node, kinds.With):
        yield from zip(node.targets, node.values, strict=False)
    elif isinstance(node, kinds.AssignBlock):
        made = _output(node.body)
        if made is not None and node.filter is not None:
            made = kinds.Filter(made, node.filter.name, node.filter.args, [], None, None, lineno=node.lineno)
        if made is not None:
            yield node.target, made


def _output(body: list[nodes.Node]) -> nodes.Expr | None:
    """Return what statements write as one expression, None when they do more than that."""
    from jinja2 import nodes as kinds

    pieces = [piece for node in body if isinstance(node, kinds.Output) for piece in node.nodes]
    return kinds.Concat(pieces) if pieces and all(isinstance(node, kinds.Output) for node in body) else None


def _made(node: nodes.Node, known: Known, depth: int) -> Value | None:
    """Return what a filter or a call makes."""
    from jinja2 import nodes as kinds

    if isinstance(node, kinds.Filter) and node.node is not None:
        given = _all(node.args, known, depth)
        subject = fold(node.node, known, depth + 1)
        return None if given is None or subject is None else _changed(node.name, subject, given)
    if isinstance(node, kinds.Call) and isinstance(node.node, kinds.Name) and node.node.name == "dict":
        return tuple(pair.key for pair in node.kwargs)
    if isinstance(node, kinds.Call) and isinstance(node.node, kinds.Name):
        macro = known.names.get(f"{node.node.name}()")
        return None if macro is None else fold(macro, known, depth + 8)
    if isinstance(node, kinds.Call) and isinstance(node.node, kinds.Getattr):
        given = _all(node.args, known, depth)
        subject = fold(node.node.node, known, depth + 1)
        if given is None or subject is None:
            return None
        if node.node.attr == "format" and isinstance(subject, str):
            return _filled(subject, given, {pair.key: fold(pair.value, known, depth + 1) for pair in node.kwargs})
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
    if node.operator == "%" and isinstance(left, str):
        return _percent(left, right if isinstance(right, tuple) else (right,))
    if isinstance(left, str) and isinstance(right, str):
        return _short(left + right) if node.operator == "+" else None
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
    if name == "trim" and isinstance(subject, str) and all(isinstance(one, str) for one in given):
        return subject.strip(*map(str, given[:1]))
    return subject if name in _PLAIN else None


def _joined(items: Value, glue: str) -> str | None:
    if not isinstance(items, str | tuple):
        return None
    return _short(glue.join(str(one) for one in items))


def _percent(pattern: str, given: tuple[Value, ...], named: Mapping[str, Value | None] | None = None) -> str | None:
    """Return a text with `%s`, `%c` and the like filled in; widths are not, they could be huge."""
    values = iter(given)

    def fill(found: re.Match[str]) -> str:
        if found[2] == "%":
            return "%"
        value = (named or {}).get(found[1]) if found[1] else next(values, None)
        if value is None or isinstance(value, tuple):
            raise ValueError(pattern)
        return chr(value) if found[2] == "c" and isinstance(value, int) else str(value)

    return _replaced(_PERCENT, fill, pattern, leftover="%")


def _filled(pattern: str, given: tuple[Value, ...], named: Mapping[str, Value | None]) -> str | None:
    """Return a text with `{}`, `{0}` or `{name}` filled in."""
    values = iter(given)

    def fill(found: re.Match[str]) -> str:
        place = found[1]
        value = next(values) if not place else given[int(place)] if place.isdecimal() else named[place]
        if value is None or isinstance(value, tuple):
            raise ValueError(pattern)
        return str(value)

    return _replaced(_BRACES, fill, pattern, leftover="{")


def _replaced(
    field: re.Pattern[str], fill: Callable[[re.Match[str]], str], pattern: str, *, leftover: str
) -> str | None:
    """Return a pattern with its fields filled in; None when there are others, or nothing to fill them with."""
    if leftover in field.sub("", pattern) or len(pattern) > _LONGEST:
        return None
    try:
        return _short(field.sub(fill, pattern))
    except (ValueError, LookupError, StopIteration, OverflowError):
        return None


def _short(text: str) -> str | None:
    return text if len(text) <= _LONGEST else None
