"""ACC278: callers that may ask without end."""

from __future__ import annotations

from collections.abc import Iterator

from accord.checks.guards import lapse, policy_of, talks
from accord.core import Context, Finding, Severity, System, check


@check("ACC278", on=("system",), bears_on=("3.5.c/abuse-rules-on",), since="0.5", applies=talks)
def unbounded_callers(system: System, ctx: Context) -> Iterator[Finding]:
    """Guard bounds neither what a caller may ask nor how often it may probe.

    ## What it does
    Reads the limits of the documented policy. Reports a policy without a bound on requests or tokens per caller,
    and one that does not look for series of nearly equal questions (`similar_queries`), by which models are copied
    and filters are probed.

    ## Why it matters
    Abuse is a matter of numbers: extraction, probing and spam all need many questions, and none of them looks bad
    alone.

    ## Example
    A policy without limits: see `tests/checks/ACC278/bad`.

    ## Fix
    Set `limits: {requests_per_minute: …, tokens_per_minute: …, similar_queries: …}`, and give each caller a key.

    ## References
    - LLM10
    - AML.T0024
    - AML.T0034
    """
    policy = policy_of(ctx)
    if policy is None:
        return
    limits = policy.limits
    if not (limits.requests_per_minute or limits.requests_per_day) and not limits.tokens_per_minute:
        yield lapse(ctx, "no caller is limited in requests or tokens", fix="set limits in guard.yaml")
    if not limits.similar_queries:
        message = "series of nearly equal questions are not looked for"
        yield lapse(ctx, message, fix="set limits: {similar_queries: 50}", severity=Severity.MEDIUM)
