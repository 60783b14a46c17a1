"""Reading lock files: which packages they name, whether pinned and whether by hash."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Final

from accord.scan.places import lock_kind
from accord.scan.supply import node_locks, other_locks
from accord.scan.supply.packages import Lock, Package, commit_in, listed, mapping, rows, table, text_of

__all__ = ["Lock", "Package", "read_lock"]

_MOST_TEXT = 16 << 20
_MOST_PACKAGES = 50_000
_ADDRESS: Final = re.compile(r"[A-Za-z+]{2,20}://|\.{0,2}/|[A-Za-z]:\\")
_ARCHIVE: Final = re.compile(
    r"([A-Za-z0-9][\w.]{0,200})-(\d[\w.!+]{0,100}?)(?:-[\w.-]{1,200}\.whl|\.tar\.gz|\.zip)(?:[#?\s]|$)"
)
_REQUIREMENT: Final = re.compile(r"([A-Za-z0-9][\w.-]{0,200})(?:\[[\w\s,.-]{0,200}\])?\s*(.{0,4000})", re.DOTALL)


def read_lock(path: str, text: str) -> Lock:
    """Return what a lock file says; it never raises: what cannot be read is the lock's `problem`."""
    kind = lock_kind(path) or ("requirements" if path.endswith((".txt", ".in")) else "unknown")
    text = text.removeprefix("\ufeff")
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
                yield Package(target[1], commit_in(target[1]), hashed=False, line=line, origin=target[1])
            continue
        spec, *options = re.split(r"\s(?=--)", entry)
        hashed = any("--hash" in one for one in options) or "#sha256=" in spec
        match = None if _ADDRESS.match(spec) else _REQUIREMENT.fullmatch(spec.partition(";")[0].strip())
        if match is None:
            name, version = _named_archive(spec)
            yield Package(name, version, hashed, line, origin=spec[:500])
            continue
        wanted = match[2].strip()
        origin = wanted[1:].split()[0] if wanted.startswith("@") and wanted[1:].strip() else None
        yield Package(match[1], _pin(match[2]), hashed, line, origin=origin)


def included(text: str) -> Iterator[str]:
    """Yield the files that a requirements file takes in (`-r FILE`)."""
    for _, entry in _logical_lines(text[:_MOST_TEXT]):
        match = re.match(r"(?:-r|--requirement)[\s=]{0,20}([^\s=].{0,500})", entry)
        if match:
            yield match[1].strip().strip("'\"")


def _named_archive(spec: str) -> tuple[str, str | None]:
    """Return name and version of a wheel or source archive at an address or path; else the text itself."""
    match = _ARCHIVE.search(spec[:2000])
    return (match[1], match[2]) if match else (spec[:200], commit_in(spec))


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
    packages = rows(tomllib.loads(text).get("package"), "package")
    lines = _lines_of(text)
    files = re.search(r"^\[metadata\.files\]", text, re.MULTILINE)
    for one in packages:
        name, version = str(one["name"]), one.get("version")
        source = one.get("source")
        if isinstance(source, dict) and source.keys() & {"editable", "virtual", "directory"}:
            continue  # the project itself
        held = [one.get("sdist"), *listed(one.get("wheels")), *listed(one.get("files"))]
        hashed = bool(files) or any(isinstance(file, dict) and "hash" in file for file in held)
        origin = _toml_origin(one, mapping(source))
        fixed = bool(origin and commit_in(origin)) or bool(mapping(source).get("resolved_reference"))
        yield Package(
            name,
            str(version) if version else None,
            hashed or fixed,
            next(lines.get(name, iter(())), None),
            "PyPI",
            origin,
        )


def _toml_origin(one: Mapping[str, object], source: Mapping[str, object]) -> str | None:
    """Return where a package of uv, poetry or pdm comes from, if from no index."""
    if source.get("type") == "legacy":  # poetry's word for another index
        return None
    return next(
        (found for part in (source, one) for key in ("git", "url", "path") if (found := text_of(part.get(key)))), None
    )


def _pylock(text: str) -> Iterator[Package]:
    """Yield the packages of PEP 751."""
    lines = _lines_of(text)
    for held in rows(tomllib.loads(text).get("packages"), "packages"):
        name, directory = str(held["name"]), mapping(held.get("directory"))
        if directory.get("editable") is True:
            continue
        vcs, archive = mapping(held.get("vcs")), mapping(held.get("archive"))
        files = (archive, held.get("sdist"), *listed(held.get("wheels")))
        hashed = any(mapping(file).get("hashes") for file in files) or bool(vcs.get("commit-id"))
        origin = next(
            (text_of(part.get(key)) for part in (vcs, archive, directory) for key in ("url", "path") if part.get(key)),
            None,
        )
        version = text_of(held.get("version")) or text_of(vcs.get("commit-id"))
        yield Package(name, version, hashed, next(lines.get(name, iter(())), None), "PyPI", origin)


def _lines_of(text: str) -> dict[str, Iterator[int]]:
    found: dict[str, list[int]] = {}
    for number, line in enumerate(text.splitlines(), 1):
        match = re.fullmatch(r'name = "([^"]{1,200})"', line)
        if match:
            found.setdefault(match[1], []).append(number)
    return {name: iter(numbers) for name, numbers in found.items()}


def _pipenv(text: str) -> Iterator[Package]:
    said = table(json.loads(text), "it")
    for group in ("default", "develop"):
        for name, one in table(said.get(group), group).items():
            held = mapping(one)
            ref = text_of(held.get("ref"))
            version = _pin(str(held.get("version", ""))) or (ref if ref and commit_in(f"@{ref}") else None)
            origin = next((text_of(held.get(key)) for key in ("git", "file", "path") if held.get(key)), None)
            yield Package(name, version, bool(held.get("hashes") or ref), None, "PyPI", origin)


_READERS: Final = {
    "requirements": _requirements,
    "uv": _toml,
    "poetry": _toml,
    "pdm": _toml,
    "pipenv": _pipenv,
    "pylock": _pylock,
    "npm": node_locks.npm,
    "yarn": node_locks.yarn,
    "pnpm": node_locks.pnpm,
    "conda": other_locks.conda,
    "conda-lock": other_locks.conda_lock,
    "cargo": other_locks.cargo,
    "go": other_locks.go,
}
