"""ACC228: parts from outside that no document of the system speaks of."""

import re
from collections.abc import Iterator

from accord.checks.documents import is_said
from accord.checks.origins import served_tools
from accord.checks.places import manifest_place
from accord.core import Context, Finding, Severity, System, check


def _takes_parts(system: System) -> bool:
    parts = system.components
    foreign = any(not one.source.startswith("file:") for one in parts.models)
    return foreign or bool(parts.datasets or parts.tools) or any(one.store for one in parts.retrieval)


@check("ACC228", on=("system",), bears_on=("2.1.c/component-documented",), since="0.3", applies=_takes_parts)
def undocumented_components(system: System, ctx: Context) -> Iterator[Finding]:
    """Part from outside is documented nowhere.

    ## What it does
    For hosted models and models of a hub, stores for retrieval that are software of others, tools of others (with an
    `origin`, or served by a configured tool server) and datasets, looks for any documentation: a `card` that says
    something, a `description` of a tool, `origin` and `licence` of a dataset, or a document of the system (`.md`,
    `.rst`, `.txt`) that names the part. Whether a card is complete is asked by ACC208 and ACC209.

    ## Why it matters
    A part that nobody described is used for what its maker warned against, and nobody notices when it is replaced.

    ## Example
    A model of a hub that no card and no page speaks of: see `tests/checks/ACC228/bad`.

    ## Fix
    Write what the part is, which version is used, under which terms, and where its maker's documentation is: in a
    card or the README; for a tool in its `description`.

    ## References
    - CWE-1059
    - AML.M0023
    - LLM03
    """
    open_ = dict(_undocumented(system, ctx))
    for text in _documents(ctx) if open_ else ():
        for name in [name for name, (_, names) in open_.items() if any(_names(text, one) for one in names)]:
            del open_[name]
    for name, (what, _) in open_.items():
        yield Finding(
            message=f"nothing documents the {what} {name}: no card, no description, no page that names it",
            where=manifest_place(ctx, name),
            severity=Severity.MEDIUM,
            fix="say in a card or the README what it is, its version and terms, and where its documentation is",
        )


def _undocumented(system: System, ctx: Context) -> Iterator[tuple[str, tuple[str, tuple[str, ...]]]]:
    """Yield the parts that the manifest itself does not document: id, what it is, and the names it goes by."""
    parts = system.components
    for model in parts.models:
        if not model.source.startswith("file:") and not _carded(model.card, ctx):
            name = model.source.partition(":")[2].partition("@")[0]
            yield model.id, ("model", (model.id, name, name.rpartition("/")[2]))
    for dataset in parts.datasets:
        if not (dataset.origin and dataset.licence) and not _carded(dataset.card, ctx):
            yield dataset.id, ("dataset", (dataset.id, dataset.path))
    for store in parts.retrieval:
        if store.store:
            yield store.id, ("store", (store.id, *re.findall(r"[a-z]{4,}", store.store.lower())))
    served = served_tools(ctx)
    for tool in parts.tools:
        if (tool.origin or tool.id in served) and not is_said(tool.description or ""):
            yield tool.id, ("tool", (tool.id,))


def _carded(card: str | None, ctx: Context) -> bool:
    if card is None or "://" in card:
        return card is not None
    return is_said(ctx.text(card.partition("#")[0]) or "")


def _documents(ctx: Context) -> Iterator[str]:
    """Yield the documents of the system: no tests, lock files, prompts, datasets or pages to retrieve."""
    from accord.scan.places import is_test, lock_kind

    held = {one.path for one in ctx.assets if one.kind in {"prompt", "dataset", "retrieval"} and one.path}
    inside = tuple(f"{path}/" for path in held)
    for source in ctx.sources("**/*.md", "**/*.rst", "**/*.txt"):
        kept = source.path not in held and not source.path.startswith(inside)
        if kept and not is_test(source.path) and not lock_kind(source.path) and is_said(source.text):
            yield source.text.lower()


def _names(text: str, name: str) -> bool:
    """Tell whether a document names something; one or two letters could be any word."""
    return len(name) > 2 and re.search(rf"(?<![\w-]){re.escape(name.lower())}(?![\w-])", text) is not None
