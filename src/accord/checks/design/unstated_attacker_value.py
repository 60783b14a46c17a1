"""ACC111: parts whose worth to an attacker was not weighed."""

from collections.abc import Iterator

from accord.checks.places import threats_place
from accord.checks.threat_models import parts_of, threat_model
from accord.core import Context, Finding, Severity, System, check


def _holds_data(system: System) -> bool:
    parts = system.components
    return bool(parts.models or parts.datasets or parts.retrieval)


@check("ACC111", on=("system",), bears_on=("1.2.e/attacker-value-stated",), since="0.1", applies=_holds_data)
def unstated_attacker_value(system: System, ctx: Context) -> Iterator[Finding]:
    """Threat model does not say what a part is worth to an attacker.

    ## What it does
    Reports each model, dataset and retrieval store, the parts that hold data, for which the threat model states
    no `attacker_value`.

    ## Why it matters
    Effort follows worth: a store of medical letters is attacked by others than a list of opening hours.

    ## Example
    `{id: tickets, impact: "..."}` without `attacker_value`: see `tests/checks/ACC111/bad`.

    ## Fix
    Weigh the sensitivity and kind of its data, and state `attacker_value: low`, `medium` or `high`.

    ## References
    - AML.T0035
    - AML.T0036
    """
    model = threat_model(ctx)
    if model is None:
        return
    stated = parts_of(model)
    for name in (name for name, what in system.named() if what in {"model", "dataset", "retrieval store"}):
        part = stated.get(name)
        if part is None or part.attacker_value is None:
            yield Finding(
                message=f"the threat model does not say what {name} is worth to an attacker",
                where=threats_place(ctx, name if part else "components"),
                severity=Severity.LOW,
                fix=f"state attacker_value of {name} in {system.threats}: low, medium or high",
            )
