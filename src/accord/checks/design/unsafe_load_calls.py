"""ACC114: code that runs whatever a loaded file tells it to."""

import re
from collections.abc import Iterator

from accord.core import Context, Finding, Severity, System, check

_MATTERS = re.compile(r"load|pickle|shelve|deserialization|trusted|custom_ops|safetensors|YAML|decode")


@check("ACC114", on=("system",), bears_on=("1.3.d/unsafe-load-calls",), since="0.1")
def unsafe_load_calls(system: System, ctx: Context) -> Iterator[Finding]:
    """Code loads files in a way that can run what they hold.

    ## What it does
    Parses Python files and notebooks, without importing them, and reports calls that can run code out of the
    file they load: `pickle.load`, `torch.load` without `weights_only=True`, `yaml.load` without a safe loader,
    `numpy.load(allow_pickle=True)` and their like, through imports and aliases. Tests are left out.

    ## Why it matters
    Whoever can replace the file can run code wherever it is loaded. Models are downloaded from strangers.

    ## Example
    `pickle.load(file)` on a model: see `tests/checks/ACC114/bad`.

    ## Fix
    Use the safe call that the finding names, or a format that holds numbers only, such as safetensors.

    ## References
    - CWE-502
    - AML.T0011.000
    - LLM03
    """
    from accord.checks.code import python_code
    from accord.scan.python import read_loads

    for code in python_code(ctx):
        if not _MATTERS.search(code.text):
            continue
        loads, problem = read_loads(code.text)
        if problem:
            ctx.skip(code.path, problem)
        for load in loads:
            if not load.detail.startswith("trust_remote_code"):
                yield Finding(
                    message=f"{' '.join(filter(None, (load.call, load.detail)))} can run code out of what it loads",
                    where=code.place(load.line, load.column),
                    severity=Severity.HIGH,
                    fix=load.fix,
                    excerpt=code.line(load.line),
                )
