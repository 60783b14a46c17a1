"""The shipped data: the catalogue of practices, the frameworks it points to, and the pages of errors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from accord.core.errors import CatalogError, ManifestError
from accord.core.shipped import DATA
from accord.record.codec import decode

if TYPE_CHECKING:
    from accord.core.catalogue import Catalogue

CATALOGUE = "gsaisd-2023"
"""The one catalogue that ships."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Framework:
    """Another body of requirements or threats: its ids and their short names."""

    id: str
    title: str
    version: str
    licence: str
    source: str
    ids: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorPage:
    """What an error code means and what to do about it."""

    title: str
    text: str
    see: tuple[str, ...] = ()


class FrameworkId(NamedTuple):
    """An id of a framework and its short name."""

    id: str
    title: str
    framework: Framework


def load_catalogue(name: str = CATALOGUE) -> Catalogue:
    """Return a catalogue by its id.

    Raises `CatalogError` for an unknown id, or when the shipped file is damaged.
    """
    from accord.core.catalogue import Catalogue

    if name != CATALOGUE:
        raise CatalogError(f"there is no catalogue {name[:80]!r}", hint=f"known is {CATALOGUE}", code="ACC-E201")
    found: Catalogue = _read(DATA / "guidelines.yaml", Catalogue)
    return found


def frameworks() -> tuple[str, ...]:
    """Return the ids of the frameworks that ship."""
    return tuple(sorted(path.stem for path in (DATA / "frameworks").glob("*.yaml")))


def framework(name: str) -> Framework:
    """Return a framework by its id; raises `CatalogError` for an unknown one."""
    known = frameworks()
    if name not in known:
        from difflib import get_close_matches

        near = get_close_matches(name[:80], known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}"
        raise CatalogError(f"there is no framework {name[:80]!r}", hint=hint, code="ACC-E201")
    found: Framework = _read(DATA / "frameworks" / f"{name}.yaml", Framework)
    return found


def find_framework_id(name: str) -> FrameworkId | None:
    """Return what an id like `AML.T0051`, `LLM01` or `5.1.1-1` names, or None where no framework has it.

    A bare number says too little: it takes the framework before it, `ai-data-security 3`.
    """
    for known in frameworks():
        id_ = name.removeprefix(known + " ")
        if id_ == name and name.isdigit():
            continue
        found = framework(known)
        if id_ in found.ids:
            return FrameworkId(id_, found.ids[id_], found)
    return None


def error_pages() -> Mapping[str, ErrorPage]:
    """Return the page of every error code, in order of codes."""
    pages: dict[str, ErrorPage] = {}
    for path in sorted((DATA / "errors").glob("*.yaml")):
        for code, page in _read(path, Mapping[str, ErrorPage]).items():
            if code in pages:
                raise CatalogError(f"the code {code} has two pages; one is in {path.name}", code="ACC-E202")
            pages[code] = page
    return dict(sorted(pages.items()))


def _read(path: Path, kind: Any) -> Any:
    try:
        return decode(path.read_bytes(), kind, path=path.name)
    except (OSError, ManifestError) as error:
        raise CatalogError(
            f"the shipped file {path.name} is damaged: {error}", hint="install Accord anew", code="ACC-E202"
        ) from error
