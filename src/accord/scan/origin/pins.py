"""Pins: that what lies here is what was named, by commit of a model hub or by the index of its parts."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from accord.core.errors import AccordError, RecordError
from accord.core.text import shown
from accord.scan.origin.documents import read_document
from accord.scan.origin.manifest import is_covered, tidy
from accord.scan.origin.tree import Entry, look
from accord.scan.origin.verifying import Problem
from accord.scan.walk import open_inside

_PIN = re.compile(r"hf:([A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}|[A-Za-z0-9][\w.-]{0,95})@([0-9a-f]{40})")
_ETAG = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_DOWNLOAD = ".cache/huggingface/download"
_INDEX_LIMIT = 64 << 20


class Pin(NamedTuple):
    """A model of a hub at one commit."""

    name: str
    revision: str


def read_pin(text: str) -> Pin:
    """Return a pin like `hf:ORG/NAME@COMMIT`.

    Raises `RecordError` for anything else: a branch, a tag and a short commit can mean another model tomorrow.
    """
    match = _PIN.fullmatch(text)
    if match is None:
        raise RecordError(
            f"{shown(text)[:200]!r} pins nothing",
            hint="name the commit with all its 40 hexadecimal digits: hf:ORG/NAME@COMMIT",
            code="ACC-E848",
        )
    return Pin(match[1], match[2])


def verify_pin(folder: Path, pin: Pin) -> tuple[Problem, ...]:
    """Return how a downloaded folder differs from the pin, by the records that the download left.

    Each file has to carry the pinned commit and the hash that the hub named it by: SHA-256, or git's of small files.
    The folder is a snapshot in the hub's cache, or one that was downloaded to a place of its own. The records lie
    beside the files: they show a mix-up or damage, and a signature shows a forgery.
    """
    snapshot = folder.resolve()
    if snapshot.parent.name == "snapshots":
        return tuple(_in_cache(snapshot, pin))
    return tuple(_beside(snapshot, pin))


def shards_of(data: bytes, *, path: str) -> tuple[str, ...]:
    """Return the files that an index of parts (`*.index.json`) names, in order.

    Raises `RecordError` when it is no such index, or names a file outside its folder.
    """
    top = read_document(data, path=path, code="ACC-E848", limit=_INDEX_LIMIT)
    said = top.mapping().get("weight_map")
    if said is None:
        top.refuse("it has no weight_map")
    names = {place.text(1000): place for place in said.mapping().values()}
    for name, place in names.items():
        if tidy(name) != name:
            place.refuse("it names no file below its folder")
    return tuple(sorted(names))


def numbered_gap(names: tuple[str, ...]) -> str | None:
    """Return the first part that is missing of files numbered like `model-00001-of-00003`, or None."""
    totals = {}
    for name in names:
        match = re.search(r"^(.*)-([0-9]{5})-of-([0-9]{5})(\.[a-z]+)$", name)
        if match and int(match[3]) <= 10_000:
            totals[match[1], match[3], match[4]] = int(match[3])
    known = frozenset(names)
    wanted = (
        f"{start}-{number:05}-of-{total}{end}"
        for (start, total, end), count in totals.items()
        for number in range(1, count + 1)
    )
    return next((name for name in wanted if name not in known), None)


def _in_cache(snapshot: Path, pin: Pin) -> Iterator[Problem]:
    wanted = "models--" + pin.name.replace("/", "--")
    if snapshot.parent.parent.name != wanted:
        yield Problem("pin", ".", f"it is a snapshot of {shown(snapshot.parent.parent.name)}, not of {pin.name}")
    if snapshot.name != pin.revision:
        yield Problem("pin", ".", f"it is at commit {shown(snapshot.name)[:40]}, not {pin.revision}")
    blobs = snapshot.parent.parent
    tree = look(snapshot)
    for one in tree.files:
        yield Problem("pin", one.path, "it is no link into the cache: nothing says what the hub named it by")
    for odd in tree.odd:
        real = Path(os.path.realpath(snapshot / odd.path))
        if odd.kind != "link" or real.parent != blobs / "blobs":
            yield Problem("pin", odd.path, "it does not lie in the cache of this model")
        else:
            yield from _content(blobs, f"blobs/{real.name}", real.name, odd.path)


def _beside(folder: Path, pin: Pin) -> Iterator[Problem]:
    tree = look(folder, ignore=(_DOWNLOAD.partition("/")[0],))
    if not (folder / _DOWNLOAD).is_dir():
        yield Problem("pin", ".", "it carries no record of a download from the hub")
        return
    for odd in tree.odd:
        yield Problem("pin", odd.path, odd.what)
    for one in tree.files:
        if not is_covered(one.path, (".git",)):
            yield from _downloaded(folder, one, pin)


def _downloaded(folder: Path, file: Entry, pin: Pin) -> Iterator[Problem]:
    try:
        with open_inside(folder, f"{_DOWNLOAD}/{file.path}.metadata") as stream:
            lines = stream.read(4096).decode("ascii", "replace").split("\n")
    except (AccordError, OSError):
        yield Problem("pin", file.path, "it carries no record of a download from the hub")
        return
    commit, etag = (*lines, "", "")[:2]
    if commit.strip() != pin.revision:
        yield Problem("pin", file.path, f"it was downloaded at commit {shown(commit.strip())[:40]}, not {pin.revision}")
    else:
        yield from _content(folder, file.path, etag.strip(), file.path)


def _content(root: Path, path: str, etag: str, name: str) -> Iterator[Problem]:
    if not _ETAG.fullmatch(etag):
        yield Problem("pin", name, "the hub's hash of it is not recorded")
        return
    try:
        with open_inside(root, path) as stream:
            size = stream.seek(0, 2)
            stream.seek(0)
            total = hashlib.sha256() if len(etag) == 64 else _git_blob(size)
            while chunk := stream.read(1 << 20):
                total.update(chunk)
    except (AccordError, OSError) as error:
        why = error.message if isinstance(error, AccordError) else f"it cannot be read: {error.strerror}"
        yield Problem("unreadable", name, why)
        return
    if total.hexdigest() != etag:
        yield Problem("pin", name, f"its hash is {total.hexdigest()[:12]}…, and the hub named it {etag[:12]}…")


def _git_blob(size: int) -> hashlib._Hash:
    total = hashlib.sha1(usedforsecurity=False)  # git names its blobs by it; the pinned commit does as well
    total.update(b"blob %d\0" % size)
    return total
