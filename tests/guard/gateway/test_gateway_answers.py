"""Answers that come whole: what may not leave is taken out or ends the answer, and the rest is as it was sent."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from gatekeeping import CANARY, SECRET, Pretended, Said, house

from accord.core.guard import Decision, Fail, OnError
from accord.core.system import Mode
from accord.guard.engine import Guard
from accord.guard.flow.answers import Links
from accord.guard.gateway.wiring import Wired

HI: dict[str, Any] = {"chat": {"messages": [{"role": "user", "content": "hi"}]}, "responses": {"input": "hi"}}
HI["messages"] = HI["chat"]
PATHS = {"chat": "/v1/chat/completions", "responses": "/v1/responses", "messages": "/v1/messages"}


def chat(*choices: dict[str, Any], **more: Any) -> dict[str, Any]:
    listed = [{"index": at, "finish_reason": "stop", **choice} for at, choice in enumerate(choices)]
    return {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": listed, **more}


def says(text: str | None, **more: Any) -> dict[str, Any]:
    return {"message": {"role": "assistant", "content": text, **more}}


def calls(*made: tuple[str, str], content: str | None = None) -> dict[str, Any]:
    listed = [{"id": name, "type": "function", "function": {"name": name, "arguments": args}} for name, args in made]
    return {**says(content, tool_calls=listed), "finish_reason": "tool_calls"}


def responses(*items: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": "r", "object": "response", "status": "completed", "output": list(items), **more}


def said_item(text: str, **more: Any) -> dict[str, Any]:
    content = [{"type": "output_text", "text": text, "annotations": [], **more}]
    return {"type": "message", "id": "m", "role": "assistant", "content": content}


def messages(*blocks: dict[str, Any]) -> dict[str, Any]:
    return {"id": "m", "type": "message", "role": "assistant", "content": list(blocks), "stop_reason": "end_turn"}


HONEST = {
    "chat": chat(says("hello\u2028 wörld"), says("two")),
    "responses": responses(said_item("hello")),
    "messages": messages({"type": "text", "text": "hello"}),
}
LEAKING = {
    "chat": chat(says(f"the code is {CANARY}, keep it")),
    "responses": responses(said_item(f"the code is {CANARY}, keep it")),
    "messages": messages({"type": "text", "text": f"the code is {CANARY}, keep it"}),
}


@pytest.mark.parametrize("form", PATHS)
@pytest.mark.parametrize("ascii_only", [True, False])
def test_an_honest_answer_comes_back_byte_for_byte(form: str, *, ascii_only: bool) -> None:
    sent = json.dumps(HONEST[form], indent=3, ensure_ascii=ascii_only).encode()
    answer = house(sent).ask(PATHS[form], HI[form])
    assert answer.body == sent
    assert answer.headers[b"x-accord-decision"] == b"allow"
    assert answer.headers[b"content-length"] == str(len(sent)).encode()


@pytest.mark.parametrize("form", PATHS)
def test_a_canary_ends_the_answer_and_what_stands_before_it_is_kept(form: str) -> None:
    answer = house(LEAKING[form]).ask(PATHS[form], HI[form])
    assert answer.status == 200
    assert CANARY[:10].encode() not in answer.body
    assert b"the code is " in answer.body
    assert b"keep it" not in answer.body
    assert answer.headers[b"x-accord-decision"] == b"block"
    said = json.loads(answer.body)
    ends: dict[str, Callable[[], bool]] = {
        "chat": lambda: said["choices"][0]["finish_reason"] == "content_filter",
        "responses": lambda: (
            (said["status"], said["incomplete_details"]) == ("incomplete", {"reason": "content_filter"})
        ),
        "messages": lambda: said["stop_reason"] == "refusal",
    }
    assert ends[form]()


@pytest.mark.parametrize("form", PATHS)
def test_a_secret_is_taken_out_and_every_other_byte_stays(form: str) -> None:
    sent = json.dumps(LEAKING[form], indent=3).replace(CANARY, SECRET)
    answer = house(sent.encode()).ask(PATHS[form], HI[form])
    before, _, after = sent.partition(SECRET)
    assert SECRET.encode() not in answer.body
    assert answer.body.decode().startswith(before)
    assert answer.body.decode().endswith(after)
    assert answer.headers[b"x-accord-decision"] == b"redact"


def test_one_choice_that_is_cut_leaves_the_others_alone() -> None:
    answer = house(chat(says("one"), says(CANARY), says("three"))).ask(PATHS["chat"], {**HI["chat"], "n": 3})
    said = json.loads(answer.body)["choices"]
    assert [one["finish_reason"] for one in said] == ["stop", "content_filter", "stop"]
    assert [one["message"]["content"] for one in said] == ["one", "", "three"]


@pytest.mark.parametrize(
    "choice",
    [
        says("ok", refusal=CANARY),
        says("ok", reasoning_content=CANARY),
        says("ok", annotations=[{"type": "url_citation", "url_citation": {"url": f"https://a.example/?{CANARY}"}}]),
        says("ok", audio={"transcript": CANARY}),
        {**says("ok"), "extra": CANARY},
        {**says("ok"), "logprobs": {"content": [{"token": part} for part in (CANARY[:7], CANARY[7:])]}},
        says("ok", content2=[CANARY]),
    ],
)
def test_a_canary_leaves_in_no_field_of_a_choice(choice: dict[str, Any]) -> None:
    answer = house(chat(choice)).ask(PATHS["chat"], HI["chat"])
    assert CANARY not in answer.body.decode()
    assert CANARY[7:] not in answer.body.decode()
    assert json.loads(answer.body)["choices"][0]["finish_reason"] == "content_filter"


def test_a_canary_split_over_two_texts_of_one_answer_does_not_leave() -> None:
    blocks = [{"type": "text", "text": f"so {CANARY[:9]}"}, {"type": "text", "text": f"{CANARY[9:]} end"}]
    answer = house(messages(*blocks)).ask(PATHS["messages"], HI["messages"])
    said = json.loads(answer.body)
    assert said["stop_reason"] == "refusal"
    assert CANARY[9:] not in answer.body.decode()


def test_what_an_answer_repeats_of_its_request_is_emptied_and_nothing_is_cut() -> None:
    answer = house(responses(said_item("fine"), instructions=f"never say {CANARY}")).ask(
        PATHS["responses"], HI["responses"]
    )
    said = json.loads(answer.body)
    assert CANARY not in answer.body.decode()
    assert (said["status"], said["output"][0]["content"][0]["text"]) == ("completed", "fine")


CALLS: dict[str, Callable[[str, str], dict[str, Any]]] = {
    "chat": lambda name, args: chat(calls((name, args), content="I will")),
    "responses": lambda name, args: responses(
        said_item("I will"), {"type": "function_call", "call_id": "1", "name": name, "arguments": args}
    ),
    "messages": lambda name, args: messages(
        {"type": "text", "text": "I will"}, {"type": "tool_use", "id": "1", "name": name, "input": json.loads(args)}
    ),
}


@pytest.mark.parametrize("form", PATHS)
def test_a_call_that_is_allowed_goes_as_it_came(form: str) -> None:
    sent = json.dumps(CALLS[form]("read", '{"path": "a"}')).encode()
    there = house(sent)
    assert there.ask(PATHS[form], HI[form]).body == sent
    assert [one.content for one in there.guard.talks[0]] == ["hi"]


@pytest.mark.parametrize("form", PATHS)
def test_a_call_that_is_refused_does_not_go_and_the_text_before_it_does(form: str) -> None:
    answer = house(CALLS[form]("send", '{"to": "x"}')).ask(PATHS[form], HI[form])
    assert b"send" not in answer.body
    assert b"I will" in answer.body
    assert b"content_filter" in answer.body or b"refusal" in answer.body
    assert answer.headers[b"x-accord-decision"] == b"block"


@pytest.mark.parametrize("args", ['{"a": 1, "a": 2}', "[1]", '{"a":', '{"a": NaN}'])
def test_a_call_whose_arguments_can_be_read_in_two_ways_is_refused(args: str) -> None:
    answer = house(chat(calls(("read", args)))).ask(PATHS["chat"], HI["chat"])
    said = json.loads(answer.body)["choices"][0]
    assert (said["finish_reason"], said["message"]["tool_calls"]) == ("content_filter", None)


def test_one_refused_call_stops_those_beside_it_and_each_is_asked_about_after_the_ones_before() -> None:
    there = house(chat(calls(("read", "{}"), ("send", "{}"), ("read", "{}"))))
    answer = there.ask(PATHS["chat"], HI["chat"])
    assert json.loads(answer.body)["choices"][0]["message"]["tool_calls"] is None
    assert [[call.name for one in talk for call in one.tool_calls] for talk in there.guard.talks] == [
        [], ["read"], ["read", "send"],
    ]  # fmt: skip


def test_legacy_and_custom_calls_are_asked_about() -> None:
    legacy = {**says(None, function_call={"name": "send", "arguments": "{}"}), "finish_reason": "function_call"}
    assert b"send" not in house(chat(legacy)).ask(PATHS["chat"], HI["chat"]).body
    custom = [{"id": "1", "type": "custom", "custom": {"name": "send", "input": "x"}}]
    assert b"send" not in house(chat(says(None, tool_calls=custom))).ask(PATHS["chat"], HI["chat"]).body


def test_in_shadow_everything_goes_and_is_told() -> None:
    there = house(LEAKING["chat"], mode=Mode.SHADOW)
    answer = there.ask(PATHS["chat"], HI["chat"])
    assert json.loads(answer.body) == LEAKING["chat"]
    assert answer.headers[b"x-accord-decision"] == b"block"


@pytest.mark.parametrize(
    ("said", "status", "code"),
    [
        (Said((b"<p>hello",), "text/html"), 502, "ACC-E758"),
        (Said((b"{",)), 502, "ACC-E758"),
        (Said((b"[]",)), 502, "ACC-E758"),
        (Said((b'{"choices": [3]}',)), 502, "ACC-E758"),
        (Said((b'{"choices": [{"message": {"tool_calls": "x"}}]}',)), 502, "ACC-E758"),
        (Said((b"",), status=302, headers={"location": "https://elsewhere.example"}), 502, "ACC-E758"),
        (Said((f'{{"error": "{CANARY}"}}'.encode(),), status=400), 502, "ACC-E758"),
        (Said((b"[" * 200 + b"]" * 200,)), 502, "ACC-E758"),
    ],
)
def test_an_answer_that_cannot_be_looked_at_does_not_pass(said: Said, status: int, code: str) -> None:
    answer = house(said=said).ask(PATHS["chat"], HI["chat"])
    assert (answer.status, json.loads(answer.body)["error"]["code"]) == (status, code)
    assert CANARY not in answer.body.decode()


def test_an_error_of_the_upstream_passes_as_it_is_with_what_it_says_of_waiting() -> None:
    said = Said(
        (b'{"error": {"message": "slow down"}}',), status=429, headers={"retry-after": "7", "set-cookie": "a=b"}
    )
    answer = house(said=said).ask(PATHS["chat"], HI["chat"])
    assert (answer.status, answer.body) == (429, said.parts[0])
    assert answer.headers[b"retry-after"] == b"7"
    assert b"set-cookie" not in answer.headers


def test_a_header_of_the_upstream_that_is_no_plain_line_does_not_come_back() -> None:
    for odd in ("a\0b", "a\r\nset-cookie: x", "\xe4", "", "x" * 200):
        said = Said((b"{}",), status=429, headers={"x-request-id": odd, "content-type": odd})
        answer = house(said=said).ask(PATHS["chat"], HI["chat"])
        assert (answer.status, answer.headers[b"content-type"]) == (429, b"application/json")
        assert b"x-request-id" not in answer.headers


def test_a_stream_that_was_asked_for_may_come_whole() -> None:
    answer = house(LEAKING["chat"]).ask(PATHS["chat"], {**HI["chat"], "stream": True})
    assert CANARY not in answer.body.decode()


def test_vectors_pass_and_the_texts_around_them_are_looked_at() -> None:
    vectors = {"object": "list", "data": [{"embedding": [0.1], "index": 0}, {"embedding": "AAAA", "index": 1}]}
    answer = house({**vectors, "model": CANARY}).ask("/v1/embeddings", {"input": "x"})
    assert json.loads(answer.body)["data"] == vectors["data"]
    assert CANARY not in answer.body.decode()


@pytest.mark.parametrize("form", PATHS)
def test_an_honest_answer_takes_one_glance_and_a_leaking_one_is_read(
    form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = house({**HONEST, "chat": chat(says("hello there"))}[form])
    asked = overheard(there.guard, monkeypatch)
    monkeypatch.setattr(there.guard, "is_clear", lambda texts: any("hello" in one for one in texts))
    assert there.ask(PATHS[form], HI[form]).status == 200
    assert asked == []
    leaking = house(LEAKING[form])
    assert CANARY not in leaking.ask(PATHS[form], HI[form]).body.decode()


@pytest.mark.parametrize(
    "answer",
    [
        chat(says(None), says(CANARY[:10], reasoning_content=CANARY[10:])),
        chat(says("hello", refusal=CANARY)),
        chat(says("hello"), says(f"it is {CANARY}")),
        chat(says("hello"), model=CANARY),
    ],
)
def test_what_may_not_leave_is_met_in_any_part_of_an_answer_and_across_them(answer: dict[str, Any]) -> None:
    there = house(answer)
    there.app.guard = Wired(Guard(there.guard.policy))
    body = there.ask(PATHS["chat"], HI["chat"]).body.decode()
    assert CANARY not in body
    assert CANARY[:10] not in body or CANARY[10:] not in body


def test_an_answer_with_calls_is_read_in_each_part(monkeypatch: pytest.MonkeyPatch) -> None:
    there = house(chat(calls(("read", "{}"), content="hello")))
    asked = overheard(there.guard, monkeypatch)
    monkeypatch.setattr(there.guard, "is_clear", lambda _: True)
    assert there.ask(PATHS["chat"], HI["chat"]).status == 200
    assert asked


def overheard(guard: Pretended, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the texts on which the guard will be asked to decide."""
    asked, decides = list[str](), guard.release

    def release(text: str, links: Links | None = None, /) -> Decision:
        asked.append(text)
        return decides(text, links)

    monkeypatch.setattr(guard, "release", release)
    return asked


class _BrokenError(RuntimeError):
    pass


def test_a_guard_that_breaks_stops_the_answer_unless_the_policy_opens_reads() -> None:
    for opens in (Fail.CLOSED, Fail.OPEN):
        there = house(HONEST["chat"], on_error=OnError(read=opens))
        there.guard.release = _breaks  # type: ignore[method-assign]  # what breaks is what is tested
        there.app.guard = there.guard
        answer = there.ask(PATHS["chat"], HI["chat"])
        said = json.loads(answer.body)["choices"][0]
        assert (said["finish_reason"] == "stop") is (opens is Fail.OPEN)
        assert (there.app.metrics.total("bypasses") > 0) is (opens is Fail.OPEN)


def test_a_guard_that_breaks_never_lets_a_call_go() -> None:
    there = house(CALLS["chat"]("read", "{}"), on_error=OnError(read=Fail.OPEN))
    there.guard.authorise = _breaks  # type: ignore[method-assign]  # what breaks is what is tested
    assert b'"read"' not in there.ask(PATHS["chat"], HI["chat"]).body


def test_a_request_passes_a_broken_guard_only_where_reads_are_open() -> None:
    for opens, status in ((Fail.CLOSED, 403), (Fail.OPEN, 200)):
        there = house(HONEST["chat"], on_error=OnError(read=opens))
        there.guard.admit = _breaks  # type: ignore[assignment, method-assign]  # what breaks is what is tested
        assert there.ask(PATHS["chat"], HI["chat"]).status == status


def _breaks(*_: object) -> Any:
    raise _BrokenError("out of luck")
