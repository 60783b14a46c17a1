"""ACC286: alarms that nobody explained."""

from __future__ import annotations

from collections.abc import Iterator

from accord.checks.guards import lapse, policy_of, talks
from accord.core import Context, Finding, Place, Severity, System, check


@check("ACC286", on=("system",), bears_on=("4.1.d/alert-triaged-with-cause",), since="0.5", applies=talks)
def unexplained_incident(system: System, ctx: Context) -> Iterator[Finding]:
    """Alarm of monitoring is open for days without a cause.

    ## What it does
    Reads the file that `guard.incidents` names in the manifest, in which `accord guard watch` keeps what it noticed.
    Reports a guard without one, and each incident older than three days for which nobody named a cause.

    ## Why it matters
    A change is an attack, a new release or a holiday, and only a person can say which. Alarms that nobody answers
    teach everybody to overlook the one that matters.

    ## Example
    An incident of last week without a cause: see `tests/checks/ACC286/bad`.

    ## Fix
    Look into it, then `accord guard watch LOG --incidents FILE --cause ID --text TEXT --by MAIL`.

    ## References
    - ASI08
    - ASI10
    - AML.M0024
    """
    from datetime import timedelta

    from accord.guard.monitor.records import on_file

    if policy_of(ctx) is None:
        return
    path = system.guard.incidents if system.guard else None
    text = ctx.text(path) if path else None
    if path is None or text is None:
        said = "names no file of incidents" if path is None else f"names {path}, which is not there"
        fix = "run accord guard watch LOG --incidents FILE by a timer, and name the file as guard.incidents"
        yield lapse(ctx, f"the manifest {said}", fix=fix, severity=Severity.MEDIUM)
        return
    kept = on_file(text.split("\n"))
    if kept.bad:
        ctx.skip(path, f"{kept.bad} lines are neither an incident nor a cause")
    for one in kept.open:
        if kept.times[one] < ctx.now - timedelta(days=3):
            told = kept.said[one] or "something changed"
            message = f"nobody has explained the incident {one[:19]} of {kept.times[one]:%Y-%m-%d}: {told}"
            fix = (
                f"look into it, then accord guard watch LOG --incidents FILE --cause {one[7:19]} --text TEXT --by MAIL"
            )
            yield Finding(message=message, where=Place(path=path), severity=Severity.MEDIUM, fix=fix)
