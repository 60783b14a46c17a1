"""ACC212: systems that do not say what they are for and where they end."""

from collections.abc import Iterator

from accord.checks.documents import every, kind_of
from accord.checks.places import section_place
from accord.core import Context, Finding, Severity, System, check


@check("ACC212", on=("system",), bears_on=("2.3.c/scope-and-limits-present",), since="0.1")
def missing_scope_and_limits(system: System, ctx: Context) -> Iterator[Finding]:
    """Intended scope or limits of the system are written nowhere.

    ## What it does
    Looks through READMEs, model cards, user guides and documents about scope or limits for a part on the
    intended scope or use, and for one on limits or failure modes, that say something. It does not see whether
    what they say is true or complete.

    ## Why it matters
    A system that is used for what it was never made and tested for fails in ways that nobody prepared for.

    ## Example
    A README that says how to start it and nothing else: see `tests/checks/ACC212/bad`.

    ## Fix
    Write two sections: what it is for and by whom it may be used, and what it cannot do or gets wrong.

    ## References
    - CWE-1059
    - LLM09
    """
    found = list(every(ctx, "scope"))
    for name, names in kind_of("scope").parts.items():
        if not any(document.part(names) for document in found):
            where = found[0].place if found else section_place(ctx, "system")
            looked = f" in {', '.join(one.path for one in found[:3])}" if found else ": there is no README or guide"
            yield Finding(
                message=f"nothing is said about {name}{looked}",
                where=where,
                severity=Severity.MEDIUM,
                fix=f"add a section on {name} to the README or the user guide",
            )
