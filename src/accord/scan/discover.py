"""Discovering what belongs to an AI system in a folder, whether declared or not."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final, NamedTuple

from accord.core.asset import Asset
from accord.core.errors import AccordError
from accord.core.finding import Skipped
from accord.core.text import clean, shown
from accord.scan import places, rows, sources
from accord.scan.formats import HEAD, TAIL, Format, recognise
from accord.scan.sources import Hint
from accord.scan.walk import File, Walk, open_inside

_TEXT: Final = re.compile(
    r"\.(?:pyi?|ipynb|js|mjs|cjs|jsx|tsx?|css|s[ac]ss|less|html?|vue|svelte|md|rst|txt|ya?ml|toml|ini|cfg|sh|c|h|cc|cpp|hpp|"
    r"go|rs|java|kt|rb|php|cs|swift|sql|svg|lock|po|pot|map|j2|jinja2?|gitignore|gitattributes|editorconfig|jsonl|ndjson|csv|tsv)$",
    re.I,
)
_WEIGHTS: Final = re.compile(r"weight|model|param|checkpoint|ckpt|embedding|coef", re.I)
_MOST_TEXT = 1 << 20
_BUDGET = 256 << 20
_PARSED = 16 << 20
_MOST_SKIPPED = 1000


class Discovery(NamedTuple):
    """What was discovered, in order of kinds and paths, and what could not be looked at."""

    assets: tuple[Asset, ...]
    skipped: tuple[Skipped, ...]


def discover(root: Path, walked: Walk, *, budget: int = _BUDGET) -> Discovery:
    """Return the undeclared assets among the files of `walked`; nothing is run, loaded or hashed.

    `budget` bounds the bytes that are read altogether. What a folder's or file's name alone suggests (a table in
    `data/`, a document in `kb/`) counts only beside something that is plainly part of an AI system.
    """
    look = _Look(root, walked, budget)
    hints = [hint for file in walked.files for hint in look.at(file)]
    sure = [hint for hint in hints if hint.sure]
    kept = sure + [hint for hint in hints if not hint.sure] if any(hint.speaks for hint in sure) else sure
    known = frozenset(file.path for file in walked.files)
    assets = _numbered(sources.merged(kept, known))
    return Discovery(tuple(sorted(assets, key=lambda asset: (asset.kind, asset.id))), tuple(look.skipped))


class _Look:
    """One pass over the files, with what it may still read."""

    def __init__(self, root: Path, walked: Walk, budget: int) -> None:
        self.skipped: list[Skipped] = []
        self._root = root
        self._left = budget
        self._parse = _PARSED
        self._over = False

    def at(self, file: File) -> Iterator[Hint]:
        """Yield what one file suggests."""
        test = places.is_test(file.path)
        yield from self._content(file, test=test)
        if test:
            return
        folder = places.knowledge_folder(file.path)
        if folder:
            yield Hint("retrieval", folder, {}, sure=False, path=folder)
        if file.path.endswith((".py", ".ipynb")):
            yield from self._code(file)
        elif places.is_mcp_config(file.path):
            yield from self._servers(file)
        elif kind := places.lock_kind(file.path):
            yield Hint("lockfile", file.path, {"format": kind}, speaks=False, path=file.path)
        elif file.path.rpartition("/")[2] == "Modelfile":
            yield from sources.modelfile(self._text(file) or "", file.path)
        elif places.prompt_by_folder(file.path) or places.prompt_by_name(file.path):
            yield Hint("prompt", file.path, {}, sure=places.prompt_by_folder(file.path), speaks=False, path=file.path)

    def _content(self, file: File, *, test: bool) -> Iterator[Hint]:
        table = rows.may_hold_rows(file.path)
        if not table and _TEXT.search(file.path):
            return
        head = self._head(file, rows.HEAD if table else HEAD)
        found = recognise(head, name=file.path, size=file.size, tail=self._tail(file, head)) if head else None
        if found and not (
            table and places.in_data_folder(file.path) and found.name in {"hdf5", "numpy", "numpy-archive"}
        ):
            yield from _model(file, found)
            return
        seen = rows.rows(head, file.path) if head and table and not test else None
        in_data = places.in_data_folder(file.path)
        if seen and (in_data or seen.telling) and (seen.format != "json" or (in_data and seen.telling)):
            yield _dataset(file, seen.format, sure=seen.telling)
        elif found and not test:
            yield _dataset(file, found.name, sure=False)

    def _code(self, file: File) -> Iterator[Hint]:
        text = self._text(file)
        if text is None or not sources.matters(text):
            return
        if len(text) > self._parse:
            self._skip(file, f"the limit of {_PARSED >> 20} MiB of source to parse was met")
            return
        self._parse -= len(text)
        read = sources.read(text, file.path)
        if read.problem:
            self._skip(file, read.problem)
        yield from read.hints

    def _servers(self, file: File) -> Iterator[Hint]:
        text = self._text(file)
        try:
            said = json.loads(text) if text else None
        except (ValueError, RecursionError):
            self._skip(file, "not readable as JSON")
            return
        servers = (said.get("mcpServers") or said.get("servers")) if isinstance(said, Mapping) else None
        if isinstance(servers, Mapping):
            for name in list(servers)[:200]:
                label = clean(str(name))[:200]
                yield Hint("tool", f"{file.path}#{label}", {"name": label, "how": "mcp-server"}, path=file.path)

    def _text(self, file: File) -> str | None:
        if file.size > _MOST_TEXT:
            self._skip(file, f"text of more than {_MOST_TEXT >> 20} MiB is not read for what it names")
            return None
        data = self._head(file, _MOST_TEXT)
        return None if data is None else data.decode("utf-8", "replace")

    def _head(self, file: File, n: int) -> bytes | None:
        return self._read(file, 0, min(n, file.size))

    def _tail(self, file: File, head: bytes | None) -> bytes:
        if not head or not head.startswith(b"PK\x03\x04") or file.size <= len(head):
            return b""
        return self._read(file, max(0, file.size - TAIL), TAIL) or b""

    def _read(self, file: File, start: int, n: int) -> bytes | None:
        if n > self._left:
            if not self._over:
                self._skip(file, "the limit of bytes to read was met: this and what follows was told by its path alone")
            self._over = True
            return None
        try:
            with open_inside(self._root, file.path) as opened:
                opened.seek(start)
                data = opened.read(n)
        except (AccordError, OSError) as error:
            self._skip(file, error.message if isinstance(error, AccordError) else f"unreadable: {error.strerror}")
            return None
        self._left -= len(data)
        return data

    def _skip(self, file: File, reason: str) -> None:
        if len(self.skipped) < _MOST_SKIPPED:
            self.skipped.append(Skipped(path=shown(file.path), reason=reason))
        elif len(self.skipped) == _MOST_SKIPPED:
            self.skipped.append(Skipped(path=".", reason=f"and more than {_MOST_SKIPPED} others"))


def _model(file: File, found: Format) -> Iterator[Hint]:
    facts = {"format": found.name, "runs_code": "yes" if found.runs_code else "no"}
    if found.name == "faiss":
        yield Hint("retrieval", file.path, {**facts, "provider": "faiss"}, path=file.path)
    elif not found.name.startswith("numpy") or found.runs_code or _WEIGHTS.search(file.path):
        yield Hint("model.file", file.path, facts, path=file.path, size=file.size)


def _dataset(file: File, kind: str, *, sure: bool) -> Hint:
    facts = {"format": kind, "used_for": "evaluation"} if places.is_evaluation(file.path) else {"format": kind}
    return Hint("dataset", file.path, facts, sure=sure, speaks=sure, path=file.path, size=file.size)


def _numbered(assets: Iterator[Asset]) -> Iterator[Asset]:
    taken: dict[str, int] = {}
    for asset in assets:
        name = clean(asset.id)
        taken[name] = taken.get(name, 0) + 1
        yield replace(asset, id=name if taken[name] == 1 else f"{name}~{taken[name]}")
