"""ACC284: slow changes that nobody would notice."""

from __future__ import annotations

from collections.abc import Iterator

from accord.checks.guards import talks
from accord.checks.monitoring import undrilled
from accord.core import Context, Finding, System, check


@check("ACC284", on=("system",), bears_on=("4.1.c/slow-drift-drill-detected",), since="0.5", applies=talks)
def unnoticed_drift(_system: System, ctx: Context) -> Iterator[Finding]:
    """Slow change of behaviour is not noticed in the traffic of the house.

    ## What it does
    Replays each stream of the log that `guard.log` names and plants a change that grows over 1,000 values, from none
    to three strange values in ten. Reports each stream in which the test of `accord guard watch` does not notice
    within these 1,000. Streams of fewer than 200 values say nothing.

    ## Why it matters
    Whoever poisons a memory, an index or a filter's habits does it slowly: each day looks like the day before. Only a
    test that remembers the first day can tell.

    ## Example
    A log in which every other request is stopped anyway: see `tests/checks/ACC284/bad`.

    ## Fix
    Find what makes the stream uneven (a health check, a scanner, one caller) and let it use a key or log of its own.

    ## References
    - ASI10
    - AML.M0024
    - AML.T0031
    """
    yield from undrilled(ctx, slow=True, within=1_000)
