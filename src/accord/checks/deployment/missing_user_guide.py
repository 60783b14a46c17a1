"""ACC304: users who are left to guess."""

from collections.abc import Iterator

from accord.checks.documents import find
from accord.checks.places import section_place
from accord.core import Context, Finding, Severity, System, check


@check("ACC304", on=("system",), bears_on=("3.5.d/user-guide-present",), since="0.1")
def missing_user_guide(system: System, ctx: Context) -> Iterator[Finding]:
    """There is no guide for users.

    ## What it does
    Looks for a user guide or manual that says something, or a section for users in another document. Pages that
    the model retrieves do not count: a user does not see them. Whether the guide reaches users is not seen.

    ## Why it matters
    People who were never told how to use a system safely find their own way: they paste secrets, believe what is
    made up, and turn off what is in the way.

    ## Example
    A README for developers only: see `tests/checks/ACC304/bad`.

    ## Fix
    Write `docs/user-guide.md`: what it does, its limits, what not to use it for, how data is used, whom to tell.

    ## References
    - LLM09
    - CWE-1059
    """
    if find(ctx, "user-guide") is None:
        yield Finding(
            message="no document tells users how to use the system",
            where=section_place(ctx, "system"),
            severity=Severity.MEDIUM,
            fix="write docs/user-guide.md: what it does, its limits, how data is used, whom to tell",
        )
