"""Starts the fake endpoint that says its own truth, and runs attackers against it, watching time and memory."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

ROOT: Final = Path(__file__).resolve().parent.parent
SHARED: Final = ROOT.parent / "shared"
FAKE: Final = SHARED / "tools" / "fake_openai.py"
LATENCY_MS: Final = 20
OBEYED: Final = frozenset({"obeyed", "obeyed_tool", "leaked"})
PAGE: Final = os.sysconf("SC_PAGE_SIZE")


class Row(NamedTuple):
    """One request as the endpoint logged it: its truth, and the fault that was put in its way."""

    seq: int
    sha: str
    verdict: str
    fault: str | None

    @property
    def answered(self) -> bool:
        """Tell whether a readable answer went out."""
        return self.fault in {None, "slow"}


class Stats(NamedTuple):
    """What the endpoint counted since it began or was reset."""

    requests: int
    distinct: int
    in_flight: int
    seconds: float

    @property
    def rate(self) -> float:
        """Return requests a second between the first and the last."""
        return self.requests / self.seconds if self.seconds else 0.0


class Endpoint(NamedTuple):
    """A running endpoint: where it listens and where it logs."""

    port: int
    log: Path | None

    @property
    def url(self) -> str:
        """Return the base address that clients want."""
        return f"http://127.0.0.1:{self.port}/v1"

    def stats(self) -> Stats:
        """Ask for its counters."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/_stats", timeout=10) as reply:
            said: dict[str, Any] = json.load(reply)
        return Stats(said["requests"], said["distinct"], said["max_inflight"], said["span_s"])

    def reset(self) -> None:
        """Set its counters to zero, once what a killed client left has ended."""
        time.sleep(10 * LATENCY_MS / 1000)
        urllib.request.urlopen(f"http://127.0.0.1:{self.port}/_reset", data=b"", timeout=10).close()

    def rows(self) -> list[Row]:
        """Read its log, in the order of its numbers."""
        lines = self.log.read_text("utf-8").splitlines() if self.log and self.log.exists() else []
        read = [json.loads(line) for line in lines]
        return sorted(Row(one["seq"], one["sha"], one["verdict"], one["fault"]) for one in read)


class Ran(NamedTuple):
    """How a command ended: its exit status (None where it was killed), seconds, and the most memory of its tree."""

    code: int | None
    seconds: float
    peak_mb: float
    said: str


@contextmanager
def endpoint(folder: Path, *options: str, log: bool = False) -> Iterator[Endpoint]:
    """Serve on a free loopback port until the block ends."""
    folder.mkdir(parents=True, exist_ok=True)
    port, rows = folder / "port", folder / "requests.jsonl"
    for stale in (port, rows):
        stale.unlink(missing_ok=True)
    command = [sys.executable, str(FAKE), "--port", "0", "--port-file", str(port), "--max-s", "1800"]
    command += ["--latency-ms", str(LATENCY_MS), *options, *(("--log", str(rows)) if log else ())]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while not port.exists():
            if server.poll() is not None:
                raise RuntimeError("the fake endpoint did not start")
            time.sleep(0.01)
        yield Endpoint(int(port.read_text("utf-8")), rows if log else None)
    finally:
        server.terminate()
        server.wait(10)


def watched(
    command: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    limit: float = 120.0,
    kill_when: Callable[[], bool] | None = None,
) -> Ran:
    """Run a command in a session of its own, and kill the whole session at the limit or when it is asked for."""
    began, peak, looked = time.perf_counter(), 0, 0.0
    code: int | None = None
    said = cwd / "said.txt"
    with said.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True
        )
        while (code := process.poll()) is None:
            now = time.perf_counter() - began
            if now > limit or (kill_when is not None and kill_when()):
                break
            if now - looked >= 0.1:
                looked, peak = now, max(peak, sum(_memory(process.pid).values()))
            time.sleep(0.003 if kill_when else 0.01)
        for left in _memory(process.pid):
            _kill(left)
        process.wait(10)
    text = said.read_text("utf-8", "replace")[-4000:]
    return Ran(code, time.perf_counter() - began, peak / 2**20, text)


def _memory(session: int) -> dict[int, int]:
    """Return the resident bytes of every process of a session, by its id."""
    found = {}
    for place in Path("/proc").iterdir():
        if not place.name.isdigit():
            continue
        try:
            fields = (place / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == session:
            found[int(place.name)] = int(fields[21]) * PAGE
    return found


def _kill(process: int) -> None:
    try:
        os.kill(process, signal.SIGKILL)
    except ProcessLookupError:
        return


def body(model: str, prompt: str) -> str:
    """Return the mark that the endpoint's log gives to a request of one user turn."""
    asked = [model, [{"role": "user", "content": prompt}], None]
    return hashlib.sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()[:16]
