"""ACC245: signatures for whose key nobody stands."""

from collections.abc import Iterator

from accord.checks.origin import declared, named_keys, signs
from accord.checks.places import manifest_place
from accord.core import Asset, Context, Finding, Severity, System, check
from accord.core.system import Level


def _asked(system: System) -> bool:
    return signs(system) and system.profile.level is not Level.BASELINE


@check(
    "ACC245", on=("model.file",),
    bears_on=("2.1.c/signature-verified", "2.2.d/signature-verified", "1.4.f/signature-verified"),
    since="0.2", applies=_asked,
)  # fmt: skip
def self_vouched_signatures(asset: Asset, ctx: Context) -> Iterator[Finding]:
    """Model is signed by a key for which only its own folder vouches.

    ## What it does
    Above level baseline, reports signed models when no trust file names a key that may sign models (`signers`, or
    `keys` of the role ml-lead). The signature was then verified with the public key that lies beside it, which is
    evidence of the level `self`.

    ## Why it matters
    Whoever can change the model in the folder can change the key beside it, and sign again.

    ## Example
    A signed model at level standard, assessed without a trust file: see `tests/checks/ACC245/bad`.

    ## Fix
    Name the signer's key in the trust file (`signers:`), keep that outside the repository, and assess with
    `--trust FILE`.

    ## References
    - CWE-347
    - AML.M0013
    """
    model = declared(asset, ctx)
    if model is None or not model.signature or named_keys(ctx):
        return
    said = f"the key that signed the model {asset.id} is known from the system's own folder only: level self"
    fix = "name the key under signers in the trust file, and assess with --trust FILE"
    yield Finding(message=said, where=manifest_place(ctx, asset.id), severity=Severity.MEDIUM, fix=fix)
