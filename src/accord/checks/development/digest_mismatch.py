"""ACC203: files that are not the ones that the manifest vouches for."""

from collections.abc import Iterator

from accord.checks.places import manifest_place
from accord.core import Context, Finding, Severity, System, check


def _digests(system: System) -> dict[str, str]:
    parts = system.components
    declared = [(item.id, item.digest) for item in parts.models]
    declared += [(item.id, item.digest) for item in parts.datasets]
    declared += [(item.id, item.digest) for item in parts.prompts]
    declared += [(system.guard.id, system.guard.digest)] if system.guard else []
    return {name: digest for name, digest in declared if digest}


def _vouches(system: System) -> bool:
    return bool(_digests(system))


@check(
    "ACC203", on=("system",), bears_on=("2.2.d/digest-matches-manifest", "2.3.e/hashes-present-and-match"),
    since="0.1", waivable=False, applies=_vouches,
)  # fmt: skip
def digest_mismatch(system: System, ctx: Context) -> Iterator[Finding]:
    """File is not the one whose digest the manifest declares.

    ## What it does
    Compares the SHA-256 of each file or folder with the `digest` that the manifest declares for it: models,
    datasets, prompts (the file that holds them) and the policy of the guard. This can never be waived.

    ## Why it matters
    Everything that was tested, signed or approved was said of another file than the one that ships.

    ## Example
    A model whose declared digest is of an older file: see `tests/checks/ACC203/bad`.

    ## Fix
    Find out why the file changed. If it was meant to, assess the new file and declare its digest; if not, restore
    the old one and treat it as an incident.

    ## References
    - CWE-354
    - AML.T0018
    - LLM04
    """
    assets = {asset.id: asset for asset in ctx.assets if asset.declared and asset.kind not in {"lockfile", "threats"}}
    for name, declared in _digests(system).items():
        asset = assets[name]
        if asset.path is None or asset.digest is None:
            ctx.skip(asset.path or name, asset.unread or f"nothing of {name} lies here to be hashed")
        elif asset.digest != declared:
            what = asset.kind.partition(".")[0]
            yield Finding(
                message=f"the {what} {name} ({asset.path}) is {asset.digest[:19]}…, not {declared[:19]}… as declared",
                where=manifest_place(ctx, name),
                severity=Severity.CRITICAL if what == "model" else Severity.HIGH,
                fix=f"restore the declared file, or assess this one and declare digest: {asset.digest}",
            )
