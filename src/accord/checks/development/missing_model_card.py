"""ACC208: models that nobody described."""

from collections.abc import Iterator

from accord.checks.cards import Carded, card_findings
from accord.core import Context, Finding, System, check


def _has_models(system: System) -> bool:
    return bool(system.components.models)


@check("ACC208", on=("system",), bears_on=("2.3.a/model-card-complete",), since="0.1", applies=_has_models)
def missing_model_card(system: System, ctx: Context) -> Iterator[Finding]:
    """Model has no card, or the card leaves out what it must say.

    ## What it does
    For each model, takes the `card` that the manifest names, else a document that is called a model card and
    names the model, and looks for purpose, training data or source, limits and evaluation: as headings, labels
    or columns that say something. A card for several models is read as one. Whether it is true is not seen.

    ## Why it matters
    Who runs or mends the system later knows the model only from its card: what it is for, what it was made of,
    where it fails.

    ## Example
    A card whose section on limits says TODO: see `tests/checks/ACC208/bad`.

    ## Fix
    Write the card, or the missing sections, and name it as `card:` in the manifest.

    ## References
    - AML.M0023
    - CWE-1059
    """
    models = system.components.models
    yield from card_findings(ctx, (Carded(one.id, one.card, _names(one.source)) for one in models), "model-card")


def _names(source: str) -> tuple[str, ...]:
    rest = source.partition(":")[2].partition("@")[0]
    return rest, rest.rpartition("/")[2]
