"""Notebooks: cells that give a download to a shell or run what they decode, and outputs that drive the kernel."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from accord.core.text import one_line
from accord.scan.look import Look
from accord.scan.part import Part
from accord.scan.rating import Sight
from accord.scan.repositories.documents import strings
from accord.scan.repositories.tool_text import signs

_SHELL_CELL: Final = re.compile(r"%%(?:bash|sh|script|system|!)")
_DECODES: Final = re.compile(
    r"\b(?:exec|eval|os\.system|subprocess\.\w{2,12}|get_ipython\(\)\.system)\s*\([^\n]{0,300}?"
    r"(?:b64decode|b32decode|b85decode|unhexlify|fromhex|zlib\.decompress|marshal\.loads|codecs\.decode|\[::-1\])"
)
_DECODED: Final = re.compile(
    r"^[ \t]{0,40}(\w{1,80})[ \t]{0,4}=[^\n=][^\n]{0,300}?"
    r"(?:b64decode|b32decode|b85decode|unhexlify|fromhex|decompress|marshal\.loads)",
    re.MULTILINE,
)
_RUN: Final = re.compile(r"(?<![\w.])(?:exec|eval|os\.system|get_ipython\(\)\.system)[ \t]{0,4}\([ \t]{0,4}(\w{1,80})")
_STARTS: Final = re.compile(r"^\s*(?:!|%sx|%system)|system\(|subprocess|popen", re.IGNORECASE)
_DRIVES: Final = re.compile(r"(?:Jupyter|IPython)\.notebook\.(?:kernel|execute|insert_cell)|kernel\.execute\s*\(")
_OUTPUTS: Final = ("text/html", "application/javascript", "text/markdown", "image/svg+xml")
_MOST_CELLS = 20_000


def judge(notebook: Mapping[str, object], part: Part, look: Look) -> Iterator[Sight]:
    """Yield what the cells of a notebook would do beyond ordinary work, and what its outputs do when they are shown."""
    look.name_format(part, "notebook")
    cells = notebook.get("cells")
    if not isinstance(cells, list):
        cells = [cell for sheet in _mappings(notebook.get("worksheets")) for cell in _mappings(sheet.get("cells"))]
    for number, cell in enumerate(cells[:_MOST_CELLS], 1):
        if isinstance(cell, dict):
            look.tick()
            yield from _cell(cell, number, part, look)


def _mappings(value: object) -> list[dict[str, object]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _cell(cell: Mapping[str, object], number: int, part: Part, look: Look) -> Iterator[Sight]:
    code = _ordered(cell.get("source", cell.get("input")))
    if cell.get("cell_type") == "code" and code:
        shell = _SHELL_CELL.match(code.lstrip())
        lines = [one for one in code.splitlines() if shell or _STARTS.search(one[:2000])]
        piped = next((line for line in lines if signs().shells.search(line[:2000])), None)
        if piped:
            message = f"cell {number} gives a download or hidden text to a shell: {one_line(piped, 120)}"
            yield part.sees("notebook-shell", message, name=one_line(piped, 60))
        hides = _runs_decoded(code[:200_000])
        if hides:
            message = f"cell {number} runs what it decodes: {one_line(hides, 120)}"
            yield part.sees("notebook-hidden", message, name=one_line(hides, 60))
    for shown in _shown(cell, look):
        drives = _DRIVES.search(shown)
        if drives:
            message = f"an output of cell {number} drives the kernel: {one_line(drives[0], 80)}"
            yield part.sees("notebook-hidden", message, name=one_line(drives[0], 60))


def _runs_decoded(code: str) -> str | None:
    """Return the call that runs what is decoded, in its own line or in one before."""
    found = _DECODES.search(code)
    if found:
        return found[0]
    decoded = set(_DECODED.findall(code))
    return next((one[0] for one in _RUN.finditer(code) if one[1] in decoded), None)


def _ordered(source: object) -> str:
    return "".join(one for one in source if isinstance(one, str)) if isinstance(source, list) else str(source or "")


def _shown(cell: Mapping[str, object], look: Look) -> Iterator[str]:
    for output in _mappings(cell.get("outputs"))[:1000]:
        data = output.get("data")
        for kind in _OUTPUTS if isinstance(data, dict) else ():
            shown = data.get(kind) if isinstance(data, dict) else None
            yield "".join(reversed(list(strings(shown, look))))
