"""ACC222: configuration that makes a loader import or run code."""

from collections.abc import Iterator

from accord.core import Context, Finding, System, check


@check("ACC222", on=("system",), bears_on=("1.3.d/remote-code-flags",), since="0.1", seconds=120)
def code_naming_configuration(system: System, ctx: Context) -> Iterator[Finding]:
    """Model or pipeline configuration names code that a loader would run.

    ## What it does
    Reads the JSON, YAML and TOML files and the notebooks of the system: `auto_map` and other references to code
    beside a model, `_target_` and `py/object` keys and YAML tags that name callables, loaders of MLflow and others,
    and cells that fetch and run. What is named is compared with an allow-list; code beside it is read, never run.

    ## Why it matters
    A configuration is reviewed as data, and runs as code.

    ## Example
    A `config.json` whose `auto_map` names a file beside it: see `tests/checks/ACC222/bad`.

    ## Fix
    Use the class that the library ships, or review the code and keep it in a package of your own, pinned by hash.

    ## References
    - CWE-829
    - AML.T0010.003
    - LLM03
    """
    from accord.checks.ratings import findings, rated_texts

    for rated in rated_texts(ctx):
        yield from findings(rated, "dangerous", "unknown", check="ACC222")
