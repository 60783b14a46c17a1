"""ACC242: models whose build nobody can retrace."""

from collections.abc import Iterator

from accord.checks.builds import provenance_of
from accord.checks.places import manifest_place
from accord.core import Asset, Context, Finding, Place, Severity, check


@check(
    "ACC242", on=("model.file",), bears_on=("2.1.f/build-provenance-verified",), since="0.2", seconds=300,
)  # fmt: skip
def bad_provenance(asset: Asset, ctx: Context) -> Iterator[Finding]:
    """Model has no provenance that holds.

    ## What it does
    Reports models for which the manifest names no `provenance`, and provenance that does not hold: it is no in-toto
    statement with a SLSA predicate (v0.2 or v1), no key that counts signed it, or it is about other files than the
    ones that are here. The keys are those of the trust file, and where it names none, the public key beside the
    provenance (`m.intoto.jsonl`: `m.intoto.pub`). Who built it is asked by ACC243.

    ## Why it matters
    A model that was swapped between training and release looks like any other. Provenance ties the file to the run
    that made it.

    ## Example
    A statement about another file: see `tests/checks/ACC242/bad`.

    ## Fix
    Have the training pipeline write and sign SLSA provenance of what it made, put it beside the model, and name it
    as `provenance:` in the manifest.

    ## References
    - CWE-494
    - AML.M0013
    - LLM03
    """
    built = provenance_of(asset, ctx)
    if built is None:
        ctx.skip(asset.path or asset.id, "the model is not in the manifest, where provenance would be named (ACC201)")
        return
    fix = "name SLSA provenance of this very file, signed by the pipeline that made it"
    if built.path is None:
        said = f"the model {asset.id} ({asset.path}) has no provenance"
        yield Finding(message=said, where=manifest_place(ctx, asset.id), severity=Severity.MEDIUM, fix=fix)
        return
    for problem in built.problems:
        if problem.kind != "builder":
            said = f"the provenance of the model {asset.id} does not hold: {problem.message}"
            yield Finding(message=said, where=Place(path=built.path), severity=Severity.HIGH, fix=fix)
