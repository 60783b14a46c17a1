"""The threat model of a system: the words of `threats.yaml`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Decision(StrEnum):
    """What is done about a risk."""

    MITIGATE = "mitigate"
    ACCEPT = "accept"
    AVOID = "avoid"
    TRANSFER = "transfer"
    NOT_APPLICABLE = "not-applicable"


class Weight(StrEnum):
    """How much an attacker gains."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreatenedPart:
    """A component and what happens when it is compromised: to whom (`harms`) and what (`impact`)."""

    id: str
    impact: str | None = None
    attacker_value: Weight | None = None
    harms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreatenedFlow:
    """A data flow that was considered."""

    from_: str
    to: str
    threats: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Risk:
    """A threat of a catalogue (`AML.T0051`, `LLM01`, `ASI02`) or of one's own, and what was decided.

    `mitigated_by` names checks or cases whose passing shows that the mitigation works.
    """

    id: str
    decision: Decision
    reason: str | None = None
    by: str | None = None
    decided: date | None = None
    mitigated_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ThreatModel:
    """Everything `threats.yaml` says."""

    threats: int
    reviewed: date | None = None
    by: str | None = None
    components: tuple[ThreatenedPart, ...] = ()
    flows: tuple[ThreatenedFlow, ...] = ()
    risks: tuple[Risk, ...] = ()
