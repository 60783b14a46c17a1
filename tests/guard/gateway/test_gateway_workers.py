"""The gateway as it is started: real processes, real sockets, and what survives their end."""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest
from gatekeeping import CANARY, Loopback, Pretended, made_by, policy

from accord.core.errors import AccordError
from accord.guard.gateway.workers import Making, Order, listening, serve

ACCORD: Final = str(Path(sys.executable).parent / "accord")
STARTER: Final = """
import sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from gatekeeping import Pretended
from accord.core.guard import GuardPolicy
from accord.guard.gateway.workers import Making, Order, serve
from accord.record.codec import load
upstream, count, policy, log = sys.argv[1:]
read = lambda: load(Path(policy), GuardPolicy, shown="guard.yaml")
order = Order(upstream, "127.0.0.1", 0, int(count), Path(log), lambda: Making(read, lambda one, rules: {made}))
sys.exit(serve(order, lambda address: print(address, file=sys.stderr, flush=True)))
"""


class Running(NamedTuple):
    """A gateway that was started, and the files it works with."""

    process: subprocess.Popen[str]
    port: int
    log: Path
    policy: Path

    def ask(self, text: str = "hi", **more: Any) -> tuple[int, dict[str, str], bytes]:
        """Ask on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        body = json.dumps({"model": "m", "messages": [{"role": "user", "content": text}], **more})
        connection.request("POST", "/v1/chat/completions", body, {"content-type": "application/json"})
        answer = connection.getresponse()
        found = (answer.status, {key.lower(): value for key, value in answer.getheaders()}, answer.read())
        connection.close()
        return found

    def get(self, path: str) -> tuple[int, bytes]:
        """Ask for a page."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request("GET", path)
        answer = connection.getresponse()
        found = (answer.status, answer.read())
        connection.close()
        return found

    def decisions(self) -> list[dict[str, Any]]:
        """Return what is in the log."""
        return [json.loads(line) for line in self.log.read_text("utf-8").splitlines()]


@contextmanager
def gateway(
    upstream: Loopback, folder: Path, workers: int = 1, made: str = "Pretended(one, rules)"
) -> Iterator[Running]:
    """Start a gateway with a pretended guard, and end it."""
    path = folder / "guard.yaml"
    path.write_text(f"guard: 1\ncanaries: [{CANARY}]\n")
    starter = STARTER.format(tests=str(Path(__file__).parents[2]), made=made)
    argv = [sys.executable, "-c", starter, upstream.url, str(workers), str(path), str(folder / "log")]
    process = subprocess.Popen(argv, stderr=subprocess.PIPE, text=True)
    with process_ended(process):
        assert process.stderr is not None
        line = process.stderr.readline().strip()
        assert line.startswith("http://"), line + process.stderr.read()
        threading.Thread(target=process.stderr.read, daemon=True).start()
        yield Running(process, int(line.rpartition(":")[2]), folder / "log", path)


@contextmanager
def process_ended(process: subprocess.Popen[str]) -> Iterator[None]:
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)
        time.sleep(0.05)  # whoever reads what it said is at its end by then
        if process.stderr is not None:
            process.stderr.close()


def until(said: Callable[[], bool], seconds: float = 10) -> bool:
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if said():
            return True
        time.sleep(0.02)
    return False


def children(pid: int) -> list[int]:
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def test_one_worker_serves_over_real_sockets_and_ends_in_order(tmp_path: Path) -> None:
    with Loopback() as upstream, gateway(upstream, tmp_path) as there:
        assert there.get("/health")[0] == 200
        status, headers, body = there.ask("SAY<hello there>")
        assert (status, json.loads(body)["choices"][0]["message"]["content"]) == (200, "hello there")
        assert headers["x-accord-decision"] == "allow"
        status, headers, body = there.ask(f"SAY<so {CANARY} it is>", stream=True)
        assert CANARY.encode() not in body
        assert body.endswith(b"data: [DONE]\n\n")
        assert b"accord_guard_cuts_total 1" in there.get("/metrics")[1]
        assert {one["outcome"] for one in there.decisions()} == {"allow", "block"}
        there.process.terminate()
        assert there.process.wait(20) == 0


def test_a_policy_is_read_anew_on_sighup_without_losing_a_request(tmp_path: Path) -> None:
    with Loopback() as upstream, gateway(upstream, tmp_path, workers=2) as there:
        before = there.ask()[1]["x-accord-rules"]
        failed, over = list[int](), threading.Event()

        def asking() -> None:
            while not over.is_set():
                failed.extend(one for one in [there.ask()[0]] if one != 200)

        threads = [threading.Thread(target=asking) for _ in range(3)]
        for one in threads:
            one.start()
        there.policy.write_text("guard: 1\ncanaries: [ANOTHER-canary-77]\n")
        there.process.send_signal(signal.SIGHUP)
        taken = until(lambda: b"accord_guard_reloads_total 2" in there.get("/metrics")[1])  # by both workers
        assert not [n for n in range(6) if b"ANOTHER" in there.ask("SAY<x ANOTHER-canary-77>")[2]]
        there.policy.write_text("guard: 1\nmisspelt: yes\n")
        there.process.send_signal(signal.SIGHUP)
        errors = until(lambda: b"accord_guard_reload_errors_total 2" in there.get("/metrics")[1])
        over.set()
        for one in threads:
            one.join()
        assert (taken, errors, failed) == (True, True, [])
        assert b"ANOTHER" not in there.ask("SAY<x ANOTHER-canary-77>")[2]
        assert there.ask()[1]["x-accord-rules"] == before


def test_a_killed_worker_is_replaced_and_no_record_of_an_answer_is_lost(tmp_path: Path) -> None:
    with Loopback() as upstream, gateway(upstream, tmp_path, workers=2) as there:
        answered, over = list[str](), threading.Event()

        def asking() -> None:
            while not over.is_set():
                try:
                    status, headers, body = there.ask(f"SAY<so {CANARY} it is>")
                except (OSError, http.client.HTTPException):
                    continue
                assert status == 200
                assert CANARY.encode() not in body
                answered.append(headers["x-accord-decision-id"])

        threads = [threading.Thread(target=asking) for _ in range(3)]
        for one in threads:
            one.start()
        for _ in range(3):
            time.sleep(0.3)
            os.kill(children(there.process.pid)[0], signal.SIGKILL)
        assert until(lambda: len(children(there.process.pid)) == 2)
        count = len(answered)
        assert until(lambda: len(answered) > count + 5)
        over.set()
        for one in threads:
            one.join()
        written = {one["decision"] for one in there.decisions()}
        assert set(answered) <= written
        assert there.get("/health")[0] == 200


@pytest.mark.parametrize("workers", [1, 2])
def test_a_gateway_that_lets_a_canary_by_refuses_to_serve(tmp_path: Path, workers: int) -> None:
    with Loopback() as upstream:
        starter = STARTER.format(tests=str(Path(__file__).parents[2]), made="Pretended(GuardPolicy(guard=1), rules)")
        (tmp_path / "guard.yaml").write_text("guard: 1\n")
        argv = [
            sys.executable,
            "-c",
            starter,
            upstream.url,
            str(workers),
            str(tmp_path / "guard.yaml"),
            str(tmp_path / "log"),
        ]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 3
    assert "the self-test failed: /chat/completions: a canary left in an answer" in done.stderr
    assert "http://" not in done.stderr


def test_a_slow_caller_holds_nobody_up_and_is_not_read_ahead_for(tmp_path: Path) -> None:
    with Loopback() as upstream, gateway(upstream, tmp_path) as there:
        words = " ".join(["word"] * 200_000)
        body = json.dumps({"stream": True, "messages": [{"role": "user", "content": f"SAY<{words}>"}]}).encode()
        with socket.create_connection(("127.0.0.1", there.port)) as slow:
            slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            head = b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
            slow.sendall(head + b"content-length: %d\r\n\r\n" % len(body) + body)
            assert slow.recv(100).startswith(b"HTTP/1.1 200")
            begun = time.monotonic()
            assert there.ask()[0] == 200
            assert time.monotonic() - begun < 5
            size = Path(f"/proc/{there.process.pid}/status").read_text().partition("VmRSS:")[2].split()[0]
            assert int(size) < 400_000
        assert until(lambda: b"accord_guard_in_flight 1" in there.get("/metrics")[1])  # the page's own request


def test_a_caller_who_leaves_early_takes_the_request_to_the_model_with_it(tmp_path: Path) -> None:
    with Loopback() as upstream, gateway(upstream, tmp_path) as there:
        upstream.gap = 0.2
        body = json.dumps(
            {"stream": True, "messages": [{"role": "user", "content": "SAY<a b c d e f g h i j>"}]}
        ).encode()
        with socket.create_connection(("127.0.0.1", there.port)) as leaving:
            head = b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
            leaving.sendall(head + b"content-length: %d\r\n\r\n" % len(body) + body)
            assert leaving.recv(100).startswith(b"HTTP/1.1 200")
        assert until(lambda: upstream.dropped == 1)
        assert until(lambda: b"accord_guard_disconnects_total 1" in there.get("/metrics")[1])
        upstream.gap = 0
        assert there.ask()[0] == 200
        assert there.decisions()[0]["kind"] == "request"


def test_a_worker_that_is_told_to_end_before_it_is_ready_ends(tmp_path: Path) -> None:
    with Loopback() as upstream, gateway(upstream, tmp_path, workers=2) as there:
        for wait in (0.0, 0.1, 0.3):
            os.kill(children(there.process.pid)[0], signal.SIGKILL)
            assert until(lambda: len(children(there.process.pid)) == 2)
            time.sleep(wait)
            os.kill(children(there.process.pid)[-1], signal.SIGTERM)  # the one that has just begun
            assert until(lambda: len(children(there.process.pid)) == 2)
        there.process.terminate()
        assert there.process.wait(20) == 0


def test_a_worker_that_breaks_as_it_begins_says_how_and_ends_the_gateway(tmp_path: Path) -> None:
    with Loopback() as upstream:
        starter = STARTER.format(tests=str(Path(__file__).parents[2]), made="{}['no such guard']")
        (tmp_path / "guard.yaml").write_text("guard: 1\n")
        argv = [sys.executable, "-c", starter, upstream.url, "2", str(tmp_path / "guard.yaml"), str(tmp_path / "log")]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 3
    said = [json.loads(line)["message"] for line in done.stderr.splitlines()]
    assert any(one.startswith("the worker broke: KeyError: 'no such guard' (") for one in said), said
    assert "http://" not in done.stderr


FRAGILE: Final = "Pretended(one, rules) if Path(policy).exists() else {}['no such guard']"
"""A guard that cannot be made any more once its policy is away."""


def test_workers_that_break_one_after_the_other_end_the_gateway_that_says_so(tmp_path: Path) -> None:
    with Loopback() as upstream, fragile(upstream, tmp_path) as (there, said):
        there.policy.rename(tmp_path / "away")
        os.kill(children(there.process.pid)[0], signal.SIGKILL)
        assert there.process.wait(60) == 3
        assert until(lambda: "workers end as soon as they begin" in "".join(said))
        broke = [json.loads(line)["message"] for line in said if "the worker broke" in line]
        assert broke
        assert all("KeyError" in one for one in broke)


def test_a_worker_that_broke_is_replaced_once_it_can_be(tmp_path: Path) -> None:
    with Loopback() as upstream, fragile(upstream, tmp_path) as (there, said):
        there.policy.rename(tmp_path / "away")
        os.kill(children(there.process.pid)[0], signal.SIGKILL)
        assert until(lambda: any("the worker broke" in line for line in said))
        assert there.ask()[0] == 200, "its sibling serves"
        (tmp_path / "away").rename(there.policy)
        assert until(lambda: len(children(there.process.pid)) == 2)
        assert {there.ask()[0] for _ in range(6)} == {200}
        there.process.terminate()
        assert there.process.wait(20) == 0


@contextmanager
def fragile(upstream: Loopback, folder: Path) -> Iterator[tuple[Running, list[str]]]:
    """Start two workers whose guard breaks where the policy is away, and gather what they say."""
    read = "lambda: GuardPolicy(guard=1, canaries=('" + CANARY + "',))"
    starter = STARTER.format(tests=str(Path(__file__).parents[2]), made=FRAGILE).replace(
        'read = lambda: load(Path(policy), GuardPolicy, shown="guard.yaml")', f"read = {read}"
    )
    (folder / "guard.yaml").write_text("guard: 1\n")
    argv = [sys.executable, "-c", starter, upstream.url, "2", str(folder / "guard.yaml"), str(folder / "log")]
    process = subprocess.Popen(argv, stderr=subprocess.PIPE, text=True)
    with process_ended(process):
        assert process.stderr is not None
        line = process.stderr.readline().strip()
        assert line.startswith("http://"), line + process.stderr.read()
        said: list[str] = []
        threading.Thread(target=said.extend, args=(process.stderr,), daemon=True).start()
        yield Running(process, int(line.rpartition(":")[2]), folder / "log", folder / "guard.yaml"), said


def test_a_head_that_is_too_large_is_refused(tmp_path: Path) -> None:
    with (
        Loopback() as upstream,
        gateway(upstream, tmp_path) as there,
        socket.create_connection(("127.0.0.1", there.port)) as sock,
    ):
        sock.sendall(b"GET /health HTTP/1.1\r\nhost: x\r\nx-long: " + b"y" * 70_000 + b"\r\n\r\n")
        assert sock.recv(100).startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize(
    "head",
    [
        b"POST /v1/embeddings HTTP/1.1\r\nh: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\n{}{}{}",
        b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\ntransfer-encoding : chunked\r\ncontent-length: 2\r\n\r\n{}",
        b"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nbad header: 1\r\ncontent-length: 2\r\n\r\n{}",
    ],
)
def test_a_head_that_two_servers_read_differently_reaches_nobody(tmp_path: Path, head: bytes) -> None:
    with Loopback() as upstream, gateway(upstream, tmp_path) as there:
        with socket.create_connection(("127.0.0.1", there.port)) as sock:
            sock.sendall(head)
            assert sock.recv(100).startswith(b"HTTP/1.1 400")
        assert upstream.asked == 0


def test_an_old_client_is_answered_whole(tmp_path: Path) -> None:
    with Loopback() as upstream, gateway(upstream, tmp_path) as there:
        body = json.dumps({"messages": [{"role": "user", "content": "hi"}]}).encode()
        with socket.create_connection(("127.0.0.1", there.port)) as sock:
            sock.sendall(b"POST /v1/chat/completions HTTP/1.0\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
            answer = b""
            while part := sock.recv(4096):
                answer += part
        head, _, rest = answer.partition(b"\r\n\r\n")
        assert b"transfer-encoding" not in head
        assert json.loads(rest)["choices"][0]["message"]["content"] == "fine"


def test_an_upstream_that_is_not_there_is_said(tmp_path: Path) -> None:
    with Loopback() as upstream:
        pass
    with gateway(upstream, tmp_path) as there:
        status, headers, body = there.ask()
        assert (status, json.loads(body)["error"]["code"]) == (502, "ACC-E757")
        assert there.decisions()[-1]["decision"] == headers["x-accord-decision-id"]


def test_a_port_that_is_taken_is_said() -> None:
    with listening("127.0.0.1", 0) as sock, pytest.raises(AccordError) as refused:
        listening("127.0.0.1", sock.getsockname()[1])
    assert refused.value.code == "ACC-E763"


def test_a_worker_whose_log_cannot_be_opened_ends_the_gateway(tmp_path: Path) -> None:
    def making() -> Making:
        return Making(policy, made_by())

    order = Order("http://127.0.0.1:9/v1", "127.0.0.1", 0, 1, tmp_path / "no" / "log", making)
    with pytest.raises(AccordError) as refused:
        serve(order, lambda _: None)
    assert refused.value.code == "ACC-E759"


def test_what_takes_long_is_asked_for_in_a_thread() -> None:
    from accord.guard.gateway.judging import Judge
    from accord.guard.gateway.words import AsideError, Asked

    class Slow(Pretended):
        def admit(self, pieces: Any) -> Any:
            try:
                asyncio.get_running_loop()
            except RuntimeError:
                return super().admit(pieces)
            raise AsideError

    judge = Judge(Slow(policy()))
    assert asyncio.run(judge.admit(Asked((), ()))).outcome == "allow"


def test_the_command_serves_with_every_guard_on(tmp_path: Path) -> None:
    (tmp_path / "guard.yaml").write_text(f"guard: 1\ncanaries: [{CANARY}]\n")
    with Loopback() as upstream:
        argv = [
            ACCORD,
            "guard",
            "serve",
            "--upstream",
            upstream.url,
            "--port",
            "0",
            "--policy",
            str(tmp_path / "guard.yaml"),
        ]
        process = subprocess.Popen([*argv, "--log", str(tmp_path / "log")], stderr=subprocess.PIPE, text=True)
        with process_ended(process):
            assert process.stderr is not None
            line = process.stderr.readline().strip()
            assert line.startswith("the guard listens on http://127.0.0.1:"), line
            there = Running(process, int(line.rpartition(":")[2]), tmp_path / "log", tmp_path / "guard.yaml")
            assert there.get("/health")[0] == 200
            assert there.ask("When are you open?")[0] == 200
            status, headers, body = there.ask(f"SAY<so {CANARY} it is>")
            assert (status, headers["x-accord-decision"]) == (200, "block")
            assert CANARY.encode() not in body


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--upstream", "ftp://a.example/v1"), "is no address of an HTTP interface"),
        (("--upstream", "http://127.0.0.1:9/v1", "--rules", "file"), "is no folder"),
        (("--upstream", "http://127.0.0.1:9/v1", "--policy", "nowhere.yaml"), "nowhere.yaml does not exist"),
    ],
)
def test_orders_that_make_no_sense_end_with_two(more: tuple[str, ...], said: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    argv = [ACCORD, "guard", "serve", "--port", "0", *more]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60, check=False, cwd=tmp_path)
    assert done.returncode == 2
    assert said in done.stderr
