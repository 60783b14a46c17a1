"""Lists of requirements: packages that come from elsewhere than the index, told as notes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from accord.core.text import one_line
from accord.scan.part import Part
from accord.scan.rating import Sight

_ODD: Final = re.compile(
    r"\s*(--(?:extra-)?index-url|-i|--find-links|-f|--trusted-host)\b|\s*(?:-e\s+)?(?:[\w.\[\]-]+\s*@\s*)?((?:git|hg|svn|bzr)\+|https?:)"
)
_MOST_LINES = 20_000
_MOST_NOTES = 20


def requirements(part: Part, text: str) -> Iterator[Sight]:
    """Yield a note for each line that names an index, an archive or a repository of its own."""
    notes = 0
    for number, line in enumerate(text.splitlines()[:_MOST_LINES], 1):
        found = _ODD.match(line[:500])
        if found and notes < _MOST_NOTES:
            notes += 1
            shown = one_line(line, 120)
            yield part.sees(
                "requirement-odd", f"line {number} installs from elsewhere: {shown}", name=shown, line=number
            )
