"""Rating bytes under a name, as the tests of every reader do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from accord.scan.engine import Target, Terms, rate
from accord.scan.look import Limits
from accord.scan.rating import Rated

Rate = Callable[..., Rated]


@pytest.fixture
def rated(tmp_path: Path) -> Rate:
    """Return a function that writes bytes under a name and rates the file: `rated("model.pkl", data)`."""

    def write_and_rate(name: str, data: bytes, *, limits: Limits | None = None) -> Rated:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return rate(Target(tmp_path, name, name), Terms(limits or Limits()))

    return write_and_rate
