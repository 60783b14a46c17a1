"""What is known of the names of a framework: tables in `data/scan`; the reviewed one wins."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final

from accord.core.shipped import lines_of


@cache
def keras(name: str) -> frozenset[str]:
    """Return the groups of a name in a Keras configuration: class, function, code …; a refusal stands alone."""
    found = _groups("keras_objects").get(name, frozenset()) | _groups("keras_reviewed").get(name, frozenset())
    return found & _REFUSED or found


@cache
def tensorflow(name: str) -> str | None:
    """Return what an operator of TensorFlow does (plain, stateful, code, file …), None for one unknown to it."""
    found = _groups("tensorflow_reviewed").get(name) or _groups("tensorflow_operators").get(name)
    return next(iter(sorted(found)), None) if found else None


@cache
def torch(space: str, name: str) -> str | None:
    """Return whether an operator of PyTorch is `fine`, `danger` or `custom`, None for one unknown to it."""
    reviewed = _groups("torch_reviewed").get(name, frozenset())
    if f"danger:{space}" in reviewed:
        return "danger"
    if f"custom:{space}" in reviewed:
        return "custom"
    return "fine" if space in reviewed or space in _groups("torch_operators").get(name, frozenset()) else None


def torch_word(group: str, name: str) -> bool:
    """Tell whether a word stands in a group of PyTorch's reviewed words: `class`, `expression`, `guard`, `type` …."""
    return group in _groups("torch_reviewed").get(name, frozenset())


_REFUSED: Final = frozenset({"code", "path", "danger"})


@cache
def _groups(table: str) -> Mapping[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for line in lines_of(f"scan/{table}.tsv"):
        group, _, names = line.partition("\t")
        for name in names.split():
            found.setdefault(name, set()).add(group)
    return {name: frozenset(groups) for name, groups in found.items()}
