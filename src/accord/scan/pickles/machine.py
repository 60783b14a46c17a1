"""The abstract unpickler: one stream is followed to its end as the C unpickler would, and nothing is ever called."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Final

from accord.scan.look import Look, OverError
from accord.scan.part import Part
from accord.scan.pickles import costs, literals, objects, stacking
from accord.scan.pickles.literals import Operation
from accord.scan.pickles.state import AfterBuild, FrameError, State, StopError
from accord.scan.pickles.values import Call, Change, Contents, Extension, Import, Persistent, Value

MOST_HELD: Final = 12_000_000
"""How many values the stack and the memo may hold."""

_BLOCK: Final = 1 << 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """What one stream would do: the names it looks up, calls and changes, how it ends, and what it would cost.

    Offsets are in the part. `deeds` holds what no allow-list covers, and calls with bytes that are looked at further.
    `cut`: it ended because the data did; `steps`: opcodes before the last.
    """

    begin: int
    end: int
    stopped: bool
    cut: bool
    why: str
    proto: int
    steps: int
    imports: tuple[Import, ...]
    deeds: tuple[Call | Change | Extension, ...]
    persistent: tuple[Persistent, ...]
    bombs: tuple[tuple[str, int], ...]
    lies: tuple[tuple[str, int], ...]
    result: Value | None
    base: int
    plain: Callable[[Value | None], object]

    def place(self, at: int) -> int:
        """Return where in the part something stands whose `at` is in its source."""
        return at - self.base


def run(
    part: Part,
    at: int,
    look: Look | None,
    *,
    after_build: AfterBuild | None = None,
    size: int | None = None,
    contents: Contents | None = None,
) -> Story:
    """Follow one stream from `at`, for `size` bytes at most; a frame may then reach further.

    `contents` takes what nobody needs who only judges: long nests, and what is set in an OrderedDict.

    Raises `OverError` when it takes too long, or holds too much.
    """
    limit = part.start + (part.size if size is None else min(at + size, part.size))
    state = State(part.source, limit, after_build, total=None if size is None else sys.maxsize, contents=contents)
    begin = part.start + at
    end, error = _follow(state, begin, look)
    stopped = state.end >= 0
    if stopped:
        end = state.end
        _reckon(state, begin)
    base = part.start
    return Story(
        begin=at,
        end=end - base,
        stopped=stopped,
        cut=not stopped and error.cut,
        why="" if stopped else error.why,
        proto=state.proto,
        steps=state.steps,
        imports=tuple(state.imports.values()),
        deeds=tuple(state.deeds),
        persistent=tuple(state.persistent),
        bombs=tuple(state.bombs.items()),
        lies=tuple(state.lies.items()),
        result=state.result,
        base=base,
        plain=state.plain,
    )


def _follow(state: State, at: int, look: Look | None) -> tuple[int, StopError]:
    """Do one opcode after the other; return where it ended, and why when that was not a STOP."""
    limit = state.limit
    try:
        while at < limit:
            at = _follow_block(state, at)
            if look is not None:
                look.tick()
            if len(state.stack) + len(state.memo) + len(state.marks) + len(state.far) > MOST_HELD:
                raise OverError(f"a pickle holds more than {MOST_HELD} values at once")
    except _AtError as found:
        return found.at, found.error
    return limit, StopError("the data end before the stream does", cut=True)


def _follow_block(state: State, at: int) -> int:
    """Do as many opcodes as lie between two looks at the clock."""
    data, bound, table = state.data, state.bound, _table()
    count = 0
    try:
        for count in range(_BLOCK):  # noqa: B007  # how far it came is told below
            at = table[data[at]](state, at + 1)
            if at >= bound:
                break
    except FrameError as frame:
        return frame.at
    except StopError as error:
        raise _AtError(at, error) from None
    except IndexError:
        raise _AtError(at, StopError("the data end before the stream does", cut=True)) from None
    finally:
        state.steps += count
    if at >= bound < state.limit and state.end < 0:
        if at > bound:
            state.lies.setdefault("an opcode reaches across the end of its frame: unpicklers disagree on it", bound)
        state.bound = state.limit
    return at


class _AtError(Exception):
    """The stream broke off at an opcode."""

    def __init__(self, at: int, error: StopError) -> None:
        super().__init__(error.why)
        self.at = at
        self.error = error


def _reckon(state: State, begin: int) -> None:
    """Add what only the whole stream tells about its cost."""
    if state.keys.worst > costs.MOST_EQUAL:
        state.bombs.setdefault(f"{state.keys.worst} different numbers share one hash", begin)
    if state.result is not None:
        size = costs.expanded(state.result, state.shared)
        if size > costs.MOST_STEPS:
            state.bombs.setdefault(f"the result unfolds to {costs.about(size)} values", begin)


def _no_opcode(state: State, at: int) -> int:
    raise StopError(f"there is no opcode 0x{state.data[at - 1]:02x}")


@cache
def _table() -> tuple[Operation, ...]:
    known = {**literals.OPERATIONS, **stacking.OPERATIONS, **objects.OPERATIONS}
    return tuple(known.get(bytes([code]), _no_opcode) for code in range(256))
