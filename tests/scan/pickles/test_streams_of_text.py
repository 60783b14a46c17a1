"""Pickles of text that stand one behind the other: a plain one first hides none that comes after it."""

from __future__ import annotations

import pickle
from collections.abc import Callable

import pytest

from accord.scan.rating import Rated, Rating

Rate = Callable[..., Rated]
SYSTEM = b"cos\nsystem\n(S'true'\ntR."


@pytest.mark.parametrize(
    "before",
    [
        b"N.",
        b"I1\n.",
        b"S'plain'\n.",
        b"(lp0\n.",
        b"(dp0\nS'a'\nI1\ns.",
        b"N.N.N.",
        b"cthis\ns\n.",
        b"N." * 40,
        b"I1\n." + b"cthis\ns\n." * 3,
        pickle.dumps(None, 0),
        pickle.dumps(["letters", 1, 2.5], 0),
        pickle.dumps(None, 1),
    ],
)
@pytest.mark.parametrize("name", ["model.pkl", "x.dat", "notes.txt"])
def test_what_comes_behind_a_plain_pickle_is_read(rated: Rate, before: bytes, name: str) -> None:
    assert rated(name, before + SYSTEM).rating is Rating.DANGEROUS


def test_what_comes_behind_a_plain_pickle_in_a_long_file_is_read(rated: Rate) -> None:
    assert rated("model.pkl", b"I1\n." + SYSTEM[:-1] + b"0" + b"S'x'\n0" * 200_000 + b"N.").rating is Rating.DANGEROUS


@pytest.mark.parametrize(
    "text",
    [
        "N. Smith wrote this.\n",
        "I1\n.com is a domain\n",
        "N.B. commands follow\n",
        "I1\n.INCLUDE other.txt\n",
        "N.can you read this?\nyes\nI can.\n",
        "(a) first.\n(b) second.\n",
        "].join(', ')\nconst a = 1\n",
    ],
)
def test_text_that_begins_like_a_pickle_stays_text(rated: Rate, text: str) -> None:
    found = rated("notes.txt", text.encode())
    assert (found.rating, found.format) == (Rating.SAFE, "other")
