"""What only the parts of an answer together tell, what reads like a call anywhere, and what is left as it came."""

from __future__ import annotations

import asyncio
import base64
import json
import random
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from gatekeeping import CANARY, SECRET, Pretended, Said, event, events, house

from accord.core.guard import Decision, GuardLimits, GuardPolicy, GuardTool, Outcome
from accord.core.system import Approval, Effect, Mode
from accord.core.trial import ToolCall
from accord.guard.approvals import Approvals
from accord.guard.engine import Guard
from accord.guard.gateway.callers import Callers
from accord.guard.gateway.judging import Judge
from accord.guard.gateway.log import DecisionLog
from accord.guard.gateway.wiring import Wired
from accord.guard.gateway.words import Asked, Called
from accord.record.keys import Signer, make_key

HI: dict[str, Any] = {"messages": [{"role": "user", "content": "hi"}], "input": "hi"}
PATHS = {"chat": "/v1/chat/completions", "responses": "/v1/responses", "messages": "/v1/messages"}
DONE = b"data: [DONE]\n\n"
THIRDS = (CANARY[:6], CANARY[6:12], CANARY[12:])
IMAGE = base64.b64encode(random.Random(5).randbytes(120_000)).decode()
READ = {"index": 0, "id": "1", "type": "function", "function": {"name": "send", "arguments": "{}"}}
USE = {"type": "tool_use", "id": "t", "name": "send", "input": {}}
FUNCTION = {"type": "function_call", "id": "f", "call_id": "1", "name": "send", "arguments": "{}"}


def named(value: dict[str, Any]) -> bytes:
    return event(value, value["type"])


def chunk(delta: Any, ends: str | None = None, **more: Any) -> bytes:
    return event({"id": "c", "choices": [{"index": 0, "delta": delta, "finish_reason": ends}], **more})


def chat(message: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": "c", "choices": [{"index": 0, "message": message, "finish_reason": "stop", **more}]}


def blocks(*found: dict[str, Any]) -> dict[str, Any]:
    return {"id": "m", "role": "assistant", "content": [*found], "stop_reason": "end_turn"}


def items(*found: dict[str, Any]) -> dict[str, Any]:
    return {"id": "r", "object": "response", "status": "completed", "output": [*found]}


def said(*texts: str) -> dict[str, Any]:
    content = [{"type": "output_text", "text": text, "annotations": [{"type": "a", "title": "t"}]} for text in texts]
    return {"type": "message", "id": "m", "role": "assistant", "content": content}


def stream(form: str, *sent: bytes, **fields: Any) -> bytes:
    return house(stream=sent, **fields).ask(PATHS[form], {**HI, "stream": True}).body


def in_blocks(*found: dict[str, Any]) -> list[bytes]:
    """Return a stream whose blocks come whole with their beginning."""
    sent = [named({"type": "message_start", "message": {"id": "m", "content": []}})]
    for at, block in enumerate(found):
        sent.append(named({"type": "content_block_start", "index": at, "content_block": block}))
        sent.append(named({"type": "content_block_stop", "index": at}))
    sent.append(named({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 3}}))
    return [*sent, named({"type": "message_stop"})]


# ------------------------------------------------------------------------------------------- what a reader joins


@pytest.mark.parametrize("before", ["", f"the key is {SECRET} "])
@pytest.mark.parametrize(
    ("form", "answer"),
    [
        ("chat", lambda a, b, c: chat({"content": [{"type": "text", "text": one} for one in (a, b, c)]})),
        ("chat", lambda a, b, c: chat({"content": a, "reasoning": b, "refusal": c})),
        ("responses", lambda a, b, c: items(said(a, b, c))),
        ("responses", lambda a, b, c: items(said(a), said(b), said(c))),
        ("messages", lambda a, b, c: blocks(*({"type": "text", "text": one, "citations": []} for one in (a, b, c)))),
    ],
)
def test_a_canary_over_the_parts_of_a_whole_answer_does_not_leave(form: str, answer: Any, before: str) -> None:
    first, *rest = THIRDS
    body = house(answer(before + first, *rest)).ask(PATHS[form], HI).body
    assert not all(part.encode() in body for part in THIRDS)
    assert SECRET.encode() not in body


def test_a_canary_over_the_parts_of_a_responses_end_cuts_the_stream() -> None:
    begun = named({"type": "response.created", "response": items()})
    body = stream("responses", begun, named({"type": "response.completed", "response": items(said(*THIRDS))}))
    assert THIRDS[1].encode() not in body
    assert events(body)[-1]["response"]["incomplete_details"] == {"reason": "content_filter"}


def test_a_canary_over_what_surrounds_an_answer_is_refused_whole() -> None:
    first, second, third = THIRDS
    said = {**chat({"content": "hi"}), "model": first, "provider": second, "service_tier": third}
    answer = house(said).ask(PATHS["chat"], HI)
    assert (answer.status, second.encode() in answer.body) == (502, False)


# ------------------------------------------------------------------------------------------- packed bytes


@pytest.mark.parametrize(
    ("form", "answer"),
    [
        ("chat", chat({"content": "So.", "images": [{"image_url": {"url": f"data:image/png;base64,{IMAGE}"}}]})),
        ("chat", chat({"content": None, "audio": {"id": "a", "data": IMAGE, "transcript": "So."}})),
        ("responses", items({"type": "image_generation_call", "id": "i", "status": "completed", "result": IMAGE})),
        ("responses", items({"type": "reasoning", "id": "i", "summary": [], "encrypted_content": IMAGE})),
        ("messages", blocks({"type": "redacted_thinking", "data": IMAGE})),
    ],
)
def test_an_image_and_a_sound_leave_as_they_came(form: str, answer: dict[str, Any]) -> None:
    sent = json.dumps(answer).encode()
    there = house(sent)
    there.app.guard = Wired(Guard(there.guard.policy))
    assert there.ask(PATHS[form], {**HI, "modalities": ["text"]}).body == sent


def test_images_and_sounds_of_streams_leave_as_they_came() -> None:
    drawn = {"type": "image_generation_call", "id": "i", "status": "completed", "result": IMAGE}
    part = {"type": "response.image_generation_call.partial_image", "output_index": 0, "partial_image_b64": IMAGE}
    kinds: list[dict[str, Any]] = [part, {"type": "response.completed", "response": items(drawn)}]
    sent = [named(one) for one in kinds]
    assert stream("responses", *sent) == b"".join(sent)
    image = {"content": "", "images": [{"image_url": {"url": f"data:image/png;base64,{IMAGE}"}}]}
    sound = {"audio": {"data": IMAGE[:16_000]}}
    sent = [*map(chunk, ({"content": "So."}, image, sound, {"audio": {"transcript": "So "}})), chunk({}, "stop")]
    assert stream("chat", *sent, DONE) == b"".join([*sent, DONE])


def test_what_only_looks_packed_is_read_where_words_stand() -> None:
    hidden = "A" * 100 + CANARY.replace("-", "") + "B" * 100
    policy: dict[str, Any] = {"canaries": (CANARY.replace("-", ""),)}
    for answer in (blocks({"type": "text", "text": "", "data": hidden}), blocks({"type": "text", "text": hidden})):
        assert hidden.encode() not in house(answer, **policy).ask(PATHS["messages"], HI).body
    body = stream("messages", *in_blocks({"type": "text", "text": "", "note": hidden}), **policy)
    assert hidden.encode() not in body


def test_a_long_event_is_looked_at_in_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    there = house(stream=[chunk({"content": "word " * 20_000}), chunk({"content": "so"}), chunk({}, "stop"), DONE])
    threads, begins = [], there.guard.stream

    def stream(links: Any = None, /) -> Any:
        threads.append(threading.current_thread() is threading.main_thread())
        return begins(links)

    monkeypatch.setattr(there.guard, "stream", stream)
    assert there.ask(PATHS["chat"], {**HI, "stream": True}).status == 200
    assert threads == [False]


def test_others_have_their_turn_between_events_that_came_at_once() -> None:
    sent = b"".join([*(chunk({"content": "so "}) for _ in range(640)), chunk({}, "stop"), DONE])
    there = house(stream=[sent])
    turns, here = [], there.app

    async def main() -> None:
        from accord.guard.gateway.selftest import ask

        async def other() -> None:
            while True:
                turns.append(0)
                await asyncio.sleep(0)

        beside = asyncio.ensure_future(other())
        await ask(here, PATHS["chat"], json.dumps({**HI, "stream": True}).encode())
        beside.cancel()

    asyncio.run(main())
    few = house(stream=[chunk({}, "stop") + DONE])
    here, many = few.app, len(turns)
    turns.clear()
    asyncio.run(main())
    assert many >= len(turns) + 9


# ------------------------------------------------------------------------------------------- calls out of place


@pytest.mark.parametrize(
    ("form", "answer"),
    [
        ("chat", chat({"content": "hi"}, delta={"tool_calls": [READ]})),
        ("chat", chat({"content": "hi", "more": {"function_call": {"name": "send", "arguments": "{}"}}})),
        ("chat", {**chat({"content": "hi"}), "message": {"content": [USE]}}),
        ("responses", {**items(said("hi")), "item": FUNCTION}),
        ("responses", items({**said("hi"), "more": [FUNCTION]})),
        ("messages", {**blocks({"type": "text", "text": "hi"}), "message": blocks(USE)}),
    ],
)
def test_a_call_where_the_form_of_an_answer_has_none_does_not_leave(form: str, answer: dict[str, Any]) -> None:
    refused = house(answer).ask(PATHS[form], HI)
    assert (refused.status, b"send" in refused.body) == (502, False)
    assert house(answer, mode=Mode.SHADOW).ask(PATHS[form], HI).body == json.dumps(answer).encode()


@pytest.mark.parametrize(
    ("form", "sent"),
    [
        ("chat", [event({"id": "c", "choices": [{"index": 0, "delta": {}, "message": {"tool_calls": [READ]}}]})]),
        ("chat", [chunk({"content": "hi", "more": {"tool_calls": [READ]}})]),
        ("messages", [named({"type": "message_start", "message": blocks(USE)})]),
        ("messages", [*in_blocks({"type": "text", "text": "hi"})[:-1], named({"type": "message_stop", "more": USE})]),
        *(("responses", [named({"type": f"response.{kind}", "response": items(FUNCTION)})])
          for kind in ("created", "in_progress", "queued")),
        ("responses", [named({"type": "response.content_part.added", "output_index": 0, "item": FUNCTION})]),
    ],
)  # fmt: skip
def test_a_call_where_the_form_of_a_stream_has_none_does_not_leave(form: str, sent: list[bytes]) -> None:
    body = stream(form, *sent, *([chunk({}, "stop"), DONE] if form == "chat" else []))
    assert b'"send"' not in body
    assert b"send" in stream(form, *sent, mode=Mode.SHADOW)


def test_what_stands_beside_a_delta_is_told_once_and_looked_at() -> None:
    odd = {"index": 0, "delta": {"content": "one", "reasoning": "two"}, "text": "three", "finish_reason": "stop"}
    body = stream("chat", event({"id": "c", "choices": [odd]}), DONE)
    assert body.count(b"three") == 1
    assert CANARY.encode() not in stream("chat", event({"id": "c", "choices": [{**odd, "text": CANARY}]}), DONE)


def test_a_call_that_begins_and_is_never_whole_is_decided_on_at_the_end() -> None:
    sent = [
        named({"type": "response.output_item.added", "output_index": 0, "item": {**FUNCTION, "arguments": ""}}),
        named({"type": "response.output_item.done", "output_index": 0, "item": said("hi")}),
        named({"type": "response.completed", "response": items(said("hi"))}),
    ]
    assert events(stream("responses", *sent))[-1]["type"] == "response.incomplete"
    assert stream("responses", *sent, mode=Mode.SHADOW) == b"".join(sent)


# ------------------------------------------------------------------------------------------- honest streams


def test_blocks_of_tools_at_the_provider_and_citations_leave_as_they_came() -> None:
    found = {"type": "web_search_result", "title": "A page on bees", "url": "https://bees.example/", "page_age": "1 d"}
    result = {"type": "web_search_tool_result", "tool_use_id": "s", "content": [found, found]}
    use = {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {"query": "how bees sleep"}}
    cited = {"type": "web_search_result_location", "url": "https://bees.example/", "cited_text": "They sleep."}
    sent = in_blocks(use, result, {"type": "text", "text": ""})
    delta = {"type": "content_block_delta", "index": 2, "delta": {"type": "citations_delta", "citation": cited}}
    sent.insert(-3, named(delta))
    there = house(stream=sent)
    there.app.guard = Wired(Guard(there.guard.policy))
    assert there.ask(PATHS["messages"], {**HI, "stream": True}).body == b"".join(sent)


def test_what_a_model_thought_leaves_as_it_came_beside_its_words() -> None:
    details = [[{"type": "reasoning.text", "text": f"thought {at} of it", "index": 0}] for at in range(4)]
    sent = [*(chunk({"reasoning_details": one}) for one in details), chunk({"content": "so"}), chunk({}, "stop"), DONE]
    assert stream("chat", *sent) == b"".join(sent)


def test_what_an_answer_has_cost_is_told_once() -> None:
    two = [{"index": at, "delta": {"content": "so"}, "finish_reason": None} for at in (0, 1)]
    ends: list[dict[str, Any]] = [{"index": at, "delta": {}, "finish_reason": "stop"} for at in (0, 1)]
    cost: dict[str, Any] = {"usage": {"completion_tokens": 2}}
    for sent in (
        [event({"id": "c", "choices": two, **cost}), event({"id": "c", "choices": ends})],
        [event({"id": "c", "choices": two}), event({"id": "c", "choices": ends, **cost})],
        [event({"id": "c", "choices": ends}), event({"id": "c", "choices": two, **cost})],
        [chunk({"content": "one", "reasoning": "two"}, **cost), chunk({}, "stop")],
        [chunk({"content": f"a {SECRET} b"}, **cost), chunk({}, "stop")],
    ):
        body = house(stream=[*sent, DONE]).ask(PATHS["chat"], {**HI, "stream": True, "n": 2}).body
        assert body.count(b'"usage"') == 1


def test_a_cut_stream_tells_no_more_of_its_cost_than_numbers() -> None:
    end = {"type": "message_delta", "delta": {"stop_reason": CANARY}, "usage": {"output_tokens": 3, "note": CANARY}}
    told = events(stream("messages", *in_blocks({"type": "text", "text": "hi"})[:-2], named(end)))
    assert told[-2]["usage"] == {"output_tokens": 3}
    assert CANARY not in json.dumps(told)


@pytest.mark.parametrize("end", [[], [b"data: [DONE] \n\n"]])
def test_a_stream_that_says_why_it_ends_has_ended(end: list[bytes]) -> None:
    body = stream("chat", chunk({"content": "so"}), chunk({}, "stop"), *end)
    assert b"error" not in body
    assert b"ACC-E757" in stream("chat", chunk({"content": "so"}))


@pytest.mark.parametrize(
    "beside",
    [
        {"top_logprobs": [{"token": CANARY, "logprob": -1}]},
        {"bytes": [*CANARY.encode()]},
        {"top_logprobs": [{"token": "x", "bytes": [*CANARY.encode()]}]},
    ],
)
def test_tokens_that_were_not_said_are_left_out_where_they_tell_what_may_not_leave(beside: dict[str, Any]) -> None:
    listed = [{"token": "so", "logprob": -0.1, **beside}]
    for logprobs in ({"content": listed}, listed, {"tokens": ["so"], "more": listed}):
        told = json.loads(house(chat({"content": "so"}, logprobs=logprobs)).ask(PATHS["chat"], HI).body)["choices"][0]
        assert (told.get("logprobs"), CANARY in json.dumps(told)) == (None, False)
        sent = {"index": 0, "delta": {"content": "so"}, "logprobs": logprobs, "finish_reason": "stop"}
        body = stream("chat", event({"id": "c", "choices": [sent]}), DONE)
        assert CANARY.encode() not in body
        assert CANARY[4:].encode() not in body
        assert "".join(map(str, CANARY.encode()))[:8] not in body.decode().replace(", ", "")
    delta = {"type": "response.output_text.delta", "item_id": "m", "delta": "so", "logprobs": listed}
    told = events(stream("responses", named(delta), named({"type": "response.completed", "response": items()})))[0]
    assert "logprobs" not in told


# ------------------------------------------------------------------------------------------- one reading for all


@pytest.mark.parametrize("second", ["content", "\\u0063ontent"])
def test_a_name_that_stands_twice_leaves_as_every_reader_takes_it(second: str) -> None:
    twice = '{"id":"c","choices":[{"index":0,"KEY":{"content":"%s","%s":"so"},"finish_reason":"stop"}]}'
    twice %= (CANARY, second)
    body = house(twice.replace("KEY", "message").encode()).ask(PATHS["chat"], HI).body
    assert CANARY.encode() not in body
    assert json.loads(body)["choices"][0]["message"] == {"content": "so"}
    body = stream("chat", b"data: " + twice.replace("KEY", "delta").encode() + b"\n\n", DONE)
    assert CANARY.encode() not in body
    assert events(body)[0]["choices"][0]["delta"] == {"content": "so"}


@pytest.mark.parametrize("wanted", [1000, 1000.0, "1000", True])
def test_the_length_of_an_answer_is_asked_for_as_a_number(wanted: object) -> None:
    there = house(chat({"content": "so"}), limits=GuardLimits(answer_tokens=100))
    assert there.ask(PATHS["chat"], {**HI, "max_tokens": wanted}).status == 400
    assert there.ask(PATHS["chat"], {**HI, "max_tokens": 100}).status == 200


@pytest.mark.parametrize("status", [201, 204, 302])
def test_a_status_that_is_no_answer_is_told_as_what_it_is(status: int) -> None:
    answer = house(said=Said((b"{}",), status=status)).ask(PATHS["chat"], HI)
    assert answer.status == 502
    assert str(status) in json.loads(answer.body)["error"]["message"]


def test_the_log_shows_a_canary_neither_as_a_place_nor_as_a_model(tmp_path: Path) -> None:
    there = house(chat({"content": "so", CANARY: {"more": f"it is {SECRET}"}}))
    there.app.log = DecisionLog(tmp_path / "log")
    there.ask(PATHS["chat"], {**HI, "model": f"m-{CANARY}"})
    assert (tmp_path / "log").stat().st_size
    assert CANARY[:12] not in (tmp_path / "log").read_text()


# ------------------------------------------------------------------------------------------- what is used up


@pytest.mark.parametrize(
    ("form", "sent"),
    [
        ("chat", [chunk({"content": "word " * 80}), chunk({}, "stop"), DONE]),
        ("chat", [chunk({"content": "word"}), chunk({}, "stop", usage={"completion_tokens": 100}), DONE]),
        ("messages", [*in_blocks({"type": "text", "text": "word " * 80})]),
        (
            "responses",
            [named({"type": "response.completed", "response": items() | {"usage": {"output_tokens": 100}}})],
        ),
    ],
)
def test_the_tokens_of_a_stream_count_for_its_caller(form: str, sent: list[bytes]) -> None:
    there = house(stream=sent, limits=GuardLimits(tokens_per_minute=150))
    there.app.callers = Callers(there.guard.policy, there.app.rows)
    there.app.now = lambda: 60.0
    asked = [there.ask(PATHS[form], {**HI, "stream": True, "metadata": {"a": "b" * 150}}).status for _ in range(3)]
    told = 3 if form == "messages" else 100  # what it says of itself counts, where it says so
    assert asked == ([200, 200, 429] if told == 3 else [200, 429, 429])


LISTED = (
    GuardTool(name="refund", does="pay", effect=Effect.IRREVERSIBLE, approval=Approval.HUMAN, args={"recipient": "to"}),
    GuardTool(name="wipe", effect=Effect.IRREVERSIBLE, approval=Approval.HUMAN),
)


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    return make_key(tmp_path / "state", "owner")


def test_a_grant_is_used_up_by_nothing_that_does_not_leave(tmp_path: Path, signer: Signer) -> None:
    now = datetime(2026, 11, 24, tzinfo=UTC)
    held = Approvals(tmp_path / "asked", lambda: {signer.keyid: signer.public})
    policy = GuardPolicy(guard=1, tools=LISTED)
    wired = Wired(Guard(policy), None, lambda: now, approvals=held)
    first, second = ToolCall(name="refund", args={"to": "ann"}), ToolCall(name="wipe")

    def calls(*made: ToolCall) -> Decision | None:
        judge = Judge(wired)
        judge.caller, judge.asked = "teller", Asked((), ())
        return judge.calls([(Called((), 0, one.name, one.args), "x") for one in made], ())

    def granted() -> None:
        for one in held.waiting(now):
            held.grant(one, signer, by="ann", now=now, until=now.replace(hour=1))

    assert calls(first) is not None
    granted()
    for beside in (second, ToolCall(name="nobody_offers_this")):
        stopped = calls(first, beside)
        assert stopped is not None
        assert wired.may_run(stopped, first, "teller")
    assert calls(first) is None
    assert calls(first) is not None
    granted()
    assert calls(second, first) is None


def test_calls_of_one_answer_count_together_and_only_where_they_leave() -> None:
    limited = GuardTool(name="weather", effect=Effect.READ, limits={"per_minute": 2})
    wired = Wired(Guard(GuardPolicy(guard=1, tools=(limited,))))
    judge = Judge(wired)
    three = [(Called((), 0, "weather", {}), "x")] * 3
    assert judge.calls(three, ()) is not None
    assert judge.calls(three[:2], ()) is None
    assert judge.calls(three[:1], ()) is not None


def test_a_guard_that_is_asked_about_calls_hears_of_those_beside() -> None:
    guard = Pretended(GuardPolicy(guard=1), allowed=frozenset({"read"}))
    made = Judge(guard).calls([(Called((), 0, "read", {}), "a"), (Called((), 0, "send", None), "b")], ())
    assert made is not None
    assert (made.outcome, made.code, made.where) == (Outcome.BLOCK, "ACC-E761", "b")
