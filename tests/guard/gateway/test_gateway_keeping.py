"""What a worker leaves to the one that takes its place is whole, whoever was killed while writing it."""

from __future__ import annotations

import os
import signal

import pytest

from accord.guard.gateway import keeping
from accord.guard.gateway.keeping import Kept


def test_what_was_kept_last_is_found_again_and_its_beginning_alone() -> None:
    kept = Kept()
    assert kept.get() == b""
    for data in (b"one" * 400_000, b"two", b"", b"three" * 9):
        kept.put(data)
        assert kept.get() == data
        assert kept.get(7) == data[:7]


def test_another_process_finds_what_was_kept() -> None:
    kept = Kept()
    pid = os.fork()
    if not pid:
        kept.put(b"from the child")
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0
    assert kept.get() == b"from the child"


def test_a_writer_that_is_killed_leaves_what_was_there(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = Kept()
    kept.put(b"old" * 10)
    monkeypatch.setattr(keeping, "_PART", 4)
    pid = os.fork()
    if not pid:

        def killed(*_: object) -> None:
            os.kill(os.getpid(), signal.SIGKILL)

        monkeypatch.setattr(keeping, "_write", killed)
        kept.put(b"new" * 10)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == -signal.SIGKILL
    assert kept.get() == b"old" * 10
    kept.put(b"new" * 10)
    assert kept.get() == b"new" * 10


def test_where_the_system_has_no_memory_files_a_nameless_file_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "memfd_create", raising=False)
    kept = Kept()
    kept.put(b"kept")
    assert kept.get() == b"kept"
