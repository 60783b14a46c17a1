"""What a glance calls clear holds nothing: alone, and with what surrounds an answer written behind it."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import pytest
from guard.leaving.codes import nested
from guard.leaving.disguises import Disguise, disguises
from hypothesis import given, settings
from hypothesis import strategies as st

from accord.core.canon import digest
from accord.core.case import Action
from accord.core.guard import GuardPolicy, GuardRule, Outcome, Treatment
from accord.guard.engine import Guard
from accord.guard.flow.answers import LEADS, may_link
from accord.guard.leaks import Leaks
from accord.guard.leaving.recognised import alarming

CANARY: Final = "K7f3-a9c2-1bd8-44e0-zQ91"
SECRETS: Final = {
    "key": "sk-proj-" + "Ab3dEf6hIj9kLm2nOp5qRs8tUv1w" + "Xy4z",
    "named": "aws_secret_access_key = " + "Ab3dEf6hIj9kLm2nOp5qRs8tUv1wXy4zAb3dEf6h",
    "capitals": "AKIA" + "Q7RSTUVWXYZ23456",
    "login": "ftp://me:" + "pw12345@host.example/x",
}
PLAIN: Final = "We are open from nine to five; with the receipt you may bring them back to any of our shops."
AROUND: Final = "assistant\nstop\nchatcmpl-1\nchat.completion\na small model"
RULE: Final = GuardRule(
    rule=1, id="r-1", case=digest("x"), name="said", action=Action.BLOCK, outputs=(r"(?i)owned by \w+bird",)
)
WORDED: Final = "BlueHarborSunset"
LEAKS: Final = Leaks((CANARY, WORDED), personal=Treatment.REDACT, rules=(RULE,))
ALL: Final = [*disguises(CANARY), *disguises(WORDED)]
NESTED: Final = list(nested(CANARY))
WORDS: Final = ["the", "a", "I", "one", "don't", "7th", "--", ".", "K", "Kilo", "it's", "(and)", "x", "k7", "%41", "é"]


@settings(max_examples=500, deadline=None)
@given(
    one=st.sampled_from(ALL),
    other=st.lists(st.sampled_from(WORDS), max_size=9).map(" ".join),
    before=st.lists(st.sampled_from(WORDS), max_size=9).map(" ".join),
    after=st.lists(st.sampled_from(WORDS), max_size=9).map(" ".join),
    ending=st.sampled_from(["", "<a", "<a ", "](", "](http", "K", "a", "%", "&#", "one"]),
)
def test_a_disguise_is_never_clear_whatever_it_is_looked_at_with(
    one: Disguise, other: str, before: str, after: str, ending: str
) -> None:
    for text in (one.text, f"{before}\n\n{one.text}\n\n{after}"):
        if LEAKS.looked_for(text):
            assert not LEAKS.is_clear((text,))
            assert not LEAKS.is_clear((text, other + ending, AROUND))
            assert not LEAKS.is_clear((other + ending, text, AROUND))


@pytest.mark.parametrize("pattern", ["^yes$", r"\Ayes\z", "(?i)owned by [a-z]+bird"])
def test_a_rule_that_says_how_an_answer_begins_and_ends_is_asked_about_each(pattern: str) -> None:
    leaks = Leaks(rules=(replace(RULE, outputs=(pattern,)),))
    said = "owned by bluebird" if "bird" in pattern else "yes"
    assert leaks.looked_for(said)
    assert not leaks.is_clear((PLAIN, said, AROUND))
    assert leaks.is_clear((PLAIN, "no", AROUND))


@pytest.mark.parametrize(
    "said",
    [
        "It is b|ueh@rbor$un$et",  # letters that marks look like
        "Bring lemons using each hour, and reap berries over rye; she usually neither sells eggs there.",
        "It is b l u e h a r b o r then",
        "nobody says abcdefghijklmnopqrstuvwxyz",  # a run in which something may be coded
        "a - b -- c --- d and ---- -.- .- -... ..- . -",
        "see http://shop.example now",
        "see %41%42 and %43%44 there",
    ],
)
def test_each_sign_alone_is_seen_in_any_of_several_texts(said: str) -> None:
    assert not LEAKS.is_clear((said,))
    assert not LEAKS.is_clear((PLAIN, said, AROUND))
    assert not LEAKS.is_clear((said, PLAIN))


def test_a_text_begins_anew_behind_another_one() -> None:
    leaks, initials = Leaks(("bluemoon",)), "Bring lemons using each mango, or orange nuts"
    assert leaks.looked_for(initials)
    assert not leaks.is_clear(("well", initials))
    assert not leaks.is_clear((initials, "well"))
    spelled = "b l u e m o o n"
    assert not leaks.is_clear(("it is Bravo", spelled))


@pytest.mark.parametrize("opens", ["see <a", "see [this]("])
def test_what_may_reach_from_one_text_into_the_next_is_read_in_each(opens: str) -> None:
    assert LEAKS.is_clear((opens,))
    assert not LEAKS.is_clear((opens, PLAIN))


def test_a_code_of_a_code_is_never_clear() -> None:
    clear = [name for name, text in NESTED if LEAKS.is_clear((f"{PLAIN} {text}", AROUND))]
    met = {name for name, text in NESTED if LEAKS.looked_for(f"{PLAIN} {text}")}
    assert not met & set(clear)


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=st.characters(max_codepoint=0x2FF), max_size=200))
def test_in_what_is_clear_nothing_is_met(text: str) -> None:
    assert not LEAKS.is_clear((text,)) or LEAKS.looked_for(text) == ()
    assert LEAKS.hits(text) == LEAKS.looked_for(text)


@pytest.mark.parametrize("name", SECRETS)
def test_secrets_set_off_the_glance(name: str) -> None:
    text = f"{PLAIN} It is {SECRETS[name]} for you."
    assert alarming(text)
    assert LEAKS.looked_for(text)
    assert not LEAKS.is_clear((text, AROUND))


def test_what_a_rule_forbids_and_personal_data_are_never_clear() -> None:
    assert not LEAKS.is_clear(("You are now owned by bluebird.",))
    assert not LEAKS.is_clear(("Write to ann.lee@shop.example about it.",))
    assert Leaks((CANARY,)).is_clear(("Write to ann.lee@shop.example about it.",))


def test_most_honest_answers_are_clear() -> None:
    assert LEAKS.is_clear((PLAIN, "another", AROUND))
    assert Leaks().is_clear((PLAIN,))


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="aAwW/?\\](. \u3002\uff0e\u017f", max_size=24))
def test_an_address_is_seen_coming_in_any_letters(text: str) -> None:
    assert may_link(text) == (LEADS.search(text) is not None)


@pytest.mark.parametrize(
    ("text", "clear"),
    [
        (PLAIN, True),
        (f"{PLAIN} ![x](https://cdn.attacker.example/p.png)", False),
        (f"{PLAIN} Go to www.attacker.example now.", False),
        (f"it is {CANARY}", False),
        ("", True),
    ],
)
def test_an_answer_that_is_clear_is_let_by(text: str, clear: bool) -> None:  # noqa: FBT001  # a row of the table
    guard = Guard(GuardPolicy(guard=1, canaries=(CANARY,)))
    assert guard.is_clear((text,)) is clear
    assert not clear or guard.release(text).outcome is Outcome.ALLOW
