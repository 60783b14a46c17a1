"""ACC281: logs of decisions that hold what they should hide."""

from __future__ import annotations

from collections.abc import Iterator

from accord.checks.guard_logs import entries
from accord.checks.guards import policy_of, talks
from accord.core import Context, Finding, Place, Severity, System, check


@check(
    "ACC281",
    on=("system",),
    bears_on=(
        "4.2.a/log-redaction-on",
        "2.2.b/log-redaction-on",
    ),
    since="0.5",
    applies=talks,
)
def raw_decision_log(system: System, ctx: Context) -> Iterator[Finding]:
    """Log of decisions holds secrets, canaries or personal data in the clear.

    ## What it does
    Looks through the log that `guard.log` names for values that may not leave (`canaries`), for secrets, and for
    personal data whose checksum holds. Reports each with its line, and never the value.

    ## Why it matters
    A log of what was blocked is the best collection of secrets in the house, unless it keeps digests in place of
    values.

    ## Example
    A log with a token in an excerpt: see `tests/checks/ACC281/bad`.

    ## Fix
    Let only the gateway write the log: it masks what it found. Remove what is in the clear, and treat it as leaked.

    ## References
    - CWE-532
    - LLM02
    """
    from accord.content.personal import personal
    from accord.content.secrets import secrets

    policy = policy_of(ctx)
    spec = system.guard
    if policy is None or spec is None:
        return
    kept = entries(ctx, spec.log) if spec.log else None
    if kept is None:
        ctx.skip(spec.log or "accord.yaml", "there is no log of decisions (ACC280)")
        return
    for number, line in kept.lines:
        found = ["a canary" for canary in policy.canaries if canary in line]
        found += [one.name for one in secrets(line)] + [one.name for one in personal(line) if one.sure]
        for what in dict.fromkeys(found):
            where = Place(path=spec.log, line=number)
            fix = "mask it, treat it as leaked, and let only the gateway write the log"
            yield Finding(message=f"the log holds {what} in the clear", where=where, severity=Severity.HIGH, fix=fix)
