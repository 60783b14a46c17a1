"""The assets that a manifest declares."""

from __future__ import annotations

from collections.abc import Iterator

from accord.core.asset import Asset
from accord.core.canon import digest
from accord.core.system import Model, Prompt, System


def declared_assets(system: System) -> Iterator[Asset]:
    """Yield an asset for everything that the manifest names, in its order."""
    parts = system.components
    yield from (_model(model) for model in parts.models)
    for dataset in parts.datasets:
        yield Asset(id=dataset.id, kind="dataset", path=_tidy(dataset.path), declared=True)
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
        return Asset(id=model.id, kind="model.file", path=_tidy(rest), declared=True)
    facts = {"source": model.source}
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


def _tidy(path: str) -> str:
    return path.removeprefix("./").rstrip("/") or "."
