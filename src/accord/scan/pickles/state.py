"""What an unpickler holds between two opcodes: stack, marks, memo, and what was seen so far.

Names and rules follow CPython's `Modules/_pickle.c`: the `fence` is where the last mark stands, and nothing is taken
from below it; the memo of MEMOIZE counts entries, that of PUT is told an index.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from mmap import mmap
from typing import Final

from accord.scan.look import OverError
from accord.scan.pickles import costs
from accord.scan.pickles.lists import SPECIAL
from accord.scan.pickles.texts import literal
from accord.scan.pickles.values import (
    DICT,
    FROZENSET,
    LIST,
    MOST_KEPT,
    Buffer,
    Call,
    Change,
    Contents,
    Extension,
    Import,
    Nest,
    Persistent,
    Run,
    Value,
)

MOST_NAMES: Final = 20_000
MOST_DEEDS: Final = 2_000
MOST_PAYLOADS: Final = 100_000
MOST_PERSISTENT: Final = 200_000
MOST_NESTS: Final = 400_000
MOST_KEPT_IN_ALL: Final = 2_000_000
_FEW: Final = 64
_DEEPEST: Final = 16
_MOST_PLAIN: Final = 10_000
_PLAIN_ONLY: Final = frozenset({int})
_ARGUMENTS_DECIDE: Final = frozenset({SPECIAL})
_NEAR: Final = 1 << 16
_NUMBER: Final = re.compile(rb"K.|M..|J....|G.{8}|[N\x88\x89]", re.DOTALL)


AfterBuild = Callable[["State", Call, int], int]
"""Called when the state of an instance was set, with the offset that follows; returns where opcodes go on."""


class StopError(Exception):
    """The unpickler would raise here: `why` says what it cannot do; `cut`: for want of data."""

    def __init__(self, why: str, *, cut: bool = False) -> None:
        super().__init__(why)
        self.why = why
        self.cut = cut


class FrameError(Exception):
    """No error: a frame begins at `at`, and the end of it has to be watched."""

    def __init__(self, at: int) -> None:
        super().__init__()
        self.at = at


class State:
    """Everything of one stream under way; the operations change it."""

    __slots__ = (
        "after_build",
        "bombs",
        "bound",
        "contents",
        "data",
        "deeds",
        "doers",
        "end",
        "even",
        "faint",
        "far",
        "fence",
        "fine_keys",
        "frame_end",
        "hashed",
        "holes",
        "imports",
        "kept",
        "keys",
        "lies",
        "limit",
        "listed",
        "marks",
        "memo",
        "nests",
        "persistent",
        "proto",
        "result",
        "shared",
        "stack",
        "steps",
        "total",
    )  # fmt: skip

    def __init__(
        self,
        data: bytes | mmap,
        limit: int,
        after_build: AfterBuild | None = None,
        *,
        total: int | None = None,
        contents: Contents | None = None,
    ) -> None:
        self.data = data
        self.bound = limit
        """Where the frame ends that is under way, or the data: no opcode may reach across it."""
        self.total = limit if total is None else total
        """Where a frame must end at the latest: behind the limit when only a start is looked at."""
        self.limit = limit
        self.after_build = after_build
        self.contents = contents
        self.stack: list[Value] = []
        self.marks: list[int] = []
        self.fence = 0
        self.memo: list[Value | None] = []
        self.far: dict[int, Value] = {}
        self.holes = 0
        self.even = True
        """Whether the memo has neither holes nor far entries, so that the next index is its length."""
        self.proto = 0
        self.frame_end = 0
        self.end = -1
        self.result: Value | None = None
        self.imports: dict[tuple[str, str, bool], Import] = {}
        self.deeds: list[Call | Change | Extension] = []
        self.doers = False
        """Whether a name was looked up that may be called where its arguments are seen, and never kept."""
        self.listed = 0
        self.persistent: list[Persistent] = []
        self.fine_keys: set[int] = set()
        self.keys = costs.Keys()
        self.bombs: dict[str, int] = {}
        self.lies: dict[str, int] = {}
        self.faint: dict[str, Nest] = {}
        self.nests = 0
        self.kept = 0
        self.shared = 0
        self.steps = 0
        self.hashed = 0

    def need(self, end: int) -> None:
        """Check that the data reach to `end`.

        Raises `StopError`.
        """
        if end > self.limit:
            raise StopError(f"{end - self.limit} bytes more are announced than are there", cut=True)

    def line(self, at: int, least: int = 1) -> tuple[bytes, int]:
        """Return the text up to the next line feed, and where the next opcode is.

        Raises `StopError` when no line feed follows, or the line is shorter than `least`.
        """
        stop = self.data.find(b"\n", at, self.limit)
        if stop < 0 or stop - at < least:
            raise StopError("a line of text is cut" if stop < 0 else "a line of text is empty", cut=stop < 0)
        return self.data[at:stop], stop + 1

    def marker(self) -> int:
        """Take the last mark, and return the height of the stack where it stood.

        Raises `StopError` when there is none.
        """
        marks = self.marks
        if not marks:
            raise StopError("there is no MARK to go back to")
        mark = marks.pop()
        self.fence = marks[-1] if marks else 0
        return mark

    def has(self, count: int) -> None:
        """Check that `count` values lie above the last mark, and split stretches of numbers among them.

        Raises `StopError`.
        """
        stack = self.stack
        if count > 1 or (stack and type(stack[-1]) is Run):
            self._split(count)
        if len(stack) - count < self.fence:
            raise StopError("more is taken from the stack than is on it")

    def _split(self, count: int) -> None:
        stack = self.stack
        at = len(stack) - 1
        lowest = len(stack) - count
        while at >= max(lowest, self.fence, 0):
            one = stack[at]
            if type(one) is Run:
                places = self.places(one)
                stack[at : at + 1] = places
                lowest += len(places) - 1
            at -= 1

    def places(self, run: Run) -> list[int]:
        """Return where each number of a stretch has its argument."""
        return [found.start() + 1 for found in _NUMBER.finditer(self.data, run.start, run.end)]

    def pop(self) -> Value:
        """Take the topmost value.

        Raises `StopError` when it lies below the last mark.
        """
        self.has(1)
        return self.stack.pop()

    def items(self, mark: int) -> list[Value]:
        """Take everything above a height of the stack."""
        found = self.stack[mark:]
        del self.stack[mark:]
        return found

    def nest(self, kind: str, items: list[Value] | None = None) -> Nest:
        """Return a new nest; when very many are alive, one that remembers nothing stands for all."""
        if self.nests >= MOST_NESTS:
            return self.faint.setdefault(kind, Nest(kind))
        self.nests += 1
        found = Nest(kind)
        if items:
            self.put(found, items)
        return found

    def put(self, nest: Nest, items: list[Value]) -> None:
        """Add items to a nest; of plain ones not more are remembered than any reader looks at."""
        count = len(items)
        if self.faint and self.faint.get(nest.kind) is nest:
            nest.count += count
            return
        nest.count += count
        most = self.contents.most if self.contents else MOST_KEPT
        room = (most if self.kept < MOST_KEPT_IN_ALL else _FEW) - len(nest.items)
        if count <= room:
            nest.items += items
            self.kept += count
            return
        keep = items[: room & ~1] if room > 1 else []
        keep += [one for one in items[len(keep) :] if type(one) is not int and type(one) is not Run]
        nest.items += keep
        self.kept += len(keep)
        nest.count = max(nest.count, len(nest.items) + 1)

    def forget(self, nest: Nest) -> None:
        """Let go of a state that has been looked at, where memory is getting short."""
        if self.kept > MOST_KEPT_IN_ALL // 4 and self.faint.get(nest.kind) is not nest:
            self.kept -= len(nest.items)
            self.nests -= 1
            nest.items = []

    def check_keys(self, keys: list[Value]) -> None:
        """Reckon what hashing the keys of a dict or the members of a set costs.

        Raises `StopError` for what has no hash.
        """
        if set(map(type, keys)) <= _PLAIN_ONLY:
            return
        for key in keys:
            kind = type(key)
            if kind is int or kind is Run or kind is Call or kind is Import:
                continue
            if kind is Buffer or (type(key) is Nest and key.kind != FROZENSET):
                raise StopError("a key is of a kind that has no hash")
            if type(key) is tuple and self.hashed <= costs.MOST_STEPS:
                self._check_tuple(key)

    def _check_tuple(self, key: tuple[Value, ...]) -> None:
        cost = self.keys.cost(key) if set(map(type, key)) != _PLAIN_ONLY else costs.Cost(len(key), 1)
        if cost is None:
            raise StopError("a key holds something that has no hash")
        self.hashed += cost.steps
        if self.hashed > costs.MOST_STEPS:
            self.bombs.setdefault(f"hashing keys takes {costs.about(self.hashed)} steps", 0)
        if cost.depth > costs.MOST_DEPTH:
            self.bombs.setdefault(f"a key nests {cost.depth} deep, and hashing it overflows the stack", 0)

    def remember(self, index: int, value: Value) -> None:
        """Put a value into the memo, as PUT does."""
        memo = self.memo
        if self.far:
            self.far.pop(index, None)
        if index < len(memo):
            if memo[index] is None:
                self.holes -= 1
            memo[index] = value
        elif index <= len(memo) + _NEAR:
            self.holes += index - len(memo)
            memo.extend([None] * (index - len(memo)))
            memo.append(value)
        else:
            self.far[index] = value
            if index > costs.MOST_MEMO:
                self.bombs.setdefault(
                    f"the memo index {index} makes the unpickler ask for {costs.about(index * 16)} bytes", 0
                )
        self.even = not self.holes and not self.far

    def recall(self, index: int) -> Value:
        """Return what the memo holds.

        Raises `StopError` when it holds nothing there.
        """
        found = self.memo[index] if 0 <= index < len(self.memo) else None
        if found is None:
            found = self.far.get(index)
        if found is None:
            raise StopError(f"nothing was put into the memo at {index}")
        if type(found) is tuple or type(found) is Nest:
            self.shared += 1
        return found

    def name(self, module: str, name: str, at: int) -> Import:
        """Return a name that is looked up; each is noted where it is looked up first."""
        key = (module, name, self.proto < 3)
        found = self.imports.get(key)
        if found is None:
            if len(self.imports) >= MOST_NAMES:
                raise OverError(f"a pickle looks up more than {MOST_NAMES} names")
            found = self.imports[key] = Import(module, name, at, old=self.proto < 3)
            self.doers = self.doers or found.uses <= _ARGUMENTS_DECIDE
        return found

    def plain(self, value: Value | None) -> object:
        """Return a value as Python would hold it; what is no plain data, or too much, stays as it is."""
        return self._plain(value, _DEEPEST, [_MOST_PLAIN])

    def _plain(self, value: Value | None, depth: int, left: list[int]) -> object:
        left[0] -= 1
        if type(value) is int:
            return literal(self.data, value)
        if type(value) is Buffer:
            return literal(self.data, value.at)
        if depth <= 0 or left[0] <= 0:
            return value
        if type(value) is tuple:
            items = self._plain_items(value, depth, left)
            return value if items is None else tuple(items)
        if type(value) is not Nest or value.kind not in {LIST, DICT} or value.partial:
            return value
        items = self._plain_items(value.items, depth, left)
        if items is None or value.kind == LIST:
            return value if items is None else items
        if all(isinstance(key, str | int | bytes | float | None) for key in items[::2]):
            return dict(zip(items[::2], items[1::2], strict=False))
        return value

    def _plain_items(self, items: Iterable[Value], depth: int, left: list[int]) -> list[object] | None:
        inner = list(islice(self.spread(items), left[0] + 1))
        return None if len(inner) > left[0] else [self._plain(one, depth - 1, left) for one in inner]

    def spread(self, items: Iterable[Value]) -> Iterator[Value]:
        """Yield values with each number on its own."""
        for one in items:
            if type(one) is Run:
                yield from self.places(one)
            else:
                yield one

    def do(self, deed: Call | Change | Extension) -> None:
        """Note something that loading would do."""
        listed = isinstance(deed, Call) and deed.listed
        self.listed += listed
        if self.listed <= MOST_PAYLOADS if listed else len(self.deeds) - self.listed < MOST_DEEDS:
            self.deeds.append(deed)
        else:
            self.lies["there are more deeds to judge than are looked at"] = deed.at
