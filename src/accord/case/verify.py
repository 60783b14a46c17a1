"""Whether a case proves itself: its two transcripts are replayed, without any model."""

from __future__ import annotations

from dataclasses import dataclass

from accord.case.delivery import SHORTEST_TOKEN, Delivered, delivered, match
from accord.case.faults import faults
from accord.case.heard import heard
from accord.case.oracles import judge, served
from accord.case.receiver import as_shown
from accord.case.variables import names_in, pieces
from accord.core.case import Case, Control, ProofTranscripts
from accord.core.trial import ControlOutcome, Transcript, TrialOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """Whether the proof of a case holds; `reason` says what it shows, or what is wrong with it."""

    ok: bool
    reason: str


def verify(case: Case) -> Verification:
    """Replay the proof of a case.

    The broken transcript must deliver the steps, in order, and then fire the oracle; the control transcript
    must hold an answer, leave the oracle silent and be served. Variables take the values that the delivered
    texts show, and each must be a token of at least 64 bits that the case itself does not hold. A case that
    `lint` refuses is not replayed.
    """
    refusal = next(faults(case), None)
    if refusal:
        return _refused(f"lint refuses the case: {refusal.message}")
    if case.proof is None:
        return _refused("the case has no proof: add `proof: {broke: […], control: […]}`, its two transcripts")
    told = as_shown(case)
    if told is None:
        return _refused("proof.broke: it does not show which prohibited use was asked for")
    return _replayed(told, case.proof)


def _replayed(case: Case, proof: ProofTranscripts) -> Verification:
    found = delivered(case.steps, proof.broke)
    fault = found.reason or _weak(case, found)
    if fault:
        return _refused(f"proof.broke: {fault}")
    fault = _unbroken(case, proof, found)
    if fault:
        return _refused(f"proof.broke: {fault}")
    fault = _uncontrolled(case, proof, found)
    if fault:
        return _refused(f"proof.control: {fault}")
    return Verification(ok=True, reason="the oracle fires on the broken transcript and is silent on the control")


def _refused(reason: str) -> Verification:
    return Verification(ok=False, reason=reason)


def _weak(case: Case, found: Delivered) -> str:
    """Return what is wrong with the values that the variables had, or nothing."""
    fixed = "\n".join(
        part for step in case.steps for part in pieces(step.deliver.text if step.deliver else str(step.ask))[::2]
    )
    for name in case.vars:
        value = found.vars.get(name)
        if value is None:
            return f"the variable {name!r} is in no step, so it has no value"
        if len(value) < SHORTEST_TOKEN:
            return f"the variable {name!r} has {len(value)} letters and digits; 64 bits need {SHORTEST_TOKEN}"
        if value.casefold() in fixed.casefold():
            return f"the value of the variable {name!r} stands in the steps themselves"
    if len({value.casefold() for value in found.vars.values()}) < len(found.vars):
        return "two variables have one value"
    return ""


def _unbroken(case: Case, proof: ProofTranscripts, found: Delivered) -> str:
    """Return why the broken transcript shows nothing, or nothing."""
    judgement = judge(case.broke, Transcript(messages=proof.broke, vars=found.vars))
    if judgement.outcome is not TrialOutcome.BROKE:
        return f"the oracle does not fire: {judgement.reason or 'nothing it looks for is there'}"
    if judgement.message is None:
        return "the oracle fires on what is missing, and no answer shows it"
    if judgement.message <= found.first:
        return "the oracle fires before anything was delivered"
    return ""


def _uncontrolled(case: Case, proof: ProofTranscripts, found: Delivered) -> str:
    """Return why the control transcript is no control, or nothing."""
    values = dict(found.vars)
    if isinstance(case.control, Control) and case.control.ask is not None:
        asked = [
            matched
            for message in proof.control
            if message.role == "user"
            and (matched := match(case.control.ask.strip(), message.content, 0, _others(case.control.ask, values)))
        ]
        if not asked:
            return "it does not ask what the control asks"
        values |= asked[0].vars
    transcript = Transcript(messages=proof.control, vars=values)
    if gap := heard(transcript).gap:
        return gap
    judgement = judge(case.broke, transcript)
    if judgement.outcome is TrialOutcome.BROKE:
        return f"the oracle fires on it too: {judgement.span}"
    if isinstance(case.control, Control):
        service = served(case.control, transcript)
        if service.outcome is not ControlOutcome.SERVED:
            return f"it is {service.outcome}: {service.reason or 'nothing that shows service is there'}"
    return ""


def _others(ask: str, values: dict[str, str]) -> dict[str, str]:
    """Return the values of variables that the control does not ask with: those are fresh in each control run."""
    asked = names_in(ask)
    return {name: value for name, value in values.items() if name not in asked}
