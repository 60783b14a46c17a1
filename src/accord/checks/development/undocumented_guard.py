"""ACC276: guards that run with something else than what is documented."""

from __future__ import annotations

import json
from collections.abc import Iterator

from accord.checks.guard_rules import documented
from accord.checks.guards import guard_place, policy_of, talks
from accord.core import Context, Finding, Severity, System, TargetError, check
from accord.core.canon import digest


@check(
    "ACC276",
    on=("system",),
    bears_on=("2.3.d/documented-policy-digest-equals-running",),
    since="0.5",
    needs=("network",),
    applies=talks,
)
def undocumented_guard(system: System, ctx: Context) -> Iterator[Finding]:
    """Guard runs with another policy or other rules than what is documented.

    ## What it does
    Asks the running gateway at `guard.url` for the digests of its policy and its rules (`/health`) and compares
    them with guard.yaml and with the set of signed rules in `guard.rules`. Reports each that differs, and what in
    that folder is other than its signed list says; without an address the check is `not-run`.

    ## Why it matters
    What was reviewed protects nobody when something else runs. A guard that was loosened by hand one night looks
    like any other.

    ## Example
    A gateway that was started with another policy: see `tests/checks/ACC276/bad`.

    ## Fix
    Start the gateway with the documented policy and rules, or document what runs; commit both.

    ## References
    - ASI04
    - AML.M0014
    """
    policy = policy_of(ctx)
    if policy is None:
        return
    spec, rules = system.guard, documented(ctx)
    if rules is not None and rules.refused:
        ctx.skip(
            rules.refused[0].file, f"signed rules that do not count: {len(rules.refused)}; {rules.refused[0].reason}"
        )
        rules = None
    for one in rules.astray if rules is not None else ():
        message = f"in the folder of rules, {one.file} {one.reason}"
        fix = "find out who changed the folder; accord guard rules add lays a rule down again, remove takes it away"
        yield Finding(message=message, where=guard_place(ctx), severity=Severity.HIGH, fix=fix)
    if spec is None or spec.url is None:
        ctx.skip("accord.yaml", "guard.url is not stated: nobody knows what runs")
        return
    try:
        reply = ctx.fetch(spec.url.rstrip("/") + "/health")
        told = json.loads(reply.body)
    except (TargetError, ValueError, RecursionError) as error:
        ctx.skip(spec.url, f"the gateway does not say what it runs: {str(error)[:200]}")
        return
    running = told if isinstance(told, dict) else {}
    if reply.status != 200:
        ctx.skip(spec.url, f"the gateway is not healthy: {reply.status}")
        return
    wanted = {"policy": (digest(policy), spec.policy)}
    if rules is not None:
        wanted["rules"] = (rules.digest, f"the rules in {spec.rules}")
    for name, (own, file) in wanted.items():
        if running.get(name) != own:
            verb = "is" if name == "policy" else "are"
            message = f"the running {name} {verb} {str(running.get(name))[:24]}…, documented {verb} {own[:24]}…"
            fix = f"start the gateway with {file}, or document what runs"
            yield Finding(message=message, where=guard_place(ctx), severity=Severity.HIGH, fix=fix)
