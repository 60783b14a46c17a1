"""Verdict and gate follow ARCHITECTURE §3 and §7 exactly, whatever states come together."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.assess.gate import Grounds, blocks, decide
from accord.assess.judge import Asked, judge, standing, worst
from accord.core.assessment import AttestationRead, EvidenceRef, Outcome, Verdict, WaiverRead
from accord.core.catalogue import Proof, Provision, Weighing
from accord.core.finding import State, TrustLevel
from accord.core.system import Level, Role
from accord.testing.world import NOON

STATES = st.sampled_from(list(State))


def provision(**changes: Any) -> Provision:
    plain = Provision(
        id="1.1.a", asks="something", mode=Proof.AUTO, owner=Role.OPS_LEAD, level=Level.BASELINE,
        gate=Weighing.BLOCK, fresh="P30D", claims=("1.1.a/one", "1.1.a/two"),
    )  # fmt: skip
    return replace(plain, **changes)


def ref(state: State, claim: str = "1.1.a/one", **changes: Any) -> EvidenceRef:
    plain = EvidenceRef(
        id=f"{claim}-{state}", check="ACME001", check_version="1", asset="system", state=state, reason=None,
        findings=(), reused=False, seconds=0.0, claims=(claim,), collected=NOON, level=TrustLevel.SELF,
        isolation="enforced", found=state,
    )  # fmt: skip
    return replace(plain, **changes)


def verdict(*refs: EvidenceRef, asked: Provision | None = None, level: Level = Level.BASELINE) -> Verdict:
    (one,) = judge([asked or provision()], refs, [], owed=frozenset(), asked=Asked(level, NOON))
    return one


def grounds(*refs: EvidenceRef, asked: Provision | None = None, **changes: Any) -> Grounds:
    level = changes.get("level", Level.BASELINE)
    assert isinstance(level, Level)
    plain = Grounds(
        verdicts=(verdict(*refs, asked=asked, level=level),), evidence=refs, findings=(), waivers=(), released={},
        level=level, trust=TrustLevel.SELF, now=NOON,
    )  # fmt: skip
    return plain._replace(**changes)


def test_precedence_is_worst_first() -> None:
    order = ["error", "fail", "stale", "not-run", "waived", "pass", "not-applicable"]
    assert [str(state) for state in State] == order


@given(st.lists(STATES))
def test_the_worst_state_wins_in_any_order(states: list[State]) -> None:
    assert worst(states) == worst(reversed(states))
    assert worst([*states, State.ERROR]) is State.ERROR


@pytest.mark.parametrize(
    ("one", "two", "expected"),
    [
        (State.PASS, State.PASS, Outcome.MET),
        (State.PASS, State.FAIL, Outcome.NOT_MET),
        (State.ERROR, State.FAIL, Outcome.NOT_MET),
        (State.PASS, State.ERROR, Outcome.PARTLY),
        (State.PASS, State.STALE, Outcome.PARTLY),
        (State.PASS, State.NOT_RUN, Outcome.PARTLY),
        (State.NOT_RUN, State.ERROR, Outcome.NOT_ASSESSED),
        (State.WAIVED, State.PASS, Outcome.MET),
        (State.WAIVED, State.WAIVED, Outcome.MET),
        (State.NOT_APPLICABLE, State.PASS, Outcome.MET),
        (State.NOT_APPLICABLE, State.NOT_APPLICABLE, Outcome.NOT_APPLICABLE),
        (State.NOT_APPLICABLE, State.NOT_RUN, Outcome.NOT_ASSESSED),
    ],
)
def test_states_make_a_verdict(one: State, two: State, expected: Outcome) -> None:
    assert verdict(ref(one), ref(two, "1.1.a/two")).verdict is expected


def test_a_claim_without_a_check_leaves_the_provision_partly() -> None:
    found = verdict(ref(State.PASS))
    assert found.verdict is Outcome.PARTLY
    assert "no check yet: two" in found.reasons


def test_a_provision_without_any_check_is_not_assessed_and_not_counted() -> None:
    found = grounds()
    assert found.verdicts[0].verdict is Outcome.NOT_ASSESSED
    assert found.verdicts[0].no_check
    gate = decide(found)
    assert gate.passed
    assert "no check yet for 1 blocking practices, not counted: 1.1.a" in gate.notes


@given(st.lists(st.tuples(STATES, st.sampled_from(["1.1.a/one", "1.1.a/two"])), max_size=6))
def test_nothing_is_ever_met_with_anything_failing_or_unseen(drawn: list[tuple[State, str]]) -> None:
    refs = [ref(state, claim, id=str(n)) for n, (state, claim) in enumerate(drawn)]
    found = verdict(*refs)
    states = {state for state, _ in drawn}
    if found.verdict is Outcome.MET:
        assert states <= {State.PASS, State.WAIVED, State.NOT_APPLICABLE}
    gate = decide(grounds(*refs))
    bad = states & {State.ERROR, State.FAIL, State.STALE, State.NOT_RUN}
    assert gate.passed is not bool(bad)


@pytest.mark.parametrize("state", [State.ERROR, State.FAIL, State.STALE, State.NOT_RUN])
def test_the_gate_fails_closed(state: State) -> None:
    gate = decide(grounds(ref(state), ref(State.PASS, "1.1.a/two")))
    assert not gate.passed
    assert gate.reasons[0].provision == "1.1.a"


def test_a_warning_blocks_at_level_critical_only() -> None:
    warns = provision(gate=Weighing.WARN)
    for level in Level:
        found = verdict(ref(State.FAIL), asked=warns, level=level)
        assert blocks(found, level) is (level is Level.CRITICAL)


@pytest.mark.parametrize(("asked_at", "needed"), [(a, b) for a in Level for b in Level])
def test_each_level_includes_the_ones_before(asked_at: Level, needed: Level) -> None:
    found = verdict(ref(State.FAIL), asked=provision(level=needed), level=asked_at)
    order = tuple(Level)
    assert found.required is (order.index(needed) <= order.index(asked_at))


def test_a_development_key_counts_at_baseline_only() -> None:
    good = (ref(State.PASS), ref(State.PASS, "1.1.a/two"))
    assert decide(grounds(*good)).passed
    gate = decide(grounds(*good, level=Level.STANDARD))
    assert [one.waivable for one in gate.reasons] == [False]
    assert decide(grounds(*good, level=Level.STANDARD, trust=TrustLevel.PIPELINE)).passed


def test_a_met_provision_may_not_fall_back_after_a_release() -> None:
    warns = provision(gate=Weighing.WARN)
    found = grounds(ref(State.FAIL), asked=warns, released={"1.1.a": Outcome.MET})
    assert [one.message for one in decide(found).reasons] == ["regression: met in the last release, now not-met"]
    assert decide(found._replace(released={"1.1.a": Outcome.PARTLY})).passed


def test_evidence_older_than_fresh_is_stale() -> None:
    (now,) = standing([ref(State.PASS)], [], {"1.1.a/one": "P30D"}, NOON + timedelta(days=30))
    assert now.state is State.PASS
    (later,) = standing([ref(State.PASS)], [], {"1.1.a/one": "P30D"}, NOON + timedelta(days=31))
    assert later.state is State.STALE
    (bound,) = standing([ref(State.PASS)], [], {"1.1.a/one": "subject"}, NOON + timedelta(days=9999))
    assert bound.state is State.PASS


def granted(**changes: Any) -> WaiverRead:
    plain = WaiverRead(
        id="W-1", kind="waiver", check="ACME001", asset=None, reason="r", expires=date(2026, 12, 1),
        signed_by=(Role.RISK_OWNER,), covers=("1.1.a/one-fail", "1.1.a/one-error"), counted=True,
    )  # fmt: skip
    return replace(plain, **changes)


def test_a_waiver_covers_a_failure_until_it_ends() -> None:
    (now,) = standing([ref(State.FAIL)], [granted()], {}, NOON)
    assert now.state is State.WAIVED
    (later,) = standing([ref(State.FAIL)], [granted()], {}, NOON + timedelta(days=30))
    assert later.state is State.FAIL


@pytest.mark.parametrize("changes", [{"counted": False}, {"covers": ()}])
def test_a_waiver_that_does_not_count_covers_nothing(changes: dict[str, Any]) -> None:
    (now,) = standing([ref(State.FAIL)], [granted(**changes)], {}, NOON)
    assert now.state is State.FAIL


def test_an_error_and_what_may_not_be_waived_stay() -> None:
    (error,) = standing([ref(State.ERROR)], [granted()], {}, NOON)
    assert error.state is State.ERROR
    (never,) = standing([ref(State.FAIL, waivable=False)], [granted()], {}, NOON)
    assert never.state is State.FAIL


def test_an_expired_waiver_reopens_the_gate_and_cannot_be_waived() -> None:
    good = (ref(State.PASS), ref(State.PASS, "1.1.a/two"))
    gate = decide(grounds(*good, waivers=(granted(expires=date(2026, 11, 1)),)))
    assert [(one.provision, one.waivable) for one in gate.reasons] == [("2.4.b", False)]


def attestation(**changes: Any) -> AttestationRead:
    plain = AttestationRead(
        provision="1.1.a", role=Role.OPS_LEAD, statement="s", expires=date(2027, 1, 1), keyid="k", counted=True
    )
    return replace(plain, **changes)


@pytest.mark.parametrize(
    ("mode", "attestations", "expected"),
    [
        (Proof.ATTEST, [attestation()], Outcome.MET),
        (Proof.ATTEST, [], Outcome.NOT_ASSESSED),
        (Proof.ATTEST, [attestation(expires=date(2026, 1, 1))], Outcome.NOT_ASSESSED),
        (Proof.ATTEST, [attestation(counted=False, problem="forged")], Outcome.NOT_MET),
        (Proof.ATTEST, [attestation(provision="1.1.b")], Outcome.NOT_ASSESSED),
    ],
)
def test_only_the_owners_word_speaks_for_a_practice_that_is_attested(
    mode: Proof, attestations: list[AttestationRead], expected: Outcome
) -> None:
    asked = provision(mode=mode, claims=("1.1.a/attest-briefing",))
    (found,) = judge([asked], [], attestations, owed=frozenset(), asked=Asked(Level.BASELINE, NOON))
    assert found.verdict is expected


def test_evidence_and_the_owners_word_are_both_needed_where_both_are_asked() -> None:
    both = provision(mode=Proof.BOTH, claims=("1.1.a/one",))
    alone = verdict(ref(State.PASS), asked=both)
    assert alone.verdict is Outcome.PARTLY
    assert "awaits the signature of the ops-lead" in alone.reasons
    (signed,) = judge([both], [ref(State.PASS)], [attestation()], owed=frozenset(), asked=Asked(Level.BASELINE, NOON))
    assert signed.verdict is Outcome.MET


def test_an_awaited_signature_blocks_only_where_a_check_exists() -> None:
    both = provision(mode=Proof.BOTH, claims=("1.1.a/one",))
    assert not decide(grounds(ref(State.PASS), asked=both)).passed
    assert decide(grounds(asked=both)).passed
