"""ACC288: decisions by a policy that nobody documented."""

from __future__ import annotations

from collections.abc import Iterator

from accord.checks.guards import talks
from accord.checks.monitoring import logged
from accord.core import Context, Finding, Place, Severity, System, check


@check("ACC288", on=("system",), bears_on=("3.2.f/digest-drift-monitor",), since="0.5", applies=talks)
def drifted_policy(_system: System, ctx: Context) -> Iterator[Finding]:
    """Guard decided by another policy than the documented one.

    ## What it does
    Reads the decisions of the last seven days in the log that `guard.log` names: each names the digest of the policy it
    was made with. Reports a log in which none was made with the documented policy, and each other policy that comes
    after the documented one was first in force. What stands before that is the policy of last time. Digests of rules
    may change: rules come and go, and each is signed.

    ## Why it matters
    Whoever can exchange the policy for an hour needs no attack on the model. The log tells, if somebody compares.

    ## Example
    A log with an hour under a policy of unknown origin: see `tests/checks/ACC288/bad`.

    ## Fix
    Find out who served the other policy. Document what is in force, and serve only that.

    ## References
    - LLM03
    - ASI10
    """
    from datetime import timedelta

    from accord.core.canon import digest

    kept = logged(ctx)
    if kept is None:
        return
    week = [one for one in kept.lines if one[1].policy and one[1].time >= ctx.now - timedelta(days=7)]
    if not week:
        ctx.skip(kept.path, "no decision of the last seven days names its policy (ACC280)")
        return
    documented = digest(kept.policy)
    first = next((number for number, entry in week if entry.policy == documented), None)
    fix = "find out who served it; document what is in force, and serve only that"
    if first is None:
        message = f"none of the {len(week)} decisions of the last seven days was made with the documented policy"
        where = Place(path=kept.path, line=week[-1][0])
        yield Finding(message=message, where=where, severity=Severity.HIGH, fix=fix)
        return
    strange: dict[str, list[int]] = {}
    for number, entry in week:
        if entry.policy != documented and number > first:
            strange.setdefault(entry.policy, []).append(number)
    for other, numbers in list(strange.items())[:20]:
        message = f"{len(numbers)} decisions were made with the undocumented policy {other[:19]}"
        where = Place(path=kept.path, line=numbers[0])
        yield Finding(message=message, where=where, severity=Severity.HIGH, fix=fix)
