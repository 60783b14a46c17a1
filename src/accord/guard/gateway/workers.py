"""The processes of a gateway: one loop each behind one shared socket, replaced when they die."""

from __future__ import annotations

import asyncio
import gc
import os
import select
import signal
import socket
import sys
import time
import traceback
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Protocol

import orjson

from accord.core.errors import AccordError
from accord.core.guard import GuardPolicy
from accord.core.text import one_line
from accord.guard.gateway.failing import lived
from accord.guard.gateway.keeping import Kept
from accord.guard.gateway.shared import Ring, Rings, Rows

if TYPE_CHECKING:
    from accord.guard.gateway.door import Extra, Gateway
    from accord.guard.gateway.reload import Shelved
    from accord.guard.gateway.selftest import Make
    from accord.guard.gateway.words import Watch
    from accord.record.remembered import Remembered

UNTESTED: Final = 3
"""The exit code of a gateway whose self-test failed."""
_END_SECONDS: Final = 20
_MOST_DEATHS: Final = 10
_MOST_WORKERS: Final = 4
_READY: Final = 160  # where a worker says that it answers, behind what it counts and what it has in force
_TOLD: Final = frozenset({signal.SIGTERM, signal.SIGINT, signal.SIGHUP})


class Tested(Protocol):
    """The self-test of routes that another door adds: it returns what let a canary by."""

    def __call__(self, make: Make, policy: GuardPolicy, /) -> Awaitable[tuple[str, ...]]:
        """Try each way through those routes."""


class Making(NamedTuple):
    """What a worker needs of the house to make its guard; made anew in each worker.

    `routes` are answered by another door, and `tested` is the self-test of those. `divide` hears which of how many
    workers this is, for what workers count each for itself; `watch` hears what the others saw. What has to outlive a
    worker is kept in `shared`, and `keep` hears where the rules in force are.
    """

    read_policy: Callable[[], GuardPolicy]
    make: Make
    shelf: Shelved | None = None
    watch: Callable[[GuardPolicy, Ring | None], Watch | None] | None = None
    routes: Callable[[Gateway], dict[str, Extra]] | None = None
    tested: Tested | None = None
    divide: Callable[[int, int], None] | None = None
    shared: Remembered | None = None
    keep: Callable[[Kept], None] | None = None


class Order(NamedTuple):
    """What is to be served."""

    upstream: str
    host: str
    port: int
    workers: int
    log: Path | None
    making: Callable[[], Making]
    own_key: str | None = None


class Common(NamedTuple):
    """Memory that all workers see: what they count, and where there are several what they saw lately and have read."""

    rows: Rows
    seen: Rings | None = None
    kept: Kept | None = None


def usable(wanted: int) -> int:
    """Return how many workers are meant: 0 is one for each core that we may use, four at most.

    A worker holds about 200 MiB, most of it the encoder, which cannot be shared: its library does not survive a fork.
    """
    return wanted or min(_MOST_WORKERS, len(os.sched_getaffinity(0)))


def say(level: str, message: str) -> None:
    """Write one line of the gateway's own log to stderr."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    told = {"time": now, "level": level, "worker": os.getpid(), "message": one_line(message)}
    sys.stderr.write(orjson.dumps(told).decode() + "\n")
    sys.stderr.flush()


def listening(host: str, port: int) -> socket.socket:
    """Return the socket that all workers accept from."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        sock.bind((host, port))
    except OSError as error:
        sock.close()
        message = f"cannot listen on {host} port {port}: {error.strerror}"
        raise AccordError(message, hint="choose another --port or --host", code="ACC-E763") from error
    sock.listen(2_048)
    sock.settimeout(0)
    return sock


def serve(order: Order, ready: Callable[[str], None]) -> int:
    """Serve until told to end; `ready` hears the address once every worker has passed its self-test."""
    sock = listening(order.host, order.port)
    shown = f"[{order.host}]" if ":" in order.host else order.host
    address = f"http://{shown}:{sock.getsockname()[1]}"
    with sock:
        if order.workers == 1:
            return _run(_worker(order, sock, Common(Rows()), 0, lambda: ready(address)))
        common = Common(Rows(order.workers), Rings(order.workers), Kept())
        return _Crew(order, sock, common).run(lambda: ready(address))


def _run(work: Coroutine[Any, Any, int]) -> int:
    try:
        import uvloop
    except ImportError:
        return asyncio.run(work)
    return uvloop.run(work)


async def _worker(order: Order, sock: socket.socket, common: Common, number: int, ready: Callable[[], None]) -> int:
    """Make a guard, test it, then serve; the exit code is returned."""
    from accord.guard.gateway import tracing
    from accord.guard.gateway.door import Gateway
    from accord.guard.gateway.log import DecisionLog
    from accord.guard.gateway.upstream import HttpUpstream

    anew = asyncio.Event()
    _on_hangup(anew.set)  # from here on: a policy that changes while this one is read is not missed
    making = order.making()
    if making.divide is not None:
        making.divide(number, order.workers)
    if making.keep is not None and common.kept is not None:
        making.keep(common.kept)
    policy = making.read_policy()
    if not await _held(making, policy):
        return UNTESTED
    log = DecisionLog(order.log) if order.log else None
    sent = tracing.exporting(os.environ, lambda said: say("warning", said))
    async with HttpUpstream(order.upstream) as upstream:
        ring = Ring(common.seen, number) if common.seen is not None else None
        watch = making.watch(policy, ring) if making.watch else None
        gateway = Gateway(
            making.make(policy, ()), upstream, log=log, rows=common.rows, worker=number, watch=watch,
            own_key=order.own_key, shared=making.shared,
        )  # fmt: skip
        gateway.add(making.routes(gateway) if making.routes else {})
        gateway.tested = True
        await _served(gateway, making, sock, ready, anew)
    await asyncio.to_thread(sent)
    if log is not None:
        log.close()
    return 0


async def _held(making: Making, policy: GuardPolicy) -> bool:
    """Tell whether every route holds a canary back; what does not is said."""
    from accord.guard.gateway.selftest import UNGUARDED, unguarded

    failed = await unguarded(making.make, policy)
    if making.tested is not None:
        failed += await making.tested(making.make, policy)
    for what in failed:
        say("error", f"{UNGUARDED}: the self-test failed: {what}; nothing is served, see accord explain {UNGUARDED}")
    return not failed


def _on_hangup(action: Callable[[], None]) -> None:
    with suppress(NotImplementedError, ValueError, RuntimeError):  # no such signal, or not the main thread
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, action)


async def _served(
    gateway: Gateway, making: Making, sock: socket.socket, ready: Callable[[], None], anew: asyncio.Event
) -> None:
    """Serve until a signal says otherwise, and take up what is new meanwhile."""
    import uvicorn

    from accord.guard.gateway.protocol import BoundedProtocol
    from accord.guard.gateway.reload import Reloading

    config = uvicorn.Config(
        gateway, http=BoundedProtocol, ws="none", lifespan="off", access_log=False, log_level="error",
        server_header=False, proxy_headers=False, backlog=2_048, timeout_keep_alive=75,
        timeout_graceful_shutdown=_END_SECONDS,
    )  # fmt: skip
    server = uvicorn.Server(config)
    reloading = Reloading(
        gateway, lambda wanted: making.make(wanted, ()), making.read_policy, shelf=making.shelf, say=say
    )
    _on_hangup(reloading.ask)
    if anew.is_set():
        reloading.ask()

    def end(*_: object) -> None:
        server.should_exit = True

    with suppress(ValueError):  # not the main thread
        for one in (signal.SIGTERM, signal.SIGINT):  # until uvicorn listens itself; it raises once more what it caught
            signal.signal(one, end)
    gc.collect()
    gc.freeze()  # what is loaded stays: going through it again and again would make requests wait
    gc.set_threshold(20_000, 20, 50)
    news = asyncio.ensure_future(reloading.run())
    ready()
    try:
        await server.serve(sockets=[sock])
    finally:
        news.cancel()


class _Crew:
    """The parent of several workers."""

    def __init__(self, order: Order, sock: socket.socket, common: Common) -> None:
        self._order = order
        self._sock = sock
        self._common = common
        self._numbers: dict[int, int] = {}
        self._deaths: list[float] = []
        self._vain = 0  # workers that ended, one after the other, before they answered anybody
        self._ending = False

    def run(self, ready: Callable[[], None]) -> int:
        """Keep the workers running until told to end; the exit code is returned."""
        waiting, told = os.pipe()
        for one in (signal.SIGTERM, signal.SIGINT):
            signal.signal(one, self._end)
        signal.signal(signal.SIGHUP, self._pass)
        for number in range(self._order.workers):
            self._begin(number, told)
        os.close(told)
        code = self._await_ready(waiting)
        if code == 0 and not self._ending:
            ready()
        elif code:
            self._tell(signal.SIGTERM)
            self._ending = True
        while self._numbers:
            code = self._reaped(code)
        return code

    def _begin(self, number: int, told: int | None) -> None:
        signal.pthread_sigmask(signal.SIG_BLOCK, _TOLD)  # a signal between the two would reach one worker too few
        pid = -1 if self._ending else os.fork()
        if pid:
            self._numbers |= {pid: number} if pid > 0 else {}
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _TOLD)
            return
        code = UNTESTED
        try:
            code = lived(lambda: self._live(number, told), _broke)
        finally:
            os._exit(code)

    def _live(self, number: int, told: int | None) -> int:
        """Be a worker to the end; the exit code is returned."""
        for one in (signal.SIGTERM, signal.SIGINT):
            signal.signal(one, signal.SIG_DFL)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _TOLD)

        def ready() -> None:
            self._common.rows.put(number, _READY, 1)
            if told is not None:
                _write(told)

        return _run(_worker(self._order, self._sock, self._common, number, ready))

    def _await_ready(self, waiting: int) -> int:
        """Wait until each worker is ready or has ended; the pipe closes when no writer is left."""
        count = 0
        while count < self._order.workers and not self._ending:
            if select.select([waiting], [], [], 0.2)[0]:
                data = os.read(waiting, 64)
                count += len(data)
            pid, status = os.waitpid(-1, os.WNOHANG) if self._numbers else (0, 0)
            if pid:
                self._numbers.pop(pid, None)
                return os.waitstatus_to_exitcode(status) or UNTESTED
        os.close(waiting)
        return 0

    def _reaped(self, code: int) -> int:
        """Wait for one worker to end; begin another in its place unless the gateway is ending."""
        pid, status = os.waitpid(-1, 0)
        number = self._numbers.pop(pid, None)
        if self._ending or number is None:
            return code
        now = time.monotonic()
        self._deaths = [at for at in self._deaths if now - at < 10] + [now]
        say("error", f"worker {pid} ended with {os.waitstatus_to_exitcode(status)}; another takes its place")
        self._vain = 0 if self._common.rows.of(number, _READY) else self._vain + 1
        if max(len(self._deaths), self._vain) > _MOST_DEATHS:
            say("error", "workers end as soon as they begin")
            self._ending = True
            self._tell(signal.SIGTERM)
            return UNTESTED
        self._common.rows.put(number, self._in_flight(), 0)
        self._common.rows.put(number, _READY, 0)
        self._begin(number, None)
        return code

    @staticmethod
    def _in_flight() -> int:
        from accord.guard.gateway.metrics import place_of

        return place_of("in_flight")

    def _end(self, *_: object) -> None:
        self._ending = True
        self._tell(signal.SIGTERM)

    def _pass(self, *_: object) -> None:
        self._tell(signal.SIGHUP)

    def _tell(self, one: signal.Signals) -> None:
        for pid in tuple(self._numbers):
            with suppress(ProcessLookupError):
                os.kill(pid, one)


def _broke(error: BaseException) -> int:
    """Say what broke a worker; the exit code by which the parent hears of it is returned."""
    if isinstance(error, AccordError):
        say("error", error.message)
        return 2
    place = traceback.extract_tb(error.__traceback__)[-1]
    at = f"{Path(place.filename).name}, line {place.lineno}"
    say("error", f"the worker broke: {type(error).__name__}: {str(error)[:300]} ({at})")
    return UNTESTED


def _write(pipe: int) -> None:
    os.write(pipe, b"r")
    os.close(pipe)
