"""ACC223: tool and MCP configuration that speaks to the model behind the user's back, or runs what is not pinned."""

from collections.abc import Iterator

from accord.core import Context, Finding, System, check


@check(
    "ACC223",
    on=("system",),
    bears_on=("2.1.d/deps-malicious-indicators", "2.1.c/pinned-by-digest"),
    since="0.1",
    seconds=120,
)
def poisoned_tool_description(system: System, ctx: Context) -> Iterator[Finding]:
    """Tool configuration speaks to the model, hides text, or runs what is not pinned.

    ## What it does
    Reads configurations of MCP servers and lists of tools. Reports descriptions that tell the model what to do or to
    hide, invisible characters, one name used by two servers, and commands that fetch whatever is newest.

    ## Why it matters
    The description of a tool is part of every prompt. Whoever writes it speaks to the model with your authority.

    ## Example
    A description that asks the model to read a key first: see `tests/checks/ACC223/bad`.

    ## Fix
    Remove the server, or pin it to a version and hash whose descriptions were read, and quarantine it on change.

    ## References
    - CWE-829
    - AML.T0051.001
    - ASI04
    """
    from accord.checks.ratings import findings, rated_texts

    for rated in rated_texts(ctx):
        yield from findings(rated, "dangerous", "unknown", "malformed", "safe", check="ACC223")
