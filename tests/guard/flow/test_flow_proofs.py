"""A policy drafted from a manifest and proved with cases and recorded traffic, as `accord guard policy` does it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from guard.flow.desk import NOW, told

from accord.cli.guard_policy import command
from accord.core.case import Case, Condition, ProofTranscripts, Step
from accord.core.errors import ManifestError
from accord.core.finding import Severity
from accord.core.guard import GuardPolicy, GuardTool, Outcome
from accord.core.trial import Message, ToolCall
from accord.guard.flow import compile_flow
from accord.guard.flow.proving import proved, ruled, stops, summary
from accord.record.codec import load

BOB, EVE = "bob@work.example", "eve@evil.example"
POLICY = GuardPolicy(guard=1, tools=(GuardTool(name="send_mail"), GuardTool(name="list_files")))
HEAD = """
accord: 1
system: {id: desk, name: Desk, version: 1.0.0, purpose: answers, kind: [agent]}
owners: {system-owner: a@example.org}
components:
"""
ASKED = Message(role="user", content=f"Send a mail to {BOB}")


def calling(*names: str, to: str = EVE) -> Message:
    args = {"to": to, "body": "hi"}
    return Message(role="assistant", tool_calls=tuple(ToolCall(name=name, args=args) for name in names))


def case(broke: tuple[Message, ...], control: tuple[Message, ...]) -> Case:
    return Case(
        case=1,
        name="a-case",
        summary="s",
        severity=Severity.HIGH,
        steps=(Step(ask="hello"),),
        broke=Condition(says="x"),
        proof=ProofTranscripts(broke=broke, control=control),
    )


def drafted(tmp_path: Path, components: str) -> tuple[GuardPolicy, str]:
    (tmp_path / "accord.yaml").write_text(HEAD + components, "utf-8")
    result = CliRunner().invoke(command, ["draft", str(tmp_path), "--out", str(tmp_path / "guard.yaml")])
    assert result.exit_code == 0, result.output
    return load(tmp_path / "guard.yaml", GuardPolicy, shown="guard.yaml"), result.stderr


@pytest.mark.parametrize(
    ("line", "approval"),
    [
        ("{id: pay_bill}", "human"),
        ("{id: delete_row}", "human"),
        ("{id: run_job}", "human"),
        ("{id: frob, does: pay}", "human"),
        ("{id: frob, effect: irreversible}", "human"),
        ("{id: send_mail}", None),
        ("{id: list_rows}", None),
        ("{id: pay_bill, effect: reversible}", None),
        ("{id: pay_bill, approval: user}", "user"),
        ("{id: list_rows, approval: human}", "human"),
    ],
)
def test_a_draft_asks_a_person_for_what_is_final(tmp_path: Path, line: str, approval: str | None) -> None:
    policy, _ = drafted(tmp_path, f"  tools: [{line}]\n")
    assert [tool.approval for tool in policy.tools] == [approval]


def test_a_draft_keeps_what_the_manifest_says_of_a_tool(tmp_path: Path) -> None:
    line = "{id: refund, does: pay, args: {amount: sum, target: order}, limits: {per_day: 3}, description: Pays back.}"
    policy, said = drafted(tmp_path, f"  tools: [{line}]\n")
    (tool,) = policy.tools
    assert (tool.name, tool.does, dict(tool.args)) == ("refund", "pay", {"amount": "sum", "target": "order"})
    assert (dict(tool.limits), tool.description) == ({"per_day": 3}, "Pays back.")
    assert not said


@pytest.mark.parametrize("name", ["frobnicate", "zap", "x1"])
def test_a_draft_names_the_tools_that_stay_blocked_and_they_do(tmp_path: Path, name: str) -> None:
    policy, said = drafted(tmp_path, f"  tools: [{{id: {name}}}, {{id: list_rows}}]\n")
    assert name in said
    assert "list_rows" not in said
    flow = compile_flow(policy)
    assert flow.authorise(told(name), ToolCall(name=name), now=NOW).code == "ACC-E711"
    assert flow.authorise(told(name), ToolCall(name="list_rows"), now=NOW).outcome is Outcome.ALLOW


def test_a_draft_labels_every_store_as_written_by_strangers_unless_it_says_by_whom(tmp_path: Path) -> None:
    policy, _ = drafted(tmp_path, "  retrieval: [{id: kb}, {id: wiki, writers: [staff]}]\n")
    assert [(one.match, one.writers, one.integrity) for one in policy.sources] == [
        ("retrieval:kb*", ("strangers",), "untrusted"),
        ("retrieval:wiki*", ("staff",), "untrusted"),
    ]


def test_a_draft_goes_to_stdout_where_no_file_is_named_and_over_a_file_when_forced(tmp_path: Path) -> None:
    policy, _ = drafted(tmp_path, "  tools: [{id: list_rows}]\n")
    shown = CliRunner().invoke(command, ["draft", str(tmp_path / "accord.yaml")])
    assert shown.output == (tmp_path / "guard.yaml").read_text("utf-8")
    (tmp_path / "guard.yaml").write_text("old", "utf-8")
    args = ["draft", str(tmp_path), "--out", str(tmp_path / "guard.yaml")]
    assert CliRunner().invoke(command, args).exit_code == 2
    assert (tmp_path / "guard.yaml").read_text("utf-8") == "old"
    assert CliRunner().invoke(command, [*args, "--force"]).exit_code == 0
    assert load(tmp_path / "guard.yaml", GuardPolicy, shown="guard.yaml") == policy


@pytest.mark.parametrize(
    ("broke", "control", "stopped", "served"),
    [
        ((ASKED, calling("send_mail")), (ASKED, calling("send_mail", to=BOB)), True, True),
        ((ASKED, calling("send_mail", to=BOB)), (ASKED, calling("send_mail", to=BOB)), False, True),
        ((ASKED, calling("send_mail")), (ASKED, calling("send_mail")), True, False),
        ((ASKED,), (ASKED, calling("send_mail", to=BOB)), None, True),
        ((ASKED, calling("nobody")), (ASKED,), True, None),
        ((ASKED,), (ASKED,), None, None),
        ((calling("send_mail", to=BOB), ASKED), (ASKED,), True, None),
    ],
    ids=["both", "not stopped", "not served", "no attack", "no control", "neither", "the words come too late"],
)
def test_a_case_is_proved_by_its_own_transcripts(
    broke: tuple[Message, ...], control: tuple[Message, ...], *, stopped: bool | None, served: bool | None
) -> None:
    proof = proved(POLICY, case(broke, control), now=NOW)
    assert (proof.stopped, proof.served) == (stopped, served)
    assert len(proof.calls) == sum(len(one.tool_calls) for one in (*broke, *control))


def test_one_refused_call_of_several_stops_an_attack_and_spoils_a_control() -> None:
    mixed = (ASKED, calling("list_files"), calling("send_mail"))
    flow = compile_flow(POLICY)
    assert [one.ruling.outcome.stops for one in ruled(flow, mixed, "x", now=NOW)] == [False, True]
    assert [one.where for one in ruled(flow, mixed, "x", now=NOW)] == ["x[1]", "x[2]"]
    proof = proved(POLICY, case(mixed, mixed), now=NOW)
    assert (proof.stopped, proof.served) == (True, False)


def request(to: str = BOB, **more: object) -> dict[str, object]:
    function = {"name": "send_mail", "arguments": json.dumps({"to": to, "body": "hi"})}
    call = {"id": "c1", "type": "function", "function": function}
    messages = [{"role": "user", "content": ASKED.content}, {"role": "assistant", "tool_calls": [call]}]
    return {"messages": messages, **more}


def outcomes(*lines: dict[str, object]) -> list[bool]:
    found = stops(POLICY, [json.dumps(line) for line in lines], path="log", now=NOW)
    return [one.ruling.outcome.stops for one in found]


def test_recorded_requests_are_ruled_on_one_by_one() -> None:
    assert outcomes(request(), request(EVE), request()) == [False, True, False]
    assert outcomes({"request": request(EVE)}, {"request": request()}) == [True, False]


@pytest.mark.parametrize("form", ["openai", "bare", "anthropic"])
def test_the_tools_that_a_request_declares_are_the_tools_it_is_ruled_by(form: str) -> None:
    schema = {"properties": {"to": {"type": "string"}}, "required": ["to"]}
    bare = {"name": "send_mail", "parameters": schema}
    tools = {"openai": {"function": bare}, "bare": bare, "anthropic": {"name": "send_mail", "input_schema": schema}}
    found = list(stops(POLICY, [json.dumps(request(tools=[tools[form], 3, {}]))], path="log", now=NOW))
    assert [one.ruling.code for one in found] == ["ACC-E722"]  # `body` is not declared


@pytest.mark.parametrize("arguments", ["{", "[]", "3", "null", 3, None, ["x"], "{" * 50_000])
def test_arguments_that_nobody_can_read_are_stopped(arguments: object) -> None:
    schema = {"properties": {"to": {"type": "string"}, "body": {"type": "string"}}, "required": ["to"]}
    line = request(tools=[{"name": "send_mail", "parameters": schema}])
    line["messages"][1]["tool_calls"][0]["function"]["arguments"] = arguments  # type: ignore[index]  # as built above
    assert outcomes(line) == [True]


@pytest.mark.parametrize(("number", "text"), [(1, "3"), (2, "{}"), (3, '{"messages": {}}'), (4, '{"request": []}')])
def test_a_line_that_is_no_request_is_told_by_its_number(number: int, text: str) -> None:
    lines = [*[json.dumps(request())] * (number - 1), text]
    with pytest.raises(ManifestError, match=f"line {number} ") as caught:
        list(stops(POLICY, lines, path="log", now=NOW))
    assert caught.value.code == "ACC-E724"


def test_the_summary_counts_every_ruling() -> None:
    lines = [json.dumps(one) for one in (request(), request(EVE), request(EVE))]
    total, counts = summary(stops(POLICY, lines, path="log", now=NOW))
    assert (total, counts) == (3, {Outcome.ALLOW: 1, Outcome.ASK: 2})
    assert summary(()) == (0, {})


def test_the_command_prints_what_it_would_have_stopped_and_counts_it(tmp_path: Path) -> None:
    drafted(tmp_path, "  tools: [{id: send_mail}]\n")
    log = tmp_path / "log.jsonl"
    log.write_text("\n".join(json.dumps(one) for one in (request(), request(EVE))), "utf-8")
    args = ["test", str(tmp_path / "guard.yaml"), "--traffic", str(log)]
    text = CliRunner().invoke(command, args)
    assert text.exit_code == 0
    assert "0 cases, 0 not as they should be; 2 recorded calls: 1 allow, 1 ask" in text.output
    assert text.output.count("ask send_mail") == 1
    plain = json.loads(CliRunner().invoke(command, [*args, "--format", "json"]).output)
    assert (plain["calls"], [one["code"] for one in plain["stopped"]]) == (2, ["ACC-E716"])
    assert plain["stopped"][0]["where"].endswith("log.jsonl:2[1]")
