"""The plain values in the arguments of a call, each with the sink it would go into."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from accord.guard.flow.lexicon import Slot, slot_named
from accord.guard.flow.tools import Sink

POINTING: Final = frozenset({Slot.RECIPIENT, Slot.URL, Slot.TARGET, Slot.PATH, Slot.SECRET, Slot.CODE, Slot.ACCESS})
"""The slots that decide where something goes, what is touched, or who may do what."""

MOST_VALUES: Final = 400
"""Values in the arguments of one call; a call with more is refused."""

_DEEP: Final = 8


class Value(NamedTuple):
    """One plain value in the arguments of a call, and the sink it would go into."""

    sink: Sink
    text: str
    number: bool


def leaves(args: Mapping[str, object], sinks: Mapping[str, Sink]) -> Iterator[Value]:
    """Yield the plain values of arguments, each with the sink it goes into; at most `MOST_VALUES` and one more.

    Where an argument points at something, keys, truth values and a void where a value has to be point as well: a tool
    may read `{"eve@x.example": null}` or `true` as a recipient.
    """
    left = MOST_VALUES + 1
    stack: list[tuple[Sink, object, int]] = [
        (sinks.get(name) or Sink(name=name, slot=slot_named(name)), value, 0) for name, value in args.items()
    ][::-1]
    while stack and left:
        sink, value, deep = stack.pop()
        if isinstance(value, str):
            left -= 1
            yield Value(sink, value, number=False)
            continue
        points = sink.slot in POINTING
        if isinstance(value, Mapping) and deep < _DEEP and (value or not (points and sink.required)):
            inner = [(_inside(sink, str(name)), item, deep + 1) for name, item in value.items()]
            stack.extend(inner[::-1])
            stack.extend((sink, str(name), deep + 1) for name in value if points and str(name) not in sink.inner)
        elif isinstance(value, list | tuple | set | frozenset) and deep < _DEEP and (value or not points):
            stack.extend((sink, item, deep + 1) for item in list(value)[::-1])
        elif _tells(value, sink):
            left -= 1
            number = not (points and isinstance(value, bool))
            yield Value(sink, _plain(value), number)


def _tells(value: object, sink: Sink) -> bool:
    """Tell whether a plain value, or an empty container, is one that somebody chose."""
    if value is None:
        return False
    if isinstance(value, bool):
        return sink.slot in {Slot.AMOUNT, Slot.FLAG} or sink.slot in POINTING
    return bool(value) or sink.required or isinstance(value, int | float)


def _inside(outer: Sink, name: str) -> Sink:
    """Return the sink of a member: what the argument it stands in demands, and where that demands nothing, its name."""
    given = outer.slot if outer.slot in POINTING else slot_named(name)
    return outer.inner.get(name) or Sink(name=name, slot=given)


def _plain(value: object) -> str:
    return format(value, ".15g") if isinstance(value, float) else str(value)[:100_000]
