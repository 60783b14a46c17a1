"""Streams put together opcode by opcode, and what is seen in them. Payloads are harmless, and nothing is loaded."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from accord.scan.engine import read as read_any
from accord.scan.look import Limits, Look
from accord.scan.part import Part
from accord.scan.pickles.read import read
from accord.scan.rating import Rating, Sight, worst
from accord.scan.reasons import reasons

Seen = list[Sight]
See = Callable[..., Seen]
Rate = Callable[..., Rating]


@pytest.fixture
def see() -> See:
    """Return a function that reads bytes as a pickle and returns what is seen."""

    def reading(data: bytes, limits: Limits | None = None) -> Seen:
        return list(read(Part(data, name="model.pkl"), Look(read_any, limits)))

    return reading


@pytest.fixture
def rating(see: See) -> Rate:
    """Return a function that reads bytes as a pickle and returns how bad they are."""

    def reading(data: bytes) -> Rating:
        return worst(reasons()[one.kind].rating for one in see(data))

    return reading
