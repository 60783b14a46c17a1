"""Whole processes of `accord`, as users and pipelines start them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
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


LAUNCHER: Final = """\
import json, os, resource, sys
resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))  # a run that goes wrong hits a wall of its own
child = os.fork()
if child == 0:
    os.execv(sys.argv[2], sys.argv[2:])
_, status, used = os.wait4(child, 0)
told = [os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime, used.ru_maxrss]
open(sys.argv[1], "w").write(json.dumps(told))
"""
"""Stands between pytest and a run: a process forked from a large one counts as large, whatever it becomes."""


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
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, tempfile.NamedTemporaryFile() as used:
        launcher = [sys.executable, "-I", "-c", LAUNCHER, used.name, *command]
        process = subprocess.Popen(
            launcher, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=err, start_new_session=True
        )
        try:
            process.wait(timeout)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            raise
        out.seek(0)
        err.seek(0)
        code, cpu, peak = json.loads(used.read())
        return Done(code, out.read(), err.read().decode(), cpu, peak << (10 if sys.platform == "linux" else 0))


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
