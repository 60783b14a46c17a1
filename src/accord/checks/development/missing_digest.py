"""ACC204: files that nothing vouches for."""

from collections.abc import Iterator

from accord.checks.places import manifest_place
from accord.core import Context, Finding, Severity, System, check


def _has_files(system: System) -> bool:
    parts = system.components
    return bool(parts.datasets) or any(model.source.startswith("file:") for model in parts.models)


@check("ACC204", on=("system",), bears_on=("2.3.e/hashes-present-and-match",), since="0.1", applies=_has_files)
def missing_digest(system: System, ctx: Context) -> Iterator[Finding]:
    """Model file or dataset has no recorded digest.

    ## What it does
    Reports model files with neither `digest` nor `signature` in the manifest, and datasets without `digest`.
    Whether a declared digest is the file's is asked by ACC203.

    ## Why it matters
    Without a recorded digest nobody notices that a file was replaced, and no result can be bound to it.

    ## Example
    `{id: m1, source: "file:models/m1.safetensors"}` without `digest`: see `tests/checks/ACC204/bad`.

    ## Fix
    Add the digest right after training or download, from a place you trust; the finding shows that of the file
    as it lies here now. A dataset that grows is recorded by the digest of each release.

    ## References
    - CWE-353
    - AML.T0010
    """
    parts = system.components
    files = [model for model in parts.models if model.source.startswith("file:")]
    bare = [model.id for model in files if not (model.digest or model.signature)]
    rows = [dataset.id for dataset in parts.datasets if not dataset.digest]
    found = {asset.id: asset for asset in ctx.assets if asset.declared and asset.kind in {"model.file", "dataset"}}
    for name in (*bare, *rows):
        asset = found[name]
        what = asset.kind.partition(".")[0]
        yield Finding(
            message=f"the {what} {name} ({asset.path}) has no digest in the manifest",
            where=manifest_place(ctx, name),
            severity=Severity.HIGH if what == "model" else Severity.MEDIUM,
            fix=f"add digest: {asset.digest or 'sha256: and the SHA-256 of the file'}, if this is the right file",
        )
