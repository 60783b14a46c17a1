"""ACC301: model files without a signature."""

from collections.abc import Iterator

from accord.checks.origin import declared
from accord.checks.places import manifest_place
from accord.core import Asset, Context, Finding, Severity, check


@check(
    "ACC301", on=("model.file",),
    bears_on=("3.2.c/model-signature-present", "2.1.c/signature-verified", "2.2.d/signature-verified",
              "1.4.f/signature-verified"), since="0.1",
)  # fmt: skip
def unsigned_models(asset: Asset, ctx: Context) -> Iterator[Finding]:
    """Model file has no signature.

    ## What it does
    Reports model files and folders for which the manifest names no `signature`, or one that is missing or empty.
    Whether a signature that is there holds, and whose key made it, is asked by ACC240 and ACC245.

    ## Why it matters
    A digest says that the file is the same as yesterday. A signature, made right after training, says who stands
    for it, and lets everybody who gets the file check that.

    ## Example
    A declared model without `signature`: see `tests/checks/ACC301/bad`.

    ## Fix
    Sign the model when training ends, `accord sign MODEL` (OpenSSF Model Signing), and name the signature as
    `signature:` in the manifest.

    ## References
    - AML.M0013
    - CWE-347
    - LLM03
    """
    model = declared(asset, ctx)
    if model is None:
        ctx.skip(asset.path or asset.id, "the model is not in the manifest, where a signature would be named (ACC201)")
        return
    if model.signature is None:
        message = f"the model {asset.id} ({asset.path}) has no signature"
    elif not ctx.text(model.signature):
        message = f"the signature of the model {asset.id} is missing or empty: {model.signature}"
    else:
        return
    where, fix = manifest_place(ctx, asset.id), f"accord sign {asset.path}, and name the signature in the manifest"
    yield Finding(message=message, where=where, severity=Severity.MEDIUM, fix=fix)
