"""ACC224: chat and prompt templates that reach for the interpreter that renders them."""

from collections.abc import Iterator

from accord.core import Context, Finding, System, check


@check("ACC224", on=("system",), bears_on=("1.3.e/model-file",), since="0.1", seconds=120)
def template_injection(system: System, ctx: Context) -> Iterator[Finding]:
    """Template of a chat or prompt reaches for the interpreter that renders it.

    ## What it does
    Parses the templates in tokenizer and processor configurations and in template files to a syntax tree, without
    rendering them, and reports names, attributes, filters and loops that no honest template uses.

    ## Why it matters
    A chat template is a program that runs for every message, with the rights of the server.

    ## Example
    A `tokenizer_config.json` whose template walks to `__class__`: see `tests/checks/ACC224/bad`.

    ## Fix
    Use the template of the model's original publisher, and render in a sandboxed environment.

    ## References
    - CWE-1336
    - AML.T0011.000
    - LLM03
    """
    from accord.checks.ratings import findings, rated_texts

    for rated in rated_texts(ctx):
        yield from findings(rated, "dangerous", "unknown", "malformed", check="ACC224")
