"""Everything that a value of a program tells, as one text."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Iterable, Iterator, Mapping
from typing import Final

from accord.core.errors import GuardError

_DEEPEST: Final = 32
_MOST: Final = 100_000
_BITS: Final = 4_096  # of a number that is printed as people do


def text_of(value: object) -> str:
    """Return everything that a value tells as text; raises `GuardError` for what tells only when it is read."""
    texts: list[str] = []
    waiting = [(value, 0)]
    while waiting:
        said, depth = waiting.pop()
        if depth > _DEEPEST or len(texts) > _MOST:
            raise GuardError(f"what is told nests deeper than {_DEEPEST} or holds more than {_MOST} values")
        inner = _inside(said)
        if inner is None:
            texts.append(_plain(said))
        else:
            waiting += [(one, depth + 1) for one in reversed(inner)]
    return "\n".join(text for text in texts if text)


def _inside(said: object) -> list[object] | None:
    """Return what stands in a value, with its own words for itself; None for what is one plain value."""
    if said is None or isinstance(said, str | int | float | bytes | bytearray):
        return None
    if isinstance(said, Mapping):
        return [one for pair in said.items() for one in pair]
    if isinstance(said, list | tuple | set | frozenset):
        return list(said)
    if isinstance(said, Iterator | AsyncIterator | Awaitable):
        raise GuardError(f"what is told cannot be looked at before it is read: {type(said).__name__}")
    if isinstance(said, type) or callable(said):
        return None
    slots = (name for kind in type(said).__mro__ for name in _names(getattr(kind, "__slots__", ())))
    kept = [getattr(said, name) for name in slots if hasattr(said, name)]
    kept += list(getattr(said, "__dict__", {}).values())
    if not kept and isinstance(said, Iterable):
        raise GuardError(f"what is told cannot be looked at before it is read: {type(said).__name__}")
    return [*kept, str(said)] if kept else None


def _names(slots: object) -> tuple[str, ...]:
    return (slots,) if isinstance(slots, str) else tuple(slots) if isinstance(slots, Iterable) else ()


def _plain(said: object) -> str:
    if said is None:
        return ""
    if isinstance(said, str):
        return str.__str__(said)
    if isinstance(said, bytes | bytearray):
        return bytes(said).decode("utf-8", "replace")
    if isinstance(said, int) and said.bit_length() > _BITS:
        return f"{said:x}"
    return str(said)
