"""Whole messages go between a process and its child; what ends, stalls or floods is told, never waited for."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.core.lines import Line, pair, ready


@pytest.fixture
def ends() -> Iterator[tuple[Line, Line]]:
    ours, theirs = pair()
    yield ours, theirs
    for end in (ours, theirs):
        for number in end:
            try:
                os.close(number)
            except OSError:
                continue  # the test closed it


def soon() -> float:
    return time.monotonic() + 0.05


@given(st.lists(st.binary(max_size=300), max_size=9))
def test_messages_arrive_whole_and_in_order(messages: list[bytes]) -> None:
    ours, theirs = pair()
    for one in messages:
        ours.send(one)
    assert [theirs.receive() for _ in messages] == messages
    ours.close()
    theirs.close()


@pytest.mark.parametrize("size", [0, 1, 65_536, 5 << 20])
def test_a_message_larger_than_a_pipe_arrives_whole(ends: tuple[Line, Line], size: int) -> None:
    ours, theirs = ends
    sender = threading.Thread(target=ours.send, args=(b"x" * size,))
    sender.start()
    assert theirs.receive(until=time.monotonic() + 60) == b"x" * size
    sender.join()


def test_both_ends_hear_and_speak(ends: tuple[Line, Line]) -> None:
    ours, theirs = ends
    ours.send(b"question")
    theirs.send(theirs.receive() + b" answered")
    assert ours.receive() == b"question answered"


@pytest.mark.parametrize("begun", [b"", b"\0\0\0", b"\0\0\0\0\0\0\0\x09only"])
def test_an_end_that_closes_in_the_middle_is_told(ends: tuple[Line, Line], begun: bytes) -> None:
    ours, theirs = ends
    os.write(theirs.says, begun)
    theirs.close()
    with pytest.raises(EOFError):
        ours.receive()


@pytest.mark.parametrize("begun", [b"", b"\0\0\0", b"\0\0\0\0\0\0\0\x09only"])
def test_an_end_that_stops_in_the_middle_is_not_waited_for(ends: tuple[Line, Line], begun: bytes) -> None:
    ours, theirs = ends
    os.write(theirs.says, begun)
    with pytest.raises(TimeoutError):
        ours.receive(until=soon())


def test_a_message_that_is_announced_too_large_is_refused_before_it_is_read(ends: tuple[Line, Line]) -> None:
    ours, theirs = ends
    os.write(theirs.says, (1 << 40).to_bytes(8, "big"))
    with pytest.raises(OSError, match="is over"):
        ours.receive()


def test_nobody_who_reads_is_told(ends: tuple[Line, Line]) -> None:
    ours, theirs = ends
    theirs.close()
    with pytest.raises(BrokenPipeError):
        ours.send(b"anybody there?")


def closed(line: Line) -> None:
    line.close()


def spoke(line: Line) -> None:
    line.send(b"here")


@pytest.mark.parametrize("does", [closed, spoke])
def test_lines_that_speak_or_end_are_ready_and_others_are_not(does: Callable[[Line], None]) -> None:
    quiet, quiet_end = pair()
    other, other_end = pair()
    assert ready([quiet, other], seconds=0) == []
    does(other_end)
    assert ready([quiet, other], seconds=60) == [other]
    for end in (quiet, quiet_end, other):
        end.close()
    if does is spoke:
        other_end.close()


def test_a_time_that_is_over_already_is_no_error(ends: tuple[Line, Line]) -> None:
    assert ready(ends, seconds=-1.0) == []
