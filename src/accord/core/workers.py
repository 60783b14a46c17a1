"""Workers: child processes for checks and scans, bounded in time and memory, without network unless asked for.

A worker is forked, so it sees the inventory without copying it. It answers in JSON, never in pickles. The kernel
takes its network away where it lets us (Linux); otherwise the isolation is only declared, and evidence says so.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import os
import resource
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from accord.core.lines import Line, pair, ready

_CLONE_NEWUSER, _CLONE_NEWNET, _PR_SET_PDEATHSIG = 0x10000000, 0x40000000, 1
_BREATH = 2.0  # seconds over the bound before a worker is ended
_MOMENT = 0.1  # seconds without an answer before the caller hears of it

Job = Callable[[int], bytes]
"""Runs the unit of an index and returns its JSON answer."""

Answering = Callable[[bytes], bytes]
"""What a worker does: it turns a question into an answer."""


class Bounds(NamedTuple):
    """What one run of a unit may use: bytes of memory, and seconds by unit index.

    `maps` bounds only memory of the worker's own, so that it may map files that are larger.
    """

    memory: int
    seconds: Callable[[int], float]
    maps: bool = False


class Answer(NamedTuple):
    """What came back for a unit: its JSON, or the reason why there is none."""

    unit: int
    data: bytes | None
    problem: str
    isolation: str


class Worker:
    """One child, and the unit it is busy with."""

    def __init__(self, answer: Answering, *, network: bool, memory: int, maps: bool = False) -> None:
        self._ours, theirs = pair()
        self.index: int | None = None
        self.deadline = 0.0
        sys.stdout.flush()
        sys.stderr.flush()
        try:
            self._pid = os.fork()
        except OSError:
            self._ours.close()
            theirs.close()
            raise
        if self._pid == 0:
            self._ours.close()
            _live(theirs, answer, network=network, memory=memory, maps=maps)
        theirs.close()
        try:
            self.isolation = self._ours.receive().decode()
        except (EOFError, OSError):
            self.end()
            raise

    @property
    def line(self) -> Line:
        """Return our end of the line to the child."""
        return self._ours

    def give(self, index: int, seconds: float) -> None:
        """Start a unit."""
        self.index, self.deadline = index, time.monotonic() + seconds + _BREATH
        self._ours.send(str(index).encode())

    def ask(self, question: bytes, seconds: float) -> bytes:
        """Return the answer to one question.

        Raises `EOFError` when the child is gone, `TimeoutError` when it took longer; then it has to be ended.
        """
        self._ours.send(question)
        return self._ours.receive(until=time.monotonic() + seconds + _BREATH)

    def take(self) -> Answer:
        """Return the answer that arrives.

        Raises `EOFError` when the child is gone, `TimeoutError` when it stops in the middle until its time is over.
        """
        data = self._ours.receive(until=self.deadline)
        index, self.index = self.index, None
        return Answer(-1 if index is None else index, data, "", self.isolation)

    def end(self) -> str:
        """End the child by its id and say how it went; harmless when an interrupt cut an earlier call short."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGKILL)
        with contextlib.suppress(OSError):
            self._ours.close()
        try:
            _, status = os.waitpid(self._pid, 0)
        except ChildProcessError:
            return "ended before"
        code = os.waitstatus_to_exitcode(status)
        if code >= 0:
            return f"exit code {code}"
        names = {int(one): one.name for one in signal.Signals}  # real-time signals have none
        return f"signal {names.get(-code, -code)}"


def run_units(
    indexes: Iterable[int], job: Job, *, network: bool, bounds: Bounds, workers: int
) -> Iterator[Answer | None]:
    """Run units in child processes and yield an answer for each, in the order they finish.

    Yields None when nothing came for a moment, so that the caller can keep what it has. A unit that overruns its
    time is answered with a problem and its worker replaced; so is one that kills its worker.
    """
    waiting = list(reversed(list(indexes)))
    pool: list[Worker] = []
    try:
        while waiting and len(pool) < workers:
            yield from _add(pool, waiting, job, network=network, bounds=bounds)
        while pool:
            yield from _collect(pool, waiting, bounds)
            yield from _replace_overdue(pool, waiting, job, network=network, bounds=bounds)
    finally:
        for worker in pool:
            worker.end()


def _add(pool: list[Worker], waiting: list[int], job: Job, *, network: bool, bounds: Bounds) -> Iterator[Answer]:
    """Start one more worker with a unit; where none can be started, the unit is answered with the reason."""
    try:
        worker = Worker(_by_index(job), network=network, memory=bounds.memory, maps=bounds.maps)
    except (OSError, EOFError) as error:
        yield Answer(waiting.pop(), None, f"no worker could be started: {str(error) or 'it ended at once'}", "declared")
        return
    pool.append(worker)
    _feed(worker, waiting, bounds)


def _by_index(job: Job) -> Answering:
    return lambda question: job(int(question))


def _feed(worker: Worker, waiting: list[int], bounds: Bounds) -> None:
    """Give a worker the next unit; one that died since its last answer gets none, and is replaced."""
    index = waiting.pop()
    try:
        worker.give(index, bounds.seconds(index))
    except OSError:
        waiting.append(index)
        worker.index, worker.deadline = None, 0.0


def _collect(pool: list[Worker], waiting: list[int], bounds: Bounds) -> Iterator[Answer | None]:
    soonest = min(worker.deadline for worker in pool)
    talking = ready([worker.line for worker in pool], seconds=min(_MOMENT, soonest - time.monotonic()))
    if not talking:
        yield None
    for worker in [worker for worker in pool if worker.line in talking]:
        try:
            answer = worker.take()
        except TimeoutError:
            continue  # overdue: replaced below
        except (EOFError, OSError):
            worker.deadline = 0.0  # dead: replaced below
            continue
        if waiting:
            _feed(worker, waiting, bounds)
        else:
            worker.end()
            pool.remove(worker)
        yield answer


def _replace_overdue(
    pool: list[Worker], waiting: list[int], job: Job, *, network: bool, bounds: Bounds
) -> Iterator[Answer]:
    now = time.monotonic()
    for worker in [worker for worker in pool if worker.deadline <= now]:
        index, dead = worker.index, worker.deadline == 0.0
        ended = worker.end()
        pool.remove(worker)
        if waiting:
            yield from _add(pool, waiting, job, network=network, bounds=bounds)
        if index is not None:
            problem = (
                f"the check ended its worker ({ended})" if dead else f"took longer than {bounds.seconds(index):g} s"
            )
            yield Answer(index, None, problem, worker.isolation)


def _live(line: Line, answer: Answering, *, network: bool, memory: int, maps: bool) -> None:
    """Be a worker until the line closes; never returns."""
    code = 1
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        _die_with_parent()
        _forget_threads()
        isolation = "declared" if network or not _cut_network() else "enforced"
        _bound(memory, resource.RLIMIT_DATA if maps else resource.RLIMIT_AS)
        _silence()
        line.send(isolation.encode())
        while True:
            line.send(answer(line.receive()))
    except (EOFError, OSError):
        code = 0
    finally:
        os._exit(code)


def _forget_threads() -> None:
    """Let go of what other threads of the parent held when it forked: here they never come back to release it.

    A module that one of them was importing is imported anew, and nothing is logged: its stream may be locked.
    """
    locks = getattr(importlib._bootstrap, "_module_locks", {})  # noqa: SLF001  # only here does it say who imports what
    owned = {name: getattr(lock(), "owner", None) for name, lock in tuple(locks.items())}
    for name, owner in owned.items():
        if owner != threading.get_ident():
            del locks[name]
            if owner is not None:
                sys.modules.pop(name, None)
    if logging := sys.modules.get("logging"):
        logging.disable()


def _cut_network() -> bool:
    """Move into an empty network namespace; False where the kernel does not let us."""
    if not sys.platform.startswith("linux"):
        return False
    flags = _CLONE_NEWNET if os.geteuid() == 0 else _CLONE_NEWUSER | _CLONE_NEWNET
    return int(ctypes.CDLL(None, use_errno=True).unshare(flags)) == 0


def _die_with_parent() -> None:
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _bound(memory: int, kind: int) -> None:
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(ValueError, OSError):  # macOS refuses a bound on address space
        resource.setrlimit(kind, (memory, memory))


def _silence() -> None:
    """Point the child's output at nothing: results go through the pipe, stdout belongs to the door."""
    null = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(null, stream)
    sys.stdout = sys.stderr = os.fdopen(null, "w")
