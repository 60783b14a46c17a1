"""Signing a model: a folder or a file, as a bundle of OpenSSF Model Signing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from accord.core.errors import RecordError
from accord.core.finding import Place
from accord.core.signatory import Signatory
from accord.core.text import shown
from accord.record.dsse import STATEMENT_TYPE, pae
from accord.scan.origin.bundle import write_bundle
from accord.scan.origin.manifest import GIT, ModelManifest, Resource, Serialization, statement, tidy, twins
from accord.scan.origin.tree import Progress, Span, Tree, hashes, look


class SignedModel(NamedTuple):
    """A bundle, and what it covers."""

    bundle: bytes
    manifest: ModelManifest
    size: int
    ignored: tuple[str, ...]
    empty: tuple[str, ...]


def sign_model(
    model: Path,
    *,
    key: Signatory,
    sign: Callable[[bytes], bytes],
    ignore: Iterable[str] = (),
    shard_size: int | None = None,
    progress: Progress | None = None,
) -> SignedModel:
    """Return the bundle of a model; nothing is written.

    Paths to ignore are relative to the model; those of git are ignored as well.
    Raises `RecordError` for a model that holds what no signature can cover.
    """
    single = model.is_file()
    ignored = () if single else tuple(sorted({*GIT, *(_inside(path) for path in ignore)}))
    form = Serialization(shard_size=shard_size, ignore=ignored)
    tree = look(model, ignore=ignored)
    _refuse_odd(model, tree, form)
    resources = tuple(sorted(_resources(model, tree, form, progress), key=lambda one: one.order))
    manifest = ModelManifest(name=shown(model.resolve().name), serialization=form, resources=resources)
    payload = statement(manifest)
    bundle = write_bundle(payload, signature=sign(pae(payload, STATEMENT_TYPE)), key=key)
    return SignedModel(bundle, manifest, sum(one.size for one in tree.files), tree.ignored, tree.empty)


def spans(tree: Tree, form: Serialization) -> Iterator[Span]:
    """Yield what is hashed by itself: each file, or each shard of it."""
    for one in tree.files:
        if form.shard_size is None:
            yield Span(one.path)
            continue
        for start in range(0, one.size, form.shard_size):
            yield Span(one.path, start, min(one.size, start + form.shard_size))


def _resources(model: Path, tree: Tree, form: Serialization, progress: Progress | None) -> Iterator[Resource]:
    for one in hashes(model, tree, spans(tree, form), algorithm=form.algorithm, progress=progress):
        if one.digest is None:
            raise _uncovered(model, one.span.path, one.problem or "it cannot be read")
        yield Resource(one.span.path, one.digest, one.span.start, one.span.end)


def _refuse_odd(model: Path, tree: Tree, form: Serialization) -> None:
    if tree.odd:
        raise _uncovered(model, tree.odd[0].path, tree.odd[0].what)
    if not tree.files:
        raise _uncovered(model, ".", "there is no file in it")
    hollow = next((one.path for one in tree.files if form.shard_size and not one.size), None)
    if hollow is not None:
        raise _uncovered(model, hollow, "it is empty, and a signature by shards says nothing of empty files")
    for first, second in twins(one.path for one in tree.files):
        raise _uncovered(model, second, f"it is the same name as {shown(first)} where case does not count")


def _inside(path: str) -> str:
    tidied = tidy(path)
    if tidied is None:
        raise RecordError(
            f"{shown(path)} is no path inside the model",
            hint="write it relative to the model's folder, with / between folders",
            code="ACC-E844",
        )
    return tidied


def _uncovered(model: Path, path: str, why: str) -> RecordError:
    return RecordError(
        f"{shown(str(model))} cannot be signed: {shown(path)}: {why}",
        hint="take it out of the folder, or leave it out of the signature: --ignore PATH",
        code="ACC-E844",
        where=Place(path=shown(str(model)), member=shown(path)),
    )
