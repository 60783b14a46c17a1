"""ACC120: irreversible tools that run without a person's consent."""

from collections.abc import Iterator

from accord.checks.tools import declared, irreversible, tool_place
from accord.core import Asset, Context, Finding, Severity, check
from accord.core.system import Approval


@check("ACC120", on=("tool",), bears_on=("1.3.i/tools-declared-with-scopes",), since="0.1")
def unapproved_irreversible_tools(asset: Asset, ctx: Context) -> Iterator[Finding]:
    """Tool whose effect cannot be undone runs without a person's approval.

    ## What it does
    Reports declared tools with `effect: irreversible` but without `approval: human`. A tool that does not state
    its effect counts as irreversible when it pays, orders, publishes, sends messages, deletes, runs code or
    changes access.

    ## Why it matters
    Models can be talked into anything, and money that was sent does not come back. The last word about what
    cannot be undone belongs to a person who sees what is about to happen.

    ## Example
    `{id: refund, does: pay, effect: irreversible}`: see `tests/checks/ACC120/bad`.

    ## Fix
    Let a person approve each call, outside the model, and declare `approval: human`; or make the effect
    reversible and declare that.

    ## References
    - ASI02
    - ASI09
    - LLM06
    """
    tool = declared(ctx, asset)
    if tool is None:
        ctx.skip(asset.id, "the tool is not in the manifest: its effect is unknown (ACC119)")
    elif irreversible(tool) and tool.approval is not Approval.HUMAN:
        yield Finding(
            message=f"the tool {tool.id} ({tool.does or 'irreversible'}) runs with approval {tool.approval or 'none'}",
            where=tool_place(ctx, asset),
            severity=Severity.HIGH,
            fix="have a person approve each call and declare approval: human, or make its effect reversible",
        )
