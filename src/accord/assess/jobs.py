"""Durable jobs: the one file that knows DBOS. A job is rounds of units; a unit that is repeated does nothing."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import logging
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import Any, Final, NamedTuple

from accord.core.errors import AccordError, RecordError
from accord.core.finding import Place
from accord.record.presence import gone, present

Units = Sequence[Sequence[tuple[int, int]]]
"""The rounds of a job, each the ranges of its units; a round begins when the one before is finished."""

_QUEUE: Final = "accord-units"
_VERSION: Final = "accord-jobs-1"
_HERE: Final = 64  # units at once where one process runs all: the engine bounds what is in flight
_PULLED: Final = 8  # units that one of several workers takes at once
_POLL: Final = 0.05
_WATCH: Final = 2.0
_GOING_ON: Final = frozenset({"PENDING", "ENQUEUED"})


class Stop(NamedTuple):
    """Why a job ends before all its units ran: the error that ended it."""

    code: str
    message: str
    hint: str


Work = Callable[[str, int, int], Awaitable[None]]
"""Runs one unit of a job: its id, and the range. What ends the whole job is an `AccordError`."""


class Whereabouts(NamedTuple):
    """Where jobs are kept: the state folder, or the PostgreSQL database of `url`; `worker` names this process."""

    state: Path
    url: str | None = None
    worker: str = "local"


async def run_job(where: Whereabouts, job: str, units: Units, work: Work, *, shared: bool = True) -> Stop | None:
    """Run a job to its end, or go on with it, and return why it stopped early, if it did.

    In a state folder this process runs all units. On PostgreSQL they are queued where the job may be `shared`, and
    every worker pulls them.
    """
    with owned(where):
        async with _launched(where, work, job) as flows:
            if where.url and shared:
                found = await _all(where.url, flows.unit, job, units)
            else:
                handle = await _begun(flows, job, units)
                found = await handle.get_result(polling_interval_sec=_POLL)
            return Stop(*found) if found else None


async def pull(where: Whereabouts, work: Work, ended: Awaitable[None]) -> None:
    """Run units that other processes queued, until `ended` returns."""
    async with _launched(where, work, None):
        await ended


class _Flows(NamedTuple):
    job: Callable[..., Any]
    unit: Callable[..., Any]


class _Json:
    """Writes what DBOS keeps as JSON: its own way is pickle, which runs code when it is read."""

    def serialize(self, data: Any) -> str:
        return json.dumps(data, default=repr)  # an exception has no JSON form

    def deserialize(self, serialized_data: str) -> Any:
        return json.loads(serialized_data)

    def name(self) -> str:
        return "accord_json"


@contextlib.asynccontextmanager
async def _launched(where: Whereabouts, work: Work, job: str | None) -> AsyncIterator[_Flows]:
    """Make DBOS ready under a name that other processes can see as long as this one lives."""
    with present(where.url, where.worker) if where.url else contextlib.nullcontext():
        async with _running(where, work, job) as flows:
            yield flows


@contextlib.asynccontextmanager
async def _running(where: Whereabouts, work: Work, job: str | None) -> AsyncIterator[_Flows]:
    from dbos import DBOS

    logging.getLogger("dbos").setLevel(logging.CRITICAL)
    url = where.url or f"sqlite:///{(where.state / 'jobs.db').absolute()}"
    DBOS(
        config={
            "name": "accord",
            "system_database_url": url,
            "application_version": _VERSION,
            "executor_id": where.worker,
            "serializer": _Json(),  # type: ignore[typeddict-item]  # keeps the protocol without inheriting its pickle
            "log_level": "CRITICAL",
            "notification_listener_polling_interval_sec": _POLL,
        }
    )
    going: set[asyncio.Task[Any]] = set()
    flows = _flows(_noting(work, going), job)
    try:
        DBOS.launch()
        if where.url:
            await DBOS.register_queue_async(_QUEUE, worker_concurrency=_PULLED, polling_interval_sec=_POLL)
        yield flows
    finally:
        await _ended(going)
        DBOS.destroy(destroy_registry=True)


def _noting(work: Work, going: set[asyncio.Task[Any]]) -> Work:
    """Return the work that notes which tasks are at it."""

    async def noted(job: str, first: int, last: int) -> None:
        task = asyncio.current_task()
        if task is not None:
            going.add(task)
            task.add_done_callback(going.discard)
        await work(job, first, last)

    return noted


async def _ended(going: set[asyncio.Task[Any]]) -> None:
    """End what still runs, as DBOS itself would not; it is noted as going on, and goes on with the next process."""
    left = tuple(going)
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)


def _flows(work: Work, mine: str | None) -> _Flows:
    """Return what is run; a job that is not `mine` was broken off, and is left to whoever goes on with it."""
    from dbos import DBOS

    @DBOS.workflow(name="unit")
    async def unit(job: str, first: int, last: int) -> list[str] | None:
        return await DBOS.run_step_async({"name": f"{first}-{last}"}, _tried, work, job, first, last)

    @DBOS.workflow(name="job")
    async def whole(job: str, rounds: list[list[list[int]]]) -> list[str] | None:
        for part in rounds if job == mine else ():
            for stop in await _here(work, job, part):
                if stop:
                    return stop
        return None

    return _Flows(whole, unit)


async def _begun(flows: _Flows, job: str, units: Units) -> Any:
    """Return the run of a job that was broken off and goes on by itself, or a new one."""
    from dbos import DBOS, SetWorkflowID

    for number in count():
        name = f"{job}.{number}"
        status = await DBOS.get_workflow_status_async(name)
        if status is None:
            with SetWorkflowID(name):
                return await DBOS.start_workflow_async(flows.job, job, [list(map(list, part)) for part in units])
        if status.status in _GOING_ON:
            return await DBOS.retrieve_workflow_async(name)
    raise AssertionError("numbers have no end")


async def _here(work: Work, job: str, part: list[list[int]]) -> list[list[str] | None]:
    """Run the units of a round in this process, some at once, each a step that is noted when it is done."""
    from dbos import DBOS

    places = asyncio.Semaphore(_HERE)

    async def placed(first: int, last: int) -> list[str] | None:
        async with places:
            return await _tried(work, job, first, last)

    steps = (DBOS.run_step_async({"name": f"{first}-{last}"}, placed, first, last) for first, last in part)
    return list(await asyncio.gather(*steps))


async def _all(url: str, unit: Callable[..., Any], job: str, units: Units) -> list[str] | None:
    """Queue the units of each round for all workers and wait for them; units of a worker that died are queued again."""
    rescuing = asyncio.create_task(_rescued(url))
    try:
        for part in units:
            handles = [await _queued(unit, job, first, last) for first, last in part]
            stops = [await handle.get_result(polling_interval_sec=_POLL) for handle in handles]
            stopped: list[str] | None = next(filter(None, stops), None)
            if stopped is not None:
                return stopped
        return None
    finally:
        rescuing.cancel()


async def _queued(unit: Callable[..., Any], job: str, first: int, last: int) -> Any:
    """Return a unit that is queued or runs already, wherever it was begun, or one that is queued now.

    One that ran before is queued again: what of it is on record does nothing, and the record alone is the truth.
    """
    from dbos import DBOS, SetWorkflowID

    for number in count():
        name = f"{job}.{first}-{last}.{number}"
        status = await DBOS.get_workflow_status_async(name)
        if status is None:
            with SetWorkflowID(name):
                return await DBOS.enqueue_workflow_async(_QUEUE, unit, job, first, last)
        if status.status in _GOING_ON:
            return await DBOS.retrieve_workflow_async(name)
    raise AssertionError("numbers have no end")


async def _rescued(url: str) -> None:
    """Queue the units of workers that died again, now and every few seconds."""
    from dbos import DBOS

    while True:
        running = await DBOS.list_workflows_async(status="PENDING", queue_name=_QUEUE, load_input=False)
        names = {one.executor_id for one in running if one.executor_id}
        dead = await asyncio.to_thread(gone, url, sorted(names))
        lost = [one.workflow_id for one in running if one.executor_id in dead]
        if lost:
            await DBOS.resume_workflows_async(lost, queue_name=_QUEUE)
        await asyncio.sleep(_WATCH)


async def _tried(work: Work, job: str, first: int, last: int) -> list[str] | None:
    """Run a unit; why it cannot go on is a result, so that it is kept as JSON like any other."""
    try:
        await work(job, first, last)
    except AccordError as error:
        return list(Stop(error.code, error.message, error.hint))
    return None


@contextlib.contextmanager
def owned(where: Whereabouts) -> Iterator[None]:
    """Let one process own the jobs of a state folder: two would take over each other's work.

    Raises `RecordError` (`ACC-E657`) when another one does.
    """
    if where.url:
        yield
        return
    handle = os.open(where.state / "jobs.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise RecordError(
                "another campaign is running on this state folder",
                hint="wait for it, or give another folder in ACCORD_HOME",
                code="ACC-E657",
                where=Place(path=str(where.state)),
            ) from error
        yield
    finally:
        os.close(handle)
