"""What is a pickle and what is not: text, images and noise never are, and a stream that looks things up always is."""

from __future__ import annotations

import pickle
import random
import string
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accord.scan.part import Part
from accord.scan.pickles.probing import is_pickle, is_torch_legacy

CALL = b"cos\nsystem\n(X\x02\0\0\0idtR."


def probe(data: bytes) -> bool:
    return is_pickle(Part(data, name="x"))


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize(
    "value",
    [None, 1, 2.5, "é\n", b"\xff", [1, "a"], {"a": [1]}, (1, 2), {"k" * 9000: 1}, list(range(9000)), ["ab"] * 5000],
)
def test_what_pickle_writes_is_a_pickle(value: object, protocol: int) -> None:
    assert probe(pickle.dumps(value, protocol))


@pytest.mark.parametrize(
    "data",
    [
        CALL,
        CALL[:-1],
        CALL[:-1] + b"\xff\xfe",
        b"\x80\x02" + CALL[:-1] + b"\xff",
        b"cos\nsystem\n.",
        b"N0N0" + CALL,
        b"(Vid\nios\nsystem\n.",
        b"(lp0\n0" + CALL,
        b"I1\n0" + CALL,
        b"\x8c\x02os\x8c\x06system\x93\x8c\x02id\x85R.",
        b"\x80\x04\x95\xff\xff\xff\xff\0\0\0\0" + CALL,
        b"](" + b"K\x01" * 9000 + b"e0" + CALL,
        CALL + b"\0" * 9000,
        b"\x82\x01.",
        b"U\x02osU\x06system\x93.",
        b"\x80\x01" + CALL,
        b"\x80\x00]q\x00.",
        b"csneaky.pkg\nThing\n.",
        b"(iposix\nsystem\n" + b"x" * 100,
    ],
)
def test_a_stream_that_looks_things_up_is_a_pickle_however_it_begins_or_ends(data: bytes) -> None:
    assert probe(data)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "cat\ndog\nbird\n",
        "Nice weather today.\n",
        "import os\nos.system('id')\n",
        "(defun x (y) z)\n",
        "{}",
        "[]",
        "[1, 2]",
        '{"a": 1}',
        "# Title\n\ntext\n",
        "]]>",
        "code\nmore\n",
        "classes\nitems\n",
        "ctime\nnow\n",
        "Name,Value\n1,2\n",
        "I am\nhere\n",
        "NNNN\n",
        "((((\n",
        "GATTACA\n",
        "Very good\n",
        "0\n1\n2\n",
        "<html>",
        "%PDF-1.4",
        "name: x\n",
        "cos\nsin\ntan\n",
        "Subject: x\n\nhello\n",
        "F1\n",
        "K",
        "B",
        "X",
        "cabc\n",
        "(1, 2)\n",
    ],
)
def test_text_is_no_pickle(text: str) -> None:
    assert not probe(text.encode())


@pytest.mark.parametrize(
    "head",
    [
        b"\x89PNG\r\n\x1a\n",
        b"\xff\xd8\xff\xe0",
        b"GIF89a",
        b"RIFF\0\0\0\0WAVE",
        b"PK\x03\x04",
        b"\x1f\x8b",
        b"\0" * 64,
        b"\xff" * 64,
    ],
)
def test_files_of_other_kinds_are_no_pickles(head: bytes) -> None:
    assert not probe(head + bytes(range(256)) * 4)


def test_noise_is_no_pickle() -> None:
    noise = random.Random(5)
    found = sum(probe(noise.randbytes(noise.choice([64, 500, 5000]))) for _ in range(4000))
    assert found == 0


def test_words_are_no_pickles() -> None:
    letters = random.Random(6)
    for _ in range(2000):
        lines = [
            "".join(letters.choices(string.ascii_lowercase, k=letters.randint(1, 9)))
            for _ in range(letters.randint(1, 40))
        ]
        assert not probe(("c" + "\n".join(lines) + "\n").encode())


def test_sources_and_pages_of_this_project_are_no_pickles() -> None:
    root = Path(__file__).parents[3]
    pages = [
        *root.glob("src/**/*.py"),
        *root.glob("docs/**/*.md"),
        *root.glob("src/**/*.yaml"),
        *root.glob("src/**/*.tsv"),
    ]
    assert [one for one in pages if probe(one.read_bytes())] == []


@settings(max_examples=500, deadline=None)
@given(st.binary(max_size=300))
def test_probing_never_raises(data: bytes) -> None:
    probe(data)
    probe(b"\x80\x04" + data)
    assert not is_torch_legacy(Part(data, name="x"))


def test_the_old_format_of_torch_has_a_mark() -> None:
    assert is_torch_legacy(Part(b"\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.\x80\x02M\xe9\x03.", name="x"))
