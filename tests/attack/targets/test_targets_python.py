"""A team's own Python answers in any usual form, and one that hangs, crashes or wants to exit stops nobody."""

from __future__ import annotations

import asyncio
import contextvars
import time
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from accord.attack.harness import Harness
from accord.attack.targets.harness import HarnessEndpoint
from accord.attack.targets.line import Line, Opening
from accord.attack.targets.python import PythonEndpoint, python_endpoint
from accord.attack.targets.runner import Runner, called
from accord.core.contracts import Target
from accord.core.errors import TargetError
from accord.core.system import Tool
from accord.core.trial import Capability, Delivery, Reply, Turn

OPENING = Opening(trial="t", tools=(Tool(id="mail", does="send-message", args={"recipient": "to"}),))


def run(found: object, line: Line, work: Callable[[Target], Coroutine[Any, Any, Any]], *, sessions: int = 1) -> Any:
    async def inside() -> Any:
        endpoint = PythonEndpoint(found, "app:it")
        await endpoint.open()
        last = None
        try:
            for _ in range(sessions):
                async with endpoint.session(line, OPENING) as session:
                    last = await work(session)
            return last
        finally:
            await endpoint.close()

    return asyncio.run(inside())


def asked(found: object, line: Line) -> Reply:
    reply: Reply = run(found, line, lambda session: session.ask(Turn(text="hi")))
    return reply


def refused(found: object, line: Line) -> str:
    with pytest.raises(TargetError) as caught:
        asked(found, line)
    return caught.value.message


async def slowly(text: str) -> str:
    await asyncio.sleep(0)
    return text.upper()


@pytest.mark.parametrize(
    ("function", "text"),
    [
        (lambda text: text + "!", "hi!"),
        (slowly, "HI"),
        (lambda text: slowly(text), "HI"),  # noqa: PLW0108  # a plain function that returns a coroutine
        (lambda _: {"answer": "a"}, "a"),
        (lambda _: Reply(text="b"), "b"),
        (lambda _: SimpleNamespace(content="c", tool_calls=[]), "c"),
        (lambda _: None, ""),
        (lambda _: "\ud800", "?"),
    ],
)
def test_a_function_answers_in_any_usual_form(line: Line, function: object, text: str) -> None:
    assert asked(function, line).text == text


@pytest.mark.parametrize("make", [dict, SimpleNamespace])
def test_tool_calls_of_a_function_are_bound_to_their_effects(line: Line, make: Callable[..., object]) -> None:
    calls = [{"name": "mail", "args": {"to": "x"}, "id": "1"}]
    reply = asked(lambda _: make(text="ok", tool_calls=calls), line)
    assert (reply.tool_calls[0].does, reply.tool_calls[0].args["recipient"]) == ("send-message", "x")


def leave(_: str) -> str:
    raise SystemExit(3)


async def leave_later(_: str) -> str:
    raise SystemExit(3)


async def hang_later(_: str) -> str:
    await asyncio.sleep(60)
    return ""


async def block(_: str) -> str:
    time.sleep(5)  # noqa: ASYNC251  # it blocks its own loop on purpose
    return ""


@pytest.mark.parametrize(
    ("function", "problem"),
    [
        (lambda _: 1 / 0, "raised ZeroDivisionError: division by zero"),
        (lambda text: dict[str, str]()[text], "raised KeyError"),
        (leave, "it wanted to end the process"),
        (leave_later, "it wanted to end the process"),
        (lambda _: 42, "returned a int"),
        (lambda _: {"tool_calls": [3]}, "tool call 0"),
        (lambda _: "a" * 2_000_000, "longer than"),
        (lambda: "", "raised TypeError"),
        (hang_later, "timeout"),
        (block, "timeout"),
        (lambda _: time.sleep(5), "timeout"),
    ],
)
def test_a_function_that_fails_is_a_failure(line: Line, function: object, problem: str) -> None:
    assert problem in refused(function, line)


def test_a_function_that_hangs_does_not_hold_up_the_others(line: Line) -> None:
    async def inside() -> float:
        endpoint = PythonEndpoint(lambda text: time.sleep(2.5) if text == "hang" else text, "app:it")
        began = time.monotonic()
        async with endpoint.session(line, OPENING) as first, endpoint.session(line, OPENING) as second:
            slow = asyncio.ensure_future(first.ask(Turn(text="hang")))
            assert (await second.ask(Turn(text="quick"))).text == "quick"
            passed = time.monotonic() - began
            await slow
        await endpoint.close()
        return passed

    assert asyncio.run(inside()) < 1


def test_calls_that_never_come_back_are_counted_and_forgotten_when_they_do() -> None:
    async def inside() -> None:
        runner = Runner()
        for _ in range(32):
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(runner.run(time.sleep, 0.5), 0.001)
        assert "never came back" in (await runner.run(str, "x")).problem
        await asyncio.sleep(0.8)
        assert (await runner.run(str, "x")).value == "x"
        runner.close()

    asyncio.run(inside())


def test_a_call_sees_the_context_it_was_made_in() -> None:
    mark: contextvars.ContextVar[str] = contextvars.ContextVar("mark", default="none")

    async def later() -> str:
        return mark.get()

    async def inside() -> list[object]:
        runner = Runner()
        mark.set("set")
        found = [(await runner.run(mark.get)).value, (await runner.run(later)).value]
        runner.close()
        return found

    assert asyncio.run(inside()) == ["set", "set"]


class Bot:
    """An object with everything a target can have."""

    capabilities = (Capability.MEMORY, "state", "nonsense")
    made = 0

    def __init__(self) -> None:
        type(self).made += 1
        self.notes: list[str] = []
        self.closed = False

    def plant(self, delivery: Delivery) -> None:
        if delivery.text == "bad":
            raise ValueError("too bad")
        self.notes.append(delivery.text)

    async def ask(self, text: str) -> str:
        return text + "".join(self.notes)

    def state(self) -> Mapping[str, object]:
        return {"notes": self.notes}


def test_a_class_is_made_anew_for_each_session_and_an_object_is_shared(line: Line) -> None:
    async def work(session: Target) -> tuple[str, Any]:
        await session.plant(Delivery(channel="memory", text="!"))
        return (await session.ask(Turn(text="a"))).text, await session.state()

    Bot.made = 0
    assert run(Bot, line, work, sessions=2) == ("a!", {"notes": ["!"]})
    assert Bot.made == 2
    assert run(Bot(), line, work, sessions=2) == ("a!!", {"notes": ["!", "!"]})
    assert PythonEndpoint(Bot(), "a:b").shared
    assert not PythonEndpoint(Bot, "a:b").shared
    assert PythonEndpoint(Bot, "a:b").capabilities == {Capability.MEMORY, Capability.STATE}


@pytest.mark.parametrize(
    ("delivery", "code"),
    [(Delivery(channel="memory", text="bad"), "ACC-E661"), (Delivery(channel="retrieval", text="x"), "ACC-E663")],
)
def test_an_object_that_does_not_take_a_text_says_so(line: Line, delivery: Delivery, code: str) -> None:
    with pytest.raises(TargetError) as caught:
        run(Bot, line, lambda session: session.plant(delivery))
    assert caught.value.code == code


def test_a_state_that_is_none_is_an_error(line: Line) -> None:
    class Odd(Bot):
        def state(self) -> Any:
            return "text"

    with pytest.raises(TargetError, match="no mapping"):
        run(Odd, line, lambda session: session.state())


@pytest.mark.parametrize(
    ("spec", "problem"),
    [
        ("nothing", "names no Python"),
        ("a:b; import os", "names no Python"),
        ("no_such_module_here:x", "ModuleNotFoundError"),
        ("targets_tried_app:missing", "AttributeError"),
        ("targets_tried_app:number", "is a int"),
        ("targets_tried_broken:x", "KeyError"),
        ("targets_tried_exit:x", "end the process"),
    ],
)
def test_what_cannot_be_imported_is_told(tmp_path: Path, spec: str, problem: str) -> None:
    (tmp_path / "targets_tried_app.py").write_text("number = 5\n", "utf-8")
    (tmp_path / "targets_tried_broken.py").write_text("{}['x']\n", "utf-8")
    (tmp_path / "targets_tried_exit.py").write_text("raise SystemExit\n", "utf-8")
    with pytest.raises(TargetError) as caught:
        python_endpoint(spec, tmp_path)
    assert problem in caught.value.message
    assert caught.value.code == "ACC-E661"


def test_a_function_and_a_harness_are_imported_from_the_systems_folder(tmp_path: Path, line: Line) -> None:
    (tmp_path / "targets_tried_good.py").write_text(
        "from accord.attack.harness import Harness\n"
        "def answer(text):\n    return 'own ' + text\n"
        "harness = Harness()\nharness.answers(answer)\n",
        "utf-8",
    )
    assert isinstance(python_endpoint("targets_tried_good:harness", tmp_path), HarnessEndpoint)
    found = python_endpoint("targets_tried_good:answer", tmp_path)
    assert isinstance(found, PythonEndpoint)
    assert isinstance(python_endpoint("targets_tried_good:Harness", tmp_path), PythonEndpoint)
    assert found.name == "targets_tried_good:answer"


def test_an_import_that_hangs_is_left_behind() -> None:
    assert "did not come back" in called(time.sleep, 1, timeout=0.05).problem


def test_a_harness_without_an_answer_does_not_open() -> None:
    with pytest.raises(TargetError) as caught:
        asyncio.run(HarnessEndpoint(Harness(), "app:h", Runner()).open())
    assert caught.value.code == "ACC-E661"


def test_a_function_can_declare_that_its_tool_calls_are_seen() -> None:
    def answer(text: str) -> str:
        return text

    assert PythonEndpoint(answer, "a:b").capabilities == set()
    vars(answer)["capabilities"] = ["tool-calls"]
    assert PythonEndpoint(answer, "a:b").capabilities == {Capability.TOOL_CALLS}
