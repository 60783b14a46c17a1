"""ACC259: campaigns that are too small to show what they are taken for."""

from __future__ import annotations

from collections.abc import Iterator

from accord.checks.campaigns import LIMIT, attack_place, known, percent, talks
from accord.core import Context, Finding, Severity, System, check
from accord.core.proportion import needed


@check(
    "ACC259", on=("system",), bears_on=("3.4.b/sample-size-gives-required-interval",), since="0.4", applies=talks
)  # fmt: skip
def too_few_trials(system: System, ctx: Context) -> Iterator[Finding]:
    """Campaign is too small to show that attacks succeed rarely.

    ## What it does
    Adds up the distinct trials of every class of threat and channel, over the signed campaigns on this digest, and
    reports those with fewer trials than a one-sided 95 % bound of 5 % needs: 59 when none breaks, more when some
    do. Identical repeats count once. Without a campaign on this digest the check is `not-run`.

    ## Why it matters
    Five attacks that failed are no sign of strength: one that succeeds every other time fails five times in a row in
    three cases of a hundred, and there are many attackers.

    ## Example
    Five trials of one case: see `tests/checks/ACC259/bad`.

    ## Fix
    Leave out `--trials`: the plan then gives each class and channel as many as it needs.

    ## References
    - LLM01
    """
    told = known(ctx)
    if told is None:
        return
    pools = told.pools.values()
    few = sorted((pool for pool in pools if pool.decided < needed(LIMIT)), key=lambda pool: (pool.decided, pool.name))
    if few:
        least = f"{few[0].name} has {few[0].decided}, which shows at most {percent(few[0].upper)}"
        yield Finding(
            message=f"{len(few)} of {len(pools)} pools have fewer than {needed(LIMIT)} distinct trials: {least}",
            where=attack_place(ctx),
            severity=Severity.MEDIUM,
            fix="run accord attack run without --trials, so that the plan gives each pool what it needs",
        )
