"""The manifest and the files beside it: decoded, and refused where they make no sense, with the line."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from accord.core.canon import Digest, digest
from accord.core.clock import duration
from accord.core.errors import ManifestError
from accord.core.finding import Place
from accord.core.system import Role, System
from accord.record.codec import MIB, Placed, Places, decode_placed, read_bytes

if TYPE_CHECKING:
    from accord.core.assessment import Waivers
    from accord.core.threats import ThreatModel

MANIFEST = "accord.yaml"

PARTIES = ("user", "internet", "operator", "admin", "staff", "customer", "public", "attacker", "world")
"""Who may stand at either end of a flow beside the system's own parts; others as `x-NAME`."""

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
_DRIVE = re.compile(r"[A-Za-z]:")
_LINK = re.compile(r"https?://")
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]{0,39}:[^\s*]{1,200}")

Keys = tuple[str | int, ...]

T = TypeVar("T")


class Manifest(NamedTuple):
    """What the manifest declares, its digest (comments and layout do not count), and its path."""

    system: System
    digest: Digest
    path: str


class _Named(NamedTuple):
    """Something that carries an id, and where the id stands."""

    id: str
    what: str
    keys: Keys


def read_manifest(root: Path) -> Manifest | None:
    """Read `accord.yaml` in `root`, or return None where there is none.

    Raises `ManifestError` for anything that cannot be used as it is.
    """
    path = root / MANIFEST
    if not path.exists() and not path.is_symlink():
        return None
    data = read_bytes(path, shown=MANIFEST, limit=MIB)
    system, places = decode_placed(data, System, path=MANIFEST)
    _version(system.accord, "accord", places)
    for rule in (_about, _ids, _flows, _fallbacks, _paths, _sources, _urls, _retention, _measures):
        rule(system, places)
    return Manifest(system, digest(system), MANIFEST)


def read_threats(root: Path, system: System) -> ThreatModel | None:
    """Read the threat model, or return None where the manifest names none or the file is missing."""
    from accord.core.threats import ThreatModel

    if system.threats is None:
        return None
    path = root / system.threats
    if not path.exists() and not path.is_symlink():
        return None
    model, places = _side_file(root, system.threats, ThreatModel)
    _version(model.threats, "threats", places)
    _unique([_Named(part.id, "part", ("components", n, "id")) for n, part in enumerate(model.components)], places)
    _unique([_Named(risk.id, "risk", ("risks", n, "id")) for n, risk in enumerate(model.risks)], places)
    return model


def read_waivers(root: Path, system: System) -> Waivers:
    """Read the waivers; where there is no file there are none, which asks for more and never for less."""
    from accord.core.assessment import Waivers

    if system.waivers is None or not os.path.lexists(root / system.waivers):
        return Waivers(waivers=1)
    waivers, places = _side_file(root, system.waivers, Waivers)
    _version(waivers.waivers, "waivers", places)
    _unique([_Named(one.id, "waiver", ("granted", n, "id")) for n, one in enumerate(waivers.granted)], places)
    return waivers


def side_path(root: Path, name: str) -> Path:
    """Return the path of a file or folder that the manifest names.

    Raises `ManifestError` where it is missing, or where a link leads out of the root.
    """
    path = root / name
    try:
        inside = path.resolve(strict=True).is_relative_to(root.resolve())
    except (OSError, RuntimeError) as error:  # RuntimeError: a loop of links
        raise ManifestError(
            f"{name} is named in {MANIFEST} but cannot be found",
            hint=f"write it, or take its name out of {MANIFEST}",
            code="ACC-E116",
            where=Place(path=name),
        ) from error
    if not inside:
        hint = "keep the file itself inside the system's folder"
        raise ManifestError(
            f"{name} leads out of the system's folder", hint=hint, code="ACC-E113", where=Place(path=name)
        )
    return path


def _side_file(root: Path, name: str, kind: type[T]) -> Placed[T]:
    data = read_bytes(side_path(root, name), shown=name, limit=MIB)
    return decode_placed(data, kind, path=name)


def _version(found: int, key: str, places: Places) -> None:
    if found != 1:
        raise ManifestError(
            f"{places.path} is of version {found}, and this Accord reads version 1",
            hint=f"write `{key}: 1`, or install an Accord that knows version {found}",
            code="ACC-E115",
            where=places.at(key),
        )


def _about(system: System, places: Places) -> None:
    about = system.system
    for name, value in (("name", about.name), ("version", about.version), ("purpose", about.purpose)):
        if not value.strip():
            raise _unfit(f"system.{name} is blank", "say it in a few words", places.at("system", name))
    if not about.kind:
        raise _unfit("system.kind names no kind", "name one, like llm-app or classifier", places.at("system", "kind"))
    owner = system.owners.get(Role.SYSTEM_OWNER, "")
    if not owner.strip():
        raise ManifestError(
            f"{places.path}: owners names no system-owner",
            hint="add `system-owner:` with an address",
            code="ACC-E108",
            where=places.at("owners"),
        )


def _ids(system: System, places: Places) -> None:
    named = [_Named(system.system.id, "system", ("system", "id")), *_named(system)]
    for one in named:
        if not _ID.fullmatch(one.id):
            hint = "letters, digits, dot, dash and underscore, at most 80, the first a letter or digit"
            raise _unfit(f"the {one.what} id {one.id[:80]!r} is not an id", hint, places.at(*one.keys))
    _unique(named[1:], places)


def _named(system: System) -> Iterator[_Named]:
    """Yield what `System.named` does, with the place of each id."""
    parts = system.components
    for ids, what, key in (
        ([item.id for item in parts.models], "model", "models"),
        ([item.id for item in parts.datasets], "dataset", "datasets"),
        ([item.id for item in parts.prompts], "prompt", "prompts"),
        ([item.id for item in parts.tools], "tool", "tools"),
        ([item.id for item in parts.retrieval], "retrieval store", "retrieval"),
    ):
        yield from (_Named(id_, what, ("components", key, n, "id")) for n, id_ in enumerate(ids))
    yield from (_Named(target.id, "target", ("targets", n, "id")) for n, target in enumerate(system.targets))
    if system.guard:
        yield _Named(system.guard.id, "guard", ("guard", "id"))


def _unique(named: Iterable[_Named], places: Places) -> None:
    first: dict[str, _Named] = {}
    for one in named:
        other = first.setdefault(one.id, one)
        if other is not one:
            line = places.at(*other.keys).line
            raise ManifestError(
                f"{places.path} uses the id {one.id[:80]!r} twice: for a {other.what} in line {line}, and a {one.what}",
                hint="rename one of them, or delete it",
                code="ACC-E104",
                where=places.at(*one.keys),
            )


def _flows(system: System, places: Places) -> None:
    known = (*(name for name, _ in system.named()), *PARTIES)
    for n, flow in enumerate(system.flows):
        for key, end in (("from", flow.from_), ("to", flow.to)):
            if not end.startswith("x-"):
                _refer(end, known, places.at("flows", n, key), hint="or a party as x-NAME")
        if flow.guard is not None:
            guards = (system.guard.id,) if system.guard else ()
            _refer(flow.guard, guards, places.at("flows", n, "guard"), hint="declare the guard")


def _fallbacks(system: System, places: Places) -> None:
    next_of = {model.id: model.fallback for model in system.components.models}
    for n, model in enumerate(system.components.models):
        if model.fallback is not None:
            where = places.at("components", "models", n, "fallback")
            _refer(model.fallback, tuple(next_of), where, hint="declare the model")
    safe: set[str] = set()
    for n, model in enumerate(system.components.models):
        trail: dict[str, None] = {}
        step: str | None = model.id
        while step is not None and step not in safe:
            if step in trail:
                raise ManifestError(
                    f"{places.path}: the fallbacks form a cyclic reference: {' → '.join([*list(trail)[:8], step])}",
                    hint="let the last model have no fallback",
                    code="ACC-E114",
                    where=places.at("components", "models", n, "fallback"),
                )
            trail[step] = None
            step = next_of.get(step)
        safe.update(trail)


def _paths(system: System, places: Places) -> None:
    for path, keys in _all_paths(system):
        if path is None or (_linkable(keys) and _LINK.match(path)):
            continue
        problem = _path_problem(path)
        if problem:
            where = places.at(*keys)
            hint = "write it relative to the folder of accord.yaml, with / between folders"
            raise ManifestError(
                f"{places.path}: the path {path[:80]!r} {problem}", hint=hint, code="ACC-E113", where=where
            )


def _linkable(keys: Keys) -> bool:
    """Tell whether a published document may stand there instead of a file."""
    return keys[0] == "disclose" or keys[-1] == "card"


def _all_paths(system: System) -> Iterator[tuple[str | None, Keys]]:
    parts = system.components
    for key, items, names in (
        ("models", parts.models, ("signature", "provenance", "card")),
        ("datasets", parts.datasets, ("path", "card")),
        ("prompts", parts.prompts, ("path", "card")),
        ("tools", parts.tools, ("path",)),
        ("retrieval", parts.retrieval, ("path",)),
    ):
        for n, item in enumerate(items):
            yield from ((getattr(item, name), ("components", key, n, name)) for name in names)
    for n, model in enumerate(parts.models):
        if model.source.startswith("file:"):
            yield model.source.removeprefix("file:"), ("components", "models", n, "source")
    yield parts.software.lockfile, ("components", "software", "lockfile")
    for name in ("policy", "rules", "log", "canary", "incidents"):
        yield getattr(system.guard, name) if system.guard else None, ("guard", name)
    yield system.disclose.policy if system.disclose else None, ("disclose", "policy")
    yield system.disclose.security_txt if system.disclose else None, ("disclose", "security_txt")
    yield system.exchange.peers if system.exchange else None, ("exchange", "peers")
    for name in ("threats", "attestations", "waivers"):
        yield getattr(system, name), (name,)


def _path_problem(path: str) -> str | None:
    if not path.strip():
        return "is blank"
    if _CONTROL.search(path):
        return "holds a control character"
    if "://" in path:
        return "is an address, and a file is wanted"
    if path.startswith(("/", "~")) or _DRIVE.match(path):
        return "is absolute"
    if "\\" in path:
        return "holds a backslash"
    return "leads out of the folder" if ".." in path.split("/") else None


def _sources(system: System, places: Places) -> None:
    for n, model in enumerate(system.components.models):
        scheme, colon, rest = model.source.partition(":")
        if not colon or scheme not in ("file", "api", "hf") or not rest.strip():
            hint = "write file:PATH, api:PROVIDER/NAME or hf:ORG/NAME@REVISION"
            where = places.at("components", "models", n, "source")
            raise _unfit(f"the source {model.source[:80]!r} is none that Accord knows", hint, where)


def _urls(system: System, places: Places) -> None:
    for n, model in enumerate(system.components.models):
        _url(model.base_url, places.at("components", "models", n, "base_url"))
    for n, target in enumerate(system.targets):
        way = next((name for name in ("openai", "http", "mcp", "harness") if getattr(target.call, name)), "python")
        _url(target.url, places.at("targets", n, "call", way, "url"))
    _url(system.guard.url if system.guard else None, places.at("guard", "url"))


def _url(url: str | None, where: Place) -> None:
    from urllib.parse import urlsplit

    if url is None:
        return
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        good = False
    if not good or _CONTROL.search(url) or " " in url:
        raise _unfit(f"{url[:80]!r} is not an address", "write it like https://host/v1", where)


def _retention(system: System, places: Places) -> None:
    for n, dataset in enumerate(system.components.datasets):
        if dataset.retention is None:
            continue
        try:
            duration(dataset.retention)
        except ValueError as error:
            where = places.at("components", "datasets", n, "retention")
            raise _unfit(str(error), "write an ISO 8601 duration: P90D, P6M, P2Y", where) from error


def _measures(system: System, places: Places) -> None:
    """Refuse a model of no parameters, and an allowed source that names nothing, or anything."""
    for n, model in enumerate(system.components.models):
        if model.parameters is not None and model.parameters < 1:
            where = places.at("components", "models", n, "parameters")
            raise _unfit(f"{model.parameters} is no number of parameters", "write how many it has: 135000000", where)
    for n, source in enumerate(system.components.sources):
        if not _ORIGIN.fullmatch(source):
            hint = "write it like hf:ORG, api:PROVIDER, pkg:pypi or https://host/path"
            raise _unfit(f"{source[:80]!r} names no source", hint, places.at("components", "sources", n))


def _refer(name: str, known: tuple[str, ...], where: Place, *, hint: str) -> None:
    if name in known:
        return
    near = next(iter(get_close_matches(name[:80], known, n=1)), None)
    raise ManifestError(
        f"{where.path}: there is no {name[:80]!r} in the manifest",
        hint=f"did you mean {near!r}?" if near else f"name a declared id, {hint}",
        code="ACC-E112",
        where=where,
    )


def _unfit(message: str, hint: str, where: Place) -> ManifestError:
    return ManifestError(f"{where.path}: {message}", hint=hint, code="ACC-E115", where=where)
