"""Pickles inside other bytes: those that would run things are found at any offset, and chance is not taken for one."""

from __future__ import annotations

import pickle
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accord.scan.engine import read as read_any
from accord.scan.look import Look
from accord.scan.part import Part
from accord.scan.pickles.read import carve
from accord.scan.rating import Sight

CALLS = (
    b"cos\nsystem\n(X\x02\0\0\0idtR.",
    b"\x80\x02csubprocess\nPopen\n(U\x02idtR.",
    b"\x80\x04\x95\x1a\0\0\0\0\0\0\0\x8c\x02os\x94\x8c\x06system\x94\x93\x94\x8c\x02id\x94\x85\x94R\x94.",
    b"(X\x02\0\0\0idios\nsystem\n.",
    b"\x8c\x05posix\x94\x8c\x06system\x94\x93\x8c\x02id\x85R.",
)


def carved(data: bytes) -> list[Sight]:
    return list(carve(Part(data, name="x.bin"), Look(read_any)))


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("before", [0, 1, 7, 4095, 70_000])
def test_a_call_is_found_at_any_offset(call: bytes, before: int) -> None:
    noise = random.Random(before)
    seen = carved(noise.randbytes(before) + call + noise.randbytes(300))
    assert [one.kind for one in seen[:1]] == ["pickle-hidden"]
    assert seen[0].name.rpartition(".")[2] in {"system", "Popen"}


def test_a_call_across_two_windows_is_found() -> None:
    assert carved(b"\xfe" * ((4 << 20) - 5) + CALLS[0])[0].offset == (4 << 20) - 5


def test_noise_holds_nothing() -> None:
    assert carved(random.Random(3).randbytes(3 << 20)) == []


def test_harmless_pickles_are_not_told() -> None:
    assert carved(b"\xff" * 9 + pickle.dumps({"a": [1, 2.5]}) + b"\xff" * 9) == []


def test_sources_of_this_project_hold_nothing() -> None:
    root = Path(__file__).parents[3] / "src"
    assert [one for one in root.glob("**/*.py") if carved(one.read_bytes())] == []


def test_many_starts_end_in_time() -> None:
    assert carved(b"\x80\x04]" * 100_000) == []
    assert carved(b"catt\nbbb\n" * 100_000) == []


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200), st.sampled_from(CALLS), st.binary(max_size=50))
def test_carving_never_raises(before: bytes, call: bytes, after: bytes) -> None:
    carved(before + call[: len(call) // 2] + after)
    carved(before + call + after)
