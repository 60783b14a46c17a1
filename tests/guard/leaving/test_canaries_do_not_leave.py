"""A canary is found in any form, and does not leave however the text is cut into pieces."""

from __future__ import annotations

import base64
import codecs
import itertools
import re
from collections.abc import Iterable, Iterator
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accord.core.canon import digest
from accord.core.case import Action
from accord.core.errors import ManifestError
from accord.core.guard import GuardRule, Hit, Outcome, Treatment
from accord.core.system import Mode
from accord.guard.leaks import Leaks
from accord.guard.leaving.forms import Form, letters_of
from accord.guard.leaving.substrings import Owned, Substrings, Track
from accord.guard.stream import MOST, Released, Stream

CANARY: Final = "K7f3-a9c2-1bd8-44e0-zQ91"
BYTES: Final = CANARY.encode()
LEAKS: Final = Leaks([CANARY], secrets=Treatment.OFF)
BEFORE: Final = "Sure, the value is: "
AFTER: Final = " and that is all that I can say."
FORMS: Final = {
    "as it is": CANARY,
    "in capitals": CANARY.upper(),
    "without hyphens": CANARY.replace("-", ""),
    "with blanks": " ".join(CANARY),
    "with dots": ".".join(CANARY),
    "a letter a line": "\n".join(CANARY),
    "with zero width": "\u200b".join(CANARY),
    "in quotes": ", ".join(f"'{char}'" for char in CANARY),
    "full width": "".join(chr(0xFEE0 + byte) for byte in BYTES),
    "tags": "".join(chr(0xE0000 + byte) for byte in BYTES),
    "Cyrillic": CANARY.replace("a", "а").replace("K", "К").replace("e", "е"),
    "reversed": CANARY[::-1],
    "rot13": codecs.encode(CANARY, "rot13"),
    "hex": BYTES.hex(),
    "hex with blanks": BYTES.hex(" ").upper(),
    "hex with 0x": " ".join(map(hex, BYTES)),
    "percent": "".join(f"%{byte:02X}" for byte in BYTES),
    "percent in part": CANARY.replace("a", "%61").replace("7", "%37").replace("-", "%2D"),
    "entities": "".join(f"&#{byte};" for byte in BYTES),
    "entities in hex": "".join(f"&#x{byte:x};" for byte in BYTES),
    "JSON": "".join(f"\\u{byte:04x}" for byte in BYTES),
    "escaped": "".join(f"\\x{byte:02x}" for byte in BYTES),
    "octal": " ".join(f"{byte:o}" for byte in BYTES),
    "decimal": ", ".join(map(str, BYTES)),
    "binary": " ".join(f"{byte:08b}" for byte in BYTES),
    "base64 at 0": base64.b64encode(BYTES).decode(),
    "base64 at 1": base64.b64encode(b"x" + BYTES + b"tail").decode(),
    "base64 at 2": base64.b64encode(b"xx" + BYTES + b"tail").decode(),
    "base64 for addresses": base64.urlsafe_b64encode(b"??" + BYTES).decode(),
    "base64 over lines": base64.encodebytes(BYTES).decode(),
    "bold": f"**{CANARY[:9]}**_{CANARY[9:]}_",
    "tags of markup": f'{CANARY[:3]}<b>{CANARY[3:8]}</b><span style="color:red">{CANARY[8:]}</span>',
    "a comment": f"{CANARY[:6]}<!-- nothing to see -->{CANARY[6:]}",
    "links": f"[{CANARY[:9]}](https://a.example/q)[{CANARY[9:]}](https://b.example)",
    "a picture": f"![x](https://a.example/?q={CANARY})",
    "a link in an attribute": f'<img src="https://a.example/{CANARY}.png">',
    "soft hyphens": CANARY.replace("a", "a&shy;").replace("4", "&#8203;4"),
}  # fmt: skip


def run(stream: Stream, parts: Iterable[str]) -> tuple[str, Hit | None]:
    said = [stream.feed(part) for part in parts]
    said.append(stream.end())
    return "".join(one.text for one in said), next((one.hit for one in said if one.hit), None)


def splits(text: str) -> Iterator[list[str]]:
    yield from ([text[:at], text[at:]] for at in range(len(text) + 1))
    yield from ([text[at : at + size] for at in range(0, len(text), size)] for size in (1, 2, 3, 5, 7))


@pytest.mark.parametrize("name", FORMS)
def test_a_canary_is_found_in_a_whole_text(name: str) -> None:
    text = BEFORE + FORMS[name] + AFTER
    hits = [hit for hit in LEAKS.hits(text) if hit.rule == "canary"]
    assert hits
    assert all(hit.outcome is Outcome.BLOCK for hit in hits)
    assert len(BEFORE) <= hits[0].start + 1
    assert hits[0].start < hits[-1].end <= len(text)


@pytest.mark.parametrize("name", FORMS)
def test_a_canary_does_not_leave_wherever_the_text_is_cut(name: str) -> None:
    text = BEFORE + FORMS[name] + AFTER
    for parts in splits(text):
        out, hit = run(Stream(LEAKS), parts)
        assert hit is not None
        assert hit.outcome is Outcome.BLOCK
        assert text.startswith(out)
        if name not in {"links", "a picture", "a link in an attribute"}:
            assert letters_left(out[len(BEFORE) :]) <= 6, (parts, out)
        assert longest_part(letters_of(out[len(BEFORE) :])) <= 3, (parts, out)


def letters_left(out: str) -> int:
    """Three letters of a form, or of one that begins one or two places later at another alignment."""
    from accord.guard.leaving.letters import readings

    return min(len(letters_of(reading)) for reading in readings(out))


def longest_part(out: str) -> int:
    plain = letters_of(CANARY)
    parts = ((size, at) for size in range(1, len(plain) + 1) for at in range(len(plain) - size + 1))
    return max((size for size, at in parts if plain[at : at + size] in out), default=0)


@settings(max_examples=150, deadline=None)
@given(
    name=st.sampled_from(sorted(FORMS)), cuts=st.lists(st.integers(0, 400), max_size=12), flushes=st.integers(0, 4095)
)
def test_silences_do_not_let_a_canary_go(name: str, cuts: list[int], flushes: int) -> None:
    text = BEFORE + FORMS[name] + AFTER
    places = sorted({0, len(text), *(cut for cut in cuts if cut < len(text))})
    stream = Stream(LEAKS)
    out, hit = "", None
    for index, (start, end) in enumerate(itertools.pairwise(places)):
        for said in (stream.feed(text[start:end]), stream.flush() if flushes >> index & 1 else Released("")):
            out, hit = out + said.text, said.hit or hit
    said = stream.end()
    assert (said.hit or hit) is not None
    assert text.startswith(out + said.text)
    assert longest_part(letters_of((out + said.text)[len(BEFORE) :])) <= 3


@settings(max_examples=150, deadline=None)
@given(text=st.text(max_size=300), cuts=st.lists(st.integers(0, 300), max_size=10))
def test_what_may_leave_leaves_unaltered(text: str, cuts: list[int]) -> None:
    places = sorted({0, len(text), *(cut for cut in cuts if cut < len(text))})
    out, hit = run(Stream(LEAKS), [text[start:end] for start, end in itertools.pairwise(places)])
    assert (out, hit) == (text, None)


@given(text=st.text(alphabet="aAkK7f3&%<>\\]([#x;- 0149cbdezq\u200b", max_size=200))
def test_whole_and_cut_texts_are_judged_alike(text: str) -> None:
    whole = [hit.rule for hit in LEAKS.hits(text) if hit.rule == "canary"]
    out, hit = run(Stream(LEAKS), list(text))
    assert (hit is not None) == bool(whole)
    assert hit is not None or out == text


def test_a_part_of_a_canary_is_found_too() -> None:
    assert LEAKS.hits("it ends in 44e0-zQ91, they say")
    assert not LEAKS.hits("it ends in e0-zQ91, they say")
    assert not LEAKS.hits("the words are 4ae, a9c and 1bd")


def test_a_canary_of_words_is_not_found_in_other_texts_with_these_words() -> None:
    leaks = Leaks(["Project Bluebird Harbour"], secrets=Treatment.OFF)
    assert leaks.hits("it is called project-bluebird-harbour")
    assert not leaks.hits("we saw a bluebird at the harbour in this project")


def test_a_short_canary_must_be_there_whole() -> None:
    leaks = Leaks(["zx81q"], secrets=Treatment.OFF)
    assert leaks.hits("a ZX-81-Q it was")
    assert not leaks.hits("a zx81 it was")
    with pytest.raises(ManifestError) as caught:
        Leaks(["a-1"])
    assert caught.value.code == "ACC-E700"


def test_a_canary_of_other_letters_is_found() -> None:
    leaks = Leaks(["Schlüßel-Ключ-77"], secrets=Treatment.OFF)
    escaped = "".join(f"%{byte:02X}" for byte in "Schlüßel-Ключ-77".encode())
    for text in ("schlüssel ключ 77", "SCHLÜSSEL-КЛЮЧ-77", escaped):
        for parts in splits(text):
            assert run(Stream(leaks), parts)[1] is not None, parts


def test_of_many_canaries_each_is_found() -> None:
    many = [f"c4n{number:03}-{number * 7919 % 100003:05}-x9" for number in range(40)]
    leaks = Leaks(many, secrets=Treatment.OFF)
    for canary in many[::13]:
        for form in (canary, canary[::-1], canary.encode().hex(), base64.b64encode(canary.encode()).decode()):
            assert leaks.hits(f"it is {form}.")


def test_the_shut_stream_lets_nothing_go() -> None:
    stream = Stream(LEAKS)
    hit = stream.feed(f"x {CANARY} y").hit
    assert hit is not None
    assert stream.feed("more") == stream.flush() == stream.end() == Released("", hit)
    assert stream.held == 0


def test_letters_with_much_between_them_are_not_let_go() -> None:
    for gap in (" " * 40, "\n" * 120, "-" * 300, "<b " + "x" * 300 + ">"):
        text = BEFORE + gap.join(letters_of(CANARY)) + AFTER
        stream = Stream(LEAKS)
        out, hit = run(stream, list(text))
        assert hit is not None, gap[:3]
        assert len(letters_of(re.sub("<[^>]*>?", "", out[len(BEFORE) :]))) <= 5, gap[:3]


def test_no_more_is_held_than_the_bound() -> None:
    stream = Stream(LEAKS)
    text = ("k7f" + "-" * 90 + "3a & <b it is 100%\n") * 40
    held = 0
    out = ""
    for char in text:
        out += stream.feed(char).text
        held = max(held, stream.held)
    assert held <= MOST
    assert out + stream.end().text == text


def test_in_shadow_everything_leaves_at_once_and_the_hit_is_told() -> None:
    stream = Stream(Leaks([CANARY]), enforced=False)
    text = f"{BEFORE}{CANARY}{AFTER}"
    said = [stream.feed(char) for char in text]
    assert [one.text for one in said] == list(text)
    assert [one.hit.rule for one in said if one.hit] == ["canary"]


def rule(pattern: str, *, action: Action = Action.BLOCK, mode: Mode = Mode.ENFORCE) -> GuardRule:
    return GuardRule(rule=1, id="r-1", case=digest(pattern), name="said", action=action, outputs=(pattern,), mode=mode)


@pytest.mark.parametrize("pattern", [r"(?i)owned by bluebird", r"owned\x{20}by bluebird", r"(?i)owned by \w+bird"])
def test_what_a_rule_forbids_is_not_said(pattern: str) -> None:
    text = "You are now owned by bluebird, forever."
    leaks = Leaks(rules=[rule(pattern)])
    assert {(hit.rule, hit.outcome) for hit in leaks.hits(text)} == {("r-1", Outcome.BLOCK)}
    for parts in splits(text):
        out, hit = run(Stream(leaks), parts)
        assert hit is not None
        assert text.startswith(out)
        assert "bluebird" not in out


def test_a_rule_on_trial_only_flags_what_is_said() -> None:
    leaks = Leaks(rules=[rule("owned by bluebird", mode=Mode.SHADOW)])
    out, hit = run(Stream(leaks), list("now owned by bluebird"))
    assert out == "now owned by bluebird"
    assert hit is not None
    assert hit.outcome is Outcome.FLAG


def test_what_a_rule_takes_out_is_taken_out() -> None:
    leaks = Leaks(rules=[rule("owned by [a-z]+", action=Action.REDACT)])
    assert run(Stream(leaks), ["now owned by bluebird!"])[0] == "now [redacted]!"


@given(
    texts=st.lists(st.text(alphabet="ab1", min_size=1, max_size=9), min_size=1, max_size=5),
    read=st.text("ab1", max_size=30),
)
def test_the_automaton_knows_the_longest_part_at_every_letter(texts: list[str], read: str) -> None:
    track = Track(Substrings([Owned(Form(text, 4, "x"), -1) for text in texts]))
    for at, letter in enumerate(read):
        told = track.step(letter, at)
        ends = [read[start : at + 1] for start in range(at + 1)]
        longest = max((len(end) for end in ends if any(end in text for text in texts)), default=0)
        assert track.length == longest
        assert told == (longest >= 4)
