"""ACC102: no threat model."""

from collections.abc import Iterator

from accord.checks.places import section_place
from accord.core import Context, Finding, Place, Severity, System, check

_FIX = "draft one with accord init, then decide about each threat"


@check("ACC102", on=("system",), bears_on=("1.2.a/model-present",), since="0.1")
def missing_threat_model(system: System, ctx: Context) -> Iterator[Finding]:
    """System has no threat model.

    ## What it does
    Looks for the file that `threats` in the manifest names, and whether it speaks of any component and any risk.

    ## Why it matters
    Without one nobody has asked what an attacker wants from the system, and every other decision is a guess.

    ## Example
    A manifest without `threats`: see `tests/checks/ACC102/bad`.

    ## Fix
    Run `accord init`, which drafts `threats.yaml`, decide about each threat in it, and name it in the manifest.

    ## References
    - CWE-1059
    """
    if system.threats is None:
        where = section_place(ctx, "system")
        yield Finding(message="the manifest names no threat model", where=where, severity=Severity.HIGH, fix=_FIX)
        return
    if ctx.threats is None:
        message = f"the threat model {system.threats} is not there"
        yield Finding(message=message, where=section_place(ctx, "threats"), severity=Severity.HIGH, fix=_FIX)
        return
    for part, found in (("component", ctx.threats.components), ("risk", ctx.threats.risks)):
        if not found:
            message = f"the threat model speaks of no {part}"
            yield Finding(message=message, where=Place(path=system.threats), severity=Severity.HIGH, fix=_FIX)
