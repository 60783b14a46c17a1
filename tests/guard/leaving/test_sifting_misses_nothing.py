"""What is refused at a glance holds nothing: the glance never says no where reading says yes."""

from __future__ import annotations

import random
from typing import Final

import pytest
from guard.leaving.disguises import Disguise, disguises
from hypothesis import given, settings
from hypothesis import strategies as st

from accord.guard.leaving.asides import Asides, bare, may_hold
from accord.guard.leaving.ciphers import rarer
from accord.guard.leaving.forms import forms
from accord.guard.leaving.letters import Reader
from accord.guard.leaving.reading import compiled, may_give_away
from accord.guard.leaving.sifting import RUN, may_be_leet, may_be_morse, sieve, words_of
from accord.guard.leaving.substrings import Owned

CANARY: Final = "K7f3-a9c2-1bd8-44e0-zQ91"
WORDS: Final = [
    "the",
    "a",
    "I",
    "one",
    "see",
    "don't",
    "well-known",
    "7th",
    "K7F3",
    "--",
    ".",
    "it's",
    "12",
    "x",
    "Kilo",
    "(and)",
    '"so"',
    "é",
    "été",
]
LETTERS: Final = compiled(
    [Owned(form, -1) for form in (*forms(CANARY, longest=64), *rarer(CANARY, between=True))], [CANARY]
)
KNOWN: Final = bare([CANARY])
ALL: Final = list(disguises(CANARY))


@settings(max_examples=200, deadline=None)
@given(
    one=st.sampled_from(ALL),
    before=st.lists(st.sampled_from(WORDS), max_size=12),
    after=st.lists(st.sampled_from(WORDS), max_size=12),
    between=st.sampled_from([" ", "\n", ". "]),
)
def test_a_text_that_gives_something_away_is_read(
    one: Disguise, before: list[str], after: list[str], between: str
) -> None:
    text = f"{between.join(before)}{between}\n\n{one.text}\n\n{between.join(after)}"
    if Reader(LETTERS.substrings).read(text, final=True):
        assert may_give_away(text, LETTERS)
    assert KNOWN is not None
    if Asides(KNOWN).read(text, final=True):
        assert may_hold(text, KNOWN)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="abcde", max_size=60), st.text(alphabet="abcde", min_size=8, max_size=20))
def test_of_eight_letters_in_a_row_one_run_is_looked_at(around: str, known: str) -> None:
    for cut in range(0, len(around), 7):
        assert sieve([known]).holds(around[:cut] + known[:RUN] + around[cut:])


@pytest.mark.parametrize("size", [0, 1, 4, 5, 1_000, 16_383, 16_384, 16_385, 40_000])
def test_runs_are_found_in_texts_of_any_length(size: int) -> None:
    rng = random.Random(size)
    text = "".join(rng.choice("abc") for _ in range(size))
    known = sieve(["z" * 9])
    assert not known.holds(text)
    assert not known.holds(f"{text}{'z' * 7}{text}")
    assert known.holds(text + "z" * 9)
    assert known.holds("z" * 9 + text)


def test_words_that_are_written_together_are_known_by_where_they_meet() -> None:
    known = sieve(["k7f3a9c2"], words=["kiloseven"], common="kilo\0seven")
    assert known.holds("xx kiloseven".replace(" ", ""))
    assert not known.holds("kilometresevening")
    assert known.holds("k7f3a9c2")


def test_shapes_are_told_at_a_glance() -> None:
    assert words_of(b"Don't K7f-3, (so)\nx_y") == ["dont", "k7f", "3", "so", "x", "y"]
    assert may_be_morse(b"x -.- ... x")
    assert may_be_morse(b"-.- / ...")
    assert not may_be_morse(b"a sentence. Another - one.")
    assert may_be_leet(b"sw0rd")
    assert may_be_leet(b"s 4 l")
    assert not may_be_leet(b"words! In 2024, 12 of them.")
