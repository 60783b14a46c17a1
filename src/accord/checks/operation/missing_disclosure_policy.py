"""ACC401: finders who have nobody to tell."""

from collections.abc import Iterator

from accord.checks.disclosure import policies
from accord.checks.places import section_place
from accord.core import Context, Finding, Severity, System, check

_FIX = "write SECURITY.md: where to report, what to include, when you answer; name it as disclose.policy"


@check("ACC401", on=("system",), bears_on=("4.4.c/policy-published",), since="0.1")
def missing_disclosure_policy(system: System, ctx: Context) -> Iterator[Finding]:
    """There is no policy for reporting vulnerabilities.

    ## What it does
    Looks for the policy that the manifest names under `disclose`, else for `SECURITY.md` or a document or section
    on disclosure, and in it for an address to report to. That it can be reached in public is not seen; a policy
    at an address is not fetched.

    ## Why it matters
    Outsiders find what you did not. Without an address they give up, or tell everybody at once.

    ## Example
    A repository without `SECURITY.md`: see `tests/checks/ACC401/bad`.

    ## Fix
    Write `SECURITY.md`: where to report, what to include, in how many days you answer and mend.

    ## References
    - CWE-1059
    """
    found = policies(ctx)
    if found is None:
        return
    if not found:
        named = system.disclose.policy if system.disclose else None
        message = f"the policy {named} is missing or empty" if named else "no document says how to report a weakness"
        where = section_place(ctx, "disclose" if named else "system")
    elif not any(policy.reachable for policy in found):
        message, where = f"the policy {found[0].document.path} names no address to report to", found[0].document.place
    else:
        return
    yield Finding(message=message, where=where, severity=Severity.MEDIUM, fix=_FIX)
