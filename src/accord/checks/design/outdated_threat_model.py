"""ACC112: a threat model that nobody has looked at for too long."""

from collections.abc import Iterator

from accord.checks.places import threats_place
from accord.checks.threat_models import threat_model
from accord.core import Context, Finding, Severity, System, check


@check("ACC112", on=("system",), bears_on=("1.2.f/reviewed-since-last-model-or-config-change",), since="0.1")
def outdated_threat_model(system: System, ctx: Context) -> Iterator[Finding]:
    """Threat model was not reviewed for too long.

    ## What it does
    Reads the day of the last review and reports one that is missing, lies in the future, or lies further back
    than practice 1.2.f allows. It sees the age of the review only: that a model was replaced since then is
    told by the digests of the inventory, not here.

    ## Why it matters
    Attackers learn and automate. A review of last year knows neither their new techniques nor your new tools.

    ## Example
    `reviewed: 2025-01-10` in November 2026: see `tests/checks/ACC112/bad`.

    ## Fix
    Go through the threat model again, after each change of model or configuration too, and set `reviewed`.

    ## References
    - CWE-1059
    """
    from accord.core.clock import duration

    model = threat_model(ctx)
    if model is None:
        return
    fresh = next((one.fresh for one in ctx.catalogue.provisions() if one.id == "1.2.f"), "P6M")
    today, longest = ctx.now.date(), duration(fresh)
    if model.reviewed is None:
        message = "the threat model does not say when it was reviewed"
    elif model.reviewed > today:
        message = f"the threat model says it was reviewed on {model.reviewed}, which is in the future"
    elif today - model.reviewed > longest:
        message = f"the threat model was last reviewed on {model.reviewed}: more than {longest.days} days ago"
    else:
        return
    where = threats_place(ctx, "reviewed")
    yield Finding(message=message, where=where, severity=Severity.MEDIUM, fix="review it, and set reviewed: today")
