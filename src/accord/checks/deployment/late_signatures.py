"""ACC246: models that were signed long after their training, or nobody knows when."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from accord.checks.builds import provenance_of
from accord.checks.places import manifest_place
from accord.core import Context, Finding, Severity, System, check
from accord.core.system import Level, Model

_TRAINS: Final = re.compile(r"\b(?:pre|re|post)?-?train|tun(?:e|ing)|rlhf|dpo|distil", re.I)
_DAYS: Final = {Level.BASELINE: 7, Level.STANDARD: 7, Level.CRITICAL: 1}


def _trains(system: System) -> bool:
    models, datasets = system.components.models, system.components.datasets
    here = [model for model in models if model.source.startswith("file:")]
    return any(model.trained for model in here) or (
        bool(here) and any(_TRAINS.search(use) for dataset in datasets for use in dataset.used_for)
    )


@check(
    "ACC246", on=("system",), bears_on=("3.2.c/signed-within-limit-of-training-end",), since="0.3", seconds=300,
    applies=_trains,
)  # fmt: skip
def late_signatures(system: System, ctx: Context) -> Iterator[Finding]:
    """Model was not signed right after its training.

    ## What it does
    For models in files that say when their training ended (`trained`, or the end of the build in verified
    provenance), compares that with the day they were signed (`signed`): at most 7 days later, 1 day at level
    critical. Reports later signatures, earlier ones, models with a signature and no such day, a `trained` that the
    provenance contradicts, and a system that trains models where no model says when that ended. A signature by key
    carries no time of its own: the days are what the manifest states. A model without a signature is ACC301's.

    ## Why it matters
    Between the end of training and the signature anybody who reaches the file can change it, and the signature then
    vouches for the change.

    ## Example
    A model that was signed half a year after its training: see `tests/checks/ACC246/bad`.

    ## Fix
    Let the training job sign what it made as its last step (`accord sign MODEL`), and write `trained: DAY` and
    `signed: DAY` into the manifest.

    ## References
    - AML.M0013
    - AML.T0018
    - CWE-345
    """
    models = {model.id: model for model in system.components.models if model.source.startswith("file:")}
    ended = dict(_built(models, ctx))
    for model in models.values():
        told, built = model.trained, ended.get(model.id)
        if told and built and abs(told - built) > timedelta(days=1):
            problem = f"ended its training on {told} by the manifest, and on {built} by its provenance"
        else:
            problem = _late(model, built or told, _DAYS[system.profile.level])
        if problem:
            yield _finding(ctx, model.id, f"the model {model.id} {problem}")
    if not ended and not any(model.trained for model in models.values()):
        used = next(one for one in system.components.datasets if any(map(_TRAINS.search, one.used_for)))
        said = f"the dataset {used.id} trains a model, and no model in a file says when its training ended"
        yield _finding(ctx, used.id, said)


def _finding(ctx: Context, name: str, message: str) -> Finding:
    fix = "sign as the last step of training, and write trained: DAY and signed: DAY into the manifest"
    return Finding(message=message, where=manifest_place(ctx, name), severity=Severity.MEDIUM, fix=fix)


def _late(model: Model, trained: date | None, days: int) -> str:
    if trained is None or model.signature is None:
        return ""
    if model.signed is None:
        return f"ended its training on {trained}, and nobody recorded when it was signed"
    if model.signed < trained:
        return f"was signed on {model.signed}, before its training ended on {trained}"
    late = (model.signed - trained).days
    return f"was signed {late} days after its training ended, and {days} are allowed" if late > days else ""


def _built(models: dict[str, Model], ctx: Context) -> Iterator[tuple[str, date]]:
    """Yield the day on which verified provenance says that the build of a model ended."""
    for asset in ctx.assets:
        model = models.get(asset.id) if asset.declared and asset.is_a("model.file") else None
        built = provenance_of(asset, ctx) if model and model.provenance else None
        day = re.match(r"\d{4}-\d{2}-\d{2}(?=[Tt])", built.finished) if built and not built.problems else None
        if day:
            try:
                yield asset.id, date.fromisoformat(day[0])
            except ValueError:
                ctx.skip(asset.path or asset.id, "its provenance names a day that there is not")
