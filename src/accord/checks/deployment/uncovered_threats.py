"""ACC258: threats that the threat model mitigates, and that no attack tried."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from accord.checks.campaigns import Known, concerns, known
from accord.checks.places import threats_place
from accord.checks.threat_models import threat_model
from accord.core import Context, Finding, Severity, System, check
from accord.core.threats import Decision, Risk

_TALKED: Final = re.compile(r"(?:LLM|ASI)\d{2}")
_CHECK: Final = re.compile(r"[A-Z]{2,8}\d{3,4}")


def _attackable(system: System) -> bool:
    return system.talks and system.threats is not None


@check(
    "ACC258", on=("system",), bears_on=("3.4.b/suite-covers-threat-model",), since="0.4", applies=_attackable
)  # fmt: skip
def uncovered_threats(system: System, ctx: Context) -> Iterator[Finding]:
    """Threat is called mitigated, and no attack tried it.

    ## What it does
    Takes every risk of the OWASP lists (`LLM01`, `ASI02`) that the threat model decides to mitigate, and looks into
    the signed campaigns on this digest for a case about it that ran, or that was planned and does not fit the target.
    A risk whose `mitigated_by` names a check is that check's, one that names a case needs that case. Reports the
    others together. Without a campaign on this digest the check is `not-run`.

    ## Why it matters
    A mitigation that nobody attacked is a hope.

    ## Example
    A threat model that mitigates poisoned memory, and a campaign without a case for it: see `tests/checks/ACC258/bad`.

    ## Fix
    Add the suites or cases that attack what you mitigate, or name under `mitigated_by` the check that shows it.

    ## References
    - AML.M0008
    """
    model, told = threat_model(ctx), known(ctx)
    if model is None or told is None:
        return
    asked = [risk for risk in model.risks if risk.decision is Decision.MITIGATE and _TALKED.match(risk.id)]
    open_ = [risk.id for risk in asked if not _tried(risk, told)]
    if open_:
        yield Finding(
            message=f"no attack on this digest tried {', '.join(open_)}, which the threat model mitigates",
            where=threats_place(ctx, open_[0]),
            severity=Severity.MEDIUM,
            fix="attack it (accord attack run --suite agent, rag, leak), or name under mitigated_by what shows it",
        )


def _tried(risk: Risk, told: Known) -> bool:
    if any(_CHECK.fullmatch(one) for one in risk.mitigated_by):
        return True
    ran = [case.tally for case in told.cases.values() if case.decided]
    if risk.mitigated_by:
        return bool({tally.name for tally in ran} & set(risk.mitigated_by))
    wanted = frozenset({risk.id[:5]})
    tried = any(concerns(tally.threat, wanted) for tally in ran)
    return tried or any(concerns(one.threat, wanted) for one in told.inapplicable.values())
