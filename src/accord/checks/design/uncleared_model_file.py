"""ACC221: model files that cannot be cleared: broken ones, and ones that name what is on no allow-list."""

from collections.abc import Iterator

from accord.core import Asset, Context, Finding, check


@check("ACC221", on=("model.file",), bears_on=("1.3.e/model-file",), since="0.1", seconds=120)
def uncleared_model_file(asset: Asset, ctx: Context) -> Iterator[Finding]:
    """Model file cannot be cleared: it is malformed, or uses what is on no allow-list.

    ## What it does
    Reads every model file by its content, without loading it, and reports what keeps it from being rated safe: a
    class or function that no allow-list knows, an operator of another domain, a table that contradicts another,
    bytes that belong to nothing, an unknown format, or a limit that was met. Only safe files pass a gate.

    ## Why it matters
    Scanners that pass what they do not know are passed by everything new.

    ## Example
    A pickle of a class that only its author has: see `tests/checks/ACC221/bad`.

    ## Fix
    Store the weights as safetensors (`accord scan --fix FILE` does it for weights-only pickles), or get an undamaged
    file. A class of your own that you reviewed needs a waiver that names the file's digest.

    ## References
    - CWE-502
    - CWE-20
    - LLM03
    """
    from accord.checks.ratings import findings, rated_models

    for rated in rated_models(asset, ctx):
        yield from findings(rated, "unknown", "malformed")
