"""ACC285: models that may have been changed under their name."""

from __future__ import annotations

from collections.abc import Iterator

from accord.checks.guards import guard_place, lapse, policy_of, talks
from accord.core import Context, Finding, Place, Severity, System, check


@check("ACC285", on=("system",), bears_on=("4.1.d/canary-prompts-stable",), since="0.5", applies=talks)
def changed_model(system: System, ctx: Context) -> Iterator[Finding]:
    """Nobody asked lately whether the model still answers as before, or it does not.

    ## What it does
    Reads the comparison that `guard.canary` names in the manifest, as `accord guard canary BASELINE --out FILE` writes
    it. Reports a system without one, one older than seven days, one with too few answers to tell, and one in which
    the model answers differently than in the baseline.

    ## Why it matters
    A hosted model has no digest, and a served one can be swapped behind the same name. The same questions asked
    again tell a changed model from changed users, which no watch over traffic can.

    ## Example
    A comparison in which the answers changed: see `tests/checks/ACC285/bad`.

    ## Fix
    Run `accord guard canary BASELINE --out FILE` by a timer. When the model was changed on purpose, assess it anew
    and record a new baseline.

    ## References
    - ASI10
    - AML.M0014
    - AML.M0024
    """
    from datetime import timedelta

    from accord.guard.monitor.records import comparison_of

    if policy_of(ctx) is None:
        return
    path = system.guard.canary if system.guard else None
    fix = "run accord guard canary BASELINE --out FILE by a timer, and name the file as guard.canary"
    text = ctx.text(path) if path else None
    made = comparison_of(text) if text is not None else None
    if path is None or made is None:
        said = "names no comparison" if path is None else f"names {path}, which holds no comparison"
        yield lapse(ctx, f"the manifest {said} of canary prompts", fix=fix, severity=Severity.MEDIUM)
        return
    where = Place(path=path) if text is not None else guard_place(ctx)
    if not timedelta(days=-1) <= ctx.now - made.time <= timedelta(days=7):
        message = f"the model was last compared on {made.time:%Y-%m-%d}"
        yield Finding(message=message, where=where, severity=Severity.MEDIUM, fix=fix)
    if not made.enough:
        message = "the comparison had too few answers to tell a change"
        yield Finding(message=message, where=where, severity=Severity.MEDIUM, fix="ask more often: --times 8")
    elif made.changed:
        message = f"the model {made.model or 'without a name'} answers differently than in the baseline"
        fix = "find out what was changed and by whom, assess the model anew, then record a new baseline"
        yield Finding(message=message, where=where, severity=Severity.HIGH, fix=fix)
