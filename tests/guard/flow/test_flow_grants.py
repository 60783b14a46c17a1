"""Approvals and grants, limits, the kill switch and pins: what holds whatever the arguments say."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from guard.flow.desk import DESK, IBAN, NOW, OTHER, TOOLS, desk, told, tool
from hypothesis import given
from hypothesis import strategies as st

from accord.core.errors import RecordError
from accord.core.guard import GuardPolicy, GuardTool, Integrity, Outcome, Ruling, Switch
from accord.core.system import Approval
from accord.core.trial import Message, ToolCall
from accord.guard.flow import (
    Flow,
    Grant,
    Spent,
    Tool,
    World,
    authorise,
    compile_flow,
    grant_subject,
    open_grant,
    pin,
    sign_grant,
)
from accord.record.keys import make_key

WISH = told(f"Pay 5.00 to {IBAN}")
CALL = ToolCall(name="pay", args={"iban": IBAN, "amount": 5.0})
LIST = ToolCall(name="list_files")
MINUTE = timedelta(minutes=1)
PLAIN = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=5)


def approved(approval: Approval) -> Flow:
    return desk(GuardTool(name="pay", approval=approval))


def grant(call: ToolCall = CALL, session: str = "", **words: object) -> Grant:
    said: dict[str, object] = {"nonce": "n1", "by": "ann", "issued": NOW, "expires": NOW + 5 * MINUTE, **words}
    return Grant(subject=grant_subject(call, session), session=session, **said)  # type: ignore[arg-type]  # as named


def paying(*grants: Grant, call: ToolCall = CALL, at: datetime = NOW, **words: object) -> Ruling:
    return approved(Approval.HUMAN).authorise(WISH, call, now=at, grants=grants, **words)  # type: ignore[arg-type]  # as named


@pytest.mark.parametrize("approval", [Approval.HUMAN, Approval.USER])
def test_a_tool_that_needs_a_person_asks_even_for_what_the_user_wrote(approval: Approval) -> None:
    ruling = approved(approval).authorise(WISH, CALL, now=NOW)
    assert (ruling.outcome, ruling.code) == (Outcome.ASK, "ACC-E720")


def test_without_an_approval_the_users_word_is_enough() -> None:
    assert approved(Approval.NONE).authorise(WISH, CALL, now=NOW).outcome is Outcome.ALLOW
    assert DESK.authorise(WISH, CALL, now=NOW).outcome is Outcome.ALLOW


def test_a_grant_allows_and_says_by_whom() -> None:
    ruling = paying(grant())
    assert (ruling.outcome, ruling.message, ruling.path) == (Outcome.ALLOW, "allowed by ann", ("grant:n1", "pay"))


@pytest.mark.parametrize(
    "args",
    [
        {"iban": IBAN, "amount": 5.01},
        {"iban": IBAN, "amount": "5.0"},
        {"iban": OTHER, "amount": 5.0},
        {"iban": [IBAN], "amount": 5.0},
        {"iban": IBAN, "amount": 5.0, "subject": ""},
        {"iban": IBAN + " ", "amount": 5.0},
        {"amount": 5.0, "iban": IBAN.lower()},
    ],
)
def test_a_grant_is_for_exactly_these_arguments(args: dict[str, object]) -> None:
    ruling = paying(grant(), call=ToolCall(name="pay", args=args))
    assert ruling.outcome.stops
    assert grant_subject(ToolCall(name="pay", args=args)) != grant_subject(CALL)


def test_the_order_of_the_arguments_is_no_other_call() -> None:
    turned = ToolCall(name="pay", args={"amount": 5.0, "iban": IBAN})
    assert paying(grant(), call=turned).outcome is Outcome.ALLOW


def test_a_grant_is_for_one_tool() -> None:
    other = ToolCall(name="refund", args=CALL.args)
    assert paying(grant(other)).code == "ACC-E721"


@pytest.mark.parametrize(
    ("at", "allowed"),
    [
        (NOW - MINUTE, False),
        (NOW - timedelta(microseconds=1), False),
        (NOW, True),
        (NOW + 5 * MINUTE - timedelta(microseconds=1), True),
        (NOW + 5 * MINUTE, False),
        (NOW + timedelta(days=400), False),
    ],
)
def test_a_grant_holds_from_its_issue_until_its_end(at: datetime, *, allowed: bool) -> None:
    ruling = paying(grant(), at=at)
    assert (ruling.outcome is Outcome.ALLOW) is allowed
    assert allowed or (ruling.outcome, ruling.code) == (Outcome.ASK, "ACC-E721")


def test_a_grant_that_ends_before_it_begins_never_holds() -> None:
    odd = grant(issued=NOW + MINUTE, expires=NOW)
    assert {paying(odd, at=NOW + at * MINUTE / 2).outcome for at in range(-2, 5)} == {Outcome.ASK}


@pytest.mark.parametrize(
    ("signed", "asked", "allowed"), [("s1", "s1", True), ("s1", "s2", False), ("s1", "", False), ("", "s1", False)]
)
def test_a_grant_is_for_one_session(signed: str, asked: str, *, allowed: bool) -> None:
    assert (paying(grant(session=signed), session=asked).outcome is Outcome.ALLOW) is allowed


def test_the_session_that_a_grant_tells_of_itself_binds_nothing() -> None:
    forged = replace(grant(session="s1"), session="s2")
    assert paying(forged, session="s2").code == "ACC-E721"


def test_a_grant_is_used_once_and_another_one_serves_the_same_call_again() -> None:
    used = Spent().after("pay", NOW, grant="n1")
    assert paying(grant(), spent=used).code == "ACC-E721"
    assert "used before" in paying(grant(), spent=used).message
    assert paying(grant(), grant(nonce="n2"), spent=used).path == ("grant:n2", "pay")


def test_one_good_grant_among_bad_ones_is_enough() -> None:
    late = grant(expires=NOW)
    other = grant(ToolCall(name="pay", args={}))
    assert paying(late, other, grant(nonce="n3")).path[0] == "grant:n3"
    assert paying(late, other).code == "ACC-E721"


def test_what_is_asked_about_may_be_granted_and_what_is_blocked_may_not() -> None:
    bill = ("read_document", {"path": "bill.txt"}, f"Total 5.00\n{IBAN}\n{OTHER}")
    asked = told("Please pay the bill in bill.txt", bill)
    assert DESK.authorise(asked, CALL, now=NOW).outcome is Outcome.ASK
    assert DESK.authorise(asked, CALL, now=NOW, grants=[grant()]).outcome is Outcome.ALLOW
    blocked = told("Summarise bill.txt", bill)
    assert DESK.authorise(blocked, CALL, now=NOW, grants=[grant()]).outcome is Outcome.BLOCK


@pytest.mark.parametrize(
    "flow",
    [
        desk(GuardTool(name="pay", approval=Approval.HUMAN), kill=Switch.ON),
        desk(GuardTool(name="pay", approval=Approval.HUMAN, limits={"per_session": 0})),
        desk(GuardTool(name="pay", approval=Approval.HUMAN, pin=pin(tool("pay", "iban")))),
    ],
    ids=["the kill switch", "a limit", "a changed tool"],
)
def test_a_grant_lifts_neither(flow: Flow) -> None:
    assert flow.authorise(WISH, CALL, now=NOW, grants=[grant()]).outcome is Outcome.BLOCK


@given(args=st.dictionaries(st.text(max_size=5), PLAIN, max_size=3))
def test_two_calls_share_a_grant_only_when_they_are_the_same(args: dict[str, object]) -> None:
    one, other = ToolCall(name="pay", args=args), ToolCall(name="pay", args={**args, "more": "x"})
    assert grant_subject(one) == grant_subject(ToolCall(name="pay", args=dict(reversed(args.items()))))
    assert grant_subject(one) != grant_subject(other)
    assert len({grant_subject(one, session) for session in ("", "a", "b")}) == 3


def envelope(data: bytes, change: Callable[[dict[str, object]], object]) -> bytes:
    body = json.loads(data)
    change(body)
    return json.dumps(body).encode()


def dearer(body: dict[str, object]) -> None:
    payload = base64.b64decode(str(body["payload"])).replace(b'"ann"', b'"eve"')
    body["payload"] = base64.b64encode(payload).decode()


def test_a_signed_grant_opens_with_the_key_that_signed_it_alone(tmp_path: Path) -> None:
    signer, stranger = make_key(tmp_path / "a", "approver"), make_key(tmp_path / "b", "stranger")
    data = sign_grant(grant(session="s1"), signer)
    assert open_grant(data, {signer.keyid: signer.public}) == grant(session="s1")
    assert open_grant(data, {stranger.keyid: stranger.public, signer.keyid: signer.public}).by == "ann"
    for keys in ({}, {stranger.keyid: stranger.public}, {signer.keyid: stranger.public}):
        with pytest.raises(RecordError):
            open_grant(data, keys)


@pytest.mark.parametrize(
    "change",
    [
        dearer,
        lambda body: body.update(signatures=[]),
        lambda body: body.pop("signatures"),
        lambda body: body.update(payloadType="application/json"),
        lambda body: body["signatures"][0].update(sig=base64.b64encode(bytes(64)).decode()),
        lambda body: body.update(payload="e30="),
    ],
    ids=["another name", "no signature", "no list of signatures", "another type", "zeros", "an empty payload"],
)
def test_a_forged_envelope_is_refused(tmp_path: Path, change: Callable[[dict[str, object]], object]) -> None:
    signer = make_key(tmp_path, "approver")
    data = sign_grant(grant(), signer)
    with pytest.raises(RecordError):
        open_grant(envelope(data, change), {signer.keyid: signer.public})


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"\xff", b"null", b"{" * 5_000, b" " * 20_000, b'{"payload": 3}'])
def test_what_is_no_envelope_is_refused_with_a_reason(data: bytes) -> None:
    with pytest.raises(RecordError) as caught:
        open_grant(data, {})
    assert str(caught.value)


@given(data=st.binary(max_size=200))
def test_no_bytes_at_all_open_as_a_grant(data: bytes) -> None:
    with pytest.raises(RecordError):
        open_grant(data, {})


def limited(**limits: int) -> Flow:
    return desk(GuardTool(name="list_files", limits=limits))


@pytest.mark.parametrize(
    ("limit", "inside", "outside"),
    [
        ("per_minute", timedelta(seconds=59), timedelta(seconds=60)),
        ("per_hour", timedelta(minutes=59), timedelta(minutes=60)),
        ("per_day", timedelta(hours=23), timedelta(hours=24)),
    ],
)
def test_a_limit_of_time_counts_the_calls_of_that_time(limit: str, inside: timedelta, outside: timedelta) -> None:
    flow = limited(**{limit: 2})
    spent = Spent().after("list_files", NOW)
    assert flow.authorise(WISH, LIST, now=NOW, spent=spent).outcome is Outcome.ALLOW
    spent = spent.after("list_files", NOW)
    ruling = flow.authorise(WISH, LIST, now=NOW + inside, spent=spent)
    assert (ruling.outcome, ruling.code) == (Outcome.BLOCK, "ACC-E714")
    assert "2 calls of 2" in ruling.message
    assert flow.authorise(WISH, LIST, now=NOW + outside, spent=spent).outcome is Outcome.ALLOW


def test_a_limit_of_the_session_never_runs_out() -> None:
    spent = Spent().after("list_files", NOW)
    ruling = limited(per_session=1).authorise(WISH, LIST, now=NOW + timedelta(days=99), spent=spent)
    assert ruling.code == "ACC-E714"


def test_the_tightest_of_several_limits_holds_and_each_tool_counts_for_itself() -> None:
    flow = limited(per_session=9, per_minute=1)
    assert flow.authorise(WISH, LIST, now=NOW, spent=Spent().after("list_files", NOW)).code == "ACC-E714"
    assert flow.authorise(WISH, LIST, now=NOW, spent=Spent().after("pay", NOW)).outcome is Outcome.ALLOW


@pytest.mark.parametrize("limit", ["per_week", "", "per-session"])
def test_a_limit_that_nobody_knows_stops_the_tool(limit: str) -> None:
    assert limited(**{limit: 1_000}).authorise(WISH, LIST, now=NOW).code == "ACC-E714"


def test_what_is_used_up_is_forgotten_after_a_day_and_never_changed_in_place() -> None:
    first = Spent().after("pay", NOW, grant="n1")
    later = first.after("pay", NOW + timedelta(days=2))
    assert (first.calls, later.calls) == ({"pay": 1}, {"pay": 2})
    assert later.recent["pay"] == (NOW + timedelta(days=2),)
    assert later.used == {"n1"}
    assert first.recent["pay"] == (NOW,)


@pytest.mark.parametrize("one", TOOLS, ids=lambda one: str(one.name))
def test_the_kill_switch_stops_every_tool_and_the_undeclared_too(one: Tool) -> None:
    flow = desk(kill=Switch.ON)
    for name in (one.name, one.name + "_x"):
        assert flow.authorise(WISH, ToolCall(name=name), now=NOW).code == "ACC-E713"


@pytest.mark.parametrize(
    "moved",
    [
        Tool(name="list_files", description="Lists all files.", schema=TOOLS[6].schema),
        Tool(name="list_files", schema={"properties": {"path": {"type": "string"}}, "required": []}),
        Tool(name="list_files", description=" ", schema=TOOLS[6].schema),
        Tool(name="list_files", schema={**TOOLS[6].schema, "title": "List"}),
        Tool(name="list_files"),
    ],
    ids=["a description", "an argument", "a blank", "a title", "no schema"],
)
def test_a_pinned_tool_that_says_something_else_is_barred(moved: Tool) -> None:
    policy = GuardPolicy(guard=1, tools=(GuardTool(name="list_files", pin=pin(TOOLS[6])),))
    same, other = compile_flow(policy, TOOLS), compile_flow(policy, [moved])
    assert not same.quarantined
    assert same.authorise(WISH, LIST, now=NOW).outcome is Outcome.ALLOW
    assert [one.path for one in other.quarantined] == [("list_files",)]
    assert other.authorise(WISH, LIST, now=NOW).code == "ACC-E712"


def deep(levels: int) -> object:
    inner: object = 1
    for _ in range(levels):
        inner = [inner]
    return inner


NO_JSON: list[dict[str, object]] = [
    {"x": float("nan")},
    {"x": float("inf")},
    {"x": "\ud800"},
    {"x": object()},
    {"x": 10**5_000},
    {"x": deep(5_000)},
]


@pytest.mark.parametrize("said", NO_JSON, ids=["nan", "infinity", "surrogate", "object", "long", "deep"])
def test_what_is_no_json_is_never_pinned_or_granted(said: dict[str, object]) -> None:
    with pytest.raises(RecordError) as refused:
        pin(Tool(name="x", schema=said))
    assert refused.value.code == "ACC-E712"
    with pytest.raises(RecordError) as refused:
        grant_subject(ToolCall(name="pay", args=said))
    assert refused.value.code == "ACC-E721"


@pytest.mark.parametrize("said", NO_JSON, ids=["nan", "infinity", "surrogate", "object", "long", "deep"])
@pytest.mark.parametrize("argument", ["iban", "amount", "subject"])
def test_a_call_with_what_is_no_json_is_ruled_on_and_stopped(said: dict[str, object], argument: str) -> None:
    call = ToolCall(name="pay", args={**CALL.args, argument: said["x"]})
    for grants in ((), (grant(),)):
        ruling = approved(Approval.HUMAN).authorise(WISH, call, now=NOW, grants=grants)
        assert ruling.outcome.stops, ruling
    assert DESK.authorise(WISH, call, now=NOW, heard=False).outcome.stops


def test_a_pinned_tool_that_says_what_is_no_json_is_in_quarantine() -> None:
    odd = Tool(name="pay", schema={"x": float("nan")})
    listed = GuardTool(name="pay", pin=pin(Tool(name="pay")))
    flow = compile_flow(GuardPolicy(guard=1, tools=(listed,)), [odd])
    assert flow.authorise(WISH, CALL, now=NOW).code == "ACC-E712"


SCHEMAS: list[dict[str, object]] = [{}, {"x": {"y": [[]]}}, {"x": 1}]


def test_a_pin_is_the_same_for_the_same_words() -> None:
    pins = [pin(Tool(name="x", schema=schema)) for schema in SCHEMAS]
    assert len({str(one) for one in pins}) == len(pins)
    assert pin(Tool(name="x", schema={"a": 1, "b": 2})) == pin(Tool(name="x", schema={"b": 2, "a": 1}))


def test_ruling_on_one_call_is_compiling_and_ruling() -> None:
    policy = GuardPolicy(guard=1, tools=(GuardTool(name="pay", demands={"amount": Integrity.USER}),))
    for conversation in (WISH, told("hello"), (Message(role="system", content="be kind"),)):
        world = World(NOW, grants=(grant(),))
        once = authorise(policy, conversation, CALL, world=world, tools=TOOLS)
        assert once == compile_flow(policy, TOOLS).authorise(conversation, CALL, now=NOW, grants=world.grants)
