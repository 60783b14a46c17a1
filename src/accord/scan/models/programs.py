"""Programs and native libraries: what a processor runs as it is, wherever it is called a model."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from accord.scan.look import Look
from accord.scan.part import Part
from accord.scan.rating import Sight

_LIBRARY: Final = re.compile(
    r"\.(?:so(?:\.\d+)*|dll|dylib|pyd|exe|o|a|ko|class|jar|wasm|node|sys|com|pyc|pyo|dex|luac|bc|lnk|lib)$"
)


def read(part: Part, look: Look) -> Iterator[Sight]:
    """Yield that a program is one: under a library's name it is native code, under any other it is disguised."""
    what = look.format_of(part) or "program"
    if what == "java-or-mach-o":
        what = "mach-o" if 0 < int.from_bytes(part.read(4, 4), "big") < 45 else "java class"
        look.name_format(part, what.partition(" ")[0])
    if what == "pe" and not _is_program(part):
        yield part.sees("unknown-format", "it starts as a DOS program does and is none")
        return
    if _LIBRARY.search(part.name.lower()):
        yield part.sees("native-code", f"it is native code ({what})", name=what)
        return
    yield part.sees("executable", f"it is a program ({what}) that is named {part.name[:80]!r}", name=what)


def _is_program(part: Part) -> bool:
    """Tell a DOS or Windows program, or one file for many systems (which starts so too), from other content."""
    at = int.from_bytes(part.read(60, 4), "little")
    return part.read(at, 2) in {b"PE", b"NE", b"LE", b"LX"} or part.read(0, 8).startswith(b"MZqFpD") or part.size < 512
