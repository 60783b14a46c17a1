"""Every value inside a word and the path to it, without recursion: a hostile word may be very deep."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import NamedTuple

from accord.core.canon import wire_name

Keys = tuple[str | int, ...]


class Node(NamedTuple):
    """A value and the keys and list positions that lead to it, as they stand in the file."""

    path: Keys
    value: object


def walk(value: object, path: Keys = (), *, deepest: int = 16) -> Iterator[Node]:
    """Yield `value` and everything inside it in order; what lies deeper than `deepest` is not entered."""
    waiting = [Node(path, value)]
    while waiting:
        node = waiting.pop()
        yield node
        if len(node.path) < deepest:
            waiting.extend(reversed(tuple(_inside(node))))


def _inside(node: Node) -> Iterator[Node]:
    value = node.value
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield Node((*node.path, str(key)), item)
    elif isinstance(value, list | tuple):
        for position, item in enumerate(value):
            yield Node((*node.path, position), item)
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            if (item := getattr(value, field.name)) is not None:
                yield Node((*node.path, wire_name(field.name)), item)
