"""ACC225: models of which nobody recorded how large they are."""

import re
from collections.abc import Iterator
from typing import Final

from accord.checks.cards import Carded, card_of
from accord.checks.documents import Document, is_said
from accord.checks.places import manifest_place
from accord.core import Asset, Context, Finding, Severity, System, check
from accord.core.system import Model

_NAMED: Final = (
    "(?:model )?size(?: .*)?",
    "(?:number of )?(?:parameters|params|weights)(?: .*)?",
    "complexity(?: .*)?",
)
_COUNTED: Final = re.compile(
    r"\d[\d.,' ]{0,20}(?:k|m|b|t|thousand|million|billion|trillion)?[ -]{0,3}(?:parameters|params|weights)\b", re.I
)
_CLOSE = 10  # a header counts embeddings and buffers that others leave out: a tenth is no contradiction


def _has_models(system: System) -> bool:
    return bool(system.components.models)


@check("ACC225", on=("system",), bears_on=("1.4.a/model-parameters-recorded",), since="0.3", applies=_has_models)
def unrecorded_model_size(system: System, ctx: Context) -> Iterator[Finding]:
    """Model's size is recorded nowhere, or wrongly.

    ## What it does
    For each model, looks for the number of its parameters: as `parameters` in the manifest, in the header of its file
    (safetensors, GGUF, ONNX), or in its card, which may also say under Size or Parameters why the number is not
    known. Reports models without any, and a manifest that is more than a tenth away from what the file's header adds
    up to. Where a card speaks of several models, the section that names the model counts.

    ## Why it matters
    Whether a model is larger than the task needs can only be judged by who knows how large it is. Size decides what
    it costs, how much it can memorise, and how well anybody can test or explain it.

    ## Example
    A model whose card tells everything but its size: see `tests/checks/ACC225/bad`.

    ## Fix
    Add `parameters: NUMBER` to the model, or a line **Size** to its card; for a hosted model whose maker does not
    tell, say that there.

    ## References
    - AML.M0003
    - CWE-1059
    """
    assets = {asset.id: asset for asset in ctx.assets if asset.declared}
    for model in system.components.models:
        counted = _counted(assets.get(model.id))
        if counted and model.parameters and abs(counted - model.parameters) * _CLOSE > counted:
            problem = f"has {counted} parameters by the header of its file, not {model.parameters} as declared"
            fix = f"declare parameters: {counted}, or find out which file this is"
        elif counted or model.parameters or _told(model, ctx):
            continue
        else:
            problem = f"({model.source}) has no recorded number of parameters"
            fix = "add parameters: NUMBER to the model, or a line on its size to its card"
        where = manifest_place(ctx, model.id)
        yield Finding(message=f"the model {model.id} {problem}", where=where, severity=Severity.LOW, fix=fix)


def _counted(asset: Asset | None) -> int:
    said = asset.facts.get("parameters", "") if asset else ""
    return int(said) if said.isdecimal() and len(said) < 20 else 0


def _told(model: Model, ctx: Context) -> bool:
    if model.card and "://" in model.card:
        ctx.skip(model.card, f"the card of the model {model.id} lies elsewhere and is not fetched")
        return True
    name = model.source.partition(":")[2].partition("@")[0]
    names = (model.id, name, name.rpartition("/")[2])
    card = card_of(ctx, Carded(model.id, model.card, names[1:]), "model-card")
    if card is None:
        return False
    return any(_says_size(one) for one in (_sections(card, names) or (card,)))


def _sections(card: Document, names: tuple[str, ...]) -> tuple[Document, ...]:
    """Return the sections of a card whose headings name the model, where it has such."""
    from accord.checks.documents import read_document

    wanted = [re.compile(rf"(?<![\w-]){re.escape(name.lower())}(?![\w-])") for name in names if name]
    found = [part for part in card.parts if any(one.search(part.name.lower()) for one in wanted)]
    return tuple(read_document(card.path, part.text) for part in found)


def _says_size(document: Document) -> bool:
    return (_COUNTED.search(document.text) is not None and is_said(document.text)) or document.part(_NAMED) is not None
