"""Cases that came in: the shelf in the state folder.

Artifact cases are matched against model files, conversations have to be run against the live system.

Cases lie in `cases/` of the state folder, each collection in a folder of its name. Where the manifest names
`exchange.collections`, only those count, and what lies directly in `cases/`; else all of them do.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from accord.core.contracts import Shelf
from accord.core.errors import AccordError
from accord.core.finding import Skipped
from accord.core.system import System
from accord.core.text import one_line, shown

if TYPE_CHECKING:
    from accord.core.case import Case

FOLDER = "cases"
"""The folder of the state folder where cases lie."""

_MOST = 10_000


def shelved(state: Path, system: System) -> Shelf:
    """Return the cases that hold for a system, and what could not be read; that is told, never passed over."""
    home = state / FOLDER
    if not home.is_dir():
        return Shelf()
    from accord.case.faults import faults
    from accord.case.lint import load

    cases: list[Case] = []
    unread: list[Skipped] = []
    refused: list[Skipped] = []
    paths = list(islice(_files(home, system), _MOST + 1))
    for path in paths[:_MOST]:
        try:
            case = load(path, shown=shown(path.name))
            fault = next(faults(case), None)
        except AccordError as error:
            unread.append(Skipped(path=_named(home, path), reason=one_line(error.message)))
            continue
        if fault:
            told = Skipped(path=_named(home, path), reason=one_line(f"lint refuses the case: {fault.message}"))
            (unread if case.kind == "artifact" else refused).append(told)
        else:
            cases.append(case)
    if len(paths) > _MOST:
        unread.append(Skipped(path=FOLDER, reason=f"more than {_MOST} cases: the rest was not looked at"))
    return Shelf(
        cases=tuple(case for case in cases if case.kind == "artifact"),
        unread=tuple(unread),
        conversations=tuple(case for case in cases if case.kind == "conversation"),
        refused=tuple(refused),
    )


def _files(home: Path, system: System) -> Iterator[Path]:
    wanted = system.exchange.collections if system.exchange else ()
    for folder, folders, names in os.walk(home):
        here = Path(folder)
        folders[:] = sorted(name for name in folders if not wanted or here != home or name in wanted)
        yield from (here / name for name in sorted(names) if name.endswith((".yaml", ".yml")))


def _named(home: Path, path: Path) -> str:
    return shown(f"{FOLDER}/{path.relative_to(home).as_posix()}")
