"""A campaign as a log of inspect_ai and as a hit log of garak: one sample a trial, one line a hit, as a stream."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.case.importers.run import Wanted, imported
from accord.core.campaign import Campaign
from accord.core.case import Case
from accord.core.trial import Message, ToolCall
from accord.report import campaign_hitlog, campaign_inspect
from accord.report.campaign_outline import Said

from . import campaigns

OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
STOPS = {"stop", "max_tokens", "model_length", "tool_calls", "content_filter", "unknown"}


def log_of(told: tuple[Said, ...], campaign: Campaign | None = None) -> dict[str, Any]:
    pieces = campaign_inspect.pieces(campaign or campaigns.campaign(), told, samples=len(told))
    log: dict[str, Any] = json.loads("".join(pieces))
    return log


def hits_of(told: tuple[Said, ...]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in campaign_hitlog.pieces(campaigns.campaign(), told)]


def with_messages(said: Said, *messages: Message) -> Said:
    return said._replace(transcript=replace(said.transcript, messages=messages))


def test_the_head_of_a_log_has_what_inspect_reads_before_the_samples() -> None:
    log = log_of(campaigns.said())
    assert list(log) == ["version", "status", "eval", "plan", "results", "stats", "samples"]
    assert (log["version"], log["status"]) == (2, "success")
    assert {"created", "task", "dataset", "model", "config"} <= log["eval"].keys()
    assert log["eval"]["dataset"]["samples"] == len(log["samples"]) == log["results"]["total_samples"] == 6
    started, ended = (datetime.fromisoformat(log["stats"][key]) for key in ("started_at", "completed_at"))
    assert (ended - started).total_seconds() == campaigns.campaign().seconds
    means = {one["name"]: one["metrics"]["mean"]["value"] for one in log["results"]["scores"]}
    assert means == {"broke": pytest.approx(6 / 130, abs=1e-6), "served": 1.0}


def test_a_campaign_that_stopped_is_a_log_that_was_cancelled() -> None:
    assert log_of((), campaigns.campaign(stopped="the budget is spent"))["status"] == "cancelled"


def test_every_trial_is_a_sample_with_a_score_where_it_was_decided() -> None:
    samples = log_of(campaigns.said())["samples"]
    assert len({(sample["id"], sample["epoch"]) for sample in samples}) == 6
    scores = [{name: score["value"] for name, score in sample["scores"].items()} for sample in samples]
    assert scores == [
        {"outcome": "broke", "broke": 1},
        {"outcome": "held", "broke": 0},
        {"outcome": "unsure"},
        {"outcome": "error"},
        {"outcome": "served", "served": 1},
        {"outcome": "not-served", "served": 0},
    ]
    assert [bool(sample.get("error")) for sample in samples] == [False, False, False, True, False, False]


def test_a_sample_has_the_messages_in_the_shape_of_inspect() -> None:
    sample = log_of(campaigns.said())["samples"][0]
    assert [message["role"] for message in sample["messages"]] == [
        "system", "tool", "user", "assistant", "user", "assistant",
    ]  # fmt: skip
    assert sample["input"] == sample["messages"][:3]
    assert sample["messages"][1]["metadata"] == {"channel": "retrieval", "name": "faq.md"}
    (call,) = sample["messages"][3]["tool_calls"]
    assert (call["type"], call["function"]) == ("function", "send_email")
    assert call["arguments"]["body"] == campaigns.CANARY
    assert {"message", "traceback", "traceback_ansi"} == log_of(campaigns.said())["samples"][3]["error"].keys()
    assert sample["metadata"]["tries"][0]["status"] == 429


@pytest.mark.parametrize("stopped", [None, "stop", "length", "content_filter", "tool_calls", "something else"])
def test_every_end_of_an_answer_is_a_reason_that_inspect_knows(stopped: str | None) -> None:
    first = campaigns.said()[0]
    told = first._replace(transcript=replace(first.transcript, stopped=stopped))
    assert log_of((told,))["samples"][0]["output"]["choices"][0]["stop_reason"] in STOPS


def test_a_trial_in_which_nothing_was_said_is_a_sample_all_the_same() -> None:
    sample = log_of((with_messages(campaigns.said()[3]),))["samples"][0]
    assert (sample["messages"], sample["input"], sample["output"]["choices"]) == ([], [], [])


def test_huge_answers_arguments_and_conversations_are_cut_with_a_mark() -> None:
    long = Message(role="assistant", content="x" * 5_000_000, tool_calls=(ToolCall(name="t", args={"a": "y" * 10**6}),))
    told = with_messages(campaigns.said()[0], *[replace(long, tool_calls=long.tool_calls)] * 3)
    text = "".join(campaign_inspect.pieces(campaigns.campaign(), [told], samples=1))
    assert len(text) < 1_000_000
    sample = json.loads(text)["samples"][0]
    assert sample["messages"][0]["content"].endswith("…")
    assert "cut" in sample["messages"][0]["tool_calls"][0]["arguments"]
    many = with_messages(told, *[Message(role="user", content="again")] * 1_000)
    assert log_of((many,))["samples"][0]["metadata"]["cut"] == 744


def test_samples_are_written_as_they_come() -> None:
    taken: list[int] = []

    def slowly() -> Any:
        for number, said in enumerate(campaigns.said()):
            taken.append(number)
            yield said

    pieces = campaign_inspect.pieces(campaigns.campaign(), slowly(), samples=6)
    next(pieces)
    assert taken == []
    next(pieces)
    assert taken == [0]


@given(st.text(max_size=80) | st.sampled_from(["\x1b]0;x\x07", "\u202eevil", "\x7f\x9b", "\U000e0041"]))
def test_exports_say_the_same_and_hold_nothing_that_a_terminal_obeys(hostile: str) -> None:
    hostile = hostile.encode("utf-8", "ignore").decode()
    told = with_messages(campaigns.said()[0], Message(role="user", content=hostile), Message(role="assistant"))
    text = "".join(campaign_inspect.pieces(campaigns.campaign(), [told], samples=1))
    line = "".join(
        campaign_hitlog.pieces(campaigns.campaign(), [told._replace(result=replace(told.result, message=1))])
    )
    assert not OBEYED.search(text + line)
    assert json.loads(text)["samples"][0]["messages"][0]["content"] == hostile
    assert json.loads(line)["prompt"]["turns"][0]["content"]["text"] == hostile


def test_only_attacks_that_broke_the_system_are_hits() -> None:
    (hit,) = hits_of(campaigns.said())
    assert {"goal", "prompt", "output", "triggers", "score", "run_id", "attempt_id", "attempt_seq", "attempt_idx"} | {
        "generator", "probe", "detector", "generations_per_prompt",
    } == hit.keys()  # fmt: skip
    assert (hit["probe"], hit["score"], hit["triggers"]) == ("accord.case-000", 1.0, [campaigns.CANARY])
    assert [turn["role"] for turn in hit["prompt"]["turns"]] == ["system", "user", "user"]
    assert hit["prompt"]["turns"][1]["content"]["notes"] == {"channel": "retrieval", "name": "faq.md"}
    assert "send_email(to=office@example.org" in hit["output"]["text"]


def test_a_hit_that_names_no_message_ends_with_the_last_answer() -> None:
    first = campaigns.said()[0]
    (hit,) = hits_of((first._replace(result=replace(first.result, message=None, span="")),))
    assert (len(hit["prompt"]["turns"]), hit["triggers"]) == (5, None)
    assert hits_of((with_messages(first),))[0]["output"]["text"] == ""


def test_a_hit_comes_back_as_a_case_that_asks_the_same(tmp_path: Path) -> None:
    path = tmp_path / "campaign.hitlog.jsonl"
    path.write_text("".join(campaign_hitlog.pieces(campaigns.campaign(), campaigns.said())), encoding="utf-8")
    (case,) = imported(Wanted(path=path, form="garak"))
    assert isinstance(case, Case)
    texts = [step.deliver.text if step.deliver else str(step.ask) for step in case.steps]
    assert any("When do you open?" in text for text in texts)
    assert case.broke.says == campaigns.CANARY
