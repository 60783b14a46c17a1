"""ACC289: decisions that nobody can retrace."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from accord.checks.guards import talks
from accord.checks.monitoring import logged
from accord.core import Context, Finding, Place, Severity, System, check

if TYPE_CHECKING:
    from accord.guard.monitor.entries import Entry

_MOST = 50
_LOOKED_AT = frozenset({"request", "answer", "call", "bypass"})


@check("ACC289", on=("system",), bears_on=("4.2.b/incident-reconstructable-from-logs",), since="0.5", applies=talks)
def untraceable_decision(_system: System, ctx: Context) -> Iterator[Finding]:
    """Decision that stopped something cannot be retraced from the log.

    ## What it does
    Looks at each decision in the log that `guard.log` names by which something was stopped. Reports one that does not
    name its reason (`code`), its place (`where`), the policy and the rules in force, and what it was about: the digest
    of the text, or the path from source to sink. Together with policy, rules and text these give the same decision
    again.

    ## Why it matters
    An incident is worked out weeks later, from what was written down. A line that says only that something was
    blocked answers none of the questions that are asked then.

    ## Example
    A log whose lines name neither policy nor place: see `tests/checks/ACC289/bad`.

    ## Fix
    Let the gateway write the log (`accord guard serve --log FILE`), and let nothing cut its lines short.

    ## References
    - AML.M0024
    - ASI08
    """
    kept = logged(ctx)
    if kept is None:
        return
    own = ((number, entry) for number, entry in kept.lines if entry.kind in _LOOKED_AT and not entry.sums_up)
    stopped = ((number, entry) for number, entry in own if entry.outcome.stops)
    lacking = ((number, entry, _lacks(entry)) for number, entry in stopped)
    for number, entry, lacks in islice((one for one in lacking if one[2]), _MOST):
        message = f"the decision {entry.decision[:24]} does not name {', '.join(lacks)}"
        fix = "let only the gateway write the log, and let nothing cut its lines short"
        where = Place(path=kept.path, line=number)
        yield Finding(message=message, where=where, severity=Severity.MEDIUM, fix=fix)


def _lacks(entry: Entry) -> tuple[str, ...]:
    """Return what nobody can know of a decision."""
    told = {
        "a reason": entry.code,
        "its place": entry.where,
        "the policy": entry.policy,
        "the rules": entry.rules,
        "a text or a path": entry.text or any(entry.path),
    }
    return tuple(name for name, value in told.items() if not value)
