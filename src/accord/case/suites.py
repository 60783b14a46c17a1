"""The suites of cases that ship: each is a folder of `data/cases/`, read when somebody asks for it."""

from __future__ import annotations

from pathlib import Path

from accord.core.case import Case
from accord.core.errors import CatalogError, ManifestError
from accord.core.shipped import DATA


def suites() -> tuple[str, ...]:
    """Return the names of the suites that ship."""
    return tuple(sorted(entry.name for entry in _root().iterdir() if entry.is_dir()))


def suite(name: str) -> tuple[Case, ...]:
    """Return the cases of a suite, in the order of their file names; raises `CatalogError` for an unknown one."""
    known = suites()
    if name not in known:
        from difflib import get_close_matches

        near = get_close_matches(name[:80], known, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}"
        raise CatalogError(f"there is no suite {name[:80]!r}", hint=hint, code="ACC-E608")
    entries = (entry for entry in (_root() / name).iterdir() if entry.name.endswith(".yaml"))
    return tuple(_case(entry) for entry in sorted(entries, key=lambda entry: entry.name))


def _root() -> Path:
    return DATA / "cases"


def _case(entry: Path) -> Case:
    from accord.case.faults import DEEPEST, LARGEST_CASE, LONGEST_TEXT
    from accord.record.codec import decode_placed

    try:
        data = entry.read_bytes()
        return decode_placed(data, Case, path=entry.name, limit=LARGEST_CASE, max_text=LONGEST_TEXT, depth=DEEPEST).word
    except (OSError, ManifestError) as error:
        message = f"the shipped case {entry.name} is damaged: {error}"
        raise CatalogError(message, hint="install Accord anew", code="ACC-E609") from error
