"""Arrays that joblib writes raw between the opcodes: how long they are, so that opcodes are followed behind them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

from accord.scan.look import Look
from accord.scan.part import Part
from accord.scan.pickles.dtypes import item
from accord.scan.pickles.machine import Story, run
from accord.scan.pickles.state import State, StopError
from accord.scan.pickles.values import Call, Import, Nest, Value

_PACKAGES: Final = ("joblib.", "sklearn.externals.joblib.")
_OTHER_FILES: Final = frozenset({"NDArrayWrapper", "ZNDArrayWrapper"})
_MOST_KEPT: Final = 10_000


class Arrays:
    """Follows the raw bytes behind each joblib wrapper of one stream, or the pickle that stands there for objects."""

    __slots__ = ("look", "part", "stories")

    def __init__(self, part: Part, look: Look) -> None:
        self.part = part
        self.look = look
        self.stories: list[Story] = []

    def __call__(self, state: State, subject: Call, at: int) -> int:
        """Return where opcodes go on after the array of a wrapper; for any other object that is `at`.

        Raises `StopError` when the array's size cannot be told or reaches beyond the data.
        """
        if type(subject.target) is not Import or not subject.target.named.full.startswith(_PACKAGES):
            return at
        said = fields(state, subject.state)
        if subject.target.named.name in _OTHER_FILES:
            _check_beside(state, said.get("filename"))
        if subject.target.named.name != "NumpyArrayWrapper":
            return at
        dtype = said.get("dtype")
        if type(dtype) is not Call:
            raise StopError("an array has no dtype")
        layout = _layout(state, dtype)
        if layout is None:
            return self._stream(at)
        begin = at
        if "numpy_array_alignment_bytes" in said and state.plain(said["numpy_array_alignment_bytes"]) is not None:
            state.need(at + 1)
            begin = at + 1 + state.data[at]
        end = begin + _count(state, said.get("shape")) * layout
        state.need(end)
        return end

    def _stream(self, at: int) -> int:
        base = self.part.start
        story = run(self.part, at - base, self.look)
        if len(self.stories) < _MOST_KEPT:
            self.stories.append(story)
        elif story.deeds or not story.stopped:
            raise StopError("there are too many arrays of objects")
        if not story.stopped:
            raise StopError("an array of objects breaks off")
        return base + story.end


def fields(state: State, value: Value | None) -> Mapping[str, Value]:
    """Return the attributes that a state sets, by name."""
    if type(value) is not Nest:
        return {}
    items = list(state.spread(value.items))
    return {str(state.plain(key)): one for key, one in zip(items[::2], items[1::2], strict=False) if type(key) is int}


def _check_beside(state: State, name: Value | None) -> None:
    """Check that an array kept in another file is kept beside this one.

    Raises `StopError`.
    """
    said = state.plain(name)
    if not isinstance(said, str) or "/" in said or "\\" in said or said in {"", ".", ".."}:
        raise StopError(f"an array is read from {str(said)[:80]!r}, which is not beside this file")


def _layout(state: State, dtype: Call) -> int | None:
    """Return the size of one item, or None when items are objects.

    Raises `StopError` when it cannot be told.
    """
    found = item(state, dtype)
    if found is None:
        raise StopError("the dtype of an array cannot be told")
    return None if found.objects else found.size


def _count(state: State, shape: Value | None) -> int:
    sizes = state.plain(shape)
    if not isinstance(sizes, tuple) or not all(isinstance(one, int) and one >= 0 for one in sizes):
        raise StopError("the shape of an array cannot be told")
    return math.prod(sizes)
