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
_RELATIVE: Final = re.compile(rb"^[ \t]*from[ \t]+\.(\w{1,100})[ \t]+import\b", re.MULTILINE)
_IMPORTED: Final = re.compile(rb"^[ \t]*(?:from|import)[ \t]+(\w{1,100})\b", re.MULTILINE)
_MOST_MODULES = 20


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
    files = (f"{folder}{path}{end}" for folder in folders for end in (".py", "/__init__.py"))
    code = next((found for file in files if (found := look.beside(file))), None)
    if code is not None:
        yield from _with_neighbours(code, says, part, look, folders)
    elif rating_of(module) is Rating.DANGEROUS:
        yield part.sees("entry-dangerous", f"{says} names {shown}, which runs or reaches out", name=shown)
    else:
        yield part.sees("remote-code", f"{says} names {shown}, code that is not here to be looked at", name=shown)


def _with_neighbours(code: Part, says: str, part: Part, look: Look, folders: tuple[str, ...]) -> Iterator[Sight]:
    """Judge a module and those beside it that it imports: loaders fetch and run them too."""
    todo, seen = [code], {code.name}
    while todo:
        one = todo.pop()
        yield from effects.judge(one, part, f"{says} names")
        text = one.read(0, 1 << 20)
        wanted = [*_RELATIVE.findall(text), *_IMPORTED.findall(text)]
        for name in dict.fromkeys(found.decode() for found in wanted):
            file = f"{name}.py"
            if file in seen or len(seen) >= _MOST_MODULES:
                continue
            beside = next((found for folder in folders if (found := look.beside(folder + file))), None)
            if beside is not None:
                seen.add(file)
                todo.append(beside)
