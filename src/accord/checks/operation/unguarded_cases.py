"""ACC282: attacks that came in and became no rule."""

from __future__ import annotations

from collections.abc import Iterator

from accord.checks.guards import guard_place, policy_of, talks
from accord.core import Context, Finding, Severity, System, check


@check("ACC282", on=("system",), bears_on=("4.4.f/every-incident-has-case-and-rule",), since="0.5", applies=talks)
def unguarded_cases(system: System, ctx: Context) -> Iterator[Finding]:
    """Case that others shared is in no rule of the guard.

    ## What it does
    Compares the cases that came in with the signed rules in the folder that `guard.rules` names. Reports each
    conversation case without an enforced rule; a rule on trial (`shadow`) counts as a finding of its own.

    ## Why it matters
    An attack that was reported once should never work again anywhere: that takes a test and a rule, and a rule is
    there sooner than a fix.

    ## Example
    A shared case and an empty folder of rules: see `tests/checks/ACC282/bad`.

    ## Fix
    Run `accord guard rules add CASE --rules DIR`, and `accord guard rules promote` after its time on trial.

    ## References
    - ASI01
    - LLM01
    - AML.M0015
    """
    from accord.case.identity import identity
    from accord.checks.guard_rules import in_force
    from accord.core.case import CaseKind

    if policy_of(ctx) is None:
        return
    shared = [case for case in ctx.shared if case.kind is CaseKind.CONVERSATION]
    rules = in_force(ctx)
    if rules is None:
        if shared:
            fix = "run accord guard rules add CASE --rules DIR, and name the folder as guard.rules"
            message = f"{len(shared)} shared cases, and the manifest names no folder of rules"
            yield Finding(message=message, where=guard_place(ctx), severity=Severity.HIGH, fix=fix)
        return
    for case in shared:
        mode = rules.get(identity(case))
        if mode != "enforce":
            said = "is in no rule" if mode is None else "has a rule that is only on trial"
            fix = "run accord guard rules add, or promote the rule"
            yield Finding(
                message=f"the case {case.name} {said}", where=guard_place(ctx), severity=case.severity, fix=fix
            )
