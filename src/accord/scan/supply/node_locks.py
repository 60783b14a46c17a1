"""Lock files of npm, yarn (classic and berry) and pnpm, read line by line: they are written by programs, one way."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Final

from accord.scan.supply.packages import Package, commit_in, mapping, table, text_of

_ELSEWHERE: Final = re.compile(
    r"(?:git(?:\+\w+)?|ssh|file|link|portal|https?)(?:://|:)|^[\w.-]+/[\w.-]+(?:#|$)|^(?:github|gitlab|bitbucket):"
)
_REGISTRY_FILE: Final = re.compile(r"https?://[^/\s]+/(?:[^\s]{0,300}/)?-/[^\s/]{1,300}\.tgz(?:[?#]|$)")
_FIELD: Final = re.compile(
    r"""  "?(version|resolved|resolution|integrity|checksum|linkType)"?:? "?([^"\n]{1,2000}?)"?\s*"""
)
_PNPM_KEY: Final = re.compile(
    r"""  (?:'([^'\n]{1,1000})'|"([^"\n]{1,1000})"|([^\s'"#:][^\n]{0,1000}?)):(?: \{\})?\s*"""
)
_PNPM_NAME: Final = re.compile(r"/?((?:@[^/@\s]{1,214}/)?[^/@\s(]{1,214})(?:@|/)([^\s(]{1,500}?)(?:\(.*|_[^\s]*)?")


def npm(text: str) -> Iterator[Package]:
    """Yield the packages of `package-lock.json`, of any version."""
    said = table(json.loads(text), "it")
    packages = table(said.get("packages"), "packages")
    held = [path for path in packages if "node_modules/" in path]
    for path in held:
        one = mapping(packages[path])
        if not one.get("link"):
            yield _npm_package(path.rpartition("node_modules/")[2], one)
    if not held:  # version 1, or a list that names the project alone
        yield from _npm_tree(table(said.get("dependencies"), "dependencies"))


def _npm_tree(top: Mapping[str, object]) -> Iterator[Package]:
    """Yield what a lock of version 1 nests, without recursion."""
    waiting = [top]
    while waiting:
        for name, one in waiting.pop().items():
            yield _npm_package(name, mapping(one))
            waiting += [inner] if (inner := mapping(mapping(one).get("dependencies"))) else []


def _npm_package(name: str, held: Mapping[str, object]) -> Package:
    version, address = text_of(held.get("version")), text_of(held.get("resolved"))
    if version and _ELSEWHERE.search(version):  # version 1 writes the address where the version stands
        version, address = commit_in(version), version
    name = text_of(held.get("name")) or name  # an alias names the package that it stands for
    return Package(
        name,
        version,
        bool(held.get("integrity")) or bool(address and commit_in(address)),
        None,
        "npm",
        _outside(address),
        held.get("hasInstallScript") is True,
    )


def _outside(address: str | None) -> str | None:
    """Return an address that is not a file of a registry."""
    return address if address and not _REGISTRY_FILE.match(address) and _ELSEWHERE.search(address) else None


def yarn(text: str) -> Iterator[Package]:
    """Yield the packages of `yarn.lock`, classic and berry; raises `ValueError` for lines that neither writes."""
    head, line, fields = "", 0, dict[str, str]()
    for number, raw in enumerate(text.splitlines(), 1):
        if not raw.strip() or raw.startswith("#"):
            continue
        if not raw.startswith(" "):
            yield from _yarn_package(head, line, fields)
            if not raw.rstrip().endswith(":") or len(raw) > 20_000:
                raise ValueError(f"line {number} is no entry of yarn's")
            head, line, fields = raw.rstrip()[:-1], number, {}
        elif match := _FIELD.fullmatch(raw):
            fields.setdefault(match[1], match[2])
    yield from _yarn_package(head, line, fields)


def _yarn_package(head: str, line: int, fields: Mapping[str, str]) -> Iterator[Package]:
    asked = head.strip('"').partition(",")[0].strip().strip('"')
    if not asked or asked == "__metadata":
        return
    resolved = fields.get("resolution", "")
    source = resolved or asked
    name, _, wanted = source[:1] + source[1:].partition("@")[0], "", source[1:].partition("@")[2]
    if wanted.startswith("workspace:") or (fields.get("linkType") == "soft"):
        return  # the project itself
    alias = re.match(r"npm:((?:@[^/@\s]{1,214}/)?[^/@\s]{1,214})@", wanted)
    version, address = (
        fields.get("version"),
        fields.get("resolved", "" if wanted.startswith(("npm:", "patch:")) else wanted),
    )
    outside = _outside(address) if resolved or "resolved" in fields else None
    hashed = bool(fields.get("integrity") or fields.get("checksum") or re.search(r"#[0-9a-f]{40}$", address))
    pinned = commit_in(address) or version if outside and not re.search(r"\.(?:tgz|tar\.gz)", outside) else version
    yield Package(alias[1] if alias else name, pinned, hashed, line, "npm", outside)


def pnpm(text: str) -> Iterator[Package]:
    """Yield the packages of `pnpm-lock.yaml`, version 5 to 9; raises `ValueError` for what pnpm never writes."""
    inside, waiting, block = False, "", list[str]()
    start = 0
    for number, raw in enumerate(text.splitlines(), 1):
        if raw[:1].strip() and not raw.startswith("#"):
            yield from _pnpm_package(waiting, start, block) if waiting else ()
            inside, waiting = raw.rstrip() == "packages:", ""
            if raw.startswith("packages:") and not inside and raw.strip() != "packages: {}":
                raise ValueError(f"line {number}: packages in a form that pnpm does not write")
        elif inside and raw.startswith("  ") and raw[2:3].strip() and not raw.startswith("  #"):
            yield from _pnpm_package(waiting, start, block) if waiting else ()
            match = _PNPM_KEY.fullmatch(raw)
            if match is None:
                raise ValueError(f"line {number} is no package of pnpm's")
            waiting, start, block = match[1] or match[2] or match[3], number, []
        elif inside and len(block) < 200:
            block.append(raw[:2000])
    yield from _pnpm_package(waiting, start, block) if waiting else ()


def _pnpm_package(key: str, line: int, block: list[str]) -> Iterator[Package]:
    body = "\n".join(block)
    told: dict[str, str] = dict(re.findall(r"^    (name|version): '?([^\s']{1,300})'?\s*$", body, re.M))
    match = _PNPM_NAME.fullmatch(key)
    name: str = match[1] if match else key
    version: str | None = match[2] if match else None
    tarball = re.search(r"\btarball: ([^\s,}]{1,1000})", body)
    repository = re.search(r"\brepo: ([^\s,}]{1,1000})", body)
    commit = re.search(r"\bcommit: ([0-9a-f]{40})", body)
    outside = repository[1] if repository else _outside(tarball[1] if tarball else version)
    if outside or not re.match(r"\d", version or ""):
        version = (commit[1] if commit else None) or told.get("version") or commit_in(outside or "")
    scripts = "requiresBuild: true" in body
    yield Package(told.get("name", name), version, "integrity:" in body or bool(commit), line, "npm", outside, scripts)
