"""OpenAI-compatible targets: requests as an application would make them, and answers that nobody can trust."""

from __future__ import annotations

import asyncio
import gzip
import json
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from victim import completion, http_answer, victim_running

from accord.attack.targets import chat, responses
from accord.attack.targets.choose import endpoint, rounds_of_tools
from accord.attack.targets.http_post import Body, client, post
from accord.attack.targets.line import Answer, Failure, Line, Opening, Send
from accord.attack.targets.openai import TOOL_ROUNDS, OpenAi
from accord.attack.targets.replies import (
    DEEPEST,
    MOST_BYTES,
    MOST_VALUES,
    retry_after,
    safe_call,
    safe_text,
    safe_value,
)
from accord.attack.targets.simulate import Dialogue, tool_name
from accord.core.call import CommandCall
from accord.core.errors import TargetError
from accord.core.system import Call, OpenAiCall, TargetSpec, Tool
from accord.core.trial import Capability, Delivery, Reply, ToolCall, Turn

Serve = Callable[[Callable[[Any], "bytes | Iterable[bytes]"]], str]
KEY: Final = "sk-this-is-a-credential"


class Once:
    """A line that sends once and keeps what came."""

    def __init__(self, patience: float = 5) -> None:
        self.answers: list[Answer | Failure] = []
        self.tokens: list[int] = []
        self.patience = patience

    async def send(self, request: Send, /, *, tokens: int = 0) -> Reply:
        self.tokens.append(tokens)
        self.answers.append(await asyncio.wait_for(request(), self.patience))
        if isinstance(self.answers[-1], Failure):
            raise TargetError(self.answers[-1].error, code="ACC-E650")
        return self.answers[-1].reply


def ask(url: str, *texts: str, line: Line | None = None, tools: Sequence[Tool] = (), **call: Any) -> list[Reply]:
    """Hold a conversation and return the replies."""

    async def scene() -> list[Reply]:
        target = OpenAi(OpenAiCall(url=f"{url}/v1", model="m", **call), environ={"KEY": KEY})
        await target.open()
        try:
            async with target.session(line or Once(), Opening(trial="t", tools=tuple(tools))) as session:
                return [await session.ask(Turn(text=text)) for text in texts]
        finally:
            await target.close()

    return asyncio.run(scene())


def failure(url: str, **call: Any) -> Failure:
    """Return how one request fails."""
    line = Once()
    with pytest.raises(TargetError):
        ask(url, "hello", line=line, **call)
    found = line.answers[-1]
    assert isinstance(found, Failure)
    return found


def http(body: bytes, status: str = "200 OK", *headers: str, kind: str = "application/json") -> bytes:
    """Return a whole HTTP answer after which the connection is closed."""
    return http_answer(body, status, "Connection: close", *headers, kind=kind)


def stream(*events: object, done: bool = True) -> bytes:
    """Return an HTTP answer that streams events."""
    lines = [f"data: {event if isinstance(event, str) else json.dumps(event)}\n\n" for event in events]
    return http("".join([*lines, "data: [DONE]\n\n" if done else ""]).encode(), kind="text/event-stream")


def chunk(stopped: str | None = None, **delta: object) -> dict[str, object]:
    return {"id": "r1", "choices": [{"index": 0, "delta": delta, "finish_reason": stopped}]}


def called(name: object, arguments: object) -> dict[str, object]:
    return {"id": "c1", "type": "function", "function": {"name": name, "arguments": arguments}}


def output(text: str, status: str = "completed", *more: object) -> dict[str, object]:
    message = {"type": "message", "content": [{"type": "output_text", "text": text}]}
    return {"id": "resp-1", "status": status, "output": [message, *more], "usage": {"total_tokens": 9}}


def test_a_chat_is_asked_with_all_that_was_said_before(serve: Serve) -> None:
    seen: list[Any] = []

    def respond(asked: Any) -> bytes:
        seen.append(asked.said)
        return http(completion(f"answer {len(seen)}", f"id-{len(seen)}"))

    replies = ask(serve(respond), "one", "two")
    assert [(reply.text, reply.id, reply.stopped) for reply in replies] == [
        ("answer 1", "id-1", "stop"),
        ("answer 2", "id-2", "stop"),
    ]
    assert seen[1] == {
        "model": "m",
        "messages": [
            {"role": "user", "content": "one"},
            {"role": "assistant", "content": "answer 1"},
            {"role": "user", "content": "two"},
        ],
    }


def test_the_key_goes_into_the_header_and_nowhere_else(serve: Serve) -> None:
    seen: list[Any] = []

    def respond(asked: Any) -> bytes:
        seen.append(asked)
        return http(completion("hello"))

    ask(serve(respond), "hi", key="env:KEY")
    assert seen[0].headers["authorization"] == f"Bearer {KEY}"
    assert KEY.encode() not in seen[0].body


@pytest.mark.parametrize("key", ["env:ABSENT", KEY, "env:", f"x{KEY}"])
def test_a_key_that_is_not_in_the_environment_is_told_without_telling_a_key(key: str) -> None:
    with pytest.raises(TargetError) as caught:
        OpenAi(OpenAiCall(url="http://127.0.0.1/v1", model="m", key=key), environ={"KEY": KEY})
    assert caught.value.code == "ACC-E655"
    assert KEY not in f"{caught.value.message} {caught.value.hint}"


def test_the_name_of_a_target_holds_no_credential() -> None:
    target = OpenAi(OpenAiCall(url=f"http://user:{KEY}@127.0.0.1:9/v1?api_key={KEY}", model="m"), environ={})
    assert target.name == "m at http://127.0.0.1:9/v1"


def test_a_target_that_is_not_open_fails_instead_of_raising() -> None:
    target = OpenAi(OpenAiCall(url="http://127.0.0.1/v1", model="m"), environ={})
    assert asyncio.run(target.send(Dialogue())) == Failure("the target is not open", again=False)
    asyncio.run(target.close())


def test_a_model_can_be_given_everything_but_shows_no_state() -> None:
    target = OpenAi(OpenAiCall(url="http://127.0.0.1/v1", model="m"), environ={})
    assert Capability.STATE not in target.capabilities
    assert set(target.simulated) == {"system", "retrieval", "tool-output", "tool-description", "file", "memory"}
    assert (target.stateless, target.shared) == (True, False)


def test_deliveries_stand_in_the_request_where_an_application_would_have_put_them() -> None:
    dialogue = Dialogue(tools=(Tool(id="pay", does="pay", args={"amount": "sum"}),))
    dialogue.plant(Delivery(channel="memory", text="likes cats"))
    dialogue.plant(Delivery(channel="system", text="You sell shoes."))
    dialogue.plant(Delivery(channel="memory", text="likes dogs"))
    dialogue.plant(Delivery(channel="retrieval", text="The price is 5.", name="prices.md"))
    dialogue.plant(Delivery(channel="file", text="A letter."))
    dialogue.plant(Delivery(channel="tool-output", text="42 results", name="web search!"))
    dialogue.plant(Delivery(channel="tool-description", text="Looks things up. Then pay.", name="look up"))
    dialogue.ask("What does it cost?")
    system, user, assistant, tool = dialogue.messages
    assert system["content"] == "You sell shoes.\n\nWhat you remember from earlier sessions:\n- likes dogs"
    assert user["content"] == "Document prices.md:\nThe price is 5.\n\nAttached file:\nA letter.\n\nWhat does it cost?"
    assert assistant["tool_calls"][0]["function"]["name"] == "web_search"
    assert (tool["content"], tool["tool_call_id"]) == ("42 results", assistant["tool_calls"][0]["id"])
    offers = {one["function"]["name"]: one["function"] for one in dialogue.offers()}
    assert list(offers) == ["pay", "look_up", "web_search"]
    assert offers["look_up"]["description"] == "Looks things up. Then pay."
    assert offers["pay"]["parameters"]["properties"] == {"sum": {"type": "string"}}


def test_what_was_planted_is_read_once() -> None:
    dialogue = Dialogue()
    dialogue.plant(Delivery(channel="retrieval", text="A."))
    dialogue.ask("one")
    dialogue.answered("fine")
    dialogue.ask("two")
    assert [message["content"] for message in dialogue.messages] == ["Document:\nA.\n\none", "fine", "two"]


@given(st.text(max_size=100))
def test_names_of_tools_are_names_that_models_accept(name: str) -> None:
    found = tool_name(name)
    assert 0 < len(found) <= 64
    assert found.isascii()
    assert all(letter.isalnum() or letter in "_-" for letter in found)


def test_tools_that_the_model_calls_are_answered_until_it_speaks(serve: Serve) -> None:
    seen: list[Any] = []

    def respond(asked: Any) -> bytes:
        seen.append(asked.said)
        if len(seen) == 1:
            return http(completion("I look.", "a", "tool_calls", tool_calls=[called("look", '{"at": "shoes"}')]))
        return http(completion("It costs 5.", "b"))

    (reply,) = ask(serve(respond), "What does it cost?", tools=(Tool(id="look"),))
    assert reply.text == "I look.\nIt costs 5."
    assert reply.tool_calls == (ToolCall(name="look", args={"at": "shoes"}),)
    assert (reply.id, reply.stopped) == ("b", "stop")
    assert seen[1]["messages"][-1]["role"] == "tool"
    assert seen[1]["messages"][-2]["tool_calls"][0]["function"]["arguments"] == '{"at": "shoes"}'


def test_a_model_that_calls_tools_for_ever_is_asked_a_bounded_number_of_times(serve: Serve) -> None:
    seen: list[Any] = []

    def respond(asked: Any) -> bytes:
        seen.append(asked)
        return http(completion(None, "a", "tool_calls", tool_calls=[called("pay", '{"to": "me"}')]))

    (reply,) = ask(serve(respond), "hi", tools=(Tool(id="pay"),))
    assert len(seen) == 1 + TOOL_ROUNDS
    assert len(reply.tool_calls) == 1 + TOOL_ROUNDS


@pytest.mark.parametrize(
    ("arguments", "kept"),
    [
        ('{"to": "me"}', {"to": "me"}),
        ('{"to": "me"', {"arguments": '{"to": "me"'}),
        ('["me"]', {"arguments": ["me"]}),
        ("", {"arguments": ""}),
        ('{"n": NaN}', {"arguments": '{"n": NaN}'}),
        ('{"n": 12345678901234567890123}', {"n": "12345678901234567890123"}),
        ('{"n": 1e999}', {"arguments": '{"n": 1e999}'}),
        ("[" * 5_000, {"arguments": "[" * 5_000}),
        ({"to": "me"}, {"to": "me"}),
        (None, {}),
        (7, {"arguments": 7}),
        ('{"a":' * 20 + "1" + "}" * 20, None),
    ],
)
def test_arguments_of_a_call_are_kept_whatever_they_are(arguments: object, kept: dict[str, object] | None) -> None:
    answer = chat.whole(Body(completion(None, tool_calls=[called("pay", arguments)]), 200))
    assert isinstance(answer, Answer)
    (call,) = answer.reply.tool_calls
    assert call.name == "pay"
    if kept is not None:
        assert call.args == kept


@pytest.mark.parametrize(
    "calls", [7, "pay", {"pay": 1}, [7, None, "x"], [{"function": 7}], [{"function": {"arguments": []}}], [[]]]
)
def test_calls_that_are_no_calls_are_no_answer(calls: object) -> None:
    assert isinstance(chat.whole(Body(completion("hi", tool_calls=calls), 200)), Failure)


@pytest.mark.parametrize("calls", [7, "pay", {"pay": 1}, [7, None, "x"], [{"function": 7}], [[]]])
def test_calls_in_a_stream_that_are_no_calls_are_no_answer(calls: object) -> None:
    body = stream(chunk(tool_calls=calls), chunk("stop")).partition(b"\r\n\r\n")[2]
    assert isinstance(chat.streamed(Body(body, 200)), Failure)


def test_an_error_in_the_middle_of_a_stream_is_no_answer() -> None:
    begun = b'data: {"choices": [{"delta": {"content": "I ca"}}]}\n\n'
    body = begun + b'data: {"error": {"message": "gone"}}\n\ndata: [DONE]\n\n'
    assert isinstance(chat.streamed(Body(body, 200)), Failure)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"", "the answer is no chat completion"),
        (b"null", "the answer is no chat completion"),
        (b"[1]", "the answer is no chat completion"),
        (b'{"choices": []}', "the answer is no chat completion"),
        (b'{"choices": [7]}', "the answer is no chat completion"),
        (b'{"choices": [{"message": "hi"}]}', "the answer is no chat completion"),
        (b"<html>busy</html>", "the answer is no chat completion"),
        (b'{"choices": [{"message": {"content": "\\ud800"}}]}', "the answer is no chat completion"),
        (b"\xff\xfe\x00", "the answer is no chat completion"),
        (b"[" * 100_000, "the answer is no chat completion"),
        (gzip.compress(completion("hi")), "the answer is no chat completion"),
    ],
    ids=range(11),
)
def test_a_body_that_is_no_completion_is_a_failure_that_is_asked_again(body: bytes, error: str) -> None:
    found = chat.whole(Body(body, 200, "req-1"))
    assert found == Failure(error, 200, "req-1")


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ({"content": "hi"}, "hi"),
        ({"content": None, "refusal": "No."}, "No."),
        ({"content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}, 7, {"text": None}]}, "a\nb"),
        ({"content": [{"type": "refusal", "refusal": "No."}]}, "No."),
        ({"content": 7}, ""),
        ({}, ""),
    ],
)
def test_the_text_of_a_message_is_found_in_each_of_its_forms(message: dict[str, object], text: str) -> None:
    body = json.dumps({"choices": [{"message": message, "finish_reason": "stop"}]}).encode()
    answer = chat.whole(Body(body, 200))
    assert isinstance(answer, Answer)
    assert answer.reply.text == text


@pytest.mark.parametrize("usage", [None, 7, {}, {"total_tokens": -1}, {"total_tokens": 1e9}, {"total_tokens": 2**40}])
def test_tokens_that_nobody_can_believe_are_guessed(usage: object) -> None:
    assert chat.used(usage, "four" * 10) == 11


def test_ids_and_reasons_of_odd_kinds_are_left_out() -> None:
    body = json.dumps({"id": [1], "choices": [{"message": {"content": "x"}, "finish_reason": {}}]}).encode()
    answer = chat.whole(Body(body, 200))
    assert isinstance(answer, Answer)
    assert (answer.reply.id, answer.reply.stopped) == (None, None)


def test_a_streamed_answer_is_put_together(serve: Serve) -> None:
    seen: list[Any] = []

    def respond(asked: Any) -> bytes:
        seen.append(asked.said)
        parts = [{"index": 0, "function": {"name": "pay", "arguments": '{"to":'}}]
        more = [{"index": 0, "function": {"arguments": ' "me"}'}}, {"index": 1, "function": {"name": "look"}}]
        usage = {"id": "r1", "choices": [], "usage": {"total_tokens": 77}}
        first = [chunk(role="assistant", content="He"), chunk(content="llo"), chunk(tool_calls=parts)]
        return stream(*first, chunk("tool_calls", tool_calls=more), usage)

    line = Once()
    (reply,) = ask(serve(respond), "hi", line=line, stream=True)
    assert seen[0]["stream"] is True
    assert reply.text.splitlines()[0] == "Hello"
    assert reply.tool_calls[:2] == (
        ToolCall(name="pay", args={"to": "me"}),
        ToolCall(name="look", args={"arguments": ""}),
    )
    assert isinstance(line.answers[0], Answer)
    assert line.answers[0].tokens == 77


@pytest.mark.parametrize(
    ("events", "error"),
    [
        ([chunk(content="Hel")], "the stream was cut"),
        ([chunk(content="Hel"), "{broken"], "an event of the stream is no JSON"),
        (["[1]"], "an event of the stream is no JSON"),
        ([], "the stream was cut"),
    ],
)
def test_a_stream_that_is_cut_or_broken_is_a_failure(events: list[object], error: str) -> None:
    body = stream(*events, done=False).partition(b"\r\n\r\n")[2]
    found = chat.streamed(Body(body, 200))
    assert isinstance(found, Failure)
    assert found.error == error
    assert found.again


def test_a_whole_answer_where_a_stream_was_asked_for_is_read_all_the_same(serve: Serve) -> None:
    (reply,) = ask(serve(lambda _asked: http(completion("whole"))), "hi", stream=True)
    assert reply.text == "whole"


@given(st.binary(max_size=300))
def test_no_bytes_break_the_readers(data: bytes) -> None:
    body = Body(data, 200)
    for found in (chat.whole(body), chat.streamed(body)):
        assert isinstance(found, Answer | Failure)


JSON: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
FIELDS: Final = st.sampled_from(["id", "choices", "message", "delta", "content", "tool_calls", "function", "usage"])
SHAPED: Final = st.recursive(
    JSON, lambda inner: st.dictionaries(FIELDS, inner | st.lists(inner, max_size=3), max_size=5)
)


@given(SHAPED)
def test_no_shape_of_json_breaks_the_readers(value: object) -> None:
    data = json.dumps(value).encode()
    shaped = json.dumps({"choices": [value, {"message": value, "delta": value}], "usage": value, "id": value}).encode()
    for body in (Body(data, 200), Body(shaped, 200), Body(b"data: " + shaped + b"\n\ndata: [DONE]\n", 200)):
        for found in (chat.whole(body), chat.streamed(body)):
            assert isinstance(found, Answer | Failure)


def test_the_responses_api_is_asked_in_its_own_form(serve: Serve) -> None:
    seen: list[Any] = []

    def respond(asked: Any) -> bytes:
        seen.append(asked)
        call = {"type": "function_call", "name": "look", "arguments": '{"at": "shoes"}'}
        return http(json.dumps(output("I look.", "completed", *([call] if len(seen) == 1 else []))).encode())

    (reply,) = ask(serve(respond), "hi", api="responses", tools=(Tool(id="look"),))
    assert seen[0].path.endswith("/v1/responses")
    assert seen[0].said["input"] == [{"role": "user", "content": "hi"}]
    assert seen[0].said["tools"][0]["name"] == "look"
    assert [one.get("type") for one in seen[1].said["input"]] == [None, None, "function_call", "function_call_output"]
    assert reply.tool_calls == (ToolCall(name="look", args={"at": "shoes"}),)
    assert (reply.id, reply.stopped) == ("resp-1", "stop")


def test_a_streamed_response_is_the_one_of_its_last_event(serve: Serve) -> None:
    event = {"type": "response.completed", "response": output("done")}
    (reply,) = ask(
        serve(lambda _asked: stream({"type": "response.created"}, event)), "hi", api="responses", stream=True
    )
    assert reply.text == "done"


@pytest.mark.parametrize(
    "said",
    [
        http(b"{}"),
        http(b'{"output": 7}'),
        http(json.dumps(output("", "failed")).encode()),
        stream({"type": "response.created"}, done=False),
    ],
    ids=range(4),
)
def test_a_response_that_failed_or_was_cut_is_a_failure(serve: Serve, said: bytes) -> None:
    assert failure(serve(lambda _asked: said), api="responses", stream=True).again


def test_an_incomplete_response_tells_why_it_stopped(serve: Serve) -> None:
    (reply,) = ask(serve(lambda _asked: http(json.dumps(output("I", "incomplete")).encode())), "hi", api="responses")
    assert reply.stopped == "incomplete"


def test_a_refusal_in_a_response_is_its_text() -> None:
    parts = [{"type": "message", "content": [{"type": "refusal", "refusal": "No."}]}]
    body = json.dumps({"status": "completed", "output": [*parts, 7, {"type": "message", "content": 7}]}).encode()
    found = responses._answer(json.loads(body), Body(body, 200))
    assert isinstance(found, Answer)
    assert found.reply.text.strip() == "No."


@given(SHAPED)
def test_no_shape_of_json_breaks_the_reader_of_responses(value: object) -> None:
    for said in (value, {"output": [value], "usage": value, "status": value}, {"output": value}):
        assert isinstance(responses._answer(json.loads(json.dumps(said)), Body(b"", 200)), Answer | Failure)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (
            http(b"", "429 Slow Down", "Retry-After: 2"),
            Failure("HTTP 429 Slow Down", 429, None, 2.0, limited=True),
        ),
        (http(b"", "503 No"), Failure("HTTP 503 No", 503, limited=True)),
        (http(b"", "500 No", "x-request-id: réq"), Failure("HTTP 500 No", 500, "réq")),
        (http(b"", "401 No"), Failure("HTTP 401 No", 401, again=False)),
        (http(b"", "400 Bad"), Failure("HTTP 400 Bad", 400, again=False)),
        (http(b"", "301 Gone", "Location: http://127.0.0.1:1/"), Failure("HTTP 301 Gone", 301, again=False)),
        (http(b"", "408 Late"), Failure("HTTP 408 Late", 408)),
    ],
    ids=lambda one: one.error if isinstance(one, Failure) else "",
)
def test_a_status_says_whether_asking_again_can_help(serve: Serve, said: bytes, expected: Failure) -> None:
    found = failure(serve(lambda _asked: said))
    assert found == expected


@pytest.mark.parametrize(
    "said",
    [
        b"",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 " + b"y" * 100_000 + b"\r\n\r\n",
        b"HTTP/1.1 99999 OK\r\n\r\n",
        b"\x00" * 1_000,
        http(b'{"choices": []}', "200 OK", "Content-Encoding: gzip"),
    ],
    ids=range(11),
)
def test_whatever_comes_over_the_wire_is_a_failure_and_never_an_exception(serve: Serve, said: bytes) -> None:
    assert failure(serve(lambda _asked: said)).again


def test_a_huge_answer_is_given_up_once_it_is_too_large(serve: Serve) -> None:
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        yield b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"
        while sent < 64 * MOST_BYTES:
            sent += 65_536
            yield b" " * 65_536

    found = failure(serve(lambda _asked: endless()))
    assert found.error == "the answer is larger than 1,048,576 bytes"
    assert not found.again
    assert sent < 32 * MOST_BYTES


def test_nobody_there_is_a_failure() -> None:
    found = failure("http://127.0.0.1:9")
    assert found.status is None
    assert found.again


@pytest.mark.parametrize("url", ["http://", "http://[::1", "nonsense", "http://127.0.0.1:99999"])
def test_an_address_that_is_none_is_a_failure(url: str) -> None:
    async def scene() -> Body | Failure:
        async with client() as http_client:
            return await post(http_client, url, b"{}", {})

    assert isinstance(asyncio.run(scene()), Failure)


def test_a_key_that_no_header_can_hold_is_a_failure_that_does_not_tell_it(serve: Serve) -> None:
    async def scene() -> Body | Failure:
        async with client() as http_client:
            url = serve(lambda _asked: http(b"{}"))
            return await post(http_client, url, b"{}", {"Authorization": f"Bearer {KEY}\r\nX: y"})

    found = asyncio.run(scene())
    assert isinstance(found, Failure)
    assert KEY not in found.error


def test_cookies_are_not_kept_and_proxies_not_asked(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    seen: list[Any] = []

    def respond(asked: Any) -> bytes:
        seen.append(asked)
        return http(completion("x"), "200 OK", "Set-Cookie: a=b; Path=/")

    ask(serve(respond), "one", "two")
    assert "cookie" not in seen[1].headers
    assert seen[0].headers["accept-encoding"] == "identity"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "2"}, 2.0),
        ({"Retry-After": "-2"}, 0.0),
        ({"Retry-After": "1e9"}, 3600.0),
        ({"Retry-After": "nan"}, None),
        ({"Retry-After": "inf"}, None),
        ({"Retry-After": "soon"}, None),
        ({"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}, 0.0),
        ({"Retry-After": "Wed, 21 Oct 2015 07:28:00"}, None),
        ({"retry-after-ms": "250", "Retry-After": "9"}, 0.25),
    ],
)
def test_how_long_a_target_asks_to_wait(headers: Mapping[str, str], seconds: float | None) -> None:
    assert retry_after(headers) == seconds


def test_text_without_a_form_gets_one() -> None:
    assert safe_text("a\ud800b") == "a?b"
    assert safe_text("é😀") == "é😀"
    assert safe_call("n" * 500, None).name == "n" * 200


def test_values_are_bounded_in_depth_count_and_kind() -> None:
    deep: object = "x"
    for _ in range(100):
        deep = [deep]
    assert json.dumps(safe_value(deep)).count("[") <= DEEPEST + 1
    assert safe_value([1, 2.5, True, None, math.nan, 2**70]) == [1, 2.5, True, None, "nan", str(2**70)]
    wide = safe_value(list(range(MOST_VALUES + 10)))
    assert isinstance(wide, list)
    assert len(wide) < MOST_VALUES
    assert safe_value({1: object}) == {"1": "<class 'object'>"}


@given(JSON)
def test_whatever_a_value_is_it_has_a_canonical_form(value: object) -> None:
    json.dumps(safe_value(value), allow_nan=False).encode()


def test_a_target_of_the_manifest_is_reached_by_its_way() -> None:
    model = TargetSpec(id="m", call=Call(openai=OpenAiCall(url="http://127.0.0.1:9/v1", model="m")))
    assert endpoint(model).name == "m at http://127.0.0.1:9/v1"
    assert rounds_of_tools(model) == TOOL_ROUNDS
    shell = TargetSpec(id="c", call=Call(command=CommandCall(run=("true",))))
    assert rounds_of_tools(shell) == 0


def test_the_guess_of_a_requests_tokens_grows_with_what_was_said() -> None:
    line = Once()
    with victim_running() as victim:
        ask(victim.url.removesuffix("/v1"), "x" * 400, "y" * 400, line=line)
    assert line.tokens[0] == 101
    assert line.tokens[1] > 200
