"""ACC402: finders who have to fear a lawyer."""

import re
from collections.abc import Iterator

from accord.checks.disclosure import policies
from accord.core import Context, Finding, Severity, System, check

_PROMISE = re.compile(
    r"\b(?:not|never|no|nor)\b[^.]{0,80}\b(?:legal (?:action|steps)|law ?suits?|sue|prosecut|law enforcement)|"
    r"\b(?:consider|regard|treat|deem)\w*\b[^.]{0,120}\bauthori[sz]ed|\bauthori[sz]ed (?:research|testing|conduct)\b",
    re.IGNORECASE,
)


@check("ACC402", on=("system",), bears_on=("4.4.c/safe-harbour-present",), since="0.1")
def missing_safe_harbour(system: System, ctx: Context) -> Iterator[Finding]:
    """Disclosure policy gives researchers no consent.

    ## What it does
    Looks in the policy for reporting vulnerabilities for a promise: that research in good faith counts as
    authorised, or that no legal action follows. A heading alone is no promise. Whether the wording holds in court
    is for a lawyer to say.

    ## Why it matters
    Testing somebody else's system is an offence in many places. Without consent the careful stay away, and only
    the careless and the hostile look.

    ## Example
    A policy with an address and nothing else: see `tests/checks/ACC402/bad`.

    ## Fix
    Add a section "Safe harbour": what may be tested, that it is authorised when done in good faith, and that you
    will not take legal action.

    ## References
    - CWE-1059
    """
    found = policies(ctx)
    if found is None:
        return
    if not found:
        ctx.skip("accord.yaml", "there is no policy to look into (ACC401)")
    elif not any(_PROMISE.search(" ".join(policy.document.text.split())) for policy in found):
        yield Finding(
            message=f"the policy {found[0].document.path} does not promise that research in good faith is authorised",
            where=found[0].document.place,
            severity=Severity.MEDIUM,
            fix="add a section Safe harbour: what may be tested, and that no legal action follows",
        )
