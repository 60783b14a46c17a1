"""Every reader under what was mended, what is kept and mutations of it: nothing raises, nothing takes long.

`bench/fuzz.py` goes on for longer; what it finds is mended, and comes into `bench/fuzz_seeds.py` as small as it can be.
"""

from __future__ import annotations

import importlib.util
import random
import sys
from pathlib import Path
from types import ModuleType

import pytest

BENCH = Path(__file__).parents[2] / "bench" / "fuzz.py"
CORPUS = Path(__file__).parent / "corpus"


@pytest.fixture(scope="module")
def fuzzer() -> ModuleType:
    """Return the program that fuzzes, as a module."""
    spec = importlib.util.spec_from_file_location("bench_fuzz", BENCH)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # NamedTuple looks its module up
    sys.path.insert(0, str(BENCH.parent))
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(BENCH.parent))
    return module


def test_what_was_mended_stays_mended(fuzzer: ModuleType) -> None:
    inputs = list(fuzzer.mended())
    assert len(inputs) > 60
    assert [(one.about, trouble.what) for one in inputs if (trouble := fuzzer.replay(one.name, one.data))] == []


@pytest.mark.parametrize("path", sorted(CORPUS.iterdir()), ids=lambda path: path.name)
def test_what_is_kept_ends_no_reader_under_any_name(fuzzer: ModuleType, path: Path) -> None:
    data = path.read_bytes()
    names = (path.name.partition("-")[2].removesuffix(".seed"), "model.bin", "config.json")
    assert [trouble.what for name in names if (trouble := fuzzer.replay(name, data))] == []


def test_the_kept_corpus_is_small() -> None:
    sizes = [path.stat().st_size for path in CORPUS.iterdir()]
    assert 20 <= len(sizes) <= 100
    assert max(sizes) <= 4096


@pytest.mark.parametrize("seed", range(4))
def test_no_mutated_file_ends_a_reader_or_holds_it_up(fuzzer: ModuleType, seed: int) -> None:
    pool = [*fuzzer.seeds(), *(path.read_bytes() for path in sorted(CORPUS.iterdir()))]
    report = fuzzer.fuzz(pool, random.Random(seed), most=250)
    assert report.rounds == 250
    assert report.lines > 300
    assert [(one.name, one.what) for one in report.troubles] == []


def test_a_reader_that_raises_is_trouble(fuzzer: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_part: object, _look: object) -> object:
        raise NotImplementedError("a bug of ours")

    monkeypatch.setattr(fuzzer, "read", broken)
    report = fuzzer.fuzz([b"x"], random.Random(1), most=1)
    assert "a bug of ours" in report.troubles[0].what
