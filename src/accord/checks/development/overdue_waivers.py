"""ACC216: exceptions that have ended."""

from collections.abc import Iterator

from accord.checks.waivers import has_waivers, waiver_place, waivers
from accord.core import Context, Finding, Severity, System, check


@check(
    "ACC216", on=("system",), bears_on=("2.4.b/waivers-not-expired",), since="0.1", waivable=False, applies=has_waivers
)  # fmt: skip
def overdue_waivers(system: System, ctx: Context) -> Iterator[Finding]:
    """Waiver has expired.

    ## What it does
    Reports waivers whose last day has passed and that no later waiver for the same check, asset and digest takes
    over. This can never be waived. Whether a waiver is signed and fits its digest is decided by the gate.

    ## Why it matters
    An exception without an end is a decision that nobody took: the weakness stays, and everybody believes that
    somebody looks after it.

    ## Example
    `expires: 2026-03-01` in November 2026: see `tests/checks/ACC216/bad`.

    ## Fix
    Mend what was waived and delete the waiver; or have its owner ask for another one.

    ## References
    - CWE-1127
    """
    granted, today = waivers(ctx), ctx.now.date()
    alive = {(one.check, one.asset, one.subject) for one in granted if one.expires >= today}
    for waiver in granted:
        if waiver.expires < today and (waiver.check, waiver.asset, waiver.subject) not in alive:
            late = (today - waiver.expires).days
            yield Finding(
                message=f"the waiver {waiver.id} of {waiver.check} ended on {waiver.expires}, {late} days ago",
                where=waiver_place(ctx, waiver),
                severity=Severity.HIGH,
                fix="mend what was waived and delete the waiver, or ask for another one",
            )
