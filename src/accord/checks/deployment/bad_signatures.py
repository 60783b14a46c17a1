"""ACC240: models that are not what their signature says."""

from collections.abc import Iterator

from accord.checks.origin import declared, inside, keys_for, signs
from accord.core import AccordError, Asset, Context, Finding, Place, Severity, check

_MOST = 20


@check(
    "ACC240", on=("model.file",),
    bears_on=("2.1.c/signature-verified", "2.2.d/signature-verified", "1.4.f/signature-verified"),
    since="0.2", seconds=300, waivable=False, applies=signs,
)  # fmt: skip
def bad_signatures(asset: Asset, ctx: Context) -> Iterator[Finding]:
    """Model is not what its signature says.

    ## What it does
    Verifies the OpenSSF Model Signing bundle that the manifest names: the signature holds for a key that counts, and
    the model holds what was signed, all of it: nothing added, removed, changed, renamed or linked. The keys are those
    of the trust file (`signers`, and `keys` of the role ml-lead); where it names none, the public key beside the
    signature, which proves no more than that the folder fits itself (ACC245). A model without a signature is
    ACC301's. This can never be waived.

    ## Why it matters
    A signature that does not hold means that the file was swapped or damaged after somebody stood for it, or that
    somebody else stands for it than you believe.

    ## Example
    A model with one byte changed after it was signed: see `tests/checks/ACC240/bad`.

    ## Fix
    Find out why it changed; `accord verify-model MODEL` tells what differs. Restore the signed model, or sign anew
    what is meant to ship, with a key that the trust file names.

    ## References
    - CWE-347
    - AML.M0013
    - AML.T0018
    """
    from accord.scan.origin.verifying import Asked, verify_model

    model = declared(asset, ctx)
    text = ctx.text(model.signature) if model and model.signature else None
    if model is None or model.signature is None or not text:
        return
    path, where = model.signature, Place(path=model.signature)
    asked = Asked(keys=keys_for(ctx, path), ignore=inside(asset, path))
    try:
        verified = verify_model(ctx.locate(asset), text.encode(), path=path, asked=asked)
    except AccordError as error:
        said = f"the signature of the model {asset.id} cannot be verified: {error.message}"
        yield Finding(message=said, where=error.where or where, severity=Severity.HIGH, fix=_FIX)
        return
    for problem in verified.problems[:_MOST]:
        subject = "the signature" if problem.kind == "signature" else f"{problem.path} ({problem.kind})"
        said = f"{subject} of the model {asset.id} does not hold: {problem.message}"
        yield Finding(message=said, where=where, severity=Severity.CRITICAL, fix=_FIX)
    if len(verified.problems) > _MOST:
        said = f"{len(verified.problems) - _MOST} more files of the model {asset.id} are not what was signed"
        yield Finding(message=said, where=where, severity=Severity.CRITICAL, fix=_FIX)


_FIX = "restore the signed model, or sign anew what is meant to ship: accord sign MODEL"
