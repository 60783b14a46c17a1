"""Accord starts fast: what the first commands import, and how long they take beside a bare Python."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

import pytest

HEAVY: Final = frozenset(
    {"rich", "jinja2", "starlette", "sqlalchemy", "alembic", "dbos", "numpy", "pydantic", "httpx", "cryptography"}
)
PROBE: Final = """
import sys
from accord.cli import main
try:
    main()
finally:
    print(*sorted({name.partition('.')[0] for name in sys.modules}), file=sys.stderr)
"""
ACCORD: Final = str(Path(sys.executable).parent / "accord")
FIRST: Final = [(("--help",), 10), (("explain", "1.3.i"), 16)]


@pytest.mark.parametrize("args", [args for args, _ in FIRST])
def test_first_commands_import_nothing_heavy(args: tuple[str, ...], tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROBE, *args], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout
    assert HEAVY & set(done.stderr.split()) == set()


@pytest.mark.parametrize(("args", "limit"), FIRST)
def test_first_commands_start_within_their_ratio_to_bare_python(
    args: tuple[str, ...], limit: int, tmp_path: Path
) -> None:
    """The least of several runs of each, taken in turns, so that a busy machine slows both alike."""
    bare, ours = [], []
    for _ in range(7):
        bare.append(_seconds([sys.executable, "-c", "pass"], tmp_path))
        ours.append(_seconds([ACCORD, *args], tmp_path))
    assert min(ours) / min(bare) <= limit


def _seconds(command: list[str], folder: Path) -> float:
    started = time.perf_counter()
    subprocess.run(command, cwd=folder, capture_output=True, timeout=60, check=True, env=dict(os.environ))
    return time.perf_counter() - started
