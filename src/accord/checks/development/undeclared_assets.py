"""ACC201: parts of the system that the manifest does not name."""

from collections.abc import Iterator

from accord.core import Asset, Context, Finding, Place, Severity, System, check

_HIGH = frozenset({"model", "tool"})
_SHOWN = ("provider", "model", "how", "symbol", "format")


@check("ACC201", on=("system",), bears_on=("2.2.a/undeclared-assets-found",), since="0.1")
def undeclared_assets(system: System, ctx: Context) -> Iterator[Finding]:
    """Part of the system is in the repository but not in the manifest.

    ## What it does
    Reports every model, dataset, prompt, tool, retrieval store and client of a hosted model that was recognised
    in the files and that the manifest does not name. Lock files count only where the manifest names none, since
    it has room for one. What only shows at run time is not seen.

    ## Why it matters
    What nobody declared, nobody assessed: it has no owner, no digest, and no place in the threat model.

    ## Example
    A model file beside the declared one: see `tests/checks/ACC201/bad`.

    ## Fix
    Declare it under `components`, or delete it. `accord init --print` drafts the entries.

    ## References
    - AML.T0010
    - LLM03
    - CWE-1059
    """
    for asset in ctx.assets:
        general = asset.kind.partition(".")[0]
        if asset.declared or (general == "lockfile" and system.components.software.lockfile):
            continue
        line = asset.facts.get("line", "")
        path = asset.path or asset.facts.get("path") or asset.id.partition("#")[0]
        yield Finding(
            message=f"the {_named(asset)} is not in the manifest: {_told(asset)}",
            where=Place(path=path, line=int(line) if line.isdigit() else None),
            severity=Severity.HIGH if general in _HIGH else Severity.MEDIUM,
            fix="declare it under components in accord.yaml, or remove it",
        )


def _named(asset: Asset) -> str:
    return f"{asset.kind.replace('.', ' ')} {asset.facts.get('name') or asset.id}"


def _told(asset: Asset) -> str:
    told = [f"{key.replace('_', ' ')} {asset.facts[key]}" for key in _SHOWN if asset.facts.get(key)]
    return f"recognised by {', '.join(told)}" if told else "recognised by its path"
