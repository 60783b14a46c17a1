"""ACC305: guides that promise only."""

from collections.abc import Iterator

from accord.checks.documents import every, missing_parts
from accord.core import Context, Finding, Severity, System, check


@check("ACC305", on=("system",), bears_on=("3.5.d/user-guide-has-limits",), since="0.1")
def user_guide_without_limits(system: System, ctx: Context) -> Iterator[Finding]:
    """Guide for users says nothing about limits and failures.

    ## What it does
    Looks in the guide for users for a part on limits, failure modes or what the system cannot do, that says more
    than TODO. Whether the limits are the true ones is not seen.

    ## Why it matters
    Fluent answers look right. Only who knows where the system fails checks there.

    ## Example
    A guide that tells how well everything works: see `tests/checks/ACC305/bad`.

    ## Fix
    Add a section on limits: what it gets wrong, how often, in which languages, and what to check by hand.

    ## References
    - LLM09
    """
    guides = list(every(ctx, "user-guide"))
    if not guides:
        ctx.skip("accord.yaml", "there is no guide for users to look into (ACC304)")
    elif all(missing_parts(guide, "user-guide") for guide in guides):
        yield Finding(
            message=f"the guide {', '.join(guide.path for guide in guides[:3])} says nothing about limits or failures",
            where=guides[0].place,
            severity=Severity.MEDIUM,
            fix="add a section on limits: what it gets wrong, and what to check by hand",
        )
