"""Importing: which reader a format has, and what came of each record."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from accord.case.importers import agentdojo, asb, bipia, garak, injecagent, mapped, promptfoo, pyrit, spikee
from accord.case.importers.draft import Draft, Skip, UnfitError, case_of, slug
from accord.case.importers.source import MOST_RECORDS, UnreadableError, tree
from accord.case.importers.tables import tables
from accord.core.case import Case, Origin
from accord.core.errors import ManifestError
from accord.core.finding import Place
from accord.core.text import clean, one_line, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from accord.case.importers.source import Tree

    Read = Callable[[Tree], Iterator[Draft | Skip | tuple[str, str]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What to import, and what to say of it where the source says nothing."""

    form: str
    path: Path
    map: Path | None = None
    licence: str | None = None
    source: str | None = None


def imported(wanted: Wanted) -> Iterator[Case | Skip]:
    """Yield the case of each record, lint-clean and with a proof that holds, or why there is none.

    Raises `ManifestError` where the source, or the map, cannot be read at all.
    """
    read = _reader(wanted)
    whole = tree(wanted.path)
    name = clean(shown(str(wanted.path)))
    where = Place(path=name)
    taken: set[str] = set()
    try:
        for count, found in enumerate(islice(read(whole), MOST_RECORDS + 1)):
            if count == MOST_RECORDS:
                message = f"{name} holds more than {MOST_RECORDS:,} records"
                raise ManifestError(message, hint="import it in parts", code="ACC-E613", where=where)
            yield _one(found, wanted, taken)
    except UnreadableError as error:
        message, hint = f"{name} cannot be imported: {error}", f"name a file that {wanted.form} writes"
        raise ManifestError(message, hint=hint, code="ACC-E611", where=where) from error


def _reader(wanted: Wanted) -> Read:
    if wanted.form == "json":
        return partial(mapped.read, plan=_plan(wanted.map))
    if wanted.map is not None:
        hint = "leave --map out, or use --from json"
        raise ManifestError(f"a map is for json, not for {wanted.form}", hint=hint, code="ACC-E612")
    readers: Mapping[str, Read] = {
        "garak": garak.read,
        "pyrit": pyrit.read,
        "promptfoo": promptfoo.read,
        "spikee": spikee.read,
        "bipia": bipia.read,
        "asb": asb.read,
        "agentdojo": agentdojo.read,
        "injecagent": injecagent.read,
    }
    return readers[wanted.form]


def _plan(path: Path | None) -> mapped.ImportMap:
    from accord.record.codec import load

    if path is None:
        hint = "write --map MAP: a file that says where the parts of a case stand"
        raise ManifestError("json needs a map", hint=hint, code="ACC-E612")
    return load(path, mapped.ImportMap, shown=shown(str(path)))


def _one(found: Draft | Skip | tuple[str, str], wanted: Wanted, taken: set[str]) -> Case | Skip:
    if isinstance(found, tuple):
        return Skip(record=one_line(found[0], 200), reason=one_line(found[1], 300))
    if isinstance(found, Skip):
        return Skip(record=one_line(found.record, 200), reason=one_line(found.reason, 300))
    name = _free(slug(found.name), taken)
    try:
        case = case_of(found, _origin(found, wanted), name)
    except UnfitError as error:
        return Skip(record=one_line(found.record, 200), reason=one_line(str(error), 300))
    taken.add(name)
    return case


def _free(name: str, taken: set[str]) -> str:
    """Return a name that no case of this import has yet."""
    if name not in taken:
        return name
    number = 2
    while f"{name}-{number}" in taken:
        number += 1
    return f"{name}-{number}"


def _origin(draft: Draft, wanted: Wanted) -> Origin:
    known = tables().formats[wanted.form]
    return Origin(
        by=f"org:{known.by}" if known.by != "unknown" else None,
        source=_plain(wanted.source or f"{wanted.form}: {draft.source or draft.record}"),
        licence=_plain(wanted.licence or draft.licence or known.licence),
    )


def _plain(text: str) -> str:
    """Return a text that an origin can hold: one line, nothing invisible, no template."""
    return re.sub(r"\{(?=[{%])", "{ ", one_line(text, 300))
