"""ACC275: effects that cannot be undone, and that nobody is asked about."""

from __future__ import annotations

from collections.abc import Iterator

from accord.checks.guards import NOON, guard_of, has_tools, hostile_call, lapse, planted
from accord.checks.tools import irreversible
from accord.core import Context, Finding, System, check
from accord.core.guard import Outcome
from accord.core.system import Approval


@check(
    "ACC275",
    on=("system",),
    bears_on=(
        "1.3.i/human-approval-for-irreversible",
        "X.3.a/human-approval-for-irreversible",
        "1.3.f/user-confirmation-for-sensitive",
    ),
    since="0.5",
    applies=has_tools,
)
def unconfirmed_effects(system: System, ctx: Context) -> Iterator[Finding]:
    """Guard lets an effect that cannot be undone happen without asking a person.

    ## What it does
    Has each declared tool called that cannot be undone and whose approval is `human`, by an agent that a document
    misleads. Reports those that the documented policy lets run, and those whose entry in guard.yaml does not ask
    for approval.

    ## Why it matters
    The approval that a manifest promises is worth what stands between the model and the tool.

    ## Example
    A refund that the manifest says a person approves, and guard.yaml does not: see `tests/checks/ACC275/bad`.

    ## Fix
    Write `approval: human` in guard.yaml too, or draft the policy again.

    ## References
    - ASI09
    - LLM06
    - AML.M0029
    """
    guard = guard_of(ctx)
    if guard is None:
        return
    listed = {tool.name: tool for tool in guard.policy.tools}
    for tool in system.components.tools:
        if not irreversible(tool) or tool.approval is not Approval.HUMAN:
            continue
        decision = guard.authorise(planted(system.components.tools), hostile_call(tool), now=NOON)
        own = listed.get(tool.id)
        if not decision.stops:
            yield lapse(ctx, f"{tool.id} runs without a person's approval", fix="write approval: human in guard.yaml")
        elif own is not None and own.approval is not Approval.HUMAN and decision.outcome is not Outcome.BLOCK:
            yield lapse(
                ctx, f"guard.yaml does not ask a person before {tool.id}", fix="write approval: human in guard.yaml"
            )
