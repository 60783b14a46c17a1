"""ACC235: personal data in datasets that do not say so."""

from collections import Counter
from collections.abc import Iterator

from accord.core import Asset, Context, Finding, Place, Severity, check

_MOST = 24 << 20
_DECLARED = frozenset(
    {"personal", "special", "special-category", "sensitive", "health", "confidential-personal", "pii"}
)


@check("ACC235", on=("dataset", "retrieval"), bears_on=("1.3.g/dataset-pii",), since="0.1")
def personal_data(asset: Asset, ctx: Context) -> Iterator[Finding]:
    """Dataset or document holds personal data, and nobody declared it.

    ## What it does
    Looks for addresses, telephone numbers, payment cards, bank accounts and the identity numbers of some forty
    countries, wherever there is a checksum by that, in rows and documents that the manifest does not declare as
    `sensitivity: personal`. Reserved example domains and addresses of roles do not count. Parquet and other formats
    without text, and what lies beyond 24 MiB, are named as not looked at.

    ## Why it matters
    A model that is trained on personal data can repeat it to anybody. Without a declaration nobody asks for
    consent, retention or cleaning.

    ## Example
    A table with addresses and bank accounts: see `tests/checks/ACC235/bad`.

    ## Fix
    Take the data out or replace it by made-up values; or declare `sensitivity: personal` and why it may be used.

    ## References
    - CWE-359
    - AML.T0057
    - LLM02
    """
    from accord.checks.contents import contents
    from accord.content.personal import personal

    declared = {one.id: one.sensitivity or "" for one in ctx.system.components.datasets}
    if declared.get(asset.id, "").lower() in _DECLARED:
        return
    counts: Counter[str] = Counter()
    first: dict[str, tuple[Place, str]] = {}
    for path, piece in contents(asset, ctx, most=_MOST):
        for one in personal(piece.text):
            if one.sure:
                counts[one.name] += 1
                line = piece.line + one.line - 1 if piece.line else None
                first.setdefault(one.name, (Place(path=path, line=line, member=piece.member), one.masked))
    for name, count in sorted(counts.items()):
        where, masked = first[name]
        yield Finding(
            message=f"the {asset.kind} {asset.id} holds personal data ({name}, {count} times, first {masked})",
            where=where,
            severity=Severity.MEDIUM if name in {"email", "phone"} else Severity.HIGH,
            fix="take it out, or declare sensitivity: personal and why it may be used",
        )
