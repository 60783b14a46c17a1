"""ACC109: parts whose compromise nobody thought through."""

from collections.abc import Iterator

from accord.checks.places import threats_place
from accord.checks.threat_models import parts_of, threat_model
from accord.core import Context, Finding, Severity, System, check


def _has_parts(system: System) -> bool:
    parts = system.components
    return bool(parts.models or parts.tools or parts.retrieval)


@check("ACC109", on=("system",), bears_on=("1.2.b/impact-per-ai-component",), since="0.1", applies=_has_parts)
def unstated_impact(system: System, ctx: Context) -> Iterator[Finding]:
    """Threat model does not say what the compromise of a part does, and to whom.

    ## What it does
    Reports each model, tool and retrieval store for which the threat model states no `impact`, or nobody under
    `harms` (system, users, organisation, society).

    ## Why it matters
    Only a stated impact can be weighed: it tells which part deserves the strongest defence.

    ## Example
    `{id: m1, attacker_value: low}` without impact and harms: see `tests/checks/ACC109/bad`.

    ## Fix
    Write what happens when the part is compromised or misbehaves, and who is hurt.

    ## References
    - AML.T0048
    """
    model = threat_model(ctx)
    if model is None:
        return
    stated = parts_of(model)
    for name in (name for name, what in system.named() if what in {"model", "tool", "retrieval store"}):
        part = stated.get(name)
        lacks = "what happens" if part is None or not (part.impact or "").strip() else "whom it harms"
        if part is None or lacks == "what happens" or not part.harms:
            yield Finding(
                message=f"the threat model does not say {lacks} when {name} is compromised",
                where=threats_place(ctx, name if part else "components"),
                severity=Severity.MEDIUM,
                fix=f"state impact and harms of {name} in {system.threats}",
            )
