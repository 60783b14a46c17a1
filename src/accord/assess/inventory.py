"""Inventory: what the system is made of, declared and discovered, each with its digest."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from accord.assess.declared import declared_assets
from accord.assess.files import Files
from accord.core.asset import Asset
from accord.core.canon import Digest, digest
from accord.core.errors import AccordError
from accord.core.finding import Skipped
from accord.core.settings import MIB, Settings
from accord.core.system import System
from accord.scan.discover import discover
from accord.scan.lockfiles import read_lock
from accord.scan.origin.facts import facts_of
from accord.scan.origin.purls import purls
from accord.scan.walk import walk

_SUBJECT = ("model", "prompt", "guard", "tool", "lockfile")


class Inventory(NamedTuple):
    """Every asset in a stable order, the files they were found among, and what was not looked at."""

    assets: tuple[Asset, ...]
    files: Files
    skipped: tuple[Skipped, ...]


class Surroundings(NamedTuple):
    """What is in the folder, before anything is compared with the manifest."""

    discovered: tuple[Asset, ...]
    files: Files
    skipped: tuple[Skipped, ...]


def look_around(root: Path, settings: Settings) -> Surroundings:
    """Walk the folder and recognise assets by content, within the limits of `settings`."""
    walked = walk(root, max_files=settings.max_files, max_depth=settings.max_depth, seconds=settings.walk_seconds)
    found = discover(root, walked)
    return Surroundings(found.assets, Files(root, walked.files, settings), (*walked.skipped, *found.skipped))


def take_inventory(system: System, around: Surroundings, settings: Settings) -> Inventory:
    """Join what the manifest declares with what was discovered, and hash every file among them."""
    declared = tuple(declared_assets(system))
    assets = (*_with_facts(declared, around.discovered), *_undeclared(declared, around.discovered, around.files))
    hashed = tuple(_described(one, around.files) for one in _hashed(assets, around.files, settings))
    return Inventory(hashed, around.files, around.skipped)


def _described(asset: Asset, files: Files) -> Asset:
    """Add what a bill of materials lists: facts from a model's headers and card, the packages of a lock file."""
    path = asset.path
    if path is None:
        return asset
    below = () if files.has(path) else files.below(path)
    facts = {**asset.facts, "folder": "yes"} if below else asset.facts
    if asset.is_a("model.file"):
        told = facts_of(files.root, path, below=below, card=facts.get("card"))
        return replace(asset, facts={**told, **facts})
    if asset.is_a("lockfile") and files.has(path):
        try:
            text = files.read(path).decode("utf-8", "replace")
        except (AccordError, OSError):
            return asset  # the check that reads it says so
        return replace(asset, parts=purls(read_lock(path, text).packages))
    return replace(asset, facts=facts)


def subject_of(manifest: Digest, assets: Iterable[Asset]) -> Digest:
    """Return the subject of every verdict: manifest, model, prompt, guard, tool and lock file digests."""
    parts = sorted(
        (asset.kind, asset.id, asset.digest) for asset in assets if any(asset.is_a(kind) for kind in _SUBJECT)
    )
    return digest({"manifest": manifest, "assets": [list(part) for part in parts]})


def covers(declared: Asset, found: Asset) -> bool:
    """Tell whether a declared asset is the one that was found, or the folder that holds it."""
    if declared.kind.partition(".")[0] != found.kind.partition(".")[0]:
        return False
    if declared.kind in {"model.api", "model.hub"} or declared.kind == "tool":
        return _same_name(declared, found)
    if declared.kind == "retrieval" and found.path is None:
        return bool(declared.facts.get("store")) and _provider(found) in declared.facts["store"].lower()
    if declared.path is None or found.path is None:
        return False
    if declared.kind == "prompt" and declared.path == found.path:
        return _same_literal(declared, found)
    return found.path == declared.path or found.path.startswith(declared.path + "/")


def _same_name(declared: Asset, found: Asset) -> bool:
    names = {declared.id, declared.facts.get("model", declared.id)}
    if found.facts.get("model") or found.kind == "tool":
        return bool(names & {found.id, found.facts.get("model", ""), found.facts.get("name", "")})
    # a client without a literal model name is covered by any declared model of its provider
    return declared.kind == found.kind and _provider(declared).startswith(_provider(found))


def _provider(asset: Asset) -> str:
    return asset.facts.get("provider", "").lower()


def _same_literal(declared: Asset, found: Asset) -> bool:
    symbol, line = declared.facts.get("symbol"), declared.facts.get("line")
    if symbol is not None:
        return symbol == found.facts.get("symbol")
    if line is not None:
        return line == found.facts.get("line")
    return found.facts.get("symbol") is None


def _with_facts(declared: Iterable[Asset], found: tuple[Asset, ...]) -> Iterator[Asset]:
    by_path = {(asset.kind.partition(".")[0], asset.path or ""): asset for asset in found if asset.path}
    for asset in declared:
        twin = by_path.get((asset.kind.partition(".")[0], asset.path or ""))
        yield replace(asset, facts={**twin.facts, **asset.facts}) if twin else asset


def _undeclared(declared: tuple[Asset, ...], found: tuple[Asset, ...], files: Files) -> Iterator[Asset]:
    exact = {(asset.kind, asset.path) for asset in declared}
    wider: dict[str, list[Asset]] = {}  # what can cover more than the one file of its path
    for asset in declared:
        if asset.path is None or asset.kind == "prompt" or not files.has(asset.path):
            wider.setdefault(asset.kind.partition(".")[0], []).append(asset)
    taken = {asset.id for asset in declared}
    for asset in found:
        if asset.kind != "prompt" and asset.path is not None and (asset.kind, asset.path) in exact:
            continue
        if not any(covers(one, asset) for one in wider.get(asset.kind.partition(".")[0], ())):
            yield replace(asset, id=_free(asset.id, taken))


def _free(wanted: str, taken: set[str]) -> str:
    name, count = wanted, 2
    while name in taken:
        name, count = f"{wanted}-{count}", count + 1
    taken.add(name)
    return name


def _hashed(assets: Iterable[Asset], files: Files, settings: Settings) -> Iterator[Asset]:
    stop = time.monotonic() + settings.hash_seconds
    for asset in assets:
        if asset.path is None or asset.digest is not None:
            yield asset
            continue
        if time.monotonic() > stop:
            yield replace(asset, unread=f"not hashed: the {settings.hash_seconds} s for hashing were used up")
            continue
        read = files.identify(asset.path, limit=settings.max_hash, stop=stop)
        if read.digest is None and read.size is not None and read.size > settings.max_hash:
            yield replace(asset, size=read.size, unread=f"larger than {settings.max_hash // MIB} MiB: not hashed")
        else:
            yield replace(asset, digest=read.digest, size=read.size, unread=read.problem)
