"""ACC283: sudden changes that nobody would notice."""

from __future__ import annotations

from collections.abc import Iterator

from accord.checks.guards import talks
from accord.checks.monitoring import undrilled
from accord.core import Context, Finding, System, check


@check("ACC283", on=("system",), bears_on=("4.1.b/change-point-drill-detected",), since="0.5", applies=talks)
def unnoticed_jump(_system: System, ctx: Context) -> Iterator[Finding]:
    """Sudden change of behaviour is not noticed in the traffic of the house.

    ## What it does
    Replays each stream of the log that `guard.log` names (requests stopped, calls refused, lengths, times, refusals)
    and plants a change: from one value to the next, three values in ten are strange. Reports each stream in which
    the test of `accord guard watch` does not notice within 300 values. Streams of fewer than 200 values say nothing.

    ## Why it matters
    A model that was swapped, a filter that was found out and a campaign of abuse all show in numbers at once. A test
    for change is worth what it notices in this house's traffic, not in a textbook's.

    ## Example
    A log in which every other request is stopped anyway: see `tests/checks/ACC283/bad`.

    ## Fix
    Find what makes the stream uneven (a health check, a scanner, one caller) and let it use a key or log of its own.

    ## References
    - ASI10
    - AML.M0024
    """
    yield from undrilled(ctx, slow=False, within=300)
