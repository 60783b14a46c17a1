"""ACC211: training data of unknown origin."""

import re
from collections.abc import Iterator

from accord.checks.places import manifest_place
from accord.core import Context, Finding, Severity, System, check
from accord.core.system import Dataset

_TRAINS = re.compile(r"\b(?:pre|re|post)?-?train|tun(?:e|ing)|feedback|rlhf|dpo|distil", re.I)


def _trains(dataset: Dataset) -> bool:
    return not dataset.used_for or any(_TRAINS.search(use) for use in dataset.used_for)


def _has_training_data(system: System) -> bool:
    return any(_trains(dataset) for dataset in system.components.datasets)


@check(
    "ACC211", on=("system",), bears_on=("2.3.b/training-sources-recorded", "1.4.f/origin-complete"), since="0.1",
    applies=_has_training_data,
)  # fmt: skip
def unknown_training_sources(system: System, ctx: Context) -> Iterator[Finding]:
    """Training data has no recorded origin or licence.

    ## What it does
    Reports datasets that train, tune or give feedback to a model (`used_for`) and have no `origin` or no
    `licence` in the manifest. A dataset that does not say what it is used for counts as training data.

    ## Why it matters
    Who can put rows into the training data decides what the model learns. Without its origin, poisoned or
    unlawful data cannot be found again when the source turns out to be bad.

    ## Example
    `{id: d1, path: data/rows.jsonl, used_for: [fine-tune]}`: see `tests/checks/ACC211/bad`.

    ## Fix
    Add `origin` (who made it, when, from what) and `licence` to the dataset.

    ## References
    - AML.T0020
    - LLM04
    - AML.M0025
    """
    for dataset in system.components.datasets:
        said = {"origin": dataset.origin, "licence": dataset.licence}
        missing = [name for name, value in said.items() if not (value or "").strip()]
        if missing and _trains(dataset):
            use = ", ".join(dataset.used_for) or "an unstated use"
            yield Finding(
                message=f"the dataset {dataset.id} ({dataset.path}, {use}) has no {' and no '.join(missing)}",
                where=manifest_place(ctx, dataset.id),
                severity=Severity.MEDIUM,
                fix=f"add {' and '.join(missing)} to the dataset",
            )
