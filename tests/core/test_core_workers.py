"""Children run the units: each bounded, each answered for, none left behind."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accord.core.settings import MIB
from accord.core.workers import Answer, Bounds, Job, Worker, run_units

PATIENT = 60.0


def bounds(seconds: float = PATIENT, memory: int = 1024 * MIB) -> Bounds:
    return Bounds(memory, lambda _index: seconds)


def run(
    job: Job, count: int, *, workers: int = 2, limits: Bounds | None = None, network: bool = False
) -> dict[int, Answer]:
    answers = run_units(range(count), job, network=network, bounds=limits or bounds(), workers=workers)
    seen = [one for one in answers if one is not None]
    assert len({one.unit for one in seen}) == len(seen), "no unit is answered twice"
    return {one.unit: one for one in seen}


def children() -> set[int]:
    """Return the ids of our living and unburied children, as the kernel lists them."""
    found: set[int] = set()
    for task in Path("/proc/self/task").iterdir():
        with contextlib.suppress(OSError):
            found |= {int(one) for one in (task / "children").read_text().split()}
    return found


@pytest.fixture(autouse=True)
def nobody_left() -> Iterator[None]:
    before = children()
    yield
    assert children() == before, "a child was left behind"


def double(index: int) -> bytes:
    return str(2 * index).encode()


def forever() -> bytes:
    signal.pause()
    return b""


@given(count=st.integers(0, 12), workers=st.integers(1, 4))
@settings(max_examples=12)
def test_every_unit_is_answered_once_whatever_the_number_of_workers(count: int, workers: int) -> None:
    answers = run(double, count, workers=workers)
    assert {unit: one.data for unit, one in answers.items()} == {index: double(index) for index in range(count)}
    assert not any(one.problem for one in answers.values())


@given(st.sets(st.integers(0, 5)))
@settings(max_examples=10)
def test_a_unit_that_ends_its_worker_takes_no_other_with_it(bad: set[int]) -> None:
    answers = run(lambda index: os._exit(9) if index in bad else double(index), 6)
    assert {unit for unit, one in answers.items() if one.data is None} == bad
    assert {answers[unit].problem for unit in bad} <= {"the check ended its worker (exit code 9)"}
    assert {unit: one.data for unit, one in answers.items() if unit not in bad} == {
        index: double(index) for index in range(6) if index not in bad
    }


def test_a_few_workers_are_used_again_and_again() -> None:
    pids = {one.data for one in run(lambda _index: str(os.getpid()).encode(), 9, workers=2).values()}
    assert 1 <= len(pids) <= 2
    assert str(os.getpid()).encode() not in pids


@pytest.mark.parametrize(
    ("number", "told"), [(signal.SIGKILL, "signal SIGKILL"), (signal.SIGSEGV, "signal SIGSEGV"), (40, "signal 40")]
)
def test_a_worker_that_is_killed_is_said_and_replaced(number: int, told: str) -> None:
    def job(index: int) -> bytes:
        if index == 1:
            signal.signal(number, signal.SIG_DFL) if number == signal.SIGSEGV else None
            os.kill(os.getpid(), number)
        return double(index)

    answers = run(job, 3, workers=1)
    assert answers[1].problem == f"the check ended its worker ({told})"
    assert [answers[index].data for index in (0, 2)] == [b"0", b"4"]


def test_a_worker_that_is_killed_from_outside_is_said_and_the_rest_goes_on(tmp_path: Path) -> None:
    def job(index: int) -> bytes:
        if index == 0:
            (tmp_path / "here").write_text(str(os.getpid()))
            signal.pause()
        return double(index)

    seen: dict[int, Answer] = {}
    for one in run_units(range(4), job, network=False, bounds=bounds(), workers=2):
        if one is not None:
            seen[one.unit] = one
        here = tmp_path / "here"
        if here.exists() and here.read_text():
            os.kill(int(here.read_text()), signal.SIGKILL)
            here.unlink()
    assert seen[0].problem == "the check ended its worker (signal SIGKILL)"
    assert {unit: one.data for unit, one in seen.items() if unit} == {1: b"2", 2: b"4", 3: b"6"}


def test_workers_that_die_between_two_units_cost_no_answer() -> None:
    seen: list[int] = []
    for one in run_units(range(60), double, network=False, bounds=bounds(), workers=3):
        if one is None:
            continue
        seen.append(one.unit)
        if len(seen) % 3 == 1:
            for child in children():
                os.kill(child, signal.SIGKILL)
    assert sorted(seen) == list(range(60))


def test_a_unit_that_overruns_is_ended_and_the_rest_goes_on() -> None:
    started = time.monotonic()
    answers = run(lambda index: forever() if index == 0 else double(index), 3, limits=bounds(seconds=0.1))
    assert answers[0].problem == "took longer than 0.1 s"
    assert [answers[index].data for index in (1, 2)] == [b"2", b"4"]
    assert time.monotonic() - started < 30


def test_the_time_of_a_unit_begins_when_it_does() -> None:
    limits = Bounds(1024 * MIB, lambda index: 0.1 if index == 0 else PATIENT)
    answers = run(lambda index: forever() if index == 0 else double(index), 2, workers=1, limits=limits)
    assert answers[0].problem == "took longer than 0.1 s"
    assert answers[1].data == b"2"


def test_memory_is_bounded_in_the_child_alone() -> None:
    def job(index: int) -> bytes:
        if index == 0:
            try:
                return str(len(bytearray(2048 * MIB))).encode()
            except MemoryError:
                return b"no memory"
        return double(index)

    answers = run(job, 2)
    assert (answers[0].data, answers[1].data) == (b"no memory", b"2")
    assert len(bytearray(16 * MIB)) == 16 * MIB


def test_workers_that_cannot_even_start_are_a_problem_of_each_unit() -> None:
    answers = run(double, 3, limits=bounds(memory=1))
    assert set(answers) == {0, 1, 2}
    assert all(one.data is not None or one.problem for one in answers.values())


def connects(_index: int) -> bytes:
    try:
        with socket.create_server(("127.0.0.1", 0)) as server:
            socket.create_connection(server.getsockname(), 1).close()
    except OSError:
        return b"refused"
    return b"connected"


def test_the_kernel_cuts_the_network_or_the_answer_says_that_it_did_not() -> None:
    (answer,) = run(connects, 1).values()
    assert answer.isolation in {"enforced", "declared"}
    assert answer.data == (b"refused" if answer.isolation == "enforced" else b"connected")


def test_a_unit_that_needs_the_network_has_it() -> None:
    (answer,) = run(connects, 1, network=True).values()
    assert (answer.data, answer.isolation) == (b"connected", "declared")


def test_a_child_has_nothing_to_say_on_our_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    def job(index: int) -> bytes:
        os.write(1, b"out")
        os.write(2, b"err")
        return str(len(os.read(0, 10))).encode()

    assert run(job, 1)[0].data == b"0"
    assert capfd.readouterr() == ("", "")


def test_a_caller_who_stops_early_leaves_nobody_behind() -> None:
    before = children()  # of other tests in this process
    running = run_units(
        range(50), lambda index: double(index) if index < 1 else forever(), network=False,
        bounds=bounds(), workers=3,
    )  # fmt: skip
    assert next(one for one in running if one is not None).unit == 0
    assert children() - before
    running.close()  # type: ignore[attr-defined]  # a generator
    assert not children() - before


def test_a_caller_who_fails_leaves_nobody_behind() -> None:
    with (
        pytest.raises(KeyboardInterrupt),
        contextlib.closing(
            run_units(range(9), double, network=False, bounds=bounds(), workers=2)  # type: ignore[type-var]  # a generator
        ) as running,
    ):
        for _ in running:
            raise KeyboardInterrupt


def test_interrupts_of_the_terminal_are_left_to_the_parent() -> None:
    def job(index: int) -> bytes:
        os.kill(os.getpid(), signal.SIGINT)
        return double(index)

    assert run(job, 2)[1].data == b"2"


def test_a_caller_hears_that_nothing_came_for_a_moment() -> None:
    running = run_units(range(1), lambda _index: forever(), network=False, bounds=bounds(), workers=1)
    assert next(running) is None
    running.close()  # type: ignore[attr-defined]  # a generator


def test_large_answers_arrive_whole() -> None:
    answers = run(lambda index: bytes([65 + index]) * (8 * MIB), 2)
    assert [len(one.data or b"") for one in answers.values()] == [8 * MIB] * 2
    assert answers[1].data == b"B" * (8 * MIB)


def test_an_answer_that_stalls_in_the_middle_is_overdue_and_the_rest_goes_on() -> None:
    before = descriptors()

    def job(index: int) -> bytes:
        if index == 0:
            for number in descriptors() - before:
                with contextlib.suppress(OSError):  # it is none of the line to the parent
                    os.write(number, b"\0\0\0\0\0\0\0\x09half")
            signal.pause()
        return double(index)

    answers = run(job, 3, workers=1, limits=bounds(seconds=0.1))
    assert answers[0].problem == "took longer than 0.1 s"
    assert [answers[index].data for index in (1, 2)] == [b"2", b"4"]


def descriptors() -> set[int]:
    return {int(one.name) for one in Path("/proc/self/fd").iterdir()}


def test_a_worker_may_be_ended_twice_since_an_interrupt_can_cut_the_first_call_short() -> None:
    worker = Worker(lambda question: question, network=False, memory=1024 * MIB)
    worker.line.close()  # as far as an interrupted call may have come
    worker.end()
    assert worker.end() == "ended before"
