"""ACC209: datasets that nobody described."""

from collections.abc import Iterator

from accord.checks.cards import Carded, card_findings
from accord.core import Context, Finding, System, check


def _has_datasets(system: System) -> bool:
    return bool(system.components.datasets)


@check("ACC209", on=("system",), bears_on=("2.3.a/data-card-complete",), since="0.1", applies=_has_datasets)
def missing_data_card(system: System, ctx: Context) -> Iterator[Finding]:
    """Dataset has no card, or the card leaves out what it must say.

    ## What it does
    For each dataset, takes the `card` that the manifest names, else a document that is called a data card or
    data sheet and names the dataset, and looks for content, origin, licence, personal data and limits: as
    headings, labels or columns that say something. Whether it is true is not seen.

    ## Why it matters
    Data that nobody described gets used for what it does not fit, is kept too long, and cannot be cleaned after
    it turns out to be poisoned.

    ## Example
    A card that does not speak of licence and personal data: see `tests/checks/ACC209/bad`.

    ## Fix
    Write the card, or the missing sections, and name it as `card:` in the manifest.

    ## References
    - AML.M0025
    - CWE-1059
    """
    datasets = system.components.datasets
    yield from card_findings(ctx, (Carded(one.id, one.card, (one.path,)) for one in datasets), "data-card")
