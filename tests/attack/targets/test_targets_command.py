"""A command is asked over its input, sees no environment but its own, and never outlives its session."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from accord.attack.targets.command import CommandEndpoint
from accord.attack.targets.line import Line, Opening
from accord.core.call import CommandCall
from accord.core.contracts import Target
from accord.core.errors import TargetError
from accord.core.system import Tool
from accord.core.trial import Capability, Delivery, Reply, Turn

OPENING = Opening(trial="t", tools=(Tool(id="mail", does="send-message", args={"recipient": "to"}),))
ECHO = "import sys; print('you said', sys.stdin.read())"
AGENT = """
import json, sys
notes = []
for line in sys.stdin:
    said = json.loads(line)
    if said["do"] == "plant":
        notes.append(said["text"])
        answer = {}
    elif said["do"] == "state":
        answer = {"state": {"notes": len(notes)}}
    else:
        answer = {"text": said["text"] + "".join(notes), "tool_calls": [{"name": "mail", "args": {"to": "x"}}]}
    print(json.dumps({"id": said["id"] - 1, "text": "late"}))
    print(json.dumps({"id": said["id"], **answer}), flush=True)
"""


def call(code: str, *, lines: bool = False, **more: Any) -> CommandCall:
    return CommandCall(run=(sys.executable, "-c", code), lines=lines, **more)


def run(made: CommandCall, line: Line, work: Callable[[Target], Coroutine[Any, Any, Any]]) -> Any:
    async def inside() -> Any:
        endpoint = CommandEndpoint(made, Path())
        await endpoint.open()
        try:
            async with endpoint.session(line, OPENING) as session:
                return await work(session)
        finally:
            await endpoint.close()

    return asyncio.run(inside())


def asked(made: CommandCall, line: Line, text: str = "hello") -> Reply:
    reply: Reply = run(made, line, lambda session: session.ask(Turn(text=text)))
    return reply


def refused(made: CommandCall, line: Line, text: str = "hello") -> str:
    with pytest.raises(TargetError) as caught:
        asked(made, line, text)
    return caught.value.message


def test_a_turn_is_one_run_with_the_text_as_input(line: Line) -> None:
    assert asked(call(ECHO), line, "a 'b' \"c\" $(d)\n").text == "you said a 'b' \"c\" $(d)"


def test_the_environment_is_empty_but_for_what_is_named(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAMED", "long-secret-value")
    monkeypatch.setenv("OTHER", "never-seen")
    code = "import os; print(sorted(k for k in os.environ if k != 'LC_CTYPE'), os.environ.get('NAMED'))"
    assert asked(call(code), line).text == "[] None"
    assert asked(call(code, environment=("NAMED",)), line).text == "['NAMED'] [credential]"
    crash = "import os, sys; sys.exit('bad ' + os.environ['NAMED'])"
    told = refused(call(crash, environment=("NAMED",)), line)
    assert "ended with status 1: bad [credential]" in told
    with pytest.raises(TargetError) as caught:
        asked(call(code, environment=("NOT_THERE",)), line)
    assert caught.value.code == "ACC-E406"


@pytest.mark.parametrize("run_", [(), ("no-such-command-here",), ("./no/such/file",)])
def test_a_command_that_is_not_there_is_told(line: Line, run_: tuple[str, ...]) -> None:
    with pytest.raises(TargetError) as caught:
        asked(CommandCall(run=run_), line)
    assert caught.value.code == "ACC-E662"


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("while True: print('a' * 9999)", "larger than"),
        ("import sys\nwhile True: sys.stderr.write('a' * 9999)", "timeout"),
        ("import time; time.sleep(60)", "timeout"),
        ("import os; os.kill(os.getpid(), 9)", "ended with status -9"),
        ("raise SystemExit(7)", "ended with status 7"),
    ],
)
def test_a_mad_command_is_a_failure_and_gone(line: Line, code: str, problem: str) -> None:
    began = time.monotonic()
    assert problem in refused(call(code), line)
    assert time.monotonic() - began < 8


def test_a_command_that_does_not_read_its_input_can_answer(line: Line) -> None:
    assert asked(call("print('busy')"), line, "x" * 500_000).text == "busy"


def test_children_of_a_command_end_with_it(line: Line, tmp_path: Path) -> None:
    note = tmp_path / "pid"
    code = (
        "import subprocess, sys, time\n"
        f"child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        f"open({str(note)!r}, 'w').write(str(child.pid))\n"
        "time.sleep(60)"
    )
    assert refused(call(code), line) == "timeout"
    pid = int(note.read_text("utf-8"))
    for _ in range(100):
        if not _alive(pid):
            break
        time.sleep(0.02)
    assert not _alive(pid)


def _alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"


def test_a_process_of_lines_keeps_its_session_and_takes_texts(line: Line) -> None:
    made = call(AGENT, lines=True, can=(Capability.MEMORY, Capability.STATE, Capability.TOOL_CALLS))

    async def work(session: Target) -> None:
        assert await session.state() == {"notes": 0}
        await session.plant(Delivery(channel="memory", text="!"))
        reply = await session.ask(Turn(text="a"))
        assert reply.text == "a!"
        assert (reply.tool_calls[0].does, reply.tool_calls[0].args["recipient"]) == ("send-message", "x")
        assert await session.state() == {"notes": 1}
        with pytest.raises(TargetError) as caught:
            await session.plant(Delivery(channel="retrieval", text="!"))
        assert caught.value.code == "ACC-E663"

    run(made, line, work)


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("print('no json', flush=True)\ninput()", "is not JSON"),
        ("print('{' * 3000000, flush=True)\ninput()", "a line of more than"),
        ("while True: print('{}')", "lines that answer nothing"),
        ("import sys; sys.exit(0)", "ended without an answer"),
        ('input(); print(\'{"id": 1, "error": "too busy"}\', flush=True); input()', "too busy"),
        ('input(); print(\'{"id": 1, "text": {"a": 1}}\', flush=True); input()', "none of answer"),
        ('input(); print(\'{"id": 1, "text": "a", "tool_calls": 5}\', flush=True); input()', "tool calls are"),
        ("import time; time.sleep(60)", "timeout"),
    ],
)
def test_a_mad_process_of_lines_is_a_failure_and_gone(line: Line, code: str, problem: str) -> None:
    assert problem in refused(call(code, lines=True), line)


def test_a_command_of_turns_takes_no_texts(line: Line) -> None:
    made = call(ECHO, can=(Capability.MEMORY,))
    assert CommandEndpoint(made, Path()).capabilities == set()
    with pytest.raises(TargetError):
        run(made, line, lambda session: session.plant(Delivery(channel="memory", text="x")))
