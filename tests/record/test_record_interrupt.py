"""Ctrl-C at any moment of a write leaves a store that others can write to at once: no lock outlives the write."""

from __future__ import annotations

import contextlib
import signal
import sqlite3
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any, Final

import pytest

from accord.core.canon import digest
from accord.record.campaigns import Begun, Campaigns, open_campaigns

STEPS: Final = 13
"""Steps of the interpreter from one moment at which Ctrl-C comes to the next that is tried."""


@contextlib.contextmanager
def interrupted(after: int) -> Iterator[list[int]]:
    """Send this process Ctrl-C after so many steps of a block; the list says how many steps there were."""
    steps = [0]

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        frame.f_trace_opcodes = True
        steps[0] += event == "opcode"
        if steps[0] == after and event == "opcode":
            signal.raise_signal(signal.SIGINT)
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield steps
    finally:
        sys.settrace(before)


def begun(number: int) -> Begun:
    """Return a campaign."""
    return Begun(f"c{number}", digest("plan"), datetime(2026, 11, 22, tzinfo=UTC), "running", 0.0, b"{}", "")


def is_free(database: Path) -> bool:
    """Tell whether another can write now, without a wait."""
    with contextlib.closing(sqlite3.connect(database, timeout=0, isolation_level=None)) as other:
        try:
            other.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return False
        other.execute("ROLLBACK")
    return True


def steps_of(campaigns: Campaigns) -> int:
    """Return how many steps one write takes, when what is imported late is there."""
    campaigns.begin(begun(-1))
    with interrupted(0) as steps:
        campaigns.begin(begun(-2))
    return steps[0]


def test_ctrl_c_at_any_moment_of_a_write_locks_nobody_out(tmp_path: Path) -> None:
    handler = signal.getsignal(signal.SIGINT)
    with open_campaigns(tmp_path) as campaigns:
        moments = range(1, steps_of(campaigns), STEPS)
        assert len(moments) > 100
        stopped, locked = 0, []
        for moment in moments:
            try:
                with interrupted(moment):
                    campaigns.begin(begun(moment))
            except KeyboardInterrupt:  # while it is held, so is what its frames left open, as in a `finally`
                stopped += 1
                locked += [moment] * (not is_free(tmp_path / "accord.db"))
        assert not locked
        assert stopped > 0.9 * len(moments)  # the rest came where the interpreter lets nothing through
        assert signal.getsignal(signal.SIGINT) is handler
        assert campaigns.begin(begun(0))


def test_a_write_that_was_begun_before_ctrl_c_is_whole(tmp_path: Path) -> None:
    with open_campaigns(tmp_path) as campaigns:
        half = steps_of(campaigns) // 2
        with pytest.raises(KeyboardInterrupt), interrupted(half):
            campaigns.begin(begun(1))
        assert campaigns.find("c1") == begun(1)
