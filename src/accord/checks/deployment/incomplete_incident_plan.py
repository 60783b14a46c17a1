"""ACC303: incident plans that leave out what the threat model fears most."""

import re
from collections.abc import Iterator

from accord.checks.documents import find
from accord.checks.threat_models import threat_model
from accord.core import Context, Finding, Severity, System, check
from accord.core.threats import Decision, ThreatModel

_TOP = 5


@check("ACC303", on=("system",), bears_on=("3.3.a/plan-covers-threat-model-top-risks",), since="0.1")
def incomplete_incident_plan(system: System, ctx: Context) -> Iterator[Finding]:
    """Incident plan leaves out a top risk of the threat model.

    ## What it does
    Takes the first five risks of the threat model that are mitigated or accepted, and looks for each in the
    incident plan, by its id or by the name that its framework gives it (`LLM01` or `Prompt injection`). A threat
    model therefore lists its top risks first.

    ## Why it matters
    A mitigation fails one day, and an accepted risk comes true. These are the incidents that will happen.

    ## Example
    A plan about power cuts, and a threat model about prompt injection: see `tests/checks/ACC303/bad`.

    ## Fix
    Add a scenario for each, with its id, what to do in the first hour and what then.

    ## References
    - CWE-1059
    - LLM01
    """
    from accord.record.catalogue import find_framework_id

    model, plan = threat_model(ctx), find(ctx, "incident-plan")
    if plan is None:
        ctx.skip(system.threats or "accord.yaml", "there is no incident plan to look into (ACC302)")
    if model is None or plan is None:
        return
    words = _plain(plan.text)
    for risk in _top(model):
        known = find_framework_id(risk)
        if not any(f" {_plain(name).strip()} " in words for name in (risk, known.title if known else risk)):
            yield Finding(
                message=f"the plan {plan.path} has no scenario for {risk}{f' {known.title}' if known else ''}",
                where=plan.place,
                severity=Severity.MEDIUM,
                fix=f"add a scenario that names {risk}: the first hour, and what then",
            )


def _top(model: ThreatModel) -> list[str]:
    decided = [risk.id for risk in model.risks if risk.decision in {Decision.MITIGATE, Decision.ACCEPT}]
    return decided[:_TOP]


def _plain(text: str) -> str:
    return f" {' '.join(re.findall(r'[a-z0-9.]*[a-z0-9]', text.lower()))} "
