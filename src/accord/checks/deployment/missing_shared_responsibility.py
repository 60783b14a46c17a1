"""ACC306: security duties that nobody handed over."""

from collections.abc import Iterator

from accord.checks.documents import find
from accord.checks.places import section_place
from accord.core import Context, Finding, Severity, System, check


@check("ACC306", on=("system",), bears_on=("3.5.e/shared-responsibility-present",), since="0.1")
def missing_shared_responsibility(system: System, ctx: Context) -> Iterator[Finding]:
    """Users are not told which security duties are theirs.

    ## What it does
    Looks for a document or section on shared responsibility, the duties of users, or who does what for security,
    that says something.

    ## Why it matters
    Each side believes that the other one checks answers, keeps tokens and installs updates. What is nobody's
    duty does not happen.

    ## Example
    A user guide without such a part: see `tests/checks/ACC306/bad`.

    ## Fix
    Add a section "Shared responsibility" to the user guide: what we do, what you do.

    ## References
    - CWE-1059
    """
    if find(ctx, "shared-responsibility") is None:
        yield Finding(
            message="no document says which security duties are the users' own",
            where=section_place(ctx, "system"),
            severity=Severity.MEDIUM,
            fix="add a section Shared responsibility to the user guide: what we do, what you do",
        )
