"""Remembering what was worked out lately: system prompts, tool descriptions and histories come again and again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Recent(Generic[T]):
    """The values of the keys that were used last; at most `most` of them."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[Hashable, T] = OrderedDict()

    def get(self, key: Hashable) -> T | None:
        """Return what is remembered for a key, or None."""
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
        return found

    def put(self, key: Hashable, value: T) -> None:
        """Remember a value, and forget the one that was not used for longest."""
        self._kept[key] = value
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)
