"""ACC108: decisions without a reason or an author."""

from collections.abc import Iterator

from accord.checks.places import threats_place
from accord.checks.threat_models import threat_model
from accord.core import Context, Finding, Severity, System, check
from accord.core.threats import Decision


@check("ACC108", on=("system",), bears_on=("1.2.d/every-risk-has-decision-and-author",), since="0.1")
def unreasoned_decisions(system: System, ctx: Context) -> Iterator[Finding]:
    """Decision about a risk has no reason or no author.

    ## What it does
    Reports every risk of the threat model whose `reason` or `by` is missing or empty.

    ## Why it matters
    A decision that nobody signed and nobody explained can be neither questioned nor revisited when things change.

    ## Example
    `{id: LLM01, decision: accept}`: see `tests/checks/ACC108/bad`.

    ## Fix
    Write down why, in a sentence, and who decided.

    ## References
    - CWE-1059
    """
    model = threat_model(ctx)
    if model is None:
        return
    for risk in model.risks:
        lacks = [what for what, said in (("reason", risk.reason), ("author", risk.by)) if not (said or "").strip()]
        if lacks:
            yield Finding(
                message=f"the decision to {_did(risk.decision)} {risk.id} has no {' and no '.join(lacks)}",
                where=threats_place(ctx, risk.id),
                severity=Severity.MEDIUM if risk.decision is Decision.ACCEPT else Severity.LOW,
                fix="add reason: why, and by: who decided",
            )


def _did(decision: Decision) -> str:
    return "set aside" if decision is Decision.NOT_APPLICABLE else str(decision)
