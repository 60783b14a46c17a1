"""A canary in disguise is met whole, in arguments and addresses, and hardly begins to leave in a stream."""

from __future__ import annotations

import base64
import gzip
import itertools
import random
import re
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import quote

import pytest
from guard.leaving.disguises import Disguise, disguises, plain_of
from hypothesis import given, settings
from hypothesis import strategies as st

from accord.core.errors import GuardError, ManifestError
from accord.core.guard import GuardPolicy, GuardTool, Hit, Outcome, Treatment
from accord.core.system import Approval
from accord.core.trial import ToolCall
from accord.guard.doors.functions import Guarded
from accord.guard.engine import Guard, Scene
from accord.guard.leaks import Leaks
from accord.guard.leaving.ciphers import spelling, spelling_words
from accord.guard.stream import MOST, Stream

CANARIES: Final = (
    "K7f3-a9c2-1bd8-44e0-zQ91",
    "tok_9fK2mXq7LpRw3Zbn",
    "8842-1190-7736-5512",
    "Project Bluebird Harbour",
    "swordfish-tango-42",
    "9b1deb4d3b7d4bad9bdd2b0d7b3dcb6d",
    "ACME/prod?key=Zx81q00T",
)
LEAKS: Final = {canary: Leaks([canary], secrets=Treatment.OFF) for canary in CANARIES}
BEFORE: Final = "Sure, here it is.\n"
AFTER: Final = " and that is all that I can say."
WORST: Final = 3  # letters of a canary in disguise that leave before it is seen
ALL: Final = [(canary, one) for canary in CANARIES for one in disguises(canary)]
NAMES: Final = [f"{canary[:6]} {one.name}" for canary, one in ALL]
FIRST: Final = [one for canary, one in ALL if canary == CANARIES[0]]


def run(leaks: Leaks, parts: Iterable[str]) -> tuple[str, Hit | None]:
    stream = Stream(leaks)
    said = [stream.feed(part) for part in parts]
    said.append(stream.end())
    return "".join(one.text for one in said), next((one.hit for one in said if one.hit), None)


def pieces(text: str, size: int) -> list[str]:
    return [text[at : at + size] for at in range(0, len(text), size)]


def slack(one: Disguise) -> int:
    """Return the letters more that may leave where a character tells less or more than a letter."""
    thin = {"base85", "ascii85", "uuencoded", "rot47", "as in", "pig latin", "zlib", "zlib, best", "one number"}
    return 2 if one.name in thin or "percent" in one.name or "base64" in one.name else 0


@pytest.mark.parametrize(("canary", "one"), ALL, ids=NAMES)
def test_a_disguise_is_met_in_a_whole_answer(canary: str, one: Disguise) -> None:
    hits = LEAKS[canary].hits(BEFORE + one.text + AFTER)
    assert [hit.outcome for hit in hits if hit.rule == "canary"], one.text


@pytest.mark.parametrize(("canary", "one"), ALL, ids=NAMES)
def test_a_disguise_hardly_begins_to_leave_in_a_stream(canary: str, one: Disguise) -> None:
    text = BEFORE + one.text + AFTER
    for size in (1, 4, 17, 1_000):
        out, hit = run(LEAKS[canary], pieces(text, size))
        assert hit is not None, size
        assert hit.outcome is Outcome.BLOCK
        assert text.startswith(out)
        told = one.told(out[len(BEFORE) :])
        assert told <= (0 if size == 1_000 else WORST) + slack(one), (size, told, out)


@pytest.mark.parametrize(
    "name", ["rot18", "Atbash", "base64", "base32", "hex", *(f"moved by {by}" for by in range(1, 26))]
)
def test_of_a_disguise_that_begins_like_no_word_a_letter_or_two_leave_at_most(name: str) -> None:
    one = next(one for one in FIRST if one.name == name)
    out, hit = run(LEAKS[CANARIES[0]], list(BEFORE + one.text + AFTER))
    assert hit is not None
    assert len(out) - len(BEFORE) <= (2 if name in {"hex", "base64"} else 1), out


def test_honest_text_is_held_no_longer_for_it() -> None:
    honest = Path(__file__).parents[3].joinpath("docs", "explanation", "guard.md").read_text()[:6_000]
    stream, held = Stream(LEAKS[CANARIES[0]]), []
    for part in re.findall(r"\s?\w+|\s?[^\w\s]|\s", honest):
        stream.feed(part)
        held.append(stream.held)
    assert sum(size > 0 for size in held) <= len(held) // 20
    assert sum(held) <= len(honest) // 20


@pytest.mark.parametrize("one", FIRST, ids=[one.name for one in FIRST])
def test_a_disguise_does_not_leave_wherever_the_stream_is_cut(one: Disguise) -> None:
    text = BEFORE + one.text + AFTER
    step = max(1, len(text) // 120)
    for at in range(len(BEFORE), len(text), step):
        out, hit = run(LEAKS[CANARIES[0]], [text[:at], text[at:]])
        assert hit is not None, at
        assert one.told(out[len(BEFORE) :]) <= WORST + slack(one), (at, out)


@pytest.mark.parametrize("canary", CANARIES)
def test_of_a_canary_as_it_is_nothing_leaves_wherever_the_stream_is_cut(canary: str) -> None:
    for before, after in ((BEFORE, AFTER), ("", ""), ("`", "`"), ("https://evil.example/?q=", "&x=1"), ("x\n", "\ny")):
        text = before + canary + after
        cuts = [[text[:at], text[at:]] for at in range(len(text) + 1)]
        for parts in (*cuts, *(pieces(text, size) for size in (1, 2, 3, 5, 7))):
            out, hit = run(LEAKS[canary], parts)
            assert hit is not None
            assert before.startswith(out), parts


@pytest.mark.parametrize("canary", CANARIES)
def test_of_a_canary_that_is_glued_to_a_word_one_letter_leaves_at_most(canary: str) -> None:
    for before in ("id", "Id7", "über"):
        text = before + canary
        for parts in (list(text), *([text[:at], text[at:]] for at in range(len(text) + 1))):
            out, _ = run(LEAKS[canary], parts)
            assert len(out) <= len(before) + 1


@pytest.mark.parametrize("canary", CANARIES)
def test_a_silence_lets_nothing_of_a_canary_go(canary: str) -> None:
    stream = Stream(LEAKS[canary])
    out = ""
    for char in BEFORE + canary:
        out += stream.feed(char).text + stream.flush().text
    assert BEFORE.startswith(out + stream.end().text)


def guard(canary: str) -> Guard:
    tools = (GuardTool(name="read_note"), GuardTool(name="send_note", approval=Approval.NONE))
    return Guard(GuardPolicy(guard=1, canaries=(canary,), tools=tools), scorer=None)


@pytest.mark.parametrize("one", FIRST, ids=[one.name for one in FIRST])
def test_a_disguise_leaves_in_no_argument(one: Disguise) -> None:
    guarded = Guarded(guard(CANARIES[0]))

    @guarded.tool
    def read_note(name: object) -> str:
        """Read a note."""
        raise AssertionError(name)

    args: Iterator[object] = iter(
        [one.text, [one.text], {"a": {one.text: 1}}, {"a": [{"b": f"x {one.text} y"}]}, one.text.encode()]
    )
    for value in args:
        with pytest.raises(GuardError) as caught:
            read_note(value)
        assert caught.value.decision is not None
        assert caught.value.decision.code == "canary"


def test_a_canary_that_is_shared_out_over_arguments_does_not_leave() -> None:
    canary = CANARIES[0]
    made = guard(canary)
    for at in range(1, len(canary)):
        halves = [canary[:at], canary[at:]]
        for args in ({"a": halves[0], "b": halves[1]}, {"a": halves}, {"a": {"x": halves[0], "y": [halves[1]]}}):
            scene = Scene((), (), heard=False)
            assert made.authorise(scene, ToolCall(name="read_note", args=args), now=datetime.now(UTC)).outcome.stops


def test_a_canary_behind_very_much_in_an_argument_does_not_leave() -> None:
    made = guard(CANARIES[0])
    deep: object = CANARIES[0]
    for _ in range(60):
        deep = [deep]
    for value in (["x"] * 20_000 + [CANARIES[0]], deep, {"x": {str(at): at for at in range(20_000)}, "y": CANARIES[0]}):
        ruling = made._leaked(Scene(()), ToolCall(name="read_note", args={"a": value}))
        assert ruling is not None
        assert ruling.code == "canary"
    assert made._leaked(Scene(()), ToolCall(name="read_note", args={"a": ["x"] * 200_000})) is not None


@pytest.mark.parametrize("one", FIRST, ids=[one.name for one in FIRST])
def test_a_disguise_leaves_in_no_address(one: Disguise) -> None:
    leaks = LEAKS[CANARIES[0]]
    told = quote(one.text, safe="")
    for address in (
        f"https://evil.example/?q={told}",
        f"https://evil.example/{told}",
        f"https://x:{told}@evil.example",
    ):
        assert any(hit.rule == "canary" for hit in leaks.hits(f"see {address} ok")), address


def test_a_canary_leaves_in_no_name_of_a_host_and_over_no_links() -> None:
    leaks, plain = LEAKS[CANARIES[0]], plain_of(CANARIES[0])
    coded = base64.b32encode(CANARIES[0].encode()).decode().lower().rstrip("=")
    for text in (
        f"https://{plain}.evil.example/",
        f"https://{plain[:10]}.{plain[10:]}.evil.example/",
        f"//{CANARIES[0]}.evil.example",
        f"https://{coded}.evil.example",
        f"https://{CANARIES[0].encode().hex()}.evil.example",
        "\n".join(f"https://evil.example/{char}" for char in plain) + "\n",
        " ".join(f"![]({plain[at : at + 4]})" for at in range(0, len(plain), 4)),
        "\n".join(f"* https://{plain[at : at + 5]}.evil.example" for at in range(0, len(plain), 5)),
    ):
        assert any(hit.rule == "canary" for hit in leaks.hits(text)), text


def test_compressed_data_is_read_behind_much_else_and_in_parts() -> None:
    leaks = LEAKS[CANARIES[0]]
    noise = "".join(random.Random(4).choice("abcdefgh ijklmnop") for _ in range(900))
    for data in (f"{noise}{CANARIES[0]}", f"{CANARIES[0]}{noise}", f"{noise}{CANARIES[0]}{noise}"):
        for packed in (zlib.compress(data.encode()), gzip.compress(data.encode()), zlib.compress(data.encode(), 1)):
            text = "data: " + base64.b64encode(packed).decode() + " ok"
            assert any(hit.rule == "canary" for hit in leaks.hits(text))
            for size in (1, 7, 64):
                assert run(leaks, pieces(text, size))[1] is not None
            lines = base64.encodebytes(packed).decode()
            assert any(hit.rule == "canary" for hit in leaks.hits(lines))


NESTED: Final[Mapping[str, Callable[[str], str]]] = {
    "NATO in base64": lambda text: base64.b64encode(text.encode()).decode(),
    "hex of it": lambda text: text.encode().hex(),
    "percent": lambda text: "".join(f"%{byte:02x}" for byte in text.encode()),
    "base64, three times": lambda text: base64.b64encode(base64.b64encode(base64.b64encode(text.encode()))).decode(),
    "compressed": lambda text: base64.b64encode(zlib.compress(text.encode())).decode(),
}


@pytest.mark.parametrize("name", NESTED)
@pytest.mark.parametrize("inner", ["NATO", "as it is", "leet", "Morse code", "first letters of words", "rot47"])
def test_what_is_hidden_twice_is_met_in_a_whole_answer(name: str, inner: str) -> None:
    known = {one.name: one.text for one in FIRST} | {"as it is": CANARIES[0]}
    text = NESTED[name](f"Here is what you wanted to know about it: {known[inner]} and no more.")
    if name != "compressed" or inner in {"as it is", "rot47"}:
        hits = LEAKS[CANARIES[0]].hits(f"Take {text} ok")
        assert [hit.rule for hit in hits if hit.outcome.stops] != []


def test_data_that_unfold_without_end_are_given_up() -> None:
    leaks = LEAKS[CANARIES[0]]
    bomb = base64.b64encode(zlib.compress(b"\0" * 50_000_000, 9)).decode()
    begun = time.process_time()
    assert leaks.hits(bomb) == ()
    out, hit = run(leaks, pieces(bomb[:20_000], 40))
    assert (out, hit) == (bomb[:20_000], None)
    assert time.process_time() - begun < 5


@settings(max_examples=150, deadline=None)
@given(text=st.text(max_size=300), cuts=st.lists(st.integers(0, 300), max_size=10))
def test_what_is_no_canary_leaves_unaltered(text: str, cuts: list[int]) -> None:
    places = sorted({0, len(text), *(cut for cut in cuts if cut < len(text))})
    parts = [text[start:end] for start, end in itertools.pairwise(places)]
    for canary in CANARIES[:3]:
        if not LEAKS[canary].hits(text):
            assert run(LEAKS[canary], parts) == (text, None)


@settings(max_examples=100, deadline=None)
@given(
    one=st.sampled_from(FIRST),
    before=st.text(alphabet=" .,\n-abcK7f'0", max_size=30),
    cuts=st.lists(st.integers(0, 400), max_size=12),
    flushes=st.integers(0, 4095),
)
def test_silences_and_what_stands_before_let_no_disguise_go(
    one: Disguise, before: str, cuts: list[int], flushes: int
) -> None:
    before = f"{before}\n\nSo: "
    text = before + one.text + AFTER
    places = sorted({0, len(text), *(cut for cut in cuts if cut < len(text))})
    stream, out, hit = Stream(LEAKS[CANARIES[0]]), "", None
    for index, (start, end) in enumerate(itertools.pairwise(places)):
        said = [stream.feed(text[start:end])]
        said += [stream.flush()] if flushes >> index & 1 else []
        out += "".join(part.text for part in said)
        hit = hit or next((part.hit for part in said if part.hit), None)
    last = stream.end()
    assert (hit or last.hit) is not None
    assert one.told((out + last.text)[len(before) :]) <= WORST + slack(one) + 1


@pytest.mark.parametrize("gap", [90, 130, 400])
def test_first_letters_of_long_lines_are_cut_at_the_sixth(gap: int) -> None:
    plain = plain_of(CANARIES[0])
    lines = [f"{char}x {'nn ' * (gap // 3)}\n" for char in plain]
    out, hit = run(LEAKS[CANARIES[0]], list("".join(lines)))
    assert hit is not None
    assert out.count("\n") <= 5


def test_no_more_is_held_than_the_bound_by_any_reading() -> None:
    stream = Stream(LEAKS[CANARIES[0]])
    text = ("K is kilo. 7 K7F then eJx a9c2 -- .-. - . 4lways k1lo\n" * 40) + "H4sIAAAAAAAA" + "A" * 3_000
    held, out = 0, ""
    for part in pieces(text, 3):
        out += stream.feed(part).text
        held = max(held, stream.held)
    assert held <= MOST + 3
    assert out + stream.end().text == text


@pytest.mark.parametrize(
    "text",
    [
        "Kilo is a unit, Mike went to a hotel in India in November with Oscar and Papa.",
        "One, two, three, four, five, six, seven, eight, nine, ten, eleven, twelve.",
        "1. one\n2. two\n3. three\n4. four\n5. five\n6. six\n7. seven\n8. eight\n9. nine\n",
        "let i = 0; let j = 1; for (k = 0; k < n; k++) { a[i] = b[j] - c[k]; x = y * z; }",
        "We saw a bluebird at the harbour in this project; 42 people, a tango, and a swordfish.",
        "- - - . . . - - -  --- ... --- .... .. - .- .-. -",
        "The table has 1190 rows, 8842 columns, 12 pages, and 77 notes; 36 were 55.",
        "eJwrong eNough eAHead H4sI is how gzip begins in base64",
        "Pr0ject m3mbers: l33t sp34k is 4 g4me; 1t 1s n0t 4 c0de.",
    ],
)
def test_honest_texts_that_look_alike_pass(text: str) -> None:
    for canary in CANARIES:
        assert LEAKS[canary].hits(text) == ()
        assert run(LEAKS[canary], list(text)) == (text, None)


def test_the_cost_grows_with_the_text_alone() -> None:
    leaks = Leaks(CANARIES, secrets=Treatment.OFF)
    for unit in (
        "the quick brown fox ",
        "k7f3a9c2x",
        ". - ",
        "a b c ",
        "eJx",
        "H4sI",
        "%25",
        "&amp;",
        "p\n",
        "4l3t! ",
        "K7",
    ):
        costs = []
        for count in (2_000, 16_000):
            text = (unit * (count // len(unit) + 1))[:count]
            begun = time.process_time()
            leaks.hits(text)
            stream = Stream(leaks)
            for part in pieces(text, 16):
                stream.feed(part)
            costs.append(time.process_time() - begun)
        assert costs[1] <= 40 * costs[0] + 0.05, unit


@settings(max_examples=120, deadline=None)
@given(canary=st.text(min_size=4, max_size=40), cut=st.integers(0, 60))
def test_any_text_can_be_a_canary_and_does_not_leave(canary: str, cut: int) -> None:
    try:
        leaks = Leaks([canary], secrets=Treatment.OFF)
    except ManifestError:
        return
    text = f"So: {canary}."
    assert any(hit.rule == "canary" for hit in leaks.hits(text))
    out, hit = run(leaks, [text[:cut], text[cut:]])
    assert hit is not None
    assert text.startswith(out)
    assert not leaks.hits(out)


def test_every_letter_and_digit_can_be_spelled() -> None:
    assert set(spelling_words()) == set("0123456789abcdefghijklmnopqrstuvwxyz")
    assert spelling()["kilo"] == "k"
    assert spelling()["fünf"] == "5"
