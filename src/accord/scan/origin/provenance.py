"""Provenance of a build: in-toto statements with a SLSA predicate, signed, about the very files that are here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from accord.core.errors import RecordError, TamperError
from accord.core.signatory import Signatory
from accord.core.text import one_line, shown
from accord.record.dsse import STATEMENT_TYPE
from accord.scan.origin.bundle import LARGEST, Signed, read_signed, refuse_keyless, signed_by
from accord.scan.origin.documents import Document, read_document
from accord.scan.origin.manifest import GIT
from accord.scan.origin.tree import Progress, Span, hashes, look
from accord.scan.origin.verifying import Problem

NAMES: Final = ("*.intoto.jsonl", "*.att.json", "*.provenance.json", "provenance.json")
"""What files with provenance are called."""

_CODE = "ACC-E847"
_STATEMENTS: Final = frozenset({"https://in-toto.io/Statement/v0.1", "https://in-toto.io/Statement/v1"})
_BUILDER: Final[Mapping[str, tuple[str, ...]]] = {
    "https://slsa.dev/provenance/v0.2": ("builder", "id"),
    "https://slsa.dev/provenance/v1": ("runDetails", "builder", "id"),
}
_FINISHED: Final[Mapping[str, tuple[str, ...]]] = {
    "https://slsa.dev/provenance/v0.2": ("metadata", "buildFinishedOn"),
    "https://slsa.dev/provenance/v1": ("runDetails", "metadata", "finishedOn"),
}
_MOST_LINES, _MOST_SUBJECTS = 200, 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What provenance has to be about and whose it may be; `files` maps paths to SHA-256 in hex.

    `builders` None means that any builder will do: who asks for it looks at `Provenance.builder` itself.
    """

    files: Mapping[str, str]
    keys: tuple[Signatory, ...]
    builders: tuple[str, ...] | None
    chain: Callable[[tuple[bytes, ...]], Signatory] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """What one statement says, who signed it, and why it does not count; `finished` is when the build ended."""

    problems: tuple[Problem, ...]
    key: Signatory | None = None
    predicate: str = ""
    builder: str = ""
    finished: str = ""


def digests_of(model: Path, *, ignore: tuple[str, ...] = (), progress: Progress | None = None) -> dict[str, str]:
    """Return the SHA-256 of every file of a model by path.

    Raises `RecordError` where one cannot be read: a statement about the rest would say too much.
    """
    tree = look(model, ignore=(*GIT, *ignore))
    if tree.odd:
        raise RecordError(
            f"{shown(str(model))} holds what cannot be hashed: {tree.odd[0].path}: {tree.odd[0].what}", code="ACC-E843"
        )
    found: dict[str, str] = {}
    for one in hashes(model, tree, (Span(file.path) for file in tree.files), algorithm="sha256", progress=progress):
        if one.digest is None:
            raise RecordError(f"{shown(str(model))}: {one.problem}", code="ACC-E843")
        found[one.span.path] = one.digest
    return found


def verify_provenance(data: bytes, *, path: str, wanted: Wanted) -> Provenance:
    """Return the statement in a file that speaks for the files, or the one that comes nearest, with what it lacks.

    A file holds one document, or one a line. `path` is what messages call it.
    Raises `RecordError` when there is none that can be read.
    """
    found = tuple(_one(text, path, wanted) for text in _documents(data, path))
    return min(found, key=lambda one: len(one.problems))


def _documents(data: bytes, path: str) -> tuple[bytes, ...]:
    if len(data) > LARGEST:
        read_document(data, path=path, code=_CODE, limit=LARGEST)
    lines = tuple(line for line in data.split(b"\n") if line.strip())
    each = all(line.lstrip().startswith(b"{") and line.rstrip().endswith(b"}") for line in lines)
    if not lines or (each and len(lines) > _MOST_LINES):
        why = "it is empty" if not lines else f"it holds more than {_MOST_LINES} statements"
        raise RecordError(f"{path} cannot be used: {why}", code=_CODE)
    return lines if each else (data,)


def _one(data: bytes, path: str, wanted: Wanted) -> Provenance:
    top = read_document(data, path=path, code=_CODE, limit=LARGEST).mapping()
    if "_type" in top:
        return Provenance(problems=(Problem("signature", path, "nobody signed it: it is a bare statement"),))
    signed = read_signed(data, path=path)
    refuse_keyless(signed, path=path)
    if signed.payload_type != STATEMENT_TYPE:
        return Provenance(problems=(Problem("predicate", path, f"it is a {one_line(signed.payload_type, 80)}"),))
    key, problem = _key(signed, wanted, path)
    if problem is not None:
        return Provenance(problems=(problem, Problem("subject", path, "what it says was not read")), key=key)
    return _said(signed.payload, path, wanted, key)


def _key(signed: Signed, wanted: Wanted, path: str) -> tuple[Signatory | None, Problem | None]:
    keys = wanted.keys
    if signed.chain and wanted.chain:
        try:
            keys = (wanted.chain(signed.chain),)
        except TamperError as error:
            return None, Problem("signature", path, error.message)
    key = signed_by(signed, keys)
    if key is None:
        why = f"its signature holds for none of the {len(keys)} keys that count here"
        return None, Problem("signature", path, why)
    if key.objection:
        return key, Problem("signature", path, f"the key {key.keyid[:16]} signed it, and {key.objection}")
    return key, None


def _said(payload: bytes, path: str, wanted: Wanted, key: Signatory | None) -> Provenance:
    top = read_document(payload, path=path, code=_CODE, limit=LARGEST)
    said = top.mapping()
    for name in ("_type", "subject", "predicateType", "predicate"):
        if name not in said:
            top.refuse(f"it lacks {name}")
    if said["_type"].text() not in _STATEMENTS:
        said["_type"].refuse("it is no in-toto statement of version 0.1 or 1")
    predicate = said["predicateType"].text()
    if predicate not in _BUILDER:
        told = f"its predicate is {one_line(predicate, 120)}, which is no SLSA provenance that is known"
        return Provenance(problems=(Problem("predicate", path, told),), key=key, predicate=predicate)
    builder = _at(said["predicate"], _BUILDER[predicate])
    problems = (*_subjects(said["subject"], path, wanted.files), *_allowed(builder, path, wanted.builders))
    finished = _at(said["predicate"], _FINISHED[predicate])
    return Provenance(problems=problems, key=key, predicate=predicate, builder=builder, finished=finished)


def _subjects(place: Document, path: str, files: Mapping[str, str]) -> Iterator[Problem]:
    known: set[str] = set()
    for one in place.items(_MOST_SUBJECTS):
        digest = one.mapping().get("digest")
        value = digest.mapping().get("sha256") if digest else None
        known |= {value.text(200).lower()} if value else set()
    missing = [name for name, digest in files.items() if digest not in known]
    if not files:
        yield Problem("subject", path, "there is no file that it could be about")
    elif missing:
        name = "the file" if missing[0] == "." else shown(missing[0])
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        yield Problem("subject", path, f"it is not about {name} ({files[missing[0]][:12]}…){more}")


def _allowed(builder: str, path: str, builders: tuple[str, ...] | None) -> Iterator[Problem]:
    if not builder:
        yield Problem("builder", path, "it names no builder")
    elif builders is not None and builder not in builders:
        yield Problem("builder", path, f"it was built by {one_line(builder, 200)}, which is not on the list")


def _at(place: Document, names: tuple[str, ...]) -> str:
    for name in names:
        found = place.mapping().get(name)
        if found is None:
            return ""
        place = found
    return place.text(2000)
