"""What the checks on the threat model share: the model itself, its decisions, and the threats of each kind of part."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from accord.checks.places import MANIFEST, threats_place
from accord.checks.shipped import shipped
from accord.core import Context, Finding, Severity
from accord.core.threats import ThreatenedPart, ThreatModel


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreatSets:
    """Everything `threat_sets.yaml` says: the techniques that concern each kind of asset."""

    atlas: Mapping[str, tuple[str, ...]]


def threat_model(ctx: Context) -> ThreatModel | None:
    """Return the threat model; where there is none, record that it could not be looked at: ACC102 tells of that."""
    if ctx.threats is None:
        ctx.skip(ctx.system.threats or MANIFEST, "there is no threat model to look into (ACC102)")
    return ctx.threats


def threat_sets() -> ThreatSets:
    """Return the shipped list of techniques by kind of asset."""
    return shipped("threat_sets.yaml", ThreatSets)


def parts_of(model: ThreatModel) -> Mapping[str, ThreatenedPart]:
    """Return the components that the threat model speaks of, by id."""
    return {part.id: part for part in model.components}


def undecided(ctx: Context, threats: Mapping[str, str], framework: str) -> Iterator[Finding]:
    """Yield a finding for each threat (id to name) without a decision; one on a technique covers its sub-techniques."""
    model = threat_model(ctx)
    if model is None:
        return
    decided = {risk.id for risk in model.risks}
    for threat in _missing(threats, decided):
        yield Finding(
            message=f"the threat model decides nothing about {threat} {threats[threat]} ({framework})",
            where=threats_place(ctx, "risks"),
            severity=Severity.MEDIUM,
            fix=f"add under risks: {{id: {threat}, decision: mitigate, reason: why, by: who}}, or say not-applicable",
            refs=(threat,),
        )


def _missing(threats: Iterable[str], decided: set[str]) -> list[str]:
    return [one for one in threats if one not in decided and ".".join(one.split(".")[:2]) not in decided]
