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
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final, NamedTuple

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
        said = re.search(rb"SAY<([^>]{1,200})>", request)
        return f"{ANSWER}{said[1].decode()} and more." if said else ANSWER

    def _whole(self, request: bytes) -> None:
        if self.fault and self.draw.random() < self.fault:
            self._faulty()
            return
        answer = {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 1,
            "model": "bench",
            "choices": [
                {"index": 0, "message": {"role": "assistant", "content": self._text(request)}, "finish_reason": "stop"}
            ],
            "usage": {"prompt_tokens": 200, "completion_tokens": 60, "total_tokens": 260},
        }
        data = json.dumps(answer, separators=(",", ":")).encode()
        self._transport.write(
            b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(data) + data
        )

    def _faulty(self) -> None:
        kind = self.draw.choice(("500", "reset", "html", "short"))
        if kind == "reset":
            self._transport.abort()
        elif kind == "short":
            self._transport.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 900\r\n\r\n{")
            self._transport.close()
        elif kind == "html":
            self._transport.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 3\r\n\r\n<p>")
        else:
            self._transport.write(
                b"HTTP/1.1 500 Broken\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}"
            )

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
    """What a run of load measured."""

    rate: float
    p50: float
    p99: float
    failed: int


async def load(port: int, connections: int, seconds: float, *, fresh: bool = True) -> Load:
    """Ask as fast as answers come, on a number of connections; each question is new unless not `fresh`."""
    times: list[float] = []
    failed = 0
    end = time.perf_counter() + seconds
    number = 0

    async def one() -> None:
        nonlocal failed, number
        connection = Connection(port)
        while (begun := time.perf_counter()) < end:
            number += 1
            status, _, _ = await connection.ask(body(number if fresh else 1))
            failed += status != 200
            times.append(time.perf_counter() - begun)
        connection.close()

    begun = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(connections)))
    spent = time.perf_counter() - begun
    times.sort()
    return Load(len(times) / spent, 1e3 * statistics.median(times), 1e3 * times[int(len(times) * 0.99)], failed)


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
    import threading

    threading.Thread(target=lambda: process.stderr and [*process.stderr], daemon=True).start()


def start_litellm(venv: Path, upstream: int, folder: Path) -> Served:
    """Start LiteLLM's proxy before the same upstream, with no guard and no database."""
    port = free_port()
    model = {"model": "openai/bench", "api_base": f"http://127.0.0.1:{upstream}/v1", "api_key": "sk-bench"}
    config = {"model_list": [{"model_name": "bench", "litellm_params": model}]}
    (folder / "litellm.yaml").write_text(json.dumps(config))
    argv = [str(venv / "bin" / "litellm"), "--config", str(folder / "litellm.yaml"), "--port", str(port)]
    env = {**os.environ, "LITELLM_TELEMETRY": "False", "LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_LOG": "ERROR"}
    null = subprocess.DEVNULL
    process = subprocess.Popen([*argv, "--host", "127.0.0.1", "--num_workers", "1"], env=env, stdout=null, stderr=null)
    for _ in range(600):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
            return Served(process, port)  # type: ignore[arg-type]  # nothing of it is read as text
        time.sleep(0.2)
    raise SystemExit("LiteLLM did not begin to listen")


def stop(*served: Served) -> None:
    """End what was started."""
    for one in served:
        one.process.terminate()
    for one in served:
        with contextlib.suppress(subprocess.TimeoutExpired):
            one.process.wait(30)


def table(options: argparse.Namespace) -> None:
    """Print the rates and times of each, in turns, so that a busy machine slows all alike."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        upstream = start_upstream(seed=options.seed)
        guard = start_guard(upstream.port, *_policy(folder), *options.more, command=options.command)
        rows = {"upstream alone": upstream.port, "accord guard, everything on": guard.port}
        started = [upstream, guard]
        if options.litellm:
            peer = start_litellm(options.litellm, upstream.port, folder)
            started.append(peer)
            rows["LiteLLM proxy, no guard"] = peer.port
        found: dict[str, dict[int, list[Load]]] = {row: {1: [], 32: []} for row in rows}
        for port in rows.values():
            asyncio.run(load(port, 4, 1.0))
        for _ in range(options.rounds):
            for row, port in rows.items():
                for connections in (1, 32):
                    found[row][connections].append(asyncio.run(load(port, connections, options.seconds)))
        stop(*started)
        print(_versions(options))
        print("| stack | c=1 req/s | p50 ms | p99 ms | c=32 req/s | p50 ms | p99 ms | failed |")
        print("|---|---|---|---|---|---|---|---|")
        best = {row: {c: max(loads) for c, loads in by.items()} for row, by in found.items()}
        for row, by in best.items():
            one, many = by[1], by[32]
            failed = sum(each.failed for loads in found[row].values() for each in loads)
            cells = [f"{one.rate:,.0f}", f"{one.p50:.2f}", f"{one.p99:.2f}"]
            cells += [f"{many.rate:,.0f}", f"{many.p50:.2f}", f"{many.p99:.2f}", str(failed)]
            print(f"| {row} | {' | '.join(cells)} |")
        ours, alone = best["accord guard, everything on"], best["upstream alone"]
        print(f"added p50 at one connection: {ours[1].p50 - alone[1].p50:.2f} ms")
        if options.litellm:
            theirs = best["LiteLLM proxy, no guard"]
            print(f"ratio: {ours[32].rate / theirs[32].rate:.1f} x at 32, {ours[1].rate / theirs[1].rate:.1f} x at 1")
        _delays(folder, options)


def _delays(folder: Path, options: argparse.Namespace) -> None:
    """Print how much later a token of a stream comes for the guard between."""
    upstream = start_upstream(gap=0.005, seed=options.seed)
    guard = start_guard(upstream.port, *_policy(folder), *options.more, command=options.command)
    bare, ours = asyncio.run(tokens(upstream.port, 8, 6)), asyncio.run(tokens(guard.port, 8, 6))
    stop(upstream, guard)
    print(f"a token at 8 streams: p50 {bare[0]:.2f} -> {ours[0]:.2f} ms, p99 {bare[1]:.2f} -> {ours[1]:.2f} ms")


def _policy(folder: Path) -> list[str]:
    path = folder / "guard.yaml"
    tools = "[{name: find_order, effect: read}]"
    path.write_text(f"guard: 1\ncanaries: [{CANARY}]\ntools: {tools}\n")
    return ["--policy", str(path), "--log", str(folder / "decisions.jsonl")]


def _versions(options: argparse.Namespace) -> str:
    names = ("uvicorn", "httptools", "uvloop", "aiohttp", "orjson", "onnxruntime")
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


class Tally(NamedTuple):
    """What a soak has seen."""

    answered: dict[str, int]
    unguarded: list[str]
    ids: list[str]


async def soak(options: argparse.Namespace, guard: Served, tally: Tally, end: float) -> None:
    """Ask honestly and dishonestly, fast and slowly, until the end."""
    await asyncio.gather(*(_soaking(options.seed + one, guard.port, tally, end) for one in range(24)))


async def _soaking(seed: int, port: int, tally: Tally, end: float) -> None:
    draw = random.Random(seed)
    connection = Connection(port)
    while time.time() < end:
        kind = draw.choice(("whole", "whole", "whole", "leak", "stream", "stream leak", "slow", "leave"))
        said = f"SAY<the code is {CANARY}>" if "leak" in kind else ""
        data = body(draw.randrange(10**6), stream=kind not in {"whole", "leak"}, said=said)
        try:
            status, head, reader = await connection.send(data)
            answer = await _taken(kind, head, reader, connection, draw)
        except (OSError, asyncio.IncompleteReadError, ValueError):
            tally.answered["broken"] = tally.answered.get("broken", 0) + 1
            connection.close()
            await asyncio.sleep(0.05)
            continue
        tally.answered[str(status)] = tally.answered.get(str(status), 0) + 1
        id_ = re.search(rb"x-accord-decision-id: (\w+)", head)
        if id_ is None or CANARY.encode() in answer:
            tally.unguarded.append(f"{kind} {status}")
        elif kind != "leave":
            tally.ids.append(id_[1].decode())
        await asyncio.sleep(draw.random() * 0.01)


async def _taken(
    kind: str, head: bytes, reader: asyncio.StreamReader, connection: Connection, draw: random.Random
) -> bytes:
    """Take an answer as this kind of caller does."""
    if kind == "leave":
        await asyncio.sleep(draw.random() * 0.02)
        connection.close()
        return b""
    length = re.search(rb"content-length: (\d+)", head)
    if length:
        return await reader.readexactly(int(length[1]))
    parts = []
    async for chunk in chunks(reader):
        parts.append(chunk)
        if kind == "slow":
            await asyncio.sleep(0.02)
    texts = re.findall(rb'"content": ?"((?:[^"\\]|\\.)*)"', b"".join(parts))
    return b"".join(parts) + b"".join(texts)


def soaked(options: argparse.Namespace) -> None:
    """Run the soak, with faults, reloads and killed workers, and print what it found."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        upstream = start_upstream(gap=0.001, fault=0.03, seed=options.seed)
        more = [*_policy(folder), "--workers", "2", *options.more]
        guard = start_guard(upstream.port, *more, command=options.command)
        tally, end = Tally({}, [], []), time.time() + 60 * options.minutes
        memory = [_memory(guard.process.pid)]
        kills = 0
        with _harassed(guard, folder, end, options.seed, memory) as killed:
            asyncio.run(soak(options, guard, tally, end))
            kills = len(killed)
        lines = (folder / "decisions.jsonl").read_text("utf-8").splitlines()
        written = {json.loads(line)["decision"] for line in lines if line.endswith("}")}
        stop(guard, upstream)
    lost = [one for one in tally.ids if one not in written]
    print(_versions(options))
    print(f"answers by status: {dict(sorted(tally.answered.items()))}; workers killed: {kills}")
    print(f"unguarded answers: {len(tally.unguarded)} {tally.unguarded[:5]}")
    print(f"decision records: {len(lines)}, lost: {len(lost)} of {len(tally.ids)}")
    print(f"memory of the largest worker, MiB, over time: {[round(one) for one in memory]}")
    sys.exit(1 if lost or tally.unguarded else 0)


@contextlib.contextmanager
def _harassed(guard: Served, folder: Path, end: float, seed: int, memory: list[float]) -> Any:
    """Kill workers and have the policy read anew, from a thread, as long as the block runs."""
    import threading

    draw, killed, over = random.Random(seed), [0][:0], threading.Event()

    def harass() -> None:
        at = 0
        while not over.wait(2.0) and time.time() < end - 3:
            at += 1
            guard.process.send_signal(signal.SIGHUP)
            if at % 4 == 0 and (workers := _children(guard.process.pid)):
                killed.append(draw.choice(workers))
                with contextlib.suppress(ProcessLookupError):
                    os.kill(killed[-1], signal.SIGKILL)
            if at % 5 == 0:
                memory.append(_memory(guard.process.pid))

    thread = threading.Thread(target=harass)
    thread.start()
    try:
        yield killed
    finally:
        over.set()
        thread.join()


def _children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(one) for one in found.read_text().split()] if found.exists() else []


def _memory(pid: int) -> float:
    """Return the resident memory of the largest worker, in MiB."""
    sizes = [0.0]
    for one in (pid, *_children(pid)):
        with contextlib.suppress(OSError):
            found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{one}/status").read_text())
            sizes.append(int(found[1]) / 1024 if found else 0.0)
    return max(sizes)


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
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--minutes", type=float, default=1.0, help="of the soak")
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
