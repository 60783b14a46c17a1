"""Which operators of ONNX are harmless, by domain, and which names only look like theirs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from itertools import pairwise
from typing import Final, NamedTuple

from accord.content.tables import table_of
from accord.core.shipped import lines_of
from accord.core.text import one_line

_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")

DEFAULT = "ai.onnx"
"""The domain that an empty one stands for."""


class Operator(NamedTuple):
    """An operator that a model uses: its domain, as it stands there, and its name."""

    domain: str
    name: str

    @property
    def full(self) -> str:
        """Return the name that people know it by."""
        return f"{self.domain or DEFAULT}::{self.name}"


class _Table(NamedTuple):
    harmless: Mapping[str, frozenset[str]]
    dangerous: Mapping[str, frozenset[str]]
    left_out: Mapping[str, frozenset[str]]
    telling: frozenset[str]


class Objection(NamedTuple):
    """Why an operator is not let through; `kind` is a key of `data/scan/reasons`."""

    kind: str
    message: str


def objection(used: Operator, *, own: bool = False) -> Objection | None:
    """Return why an operator is not known to be harmless, or None when it is.

    One that is the model's `own` function is harmless, unless a runtime has a kernel of that name: it would win.
    """
    domain, shown, table = used.domain or DEFAULT, one_line(used.full, 120), _table()
    if used.name in table.harmless.get(domain, ()):
        return None
    if used.name in table.dangerous.get(domain, ()):
        return Objection("operator-dangerous", f"the operator {shown} runs code or reaches the network")
    if own and used.name not in table.left_out.get(domain, ()):
        return None
    if not (used.full.isascii() and used.full.isprintable() and " " not in used.full):
        return Objection(
            "operator-disguised", f"the operator {used.full!a:.120} has letters that no operator's name has"
        )
    plain = domain.casefold().strip(".")
    if domain not in table.harmless and plain in table.harmless:
        return Objection("operator-disguised", f"the domain of {shown} is written like {plain}")
    if domain in table.harmless:
        return Objection("operator-unknown", f"the operator {shown} is none of its domain's")
    if tells(used.name):
        return Objection(
            "operator-dangerous", f"the operator {shown} comes from a library of its own, and says what it does"
        )
    return Objection("operator-unknown", f"the operator {shown} comes from a library of its own")


def tells(name: str) -> bool:
    """Tell whether the name of a custom operator says that it runs something, or reaches files or the network."""
    words = [word.casefold() for word in _WORD.findall(name)]
    pairs = {first + second for first, second in pairwise(words)}
    return not _table().telling.isdisjoint({*words, *pairs})


@cache
def _table() -> _Table:
    rows = [line.partition("\t") for line in lines_of("scan/onnx_operators.tsv")]
    harmless = {domain: set(names.split()) for domain, _, names in rows}
    said = table_of("scan/onnx_reviewed.yaml")
    for domain, names in said["added"].items():
        harmless.setdefault(domain, set()).update(names)
    for domain, names in said["left_out"].items():
        harmless[domain] -= set(names)
    return _Table(
        {domain: frozenset(names) for domain, names in harmless.items()},
        {domain: frozenset(names) for domain, names in said["dangerous"].items()},
        {domain: frozenset(names) for domain, names in said["left_out"].items()},
        frozenset(said["telling"]["words"] + said["telling"]["pairs"]),
    )
