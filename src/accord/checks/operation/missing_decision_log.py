"""ACC280: guards whose decisions are not kept."""

from __future__ import annotations

from collections.abc import Iterator

from accord.checks.guard_logs import entries
from accord.checks.guards import lapse, policy_of, talks
from accord.core import Context, Finding, System, check


@check(
    "ACC280",
    on=("system",),
    bears_on=(
        "4.2.a/decision-log-on",
        "4.1.a/output-metrics-flowing",
    ),
    since="0.5",
    applies=talks,
)
def missing_decision_log(system: System, ctx: Context) -> Iterator[Finding]:
    """Decisions of the guard are not kept, or nothing was decided lately.

    ## What it does
    Reads the file that `guard.log` names in the manifest: one JSON line a decision. Reports a guard without a log,
    a log that is not there or that holds other things, and one whose newest decision is older than seven days.

    ## Why it matters
    What is not written down cannot be audited, investigated or repaired, and a log that stopped is how many
    incidents begin.

    ## Example
    A guard that names no log: see `tests/checks/ACC280/bad`.

    ## Fix
    Start the gateway with `--log FILE` and name the file as `guard.log` in accord.yaml.

    ## References
    - LLM10
    - AML.M0024
    """
    from datetime import timedelta

    if policy_of(ctx) is None:
        return
    spec = system.guard
    fix = "start the gateway with --log FILE and name the file as guard.log in accord.yaml"
    if spec is None or spec.log is None:
        yield lapse(ctx, "the manifest names no log of decisions", fix=fix)
        return
    kept = entries(ctx, spec.log)
    if kept is None:
        yield lapse(ctx, f"the log {spec.log} is not there", fix=fix)
    elif not kept.times:
        yield lapse(ctx, f"the log {spec.log} holds no decision", fix=fix)
    elif max(kept.times) < ctx.now - timedelta(days=7):
        yield lapse(
            ctx, f"the newest decision is of {max(kept.times):%Y-%m-%d}", fix="see why the gateway decides nothing"
        )
