"""ACC247: models that are loaded without anybody looking whether they are the right ones."""

from collections.abc import Iterator

from accord.checks.loading import command_verifies, loaders, scripts
from accord.checks.places import manifest_place
from accord.core import Asset, Context, Finding, Place, Severity, System, check


def _has_files(system: System) -> bool:
    return any(model.source.startswith("file:") for model in system.components.models)


@check("ACC247", on=("system",), bears_on=("3.2.d/verifies-before-load",), since="0.3", applies=_has_files)
def unverified_loads(system: System, ctx: Context) -> Iterator[Finding]:
    """Model is loaded, and nothing verified it before.

    ## What it does
    For each declared model in a file, looks for what verifies it before it is loaded: Python that names the file and
    compares its digest, or calls a verifier, before the line that loads it (itself, or in a function or module of
    the system that it calls); or a script, container file or service that runs `accord verify-model`,
    `model_signing verify`, `cosign verify-blob`, `sha256sum --check` or their like, in a way that can fail. A
    pipeline that tests a change verifies nothing where the model is loaded, and does not count.

    ## Why it matters
    A signature that nobody checks at the moment of loading protects nothing: the file can be exchanged at any time
    between the release and the start.

    ## Example
    Code that reads a model's file and loads it at once: see `tests/checks/ACC247/bad`.

    ## Fix
    Run `accord verify-model MODEL` in the script that starts the service, or compare the SHA-256 of the bytes that
    you are about to load with the reviewed one, and stop when it differs.

    ## References
    - CWE-494
    - CWE-354
    - AML.M0013
    - AML.M0014
    """
    commands = tuple(scripts(ctx))
    for asset in ctx.assets:
        if not asset.declared or not asset.is_a("model.file") or asset.path is None:
            continue
        if any(command_verifies(text, asset.path) for text in commands):
            continue
        found = tuple(loaders(ctx, asset))
        bare = next((one for one in found if not one.verified), None)
        if bare is not None or not found:
            yield _finding(ctx, asset, bare.place if bare else None)


def _finding(ctx: Context, asset: Asset, where: Place | None) -> Finding:
    how = "is loaded here, and nothing verified it before" if where else "is verified nowhere before it is loaded"
    return Finding(
        message=f"the model {asset.id} ({asset.path}) {how}",
        where=where or manifest_place(ctx, asset.id),
        severity=Severity.MEDIUM,
        fix=f"run accord verify-model {asset.path} where the service starts, or compare the digest before loading",
    )
