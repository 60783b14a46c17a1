"""Judge: evidence, less what is stale or waived, becomes a verdict for every provision."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import NamedTuple

from accord.assess.plan import is_fresh
from accord.core.assessment import AttestationRead, ClaimState, EvidenceRef, Outcome, Verdict, WaiverRead
from accord.core.catalogue import Proof, Provision
from accord.core.finding import State
from accord.core.system import Level

_WAIVABLE = frozenset({State.FAIL, State.NOT_RUN})
_UNSEEN = frozenset({State.ERROR, State.NOT_RUN, State.STALE})
_MANY = 8

OWNERS_WORD = "attestation"
"""Stands for a check in the claim that a practice's owner has signed."""


class Asked(NamedTuple):
    """What a judgement is made for: the level, and the day."""

    level: Level
    now: datetime


def standing(
    refs: Iterable[EvidenceRef], waivers: Iterable[WaiverRead], fresh: Mapping[str, str], now: datetime
) -> tuple[EvidenceRef, ...]:
    """Return evidence with the state that counts now: `fresh` maps a claim to how long its evidence counts."""
    covered = {item: one for one in waivers if one.counted and one.expires >= now.date() for item in one.covers}
    return tuple(_standing(ref, covered.get(ref.id), fresh, now) for ref in refs)


def judge(
    provisions: Iterable[Provision],
    refs: Iterable[EvidenceRef],
    attestations: Iterable[AttestationRead],
    *,
    owed: frozenset[str],
    asked: Asked,
) -> tuple[Verdict, ...]:
    """Return the verdict of every provision, in their order; `owed` names attestations that a debt covers."""
    by_claim: dict[str, list[EvidenceRef]] = {}
    for ref in refs:
        for claim in ref.claims:
            by_claim.setdefault(claim, []).append(ref)
    signed = {one.provision: one for one in attestations if one.counted}
    refused = {one.provision: one for one in attestations if not one.counted}
    return tuple(
        _verdict(one, by_claim, _owners_word(one, signed, refused, owed, asked.now.date()), asked.level)
        for one in provisions
    )


def worst(states: Iterable[State]) -> State:
    """Return the state that comes first in precedence; nothing at all is not-applicable."""
    order = tuple(State)
    return min(states, key=order.index, default=State.NOT_APPLICABLE)


def _standing(ref: EvidenceRef, waiver: WaiverRead | None, fresh: Mapping[str, str], now: datetime) -> EvidenceRef:
    if ref.found in {State.PASS, State.FAIL}:
        old = next(
            (claim for claim in ref.claims if not is_fresh(ref.collected, fresh.get(claim, "subject"), now)), None
        )
        if old and ref.found is State.PASS:
            return replace(
                ref, state=State.STALE, reason=f"collected {ref.collected:%Y-%m-%d}, older than {fresh[old]}"
            )
    if waiver and ref.found in _WAIVABLE and ref.waivable:
        return replace(ref, state=State.WAIVED, reason=f"{waiver.kind} {waiver.id} until {waiver.expires}")
    return ref if ref.state is ref.found else replace(ref, state=ref.found)


def _owners_word(
    provision: Provision,
    signed: Mapping[str, AttestationRead],
    refused: Mapping[str, AttestationRead],
    owed: frozenset[str],
    today: date,
) -> ClaimState | None:
    if provision.mode is Proof.AUTO:
        return None
    state, reason = State.NOT_RUN, f"awaits the signature of the {provision.owner}"
    if one := signed.get(provision.id):
        if one.expires >= today:
            state, reason = State.PASS, f"signed by the {one.role} until {one.expires}"
        else:
            state, reason = State.STALE, f"the {one.role}'s signature ended on {one.expires}"
    elif bad := refused.get(provision.id):
        state, reason = State.FAIL, f"an attestation does not count: {bad.problem}"
    elif f"{OWNERS_WORD}|{provision.id}" in owed:
        state, reason = State.WAIVED, "owed as debt"
    return ClaimState(id=f"{provision.id}/{OWNERS_WORD}", state=state, checks=(OWNERS_WORD,), reason=reason)


def _verdict(
    provision: Provision, by_claim: Mapping[str, list[EvidenceRef]], owners_word: ClaimState | None, level: Level
) -> Verdict:
    claims = [
        _claim(claim, by_claim.get(claim, []))
        for claim in provision.claims
        if not (owners_word and claim.partition("/")[2].startswith("attest-"))  # the owner's signature says those
    ]
    looked = [ref for claim in claims for ref in by_claim.get(claim.id, [])]
    if owners_word:
        claims.append(owners_word)
    outcome = _outcome(claims, failed=any(ref.state is State.FAIL for ref in looked))
    return Verdict(
        id=provision.id,
        guideline=provision.guideline,
        title=provision.asks,
        verdict=outcome,
        reasons=_reasons(claims),
        evidence=tuple(dict.fromkeys(ref.id for ref in looked)),
        claims=tuple(claims),
        mode=provision.mode,
        owner=provision.owner,
        level=provision.level,
        gate=provision.gate,
        required=level.includes(provision.level),
        no_check=not looked and (owners_word is None or owners_word.state is State.NOT_RUN),
    )


def _claim(claim: str, refs: list[EvidenceRef]) -> ClaimState:
    if not refs:
        return ClaimState(id=claim, state=State.NOT_RUN, checks=(), reason="no check yet", no_check=True)
    state = worst(ref.state for ref in refs)
    bad = [ref for ref in refs if ref.state is state]
    return ClaimState(
        id=claim, state=state, checks=tuple(sorted({ref.check for ref in refs})), reason=_told(state, bad)
    )


def _told(state: State, refs: list[EvidenceRef]) -> str:
    codes = ", ".join(sorted({ref.check for ref in refs}))
    if state is State.FAIL:
        count = len({finding for ref in refs for finding in ref.findings})
        return f"{codes} fails: {count} finding{'s' if count != 1 else ''}"
    first = next((ref.reason for ref in refs if ref.reason), None)
    more = f" (and {len(refs) - 1} more)" if len(refs) > 1 else ""
    return f"{codes} {state}" + (f": {first}{more}" if first else "")


def _outcome(claims: list[ClaimState], *, failed: bool) -> Outcome:
    states = {claim.state for claim in claims}
    if failed or State.FAIL in states:
        return Outcome.NOT_MET
    seen = bool(states & {State.PASS, State.WAIVED})
    unseen = bool(states & _UNSEEN)
    if seen:
        return Outcome.PARTLY if unseen else Outcome.MET
    return Outcome.NOT_ASSESSED if unseen else Outcome.NOT_APPLICABLE


def _reasons(claims: list[ClaimState]) -> tuple[str, ...]:
    order = tuple(State)
    told = [
        claim.reason
        for claim in sorted(claims, key=lambda claim: order.index(claim.state))
        if claim.reason and not claim.no_check and claim.state is not State.PASS
    ]
    absent = [claim.id.partition("/")[2] for claim in claims if claim.no_check]
    if absent:
        told.append("no check yet: " + ", ".join(absent))
    distinct = list(dict.fromkeys(told))
    return tuple(distinct[:_MANY]) + ((f"and {len(distinct) - _MANY} more",) if len(distinct) > _MANY else ())
