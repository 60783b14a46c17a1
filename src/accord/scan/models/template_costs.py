"""What rendering a template would cost: turns of loops, widths of texts, and variables that double themselves."""

from __future__ import annotations

import re
from collections import Counter, deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

from accord.scan.models.template_values import Known, Value, fold

if TYPE_CHECKING:
    from jinja2 import nodes

_MOST_TURNS = 10_000_000
_HUGE_POWER = 10_000
_MOST_DOUBLINGS = 20
_WIDTH: Final = re.compile(r"[%{:][^%{}]{0,8}?\d{7}")
_PADDING: Final = {"center": "width", "indent": "width", "batch": "linecount", "slice": "slices"}
_PADDING_METHODS: Final = frozenset({"center", "ljust", "rjust", "zfill", "expandtabs"})


_Variable = tuple[str, str]


class Cost(NamedTuple):
    """Where a template keeps whoever renders it busy, and how."""

    message: str
    node: nodes.Node


def costs(found: list[nodes.Node], known: Known) -> Iterator[Cost]:
    """Yield what of a template's nodes, the outermost first, costs more than any text is worth."""
    from jinja2 import nodes as kinds

    factors = {id(side) for node in found if isinstance(node, kinds.Mul) for side in (node.left, node.right)}
    for node in found:
        if isinstance(node, kinds.Call):
            yield from _call(node, known)
        elif isinstance(node, kinds.Filter):
            yield from _filter(node, known)
        elif isinstance(node, kinds.Pow):
            yield from _power(node, known)
        elif isinstance(node, kinds.Mul) and id(node) not in factors:
            yield from _product(node, known)
        elif isinstance(node, kinds.Mod):
            yield from _pattern(fold(node.left, known), node)
    yield from _loops(found[0], known)
    yield from _doublings(found[0])


def _call(node: nodes.Call, known: Known) -> Iterator[Cost]:
    from jinja2 import nodes as kinds

    callee = node.node
    if isinstance(callee, kinds.Name) and callee.name == "range" and _turns(node, known) > _MOST_TURNS:
        yield Cost(f"counts to {_turns(node, known)}", node)
    elif isinstance(callee, kinds.Getattr) and callee.attr == "format":
        yield from _pattern(fold(callee.node, known), node)
    elif isinstance(callee, kinds.Getattr) and callee.attr in _PADDING_METHODS:
        yield from _padding([*node.args[:1], *(pair.value for pair in node.kwargs)], node, known)


def _filter(node: nodes.Filter, known: Known) -> Iterator[Cost]:
    if node.name in _PADDING:
        named = [pair.value for pair in node.kwargs if pair.key == _PADDING[node.name]]
        yield from _padding([*node.args[:1], *named], node, known)
    elif node.name == "format" and node.node is not None:
        yield from _pattern(fold(node.node, known), node)


def _pattern(pattern: Value | None, node: nodes.Node) -> Iterator[Cost]:
    if isinstance(pattern, str) and _WIDTH.search(pattern):
        yield Cost(f"formats by {pattern}", node)


def _padding(widths: list[nodes.Expr], node: nodes.Node, known: Known) -> Iterator[Cost]:
    for one in widths:
        width = fold(one, known)
        if isinstance(width, int | float) and width > _MOST_TURNS:
            yield Cost(f"pads a text to {width} letters", node)


def _power(node: nodes.Expr, known: Known) -> Iterator[Cost]:
    from jinja2 import nodes as kinds

    power, base = 1.0, node
    while isinstance(base, kinds.Pow) and power <= _HUGE_POWER:
        right = fold(base.right, known)
        computed = isinstance(base.right, kinds.Pow) and right is None
        power *= _HUGE_POWER + 1 if computed else max(right, 1) if isinstance(right, int | float) else 1
        base = base.left
    if power > _HUGE_POWER:
        yield Cost("raises a number to a huge power", node)


def _product(node: nodes.Mul, known: Known) -> Iterator[Cost]:
    """Say when something that is no number is repeated beyond reason."""
    times, repeats = _times(node, known)
    if repeats and times > _MOST_TURNS:
        yield Cost(f"repeats a text {times} times", node)


def _times(node: nodes.Mul, known: Known) -> tuple[int, bool]:
    """Return what the numbers of a product come to, and whether there is something that is no number."""
    from jinja2 import nodes as kinds

    times, repeats, waiting = 1, False, list(node.iter_child_nodes())
    while waiting:
        one = waiting.pop()
        if isinstance(one, kinds.Mul):
            waiting.extend(one.iter_child_nodes())
            continue
        value = fold(one, known)
        if isinstance(value, int) and times <= _MOST_TURNS:
            times *= max(value, 1)
        repeats = repeats or not isinstance(value, int | float)
    return times, repeats


def _turns(node: nodes.Call, known: Known) -> int:
    """Return how often a loop over a range would turn; once when that cannot be told."""
    values = [fold(one, known) for one in node.args]
    numbers = [value for value in values if isinstance(value, int)]
    if not numbers or len(numbers) != len(values):
        return 1
    step = abs(numbers[2]) if len(numbers) > 2 and numbers[2] else 1
    return abs(numbers[1] - numbers[0]) // step if len(numbers) > 1 else max(numbers[0], 1)


def _loops(tree: nodes.Node, known: Known) -> Iterator[Cost]:
    """Multiply the turns of loops that stand in one another."""
    from jinja2 import nodes as kinds

    waiting = deque([(tree, 1)])
    while waiting:
        node, turns = waiting.popleft()
        if isinstance(node, kinds.For):
            iterated = node.iter
            if isinstance(iterated, kinds.Call) and getattr(iterated.node, "name", "") == "range":
                turns *= max(_turns(iterated, known), 1)
            elif isinstance(iterated, kinds.Mul):
                turns *= max(_times(iterated, known)[0], 1)
            if turns > _MOST_TURNS:
                yield Cost(f"loops stand in one another for {turns} turns", node)
                return
        waiting.extend((child, turns) for child in node.iter_child_nodes())


def _doublings(tree: nodes.Node) -> Iterator[Cost]:
    """Follow variables that are set to a sum in which one stands twice: in a loop, or one after the other."""
    from jinja2 import nodes as kinds

    waiting, doubled = deque([(tree, False)]), dict[_Variable, int]()
    while waiting:
        node, looped = waiting.popleft()
        looped = looped or isinstance(node, kinds.For)
        target = _variable(node.target) if isinstance(node, kinds.Assign) else None
        if isinstance(node, kinds.Assign) and target:
            pieces = Counter(_pieces(node.node))
            doubled[target] = max((doubled.get(one, 0) + (count > 1) for one, count in pieces.items()), default=0)
            if doubled[target] >= _MOST_DOUBLINGS or (looped and pieces[target] > 1):
                yield Cost("doubles a text again and again", node)
                return
        waiting.extendleft((child, looped) for child in reversed(list(node.iter_child_nodes())))


def _pieces(whole: nodes.Node) -> Iterator[_Variable]:
    """Yield the variables that stand alone in a sum."""
    from jinja2 import nodes as kinds

    waiting = [whole]
    while waiting:
        one = waiting.pop()
        if isinstance(one, kinds.Concat | kinds.Add):
            waiting.extend(one.iter_child_nodes())
        elif found := _variable(one):
            yield found


def _variable(node: nodes.Node) -> _Variable | None:
    """Return a variable, or one in a namespace, as its names."""
    from jinja2 import nodes as kinds

    if isinstance(node, kinds.Name):
        return node.name, ""
    if isinstance(node, kinds.NSRef):
        return node.name, node.attr
    return (
        (node.node.name, node.attr) if isinstance(node, kinds.Getattr) and isinstance(node.node, kinds.Name) else None
    )
