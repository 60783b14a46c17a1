"""What is not searched, because it cannot hold anything, does not: the quick ways find what the slow ones find."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Callable
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accord.content.decoding import blocks, codes, wording
from accord.content.decoding.signs import signs, stretches
from accord.content.language import odd
from accord.content.views import views

PARTS: Final = [
    "a", "Z", "7", "ab", "aB", "b2", "Word", "word ", " ", "  ", "\n", "=", "==", "-", "_", "+/", ".", ", ", ":",
    "0x41 ", "69 67 6e ", "69676e6f72", "deadbeef", "aWdub3JlIGFsbA", "camelCaseName", "key=", "1 2 3 4 5 ",
    "72, 101, 108 ",
    "2026-11-22T12:00", "01101001", "... --- ", "t00 ", "1gn0r3 ", "700 ", "@$", "!", "|", "i g n o r e ", "a  b   c ",
    "vafgehpgvbaf ", "cerivbhf ", "eht ", "dna ", "the ", "é", "всё ", "日本", "\u3000", "\xa0", "٣ ", "\ud800", "\x1c",
]  # fmt: skip
TEXTS: Final = st.lists(st.sampled_from(PARTS) | st.text(max_size=3), max_size=30).map("".join)
SEED: Final = re.compile(r"(?<![A-Za-z0-9+/_=-])[A-Za-z0-9+/_-]{8,}={0,2}")
MIXED: Final = re.compile(r"[a-z][A-Z]|[A-Za-z][0-9]|[0-9][A-Za-z]")
NUMBERS: Final = re.compile(r"(?<![\w.])\d{1,8}(?:[\s,;|:/-]{1,3}\d{1,8}){4,}(?![\w.]\w)")
SPACED: Final = re.compile(r"(?<![^\W_])[^\W_](?:[ \t.\-_*,|/+~]{1,3}[^\W_](?![^\W_])){4,}")
LEET: Final = re.compile(r"(?<![\w@$])[A-Za-z013457@$](?:[A-Za-z013457@$]|[!|+](?=[\w@$]))+(?![\w@$])")


@settings(max_examples=400, deadline=None)
@given(TEXTS)
def test_every_run_that_may_be_base64_is_looked_at(text: str) -> None:
    dense = [
        match.span()
        for match in SEED.finditer(text)
        if len(match[0]) >= 16 or match[0].endswith("=") or MIXED.search(match[0])
    ]
    assert list(blocks._seeds(text.encode("ascii", "replace"))) == dense


@settings(max_examples=400, deadline=None)
@given(TEXTS)
def test_every_row_of_numbers_is_looked_at(text: str) -> None:
    found = [match.span() for match in codes._rows(signs(text))]
    assert found == [match.span() for match in NUMBERS.finditer(text)]


@settings(max_examples=400, deadline=None)
@given(TEXTS)
def test_every_text_with_letters_apart_is_looked_at(text: str) -> None:
    assert wording._stand_alone(text.encode("ascii", "replace")) or not SPACED.search(text)


@settings(max_examples=400, deadline=None)
@given(TEXTS)
def test_words_with_digits_for_letters_are_read_as_if_all_were_looked_at(text: str) -> None:
    every = tuple(wording._unleeted_words(LEET.finditer(text)))
    assert tuple(wording._leet(signs(text))) == (every if wording._is_leet(text, every) else ())


@settings(max_examples=400, deadline=None)
@given(TEXTS)
def test_hidden_words_that_stand_out_are_always_searched_for(text: str) -> None:
    seen = signs(text)
    for hidden in (seen.odd & odd().rot13, seen.odd & odd().backwards):
        assert wording._outweigh(seen, hidden) or wording._places(text, hidden) is None


def test_eights_and_nines_of_other_scripts_are_no_octal_digits() -> None:
    assert [view.kind for view in views("٨٩ ٨٩ ٨٩ ٨٩ ٨٩ ٨٩ and 123456789012")] == ["plain"]


@given(st.lists(st.sampled_from([b"#", b"a", b"1", b" "]), max_size=40).map(b"".join))
def test_a_stretch_is_what_lies_between_signs_and_holds_a_needle(shape: bytes) -> None:
    expected = []
    at = 0
    for part in shape.split(b"#"):
        expected += [(at, at + len(part))] if b"a1" in part or b"1 1" in part else []
        at += len(part) + 1
    assert stretches(shape, (b"a1", b"1 1")) == expected


def test_bytes_that_no_text_has_are_refused_like_before() -> None:
    rng = random.Random(5)
    for size in (5, 9, 12, 40):
        for _ in range(300):
            data = rng.randbytes(size)
            assert blocks.readable(data) == _readable(data)
    assert blocks.readable("wide text".encode("utf-16-le")) == "wide text"
    assert blocks.readable(b"two\r\n\tlines, shown") == "two\r\n\tlines, shown"


def _readable(data: bytes) -> str | None:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return None
    shown = re.sub(r"[\r\n\t]", " ", text)
    if not all(char.isprintable() or ord(char) > 0x9F for char in shown):
        return None
    return blocks.readable(data) if len(data) < 12 else text


LONG: Final = {
    "prose": "The ferry leaves at nine, so we should be at the harbour by half past eight. ",
    "code": 'def getItem(self, keyName: str) -> dict[str, int]:\n    return self.itemsByName["x_1"]  # see RFC2119\n',
    "HTML": '<div class="row"><a href="/docs/v2/index.html?x=1&y=2">Read <b>more</b></a>&nbsp;</div>\n',
    "JSON": '{"id": 408123, "sku": "40fe7aae", "at": "2026-09-16T12:00:00Z", "price": 71.25, "ok": true},\n',
    "log": "2026-11-22 12:03:45,123 INFO worker[7] 767a539d0e8a73ca218f131dd281cd81 took 12 ms status=200\n",
}


@pytest.mark.parametrize(("kind", "most"), [("prose", 1.5), ("code", 4.5), ("HTML", 6), ("JSON", 14), ("log", 40)])
def test_looking_at_a_text_costs_a_few_times_what_finding_its_words_costs(kind: str, most: float) -> None:
    text = (LONG[kind] * 200)[:4_000]
    word = re.compile(r"[^\W\d_]+")
    views(text)
    assert _seconds(lambda: views(text)) < most * _seconds(lambda: word.findall(text))


def _seconds(action: Callable[[], object]) -> float:
    found = []
    for _ in range(7):
        started = time.thread_time()
        for _ in range(20):
            action()
        found.append((time.thread_time() - started) / 20)
    return min(found)
