"""The canonical form is RFC 8785, and digests hang on it."""

from __future__ import annotations

import json
import math
import shutil
import struct
import subprocess
import tracemalloc
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accord.core import canon
from accord.core.canon import canonical, digest, digest_bytes, plain
from accord.core.finding import Finding, Place, Severity
from accord.core.system import Flow

SCALARS = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(st.characters(codec="utf-8"))
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    SCALARS | FLOATS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(codec="utf-8")), inner, max_size=4)
    ),
    max_leaves=20,
)


@pytest.mark.parametrize(
    ("bits", "expected"),
    [  # RFC 8785 appendix B
        ("0000000000000000", "0"),
        ("8000000000000000", "0"),
        ("0000000000000001", "5e-324"),
        ("8000000000000001", "-5e-324"),
        ("7fefffffffffffff", "1.7976931348623157e+308"),
        ("4340000000000000", "9007199254740992"),
        ("4430000000000000", "295147905179352830000"),
        ("44b52d02c7e14af5", "9.999999999999997e+22"),
        ("44b52d02c7e14af6", "1e+23"),
        ("44b52d02c7e14af7", "1.0000000000000001e+23"),
        ("444b1ae4d6e2ef4e", "999999999999999700000"),
        ("444b1ae4d6e2ef4f", "999999999999999900000"),
        ("444b1ae4d6e2ef50", "1e+21"),
        ("3eb0c6f7a0b5ed8c", "9.999999999999997e-7"),
        ("3eb0c6f7a0b5ed8d", "0.000001"),
        ("41b3de4355555553", "333333333.3333332"),
        ("41b3de4355555554", "333333333.33333325"),
        ("41b3de4355555555", "333333333.3333333"),
        ("becbf647612f3696", "-0.0000033333333333333333"),
        ("43143ff3c1cb0959", "1424953923781206.2"),
    ],
)
def test_numbers_are_written_as_in_appendix_b(bits: str, expected: str) -> None:
    (value,) = struct.unpack(">d", bytes.fromhex(bits))
    assert canonical(value) == expected.encode()


def test_keys_are_sorted_by_utf16_units() -> None:
    names = {"\u20ac": 1, "\r": 2, "\ufb33": 3, "1": 4, "\U0001f600": 5, "\x80": 6, "\xf6": 7}
    order = list(json.loads(canonical(names)).values())
    assert order == [2, 4, 6, 7, 1, 5, 3]


@given(VALUES)
def test_what_is_written_reads_back(value: object) -> None:
    assert json.loads(canonical(value), parse_int=float) == value


@given(VALUES)
def test_reading_and_writing_again_changes_nothing(value: object) -> None:
    once = canonical(value)
    assert canonical(json.loads(once, parse_int=float)) == once


@given(VALUES)
def test_the_quick_way_writes_what_the_careful_one_does(value: object) -> None:
    parts: list[str] = []
    canon._write(plain(value), parts)
    assert canonical(value).decode() == "".join(parts)


@pytest.mark.parametrize(
    "value", [1.0, -0.0, 1e-5, 1e22, [1e16, "a"], {"a": 0.1}, {"a": [-1.0]}, "1.0", [",1.0,"], 2.5]
)
def test_doubles_that_json_writes_otherwise_are_written_carefully(value: object) -> None:
    parts: list[str] = []
    canon._write(plain(value), parts)
    assert canonical(value).decode() == "".join(parts)


@given(st.dictionaries(st.text(st.characters(codec="utf-8")), SCALARS, min_size=2, max_size=6))
def test_the_order_of_keys_does_not_matter(value: dict[str, object]) -> None:
    assert digest(value) == digest(dict(reversed(value.items())))


@pytest.mark.node
def test_javascript_writes_the_same_bytes() -> None:
    if shutil.which("node") is None:
        pytest.skip("node is not installed")
    values = [struct.unpack(">d", (n * 0x9E3779B97F4A7C15 % 2**64).to_bytes(8, "big"))[0] for n in range(1, 4000)]
    finite = [value for value in values if math.isfinite(value)]
    read = "JSON.parse(require('fs').readFileSync(0))"
    script = f"process.stdout.write({read}.map(x=>JSON.stringify(x)).join('\\n'))"
    done = subprocess.run(
        ["node", "-e", script], input=json.dumps(finite), capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.split("\n") == [canonical(value).decode() for value in finite]


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, 2**53, -(2**60), "\ud800", {"\udfff": 1}])
def test_what_has_no_canonical_form_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match=r"canonical|exact"):
        canonical(value)


def test_a_value_without_a_json_form_is_refused() -> None:
    with pytest.raises(TypeError, match="object has no canonical form"):
        canonical(object())


def test_words_become_plain_values() -> None:
    seen = Finding(message="m", where=Place(path="a.py", line=3), severity=Severity.HIGH)
    assert plain(seen)["where"]["line"] == 3
    assert plain(seen)["severity"] == "high"
    assert plain(Flow(from_="user", to="m1"))["from"] == "user"


def test_times_are_utc() -> None:
    east = datetime(2026, 11, 22, 13, tzinfo=timezone(timedelta(hours=1)))
    assert plain(east) == "2026-11-22T12:00:00Z"
    assert plain(east) == plain(east.astimezone(UTC))
    assert plain(date(2026, 1, 2)) == "2026-01-02"


def test_a_digest_names_its_algorithm() -> None:
    assert digest_bytes(b"") == "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@given(item=VALUES, count=st.sampled_from([0, 1, 200, 201, 202]), key=st.text(st.characters(codec="utf-8"), max_size=3))
@settings(max_examples=30)
def test_long_lists_are_written_as_short_ones_are(item: object, count: int, key: str) -> None:
    many = [item] * count
    listed = b"[" + b",".join([canonical(item)] * count) + b"]"
    said = {"outer": {key: many, "é": 1}, "𝄞": tuple(many)}
    assert canonical(many) == listed
    assert digest(many) == digest_bytes(listed)
    assert listed in canonical(said)
    assert json.loads(canonical(said)) == json.loads(json.dumps(plain(said)))
    assert digest(said) == digest_bytes(canonical(said))


def test_a_long_list_of_words_is_not_made_plain_as_a_whole() -> None:
    words = tuple(Place(path=f"file{number}", line=number) for number in range(4_000))
    size = len(canonical({"places": words}))
    tracemalloc.start()
    digest({"places": words})
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < size
