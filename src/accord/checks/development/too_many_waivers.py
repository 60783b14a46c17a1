"""ACC217: exceptions that became the rule."""

from collections import Counter
from collections.abc import Iterator

from accord.checks.waivers import has_waivers, waiver_place, waivers
from accord.core import Context, Finding, Place, Severity, System, check

_AT_ONCE = 12
_RENEWALS = 3


@check("ACC217", on=("system",), bears_on=("2.4.b/waiver-count-within-limit",), since="0.1", applies=has_waivers)
def too_many_waivers(system: System, ctx: Context) -> Iterator[Finding]:
    """Too many waivers, or one that was renewed too often.

    ## What it does
    Counts the waivers that have not ended and reports more than twelve; and reports each check on one asset that
    was waived more than four times, which is more than three renewals. Waivers that were deleted are not seen.

    ## Why it matters
    A dozen exceptions are no exceptions. A waiver that is renewed each quarter is an accepted risk under another
    name, without the decision that an accepted risk needs.

    ## Example
    The same check waived five times in a row: see `tests/checks/ACC217/bad`.

    ## Fix
    Mend the oldest first; put what is there to stay before the risk owner as a risk to accept.

    ## References
    - CWE-1127
    """
    granted, today = waivers(ctx), ctx.now.date()
    alive = [one for one in granted if one.expires >= today]
    if len(alive) > _AT_ONCE:
        message = f"{len(alive)} waivers hold at once, and the limit is {_AT_ONCE}"
        fix = "mend what the oldest waivers cover, until twelve are left"
        yield Finding(message=message, where=Place(path=system.waivers), severity=Severity.MEDIUM, fix=fix)
    times = Counter((one.check, one.asset) for one in granted)
    for (code, asset), count in times.items():
        if count > 1 + _RENEWALS:
            last = [one for one in granted if (one.check, one.asset) == (code, asset)][-1]
            yield Finding(
                message=f"the check {code} on {asset or 'the system'} was waived {count} times: {count - 1} renewals",
                where=waiver_place(ctx, last),
                severity=Severity.MEDIUM,
                fix="mend it, or have the risk owner accept the risk in the threat model",
            )
