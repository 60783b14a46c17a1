"""Every reader under mutated inputs: nothing raises, nothing takes long. `bench/fuzz.py` goes on for longer."""

from __future__ import annotations

import importlib.util
import random
import sys
from pathlib import Path
from types import ModuleType

import pytest

BENCH = Path(__file__).parents[2] / "bench" / "fuzz.py"


@pytest.fixture(scope="module")
def fuzzer() -> ModuleType:
    """Return the program that fuzzes, as a module."""
    spec = importlib.util.spec_from_file_location("bench_fuzz", BENCH)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # NamedTuple looks its module up
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("seed", range(4))
def test_no_mutated_file_ends_a_reader_or_holds_it_up(fuzzer: ModuleType, seed: int) -> None:
    report = fuzzer.fuzz(list(fuzzer.seeds()), random.Random(seed), most=250)
    assert report.rounds == 250
    assert report.lines > 300
    assert [(one.name, one.what) for one in report.troubles] == []


def test_a_reader_that_raises_is_trouble(fuzzer: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_part: object, _look: object) -> object:
        raise NotImplementedError("a bug of ours")

    monkeypatch.setattr(fuzzer, "read", broken)
    report = fuzzer.fuzz([b"x"], random.Random(1), most=1)
    assert "a bug of ours" in report.troubles[0].what
