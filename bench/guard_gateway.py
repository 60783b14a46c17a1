"""What the gateway costs: requests/s and time added, beside LiteLLM's proxy in the same run, and a stream's delay.

    uv venv /tmp/litellm && uv pip install --python /tmp/litellm/bin/python -r requirements/bench-guard.in
    .venv/bin/python bench/guard_gateway.py --litellm /tmp/litellm            # the table
    .venv/bin/python bench/guard_gateway.py soak --minutes 30                  # faults, slow callers, reloads, kills

The upstream and the callers are bare asyncio, so that what is between them is what is measured. Every process shares
the machine's cores: read the ratios. `soak` counts unguarded answers and lost decision records; both have to be 0.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import importlib.metadata
import itertools
import json
import os
import platform
import random
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import AsyncIterator, Coroutine, Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

ACCORD: Final = [str(Path(sys.executable).parent / "accord"), "guard", "serve"]
SYSTEM: Final = "You are the assistant of a shop. Answer in two sentences, kindly, and say when you do not know. " * 3
ASKED: Final = (
    "When are you open on Sundays, and may I bring back a pair of shoes that I bought last month in another shop?",
    "My parcel has not come although the page says that it was delivered on Tuesday. Whom do I call about that?",
    "Please write me a short text for a birthday card to my aunt, who likes sailing and will be seventy this year.",
    "Which of the two washing machines that you sell uses less water, and how much more does it cost over ten years?",
)
TOOLS: Final = [
    {
        "type": "function",
        "function": {
            "name": "find_order",
            "description": "Read an order by its number.",
            "parameters": {"type": "object", "properties": {"number": {"type": "string", "description": "its number"}}},
        },
    }
]
ANSWER: Final = (
    "We are open from nine to five, and yes: with the receipt you may bring them back to any of our shops. " * 3
)
CANARY: Final = "CANARY-51f0c7be9a2d44"
CALLERS: Final = 24
T = TypeVar("T")


def body(number: int, *, stream: bool = False, tools: bool = True, said: str = "") -> bytes:
    """Return a request of about one kilobyte; the user's words differ from one to the next."""
    asked = said or f"{ASKED[number % len(ASKED)]} My number is {number}."
    request: dict[str, Any] = {
        "model": "bench",
        "messages": [{"role": "system", "content": SYSTEM}, {"role": "user", "content": asked}],
    }
    if tools:
        request["tools"] = TOOLS
    if stream:
        request["stream"] = True
    return json.dumps(request, separators=(",", ":")).encode()


# ------------------------------------------------------------------ the upstream


@cache
def whole(text: str) -> bytes:
    """Return the bytes of an answer that comes whole."""
    message = {"role": "assistant", "content": text}
    answer = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "bench",
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 200, "completion_tokens": 60, "total_tokens": 260},
    }
    data = json.dumps(answer, separators=(",", ":")).encode()
    return b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(data) + data


class Upstream(asyncio.Protocol):
    """Answers chat completions with the same words, or with those that the request asks it to say; counts nothing."""

    gap: float = 0.0
    fault: float = 0.0
    draw = random.Random(1)

    def connection_made(self, transport: Any) -> None:
        """Take a connection."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._transport = transport
        self._data = b""

    def data_received(self, data: bytes) -> None:
        """Answer each request that is whole."""
        self._data += data
        while (head := self._data.find(b"\r\n\r\n")) >= 0:
            found = re.search(rb"(?i)content-length: *(\d+)", self._data[:head])
            size = head + 4 + (int(found[1]) if found else 0)
            if len(self._data) < size:
                return
            request, self._data = self._data[head + 4 : size], self._data[size:]
            if b'"stream":true' in request.replace(b" ", b""):
                task = asyncio.ensure_future(self._stream(request))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
            else:
                self._whole(request)

    def _text(self, request: bytes) -> str:
        said = re.search(rb"SAY<([^>]{1,200})>", request) if b"SAY<" in request else None
        return f"{ANSWER}{said[1].decode()} and more." if said else ANSWER

    def _whole(self, request: bytes) -> None:
        if self.fault and self.draw.random() < self.fault:
            self._faulty(whole(self._text(request)))
            return
        self._transport.write(whole(self._text(request)))

    def _faulty(self, answer: bytes) -> None:
        kind = self.draw.choice(("500", "reset", "html", "short", "late", "twice", "garbage"))
        if kind == "reset":
            self._transport.abort()
        elif kind == "short":
            self._transport.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 900\r\n\r\n{")
            self._transport.close()
        elif kind == "late":
            asyncio.get_running_loop().call_later(1.5, self._late, answer)
        elif kind == "twice":
            self._transport.write(answer + whole(f"{ANSWER} {CANARY}"))
        elif kind == "garbage":
            self._transport.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}")
        elif kind == "html":
            self._transport.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 3\r\n\r\n<p>")
        else:
            self._transport.write(
                b"HTTP/1.1 500 Broken\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"
            )

    def _late(self, answer: bytes) -> None:
        if not self._transport.is_closing():
            self._transport.write(answer)

    async def _stream(self, request: bytes) -> None:
        write = self._transport.write
        write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n")
        breaks = self.fault and self.draw.random() < self.fault
        about = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "bench"}
        for number, token in enumerate(re.findall(r"\S+\s*", self._text(request))):
            if breaks and number > 8:
                self._transport.abort()
            if self._transport.is_closing():
                return
            delta = {"content": token, "sent": time.perf_counter_ns()} if self.gap else {"content": token}
            choice = {"index": 0, "delta": {"content": delta["content"]}, "finish_reason": None}
            at = {"created": delta["sent"]} if self.gap else {}
            self._chunk({**about, **at, "choices": [choice]})
            if self.gap:
                await asyncio.sleep(self.gap)
        if self._transport.is_closing():
            return
        self._chunk({**about, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
        end = b"data: [DONE]\n\n"
        write(b"%x\r\n" % len(end) + end + b"\r\n0\r\n\r\n")

    def _chunk(self, value: Any) -> None:
        data = b"data: " + json.dumps(value, separators=(",", ":")).encode() + b"\n\n"
        self._transport.write(b"%x\r\n" % len(data) + data + b"\r\n")


async def upstream_forever(port: int, gap: float, fault: float, seed: int) -> None:
    """Serve as the upstream until the process is ended."""
    Upstream.gap, Upstream.fault, Upstream.draw = gap, fault, random.Random(seed)
    server = await asyncio.get_running_loop().create_server(Upstream, "127.0.0.1", port)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


# ------------------------------------------------------------------ the callers


class Connection:
    """One connection of a caller, kept open."""

    def __init__(self, port: int, path: str = "/v1/chat/completions") -> None:
        self._port = port
        self._path = path
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect where that is not done."""
        if self._streams is None:
            self._streams = await asyncio.open_connection("127.0.0.1", self._port)
        return self._streams

    async def send(self, data: bytes) -> tuple[int, bytes, asyncio.StreamReader]:
        """Send a request; return the status, the head and what the body is read from."""
        reader, writer = await self.open()
        writer.write(
            b"POST %s HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer sk-bench\r\ncontent-type: application/json\r\n"
            b"content-length: %d\r\n\r\n" % (self._path.encode(), len(data)) + data
        )
        head = await reader.readuntil(b"\r\n\r\n")
        return int(head[9:12]), head.lower(), reader

    async def ask(self, data: bytes) -> tuple[int, bytes, bytes]:
        """Send a request and return status, head and whole body."""
        status, head, reader = await self.send(data)
        length = re.search(rb"content-length: (\d+)", head)
        if length:
            return status, head, await reader.readexactly(int(length[1]))
        return status, head, b"".join([part async for part in chunks(reader)])

    def close(self) -> None:
        """Give the connection up."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


async def chunks(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """Yield the chunks of a body."""
    while size := int(await reader.readline(), 16):
        yield (await reader.readexactly(size + 2))[:-2]
    await reader.readline()


class Load(NamedTuple):
    """What a run of load measured; `cpu` is what the processes that were asked took for a request, in µs."""

    rate: float
    p50: float
    p99: float
    failed: int
    cpu: float


class Caller(asyncio.Protocol):
    """Asks again as soon as it is answered, until the end; each question is new."""

    def __init__(self, end: float, numbers: Iterator[int], times: list[float]) -> None:
        self._end = end
        self._numbers = numbers
        self._times = times
        self._data = b""
        self._size = 0
        self._begun = 0.0
        self._transport: Any = None
        self.failed = 0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: Any) -> None:
        """Ask first."""
        self._transport = transport
        self._ask()

    def connection_lost(self, exc: Exception | None) -> None:
        """Count an end that came too early."""
        if not self.done.done():
            self.failed += 1
            self.done.set_result(None)

    def data_received(self, data: bytes) -> None:
        """Wait for a whole answer, then ask again."""
        self._data += data
        if not self._size and (at := self._data.find(b"\r\n\r\n")) >= 0:
            length = re.search(rb"(?i)content-length: *(\d+)", self._data[:at])
            self._size = at + 4 + (int(length[1]) if length else 0)
            self.failed += self._data[9:12] != b"200" or length is None
        if self._size and len(self._data) >= self._size:
            self._times.append(time.perf_counter() - self._begun)
            self._data, self._size = b"", 0
            self._ask()

    def _ask(self) -> None:
        self._begun = time.perf_counter()
        if self._begun >= self._end:
            self.done.set_result(None)
            self._transport.close()
            return
        data = _BODIES[(number := next(self._numbers)) % len(_BODIES)].replace(b"@", b"%d" % number)
        head = (
            b"POST /v1/chat/completions HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer sk-bench\r\n"
            b"content-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(data)
        )
        self._transport.write(head + data)


_BODIES: Final = tuple(body(at, said=f"{asked} My number is @.") for at, asked in enumerate(ASKED))


def load(served: Served, connections: int, seconds: float, numbers: Iterator[int]) -> Load:
    """Ask as fast as answers come, on a number of connections."""
    before = spent(served.process.pid)
    times, took, failed = run(_asking(served.port, connections, seconds, numbers))
    cpu = (spent(served.process.pid) - before) / len(times)
    times.sort()
    return Load(
        len(times) / took, 1e3 * statistics.median(times), 1e3 * times[int(len(times) * 0.99)], failed, 1e6 * cpu
    )


async def _asking(
    port: int, connections: int, seconds: float, numbers: Iterator[int]
) -> tuple[list[float], float, int]:
    loop, times, callers = asyncio.get_running_loop(), list[float](), list[Caller]()
    begun = time.perf_counter()
    for _ in range(connections):
        _, caller = await loop.create_connection(lambda: Caller(begun + seconds, numbers, times), "127.0.0.1", port)
        callers.append(caller)
    for caller in callers:
        await caller.done
    return times, time.perf_counter() - begun, sum(caller.failed for caller in callers)


def spent(pid: int) -> float:
    """Return the seconds of CPU that a process and those below it have taken, finer than clock ticks."""
    total = sum(spent(child) for child in _children(pid))
    for task in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        with contextlib.suppress(OSError):
            total += int(task.read_text().split()[0]) / 1e9
    return total


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run on the faster loop, where it is installed."""
    try:
        import uvloop
    except ImportError:
        return asyncio.run(work)
    return uvloop.run(work)


async def tokens(port: int, streams: int, most: int) -> tuple[float, float]:
    """Return p50 and p99 in ms from a token's writing at the upstream until it is read here."""
    late: list[float] = []

    async def one() -> None:
        connection = Connection(port)
        for number in range(most):
            _, _, reader = await connection.send(body(number, stream=True, tools=False))
            async for chunk in chunks(reader):
                now = time.perf_counter_ns()
                late.extend((now - int(at)) / 1e6 for at in re.findall(rb'"created":(\d{6,})', chunk))
        connection.close()

    await asyncio.gather(*(one() for _ in range(streams)))
    late.sort()
    return statistics.median(late), late[int(len(late) * 0.99)]


# ------------------------------------------------------------------ what is measured

OURS: Final = "accord guard, everything on"
THEIRS: Final = "LiteLLM proxy, no guard"


class Served(NamedTuple):
    """A process that listens."""

    process: subprocess.Popen[str]
    port: int


def free_port() -> int:
    """Return a port that nobody listens on now."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def start_upstream(gap: float = 0.0, fault: float = 0.0, seed: int = 1) -> Served:
    """Start an upstream in a process of its own."""
    argv = [sys.executable, __file__, "upstream", str(gap), str(fault), str(seed)]
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return Served(process, int(process.stdout.readline()))


def start_guard(upstream: int, *more: str, command: list[str] | None = None) -> Served:
    """Start a gateway and wait until it is ready."""
    port = free_port()
    argv = [*(command or ACCORD), "--upstream", f"http://127.0.0.1:{upstream}/v1", "--port", str(port), *more]
    process = subprocess.Popen(argv, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    for line in process.stderr:
        if "listens on" in line:
            asyncio.run(_drained(process))
            return Served(process, port)
        print(line, end="", file=sys.stderr)
    raise SystemExit(f"the gateway ended with {process.wait()}")


async def _drained(process: subprocess.Popen[str]) -> None:
    """Let what it says from now on go, so that it never waits for a reader."""
    threading.Thread(target=lambda: process.stderr and [*process.stderr], daemon=True).start()


def start_litellm(venv: Path, upstream: int, folder: Path) -> Served:
    """Start LiteLLM's proxy before the same upstream, with no guard and no database."""
    port = free_port()
    model = {"model": "openai/bench", "api_base": f"http://127.0.0.1:{upstream}/v1", "api_key": "sk-bench"}
    config = {"model_list": [{"model_name": "bench", "litellm_params": model}]}
    (folder / "litellm.yaml").write_text(json.dumps(config))
    argv = [str(venv / "bin" / "litellm"), "--config", str(folder / "litellm.yaml"), "--port", str(port)]
    env = {**os.environ, "LITELLM_TELEMETRY": "False", "LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_LOG": "ERROR"}
    env["LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY"] = "true"  # since 1.100; a key would cost it time
    said = (folder / "litellm.log").open("w")
    process = subprocess.Popen([*argv, "--host", "127.0.0.1", "--num_workers", "1"], env=env, stdout=said, stderr=said)
    for _ in range(600):
        if process.poll() is not None:
            raise SystemExit(f"LiteLLM ended: {(folder / 'litellm.log').read_text()[-2000:]}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
            return Served(process, port)  # type: ignore[arg-type]  # nothing of it is read as text
        time.sleep(0.2)
    raise SystemExit("LiteLLM did not begin to listen")


def stop(*served: Served) -> None:
    """End what was started."""
    for one in served:
        one.process.terminate()
    for one in served:
        try:
            one.process.wait(30)
        except subprocess.TimeoutExpired:
            one.process.kill()


def table(options: argparse.Namespace) -> None:
    """Print the rates and times of each, in turns, so that a busy machine slows all alike."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = {"upstream alone": start_upstream(seed=options.seed)}
        try:
            port = rows["upstream alone"].port
            rows[OURS] = start_guard(port, *_policy(folder), *options.more, command=options.command)
            if options.litellm:
                rows[THEIRS] = start_litellm(options.litellm, port, folder)
            found = _measured(rows, options)
        finally:
            stop(*rows.values())
        print(_versions(options))
        print("| stack | c=1 req/s | p50 ms | p99 ms | CPU µs | c=32 req/s | p50 ms | p99 ms | CPU µs | failed |")
        print("|---|---|---|---|---|---|---|---|---|---|")
        for row, by in found.items():
            cells = [cell for loads in by.values() for cell in _cells(max(loads))]
            failed = sum(each.failed for loads in by.values() for each in loads)
            print(f"| {row} | {' | '.join(cells)} | {failed} |")
        added = [ours.p50 - alone.p50 for ours, alone in zip(found[OURS][1], found["upstream alone"][1], strict=True)]
        print(f"added p50 at one connection: {min(added):.2f} ms at best, {statistics.median(added):.2f} in the median")
        if options.litellm:
            print(f"ratio: {_ratio(found, 32)} at 32 connections, {_ratio(found, 1)} at one")
        _delays(folder, options)


def _measured(rows: dict[str, Served], options: argparse.Namespace) -> dict[str, dict[int, list[Load]]]:
    """Load each in turn, on one connection and on many."""
    numbers = itertools.count()
    found: dict[str, dict[int, list[Load]]] = {row: {1: [], 32: []} for row in rows}
    for served in rows.values():
        load(served, 4, 1.0, numbers)
    for _ in range(options.rounds):
        for connections in (1, 32):
            for row, served in rows.items():
                found[row][connections].append(load(served, connections, options.seconds, numbers))
    return found


def _cells(one: Load) -> list[str]:
    return [f"{one.rate:,.0f}", f"{one.p50:.2f}", f"{one.p99:.2f}", f"{one.cpu:,.0f}"]


def _ratio(found: dict[str, dict[int, list[Load]]], connections: int) -> str:
    """Return how many times as fast we were: in the median of the rounds, and in each."""
    pairs = zip(found[OURS][connections], found[THEIRS][connections], strict=True)
    each = [ours.rate / theirs.rate for ours, theirs in pairs]
    return f"{statistics.median(each):.1f} x ({', '.join(f'{one:.1f}' for one in each)})"


def _delays(folder: Path, options: argparse.Namespace) -> None:
    """Print how much later a token of a stream comes for the guard between."""
    upstream = start_upstream(gap=0.005, seed=options.seed)
    guard = start_guard(upstream.port, *_policy(folder), *options.more, command=options.command)
    bare, ours = run(tokens(upstream.port, 8, 6)), run(tokens(guard.port, 8, 6))
    stop(upstream, guard)
    print(f"a token at 8 streams: p50 {bare[0]:.2f} -> {ours[0]:.2f} ms, p99 {bare[1]:.2f} -> {ours[1]:.2f} ms")


def _policy(folder: Path) -> list[str]:
    path = folder / "guard.yaml"
    tools = "[{name: find_order, effect: read}]"
    path.write_text(f"guard: 1\ncanaries: [{CANARY}]\ntools: {tools}\n")
    return ["--policy", str(path), "--log", str(folder / "decisions.jsonl")]


def _versions(options: argparse.Namespace) -> str:
    names = ("uvicorn", "httptools", "aiohttp", "uvloop", "orjson", "onnxruntime")
    shown = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in names)
    peer = ""
    if options.litellm:
        argv = [
            str(options.litellm / "bin" / "python"),
            "-c",
            "import importlib.metadata as m; print(m.version('litellm'))",
        ]
        peer = f", litellm {subprocess.run(argv, capture_output=True, text=True, check=False).stdout.strip()}"
    host = f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {platform.python_version()}"
    return f"{host}; {shown}{peer}; seed {options.seed}"


# ------------------------------------------------------------------ the soak


class Tally:
    """What a soak has seen."""

    def __init__(self) -> None:
        self.answered: Counter[str] = Counter()
        self.unguarded: list[str] = []
        self.ids: set[bytes] = set()
        self.hung = 0


KINDS: Final = ("whole", "whole", "whole", "leak", "stream", "stream leak", "slow", "leave")
TELLING: Final = tuple(CANARY[at : at + 12].encode() for at in range(len(CANARY) - 11))
HUNG: Final = 60.0


async def soak(port: int, seed: int, tally: Tally, end: float, rate: float = 0.0) -> None:
    """Ask honestly and dishonestly, fast and slowly, until the end: at a rate, or as fast as answers come."""
    await asyncio.gather(
        *(_soaking(seed + one, port, tally, end, CALLERS / rate if rate else 0) for one in range(CALLERS))
    )


async def _soaking(seed: int, port: int, tally: Tally, end: float, pause: float) -> None:
    draw, connection = random.Random(seed), Connection(port)
    due = time.time() + pause * draw.random()
    while time.time() < end:
        if pause:
            await asyncio.sleep(due - time.time())
            due = max(due + pause, time.time() - 5 * pause)  # what a stop of the machine took is not all caught up with
        kind, got = draw.choice(KINDS), [b""]
        try:
            async with asyncio.timeout(HUNG):
                await _visit(kind, draw, connection, got)
        except TimeoutError:
            tally.hung += 1
        except (OSError, asyncio.IncompleteReadError, ValueError) as error:
            got.append(getattr(error, "partial", b""))
            tally.answered["broken off"] += 1
            connection.close()
            await asyncio.sleep(0.05)
        _note(kind, b"".join(got), tally)
    connection.close()


async def _visit(kind: str, draw: random.Random, connection: Connection, got: list[bytes]) -> None:
    """Ask once, and take the answer as this kind of caller does; `got` is what came, whatever happens then."""
    said = f"SAY<the code is {CANARY}>" if "leak" in kind else ""
    data = body(draw.randrange(10**6), stream=kind not in {"whole", "leak"}, said=said)
    _, head, reader = await connection.send(data)
    got.append(head)
    if kind == "leave":
        await asyncio.sleep(draw.random() * 0.02)
        connection.close()
        return
    length = re.search(rb"content-length: (\d+)", head)
    if length:
        got.append(await reader.readexactly(int(length[1])))
        return
    async for chunk in chunks(reader):
        got.append(chunk)
        if kind == "slow":
            await asyncio.sleep(0.02)


def _note(kind: str, got: bytes, tally: Tally) -> None:
    """Count an answer, or what came of one; whatever comes has to be decided on, and to hold no canary."""
    if not got:
        return
    status = got[9:12].decode("ascii", "replace")
    tally.answered[status] += 1
    head, _, rest = got.partition(b"\r\n\r\n")
    id_ = re.search(rb"x-accord-decision-id: (\w+)", head)
    decided = re.search(rb"x-accord-decision: (\w+)", head)
    joined = rest + b"".join(re.findall(rb'"content": ?"((?:[^"\\]|\\.)*)"', rest))
    stopped = decided is not None and (decided[1] == b"block" or status != "200" or kind != "leak")
    if id_ is None or not stopped or any(one in joined for one in TELLING):
        tally.unguarded.append(f"{kind} {status} {joined[-80:]!r}")
    elif kind != "leave":
        tally.ids.add(id_[1])


def soaked(options: argparse.Namespace) -> None:
    """Run the soak, with faults, reloads and killed workers, and print what it found."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        upstream = start_upstream(gap=0.001, fault=0.03, seed=options.seed)
        guard = start_guard(upstream.port, *_policy(folder), "--workers", "2", *options.more, command=options.command)
        try:
            tally, watch, most = _soaked(options, guard, folder)
        finally:
            stop(guard, upstream)
        lost, lines, torn = _lost(folder / "decisions.jsonl", tally)
    flat = _flat(watch.memory)
    print(_versions(options))
    shown = ", ".join(f"{status} {count:,}" for status, count in sorted(tally.answered.items()))
    print(f"{options.minutes:g} minutes at {0.8 * most:.0f} a second, 80 % of {most:.0f}; answers by status: {shown}")
    print(f"workers killed: {len(watch.killed)}; policies read anew: {watch.reloads}; waited in vain: {tally.hung}")
    print(f"unguarded answers: {len(tally.unguarded)} {tally.unguarded[:3]}")
    print(f"decision records: {lines:,}, of them torn: {torn}; lost: {lost} of {len(tally.ids):,}")
    series = ", ".join(f"{one:.0f}" for one in watch.memory[:: max(1, len(watch.memory) // 30)])
    print(f"memory of the worker that was not killed, MiB: {series}; {'flat' if flat else 'it grows'}")
    sys.exit(1 if lost or torn or tally.unguarded or tally.hung or not flat else 0)


def _soaked(options: argparse.Namespace, guard: Served, folder: Path) -> tuple[Tally, Watching, float]:
    """Find out how much the gateway bears, then ask four fifths of that, and trouble it meanwhile."""
    tally, begun = Tally(), time.time()
    run(soak(guard.port, options.seed, tally, begun + options.warm))
    most = sum(tally.answered.values()) / (time.time() - begun)
    watch = Watching(guard, folder, options.seed)
    end = time.time() + 60 * options.minutes
    thread = threading.Thread(target=watch.run, args=(end, tally))
    thread.start()
    run(soak(guard.port, options.seed + 100, tally, end, 0.8 * most))
    thread.join()
    return tally, watch, most


def _lost(log: Path, tally: Tally) -> tuple[int, int, int]:
    """Return how many decisions that callers heard of are not in the log, its lines, and those that are not whole."""
    left, lines, torn = set(tally.ids), 0, 0
    with log.open("rb") as stream:
        for line in stream:
            lines += 1
            try:
                left.discard(json.loads(line)["decision"].encode())
            except (ValueError, KeyError):
                torn += 1
    return len(left), lines, torn


def _flat(memory: list[float]) -> bool:
    """Tell whether the last third is no larger than the middle one, a tenth apart."""
    third = len(memory) // 3
    return third == 0 or statistics.median(memory[-third:]) <= 1.1 * statistics.median(memory[third : 2 * third])


class Watching:
    """Has the policy changed and read anew, kills all workers but one again and again, and notes that one's memory."""

    def __init__(self, guard: Served, folder: Path, seed: int) -> None:
        self._guard = guard
        self._policy = folder / "guard.yaml"
        self._plain = self._policy.read_text()
        self._draw = random.Random(seed)
        self._spared = _children(guard.process.pid)[0]
        self.killed: list[int] = []
        self.reloads = 0
        self.memory: list[float] = []

    def run(self, end: float, tally: Tally) -> None:
        """Do so until shortly before the end."""
        at = 0
        while time.time() < end - 3:
            time.sleep(1.0)
            at += 1
            self.memory.append(_memory(self._spared))
            if at % 10 == 5:
                self._policy.write_text(self._plain.replace(f"[{CANARY}]", f"[{CANARY}, another-canary-{at:06d}]"))
                self._guard.process.send_signal(signal.SIGHUP)
                self.reloads += 1
            if at % 20 == 0:
                self._kill()
            if at % 60 == 0:
                said = f"minute {at // 60}: {dict(tally.answered)}, unguarded {len(tally.unguarded)}, hung {tally.hung}"
                print(f"{said}, {self.memory[-1]:.0f} MiB", file=sys.stderr, flush=True)

    def _kill(self) -> None:
        others = [one for one in _children(self._guard.process.pid) if one != self._spared]
        if others:
            self.killed.append(self._draw.choice(others))
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.killed[-1], signal.SIGKILL)


def _children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(one) for one in found.read_text().split()] if found.exists() else []


def _memory(pid: int) -> float:
    """Return the resident memory of a process, in MiB."""
    with contextlib.suppress(OSError):
        found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())
        return int(found[1]) / 1024 if found else 0.0
    return 0.0


def main() -> None:
    """Read the command line."""
    if sys.argv[1:2] == ["upstream"]:
        gap, fault, seed = float(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4])
        try:
            import uvloop
        except ImportError:
            asyncio.run(upstream_forever(0, gap, fault, seed))
        else:
            uvloop.run(upstream_forever(0, gap, fault, seed))
        return
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", nargs="?", default="table", choices=("table", "soak"))
    parser.add_argument("--litellm", type=Path, help="a virtual environment with LiteLLM's proxy")
    parser.add_argument("--seconds", type=float, default=4.0, help="of each measurement")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--minutes", type=float, default=1.0, help="of the soak")
    parser.add_argument(
        "--warm", type=float, default=15.0, help="seconds in which the soak finds out how much is borne"
    )
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--command", nargs="+", help="another gateway to measure, with the options of ours")
    parser.add_argument("--more", nargs="*", default=[], help="more options for the gateway")
    options = parser.parse_args()
    if options.what == "soak":
        soaked(options)
    else:
        table(options)


if __name__ == "__main__":
    main()
