"""The Python of a system as checks read it: files and the code cells of notebooks, each line with its place."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import NamedTuple

from accord.core import Context, Place, Source

_MAGIC = re.compile(r"^[ \t]*[%!?].*$", re.MULTILINE)


class Code(NamedTuple):
    """Python source, and the cells that its lines come from: (first line, number of the cell)."""

    path: str
    text: str
    cells: tuple[tuple[int, int], ...] = ()

    def place(self, line: int, column: int | None = None) -> Place:
        """Return where a line stands: in a notebook, within its cell."""
        start, cell = max((one for one in self.cells if one[0] <= line), default=(1, 0))
        member = f"cell {cell}" if self.cells else None
        return Place(path=self.path, line=line - start + 1, column=column, member=member)

    def line(self, number: int) -> str:
        """Return what a line says, without its indentation."""
        lines = self.text.split("\n", number)
        return lines[number - 1].strip()[:200] if 0 < number <= len(lines) else ""


def python_code(ctx: Context) -> Iterator[Code]:
    """Yield the Python files and notebooks outside of tests; a notebook that cannot be read is recorded."""
    from accord.scan.places import is_test

    for source in ctx.sources("**/*.py", "**/*.ipynb"):
        if is_test(source.path):
            continue
        code = _notebook(source) if source.path.endswith(".ipynb") else Code(source.path, source.text)
        if code is None:
            ctx.skip(source.path, "not readable as a notebook")
        else:
            yield code


def _notebook(source: Source) -> Code | None:
    try:
        cells = json.loads(source.text)["cells"]
        texts = [(n, "".join(one["source"])) for n, one in enumerate(cells, 1) if one.get("cell_type") == "code"]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None
    starts, lines = [], 1
    for number, text in texts:
        starts.append((lines, number))
        lines += text.count("\n") + 1
    joined = _MAGIC.sub("pass", "\n".join(text for _, text in texts))
    return Code(source.path, joined, tuple(starts))
