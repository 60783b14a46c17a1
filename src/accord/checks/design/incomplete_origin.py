"""ACC226: records of origin that leave out what matters."""

import re
from collections.abc import Iterator
from typing import Final

from accord.checks.origins import homeless_tools
from accord.checks.places import manifest_place
from accord.core import Asset, Context, Finding, Severity, System, check
from accord.core.system import Dataset, Model

_NOTHING: Final = re.compile(
    r"\W*(?:(?:from|the|on|an?|some|found|got|taken|downloaded?|copied|public|open|source|external|third[- ]party|"
    r"unknown|unclear|unsure|internet|web|online|hub|hugging ?face|hf|git ?hub|kaggle|somewhere|elsewhere|various|"
    r"several|sources?|n/?a|none|null|tbd|tba|todo|fixme|later|x+)(?:\W+|$))*",
    re.I,
)


def _has_parts(system: System) -> bool:
    parts = system.components
    return bool(parts.models or parts.datasets or parts.tools)


@check("ACC226", on=("system",), bears_on=("1.4.f/origin-complete",), since="0.3", applies=_has_parts)
def incomplete_origin(system: System, ctx: Context) -> Iterator[Finding]:
    """Record of a part's origin is empty, or leaves out what the part itself says.

    ## What it does
    Reports an `origin` that says nothing (`unknown`, `TBD`, `downloaded from the internet`); a model whose header or
    card names the model it was made from, where the `origin` does not; datasets for evaluation without `origin`;
    and tools that neither the system's own code or configuration defines nor an `origin` explains. Models and
    training data without any origin are told by ACC113 and ACC211.

    ## Why it matters
    When a base model, a dataset or a tool server turns out to be poisoned, those who know what they are built on
    find out within the hour. The others never do.

    ## Example
    A fine-tuned model whose header names another base model than its origin: see `tests/checks/ACC226/bad`.

    ## Fix
    Write who made the part, from what and when, with the name of the base model: `origin: tuned here from ORG/BASE
    on tickets, 2026-05`.

    ## References
    - AML.T0010
    - AML.M0023
    - LLM03
    """
    assets = {asset.id: asset for asset in ctx.assets if asset.declared}
    parts = system.components
    told = [(one.id, "model", _of_model(one, assets.get(one.id))) for one in parts.models]
    told += [(one.id, "dataset", _of_dataset(one)) for one in parts.datasets]
    told += [(one.id, "tool", "has an origin that says nothing") for one in parts.tools if _is_empty(one.origin)]
    if any(not one.origin and not one.path for one in parts.tools):
        told += [(one.id, "tool", "is not part of this code, and has no origin") for one in homeless_tools(ctx)]
    for name, what, problem in told:
        if problem:
            yield Finding(
                message=f"the {what} {name} {problem}",
                where=manifest_place(ctx, name),
                severity=Severity.MEDIUM,
                fix="add origin: who made it, from what, and when",
            )


def _of_model(model: Model, asset: Asset | None) -> str:
    if _is_empty(model.origin):
        return f"has an origin that says nothing: {model.origin}"
    bases = asset.facts.get("base_model", "") if asset and asset.is_a("model.file") else ""
    said = (model.origin or "").lower()
    for base in filter(None, re.split(r"[,\s]+", bases)[:20]):
        if said and base.lower().rstrip("/").rpartition("/")[2] not in said:
            return f"says that it was made from {base}, and its origin does not"
    return ""


def _of_dataset(dataset: Dataset) -> str:
    if _is_empty(dataset.origin):
        return f"has an origin that says nothing: {dataset.origin}"
    if dataset.origin is None and dataset.used_for and all("eval" in use.lower() for use in dataset.used_for):
        return f"({dataset.path}) has no origin"
    return ""


def _is_empty(origin: str | None) -> bool:
    return origin is not None and _NOTHING.fullmatch(origin[:500]) is not None
