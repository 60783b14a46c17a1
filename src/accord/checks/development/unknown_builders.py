"""ACC243: models that were built by nobody who is on the list."""

from collections.abc import Iterator

from accord.checks.builds import allowed_builders, provenance_of
from accord.core import Asset, Context, Finding, Place, Severity, System, check


def _named(system: System) -> bool:
    return any(model.provenance for model in system.components.models)


@check("ACC243", on=("model.file",), bears_on=("2.1.f/builder-allowed",), since="0.2", seconds=300, applies=_named)
def unknown_builders(asset: Asset, ctx: Context) -> Iterator[Finding]:
    """Model was built by a builder that is not allowed.

    ## What it does
    Compares the builder that the model's provenance names with the list of allowed ones: `builders` of the trust
    file, and where that names none, `components.software.builders` of the manifest. Whether the provenance holds
    at all is asked by ACC242; a builder is not believed before that.

    ## Why it matters
    Provenance of any laptop is easy to make. What counts is that the file comes from the pipeline whose rules you
    know.

    ## Example
    A builder that is on no list: see `tests/checks/ACC243/bad`.

    ## Fix
    Build with the allowed pipeline, or put the builder's id on the list after a look at how it is protected.

    ## References
    - CWE-494
    - AML.M0013
    - LLM03
    """
    built = provenance_of(asset, ctx)
    if built is None or built.path is None:
        return
    fix = "build with an allowed pipeline, or name the builder: components.software.builders, or the trust file"
    allowed = allowed_builders(ctx)
    where = Place(path=built.path)
    if any(problem.kind != "builder" for problem in built.problems):
        ctx.skip(built.path, "the provenance does not hold, so its builder is not believed (ACC242)")
    elif not built.builder:
        said = f"the provenance of the model {asset.id} names no builder"
        yield Finding(message=said, where=where, severity=Severity.HIGH, fix=fix)
    elif built.builder not in allowed:
        said = f"the model {asset.id} was built by {built.builder}, which is none of the {len(allowed)} allowed"
        yield Finding(message=said, where=where, severity=Severity.HIGH, fix=fix)
