"""Reading lock files: which packages they name, whether pinned and whether by hash."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from accord.scan.places import lock_kind

_MOST_TEXT = 16 << 20
_MOST_PACKAGES = 50_000
_REQUIREMENT: Final = re.compile(r"([A-Za-z0-9][\w.-]{0,200})(?:\[[\w\s,.-]{0,200}\])?\s*(.{0,4000})", re.DOTALL)
_CONDA: Final = re.compile(
    r"""\s{0,40}-\s{0,10}["']?(?:[\w.-]+::)?([\w.-]{1,200})\s*(={1,2}[^\s"'#]+|[<>!~][^"'#\n]*)?["']?\s*(?:#.*)?"""
)


class Package(NamedTuple):
    """One package of a lock file; `version` is None where it is not pinned, `line` None where it is not known."""

    name: str
    version: str | None
    hashed: bool
    line: int | None


class Lock(NamedTuple):
    """What a lock file says; `problem` says why it could not be read."""

    kind: str
    packages: tuple[Package, ...]
    problem: str | None = None

    @property
    def loose(self) -> tuple[Package, ...]:
        """Return the packages without an exact version."""
        return tuple(one for one in self.packages if one.version is None)

    @property
    def unhashed(self) -> tuple[Package, ...]:
        """Return the packages without a hash."""
        return tuple(one for one in self.packages if not one.hashed)


def read_lock(path: str, text: str) -> Lock:
    """Return what a lock file says; it never raises: what cannot be read is the lock's `problem`."""
    kind = lock_kind(path) or ("requirements" if path.endswith((".txt", ".in")) else "unknown")
    if len(text) > _MOST_TEXT:
        return Lock(kind, (), f"larger than {_MOST_TEXT >> 20} MiB")
    try:
        packages = tuple(_READERS[kind](text)) if kind in _READERS else ()
    except (ValueError, RecursionError) as error:
        return Lock(kind, (), f"not readable as {kind}: {str(error)[:200]}")
    if len(packages) > _MOST_PACKAGES:
        return Lock(kind, packages[:_MOST_PACKAGES], f"more than {_MOST_PACKAGES} packages")
    return Lock(kind, packages, None if kind in _READERS else "not a kind of lock file that is known")


def _requirements(text: str) -> Iterator[Package]:
    for line, entry in _logical_lines(text):
        if entry.startswith("-"):
            target = re.match(r"(?:-e|--editable)[\s=]+(\S{1,500})", entry)
            if target:
                yield Package(target[1], None, hashed=False, line=line)
            continue
        spec, *options = re.split(r"\s(?=--)", entry)
        match = _REQUIREMENT.fullmatch(spec.partition(";")[0].strip())
        if match is None:
            yield Package(spec[:200], None, hashed=False, line=line)
            continue
        yield Package(match[1], _pin(match[2]), any("--hash" in one for one in options) or "#sha256=" in spec, line)


def _logical_lines(text: str) -> Iterator[tuple[int, str]]:
    parts: list[str] = []
    start = 1
    for number, raw in enumerate(text.splitlines(), 1):
        line = re.sub(r"(?:^|\s)#.*$", "", raw).strip()
        start = start if parts else number
        goes_on = line.endswith("\\")
        parts.append(line.removesuffix("\\"))
        if goes_on:
            continue
        entry = " ".join(parts).strip()
        parts = []
        if entry:
            yield start, entry
    if entry := " ".join(parts).strip():
        yield start, entry


def _pin(spec: str) -> str | None:
    exact = re.fullmatch(r"\(?\s*={2,3}\s*([\w.!+-]+)\s*\)?", spec.strip())
    if exact and "*" not in spec:
        return exact[1]
    commit = re.match(r"@\s*\S*?(?:@([0-9a-f]{40})|#sha256=([0-9a-f]{64}))", spec.strip())
    return (commit[1] or commit[2]) if commit else None


def _toml(text: str) -> Iterator[Package]:
    packages = tomllib.loads(text).get("package")
    lines = _lines_of(text)
    files = re.search(r"^\[metadata\.files\]", text, re.MULTILINE)
    for one in packages if isinstance(packages, list) else ():
        if not isinstance(one, dict) or not isinstance(one.get("name"), str):
            continue
        name, version = one["name"], one.get("version")
        source = one.get("source")
        if isinstance(source, dict) and source.keys() & {"editable", "virtual", "directory"}:
            continue  # the project itself
        held = [one.get("sdist"), *_listed(one.get("wheels")), *_listed(one.get("files"))]
        hashed = bool(files) or any(isinstance(file, dict) and "hash" in file for file in held)
        git = isinstance(source, dict) and bool(source.get("git") or source.get("resolved_reference"))
        yield Package(name, str(version) if version else None, hashed or git, next(lines.get(name, iter(())), None))


def _lines_of(text: str) -> dict[str, Iterator[int]]:
    found: dict[str, list[int]] = {}
    for number, line in enumerate(text.splitlines(), 1):
        match = re.fullmatch(r'name = "([^"]{1,200})"', line)
        if match:
            found.setdefault(match[1], []).append(number)
    return {name: iter(numbers) for name, numbers in found.items()}


def _pipenv(text: str) -> Iterator[Package]:
    said = _mapping(json.loads(text))
    for group in ("default", "develop"):
        for name, one in _mapping(said.get(group)).items():
            held = _mapping(one)
            yield Package(
                str(name), _pin(str(held.get("version", ""))), bool(held.get("hashes") or held.get("ref")), None
            )


def _npm(text: str) -> Iterator[Package]:
    said = _mapping(json.loads(text))
    packages = _mapping(said.get("packages")) or _mapping(said.get("dependencies"))
    for path, one in packages.items():
        held = _mapping(one)
        name = str(path).rpartition("node_modules/")[2]
        if name and not held.get("link") and (not said.get("packages") or "node_modules/" in str(path)):
            version = held.get("version")
            yield Package(name, version if isinstance(version, str) else None, bool(held.get("integrity")), None)


def _conda(text: str) -> Iterator[Package]:
    inside = False
    for number, line in enumerate(text.splitlines(), 1):
        if re.match(r"(?:dependencies|package):", line):
            inside = True
        elif re.match(r"[^\s#-]", line):
            inside = False
        match = _CONDA.fullmatch(line[:2000]) if inside else None
        if match and not line.rstrip().endswith(":"):
            spec = match[2] or ""
            exact = re.fullmatch(r"={1,2}([^=*,<>]+)(?:=[^=]+)?", spec)
            yield Package(match[1], exact[1] if exact else None, hashed=False, line=number)


def _listed(value: object) -> Iterable[object]:
    return value if isinstance(value, list) else ()


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


_READERS: Final = {
    "requirements": _requirements,
    "uv": _toml,
    "poetry": _toml,
    "pdm": _toml,
    "pipenv": _pipenv,
    "npm": _npm,
    "conda": _conda,
}
