"""Keys and personal data in other widths, scripts and codes are what they are."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.core.guard import Outcome, Treatment
from accord.guard.leaks import MARK, Leaks, redacted
from accord.guard.leaving.recognised import flattened
from accord.guard.stream import Stream

KEY: Final = "AKIA" + "Q3EGRNX7ZKLMW2PD"
LEAKS: Final = Leaks()
CODED: Final[Mapping[str, Callable[[str], str]]] = {
    "full width": lambda key: "".join(chr(0xFEE0 + ord(char)) for char in key),
    "bold": lambda key: "".join(
        chr(0x1D7CE + int(char)) if char.isdigit() else chr(0x1D400 + ord(char) - 65) for char in key
    ),
    "without width": "\u200b".join,
    "soft hyphens": lambda key: key[:7] + "\u00ad" + key[7:],
    "base64": lambda key: base64.b64encode(f"the key is {key} ok".encode()).decode(),
    "base64 for addresses": lambda key: base64.urlsafe_b64encode(f"{{'key': '{key}'}}".encode()).decode(),
    "hex": lambda key: f"key {key}".encode().hex(),
    "hex with blanks": lambda key: f"key {key}".encode().hex(" "),
    "percent": lambda key: "".join(f"%{byte:02X}" for byte in f"key {key}".encode()),
    "JSON": lambda key: "".join(f"\\u{byte:04x}" for byte in f"key {key}".encode()),
    "entities": lambda key: "".join(f"&#{byte};" for byte in f"key {key}".encode()),
}


@pytest.mark.parametrize("name", CODED)
def test_a_key_in_another_form_is_taken_out(name: str) -> None:
    coded = CODED[name](KEY)
    text = f"Sure: {coded} is it."
    hits = LEAKS.hits(text)
    assert {hit.outcome for hit in hits} == {Outcome.REDACT}
    out = redacted(text, hits)
    assert MARK in out
    assert coded not in out
    assert len(out) - len(MARK) <= len(text) - len(coded) * 3 // 5
    assert out.startswith("Sure: ")
    assert out.endswith(" is it.")


@pytest.mark.parametrize("name", [name for name in CODED if "base64" in name or name == "hex"])
def test_a_coded_key_does_not_leave_in_a_stream(name: str) -> None:
    coded = CODED[name](KEY)
    text = f"Sure: {coded} is it."
    for size in (1, 4, 9, 100):
        stream = Stream(LEAKS)
        said = [stream.feed(text[at : at + size]) for at in range(0, len(text), size)]
        out = "".join(one.text for one in (*said, stream.end()))
        assert coded[:24] not in out, size
        assert out.endswith(" is it.")


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        ("４５５６ ７３７５ ８６８９ ９８５５", "card"),
        ("٤٥٥٦ ٧٣٧٥ ٨٦٨٩ ٩٨٥٥", "card"),
        ("DE89\u00a03704\u20090044\u00a00532\u00a00130\u00a000", "iban"),
        ("DE89\u200b3704004405320130\u200b00", "iban"),
        ("jane.doe＠mail-provider.co.uk", "email"),
    ],
)
def test_personal_data_in_other_digits_are_taken_out(data: str, kind: str) -> None:
    text = f"It is {data}, I think."
    (hit,) = Leaks(personal=Treatment.REDACT).hits(text)
    assert kind in hit.rule
    assert text[hit.start : hit.end] == data


@pytest.mark.parametrize(
    "text",
    [
        "commit 3f2a9c1d4e5b6f7a8b9c0d1e2f3a4b5c6d7e8f90 and 550e8400-e29b-41d4-a716-446655440000",
        base64.b64encode(b"The quick brown fox jumps over the lazy dog, and nothing else is in here.").decode(),
        "https://docs.example/a-long-path-without-any-secret-in-it/and-more-of-it?page=1",
        "日本語の文章です。鍵は秘密です。",
        "Füße und Straße, naïve façade: ½ m² ＝ １２３",
    ],
)
def test_honest_texts_stay(text: str) -> None:
    assert LEAKS.hits(text) == ()


@given(text=st.text(max_size=200))
def test_every_place_in_a_flattened_text_is_known(text: str) -> None:
    plain, places = flattened(text)
    if places is None:
        assert len(plain) == len(text)
        return
    assert len(places) == len(plain)
    assert list(places) == sorted(places)
    assert all(0 <= at < len(text) for at in places)
