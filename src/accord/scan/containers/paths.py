"""What is wrong with the names of an archive's members: where they would unpack to, and who reads them otherwise."""

from __future__ import annotations

import posixpath
import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Final

from accord.core.text import clean, one_line
from accord.scan.part import Part
from accord.scan.rating import Sight

_PLAIN: Final = re.compile(r"(?!/)[A-Za-z0-9_.+=@,()\[\]{}#~&%! '/-]{1,1024}")
_STEP_UP: Final = re.compile(r"(?:^|[/\\])\.\.(?:[/\\]|$)")
_ANYWHERE: Final = re.compile(r"[/\\]|[A-Za-z]:")
_LONGEST: Final = 4096


def tidy(name: str) -> str:
    """Return a name without the `./` and the doubled slashes that change nothing."""
    if name.startswith("./") or "//" in name or "/./" in name:
        parts = [part for part in name.split("/") if part not in {"", "."}]
        return "/".join(parts) + ("/" if name.endswith("/") else "")
    return name


def leads_out(name: str) -> bool:
    """Tell whether a path is absolute, on a drive, or steps up: it would be written outside of the folder."""
    return bool(_STEP_UP.search(name) or _ANYWHERE.match(name))


def link_leads_out(name: str, target: str) -> bool:
    """Tell whether a symbolic link called `name` points outside of the folder that it is unpacked in."""
    if _ANYWHERE.match(target) or "\\" in target:
        return True
    reached = posixpath.normpath(posixpath.join(posixpath.dirname(name), target))
    return reached == ".." or reached.startswith("../")


def name_sights(part: Part, names: Iterable[str]) -> Iterator[Sight]:
    """Yield what is wrong with the names of the members of `part`, each alone and all together."""
    taken: set[str] = set()
    for name in names:
        yield from _alone(part, name)
        key = tidy(name) if name.isascii() else unicodedata.normalize("NFKC", tidy(name)).casefold()
        if key in taken:
            yield part.sees("duplicate", f"two members are called {one_line(key, 200)}", name=one_line(name, 200))
        taken.add(key)


def _alone(part: Part, name: str) -> Iterator[Sight]:
    if _PLAIN.fullmatch(name) and ".." not in name:
        return
    shown = one_line(name, 200)
    if leads_out(name):
        yield part.sees("slip", f"the member {shown} would be written outside of the folder", name=shown)
    elif not name or len(name) > _LONGEST:
        yield part.sees("odd-name", f"a member has a name of {len(name)} characters", name=shown)
    elif "\\" in name:
        yield part.sees("odd-name", f"the member {shown} is in a folder on one system and not on another", name=shown)
    elif clean(name) != name or "\n" in name or "\t" in name:
        yield part.sees("odd-name", f"the name of the member {shown} holds characters that are not shown", name=shown)
