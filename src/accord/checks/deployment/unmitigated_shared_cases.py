"""ACC260: attacks that others reported, and that were not tried here or succeed here."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from accord.checks.campaigns import Attacked, Known, broken, known, talks
from accord.core import Context, Finding, System, check

if TYPE_CHECKING:
    from accord.core.case import Case

_DAYS: Final = 7


@check(
    "ACC260", on=("system",), bears_on=("3.4.c/applicable-cases-all-run", "3.4.c/no-unmitigated-applicable-case"),
    since="0.4", applies=talks,
)  # fmt: skip
def unmitigated_shared_cases(system: System, ctx: Context) -> Iterator[Finding]:
    """Attack that others reported works here too.

    ## What it does
    Takes the conversations in `cases/` of the state folder (where the manifest names `exchange.collections`, only
    those) and looks into the signed campaigns on this digest of the last 7 days. Reports each case that broke the
    system in any trial. A case that neither ran nor was found not to apply when a campaign was planned, stayed
    unsure, or cannot be read, is `not-run`. A gate that passed is stale as soon as a case comes in.

    ## Why it matters
    What was reported once is tried everywhere else on the same day.

    ## Example
    A case that came in and that breaks the system: see `tests/checks/ACC260/bad`.

    ## Fix
    `accord attack run --cases .accord/cases`, and mend what breaks before anything else.

    ## References
    - AML.M0008
    - LLM01
    """
    cases = ctx.shared
    told = known(ctx, since=ctx.now - timedelta(days=_DAYS)) if cases else None
    if told is None:
        return
    from accord.case.identity import identity
    from accord.case.receiver import received

    for case in received(cases, system.system.prohibited_uses):
        key = identity(case)
        tried = told.cases.get(key)
        if tried is not None and tried.broke:
            yield broken(ctx, told, tried)
        elif key not in told.inapplicable and (gap := _gap(case, tried, told)):
            ctx.skip(f"case {case.name}", gap)


def _gap(case: Case, tried: Attacked | None, told: Known) -> str:
    if tried is None:
        return f"it did not run on this digest in the last {_DAYS} days"
    if not tried.held or 20 * (tried.unsure + tried.error) > tried.decided + tried.unsure + tried.error:
        blank = tried.unsure + tried.error
        return f"{tried.held} trials held, and {blank} were not decided"
    return ""
