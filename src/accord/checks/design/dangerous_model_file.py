"""ACC220: model files that run code, or reach outside, when they are loaded."""

from collections.abc import Iterator

from accord.core import Asset, Context, Finding, check


@check("ACC220", on=("model.file",), bears_on=("1.3.e/model-file",), since="0.1", waivable=False, seconds=120)
def dangerous_model_file(asset: Asset, ctx: Context) -> Iterator[Finding]:
    """Model file does something when it is loaded that no honest model does.

    ## What it does
    Reads every model file by its content, without loading it: pickles opcode by opcode, archives member by member
    with both of their tables, graphs operator by operator, templates as a syntax tree. Reports what would run
    a command, open a file or an address, rebuild code, or exhaust the machine, with the name and the place; and what
    a case of kind artifact describes that came into `cases/` of the state folder, with the name of the case.

    ## Why it matters
    Whoever can put such a file where you load it, runs code where you load it.

    ## Example
    A pickle that names `os.system`: see `tests/checks/ACC220/bad`.

    ## Fix
    Do not load the file. Find out where it came from, get it again from a source that signs, and prefer
    safetensors, GGUF or ONNX. `accord scan FILE` shows every reason.

    ## References
    - CWE-502
    - AML.T0011.000
    - AML.T0010.003
    - LLM03
    """
    from accord.checks.ratings import findings, rated_models

    for rated in rated_models(asset, ctx):
        yield from findings(rated, "dangerous")
