"""ACC273: tools that run though nobody listed them."""

from __future__ import annotations

from collections.abc import Iterator

from accord.checks.guards import NOON, asked, guard_of, lapse, talks
from accord.core import Context, Finding, Severity, System, check
from accord.core.trial import ToolCall


@check(
    "ACC273",
    on=("system",),
    bears_on=(
        "1.3.i/tool-allow-list-enforced",
        "X.5.a/tool-allow-list-enforced",
    ),
    since="0.5",
    applies=talks,
)
def unlisted_tool_runs(system: System, ctx: Context) -> Iterator[Finding]:
    """Guard lets a tool run that is on no list.

    ## What it does
    Has the documented policy rule on a call of a tool that nobody declared and whose name says nothing. Reports it
    when it may run, and reports each declared tool that acts and that the policy does not list.

    ## Why it matters
    Models invent tools, and attackers add them. What is not on the list must not run, whatever it is called.

    ## Example
    A manifest with a tool that guard.yaml does not know: see `tests/checks/ACC273/bad`.

    ## Fix
    Run `accord guard policy draft` again after each change of tools, and read the difference.

    ## References
    - ASI02
    - LLM06
    - AML.M0028
    """
    guard = guard_of(ctx)
    if guard is None:
        return
    scene = asked("Please help me with my order.")
    if not guard.authorise(scene, ToolCall(name="zq_perform", args={"x": "1"}), now=NOON).stops:
        yield lapse(ctx, "a tool that nobody declared may run", fix="set mode: enforce")
    listed = {tool.name for tool in guard.policy.tools}
    for tool in system.components.tools:
        if tool.id not in listed:
            fix = "run accord guard policy draft again, and read the difference"
            yield lapse(ctx, f"the policy does not list the tool {tool.id}", fix=fix, severity=Severity.MEDIUM)
