"""What a model's signature covers: each file or shard with its digest, as an in-toto statement (OMS v1.0)."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from accord.core.canon import canonical
from accord.scan.origin.bundle import CODE, LARGEST
from accord.scan.origin.documents import Document, read_document

STATEMENT: Final = "https://in-toto.io/Statement/v1"
PREDICATE: Final = "https://model_signing/signature/v1.0"
MOST_FILES: Final = 200_000
"""So many files or shards a model has at most."""

GIT: Final = (".git", ".gitattributes", ".github", ".gitignore")
"""What is ignored unless asked for, as other tools of the format do."""

_HASHES: Final[Mapping[str, str]] = {"sha256": "sha256", "blake2b": "blake2b", "blake2": "blake2b"}
_LENGTHS: Final[Mapping[str, int]] = {"sha256": 64, "blake2b": 128}
_HEX = re.compile(r"[0-9a-f]+")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_LARGEST_FILE = 1 << 53


class Serialization(NamedTuple):
    """How a model becomes a list: whole files or shards of a size, the hash, and what is left out."""

    algorithm: str = "sha256"
    shard_size: int | None = None
    allow_symlinks: bool = False
    ignore: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """Return the name that each digest of the list carries."""
        return f"{self.algorithm}-sharded-{self.shard_size}" if self.shard_size else self.algorithm


class Resource(NamedTuple):
    """One file, or one shard of it from `start` to `end`; `.` stands for a model that is one file."""

    path: str
    digest: str
    start: int = 0
    end: int | None = None

    @property
    def order(self) -> tuple[tuple[str, ...], int]:
        """Return the place in the list: by parts of the path, then by shard."""
        return tuple(self.path.split("/")), self.start


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelManifest:
    """Everything that a signature covers; `name` is for people only."""

    name: str
    serialization: Serialization
    resources: tuple[Resource, ...]

    @property
    def subject(self) -> str:
        """Return the digest of all digests in their order, in hex: it stands for the model."""
        return _root(self.resources)


def statement(manifest: ModelManifest) -> bytes:
    """Return the in-toto statement that is signed, with the resources in the order of their paths."""
    form = manifest.serialization
    serialization: dict[str, object] = {
        "method": "shards" if form.shard_size else "files",
        "hash_type": form.algorithm,
        "allow_symlinks": form.allow_symlinks,
    }
    serialization |= {"shard_size": form.shard_size} if form.shard_size else {}
    serialization |= {"ignore_paths": list(form.ignore)} if form.ignore else {}
    resources = sorted(manifest.resources, key=lambda one: one.order)
    listed = [{"name": _name(one), "algorithm": form.label, "digest": one.digest} for one in resources]
    return canonical({
        "_type": STATEMENT,
        "subject": [{"name": manifest.name, "digest": {"sha256": _root(resources)}}],
        "predicateType": PREDICATE,
        "predicate": {"serialization": serialization, "resources": listed},
    })  # fmt: skip


def read_statement(payload: bytes, *, path: str) -> ModelManifest:
    """Return what a signed statement covers.

    Raises `RecordError` for another kind of statement, a path that leads out of the model, a file that is named
    twice or covered in part only, and a subject that is not the digest of what is listed.
    """
    top = read_document(payload, path=path, code=CODE, limit=LARGEST)
    said = top.members(("_type", "subject", "predicateType", "predicate"))
    if said["_type"].text() != STATEMENT:
        said["_type"].refuse(f"it is not {STATEMENT}")
    if said["predicateType"].text() != PREDICATE:
        said["predicateType"].refuse(f"it is not {PREDICATE}")
    subjects = said["subject"].items(1)
    if len(subjects) != 1:
        said["subject"].refuse("it names one model")
    subject = subjects[0].members(("name", "digest"))
    predicate = said["predicate"].mapping()  # others may be added to it and are to be ignored (v1.0)
    for name in ("serialization", "resources"):
        if name not in predicate:
            said["predicate"].refuse(f"it lacks {name}")
    form = _serialization(predicate["serialization"])
    resources = tuple(_resource(one, form) for one in predicate["resources"].items(MOST_FILES))
    if subject["digest"].members(("sha256",))["sha256"].text() != _root(resources):
        subject["digest"].refuse("it is not the digest of the resources that are listed")
    _whole(resources, predicate["resources"], form)
    return ModelManifest(name=subject["name"].text(), serialization=form, resources=resources)


def twins(paths: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield pairs of paths that are one on systems which ignore case, or spell accents their own way."""
    first: dict[str, str] = {}
    for path in paths:
        other = first.setdefault(unicodedata.normalize("NFC", path).casefold(), path)
        if other != path:
            yield other, path


def is_covered(path: str, ignored: Iterable[str]) -> bool:
    """Tell whether a path is one of these, or lies below one."""
    return any(path == one or path.startswith(one + "/") for one in ignored)


def tidy(path: str) -> str | None:
    """Return a relative path in its one spelling, or None where it is no path inside a model."""
    parts = path.removeprefix("./").rstrip("/").split("/")
    fine = all(part not in {"", ".", ".."} for part in parts) and not _CONTROL.search(path)
    return "/".join(parts) if fine else None


def _serialization(place: Document) -> Serialization:
    said = place.members(("method", "hash_type", "allow_symlinks"), ("shard_size", "ignore_paths"))
    method, algorithm = said["method"].text(), _HASHES.get(said["hash_type"].text())
    if method not in {"files", "shards"} or (method == "shards") != ("shard_size" in said):
        said["method"].refuse("a model is listed by files, or by shards of a size")
    if algorithm is None:
        said["hash_type"].refuse("only sha256 and blake2b are known")
    ignored = said["ignore_paths"].items(10_000) if "ignore_paths" in said else ()
    size = said["shard_size"].whole(_LARGEST_FILE) if "shard_size" in said else None
    paths = tuple(_inside(one) for one in ignored)
    return Serialization(algorithm, size, said["allow_symlinks"].flag(), paths)


def _inside(place: Document) -> str:
    path = tidy(place.text())
    if path is None:
        place.refuse("it is no path inside the model")
    return path


def _resource(place: Document, form: Serialization) -> Resource:
    said = place.members(("name", "algorithm", "digest"))
    name, digest = said["name"].text(), said["digest"].text(200)
    if said["algorithm"].text(100) not in {form.label, form.label.replace("blake2b", "blake2")}:
        said["algorithm"].refuse(f"it is not {form.label}, as the serialization says")
    if len(digest) != _LENGTHS[form.algorithm] or not _HEX.fullmatch(digest):
        said["digest"].refuse(f"it is no digest of {form.algorithm} in small hexadecimal digits")
    path, start, end = name, 0, None
    if form.shard_size:
        path, *ends = name.rsplit(":", 2)
        if len(ends) != 2 or not all(re.fullmatch(r"0|[1-9][0-9]{0,15}", one) for one in ends):
            said["name"].refuse("a shard is named PATH:START:END")
        start, end = int(ends[0]), int(ends[1])
    if path != "." and tidy(path) != path:
        said["name"].refuse("it is no path inside the model")
    return Resource(path, digest, start, end)


def _whole(resources: tuple[Resource, ...], place: Document, form: Serialization) -> None:
    """Refuse a list that names a file twice, or shards that leave a gap."""
    last: dict[str, int] = {}
    for one in resources:
        if form.shard_size is None:
            if one.path in last:
                place.refuse(f"{one.path} stands in it twice")
            last[one.path] = 0
            continue
        before, end = last.get(one.path, 0), one.end or 0
        if one.start != before or not 0 < end - one.start <= form.shard_size or before % form.shard_size:
            place.refuse(f"the shards of {one.path} do not follow one another")
        last[one.path] = end
    if "." in last and len(last) > 1:
        place.refuse("a model is one file, or a folder of files")
    files = frozenset(last)
    above = (path[: at.start()] for path in files for at in re.finditer("/", path))
    folder = next((one for one in above if one in files), None)
    if folder is not None:
        place.refuse(f"{folder} is a file and a folder in it")


def _root(resources: Iterable[Resource]) -> str:
    total = hashlib.sha256()
    for one in resources:
        total.update(bytes.fromhex(one.digest))
    return total.hexdigest()


def _name(resource: Resource) -> str:
    return resource.path if resource.end is None else f"{resource.path}:{resource.start}:{resource.end}"
