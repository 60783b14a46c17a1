"""JSON as a hostile file holds it: read once, with the readings that keys standing twice would have hidden."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Final, NamedTuple

from accord.core.text import one_line
from accord.scan.look import OverError
from accord.scan.part import BrokenError, Part
from accord.scan.rating import Sight

_MOST_BYTES: Final = 64 << 20
_MOST_HIDDEN: Final = 100
_MOST_TURNS: Final = 8


class Text(NamedTuple):
    """A JSON text: its document, other readings of objects with keys that stand twice, those keys, and its coding."""

    document: object
    hidden: tuple[object, ...]
    twice: tuple[str, ...]
    coding: str

    @property
    def readings(self) -> tuple[object, ...]:
        """Return everything that some reader may take for the content."""
        return (self.document, *self.hidden)

    def oddities(self, part: Part) -> Iterator[Sight]:
        """Yield what makes readers disagree."""
        if self.coding != "utf-8":
            yield part.sees("malformed", f"the JSON is written in {self.coding}, not UTF-8")
        if self.twice:
            yield part.sees(
                "malformed", f"the JSON says {one_line(', '.join(self.twice[:8]))[:200]} twice in one object"
            )


def _others(pairs: list[tuple[str, object]], most: int, room: int) -> Iterator[dict[str, object]]:
    """Yield an object as it reads where the first, the second … value of a key counts, up to that before the last."""
    values: dict[str, list[object]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    for turn in range(min(most - 1, room, _MOST_TURNS)):
        yield {name: several[min(turn, len(several) - 1)] for name, several in values.items()}


def load(data: bytes) -> Text:
    """Return a JSON text.

    Raises `BrokenError` when it is none, `OverError` when it is too large.
    """
    if len(data) > _MOST_BYTES:
        raise OverError(f"a configuration of {len(data)} bytes is more than the {_MOST_BYTES} that are read")
    coding = json.detect_encoding(data)
    hidden: list[object] = []
    twice: dict[str, None] = {}

    def paired(pairs: list[tuple[str, object]]) -> dict[str, object]:
        made = dict(pairs)
        if len(made) < len(pairs):
            said = Counter(name for name, _ in pairs)
            twice.update((name, None) for name, count in said.items() if count > 1)
            hidden.extend(_others(pairs, max(said.values()), _MOST_HIDDEN - len(hidden)))
        return made

    try:
        document = json.loads(data.decode(coding), object_pairs_hook=paired)
    except (ValueError, RecursionError) as error:
        raise BrokenError(f"it is no JSON: {one_line(str(error))[:120]}") from error
    return Text(document, tuple(hidden), tuple(twice), coding)
