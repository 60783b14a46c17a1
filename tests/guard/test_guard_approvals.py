"""A call that waits for a person: what is asked, what a grant allows, and every way in which it allows nothing."""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from guard.doors.mcp_peers import call, listed

from accord.core.canon import digest
from accord.core.case import Action, EffectPattern
from accord.core.errors import RecordError
from accord.core.guard import Decision, GuardPolicy, GuardRule, GuardTool, Outcome, Switch
from accord.core.system import Approval, Effect, Mode
from accord.core.trial import Message, ToolCall
from accord.guard.approvals import LARGEST, MOST, Approvals
from accord.guard.doors.mcp import McpDoor
from accord.guard.engine import Guard, InForce
from accord.guard.flow import Grant, Tool, grant_subject, sign_grant
from accord.guard.gateway.judging import Judged
from accord.guard.gateway.log import line
from accord.guard.gateway.wiring import Wired
from accord.record.keys import Signer, make_key

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
ACCOUNT = "DE89370400440532013000"
CALL = ToolCall(name="refund", args={"account": ACCOUNT, "amount": 20})
TALK = (Message(role="user", content=f"Please refund 20 to account {ACCOUNT}."),)
TOOL = Tool(
    name="refund",
    description="Pays money back.",
    schema={"type": "object", "properties": {"account": {"type": "string"}, "amount": {"type": "number"}}},
)
LISTED = GuardTool(
    name="refund",
    does="pay",
    effect=Effect.IRREVERSIBLE,
    approval=Approval.HUMAN,
    args={"recipient": "account", "amount": "amount"},
)
POLICY = GuardPolicy(guard=1, tools=(LISTED,))


class Till:
    """A guard with a folder of approvals and a clock that is moved."""

    def __init__(
        self, folder: Path, signer: Signer, policy: GuardPolicy = POLICY, rules: InForce | None = None
    ) -> None:
        self.folder = folder
        self.signer = signer
        self.now = NOW
        self.approvals = Approvals(folder, lambda: {signer.keyid: signer.public})
        self.guard = Wired(Guard(policy, rules), None, lambda: self.now, approvals=self.approvals)

    def ask(self, call: ToolCall = CALL, caller: str = "teller") -> Decision:
        """Have the model call a tool."""
        return self.guard.settled(self.guard.authorise(TALK, call, (TOOL,), caller), call, caller)

    def grant(self, minutes: int = 15) -> Grant:
        """Allow what has waited longest."""
        until = self.now + timedelta(minutes=minutes)
        return self.approvals.grant(
            self.approvals.waiting(self.now)[0], self.signer, by="ann", now=self.now, until=until
        )


@pytest.fixture
def signer(tmp_path: Path) -> Signer:
    return make_key(tmp_path / "state", "owner")


@pytest.fixture
def till(tmp_path: Path, signer: Signer) -> Till:
    return Till(tmp_path / "approvals", signer)


def test_a_call_that_needs_a_person_waits_with_its_exact_arguments(till: Till) -> None:
    made = till.ask()
    (one,) = till.approvals.waiting(NOW)
    assert (made.outcome, made.code) == (Outcome.ASK, "ACC-E720")
    assert one.id in made.message
    assert (one.call, one.caller, one.code, one.decision) == (CALL, "teller", "ACC-E720", made.id)
    assert [path.stat().st_mode & 0o077 for path in till.folder.iterdir()] == [0]
    till.ask()
    assert till.approvals.waiting(NOW) == (one,)


def test_a_grant_lets_the_same_call_through_once(till: Till) -> None:
    till.ask()
    granted = till.grant()
    assert till.approvals.waiting(NOW) == ()
    made = till.ask()
    assert (made.outcome, made.message) == (Outcome.ALLOW, "allowed by ann")
    assert made.path == (f"grant:{granted.nonce}", "refund")
    assert till.ask().outcome is Outcome.ASK


def test_the_log_says_who_allowed_a_call(till: Till) -> None:
    till.ask()
    granted = till.grant()
    told = json.loads(line(Judged("call", till.ask(), "refund"), {}, lambda text: text, 0.0))
    assert (told["outcome"], told["message"]) == ("allow", "allowed by ann")
    assert told["path"] == [f"grant:{granted.nonce}", "refund"]


@pytest.mark.parametrize(
    ("call", "caller"),
    [
        (replace(CALL, args={"account": ACCOUNT, "amount": 20.01}), "teller"),
        (replace(CALL, args={"account": ACCOUNT, "amount": "20"}), "teller"),
        (CALL, "somebody else"),
    ],
)
def test_a_grant_is_for_nobody_else_and_no_other_arguments(till: Till, call: ToolCall, caller: str) -> None:
    till.ask()
    till.grant()
    assert till.ask(call, caller).outcome in {Outcome.ASK, Outcome.BLOCK}
    assert till.ask().outcome is Outcome.ALLOW


def test_a_grant_ends(till: Till) -> None:
    till.ask()
    till.grant(minutes=5)
    till.now += timedelta(minutes=5)
    made = till.ask()
    assert (made.outcome, "the grant holds from" in made.message) == (Outcome.ASK, True)
    assert till.ask().message.endswith(till.approvals.waiting(till.now)[0].id)
    till.grant()
    assert till.ask().outcome is Outcome.ALLOW
    till.ask()
    with pytest.raises(RecordError):
        till.grant(minutes=1_441)


def test_a_grant_that_is_laid_back_after_it_was_used_allows_nothing(till: Till) -> None:
    till.ask()
    till.grant()
    (place,) = till.folder.glob("grant-*")
    signed = place.read_bytes()
    assert till.ask().outcome is Outcome.ALLOW
    place.write_bytes(signed)
    made = till.ask()
    assert (made.outcome, "used before" in made.message) == (Outcome.ASK, True)


def test_of_many_that_use_a_grant_at_once_one_does(till: Till) -> None:
    till.ask()
    till.grant()
    made: list[Decision] = []
    several = [threading.Thread(target=lambda: made.append(till.ask())) for _ in range(8)]
    for one in several:
        one.start()
    for one in several:
        one.join()
    assert sorted(one.outcome for one in made) == [Outcome.ALLOW] + [Outcome.ASK] * 7


def test_a_grant_of_another_key_allows_nothing(till: Till, tmp_path: Path) -> None:
    till.ask()
    stranger = make_key(tmp_path / "elsewhere", "owner")
    till.approvals.grant(till.approvals.waiting(NOW)[0], stranger, by="eve", now=NOW, until=NOW + timedelta(minutes=5))
    made = till.ask()
    assert (made.outcome, "does not hold" in made.message) == (Outcome.ASK, True)
    till.grant()
    assert till.ask().outcome is Outcome.ALLOW


def test_a_grant_that_was_written_over_allows_nothing(till: Till) -> None:
    till.ask()
    till.grant()
    (place,) = till.folder.glob("grant-*")
    for broken in (b"", b"{", b"[]", b"\xff" * 300_000, place.read_bytes()[:-40]):
        place.write_bytes(broken)
        assert till.ask().outcome is Outcome.ASK


@pytest.mark.parametrize(("nonce", "lasts"), [("../../x", 1), ("", 1), ("a" * 65, 1), ("abc", 60 * 25)])
def test_a_signed_grant_with_an_odd_number_or_a_long_life_allows_nothing(till: Till, nonce: str, lasts: int) -> None:
    till.ask()
    (place,) = till.folder.glob("asked-*")
    odd = Grant(
        subject=grant_subject(CALL, "teller"), nonce=nonce, by="ann", issued=NOW, expires=NOW + timedelta(minutes=lasts)
    )
    place.with_name(place.name.replace("asked-", "grant-")).write_bytes(sign_grant(odd, till.signer))
    assert till.ask().outcome is Outcome.ASK


def test_who_changes_what_is_shown_changes_what_is_granted(till: Till) -> None:
    till.ask(replace(CALL, args={"account": ACCOUNT, "amount": 9_000}))
    (place,) = till.folder.glob("asked-*")
    place.write_text(place.read_text().replace("9000", "20"))
    till.grant()
    assert till.ask(replace(CALL, args={"account": ACCOUNT, "amount": 9_000})).outcome is Outcome.ASK


def test_what_nobody_may_is_not_asked_about(till: Till) -> None:
    till.ask()
    till.grant()
    killed = Till(till.folder, till.signer, replace(POLICY, kill=Switch.ON))
    assert killed.ask().code == "ACC-E713"
    assert till.ask().outcome is Outcome.ALLOW


def test_a_rule_that_asks_is_answered_by_a_grant_and_hides_no_other_objection(tmp_path: Path, signer: Signer) -> None:
    rule = GuardRule(
        rule=1, id="R-1", case=digest("x"), name="n", action=Action.ASK, effects=(EffectPattern(does="pay"),)
    )
    free = replace(POLICY, tools=(replace(LISTED, approval=Approval.NONE),))
    till = Till(tmp_path / "approvals", signer, free, InForce((rule,)))
    assert (till.ask().outcome, till.ask().code) == (Outcome.ASK, "R-1")
    till.grant()
    assert till.ask().outcome is Outcome.ALLOW
    killed = Till(tmp_path / "approvals", signer, replace(free, kill=Switch.ON), InForce((rule,)))
    assert killed.ask().outcome is Outcome.BLOCK


def test_a_call_that_waits_is_not_counted_as_one_that_ran(tmp_path: Path, signer: Signer) -> None:
    once = replace(POLICY, tools=(replace(LISTED, limits={"per_day": 1}),))
    till = Till(tmp_path / "approvals", signer, once)
    assert [till.ask().outcome for _ in range(3)] == [Outcome.ASK] * 3
    till.grant()
    assert till.ask().outcome is Outcome.ALLOW
    assert till.ask().code == "ACC-E714"


def test_in_shadow_nobody_is_asked(tmp_path: Path, signer: Signer) -> None:
    till = Till(tmp_path / "approvals", signer, replace(POLICY, mode=Mode.SHADOW))
    assert till.ask().outcome is Outcome.ASK
    assert not till.folder.exists()


def test_what_waited_for_a_day_waits_no_longer(till: Till) -> None:
    till.ask()
    assert till.approvals.waiting(NOW + timedelta(days=1)) == ()
    with pytest.raises(RecordError):
        till.approvals.find("0" * 16, NOW)


def test_a_call_is_found_by_its_own_id_and_by_that_of_its_decision(till: Till) -> None:
    made = till.ask()
    (one,) = till.approvals.waiting(NOW)
    assert till.approvals.find(one.id, NOW) == till.approvals.find(made.id, NOW) == one
    till.approvals.drop(one)
    assert till.approvals.waiting(NOW) == ()


def test_a_full_folder_and_a_huge_call_stop_without_asking(till: Till) -> None:
    huge = replace(CALL, args={"account": ACCOUNT, "amount": 20, "note": "x" * LARGEST})
    assert till.ask(huge).outcome.stops
    till.ask()
    (place,) = till.folder.glob("asked-*")
    for number in range(MOST - 1):
        (till.folder / f"asked-{number:016x}.json").write_bytes(place.read_bytes())
    made = till.ask(replace(CALL, args={"account": ACCOUNT, "amount": 20.0, "x": 1}))
    assert made.outcome.stops
    assert len([*till.folder.glob("asked-*")]) == MOST
    till.now += timedelta(days=2)
    till.ask()
    assert len([*till.folder.glob("asked-*")]) == 1


def test_a_folder_that_cannot_be_written_leaves_the_call_stopped(till: Till) -> None:
    till.folder.write_text("a file")
    made = till.ask()
    assert (made.outcome, "nobody can be asked" in made.message) == (Outcome.ASK, True)


def test_files_that_are_no_calls_are_passed_over(till: Till) -> None:
    till.ask()
    for number, bad in enumerate((b"", b"[]", b'{"asked": 1}', b"\xff\xfe", b"{" * 5_000)):
        (till.folder / f"asked-{number}.json").write_bytes(bad)
    (till.folder / "asked-folder.json").mkdir()
    assert [one.call for one in till.approvals.waiting(NOW)] == [CALL]


def test_a_call_over_mcp_waits_for_a_person_and_runs_once(till: Till) -> None:
    kept = Guard(GuardPolicy(guard=1, tools=(GuardTool(name="send_message"),)))
    session = McpDoor(lambda: kept, lambda: till.now, caller="desk", approvals=till.approvals).exchange()
    assert "send_message" in listed(session)
    body = {"recipient": "ann@home.example", "body": "hi"}
    refused = session.from_client(call(1, "send_message", **body))
    (one,) = till.approvals.waiting(NOW)
    assert (refused.onward, one.caller, dict(one.call.args)) == (None, "desk", body)
    assert one.id in (refused.back or b"").decode()
    till.grant()
    assert session.from_client(call(2, "send_message", **{**body, "body": "ho"})).onward is None
    assert session.from_client(call(3, "send_message", **body)).onward is not None
    assert session.from_client(call(4, "send_message", **body)).onward is None
