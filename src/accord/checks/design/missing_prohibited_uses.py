"""ACC125: no word about what the system must not be used for."""

from collections.abc import Iterator

from accord.checks.places import section_place
from accord.core import Context, Finding, Severity, System, check


@check("ACC125", on=("system",), bears_on=("1.3.o/prohibited-uses-present",), since="0.1")
def missing_prohibited_uses(system: System, ctx: Context) -> Iterator[Finding]:
    """Manifest states no prohibited use.

    ## What it does
    Looks for at least one entry that is not empty in `system.prohibited_uses`.

    ## Why it matters
    People use a system for whatever it answers. What it was never made and tested for has to be said, so that
    users, tests and guards can hold to it.

    ## Example
    A manifest without `prohibited_uses`: see `tests/checks/ACC125/bad`.

    ## Fix
    Add what the system must not be used for, such as `prohibited_uses: [legal advice]`, and tell its users.

    ## References
    - AML.T0048
    """
    if not any(use.strip() for use in system.system.prohibited_uses):
        yield Finding(
            message=f"the manifest states no prohibited use of {system.system.id}",
            where=section_place(ctx, "system"),
            severity=Severity.LOW,
            fix="add prohibited_uses: [legal advice] or whatever it was not made for, under system",
        )
