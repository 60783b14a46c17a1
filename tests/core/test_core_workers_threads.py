"""Children of a process with threads: what those held when it forked holds nobody up."""

from __future__ import annotations

import importlib
import io
import logging
import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from accord.core.settings import MIB
from accord.core.workers import Answer, Bounds, run_units

PATIENT = 60.0
SLOW = """\
import os, threading
if os.getpid() == {parent}:
    entered.set()
    gate.wait({patient})
value = 7
"""


@pytest.fixture
def imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Have a thread stand in the middle of an import for as long as the test runs."""
    name, entered, gate = "half_imported", threading.Event(), threading.Event()
    (tmp_path / f"{name}.py").write_text(SLOW.format(parent=os.getpid(), patient=PATIENT), "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr("builtins.entered", entered, raising=False)
    monkeypatch.setattr("builtins.gate", gate, raising=False)
    thread = threading.Thread(target=importlib.import_module, args=(name,))
    thread.start()
    assert entered.wait(PATIENT)
    yield name
    gate.set()
    thread.join()
    sys.modules.pop(name, None)


def answered(job: Callable[[int], bytes]) -> Answer:
    bounds = Bounds(1024 * MIB, lambda _index: 5.0)
    return next(one for one in run_units([0], job, network=False, bounds=bounds, workers=1) if one)


def test_a_module_that_another_thread_was_importing_is_imported_anew_in_the_child(imported: str) -> None:
    answer = answered(lambda _index: str(importlib.import_module(imported).value).encode())
    assert (answer.data, answer.problem) == (b"7", "")
    assert not hasattr(sys.modules[imported], "value"), "the parent's thread is still in the middle of it"


def test_what_the_forking_thread_itself_is_importing_stays_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr("builtins.answered", answered, raising=False)
    text = (
        "import sys\nbefore = object()\nsaid = answered(lambda _: str(sys.modules[__name__].before is before).encode())"
    )
    (tmp_path / "forking_import.py").write_text(text, "utf-8")
    try:
        assert importlib.import_module("forking_import").said.data == b"True"
    finally:
        sys.modules.pop("forking_import", None)


class Stuck(io.RawIOBase):
    """A stream whose first writer stays in it until he is let go."""

    def __init__(self) -> None:
        self.entered, self.gate = threading.Event(), threading.Event()

    def writable(self) -> bool:
        return True

    def write(self, data: object, /) -> int:
        self.entered.set()
        self.gate.wait(PATIENT)
        return len(bytes(data))  # type: ignore[call-overload]  # whatever a buffer gives


def test_a_child_that_logs_does_not_wait_for_a_stream_that_another_thread_is_writing_to() -> None:
    def logs(_index: int) -> bytes:
        log.warning("from the child")
        return b"logged"

    raw = Stuck()
    handler = logging.StreamHandler(io.TextIOWrapper(io.BufferedWriter(raw), encoding="utf-8"))
    log = logging.getLogger("accord.tests.stuck")
    log.propagate = False
    log.addHandler(handler)
    thread = threading.Thread(target=log.warning, args=("from a thread",))
    thread.start()
    try:
        assert raw.entered.wait(PATIENT)
        # a logger's own lock is made anew in a child; that of the stream below it is not
        answer = answered(logs)
        assert (answer.data, answer.problem) == (b"logged", "")
    finally:
        raw.gate.set()
        thread.join()
        log.removeHandler(handler)
    assert logging.root.manager.disable == 0, "only the child is silent"
