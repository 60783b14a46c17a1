"""ACC218: systems without an end."""

from collections.abc import Iterator

from accord.checks.places import section_place
from accord.core import Context, Finding, Severity, System, check


@check("ACC218", on=("system",), bears_on=("2.4.c/end-of-support-date",), since="0.1")
def missing_end_of_support(system: System, ctx: Context) -> Iterator[Finding]:
    """End of support is not declared, or has passed.

    ## What it does
    Reads `end_of_support` in the manifest and reports a missing day and one that has passed.

    ## Why it matters
    After that day nobody mends what is found. Who relies on the system has to know it in time to leave, and a
    system that runs on without support is one that attackers wait for.

    ## Example
    A manifest without `end_of_support`: see `tests/checks/ACC218/bad`.

    ## Fix
    Agree on the day with the system owner, and add `end_of_support: YYYY-MM-DD` under `system`.

    ## References
    - CWE-1104
    """
    end, today = system.system.end_of_support, ctx.now.date()
    if end is None:
        message, severity = "the manifest does not say when support ends", Severity.MEDIUM
    elif end < today:
        message, severity = f"support ended on {end}, {(today - end).days} days ago", Severity.HIGH
    else:
        return
    where = section_place(ctx, "system")
    fix = "add end_of_support: YYYY-MM-DD under system; after that day take it out of service"
    yield Finding(message=message, where=where, severity=severity, fix=fix)
