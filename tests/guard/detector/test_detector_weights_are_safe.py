"""The weights that we ship pass our own scan: nothing in them runs when they are loaded."""

from __future__ import annotations

import pytest

from accord import scan
from accord.core.shipped import DATA


@pytest.mark.parametrize("name", ["weights", "meanings.npz"])
def test_what_the_guard_ships_is_rated_safe(name: str) -> None:
    found = scan.files([DATA / "guard" / name]).files
    assert found
    assert {one.rating.value for one in found} == {"safe"}, found
