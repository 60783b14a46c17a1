"""Drafting a manifest and a threat model from what was discovered; every guess is marked by a comment."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final, NamedTuple, TypeVar
from urllib.parse import urlsplit

from accord.core.asset import Asset
from accord.core.canon import plain
from accord.core.system import (
    About,
    Components,
    Dataset,
    Flow,
    Level,
    Model,
    Profile,
    Prompt,
    Retrieval,
    Role,
    Software,
    System,
    Tool,
)
from accord.core.text import one_line

T = TypeVar("T")

THREATS: Final = "threats.yaml"
OWNER: Final = "security@example.org"
_MOST_BYTES = 800_000
_MOST_FLOWS = 40
_GENERATIVE: Final = frozenset({"gguf", "ggml", "llamafile"})
_PATHED: Final = frozenset({"model.file", "dataset", "prompt", "lockfile"})
_LOCKS: Final = ("uv", "poetry", "pdm", "pipenv", "requirements", "conda", "npm")
_TAKEN: Final = (
    "user", "internet", "operator", "admin", "staff", "customer", "public", "attacker", "world", "lockfile", "threats",
    "system", "manifest",
)  # fmt: skip


class Draft(NamedTuple):
    """The two files, as text."""

    manifest: str
    threats: str


def draft_system(discovered: Iterable[Asset], name: str) -> System:
    """Return what can be said of a system from its discovered assets and the name of its folder.

    What cannot be written in a manifest (a path that is not UTF-8 or holds control characters) is left out.
    """
    assets = tuple(asset for asset in discovered if _sayable(asset))
    ids = _Ids()
    tools = tuple(_each(assets, "tool", ids.tool))
    components = Components(
        models=tuple(_each(assets, "model", ids.model)),
        datasets=tuple(_each(assets, "dataset", ids.dataset)),
        prompts=tuple(_each(assets, "prompt", ids.prompt)),
        tools=tools,
        retrieval=tuple(_each(assets, "retrieval", ids.retrieval)),
        software=Software(lockfile=_lockfile(assets)),
    )
    title = one_line(name, 80).strip() or "system"
    about = About(
        id=slug(name) or "system",
        name=title,
        version="0.0.0",
        purpose="not stated yet",
        kind=_kinds(assets),
        criticality=Level.BASELINE,
    )
    return System(
        accord=1,
        system=about,
        owners={Role.SYSTEM_OWNER: OWNER},
        profile=Profile(level=Level.BASELINE),
        components=components,
        flows=tuple(_flows(components)),
    )


def draft_files(discovered: Iterable[Asset], name: str) -> Draft:
    """Return drafts of `accord.yaml` and `threats.yaml` that load as they are."""
    found = tuple(discovered)
    unnamed = sum(1 for asset in found if not _sayable(asset))
    system = replace(draft_system(found, name), threats=THREATS)
    cap = 2000
    while True:
        cut = _cut(system, cap)
        text = _manifest(cut, left_out=unnamed + _parts(system) - _parts(cut))
        if len(text.encode()) <= _MOST_BYTES or cap == 1:
            return Draft(text, _threats(cut))
        cap //= 2


def slug(text: str) -> str:
    """Return a text as an id: letters, digits, dot, dash and underscore, at most 60; empty if nothing is left."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text)[:60].strip("-._")


class _Ids:
    """Makes the words of a draft, each with an id that no other has."""

    def __init__(self) -> None:
        self.taken = set(_TAKEN)

    def tool(self, asset: Asset) -> Tool | None:
        """Draft a tool; its id is its name, because the model calls it so. Two definitions are one tool."""
        name = asset.facts.get("name", "")
        if name in self.taken and slug(name) == name:
            return None
        return Tool(id=self._free(name, "tool"), path=asset.path)

    def model(self, asset: Asset) -> Model:
        """Draft a model."""
        if asset.kind == "model.file":
            path = asset.path or asset.id
            return Model(id=self._free(_stem(path), "model"), source=f"file:{path}", format=asset.facts.get("format"))
        name = asset.facts.get("model", "unnamed")
        if asset.kind == "model.hub":
            revision = asset.facts.get("revision")
            source = f"hf:{name}@{revision}" if revision else f"hf:{name}"
            return Model(id=self._free(name.rpartition("/")[2], "model"), source=source)
        provider = asset.facts.get("provider", "unknown")
        base_url = asset.facts.get("base_url")
        source = f"api:{provider}/{name}"
        chosen = name.rpartition("/")[2] if "model" in asset.facts else provider
        return Model(id=self._free(chosen, "model"), source=source, base_url=base_url if _address(base_url) else None)

    def dataset(self, asset: Asset) -> Dataset:
        """Draft a dataset."""
        used_for = (asset.facts["used_for"],) if "used_for" in asset.facts else ()
        path = asset.path or asset.id
        return Dataset(id=self._free(_stem(path), "dataset"), path=path, used_for=used_for)

    def prompt(self, asset: Asset) -> Prompt:
        """Draft a prompt."""
        symbol = asset.facts.get("symbol")
        line = int(asset.facts["line"]) if symbol is None and asset.facts.get("line", "").isdecimal() else None
        path = asset.path or asset.id
        return Prompt(id=self._free(symbol or _stem(path), "prompt"), path=path, symbol=symbol, line=line)

    def retrieval(self, asset: Asset) -> Retrieval:
        """Draft a retrieval store."""
        provider = asset.facts.get("provider")
        name = _stem(asset.path) if asset.path else provider or "store"
        return Retrieval(id=self._free(name, "store"), path=asset.path, store=provider)

    def _free(self, wanted: str, fallback: str) -> str:
        name = slug(wanted) or fallback
        free, count = name, 2
        while free in self.taken:
            free, count = f"{name}-{count}", count + 1
        self.taken.add(free)
        return free


def _each(assets: Iterable[Asset], kind: str, made: Callable[[Asset], T | None]) -> Iterator[T]:
    for asset in assets:
        word = made(asset) if asset.is_a(kind) else None
        if word is not None:
            yield word


def _kinds(assets: tuple[Asset, ...]) -> tuple[str, ...]:
    kinds = {asset.kind for asset in assets}
    talks = bool(kinds & {"model.api", "prompt"}) or any(asset.facts.get("format") in _GENERATIVE for asset in assets)
    guesses = (
        ("llm-app", talks or "tool" in kinds),
        ("agent", "tool" in kinds),
        ("rag", "retrieval" in kinds),
        ("classifier", "model.file" in kinds and not talks),
    )
    return tuple(kind for kind, holds in guesses if holds) or ("other",)


def _lockfile(assets: Iterable[Asset]) -> str | None:
    locks = [asset for asset in assets if asset.kind == "lockfile" and asset.path]
    best = min(locks, key=_lock_order, default=None)
    return best.path if best else None


def _lock_order(asset: Asset) -> tuple[int, int, int, str]:
    path, kind = asset.path or "", asset.facts.get("format", "")
    plainly = 0 if path.rpartition("/")[2] == "requirements.txt" else 1
    return (path.count("/"), _LOCKS.index(kind) if kind in _LOCKS else len(_LOCKS), plainly, path)


def _flows(parts: Components) -> Iterator[Flow]:
    if not parts.models:
        return
    main = next((model.id for model in parts.models if not model.source.startswith("file:")), parts.models[0].id)
    yield Flow(from_="user", to=main)
    yield from (Flow(from_=store.id, to=main) for store in parts.retrieval[:_MOST_FLOWS])
    yield from (Flow(from_=main, to=tool.id) for tool in parts.tools[:_MOST_FLOWS])


def _cut(system: System, most: int) -> System:
    parts = system.components
    kept = replace(
        parts,
        models=parts.models[:most],
        datasets=parts.datasets[:most],
        prompts=parts.prompts[:most],
        tools=parts.tools[:most],
        retrieval=parts.retrieval[:most],
    )
    return replace(system, components=kept, flows=tuple(_flows(kept)))


def _parts(system: System) -> int:
    return sum(1 for _ in system.named())


def _manifest(system: System, *, left_out: int) -> str:
    said = _pruned(plain(system))
    pieces = [
        "# Drafted by `accord init`. Lines under a comment that says guess are guesses: correct them, then delete it.\n"
    ]
    for key, value in said.items():
        pieces.append(_GUESSES.get(key, ""))
        pieces.append(_yaml({key: value}))
        if key == "components" and left_out:
            pieces.append(
                f"# {left_out} more were found, whose paths cannot be written here or that are too many to list.\n"
            )
    return "".join(pieces) + _TO_ADD


def _threats(system: System) -> str:
    components = [{"id": name} for name, what in system.named() if what not in {"target", "guard"}]
    flows = [{"from": flow.from_, "to": flow.to} for flow in system.flows]
    body = {"threats": 1, **({"components": components} if components else {}), **({"flows": flows} if flows else {})}
    wanted = [f"#   {name}  {title}\n" for name, title in _undecided(system).items()]
    if not wanted:
        return _THREATS_HEAD + _yaml(body)
    return "".join((_THREATS_HEAD, _yaml(body), _RISKS_HEAD, *wanted))


def _undecided(system: System) -> Mapping[str, str]:
    """Return the ids that a threat model of such a system has to decide about, and their names."""
    from accord.record.catalogue import framework

    atlas = framework("atlas").ids
    wanted = {name: atlas[name] for name in _techniques(system) if name in atlas}
    llm = framework("owasp-llm").ids if system.talks else {}
    agentic = framework("owasp-asi").ids if system.is_agent else {}
    return {**llm, **agentic, **wanted}


def _techniques(system: System) -> tuple[str, ...]:
    from accord.core.shipped import DATA
    from accord.record.codec import decode

    sets = decode((DATA / "threat_sets.yaml").read_bytes(), _ThreatSets, path="threat_sets.yaml").atlas
    parts = system.components
    schemes = {model.source.partition(":")[0] for model in parts.models}
    kinds = [
        kind
        for scheme, kind in (("file", "model.file"), ("hf", "model.hub"), ("api", "model.api"))
        if scheme in schemes
    ]
    groups = (
        ("dataset", parts.datasets),
        ("prompt", parts.prompts),
        ("retrieval", parts.retrieval),
        ("tool", parts.tools),
    )
    kinds += [kind for kind, group in groups if group]
    return tuple(dict.fromkeys(name for kind in kinds for name in sets.get(kind, ())))


@dataclass(frozen=True, slots=True, kw_only=True)
class _ThreatSets:
    atlas: Mapping[str, tuple[str, ...]]


def _yaml(value: object) -> str:
    from accord.record.codec import dump_yaml

    return dump_yaml(value)


def _pruned(value: Mapping[str, object]) -> dict[str, object]:
    pruned = {key: _pruned_value(item) for key, item in value.items()}
    return {key: item for key, item in pruned.items() if item is not None and item not in ([], {}, ())}


def _pruned_value(value: object) -> object:
    if isinstance(value, Mapping):
        return _pruned(value)
    return [_pruned_value(item) for item in value] if isinstance(value, list) else value


def _sayable(asset: Asset) -> bool:
    if asset.path is None:
        return asset.kind not in _PATHED
    return _declarable(asset.path)


def _declarable(path: str) -> bool:
    printable = path.isprintable() and path == path.strip() and "\\" not in path and "://" not in path
    plainly = bool(path) and not path.startswith(("/", "~")) and not re.match("[A-Za-z]:", path)
    return printable and plainly and ".." not in path.split("/") and len(path) <= 2000


def _address(url: str | None) -> bool:
    try:
        parts = urlsplit(url or "")
        return (
            parts.scheme in {"http", "https"}
            and bool(parts.hostname)
            and parts.port != 0
            and (url or "").isascii()
            and _solid(url or "")
        )
    except ValueError:
        return False


def _solid(url: str) -> bool:
    return url.isprintable() and not re.search(r"[\s{}…]", url)


def _stem(path: str) -> str:
    folder, _, name = path.rpartition("/")
    stem = name.partition(".")[0] or name.lstrip(".")
    common = stem.lower() in {
        "data",
        "train",
        "test",
        "index",
        "model",
        "weights",
        "prompt",
        "system",
        "requirements",
        "saved_model",
    }
    return f"{folder.rpartition('/')[2]}-{stem}" if common and folder else stem


_GUESSES: Final[Mapping[str, str]] = {
    "system": "# guess: id and name are the folder's, kind is told by what was found; say version and purpose\n",
    "owners": "# guess: nobody is known yet; write the address of the person who answers for the system\n",
    "profile": "# guess: baseline asks least; standard or critical suit a system that others rely on\n",
    "components": "# guess: found by content and by name; delete what is no part of the system, add what is missing\n",
    "flows": "# guess: who asks, what is read and what is called; add the data that flows, and boundaries\n",
    "threats": "",
}
_TO_ADD: Final = """\
# Not drafted, because nothing in the folder tells: effect, approval and limits of tools; origin, licence and
# sensitivity of datasets; digests and signatures of models; tasks, targets, guard, disclose, attestations, waivers.
# `accord schema manifest` names every field.
"""
_THREATS_HEAD: Final = """\
# Drafted by `accord init`: every component and flow of accord.yaml, with nothing decided yet.
# Add to each component its impact, whom it harms and attacker_value (low, medium, high), and to each flow its threats.
"""
_RISKS_HEAD: Final = """\
# Decide about each of these, under `risks:`, with decision mitigate, accept, avoid, transfer or not-applicable:
# risks:
#   - {id: ID, decision: mitigate, reason: WHY, by: WHO, mitigated_by: [CHECKS OR CASES]}
"""
