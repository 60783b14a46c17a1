"""ACC234: secrets in datasets and documents."""

from collections.abc import Iterator

from accord.core import Asset, Context, Finding, Place, Severity, check

_MOST = 40 << 20
_SHOWN = 20


@check("ACC234", on=("dataset", "retrieval"), bears_on=("1.3.h/secrets",), since="0.1")
def secrets_in_data(asset: Asset, ctx: Context) -> Iterator[Finding]:
    """Secret stands in a dataset, or in a document for retrieval.

    ## What it does
    Reads the rows of a dataset, and the documents of a store for retrieval (text, tables, JSON, notebooks, office
    files; compressed too), and looks for keys, tokens and passwords as ACC117 does in code. What is not read, such
    as Parquet, and what lies beyond 40 MiB is named as not looked at.

    ## Why it matters
    A model learns a secret that it sees often enough, and tells it to whoever asks in the right way. A document
    for retrieval is told to every user whose question fits.

    ## Example
    A table of tickets in which somebody pasted a token: see `tests/checks/ACC234/bad`.

    ## Fix
    Revoke the secret, take it out of the data, and train or index again.

    ## References
    - CWE-312
    - AML.T0055
    - LLM02
    """
    from accord.checks.contents import contents
    from accord.content.secrets import secrets

    shown = 0
    for path, piece in contents(asset, ctx, most=_MOST):
        for secret in secrets(piece.text):
            shown += 1
            if shown > _SHOWN:
                return
            proof = ", its checksum holds" if secret.proven else ""
            yield Finding(
                message=f"a secret ({secret.name}, {secret.masked}{proof}) stands in the {asset.kind} {asset.id}",
                where=Place(path=path, line=piece.line + secret.line - 1 if piece.line else None, member=piece.member),
                severity=Severity.HIGH,
                fix="revoke it, take it out of the data, and train or index again",
            )
