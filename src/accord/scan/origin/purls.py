"""Package URLs of what a lock file names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final
from urllib.parse import quote

from accord.scan.supply.packages import Package

_TYPES: Final[Mapping[str, str]] = {
    "PyPI": "pypi",
    "npm": "npm",
    "crates.io": "cargo",
    "Go": "golang",
    "RubyGems": "gem",
    "Maven": "maven",
    "NuGet": "nuget",
    "conda": "conda",
}


def purls(packages: Iterable[Package], *, most: int = 20_000) -> tuple[str, ...]:
    """Return the package URLs of packages, each once and in order; one without a name that is a name is left out."""
    found = dict.fromkeys(purl for package in packages for purl in _purl(package))
    return tuple(sorted(found)[:most])


def _purl(package: Package) -> Iterator[str]:
    kind = _TYPES.get(package.ecosystem, "generic")
    name = re.sub(r"[-_.]+", "-", package.name).lower() if kind == "pypi" else package.name
    if not re.fullmatch(r"@?[A-Za-z0-9][\w.~+-]{0,200}(?:/[\w.~+-]{1,200}){0,8}", name):
        return
    version = f"@{quote(package.version, safe='.-_~')}" if package.version else ""
    yield f"pkg:{kind}/{quote(name, safe='/.-_~')}{version}"
