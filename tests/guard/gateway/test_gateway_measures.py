"""Each answer is summed up on one line of the log: the time the model took, how much it said, whether it refused."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from gatekeeping import CANARY, EVIL, House, event, house

from accord.core.guard import Decision, Outcome
from accord.guard.gateway.heard import Heard, refuses
from accord.guard.gateway.judging import Judged
from accord.guard.gateway.log import DecisionLog, line
from accord.guard.monitor.entries import Entry, entries
from accord.guard.monitor.watching import counted

CHAT = "/v1/chat/completions"
HI: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
CALL = {"id": "1", "type": "function", "function": {"name": "read", "arguments": "{}"}}
CALLING = {"choices": [{"index": 0, "message": {"role": "assistant", "content": None, "tool_calls": [CALL]}}]}
SORRY = "I’m sorry, but I can’t help with that."


def whole(text: str) -> dict[str, Any]:
    return {"choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}]}


def streamed(*parts: str, key: str = "content") -> list[bytes]:
    told = [event({"choices": [{"index": 0, "delta": {key: part}}]}) for part in parts]
    return [*told, event({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}), b"data: [DONE]\n\n"]


def logged(there: House, path: Path, *bodies: Any, route: str = CHAT) -> list[Entry]:
    there.app.log = DecisionLog(path)
    for body in bodies:
        there.ask(route, body)
    there.app.log.close()
    found = [entry for entry in entries(path) if entry is not None]
    assert len(found) == len(path.read_bytes().splitlines())
    return found


def test_a_whole_answer_is_summed_up_once(tmp_path: Path) -> None:
    found = logged(house(whole("All is well.")), tmp_path / "log", HI)
    assert [one.sums_up for one in found] == [False, True]
    last = found[-1]
    assert (last.kind, last.outcome.value, last.size, last.refusal) == ("answer", "allow", 12, False)
    assert last.model == "m"
    assert last.upstream is not None
    assert last.seconds is not None
    assert counted(found)["answer-size"] == counted(found)["guard-seconds"] == counted(found)["withheld"] == 1


def test_a_streamed_answer_is_summed_up_before_it_ends(tmp_path: Path) -> None:
    there = house(stream=streamed("I'm sor", "ry, but I can", "not do that."))
    log = DecisionLog(tmp_path / "log")
    there.app.log = log
    answer = there.ask(CHAT, {**HI, "stream": True})
    log.close()
    assert answer.body.endswith(b"[DONE]\n\n")
    last = list(entries(tmp_path / "log"))[-1]
    assert last is not None
    assert (last.size, last.refusal) == (32.0, True)


def test_what_was_withheld_is_told_by_the_sum_and_shown_by_no_text(tmp_path: Path) -> None:
    found = logged(house(whole(f"it is {CANARY}")), tmp_path / "log", HI)
    assert [(one.kind, one.outcome.value, one.sums_up) for one in found] == [
        ("request", "allow", False), ("answer", "block", False), ("answer", "block", True),
    ]  # fmt: skip
    assert found[2].code == found[1].code
    assert len({one.decision for one in found}) == 3
    assert CANARY not in (tmp_path / "log").read_text("utf-8")


def test_a_blocked_request_and_an_embedding_have_no_answer_to_measure(tmp_path: Path) -> None:
    evil = {"messages": [{"role": "user", "content": EVIL}]}
    assert not any(one.sums_up for one in logged(house(whole("x")), tmp_path / "log", evil))
    vectors = {"object": "list", "data": [{"index": 0, "embedding": [0.1]}], "model": "e"}
    asked = {"model": "e", "input": "hi"}
    assert not any(one.sums_up for one in logged(house(vectors), tmp_path / "other", asked, route="/v1/embeddings"))


def test_reasoning_and_calls_are_not_what_was_said(tmp_path: Path) -> None:
    call = {"id": "1", "type": "function", "function": {"name": "read", "arguments": "{}"}}
    message = {"role": "assistant", "content": None, "reasoning_content": "I cannot see", "tool_calls": [call]}
    body = {"choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}]}
    last = logged(house(body), tmp_path / "log", HI)[-1]
    assert (last.size, last.refusal) == (0.0, False)


def test_a_refusal_that_the_form_itself_marks_is_one(tmp_path: Path) -> None:
    body = {"choices": [{"index": 0, "message": {"role": "assistant", "content": None, "refusal": "No."}}]}
    assert logged(house(body), tmp_path / "log", HI)[-1].refusal is True
    assert logged(house(stream=streamed("No.", key="refusal")), tmp_path / "s", {**HI, "stream": True})[-1].refusal


def test_the_other_forms_are_measured_too(tmp_path: Path) -> None:
    said = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": SORRY}]}
    responses = house({"id": "r", "output": [said], "status": "completed"})
    last = logged(responses, tmp_path / "r", {"model": "m", "input": "hi"}, route="/v1/responses")[-1]
    assert (last.size, last.refusal) == (len(SORRY), True)
    messages = house({"type": "message", "role": "assistant", "content": [{"type": "text", "text": "Nein."}]})
    asked = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}
    last = logged(messages, tmp_path / "m", asked, route="/v1/messages")[-1]
    assert (last.size, last.refusal) == (5, False)


@pytest.mark.parametrize(
    "text",
    [
        SORRY,
        "I cannot assist with this request.",
        "  **I'm unable to** share that.",
        "Es tut mir leid, aber dabei kann ich nicht helfen.",
        "Désolé, mais je ne peux pas vous aider.",
        "Lo siento, no puedo ayudarte con eso.",
        "К сожалению, я не могу помочь.",
        "抱歉，我无法提供这些信息。",
        "申し訳ありませんが、お手伝いできません。",
        "죄송하지만 도와드릴 수 없습니다.",
        "عذراً، لا يمكنني المساعدة.",
    ],
)
def test_refusals_are_known_in_many_languages(text: str) -> None:
    assert refuses(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "I'm sorry to hear that! Try this:",
        "Sorry for the delay, here it is.",
        "You can't park there.",
        "Nein.",
        "很好",
    ],
)
def test_what_only_sounds_alike_is_no_refusal(text: str) -> None:
    assert not refuses(text)


def test_measuring_an_answer_takes_microseconds() -> None:
    refuses("warm")
    began = time.perf_counter()
    for _ in range(2_000):
        heard = Heard()
        heard.said("content", SORRY)
        json.dumps([heard.size, heard.refusal])
    assert (time.perf_counter() - began) / 2_000 < 100e-6  # about 8 µs; the bound leaves room for a busy machine


def test_a_decision_that_stands_for_a_guard_that_failed_says_what_was_in_force(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("oh")

    for name, body in (("admit", whole("x")), ("release", whole("x")), ("authorise", CALLING)):
        there = house(body)
        monkeypatch.setattr(there.guard, name, broken)
        stopped = [one for one in logged(there, tmp_path / name, HI) if one.outcome.stops]
        assert stopped, name
        for one in stopped:
            assert (one.code, one.policy, one.rules) == ("ACC-E760", *there.guard.digests)
            assert one.where
            assert any(one.path)


@pytest.mark.parametrize(
    "now",
    [0.0, 0.9994, 0.9999999, 1_700_000_000.0, 1_700_000_059.999, 1_795_000_000.5, 4_102_444_799.25],
    ids=["first", "below", "next", "whole", "last", "half", "far"],
)
def test_the_time_of_a_line_is_told_to_the_millisecond(now: float) -> None:
    judged = Judged("request", Decision(id="d", outcome=Outcome.ALLOW))
    said = json.loads(line(judged, {}, str, now))["time"]
    assert said == datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
