"""Code beside a configuration that a loader is told to import: found, read, and judged by what it would do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from accord.core.text import one_line
from accord.scan import effects
from accord.scan.look import Look
from accord.scan.part import Part
from accord.scan.rating import Rating, Sight
from accord.scan.repositories.callables import rating_of

_SCHEME: Final = re.compile(r"[a-z][a-z0-9+.-]{1,20}://|[A-Za-z]:[\\/]", re.IGNORECASE)
_IMPORTED: Final = re.compile(rb"^[ \t]*(?:from|import)[ \t]+\.?(\w[\w.]{0,100})", re.MULTILINE)
_BESIDE: Final = re.compile(
    rb"^[ \t]*from[ \t]+\.[ \t]+import[ \t]*(\([^)]{0,2000}\)|[^\n]{0,2000})|^[ \t]*import[ \t]([^\n]{0,500})",
    re.MULTILINE,
)
_ENDS: Final = (".py", "/__init__.py")
_MOST_MODULES = 20
_MOST_NAMES = 200


def leaves(path: str) -> bool:
    """Tell whether a path in a configuration leads out of the folder it stands in: absolute, upwards, or an address."""
    parts = path.replace("\\", "/").split("/")
    return path.startswith(("/", "\\", "~")) or ".." in parts or "\0" in path or bool(_SCHEME.match(path))


def code_of_class(name: str, says: str, part: Part, look: Look) -> Iterator[Sight]:
    """Judge `module.Class`, or `owner/repository--module.Class`, that a key has loaded from code."""
    repository, remote, local = name.rpartition("--")
    if remote:
        shown = one_line(name, 120)
        message = f"{says} has code of another repository loaded: {one_line(repository, 100)}"
        yield part.sees("remote-code", message, name=shown)
        return
    module = local.rpartition(".")[0] or local
    if local.endswith(".py"):
        module = local.removesuffix(".py")
    yield from code_of_module(module, says, part, look)


def code_of_module(
    module: str, says: str, part: Part, look: Look, *, folders: tuple[str, ...] = ("",)
) -> Iterator[Sight]:
    """Judge a module that a key has loaded: by its file beside the configuration, else by its name."""
    shown = one_line(module, 120)
    if leaves(module):
        yield part.sees("path-outside", f"{says} leads outside of the folder: {shown}", name=shown)
        return
    path = module.replace(".", "/")
    files = (f"{folder}{path}{end}" for folder in folders for end in _ENDS)
    found = next((file for file in files if look.beside(file)), None)
    if found is not None:
        yield from _with_neighbours(found, says, part, look, folders)
    elif rating_of(module) is Rating.DANGEROUS:
        yield part.sees("entry-dangerous", f"{says} names {shown}, which runs or reaches out", name=shown)
    else:
        yield part.sees("remote-code", f"{says} names {shown}, code that is not here to be looked at", name=shown)


def _with_neighbours(file: str, says: str, part: Part, look: Look, folders: tuple[str, ...]) -> Iterator[Sight]:
    """Judge a module and those beside it that it imports: loaders fetch and run them too."""
    todo, seen = [file], {file}
    while todo:
        path = todo.pop()
        code = look.beside(path)
        if code is None:
            continue
        yield from effects.judge(code, part, f"{says} names")
        own = path.rpartition("/")[0]
        for name in _imported(code):
            places = dict.fromkeys((f"{own}/" if own else "", *folders))
            files = (f"{place}{name.replace('.', '/')}{end}" for place in places for end in _ENDS)
            beside = next((one for one in files if one not in seen and look.beside(one)), None)
            if beside is not None and len(seen) < _MOST_MODULES:
                seen.add(beside)
                todo.append(beside)


def _imported(code: Part) -> tuple[str, ...]:
    """Return the modules that a source names in its imports, relative or not."""
    text = code.read(0, 1 << 20)
    listed = b" ".join(one for pair in _BESIDE.findall(text) for one in pair)
    names = [*_IMPORTED.findall(text), *re.findall(rb"[\w.]{1,100}", listed)]
    return tuple(dict.fromkeys(one.decode("ascii", "ignore").strip(".") for one in names))[:_MOST_NAMES]
