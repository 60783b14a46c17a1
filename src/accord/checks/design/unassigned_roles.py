"""ACC101: roles that nobody holds."""

from collections.abc import Iterator

from accord.checks.places import section_place
from accord.core import Context, Finding, Severity, System, check

_SHOWN = 8


@check("ACC101", on=("system",), bears_on=("1.1.a/roles-assigned",), since="0.1")
def unassigned_roles(system: System, ctx: Context) -> Iterator[Finding]:
    """Role that the profile needs is held by nobody.

    ## What it does
    Collects the roles that answer for the practices of the profile's level, and reports each that `owners` in
    the manifest leaves out, with the practices that wait for it.

    ## Why it matters
    A practice that nobody answers for is nobody's decision: risks are then accepted by default, and no one can
    sign what a program cannot see.

    ## Example
    `owners: {system-owner: a@example.org}` at level `standard`: see `tests/checks/ACC101/bad`.

    ## Fix
    Name a person or a team for the role under `owners`. One person may hold several roles.

    ## References
    - AML.M0018
    """
    waiting: dict[str, list[str]] = {}
    for practice in ctx.catalogue.provisions():
        if system.profile.level.includes(practice.level) and not system.owners.get(practice.owner, "").strip():
            waiting.setdefault(practice.owner, []).append(practice.id)
    for role, practices in waiting.items():
        more = f" and {len(practices) - _SHOWN} more" if len(practices) > _SHOWN else ""
        yield Finding(
            message=f"nobody is {role}: {', '.join(practices[:_SHOWN])}{more} wait for one",
            where=section_place(ctx, "owners"),
            severity=Severity.MEDIUM,
            fix=f"add {role}: NAME@DOMAIN under owners",
        )
