"""Whole processes of `accord`, as users and pipelines start them."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

ACCORD: Final = str(Path(sys.executable).parent / "accord")
MANIFEST: Final = """\
accord: 1
system: {id: sample, name: Sample, version: "1", purpose: answers questions, kind: [llm-app]}
owners: {system-owner: owner@example.org}
profile: {level: baseline}
"""


class Done(NamedTuple):
    """What became of a run of `accord`."""

    code: int
    out: bytes
    err: str

    @property
    def json(self) -> Any:
        """Return stdout as the one JSON document that it has to be."""
        return json.loads(self.out)


Accord = Callable[..., Done]


def _bounded() -> None:
    """Let a run that goes wrong hit a wall of its own, not the machine's."""
    resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    """Return an environment with nothing in it that Accord reads, and a home that is empty."""
    home = tmp_path / "home"
    home.mkdir()
    return {"PATH": os.environ["PATH"], "HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1"}


@pytest.fixture
def accord(environ: dict[str, str]) -> Accord:
    """Return what runs `accord` as a process of its own."""

    def ran(*arguments: object, cwd: Path, timeout: float = 120, **extra: str) -> Done:
        done = subprocess.run(
            [ACCORD, *(str(argument) for argument in arguments)],
            cwd=cwd,
            env={**environ, **extra},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout,
            preexec_fn=_bounded,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr.decode())

    return ran


@pytest.fixture
def system(tmp_path: Path) -> Path:
    """Return the folder of a small system that assesses."""
    folder = tmp_path / "system"
    (folder / "prompts").mkdir(parents=True)
    (folder / "accord.yaml").write_text(
        MANIFEST
        + "components:\n  prompts: [{id: p1, path: prompts/system.md}]\n  software: {lockfile: requirements.txt}\n"
    )
    (folder / "prompts" / "system.md").write_text("You answer questions about orders.\n")
    (folder / "requirements.txt").write_text("flask==3.0.0\n")
    (folder / "app.py").write_text('import pickle\n\n\ndef load(path):\n    return pickle.load(open(path, "rb"))\n')
    return folder
