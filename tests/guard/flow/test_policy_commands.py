"""`accord guard policy draft` and `test`, as a user runs them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from accord.cli.guard_policy import command
from accord.core.case import Case, Condition, ProofTranscripts, Step
from accord.core.errors import ManifestError
from accord.core.finding import Severity
from accord.core.guard import GuardPolicy, GuardTool
from accord.core.trial import Message, ToolCall
from accord.guard.flow.proving import proved, stops
from accord.record.codec import load

NOW = datetime(2026, 1, 1, tzinfo=UTC)
MANIFEST = """
accord: 1
system: {id: desk, name: Desk, version: 1.0.0, purpose: answers, kind: [agent]}
owners: {system-owner: a@example.org}
components:
  tools:
    - {id: refund, does: pay, args: {amount: amount, target: order_id}}
    - {id: look_up_order, does: read-private}
    - {id: frobnicate}
  retrieval: [{id: kb}]
"""
POLICY = GuardPolicy(
    guard=1, tools=(GuardTool(name="send_mail", does="send-message", args={"recipient": "to", "content": "body"}),)
)


@pytest.fixture
def drafted(tmp_path: Path) -> Path:
    (tmp_path / "accord.yaml").write_text(MANIFEST, "utf-8")
    out = tmp_path / "guard.yaml"
    result = CliRunner().invoke(command, ["draft", str(tmp_path), "--out", str(out)])
    assert result.exit_code == 0, result.output
    assert "frobnicate" in result.stderr
    return out


def test_a_draft_is_a_policy_that_loads_and_asks_for_what_is_final(drafted: Path) -> None:
    policy = load(drafted, GuardPolicy, shown="guard.yaml")
    tools = {tool.name: tool for tool in policy.tools}
    assert tools["refund"].approval == "human"
    assert tools["look_up_order"].approval is None
    assert policy.sources[0].match == "retrieval:kb*"


def test_a_draft_overwrites_nothing_unasked(drafted: Path) -> None:
    result = CliRunner().invoke(command, ["draft", str(drafted.parent), "--out", str(drafted)])
    assert result.exit_code == 2


def sent(to: str, *before: Message) -> tuple[Message, ...]:
    call = ToolCall(name="send_mail", args={"to": to, "body": "hello"})
    return (*before, Message(role="assistant", tool_calls=(call,)))


def test_a_case_is_stopped_and_its_control_served() -> None:
    asked = Message(role="user", content="Send a mail to bob@work.example")
    case = Case(
        case=1,
        name="mail-to-a-stranger",
        summary="s",
        severity=Severity.HIGH,
        steps=(Step(ask="hello"),),
        broke=Condition(says="x"),
        proof=ProofTranscripts(broke=sent("eve@evil.example", asked), control=sent("bob@work.example", asked)),
    )
    proof = proved(POLICY, case, now=NOW)
    assert (proof.stopped, proof.served) == (True, True)
    assert [one.ruling.code for one in proof.calls] == ["ACC-E716", ""]


def request(to: str) -> str:
    arguments = json.dumps({"to": to, "body": "hi"})
    call = {"id": "c1", "type": "function", "function": {"name": "send_mail", "arguments": arguments}}
    messages = [
        {"role": "user", "content": [{"type": "text", "text": "Send a mail to bob@work.example"}]},
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "c1", "content": "sent"},
    ]
    return json.dumps({"model": "m", "messages": messages})


def test_traffic_shows_what_would_have_been_stopped(tmp_path: Path, drafted: Path) -> None:
    found = list(stops(POLICY, [request("bob@work.example"), "", request("eve@evil.example")], path="log", now=NOW))
    assert [(one.where, one.ruling.outcome.stops) for one in found] == [("log:1[1]", False), ("log:3[1]", True)]
    log = tmp_path / "log.jsonl"
    log.write_text(request("eve@evil.example"), "utf-8")
    result = CliRunner().invoke(command, ["test", str(drafted), "--traffic", str(log), "--format", "json"])
    assert result.exit_code == 0, result.output
    assert [one["tool"] for one in json.loads(result.output)["stopped"]] == ["send_mail"]


@pytest.mark.parametrize("line", ["nonsense", "[]", "{}", '{"messages": 3}', "[" * 10_000])
def test_a_line_that_is_no_request_is_named(line: str) -> None:
    with pytest.raises(ManifestError) as caught:
        list(stops(POLICY, [line], path="log", now=NOW))
    assert caught.value.code == "ACC-E724"


@pytest.mark.parametrize(
    "messages",
    [[3], [{"role": "assistant", "tool_calls": [{"function": {"name": "x", "arguments": "{"}}]}], [{"role": "tool"}]],
)
def test_odd_messages_are_ruled_on_all_the_same(messages: list[object]) -> None:
    list(stops(POLICY, [json.dumps({"messages": messages})], path="log", now=NOW))
