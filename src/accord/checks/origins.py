"""What the checks of the supply chain share: the parts that come from outside, and what names their source."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from accord.checks.places import MANIFEST, manifest_place
from accord.core import Asset, Context, Place
from accord.core.system import Model, Tool

_CODE: Final = tuple(
    f"**/*.{ending}"
    for ending in ("py", "ipynb", "ts", "js", "mjs", "tsx", "go", "java", "kt", "cs", "rb", "rs", "php")
)
_HERE: Final = re.compile(
    r"(?:127|10|192\.168|172\.(?:1[6-9]|2\d|3[01]))\.[\d.]+|::1|0\.0\.0\.0|[\w-]+|.*\.(?:localhost|internal|local)",
    re.I,
)
_INDEX: Final = re.compile(r"^[ \t]*(?:-i|--(?:extra-)?index-url|--find-links|-f)[= \t]+(\S{1,500})", re.M)
_ADDRESS: Final = re.compile(r"(?:git|hg|svn|bzr)?\+?(?:https?|ssh|git)://(?:[^@/\s]{0,100}@)?([^\s#?]{1,300})")
_SHORT: Final = re.compile(r"(?:git@)?(github|gitlab|bitbucket)(?:\.\w+)?:([\w./-]{1,200})")
_RUNNERS: Final[Mapping[str, str]] = {
    "npx": "pkg:npm", "bunx": "pkg:npm", "pnpx": "pkg:npm", "uvx": "pkg:pypi", "pipx": "pkg:pypi",
}  # fmt: skip
_ECOSYSTEMS: Final[Mapping[str, str]] = {
    "PyPI": "pkg:pypi", "npm": "pkg:npm", "conda": "pkg:conda", "crates.io": "pkg:cargo", "Go": "pkg:golang",
}  # fmt: skip


class Outside(NamedTuple):
    """A part from outside: what it is, the source as an allow-list names it, and where that stands."""

    what: str
    source: str
    where: Place


def outside(ctx: Context) -> Iterator[Outside]:
    """Yield the hosted models, models of hubs, packages, indexes and tool servers that come from outside."""
    declared = {model.id: model for model in ctx.system.components.models}
    for asset in ctx.assets:
        source = _source(asset, declared.get(asset.id)) if asset.kind in {"model.api", "model.hub"} else ""
        if source:
            where = manifest_place(ctx, asset.id) if asset.declared else _found(asset)
            yield Outside(f"the model {asset.id}", source, where)
    yield from _packages(ctx)
    yield from _servers(ctx)


def allows(allowed: tuple[str, ...], source: str) -> bool:
    """Tell whether an allow-list names a source, or the organisation, host or folder that it lies in."""
    lower = source.lower()
    return any(lower == one or lower.startswith(f"{one}/") for one in (said.lower().rstrip("/") for said in allowed))


def homeless_tools(ctx: Context) -> Iterator[Tool]:
    """Yield the declared tools without origin and path that no code or server configuration of the system names."""
    open_ = {tool.id: tool for tool in ctx.system.components.tools if not tool.origin and not tool.path}
    for _, text in _defining(ctx):
        for name in [name for name in open_ if _defines(text, name)]:
            del open_[name]
        if not open_:
            return
    yield from open_.values()


def served_tools(ctx: Context) -> frozenset[str]:
    """Return the names of the tool servers that configurations of the system start or call."""
    return frozenset(name for _, name, _ in _configured(ctx))


def _defining(ctx: Context) -> Iterator[tuple[str, str]]:
    from accord.scan.places import is_mcp_config, is_test

    for source in ctx.sources(*_CODE, "**/*.json"):
        if not is_test(source.path) and (not source.path.endswith(".json") or is_mcp_config(source.path)):
            yield source


def _defines(text: str, name: str) -> bool:
    if name not in text:
        return False
    named = re.escape(name)
    return re.search(rf"\b(?:def|func|function|fn|fun)\s+{named}\b|[\"'`]{named}[\"'`]", text) is not None


def _source(asset: Asset, model: Model | None) -> str:
    provider, name = asset.facts.get("provider", ""), asset.facts.get("model", "")
    address = model.base_url if model else asset.facts.get("base_url")
    if asset.kind == "model.hub":
        return f"hf:{name}" if provider == "huggingface" else f"{provider}:{name}"
    if address and "://" in address:
        return _host(address)
    return f"api:{provider}/{name}".rstrip("/")


def _host(address: str) -> str:
    """Return `https://HOST` of an address; nothing for this machine and for names without a dot, which are our own."""
    try:
        host = urlsplit(address).hostname or ""
    except ValueError:
        return f"address:{address[:80]}"
    return "" if not host or _HERE.fullmatch(host) else f"https://{host}"


def _found(asset: Asset) -> Place:
    line = asset.facts.get("line", "")
    path = asset.path or asset.facts.get("path") or MANIFEST
    return Place(path=path, line=int(line)) if line.isdecimal() else Place(path=path)


def _packages(ctx: Context) -> Iterator[Outside]:
    from accord.scan.lockfiles import read_lock

    for path in sorted({asset.path for asset in ctx.assets if asset.kind == "lockfile" and asset.path}):
        text = ctx.text(path)
        lock = read_lock(path, text or "")
        if lock.problem and text is not None:
            ctx.skip(path, lock.problem)
        for one in {_ECOSYSTEMS.get(one.ecosystem, f"pkg:{one.ecosystem.lower()}") for one in lock.packages}:
            yield Outside(f"packages of {path}", one, Place(path=path))
        for package in lock.packages:
            if package.origin and (source := _address(package.origin)):
                yield Outside(f"the package {package.name}", source, Place(path=path, line=package.line))
        for match in _INDEX.finditer(text or "") if lock.kind == "requirements" else ():
            if source := _address(match[1]):
                line = (text or "").count("\n", 0, match.start(1)) + 1
                yield Outside(f"an index of {path}", source, Place(path=path, line=line))


def _address(origin: str) -> str:
    """Return where an address leads as `https://host/path`; nothing for what lies in the system's own folder."""
    short = _SHORT.match(origin)
    if short:
        return f"https://{short[1]}.com/{short[2].removesuffix('.git')}"
    found = _ADDRESS.search(origin)
    if found is None:
        return ""
    host, _, rest = found[1].partition("/")
    name = host.partition(":")[0]
    if _HERE.fullmatch(name):
        return ""
    return f"https://{name}/{rest.partition('@')[0].removesuffix('.git')}".rstrip("/")


def _servers(ctx: Context) -> Iterator[Outside]:
    for path, name, said in _configured(ctx):
        url, command = said.get("url") or said.get("serverUrl"), said.get("command")
        source = _host(url) if isinstance(url, str) else ""
        if not source and isinstance(command, str):
            source = _RUNNERS.get(command.rpartition("/")[2], "")
        if source:
            yield Outside(f"the tool server {name}", source, Place(path=path))


def _configured(ctx: Context) -> Iterator[tuple[str, str, Mapping[str, object]]]:
    """Yield each tool server of a configuration: its path, its name, and what is said of it."""
    from accord.scan.places import is_mcp_config, is_test

    for source in ctx.sources("**/*mcp*.json", "**/claude_desktop_config.json"):
        if not is_mcp_config(source.path) or is_test(source.path):
            continue
        try:
            said = json.loads(source.text)
        except (ValueError, RecursionError):
            ctx.skip(source.path, "not readable as JSON")
            continue
        servers = (said.get("mcpServers") or said.get("servers")) if isinstance(said, dict) else None
        for name, one in list(servers.items())[:200] if isinstance(servers, dict) else ():
            if isinstance(one, dict):
                yield source.path, str(name)[:80], one
