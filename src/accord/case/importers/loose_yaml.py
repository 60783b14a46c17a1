"""Other tools' YAML as plain data: anchors and merges are read, tags mean nothing, and nothing can grow without end."""

from __future__ import annotations

from typing import Final

import yaml

from accord.case.importers.source import UnreadableError
from accord.core.text import one_line

MOST_NODES: Final = 200_000
DEEPEST: Final = 64


def plain_yaml(text: str) -> object:
    """Return the first document of a YAML text: mappings, lists and texts; an alias is the same value again.

    Raises `UnreadableError` for anything else.
    """
    reader = _Reader()
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        for count, event in enumerate(yaml.parse(text, Loader=loader)):
            if count > MOST_NODES:
                raise UnreadableError(f"it has more than {MOST_NODES:,} parts")
            if reader.take(event):
                break
    except yaml.YAMLError as error:
        raise UnreadableError(f"it is no YAML: {one_line(str(error), 160)}") from error
    except RecursionError as error:
        raise UnreadableError("it is nested too deeply") from error
    return reader.result


class _Reader:
    """Builds values out of events, without recursion; `result` is the document."""

    def __init__(self) -> None:
        self.result: object = None
        self._open: list[tuple[dict[str, object] | list[object], list[str]]] = []
        self._known: dict[str, object] = {}
        self._merged = 0

    def take(self, event: yaml.Event) -> bool:
        """Take one event; true when the document has ended."""
        if isinstance(event, yaml.ScalarEvent):
            self._put(event.value, event.anchor)
        elif isinstance(event, yaml.AliasEvent):
            self._put(self._known.get(event.anchor or ""), None)
        elif isinstance(event, yaml.SequenceStartEvent):
            self._start([], event.anchor)
        elif isinstance(event, yaml.MappingStartEvent):
            self._start({}, event.anchor)
        elif isinstance(event, yaml.SequenceEndEvent | yaml.MappingEndEvent):
            holder, _ = self._open.pop()
            if isinstance(holder, dict) and "<<" in holder:
                self._merge(holder, holder.pop("<<"))
        return isinstance(event, yaml.DocumentEndEvent)

    def _start(self, value: dict[str, object] | list[object], anchor: str | None) -> None:
        if len(self._open) >= DEEPEST:
            raise UnreadableError(f"it is nested deeper than {DEEPEST}")
        self._put(value, anchor)
        self._open.append((value, []))

    def _put(self, value: object, anchor: str | None) -> None:
        if anchor:
            self._known[anchor] = value
        if not self._open:
            self.result = value
            return
        holder, keys = self._open[-1]
        if isinstance(holder, list):
            holder.append(value)
        elif not keys:
            keys.append(value if isinstance(value, str) else "")
        else:
            holder[keys.pop()] = value

    def _merge(self, holder: dict[str, object], value: object) -> None:
        """Take over what `<<` names; merges are counted, because a few lines can name millions."""
        for one in value if isinstance(value, list) else [value]:
            inside = tuple(one.items()) if isinstance(one, dict) else ()
            self._merged += len(inside) + 1
            if self._merged > MOST_NODES:
                raise UnreadableError(f"it has more than {MOST_NODES:,} parts")
            for name, item in inside:
                holder.setdefault(name, item)
