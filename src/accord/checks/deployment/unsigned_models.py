"""ACC301: model files without a signature."""

from collections.abc import Iterator

from accord.checks.places import manifest_place
from accord.core import Asset, Context, Finding, Severity, check


@check("ACC301", on=("model.file",), bears_on=("3.2.c/model-signature-present",), since="0.1")
def unsigned_models(asset: Asset, ctx: Context) -> Iterator[Finding]:
    """Model file has no signature.

    ## What it does
    Reports model files for which the manifest names no `signature`, or one that is missing or empty. It looks at
    presence only: that the signature holds, and whose key made it, is not verified by this version.

    ## Why it matters
    A digest says that the file is the same as yesterday. A signature, made right after training, says who stands
    for it, and lets everybody who gets the file check that.

    ## Example
    A declared model without `signature`: see `tests/checks/ACC301/bad`.

    ## Fix
    Sign the file when training ends (OpenSSF Model Signing, Sigstore or a detached signature), put the signature
    beside it, and name it as `signature:` in the manifest.

    ## References
    - AML.M0013
    - CWE-347
    - LLM03
    """
    model = next((one for one in ctx.system.components.models if asset.declared and one.id == asset.id), None)
    if model is None:
        ctx.skip(asset.path or asset.id, "the model is not in the manifest, where a signature would be named (ACC201)")
        return
    if model.signature is None:
        message = f"the model {asset.id} ({asset.path}) has no signature"
    elif not ctx.text(model.signature):
        message = f"the signature of the model {asset.id} is missing or empty: {model.signature}"
    else:
        return
    where, fix = manifest_place(ctx, asset.id), "sign the file after training and name the signature in the manifest"
    yield Finding(message=message, where=where, severity=Severity.MEDIUM, fix=fix)
