"""ACC241: signatures that a consumer cannot verify."""

from collections.abc import Iterator

from accord.checks.origin import declared, key_beside, signs
from accord.core import AccordError, Asset, Context, Finding, Place, Severity, check


@check(
    "ACC241", on=("model.file",), bears_on=("3.2.d/third-party-verify-succeeds",), since="0.2", applies=signs,
)  # fmt: skip
def unverifiable_signatures(asset: Asset, ctx: Context) -> Iterator[Finding]:
    """Consumer of the model cannot verify its signature.

    ## What it does
    Does what a stranger does who gets the model: reads the signature as an OpenSSF Model Signing bundle, takes the
    public key that ships beside it (`model.sig`: `model.pub`), or its chain of certificates, and verifies the
    signature with that. Whether the model's content fits is ACC240's question.

    ## Why it matters
    A signature that only its maker can check protects nobody further down the supply chain.

    ## Example
    A signature whose public key does not ship with the model: see `tests/checks/ACC241/bad`.

    ## Fix
    Sign with `accord sign`, which writes the public key beside the signature, and publish the id of that key where
    consumers look for it.

    ## References
    - CWE-347
    - AML.M0013
    """
    from accord.scan.origin.bundle import read_bundle, signed_by
    from accord.scan.origin.manifest import read_statement

    model = declared(asset, ctx)
    text = ctx.text(model.signature) if model and model.signature else None
    if model is None or model.signature is None or not text:
        return
    where = Place(path=model.signature)
    try:
        signed = read_bundle(text.encode(), path=model.signature)
        read_statement(signed.payload, path=model.signature)
    except AccordError as error:
        fix = "sign it in the OpenSSF Model Signing format: accord sign MODEL"
        said = f"the signature of the model {asset.id} is in no form that others read: {error.message}"
        yield Finding(message=said, where=error.where or where, severity=Severity.MEDIUM, fix=fix)
        return
    if signed.chain or signed.keyless:
        return
    key = key_beside(ctx, model.signature)
    if key is None or signed_by(signed, (key,)) is None:
        problem = "no public key ships beside it" if key is None else "the public key beside it is another one"
        said = f"nobody else can verify the signature of the model {asset.id}: {problem}"
        fix = f"put the signer's public key beside {model.signature}, with the ending .pub"
        yield Finding(message=said, where=where, severity=Severity.MEDIUM, fix=fix)
