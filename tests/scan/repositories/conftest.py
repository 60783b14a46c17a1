"""Rating one file of a folder that the test lays out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from accord.scan.engine import Target, rate
from accord.scan.rating import Rated

Laid = Callable[[str, Mapping[str, str | bytes]], Rated]


@pytest.fixture
def laid(tmp_path: Path) -> Laid:
    """Return a function that writes files and rates the one that is named: `laid("config.json", {…})`."""

    def write_and_rate(name: str, files: Mapping[str, str | bytes]) -> Rated:
        for path, content in files.items():
            file = tmp_path / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content.encode() if isinstance(content, str) else content)
        return rate(Target(tmp_path, name, name))

    return write_and_rate
