"""What loading would cost, reckoned without paying it: hashes of shared nests, expanded sizes, demanded memory."""

from __future__ import annotations

from typing import Final, NamedTuple

from accord.scan.pickles.values import FROZENSET, Buffer, Nest, Value

MOST_STEPS: Final = 50_000_000
MOST_DEPTH: Final = 5_000
MOST_MEMO: Final = 1 << 25
MOST_BYTES: Final = 1 << 30
MOST_DIGITS: Final = 20_000
MOST_EQUAL: Final = 1_000
_CAP: Final = 1 << 62
_FEW_SHARED: Final = 40
_FEW_LONG: Final = 200_000
_MODULUS: Final = (1 << 61) - 1


class Cost(NamedTuple):
    """What hashing one tuple takes: steps, and how deep it goes."""

    steps: int
    depth: int


_FLAT: Final = Cost(1, 1)


class Keys:
    """The costs of tuples that are keys, each reckoned once however often it is shared."""

    __slots__ = ("_equal", "_known", "_long", "worst")

    def __init__(self) -> None:
        self._known: dict[int, tuple[tuple[Value, ...], Cost | None]] = {}
        self._equal: dict[int, set[int]] = {}
        self._long = 0
        self.worst = 0
        """How many different big numbers share one hash, at most."""

    def cost(self, key: tuple[Value, ...]) -> Cost | None:
        """Return what hashing `key` costs, or None when something in it has no hash."""
        todo = [key]
        while todo:
            one = todo[-1]
            if id(one) in self._known:
                todo.pop()
                continue
            inner = [item for item in one if type(item) is tuple and item and id(item) not in self._known]
            if inner:
                todo += inner
                continue
            self._known[id(todo.pop())] = (one, self._sum(one))
        return self._known[id(key)][1]

    def _sum(self, one: tuple[Value, ...]) -> Cost | None:
        steps, depth = 1 + len(one), 1
        for item in one:
            if type(item) is Buffer or (type(item) is Nest and item.kind != FROZENSET):
                return None
            found = self._known[id(item)][1] if type(item) is tuple and item else _FLAT
            if found is None:
                return None
            steps, depth = min(steps + found.steps, _CAP), max(depth, found.depth + 1)
        return Cost(steps, depth)

    def number(self, number: int) -> None:
        """Count different big numbers by their hash: thousands with the same one make a dict quadratic."""
        if 0 <= number < _MODULUS:
            return  # a hash of its own
        self._long += 1
        if self._long > _FEW_LONG and self.worst < MOST_EQUAL // 10:
            self._equal.clear()
            return
        alike = self._equal.setdefault(number % _MODULUS, set())
        alike.add((number // _MODULUS) & 0xFFFF_FFFF_FFFF_FFFF)
        self.worst = max(self.worst, len(alike))


def expanded(root: Value, shared: int) -> int:
    """Return how many values a walk through nests meets that does not notice what is shared, as a printout does."""
    if shared < _FEW_SHARED:
        return 0
    known: dict[int, int] = {}
    open_: set[int] = set()
    todo: list[Value] = [root]
    while todo:
        one = todo[-1]
        inner = _nests(one)
        waiting = [item for item in inner if id(item) not in known and id(item) not in open_]
        if waiting and id(one) not in known:
            open_.add(id(one))
            todo += waiting
            continue
        todo.pop()
        if id(one) not in known:
            known[id(one)] = min(1 + _size(one) + sum(known.get(id(item), 0) for item in inner), _CAP)
    return known.get(id(root), 0)


def _nests(value: Value) -> list[Value]:
    items = value if type(value) is tuple else value.items if type(value) is Nest else ()
    return [item for item in items if (type(item) is tuple and item) or type(item) is Nest]


def _size(value: Value) -> int:
    return value.count if type(value) is Nest else len(value) if type(value) is tuple else 0


def about(number: int) -> str:
    """Return a huge number in words that are read at a glance."""
    return str(number) if number < 1_000_000 else f"about {number:.0e}".replace("+", "")
