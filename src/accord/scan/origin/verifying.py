"""Verifying a model against its signature: whose it is, and that the folder holds what was signed, all of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from accord.core.errors import RecordError, TamperError
from accord.core.signatory import Signatory
from accord.core.text import shown
from accord.record.dsse import STATEMENT_TYPE
from accord.scan.origin.bundle import Signed, read_bundle, refuse_keyless, signed_by
from accord.scan.origin.manifest import ModelManifest, Resource, Serialization, is_covered, read_statement, tidy, twins
from accord.scan.origin.signing import spans
from accord.scan.origin.tree import Progress, Span, Tree, hashes, look


class Problem(NamedTuple):
    """One way in which a model is not what was signed.

    Kinds: `signature`, `added`, `removed`, `changed`, `renamed`, `link`, `special`, `odd-name`, `ambiguous`,
    `unreadable`, `uncovered`.
    """

    kind: str
    path: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a model is verified against. `chain` gives the key of a chain of certificates, or raises `TamperError`.

    `ignore` are further paths that need no signature, `unsigned` lets all unsigned files pass.
    """

    keys: tuple[Signatory, ...]
    chain: Callable[[tuple[bytes, ...]], Signatory] | None = None
    ignore: tuple[str, ...] = ()
    unsigned: bool = False
    progress: Progress | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VerifiedModel:
    """What became of it: no problem means that all of the model is what the key signed."""

    problems: tuple[Problem, ...]
    key: Signatory | None = None
    manifest: ModelManifest | None = None
    files: int = 0
    size: int = 0
    ignored: tuple[str, ...] = ()
    empty: tuple[str, ...] = ()
    unsigned: tuple[str, ...] = ()


def verify_model(model: Path, bundle: bytes, *, path: str, asked: Asked) -> VerifiedModel:
    """Return how a model stands against its signature; the files are read only when the signature holds.

    `path` is what messages call the bundle.
    Raises `RecordError` for a bundle that cannot be used, and for a model that cannot be read.
    """
    signed = read_bundle(bundle, path=path)
    refuse_keyless(signed, path=path)
    key, problem = _key(signed, asked, path)
    if problem is not None:
        return VerifiedModel(problems=(problem,), key=key)
    manifest = read_statement(signed.payload, path=path)
    form = manifest.serialization
    tree = look(model, ignore=(*form.ignore, *_tidied(asked.ignore)), links=form.allow_symlinks)
    problems, extra = _compared(model, tree, manifest, asked)
    return VerifiedModel(
        problems=tuple(sorted(problems, key=lambda one: (one.path, one.kind))),
        key=key,
        manifest=manifest,
        files=len(tree.files),
        size=sum(one.size for one in tree.files),
        ignored=tree.ignored,
        empty=tree.empty,
        unsigned=extra,
    )


def _key(signed: Signed, asked: Asked, path: str) -> tuple[Signatory | None, Problem | None]:
    """Return the key whose signature holds, or what is wrong with the signature."""
    if signed.payload_type != STATEMENT_TYPE:
        return None, Problem("signature", path, f"it signs a {signed.payload_type[:100]}, not an in-toto statement")
    keys = asked.keys
    if signed.chain:
        if asked.chain is None:
            return None, Problem("signature", path, "it names a chain of certificates, and no root was given for it")
        try:
            keys = (asked.chain(signed.chain),)
        except TamperError as error:
            return None, Problem("signature", path, error.message)
    key = signed_by(signed, keys)
    if key is None:
        return None, Problem("signature", path, _nobody(signed, keys))
    if key.objection:
        return key, Problem("signature", path, f"the key {key.keyid[:16]} signed it, and {key.objection}")
    return key, None


def _nobody(signed: Signed, keys: tuple[Signatory, ...]) -> str:
    if signed.hint and all(key.keyid != signed.hint for key in keys):
        return f"it names the key {shown(signed.hint)[:16]}, which is none of the {len(keys)} that count here"
    return "it holds for none of the keys that count here: it was altered, or another key made it"


def _compared(
    model: Path, tree: Tree, manifest: ModelManifest, asked: Asked
) -> tuple[tuple[Problem, ...], tuple[str, ...]]:
    wanted = _by_path(manifest.resources)
    ignored = _tidied(asked.ignore)
    here = {one.path: one.size for one in tree.files}
    extra = tuple(path for path in here if path not in wanted)
    gone = tuple(path for path in wanted if path not in here and not is_covered(path, ignored))
    covered = tree._replace(files=tuple(one for one in tree.files if one.path in wanted))
    problems = [Problem(one.kind, one.path, one.what) for one in tree.odd if not asked.unsigned or one.path in wanted]
    problems += _changed(model, covered, wanted, manifest.serialization, asked.progress)
    problems += _moved(model, tree, extra, gone, wanted=wanted, form=manifest.serialization, unsigned=asked.unsigned)
    names = here.keys() | wanted.keys()
    problems += [
        Problem("ambiguous", second, f"it is the same name as {first} where case does not count")
        for first, second in twins(sorted(names))
    ]
    passed = (*extra, *(one.path for one in tree.odd if one.path not in wanted)) if asked.unsigned else ()
    return tuple(problems), tuple(sorted(map(shown, passed)))


def _changed(
    model: Path,
    tree: Tree,
    wanted: Mapping[str, tuple[Resource, ...]],
    form: Serialization,
    progress: Progress | None,
) -> Iterator[Problem]:
    digests = {Span(one.path, one.start, one.end): one.digest for parts in wanted.values() for one in parts}
    told: set[str] = set()
    for entry in tree.files:
        end = wanted[entry.path][-1].end
        if form.shard_size and end != entry.size:
            told.add(entry.path)
            yield Problem("changed", shown(entry.path), f"it has {entry.size} bytes, and {end} were signed")
    whole = tree._replace(files=tuple(one for one in tree.files if one.path not in told))
    for one in hashes(model, whole, spans(whole, form), algorithm=form.algorithm, progress=progress):
        signed = digests.get(one.span)
        if one.span.path in told or one.digest == signed:
            continue
        told.add(one.span.path)
        path = shown(one.span.path)
        if one.digest is None:
            yield Problem("unreadable", path, one.problem or "it cannot be read")
        else:
            yield Problem(
                "changed", path, f"its {form.algorithm} is {one.digest[:12]}…, and {str(signed)[:12]}… was signed"
            )


def _moved(
    model: Path,
    tree: Tree,
    extra: tuple[str, ...],
    gone: tuple[str, ...],
    *,
    wanted: Mapping[str, tuple[Resource, ...]],
    form: Serialization,
    unsigned: bool,
) -> Iterator[Problem]:
    """Yield what is missing and what nobody signed; a file that only changed its name is told as that."""
    moved = _renamed(model, tree, extra, gone, wanted=wanted, form=form)
    for path in gone:
        if path in moved.values():
            continue
        yield Problem("removed", shown(path), "it was signed and is not there")
    sizes = {one.path: one.size for one in tree.files}
    for path in extra:
        if path in moved:
            yield Problem("renamed", shown(path), f"it was signed as {shown(moved[path])}")
        elif unsigned:
            continue
        elif form.shard_size and not sizes[path]:
            yield Problem(
                "uncovered", shown(path), "it is empty, and a signature by shards says nothing of empty files"
            )
        else:
            yield Problem("added", shown(path), "it is there and was not signed")


def _renamed(
    model: Path,
    tree: Tree,
    extra: tuple[str, ...],
    gone: tuple[str, ...],
    *,
    wanted: Mapping[str, tuple[Resource, ...]],
    form: Serialization,
) -> dict[str, str]:
    """Return the old name of each unsigned file that has the content of one that is gone."""
    if not gone or not extra:
        return {}
    old = {tuple((one.digest, one.start, one.end) for one in wanted[path]): path for path in gone}
    unknown = tree._replace(files=tuple(one for one in tree.files if one.path in frozenset(extra)))
    parts: dict[str, list[tuple[str, int, int | None]]] = {}
    for one in hashes(model, unknown, spans(unknown, form), algorithm=form.algorithm):
        parts.setdefault(one.span.path, []).append((one.digest or "", one.span.start, one.span.end))
    return {path: old[tuple(listed)] for path, listed in parts.items() if tuple(listed) in old}


def _by_path(resources: Iterable[Resource]) -> dict[str, tuple[Resource, ...]]:
    parts: dict[str, list[Resource]] = {}
    for one in resources:
        parts.setdefault(one.path, []).append(one)
    return {path: tuple(listed) for path, listed in parts.items()}


def _tidied(paths: tuple[str, ...]) -> tuple[str, ...]:
    tidied = tuple(tidy(path) for path in paths)
    wrong = next((path for path, one in zip(paths, tidied, strict=True) if one is None), None)
    if wrong is not None:
        raise RecordError(
            f"{shown(wrong)} is no path inside the model",
            hint="write it relative to the model's folder, with / between folders",
            code="ACC-E844",
        )
    return tuple(one for one in tidied if one is not None)
