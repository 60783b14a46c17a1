"""ACC115: models that bring code of their own."""

import json
import re
from collections.abc import Iterator

from accord.core import Context, Finding, Place, Severity, Source, System, check

_FLAG = re.compile(r"^[^#\n]*?(?:--trust-remote-code\b|trust_remote_code[\"']?\s*[:=]\s*[\"']?[Tt]rue\b)", re.MULTILINE)
_FIX = "leave it out, or pin the revision to a commit whose code was reviewed"


@check("ACC115", on=("system",), bears_on=("1.3.d/remote-code-flags",), since="0.1")
def remote_code_flags(system: System, ctx: Context) -> Iterator[Finding]:
    """Model is allowed to bring code of its own.

    ## What it does
    Reports `trust_remote_code=True` in Python, the same flag in scripts and configuration, and `auto_map` in the
    configuration of a model folder, which points to code beside the weights.

    ## Why it matters
    The flag runs Python from the model's repository with the rights of the service. Without a pinned revision
    it is new code whenever its owner, or a thief of the owner's account, wants.

    ## Example
    `AutoModel.from_pretrained(NAME, trust_remote_code=True)`: see `tests/checks/ACC115/bad`.

    ## Fix
    Take a model that the library knows, or review the code and pin its revision to a commit.

    ## References
    - CWE-829
    - AML.T0010.001
    - LLM03
    """
    from accord.checks.code import python_code
    from accord.scan.python import read_loads

    for code in (one for one in python_code(ctx) if "trust_remote_code" in one.text):
        loads, problem = read_loads(code.text)
        if problem:
            ctx.skip(code.path, problem)
        for load in (one for one in loads if one.detail.startswith("trust_remote_code")):
            where, line = code.place(load.line, load.column), code.line(load.line)
            message = f"{load.call} runs code of the model's repository ({load.detail})"
            yield Finding(message=message, where=where, severity=Severity.HIGH, fix=_FIX, excerpt=line)
    for source in ctx.sources("**/*.sh", "**/*.yaml", "**/*.yml", "**/*.toml", "**/Dockerfile*", "**/Makefile"):
        for found in _FLAG.finditer(source.text):
            where = Place(path=source.path, line=source.text.count("\n", 0, found.end()) + 1)
            message = "a model may run code of its own repository (trust-remote-code)"
            yield Finding(message=message, where=where, severity=Severity.HIGH, fix=_FIX)
    for source in ctx.sources("**/config.json", "**/tokenizer_config.json"):
        yield from _mapped(source, ctx)


def _mapped(source: Source, ctx: Context) -> Iterator[Finding]:
    if '"auto_map"' not in source.text:
        return
    try:
        said = json.loads(source.text)
    except (ValueError, RecursionError):
        ctx.skip(source.path, "not readable as JSON")
        return
    if isinstance(said, dict) and said.get("auto_map"):
        where = Place(path=source.path, line=source.text.count("\n", 0, source.text.index('"auto_map"')) + 1)
        message = "the model's configuration points to code beside its weights (auto_map)"
        yield Finding(message=message, where=where, severity=Severity.HIGH, fix=_FIX)
