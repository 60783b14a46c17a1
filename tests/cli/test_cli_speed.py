"""An assessment of the example is fast: measured in starts of a bare Python, so that a slow machine slows both."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

Accord = Callable[..., Any]

EXAMPLE: Final = Path(__file__).parent.parent.parent / "examples" / "helpdesk"


@pytest.fixture
def helpdesk(tmp_path: Path) -> Path:
    """Return a copy of the example, without what a local run leaves in it."""
    return Path(
        shutil.copytree(EXAMPLE, tmp_path / "helpdesk", ignore=shutil.ignore_patterns("__pycache__", ".accord"))
    )


def test_the_example_is_assessed_in_a_few_starts_of_python(
    accord: Accord, measure: Accord, helpdesk: Path, environ: dict[str, str]
) -> None:
    bare = [sys.executable, "-c", "import sqlalchemy.sql"]
    start = min(measure(bare, cwd=helpdesk, env=environ, timeout=60).cpu for _ in range(3))
    cold, *unchanged = (accord("assess", ".", "--format", "json", cwd=helpdesk) for _ in range(4))
    assert cold.code == 1, cold.err
    assert cold.cpu < 20 * start
    assert min(one.cpu for one in unchanged) < 8 * start
    assert cold.peak < 200 << 20


def test_an_unchanged_system_is_not_looked_at_again(accord: Accord, helpdesk: Path) -> None:
    accord("assess", ".", "--format", "json", cwd=helpdesk)
    again = accord("assess", ".", "--format", "json", cwd=helpdesk).json["evidence"]
    fresh = [one for one in again if not one["reused"]]
    assert len(fresh) < len(again) / 2, [(one["check"], one["state"], one["reason"]) for one in fresh]


def test_neither_jinja_nor_the_other_dialect_is_imported_for_json(helpdesk: Path, environ: dict[str, str]) -> None:
    code = (
        "import sys\nfrom accord.cli import main\nsys.argv = ['accord', 'assess', '.', '--format', 'json']\n"
        "try:\n    main()\nfinally:\n    print(*sorted(sys.modules), file=sys.stderr)\n"
    )
    command = [sys.executable, "-c", code]
    subprocess.run(command, cwd=helpdesk, env=environ, capture_output=True, timeout=60, check=False)  # makes the tables
    done = subprocess.run(command, cwd=helpdesk, env=environ, capture_output=True, text=True, timeout=60, check=False)
    loaded = set(done.stderr.split())
    assert "sqlalchemy.dialects.sqlite" in loaded
    assert loaded & {"jinja2", "alembic", "sqlalchemy.dialects.postgresql", "rich", "numpy", "asyncpg"} == set()
