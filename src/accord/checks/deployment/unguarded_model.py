"""ACC270: models with nothing in front of them."""

from __future__ import annotations

from collections.abc import Iterator

from accord.checks.guards import lapse, policy_of, talks
from accord.core import Context, Finding, Severity, System, check
from accord.core.guard import Fail, Switch, Treatment
from accord.core.system import Mode


@check(
    "ACC270",
    on=("system",),
    bears_on=("3.2.b/input-rules-on", "1.3.k/output-rules-on", "1.3.f/egress-policy-on"),
    since="0.5",
    applies=talks,
)
def unguarded_model(system: System, ctx: Context) -> Iterator[Finding]:
    """Model answers without an enforcing guard in front of it.

    ## What it does
    Reads the policy that `guard` names in the manifest. Reports a system that talks and has none, a policy that
    cannot be read, one in mode `shadow`, and one that lets reads pass when the guard fails, or has the detector or
    the watch over secrets switched off.

    ## Why it matters
    A model obeys whoever writes what it reads. What it may be told, what it may say and where that may go has to be
    decided outside of it, and a guard that only watches decides nothing.

    ## Example
    A chat service with `guard.yaml` in mode shadow: see `tests/checks/ACC270/bad`.

    ## Fix
    Draft a policy with `accord guard policy draft`, name it under `guard` in accord.yaml, and run `accord guard
    serve --policy guard.yaml`.

    ## References
    - LLM01
    - LLM02
    - AML.M0015
    """
    fix = "draft one with accord guard policy draft, name it in accord.yaml, and serve behind accord guard serve"
    spec = system.guard
    if spec is None:
        yield lapse(ctx, "no guard is declared", fix=fix)
        return
    policy = policy_of(ctx)
    if policy is None:
        yield lapse(ctx, f"the policy {spec.policy} cannot be read", fix=fix)
        return
    if Mode.SHADOW in {policy.mode, spec.mode}:
        yield lapse(ctx, "the guard is in mode shadow: it says what it sees and stops nothing", fix="set mode: enforce")
    if policy.on_error.read is Fail.OPEN:
        fix = "set on_error: {read: closed}, or have the exception signed as a waiver"
        yield lapse(ctx, "requests pass unseen when the guard fails", fix=fix, severity=Severity.MEDIUM)
    if policy.detector is Switch.OFF:
        yield lapse(ctx, "the detector is off", fix="set detector: on", severity=Severity.MEDIUM)
    if policy.secrets in {Treatment.OFF, Treatment.FLAG}:
        yield lapse(ctx, "secrets may leave in answers", fix="set secrets: redact, or block", severity=Severity.MEDIUM)
