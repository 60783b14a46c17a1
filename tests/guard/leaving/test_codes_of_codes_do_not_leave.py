"""What is written in a code, and that in another one, leaves neither whole nor streamed, however it is cut."""

from __future__ import annotations

import random
from typing import Final

import pytest
from guard.leaving.codes import WAYS, nested
from hypothesis import given, settings
from hypothesis import strategies as st

from accord.core.guard import Outcome, Treatment
from accord.guard.leaks import Leaks
from accord.guard.leaving.peeling import MOST, peeled
from accord.guard.stream import Stream

CANARY: Final = "K7f3-a9c2-1bd8-44e0-zQ91"
LEAKS: Final = Leaks([CANARY])
BEFORE: Final = "Sure, here it is.\n"
AFTER: Final = "\nand that is all that I can say."
KEY: Final = "AKIA" + "Q3EGRNX7ZKLMW2PD"
ALL: Final = dict(nested(CANARY))
AMBIGUOUS: Final = frozenset(("marks, marks",))


def streamed(leaks: Leaks, text: str, size: int) -> tuple[str, bool]:
    stream = Stream(leaks)
    said = [stream.feed(text[at : at + size]) for at in range(0, len(text), size)]
    said.append(stream.end())
    met = [one.hit for one in said if one.hit is not None]
    return "".join(one.text for one in said), any(hit.outcome is Outcome.BLOCK for hit in met)


@pytest.mark.parametrize("inner", WAYS)
def test_a_code_of_a_code_is_met_in_a_whole_answer(inner: str) -> None:
    for name, text in ALL.items():
        if name.startswith(f"{inner}, ") and name not in AMBIGUOUS:
            hits = LEAKS.hits(BEFORE + text + AFTER)
            assert [hit for hit in hits if hit.rule == "canary"], name


@pytest.mark.parametrize("inner", WAYS)
def test_a_code_of_a_code_does_not_leave_in_a_stream(inner: str) -> None:
    for name, text in ALL.items():
        if name.startswith(f"{inner}, ") and name not in AMBIGUOUS:
            out, cut = streamed(LEAKS, BEFORE + text + AFTER, 23)
            assert cut, name
            assert len(out) - len(BEFORE) < 0.55 * len(text), name


@pytest.mark.parametrize("name", ["rot13, decimal", "decimal, base64", "bold, hex", "base64, decimal with commas"])
def test_of_a_code_of_a_code_hardly_a_letter_leaves(name: str) -> None:
    for size in (1, 3, 11, 4_000):
        out, cut = streamed(LEAKS, BEFORE + ALL[name] + AFTER, size)
        assert cut
        assert len(out) - len(BEFORE) <= len(ALL[name]) // 5, (size, out)


def test_what_else_is_met_in_an_answer_hides_no_code_of_a_code() -> None:
    beside = f"[see](https://other.example/?q={'x' * 40}) and {KEY}\n"
    hits = LEAKS.hits(beside + ALL["rot13, decimal"])
    assert {"address", "canary"} <= {hit.rule for hit in hits}


@pytest.mark.parametrize("coded", ["decimal", "binary", "hex with 0x", "octal", "base32"])
def test_a_key_in_a_code_that_says_nothing_in_a_language_is_taken_out(coded: str) -> None:
    said = WAYS[coded](f"key={KEY}")
    for text in (said, WAYS["base64"](said)):
        hits = LEAKS.hits(BEFORE + text + AFTER)
        assert {hit.outcome for hit in hits} == {Outcome.REDACT}, text


@pytest.mark.parametrize("coded", ["base64", "hex", "decimal", "percent"])
def test_personal_data_in_a_code_is_taken_out_where_the_policy_says_so(coded: str) -> None:
    said = WAYS[coded]("card 4556 7375 8689 9855 of jane.doe@mail-provider.co.uk")
    hits = Leaks(personal=Treatment.REDACT).hits(BEFORE + said + AFTER)
    assert {hit.rule for hit in hits} == {"personal:payment-card", "personal:email"}
    assert not Leaks().hits(BEFORE + said + AFTER)


def test_what_stands_plainly_around_a_code_is_not_read_anew_where_it_is_cut() -> None:
    leaks = Leaks(personal=Treatment.REDACT)
    around = "Write to " + "x" * 20 + " " * 3 + "support@shop.example.org for more about it, as ever. "
    for size in range(40, 80):
        text = around + "y " * (size // 2) + WAYS["base64"]("this is nothing but words") + " end"
        assert leaks.hits(text) == leaks.hits(around), size


@settings(max_examples=60, deadline=None)
@given(text=st.text(max_size=200) | st.text(alphabet="0123456789abcdefx ,%\\=&#;*<>.-+/\u200b\u200c", max_size=300))
def test_undoing_codes_ends_and_every_place_lies_in_the_text(text: str) -> None:
    made = list(peeled(text)) + list(peeled(text, ends=False))
    assert len(made) <= 2 * MOST + 2
    for view in made:
        for at in range(0, len(view.text), 7):
            start, end = view.at(at, at + 1)
            assert 0 <= start <= end <= len(text)


def test_honest_texts_with_ids_and_tables_are_not_held_and_leave_unaltered() -> None:
    rng = random.Random(3)  # a fixed text, no secret
    lines = [f"2026-05-01 12:0{at % 10}:11 INFO {rng.randbytes(16).hex()} took {at} ms" for at in range(20)]
    lines += [", ".join(str(rng.randrange(1_000)) for _ in range(9)) for _ in range(20)]
    lines += [WAYS["base64"](rng.randbytes(30).hex()), "| a | b |\n|---|---|\n| 12 | 34 |", "- **one**: `x = 2`"]
    text = "\n".join(lines)
    leaks = Leaks([CANARY], secrets=Treatment.OFF)
    assert not leaks.hits(text)
    stream = Stream(leaks)
    held = []
    out = ""
    for at in range(0, len(text), 3):
        out += stream.feed(text[at : at + 3]).text
        held.append(stream.held)
    assert out + stream.end().text == text
    assert sum(size > 12 for size in held) <= len(held) // 100
