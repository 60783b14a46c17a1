"""ACC202: parts that the manifest declares and that are not there, or that it has to declare and does not."""

from collections.abc import Iterator
from typing import NamedTuple

from accord.checks.places import manifest_place, section_place
from accord.core import Asset, Context, Finding, Severity, System, check

_TALKING = frozenset({"llm-app", "llm", "rag", "agent"})


class _Need(NamedTuple):
    what: str
    there: bool
    why: str


@check("ACC202", on=("system",), bears_on=("2.2.a/inventory-complete",), since="0.1")
def missing_assets(system: System, ctx: Context) -> Iterator[Finding]:
    """Inventory names what is not there, or leaves out a kind that must be.

    ## What it does
    Reports declared files and folders that do not exist, and kinds of component that this kind of system
    cannot do without: a model always, a prompt where a language model talks, tools for an agent, a store for
    retrieval.

    ## Why it matters
    An inventory with holes, or with entries for what is gone, cannot tell what has to be protected or restored.

    ## Example
    A manifest of kind `llm-app` without a prompt, and a dataset whose file is gone: see `tests/checks/ACC202/bad`.

    ## Fix
    Correct the path, or delete the entry; declare what is missing.

    ## References
    - CWE-1059
    - LLM03
    """
    for asset in ctx.assets:
        if asset.declared and asset.path and asset.digest is None and not ctx.files(asset.path, f"{asset.path}/**"):
            yield from _gone(asset, ctx)
    for tool in system.components.tools:
        if tool.path and not ctx.files(tool.path, f"{tool.path}/**"):
            yield Finding(
                message=f"the tool {tool.id} is declared at {tool.path}, where nothing is",
                where=manifest_place(ctx, tool.id),
                severity=Severity.MEDIUM,
                fix="correct the path in the manifest, or delete the entry",
            )
    for need in _needs(system):
        if not need.there:
            yield Finding(
                message=f"the manifest declares no {need.what}, and {need.why}",
                where=section_place(ctx, "components"),
                severity=Severity.MEDIUM,
                fix=f"declare each {need.what} under components",
            )


def _gone(asset: Asset, ctx: Context) -> Iterator[Finding]:
    unread = asset.unread or ""
    if not unread.endswith(("No such file or directory", "Not a directory")):
        ctx.skip(asset.path or asset.id, unread)  # a link, a pipe, a folder without rights: it may well be there
        return
    yield Finding(
        message=f"the {asset.kind.partition('.')[0]} {asset.id} is declared at {asset.path}, where nothing is",
        where=manifest_place(ctx, asset.id),
        severity=Severity.HIGH,
        fix="correct the path in the manifest, or delete the entry",
    )


def _needs(system: System) -> Iterator[_Need]:
    parts, kinds = system.components, system.kinds
    yield _Need("model", bool(parts.models), "every AI system has one")
    if kinds & _TALKING:
        yield _Need("prompt", bool(parts.prompts), "a language model is told what to do by one")
    if "agent" in kinds:
        yield _Need("tool", bool(parts.tools), "an agent acts through tools")
    if "rag" in kinds:
        yield _Need("retrieval store", bool(parts.retrieval), "it retrieves from one")
