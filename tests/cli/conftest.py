"""Whole processes of `accord`, as users and pipelines start them."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping
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
    """What became of a run of `accord`; `cpu` is in seconds and `peak` in bytes, its own children included."""

    code: int
    out: bytes
    err: str
    cpu: float = 0.0
    peak: int = 0

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
        return measured([ACCORD, *map(str, arguments)], cwd=cwd, env={**environ, **extra}, timeout=timeout)

    return ran


@pytest.fixture
def measure() -> Callable[..., Done]:
    """Return what runs any command and measures what it used."""
    return measured


def measured(command: list[str], *, cwd: Path, env: Mapping[str, str], timeout: float) -> Done:
    """Run a command to its end and return what it printed and used; it is ended when its time is up."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            preexec_fn=_bounded,  # noqa: PLW1509  # no other thread runs yet
        )
        alarm = threading.Timer(timeout, process.kill)
        alarm.start()
        _, status, used = os.wait4(process.pid, 0)
        alarm.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        peak = used.ru_maxrss << (10 if sys.platform == "linux" else 0)
        return Done(process.returncode, out.read(), err.read().decode(), used.ru_utime + used.ru_stime, peak)


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
