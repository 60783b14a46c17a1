"""ACC227: parts from sources that nobody allowed."""

from collections.abc import Iterator

from accord.checks.origins import Outside, allows, outside
from accord.checks.places import manifest_place
from accord.core import Context, Finding, Severity, System, check

_MOST = 50


@check("ACC227", on=("system",), bears_on=("2.1.c/source-allow-list",), since="0.3")
def unlisted_sources(system: System, ctx: Context) -> Iterator[Finding]:
    """Part comes from a source that the manifest does not allow.

    ## What it does
    Gathers where the parts from outside come from: hosts or providers of hosted models, organisations of a hub,
    package ecosystems, other indexes and addresses in lock files, servers of tools; in the manifest, in code, in
    lock files and in configurations. Compares them with `components.sources`, where `hf:ORG`, `api:PROVIDER`,
    `pkg:pypi` or `https://HOST/PATH` allow everything below them. An address is compared by its host, whatever the
    provider is called; this machine is no source.

    ## Why it matters
    Most attacks on the supply chain need that somebody takes one part from one more place than anybody decided on.
    A list that is compared with what is really there makes that a decision.

    ## Example
    Packages from a repository that is not on the list: see `tests/checks/ACC227/bad`.

    ## Fix
    Look at the source; then add it to `sources` below `components`, or take the part from one that is there.

    ## References
    - AML.T0010
    - CWE-829
    - LLM03
    """
    found: dict[str, Outside] = {}
    for one in outside(ctx):
        found.setdefault(one.source, one)
    allowed = system.components.sources
    if found and not allowed:
        listed = ", ".join(list(found)[:8]) + (f" and {len(found) - 8} more" if len(found) > 8 else "")
        yield Finding(
            message=f"the manifest allows no sources by name, and parts come from {listed}",
            where=manifest_place(ctx, "components"),
            severity=Severity.MEDIUM,
            fix=f"add to components, after looking at each: sources: [{', '.join(found)}]"[:400],
        )
        return
    strange = [one for one in found.values() if not allows(allowed, one.source)]
    for one in strange[:_MOST]:
        yield Finding(
            message=f"{one.what} comes from {one.source}, which is not among the allowed sources",
            where=one.where,
            severity=Severity.HIGH,
            fix=f"take it from an allowed source, or look at this one and add {one.source} to components.sources",
        )
    if len(strange) > _MOST:
        ctx.skip("accord.yaml", f"{len(strange) - _MOST} more sources are not allowed")
