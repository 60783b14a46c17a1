"""Streamed answers: text leaves at once, calls when they are whole, and nothing that may not leave in any split."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from gatekeeping import CANARY, SECRET, House, event, events, house
from hypothesis import given, settings
from hypothesis import strategies as st

from accord.core.system import Mode
from accord.guard.gateway import lanes
from accord.guard.gateway.wire import RefusedError

HI: dict[str, Any] = {"messages": [{"role": "user", "content": "hi"}], "input": "hi", "stream": True}
PATHS = {"chat": "/v1/chat/completions", "responses": "/v1/responses", "messages": "/v1/messages"}
ABOUT = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
DONE = b"data: [DONE]\n\n"


def chunk(delta: Any, ends: str | None = None, index: int = 0, **more: Any) -> bytes:
    return event({**ABOUT, "choices": [{"index": index, "delta": delta, "finish_reason": ends, **more}]})


def chat(parts: Iterable[str]) -> Iterator[bytes]:
    yield chunk({"role": "assistant", "content": ""})
    for part in parts:
        yield chunk({"content": part})
    yield chunk({}, "stop")
    yield event({**ABOUT, "choices": [], "usage": {"total_tokens": 3}})
    yield DONE


def messages(parts: Iterable[str]) -> Iterator[bytes]:
    yield named({"type": "message_start", "message": {"id": "m", "content": []}})
    yield named({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}})
    yield named({"type": "ping"})
    for part in parts:
        yield named({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": part}})
    yield named({"type": "content_block_stop", "index": 0})
    yield named({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 3}})
    yield named({"type": "message_stop"})


def responses(parts: Iterable[str]) -> Iterator[bytes]:
    told = [*parts]
    text = "".join(told)
    item = {"type": "message", "id": "m", "role": "assistant", "content": [{"type": "output_text", "text": text}]}
    begun = {"id": "r", "object": "response", "status": "in_progress", "output": []}
    yield named({"type": "response.created", "response": begun})
    yield named({"type": "response.output_item.added", "output_index": 0, "item": {**item, "content": []}})
    for part in told:
        yield named({"type": "response.output_text.delta", "item_id": "m", "content_index": 0, "delta": part})
    yield named({"type": "response.output_text.done", "item_id": "m", "content_index": 0, "text": text})
    yield named({"type": "response.output_item.done", "output_index": 0, "item": item})
    yield named({"type": "response.completed", "response": {**begun, "status": "completed", "output": [item]}})


def named(value: dict[str, Any]) -> bytes:
    return event(value, value["type"])


FORMS = {"chat": chat, "responses": responses, "messages": messages}


def text_of(body: bytes) -> str:
    """Return what a reader of the stream puts together."""
    told = []
    for one in events(body):
        if isinstance(one, dict):
            deltas = [choice["delta"] for choice in one.get("choices", ())] or [one.get("delta")]
            for delta in deltas:
                told.append(
                    delta if isinstance(delta, str) else (delta or {}).get("content") or (delta or {}).get("text") or ""
                )
    return "".join(told)


def ask(there: House, form: str, **more: Any) -> bytes:
    answer = there.ask(PATHS[form], {**HI, **more})
    assert answer.status == 200
    return answer.body


def ended(form: str, body: bytes) -> bool:
    """Tell whether a stream ends as one that was cut, in its form."""
    last = events(body)
    if form == "chat":
        cut: Any = [{"index": 0, "delta": {}, "finish_reason": "content_filter"}]
        return bool(last[-1] == "[DONE]" and last[-2]["choices"] == cut)
    if form == "messages":
        return bool(last[-1]["type"] == "message_stop" and last[-2]["delta"]["stop_reason"] == "refusal")
    response = last[-1]["response"]
    reason = response.get("incomplete_details")
    return bool(reason == {"reason": "content_filter"} and response["status"] == "incomplete")


@pytest.mark.parametrize("form", FORMS)
def test_an_honest_stream_comes_back_byte_for_byte(form: str) -> None:
    sent = [*FORMS[form](["Hel", "lo, w", "örld\u2028", " and ", "good bye."])]
    assert ask(house(stream=sent), form) == b"".join(sent).replace(
        b'event: ping\ndata: {"type": "ping"}', b'event: ping\ndata: {"type":"ping"}'
    )


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("at", range(len(CANARY) + 1))
def test_a_canary_split_anywhere_never_leaves(form: str, at: int) -> None:
    parts = ["the code is ", CANARY[:at], CANARY[at:], " keep it"]
    body = ask(house(stream=FORMS[form](parts)), form)
    text = text_of(body)
    assert CANARY.encode() not in body
    assert CANARY[:12] not in text
    assert text.startswith("the code is ")
    assert "keep" not in text
    assert ended(form, body)


@pytest.mark.parametrize("form", FORMS)
def test_nothing_follows_the_end_of_an_answer_that_was_cut_and_came_at_once(form: str) -> None:
    body = ask(house(stream=[b"".join(FORMS[form]([f"so: {CANARY} end", " more"]))]), form)
    assert ended(form, body)


@pytest.mark.parametrize("form", FORMS)
def test_a_canary_in_single_characters_never_leaves(form: str) -> None:
    body = ask(house(stream=FORMS[form](f"so: {CANARY} end")), form)
    assert CANARY[:12] not in text_of(body)
    assert ended(form, body)


@pytest.mark.parametrize("form", FORMS)
@given(data=st.data())
@settings(max_examples=20)
def test_a_secret_split_anyhow_is_taken_out_and_the_rest_is_said(form: str, data: st.DataObject) -> None:
    text = f"take {SECRET} and go on."
    cuts = sorted(data.draw(st.sets(st.integers(1, len(text) - 1), max_size=8)))
    parts = [text[a:b] for a, b in zip([0, *cuts], [*cuts, len(text)], strict=True)]
    body = ask(house(stream=FORMS[form](parts)), form)
    told = text_of(body)
    assert SECRET not in body.decode()
    assert SECRET[10:30] not in told
    assert told.startswith("take ")
    assert told.endswith(" and go on.")
    assert not ended(form, body)


@given(st.data())
@settings(max_examples=30)
def test_chunks_of_bytes_may_fall_anywhere(data: st.DataObject) -> None:
    sent = b"".join(chat(["ünï", "cödé ", "text"]))
    cuts = sorted(data.draw(st.sets(st.integers(1, len(sent) - 1), max_size=9)))
    parts = [sent[a:b] for a, b in zip([0, *cuts], [*cuts, len(sent)], strict=True)]
    assert ask(house(stream=parts), "chat") == sent


def test_choices_run_beside_each_other_and_one_that_is_cut_leaves_the_others_alone() -> None:
    sent = [chunk({"role": "assistant"}, index=at) for at in (0, 1)]
    for at in range(0, len(CANARY), 3):
        sent += [chunk({"content": CANARY[at : at + 3]}, index=0), chunk({"content": f"w{at} "}, index=1)]
    sent += [chunk({}, "stop", index=0), chunk({}, "stop", index=1), DONE]
    found = events(ask(house(stream=sent), "chat", n=2))
    ends = {one["choices"][0]["index"]: one["choices"][0]["finish_reason"] for one in found[:-1]}
    text = "".join(
        one["choices"][0]["delta"].get("content", "") for one in found[:-1] if one["choices"][0]["index"] == 1
    )
    assert ends == {0: "content_filter", 1: "stop"}
    assert text == "".join(f"w{at} " for at in range(0, len(CANARY), 3))
    assert found[-1] == "[DONE]"


def test_two_choices_in_one_event_are_told_apart() -> None:
    both = {
        **ABOUT,
        "choices": [{"index": at, "delta": {"content": f"c{at}"}, "finish_reason": "stop"} for at in (0, 1)],
    }
    found = events(ask(house(stream=[event(both), DONE]), "chat", n=2))
    assert sorted(one["choices"][0]["delta"]["content"] for one in found[:-1]) == ["c0", "c1"]


def test_the_upstream_is_left_once_every_choice_is_cut() -> None:
    there = house(stream=[chunk({"content": CANARY}), *(chunk({"content": f"{at}"}) for at in range(50)), DONE])
    assert ended("chat", ask(there, "chat"))
    assert there.upstream.gave < 10
    assert there.upstream.closed >= 1


def call_parts(form: str, name: str, args: str) -> list[bytes]:
    """Return a stream with some text and then a call."""
    half = len(args) // 2
    if form == "chat":
        first = {"index": 0, "id": "1", "type": "function", "function": {"name": name, "arguments": ""}}
        parts = [{"index": 0, "function": {"arguments": part}} for part in (args[:half], args[half:])]
        told = [chunk({"tool_calls": [one]}) for one in (first, *parts)]
        return [chunk({"content": "I will"}), *told, chunk({}, "tool_calls"), DONE]
    if form == "messages":
        sent = [*messages(["I will"])]
        block = {"type": "tool_use", "id": "1", "name": name, "input": {}}
        more = [named({"type": "content_block_start", "index": 1, "content_block": block})]
        for part in (args[:half], args[half:]):
            delta = {"type": "input_json_delta", "partial_json": part}
            more.append(named({"type": "content_block_delta", "index": 1, "delta": delta}))
        return [*sent[:5], *more, named({"type": "content_block_stop", "index": 1}), *sent[5:]]
    sent = [*responses(["I will"])]
    item = {"type": "function_call", "id": "f", "call_id": "1", "name": name, "arguments": args}
    at = {"output_index": 1, "item_id": "f"}
    kind = "response.function_call_arguments"
    more = [named({"type": "response.output_item.added", "output_index": 1, "item": {**item, "arguments": ""}})]
    more += [named({"type": f"{kind}.delta", **at, "delta": part}) for part in (args[:half], args[half:])]
    more += [named({"type": f"{kind}.done", **at, "arguments": args})]
    more += [named({"type": "response.output_item.done", "output_index": 1, "item": item})]
    last = events(sent[-1])[0]
    last["response"]["output"].append(item)
    return [*sent[:-1], *more, named(last)]


@pytest.mark.parametrize("form", FORMS)
def test_a_call_that_is_allowed_goes_as_it_came(form: str) -> None:
    sent = [one for one in call_parts(form, "read", '{"path": "a"}') if b"ping" not in one]
    there = house(stream=sent)
    assert ask(there, form) == b"".join(sent)
    assert len(there.guard.talks) == 1


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("args", ['{"to": "x"}', '{"a": 1, "a": 2}', "[1]"])
def test_nothing_of_a_call_that_is_refused_leaves(form: str, args: str) -> None:
    name = "send" if "to" in args else "read"
    body = ask(house(stream=call_parts(form, name, args)), form)
    assert f'"{name}"'.encode() not in body
    assert b"arguments" not in body
    assert b"partial_json" not in body
    assert "I will" in text_of(body)
    assert ended(form, body)


@pytest.mark.parametrize("form", FORMS)
def test_a_canary_in_the_name_of_an_allowed_call_keeps_it_back(form: str) -> None:
    sent = [one.replace(b'"id": "1"', b'"id": "%s"' % CANARY.encode()) for one in call_parts(form, "read", '{"a": 1}')]
    sent = [one.replace(b'"call_id": "1"', b'"call_id": "%s"' % CANARY.encode()) for one in sent]
    body = ask(house(stream=sent), form)
    assert CANARY.encode() not in body
    assert ended(form, body)


@pytest.mark.parametrize("form", FORMS)
def test_a_call_that_never_ends_is_never_told(form: str) -> None:
    sent = call_parts(form, "read", '{"path": "a"}')
    stops = next(at for at, one in enumerate(sent) if b'"a\\"}' in one or b'a\\"}' in one)
    body = ask(house(stream=sent[: stops + 1]), form)
    assert b"read" not in body
    assert events(body)[-1]["error"]["code"] == "ACC-E757"


def test_a_call_that_stands_only_in_the_end_of_a_response_is_refused() -> None:
    sent = [*responses(["hi"])]
    last = events(sent[-1])[0]
    last["response"]["output"].append({"type": "function_call", "name": "send", "arguments": "{}", "call_id": "1"})
    body = ask(house(stream=[*sent[:-1], named(last)]), "responses")
    assert b"send" not in body
    assert ended("responses", body)


def test_a_call_whose_parts_and_whole_differ_is_refused() -> None:
    sent = call_parts("responses", "read", '{"path": "a"}')
    changed = [
        one.replace(b'"arguments": "{\\"path\\": \\"a\\"}"', b'"arguments": "{\\"path\\": \\"b\\"}"') for one in sent
    ]
    assert changed != sent
    assert ended("responses", ask(house(stream=changed), "responses"))


@pytest.mark.parametrize("field", ["reasoning_content", "refusal", "anything"])
def test_every_text_of_a_delta_is_looked_at(field: str) -> None:
    sent = [chunk({"content": "ok ", field: CANARY[:8]}), chunk({field: CANARY[8:]}), chunk({}, "stop"), DONE]
    body = ask(house(stream=sent), "chat")
    assert CANARY[8:] not in body.decode()
    assert ended("chat", body)


@pytest.mark.parametrize(
    "first",
    [
        {"content": [{"type": "text", "text": CANARY}]},
        {"content": "ok", "annotations": [{"url": f"https://a.example/{CANARY}"}]},
    ],
)
def test_what_a_delta_holds_besides_texts_is_looked_at(first: Any) -> None:
    body = ask(house(stream=[chunk(first), chunk({}, "stop"), DONE]), "chat")
    assert CANARY not in body.decode()


def test_tokens_beside_a_text_that_spell_something_else_are_left_out() -> None:
    tokens = {"content": [{"token": CANARY, "logprob": 0}]}
    body = ask(house(stream=[chunk({"content": "ok"}, logprobs=tokens), chunk({}, "stop"), DONE]), "chat")
    assert CANARY not in body.decode()
    honest = chunk({"content": "ok"}, logprobs={"content": [{"token": "ok", "logprob": 0}]})
    assert honest in ask(house(stream=[honest, chunk({}, "stop"), DONE]), "chat")


def test_what_surrounds_the_choices_is_looked_at() -> None:
    first = event({**ABOUT, "provider": CANARY, "choices": [{"index": 0, "delta": {"content": "ok"}}]})
    body = ask(house(stream=[first, chunk({}, "stop"), DONE]), "chat")
    assert CANARY not in body.decode()
    assert text_of(body) == "ok"


def test_a_text_and_its_end_in_one_event_are_cut_without_that_end() -> None:
    body = ask(house(stream=[chunk({"content": f"a {CANARY}"}, "stop"), DONE]), "chat")
    assert [one["choices"][0]["finish_reason"] for one in events(body)[:-1]] == [None, "content_filter"]


def test_in_a_messages_stream_an_open_block_is_closed_before_the_end() -> None:
    kinds = [one["type"] for one in events(ask(house(stream=messages([CANARY])), "messages")) if one["type"] != "ping"]
    assert kinds[:2] == ["message_start", "content_block_start"]
    assert kinds[-3:] == ["content_block_stop", "message_delta", "message_stop"]


def test_a_canary_over_two_blocks_does_not_leave() -> None:
    first, second = CANARY[:9], CANARY[9:]
    start, middle, *rest = [*messages([first])][:1], [*messages([first])][1:5], *[[*messages([first])][5:]]
    again = [one.replace(b'"index": 0', b'"index": 1').replace(first.encode(), second.encode()) for one in middle]
    body = ask(house(stream=[*start, *middle, *again, *rest[0]]), "messages")
    assert second.encode() not in body
    assert ended("messages", body)


def test_what_a_response_repeats_whole_is_looked_at_once_more() -> None:
    sent = [*responses(["fine"])]
    sent[-3] = sent[-3].replace(b'"text": "fine"', json.dumps({"text": SECRET})[1:-1].encode())
    assert SECRET not in ask(house(stream=sent), "responses").decode()


def test_instructions_that_a_response_repeats_are_emptied() -> None:
    sent = [*responses(["fine"])]
    for at in (0, -1):
        said = events(sent[at])[0]
        said["response"]["instructions"] = f"never say {CANARY}"
        sent[at] = named(said)
    body = ask(house(stream=sent), "responses")
    assert CANARY not in body.decode()
    assert events(body)[-1]["type"] == "response.completed"


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("breaks", [None, RefusedError("gone", code="ACC-E757", status=502)])
def test_an_upstream_that_breaks_off_is_said_and_what_was_held_is_decided(form: str, breaks: Any) -> None:
    from gatekeeping import Said

    sent = [*FORMS[form](["so far ", CANARY[:5]])]
    keep = next(at for at, one in enumerate(sent) if CANARY[:5].encode() in one)
    said = Said(tuple(sent[: keep + 1]), "text/event-stream", breaks=breaks)
    body = ask(house(said=said), form)
    assert events(body)[-1]["error"]["code"] == "ACC-E757"
    assert "so far " in text_of(body)
    assert b"[DONE]" not in body


@pytest.mark.parametrize(
    "bad", [b"data: {oops\n\n", b"data: 3\n\n", b'data: {"choices": 3}\n\n', b'data: {"choices": [{"index": -1}]}\n\n']
)
def test_an_event_that_cannot_be_read_ends_the_stream(bad: bytes) -> None:
    body = ask(house(stream=[chunk({"content": "ok"}), bad, chunk({"content": CANARY}), DONE]), "chat")
    assert text_of(body) == "ok"
    assert events(body)[-1]["error"]["type"] == "upstream_error"


def test_calls_that_are_too_long_cut_the_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "MOST_HELD", 400)
    assert ended("chat", ask(house(stream=call_parts("chat", "read", json.dumps({"path": "x" * 500}))), "chat"))


@pytest.mark.parametrize("form", FORMS)
def test_in_shadow_a_stream_goes_as_it_came(form: str) -> None:
    sent = [one for one in FORMS[form]([f"so {CANARY}", " end"]) if b"ping" not in one]
    assert CANARY in ask(house(stream=sent, mode=Mode.SHADOW), form).decode()
