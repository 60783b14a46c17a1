"""ACC103: components that the threat model leaves out."""

from collections.abc import Iterator

from accord.checks.places import manifest_place
from accord.checks.threat_models import parts_of, threat_model
from accord.core import Context, Finding, Severity, System, check


@check("ACC103", on=("system",), bears_on=("1.2.a/covers-manifest-components",), since="0.1")
def uncovered_components(system: System, ctx: Context) -> Iterator[Finding]:
    """Component of the system is missing from the threat model.

    ## What it does
    Compares the models, datasets, prompts, tools and retrieval stores of the manifest with the components of the
    threat model, by id.

    ## Why it matters
    Attackers enter where nobody looked. A part that was added after the threat model was written is such a place.

    ## Example
    A tool in `accord.yaml` that `threats.yaml` does not speak of: see `tests/checks/ACC103/bad`.

    ## Fix
    Add the component to `threats.yaml` with the impact of its compromise.

    ## References
    - CWE-1059
    """
    model = threat_model(ctx)
    if model is None:
        return
    covered = parts_of(model)
    for name, what in system.named():
        if what not in {"target", "guard"} and name not in covered:
            yield Finding(
                message=f"the threat model does not speak of the {what} {name}",
                where=manifest_place(ctx, name),
                severity=Severity.HIGH if what in {"model", "tool"} else Severity.MEDIUM,
                fix=f"add it under components of {system.threats}, with impact, harms and attacker_value",
            )
