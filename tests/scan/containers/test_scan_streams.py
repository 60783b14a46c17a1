from __future__ import annotations

import bz2
import gzip
import lzma
import zlib
from collections.abc import Callable
from contextlib import AbstractContextManager

import lz4.frame
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accord.scan.containers import packing
from accord.scan.rating import Rated, Rating

Within = Callable[[float], AbstractContextManager[None]]
Rate = Callable[..., Rated]
Pack = Callable[[bytes], bytes]
TEXT = b"a few words of plain text, and a few more of them\n" * 3


def old_joblib(data: bytes) -> bytes:
    return b"ZF" + hex(len(data)).encode().ljust(19) + zlib.compress(data)


PACKS: dict[str, Pack] = {
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "lzma": lambda data: lzma.compress(data, lzma.FORMAT_ALONE),
    "zlib": zlib.compress,
    "zlib, old joblib": old_joblib,
    "zstd": zstandard.compress,
    "lz4": lz4.frame.compress,
}
IN_A_ROW = ("gzip", "bzip2", "xz", "zstd", "lz4")


def dangerous(rated: Rated) -> set[str | None]:
    return {one.finding.where.member for one in rated.reasons if one.rating is Rating.DANGEROUS}


@pytest.mark.parametrize("kind", PACKS)
def test_what_a_stream_holds_is_read(rated: Rate, payload: bytes, kind: str) -> None:
    honest = rated("words", PACKS[kind](TEXT))
    assert (honest.rating, honest.format) == (Rating.SAFE, kind.partition(",")[0])
    assert dangerous(rated("model.pkl.gz", PACKS[kind](payload))) == {"model.pkl"}


@pytest.mark.parametrize("kind", PACKS)
def test_bytes_behind_a_stream_are_read(rated: Rate, payload: bytes, kind: str) -> None:
    found = rated("words", PACKS[kind](TEXT) + payload)
    assert dangerous(found) == {"(trailing bytes)"}


@pytest.mark.parametrize("kind", PACKS)
def test_a_payload_before_a_broken_tail_is_found(rated: Rate, payload: bytes, kind: str) -> None:
    data = bytearray(PACKS[kind](payload + b"\0" * 99))
    data[-3] ^= 0xFF
    if kind != "lzma":  # which has neither a checksum nor an end that must fit
        assert any(one.rating is Rating.MALFORMED for one in rated("broken", bytes(data)).reasons)
    assert rated("broken", bytes(data)).rating is not Rating.SAFE


@pytest.mark.parametrize("kind", IN_A_ROW)
def test_streams_in_a_row_are_one(rated: Rate, payload: bytes, kind: str) -> None:
    assert rated("words", PACKS[kind](TEXT) + PACKS[kind](TEXT)).rating is Rating.SAFE
    split = PACKS[kind](payload[:9]) + PACKS[kind](payload[9:])
    assert dangerous(rated("two.gz", split)) == {"two"}


def test_zeros_may_fill_up_a_gzip_file(rated: Rate) -> None:
    assert rated("words.gz", gzip.compress(TEXT) + bytes(512)).rating is Rating.SAFE


@pytest.mark.parametrize("kind", PACKS)
def test_a_bomb_is_dangerous_and_cheap(rated: Rate, kind: str, within: Within) -> None:
    data = PACKS[kind](bytes(120 << 20))
    with within(1000):
        found = rated("bomb", data)
    assert found.rating is Rating.DANGEROUS


@pytest.mark.parametrize("kind", ["gzip", "xz", "zstd"])
def test_streams_in_streams_are_read_up_to_a_depth(rated: Rate, payload: bytes, kind: str) -> None:
    data = payload
    for _ in range(5):
        data = PACKS[kind](data)
    assert rated("deep", data).rating is Rating.DANGEROUS
    for _ in range(20):
        data = PACKS[kind](data)
    assert rated("deeper", data).rating is Rating.MALFORMED


def test_a_stream_of_an_extra_that_is_missing_is_unknown(rated: Rate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "opened", lambda _module: None)
    for kind in ("zstd", "lz4"):
        found = rated("words", PACKS[kind](TEXT))
        assert found.rating is Rating.UNKNOWN
        assert found.reasons[0].finding.fix is not None


@pytest.mark.parametrize("text", [b"x^2 + y^2 = z^2, as everybody knows\n" * 9, b"ZFNet is a network\n", b"BZhello\n"])
def test_text_that_starts_like_a_stream_is_text(rated: Rate, text: bytes) -> None:
    assert rated("notes.txt", text).rating is Rating.SAFE


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kind=st.sampled_from(sorted(PACKS)), at=st.integers(0, 200), value=st.integers(0, 255))
def test_a_broken_stream_never_ends_the_scan(rated: Rate, kind: str, at: int, value: int) -> None:
    data = bytearray(PACKS[kind](TEXT))
    data[at % len(data)] = value
    assert rated("fuzzed", bytes(data)).rating in set(Rating)
