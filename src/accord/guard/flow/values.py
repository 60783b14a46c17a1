"""The plain values in the arguments of a call, each with the sink it would go into."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Final, NamedTuple

from accord.core.guard import Integrity
from accord.guard.flow.lexicon import Slot, slot_named
from accord.guard.flow.tools import Facts, Sink

POINTING: Final = frozenset({Slot.RECIPIENT, Slot.URL, Slot.TARGET, Slot.PATH, Slot.SECRET, Slot.CODE, Slot.ACCESS})
"""The slots that decide where something goes, what is touched, or who may do what."""

MOST_VALUES: Final = 400
"""Values in the arguments of one call; a call with more is refused."""

_DEEP: Final = 8
_SCALARS: Final = frozenset({int, float, bool, type(None)})


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
    found = (
        value
        for name, said in args.items()
        for value in _within(sinks.get(name) or Sink(name=name, slot=slot_named(name)), said, 0)
    )
    return islice(found, MOST_VALUES + 1)


def demanded_of(facts: Facts, value: Value) -> Integrity | None:
    """Return what guard.yaml demands of a value: by its own name, by that of what it stands in, or by its last name."""
    if facts.listed is None:
        return None
    demands, name = facts.listed.demands, value.sink.name
    outer, _, inner = name.partition(".")
    return demands.get(name) or demands.get(outer) or (demands.get(inner.rpartition(".")[2]) if inner else None)


def _within(sink: Sink, said: object, deep: int) -> Iterator[Value]:
    """Yield the plain values of one argument, or of a member of one."""
    if isinstance(said, str):
        yield Value(sink, said, number=False)
        return
    points, holds = sink.slot in POINTING, type(said) not in _SCALARS and deep < _DEEP
    if holds and isinstance(said, Mapping) and (said or not (points and sink.required)):
        for name in said if points else ():
            if str(name) not in sink.inner:
                yield from _within(sink, str(name), deep + 1)
        for name, item in said.items():
            yield from _within(_inside(sink, str(name)), item, deep + 1)
    elif holds and isinstance(said, list | tuple | set | frozenset) and (said or not points):
        for item in said:
            yield from _within(sink, item, deep + 1)
    elif _tells(said, sink):
        yield Value(sink, _plain(said), number=not (points and isinstance(said, bool)))


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
