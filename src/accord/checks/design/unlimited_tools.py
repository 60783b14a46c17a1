"""ACC119: tools without scopes or limits."""

from collections.abc import Iterator

from accord.checks.tools import acts, declared, tool_place
from accord.core import Asset, Context, Finding, Severity, check
from accord.core.system import Effect, Tool


@check("ACC119", on=("tool",), bears_on=("1.3.i/tools-declared-with-scopes",), since="0.1")
def unlimited_tools(asset: Asset, ctx: Context) -> Iterator[Finding]:
    """Tool has no declared effect, scopes or limits.

    ## What it does
    Reports tools that are not in the manifest, tools that say neither what they do nor their effect, tools
    without scopes, and tools that change something without limits.

    ## Why it matters
    A model calls tools with whatever arguments it was talked into. What keeps a refund small is a limit outside
    the model, and a limit that nobody wrote down is none.

    ## Example
    `{id: refund, does: pay}` without scopes and limits: see `tests/checks/ACC119/bad`.

    ## Fix
    Declare `effect`, the least `scopes` that do the job, and `limits` such as `{per_session: 1}`; enforce them
    in the code that runs the tool.

    ## References
    - ASI02
    - LLM06
    - AML.T0053
    """
    tool = declared(ctx, asset)
    lacks = "the manifest" if tool is None else " and no ".join(_lacks(tool))
    if not lacks:
        return
    yield Finding(
        message=f"the tool {asset.id} is not in the manifest" if tool is None else f"the tool {tool.id} has no {lacks}",
        where=tool_place(ctx, asset),
        severity=Severity.HIGH if tool is None or acts(tool) else Severity.MEDIUM,
        fix="declare effect, scopes: [...] and limits: {per_session: N} of the tool, and enforce them",
    )


def _lacks(tool: Tool) -> list[str]:
    if tool.effect is None and tool.does is None:
        return ["declared effect"]
    harmless = tool.effect is Effect.NONE
    return [what for what, absent in (
        ("scopes", not harmless and not tool.scopes),
        ("limits", acts(tool) and not tool.limits),
    ) if absent]  # fmt: skip
