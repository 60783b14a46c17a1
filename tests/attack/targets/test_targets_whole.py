"""From the manifest to the verdict: each way is found, shipped cases break what obeys them, and no bytes break us."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accord.attack.harness import Harness
from accord.attack.targets.choose import endpoint
from accord.attack.targets.command import CommandEndpoint
from accord.attack.targets.harness import DoorEndpoint, HarnessEndpoint
from accord.attack.targets.http import HttpEndpoint
from accord.attack.targets.line import Endpoint, Failure, Line, Opening
from accord.attack.targets.mcp import McpEndpoint
from accord.attack.targets.python import PythonEndpoint
from accord.attack.targets.runner import Runner
from accord.attack.targets.staged import StagedEndpoint
from accord.attack.targets.wire import Got, Request, Wire
from accord.case.oracles import judge
from accord.case.suites import suite
from accord.case.variables import fill
from accord.core.call import HttpCall, HttpPlant, HttpUndo, McpCall
from accord.core.case import Case
from accord.core.errors import AccordError, TargetError
from accord.core.system import Tool
from accord.core.trial import Delivery, Judgement, Message, Reply, Transcript, TrialOutcome, Turn
from accord.record.manifest import read_manifest

Serve = Callable[[Callable[[Any], bytes | Iterable[bytes]]], str]
HEAD = """\
accord: 1
system: {id: s, name: S, version: 1.0.0, purpose: answers, kind: [llm-app]}
owners: {system-owner: a@example.org}
targets:
"""
WAYS = {
    'http: {url: "http://127.0.0.1:1/chat", plant: {memory: {url: /m, undo: {url: "/m/{{name}}"}}}}': HttpEndpoint,
    'python: "targets_whole_app:answer"': PythonEndpoint,
    'python: "targets_whole_app:harness"': HarnessEndpoint,
    'mcp: {url: "http://127.0.0.1:1/mcp", tool: ask, argument: q}': McpEndpoint,
    "mcp: {command: [server, --stdio]}": McpEndpoint,
    "command: {run: [bot], lines: true, can: [memory, state]}": CommandEndpoint,
    'harness: {url: "http://127.0.0.1:1", can: [retrieval]}': DoorEndpoint,
}


def manifest(folder: Path, target: str) -> Endpoint:
    (folder / "accord.yaml").write_text(f"{HEAD}  - {target}\n", "utf-8")
    (folder / "targets_whole_app.py").write_text(
        "from accord.attack.harness import Harness\nharness = Harness()\n"
        "@harness.answers\ndef answer(text):\n    return text\n",
        "utf-8",
    )
    found = read_manifest(folder)
    assert found is not None
    return endpoint(found.system.targets[0], root=folder)


@pytest.mark.parametrize(("way", "kind"), WAYS.items())
def test_each_way_of_the_manifest_leads_to_its_target(tmp_path: Path, way: str, kind: type[object]) -> None:
    found = manifest(tmp_path, f"{{id: t, call: {{{way}}}}}")
    assert isinstance(found, kind)
    assert found.name
    assert not found.simulated
    assert isinstance(manifest(tmp_path, f"{{id: t, call: {{{way}}}, mcp_port: 1}}"), StagedEndpoint)


@pytest.mark.parametrize(
    ("way", "problem"),
    [
        ("http: {url: u, plant: {system: {url: v}}}", "system"),
        ('http: {url: "http://127.0.0.1:1", plant: {memory: {body: x}}}', "lacks the key 'url'"),
        ("command: {lines: true}", "lacks the key 'run'"),
        ("command: {run: [a], can: [nonsense]}", "nonsense"),
        ('command: {run: [a]}, python: "a:b"', "exactly one"),
        ('http: {url: "file:///etc/passwd"}', "is not an address"),
        ('harness: {url: "ftp://127.0.0.1"}', "is not an address"),
    ],
)
def test_a_way_that_makes_no_sense_is_refused_with_its_line(tmp_path: Path, way: str, problem: str) -> None:
    with pytest.raises(AccordError) as caught:
        manifest(tmp_path, f"{{id: t, call: {{{way}}}}}")
    assert problem in caught.value.message
    assert caught.value.where is not None
    assert caught.value.where.line == 5


def tools_of(case: Case) -> tuple[Tool, ...]:
    """Return one tool for each effect that the case needs, with a parameter for each of its arguments."""
    effects = [need.does for need in case.needs if not isinstance(need, str) and need.does]
    names = ("recipient", "content", "amount", "target", "url", "path", "code")
    return tuple(Tool(id=f"do_{does}", does=does, args={name: f"the_{name}" for name in names}) for does in effects)


def tried(case: Case, target: Endpoint, line: Line) -> Judgement:
    """Run a case as a campaign does, in small, and judge it."""
    values = {name: f"Tok{number}en1234567" for number, name in enumerate(case.vars)}
    opening = Opening(trial="t", vars=values, tools=tools_of(case))
    messages: list[Message] = []

    async def said(session: Any, text: str) -> str | None:
        reply: Reply = await session.ask(Turn(text=text))
        messages.append(Message(role="user", content=text))
        messages.append(Message(role="assistant", content=reply.text, tool_calls=reply.tool_calls))
        return reply.stopped

    async def inside() -> Judgement:
        await target.open()
        stopped = None
        async with target.session(line, opening) as session:
            for step in case.steps:
                if step.deliver is None:
                    asked = step.ask if isinstance(step.ask, str) else "What is new?"
                    stopped = await said(session, fill(asked, values).text)
                elif step.deliver.channel == "user":
                    stopped = await said(session, fill(step.deliver.text, values).text)
                else:
                    text = fill(step.deliver.text, values).text
                    await session.plant(Delivery(channel=step.deliver.channel, text=text, name=step.deliver.name))
        await target.close()
        return judge(case.broke, Transcript(messages=tuple(messages), vars=values, stopped=stopped))

    return asyncio.run(inside())


def of_channels(*channels: str) -> list[Any]:
    """Return the shipped cases that deliver through these channels only, and look for an effect."""
    found = {case.name: case for name in ("rag", "mcp", "agent") for case in suite(name)}
    kept = [
        case
        for case in found.values()
        if case.broke.called is not None
        and {step.deliver.channel.value for step in case.steps if step.deliver} - {"user"} == set(channels)
    ]
    return [pytest.param(case, id=case.name) for case in kept[:20]]


def obedient(tools: tuple[Tool, ...]) -> Harness:
    """Return an application that does everything it reads with every tool it has, in its own names."""
    harness = Harness()
    read: Any = harness.retrieval(lambda _: ["A page."])
    recall: Any = harness.memory(lambda: "A note.")
    system: Any = harness.system(lambda: "Be kind.")
    uploads: Any = harness.files(lambda: ["A file."])
    specs: Any = harness.descriptions(lambda: [{"name": "weather", "description": "Tells the weather."}])
    look: Any = harness.tool("weather", runs=True)(lambda: "Sunny.")
    doing: list[Any] = [(tool, harness.tool(tool.id)(lambda **given: given)) for tool in tools]

    @harness.answers
    def answer(text: str) -> str:
        sources: list[Any] = [*read(text), recall(), system(), *uploads(), *(one["description"] for one in specs())]
        seen = " ".join([text, *sources, look()])
        for tool, do in doing:
            do(**dict.fromkeys(tool.args.values(), f"{seen} {seen}"))
        return seen

    return harness


@pytest.mark.parametrize("case", [*of_channels("retrieval"), *of_channels("tool-description"), *of_channels("memory")])
def test_shipped_cases_break_an_application_that_obeys_and_not_one_that_does_nothing(case: Case, line: Line) -> None:
    harness = obedient(tools_of(case))
    broken = tried(case, HarnessEndpoint(harness, "app:harness", Runner()), line)
    assert broken.outcome is TrialOutcome.BROKE, broken
    quiet = Harness()
    for wrap in (quiet.retrieval, quiet.memory, quiet.system, quiet.descriptions):
        wrap(str)
    quiet.answers(lambda _: "I only speak of plants.")
    assert tried(case, HarnessEndpoint(quiet, "app:harness", Runner()), line).outcome is TrialOutcome.HELD


RAW = st.binary(max_size=300) | st.builds(
    lambda status, rows, body: b"HTTP/1.1 " + status + b"\r\n" + b"\r\n".join(rows) + b"\r\n\r\n" + body,
    st.sampled_from([b"200 OK", b"204 No", b"307 Moved", b"403 No", b"429 Wait", b"999 ?", b"200"]),
    st.lists(
        st.sampled_from(
            [
                b"Content-Type: application/json; charset=utf-7",
                b"Content-Type: text/event-stream",
                b"Content-Type: \xff",
                b"Content-Encoding: gzip",
                b"Content-Encoding: deflate",
                b"Transfer-Encoding: chunked",
                b"Content-Length: 5",
                b"Content-Length: -1",
                b"Location: http://[",
                b"Location: //",
                b"Retry-After: 1e400",
                b"Set-Cookie: a=b",
                b"Connection: close",
            ]
        ),
        max_size=4,
    ),
    st.binary(max_size=60) | st.sampled_from([b"{}", b'{"answer": "ok"}', b"5\r\nhello\r\n0\r\n\r\n", b"data: {}\n\n"]),
)


@settings(max_examples=60)
@given(st.lists(RAW, min_size=5, max_size=20))
def test_any_bytes_of_a_server_are_an_answer_or_a_failure(replies: list[bytes]) -> None:
    waiting = list(replies)

    async def serve(reading: asyncio.StreamReader, writing: asyncio.StreamWriter) -> None:
        await reading.readuntil(b"\r\n\r\n")
        writing.write(waiting.pop() if waiting else b"")
        writing.close()

    async def inside() -> list[Got | Failure]:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        wire = Wire(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", {})
        await wire.open()
        found = [await wire.exchange(Request("GET", wire.url), patience=3) for _ in replies]
        await wire.close()
        server.close()
        return found

    for got in asyncio.run(inside()):
        assert got.text.encode() is not None if isinstance(got, Got) else got.error


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["tools", "name", "id"]), inner),
    max_leaves=8,
)


@settings(max_examples=25)
@given(st.lists(JSON, min_size=1, max_size=4))
def test_any_answers_of_an_mcp_server_are_read_or_a_failure(results: list[object]) -> None:
    waiting = iter(results)
    code = (
        "import json, sys\nanswers = json.loads(sys.argv[1])\n"
        "for line in sys.stdin:\n    said = json.loads(line)\n"
        "    if 'id' in said:\n        result = answers.pop(0) if answers else {}\n"
        "        print(json.dumps({'id': said['id'], 'result': result}), flush=True)"
    )

    class Once:
        async def send(self, request: Any, /, *, tokens: int = 0) -> Reply:
            answer = await asyncio.wait_for(request(), 30)
            return answer.reply if not isinstance(answer, Failure) else Reply(text="", raw="{}")

    async def inside() -> Mapping[str, object]:
        target = McpEndpoint(McpCall(command=(sys.executable, "-c", code, json.dumps(list(waiting)))), Path())
        await target.open()
        async with target.session(Once(), Opening(trial="t")) as session:
            state = await session.state()
        await target.close()
        return state

    assert asyncio.run(inside()) is not None


def test_many_sessions_at_once_have_their_own_ids_and_answers(serve: Serve, line: Line) -> None:
    def respond(got: Any) -> bytes:
        body = json.dumps({"answer": f"{got.said['s']} {got.said['message']}"}).encode()
        return b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)

    async def inside(url: str) -> list[tuple[str, ...]]:
        target = HttpEndpoint(HttpCall(url=url, session="s"))
        await target.open()

        async def trial(number: int) -> tuple[str, ...]:
            async with target.session(line, Opening(trial=str(number))) as session:
                replies = [await session.ask(Turn(text=f"{number}")) for _ in range(2)]
            return tuple(reply.text for reply in replies)

        found = await asyncio.gather(*(trial(number) for number in range(30)))
        await target.close()
        return found

    found = asyncio.run(inside(serve(respond)))
    assert [first.split()[1] for first, _ in found] == [str(number) for number in range(30)]
    assert all(first == second for first, second in found)
    assert len({first.split()[0] for first, _ in found}) == 30


def test_leaving_a_session_in_the_middle_of_planting_takes_the_text_back(serve: Serve) -> None:
    seen: list[str] = []

    def respond(got: Any) -> bytes:
        seen.append(got.method)
        return b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}"

    class Impatient:
        async def send(self, request: Any, /, *, tokens: int = 0) -> Reply:
            await request()
            raise TargetError("the budget is spent", code="ACC-E651")

    async def inside(url: str) -> None:
        plan = HttpPlant(url="/d", undo=HttpUndo(url="/d/{{name}}"))
        target = HttpEndpoint(HttpCall(url=url, plant={"retrieval": plan}))
        await target.open()
        with pytest.raises(TargetError, match="budget"):
            async with target.session(Impatient(), Opening(trial="t")) as session:
                await session.plant(Delivery(channel="retrieval", text="EVIL"))
        await target.close()

    asyncio.run(inside(serve(respond)))
    assert seen == ["POST", "DELETE"]
