"""Lock files of conda, Cargo and Go."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Final

from accord.scan.supply.packages import Package, commit_in, rows, text_of

_CONDA: Final = re.compile(
    r"""\s{0,40}-\s{0,10}["']?(?:[\w.-]+::)?([\w.-]{1,200})\s*(={1,2}[^\s"'#]+|[<>!~][^"'#\n]*)?["']?\s*(?:#.*)?"""
)
_PIP: Final = re.compile(
    r"""\s{0,40}-\s{1,10}["']?([A-Za-z0-9][\w.-]{0,200})(?:\[[^\]\n]{0,200}\])?\s*([^"'#\n]{0,400}?)["']?\s*(?:#.*)?"""
)
_ENTRY: Final = re.compile(r"\s{0,8}-\s{1,4}(\w{1,20}):\s{0,4}(.*)")
_FIELD: Final = re.compile(r"\s{1,12}(\w{1,20}):\s{0,4}(.*)")
_GO: Final = re.compile(r"(\S{1,500}) v(\S{1,200}?)(/go\.mod)? (h1:\S{20,100})")


def conda(text: str) -> Iterator[Package]:
    """Yield the packages of an environment file, those below `pip:` as PyPI's; raises `ValueError` for other forms."""
    inside, pip = False, None
    for number, line in enumerate(text.splitlines(), 1):
        if found := re.match(r"""["']?(?:dependencies|package)["']?\s{0,4}:\s*(.{0,200})""", line):
            if not re.match(r"(?:$|#|\[\s*\]|null$|~$)", found[1]):
                raise ValueError(f"line {number}: dependencies in a form that is not read")
            inside = True
        elif re.match(r"[^\s#-]", line):
            inside = False
        indent = len(line) - len(line.lstrip())
        if inside and re.match(r"\s*-\s*pip:\s*$", line):
            pip = indent
            continue
        if pip is not None and line.strip() and indent <= pip:
            pip = None
        if inside:
            yield from _conda_line(line[:2000], number, pip=pip is not None)


def _conda_line(line: str, number: int, *, pip: bool) -> Iterator[Package]:
    if pip:
        match = _PIP.fullmatch(line)
        told = _entry(line)
        if told and (match is None or re.match(r"[A-Za-z+]{2,20}:/|[-./]", told)):
            yield Package(told, commit_in(told), hashed=False, line=number, origin=told)
        elif match:
            exact = re.fullmatch(r"={2,3}\s*([\w.!+-]+)", match[2].partition(";")[0].strip())
            yield Package(match[1], exact[1] if exact else None, hashed=False, line=number)
        return
    match = _CONDA.fullmatch(line)
    if match is None and (told := _entry(line)):
        yield Package(told, None, hashed=False, line=number, ecosystem="conda")
    elif match and not line.rstrip().endswith(":"):
        exact = re.fullmatch(r"={1,2}([^=*,<>]+)(?:=[^=]+)?", match[2] or "")
        yield Package(match[1], exact[1] if exact else None, hashed=False, line=number, ecosystem="conda")


def _entry(line: str) -> str:
    """Return what an entry of a list says, whatever it is; nothing for other lines."""
    text = line.strip()
    return re.sub(r"\s#.*", "", text[1:]).strip().strip("\"'")[:200] if text[:1] == "-" and text[1:].strip() else ""


def conda_lock(text: str) -> Iterator[Package]:
    """Yield the packages of `conda-lock.yml`, once each for all platforms; raises `ValueError` where none is found."""
    seen: dict[tuple[str, str | None, str], Package] = {}
    for number, entry in _entries(text):
        for one in _conda_locked(entry, number):
            seen.setdefault((one.name, one.version, one.ecosystem), one)
    if not seen and re.search(r"^package:(?! \[\]\s*$)", text, re.M):
        raise ValueError("no package in a form that conda-lock writes")
    yield from seen.values()


def _entries(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the entries of the list `package`, each as its fields, with the line it begins at."""
    inside, indent, line = False, -1, 0
    fields: dict[str, str] = {}
    for number, raw in enumerate(text.splitlines(), 1):
        if raw[:1].strip() and not raw.startswith(("#", "-")):
            inside = raw.rstrip() == "package:"
            continue
        entry = _ENTRY.fullmatch(raw[:2000]) if inside else None
        at = len(raw) - len(raw.lstrip())
        if entry and indent in {-1, at}:
            yield line, fields
            fields, line, indent = {}, number, at
        field = entry or _FIELD.fullmatch(raw[:2000])
        if field and inside:
            fields.setdefault(field[1], field[2].strip().strip("'\""))
    yield line, fields


def _conda_locked(fields: dict[str, str], line: int) -> Iterator[Package]:
    if "name" in fields:
        ecosystem = "PyPI" if fields.get("manager") == "pip" else "conda"
        hashed = bool(fields.get("sha256") or fields.get("md5"))
        yield Package(fields["name"], fields.get("version") or None, hashed, line, ecosystem)


def cargo(text: str) -> Iterator[Package]:
    """Yield the packages of `Cargo.lock` but those of the workspace."""
    for held in rows(tomllib.loads(text).get("package"), "package"):
        name, source = text_of(held.get("name")), text_of(held.get("source"))
        if name and source:
            outside = source if source.startswith("git+") else None
            hashed = "checksum" in held or bool(outside and "#" in outside)
            yield Package(name, text_of(held.get("version")), hashed, None, "crates.io", outside)


def go(text: str) -> Iterator[Package]:
    """Yield the modules whose code `go.sum` has hashes of."""
    for number, raw in enumerate(text.splitlines(), 1):
        match = _GO.fullmatch(raw.strip()[:2000])
        if match is None and raw.strip():
            raise ValueError(f"line {number} is none of go.sum's")
        if match and not match[3]:
            yield Package(match[1], match[2], hashed=True, line=number, ecosystem="Go")
