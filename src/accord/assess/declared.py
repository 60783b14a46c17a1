"""The assets that a manifest declares."""

from __future__ import annotations

from collections.abc import Iterator

from accord.core.asset import Asset
from accord.core.canon import digest
from accord.core.system import Dataset, Model, Prompt, Role, System


def declared_assets(system: System) -> Iterator[Asset]:
    """Yield an asset for everything that the manifest names, in its order."""
    parts = system.components
    custodian = system.owners.get(Role.DATA_CUSTODIAN)
    yield from (_model(model) for model in parts.models)
    for dataset in parts.datasets:
        facts = _stated(dataset, "origin", "licence", "collected", "sensitivity", "retention")
        facts |= {"used_for": ", ".join(dataset.used_for)} if dataset.used_for else {}
        facts |= {"custodian": custodian} if custodian else {}
        yield Asset(id=dataset.id, kind="dataset", path=_tidy(dataset.path), declared=True, facts=facts)
    yield from (_prompt(prompt) for prompt in parts.prompts)
    for tool in parts.tools:
        yield Asset(id=tool.id, kind="tool", digest=digest(tool), declared=True)
    for store in parts.retrieval:
        path = _tidy(store.path) if store.path else None
        facts = {"store": store.store} if store.store else {}
        whole = None if path else digest(store)
        yield Asset(id=store.id, kind="retrieval", path=path, digest=whole, declared=True, facts=facts)
    if parts.software.lockfile:
        yield Asset(id="lockfile", kind="lockfile", path=_tidy(parts.software.lockfile), declared=True)
    for target in system.targets:
        facts = {"url": target.url} if target.url else {}
        yield Asset(id=target.id, kind="target", digest=digest(target), declared=True, facts=facts)
    if system.guard:
        yield Asset(id=system.guard.id, kind="guard", path=_tidy(system.guard.policy), declared=True)
    if system.threats:
        yield Asset(id="threats", kind="threats", path=_tidy(system.threats), declared=True)


def _model(model: Model) -> Asset:
    scheme, _, rest = model.source.partition(":")
    if scheme == "file":
        facts = _stated(model, "origin", "licence", "role", "card")
        return Asset(id=model.id, kind="model.file", path=_tidy(rest), declared=True, facts=facts)
    facts = {"source": model.source} | _stated(model, "origin", "licence", "role")
    if scheme == "hf":
        name, _, revision = rest.partition("@")
        facts |= {"provider": "huggingface", "model": name} | ({"revision": revision} if revision else {})
        return Asset(id=model.id, kind="model.hub", declared=True, facts=facts)
    provider, _, name = rest.partition("/")
    facts |= {"provider": provider, "model": name}
    return Asset(id=model.id, kind="model.api", declared=True, facts=facts)


def _prompt(prompt: Prompt) -> Asset:
    facts = {"symbol": prompt.symbol} if prompt.symbol else {"line": str(prompt.line)} if prompt.line else {}
    return Asset(id=prompt.id, kind="prompt", path=_tidy(prompt.path), declared=True, facts=facts)


def _stated(word: Model | Dataset, *names: str) -> dict[str, str]:
    """Return what the manifest states of a model or dataset beyond where it lies."""
    return {name: value for name in names if (value := getattr(word, name))}


def _tidy(path: str) -> str:
    return path.removeprefix("./").rstrip("/") or "."
