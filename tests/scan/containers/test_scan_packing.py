from __future__ import annotations

import bz2
import gzip
import lzma
import zlib
from collections.abc import Callable

import lz4.frame
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from accord.scan.containers.packing import (
    UNPACKING,
    Inflater,
    Stream,
    Unpacker,
    lz4_maker,
    lzma_filter,
    zip_unpacker,
    zstd_maker,
)
from accord.scan.part import BrokenError, Part

Make = Callable[[], Unpacker]
CHECKED: dict[str, tuple[Callable[[bytes], bytes], Make]] = {
    "gzip": (gzip.compress, lambda: Inflater(31)),
    "zlib": (zlib.compress, lambda: Inflater(15)),
    "bzip2": (bz2.compress, bz2.BZ2Decompressor),
    "xz": (lzma.compress, lzma.LZMADecompressor),
    "zstd": (
        lambda data: zstandard.ZstdCompressor(write_checksum=True).compress(data),
        zstd_maker() or (lambda: Inflater(15)),
    ),
    "lz4": (
        lambda data: lz4.frame.compress(data, content_checksum=True),
        lz4_maker() or (lambda: Inflater(15)),
    ),
}


def stream(data: bytes, make: Make, at: int = 0) -> Stream:
    return Stream(Part(data, name="stream"), at, len(data), make)


@pytest.mark.parametrize("kind", CHECKED)
@settings(max_examples=30, deadline=None)
@given(content=st.binary(max_size=3000), before=st.binary(max_size=9), behind=st.binary(max_size=9))
def test_a_stream_ends_where_it_ends(kind: str, content: bytes, before: bytes, behind: bytes) -> None:
    pack, make = CHECKED[kind]
    packed = pack(content)
    one = stream(before + packed + behind, make, len(before))
    assert b"".join(one.chunks()) == content
    assert (one.complete, one.stop) == (True, len(before) + len(packed))


@pytest.mark.parametrize("kind", CHECKED)
def test_what_comes_before_a_wrong_checksum_is_given(kind: str) -> None:
    pack, make = CHECKED[kind]
    content = b"a payload that runs before anybody checks its sum"
    data = bytearray(pack(content))
    at = 12 if kind == "bzip2" else len(data) - 14 if kind == "xz" else len(data) - 1
    if kind == "gzip":
        at = len(data) - 6
    data[at] ^= 0x10
    found = b""
    with pytest.raises(UNPACKING):
        for chunk in stream(bytes(data), make).chunks():
            found += chunk
    assert found.startswith(content[:40])


@pytest.mark.parametrize("kind", CHECKED)
def test_a_stream_that_is_cut_off_is_not_complete(kind: str) -> None:
    pack, make = CHECKED[kind]
    one = stream(pack(b"words " * 99)[:-6], make)
    assert len(b"".join(one.chunks())) <= 6 * 99
    assert not one.complete


@pytest.mark.parametrize("kind", CHECKED)
def test_chunks_of_a_big_stream_are_bounded(kind: str) -> None:
    pack, make = CHECKED[kind]
    sizes = [len(chunk) for chunk in stream(pack(bytes(40 << 20)), make).chunks()]
    assert sum(sizes) == 40 << 20
    assert max(sizes) <= 9 << 20


def test_an_unknown_method_of_zip_has_no_unpacker() -> None:
    part = Part(bytes(20), name="a")
    assert [zip_unpacker(method, part, 0) for method in (1, 6, 9, 96, 98, 99)] == [None] * 6


def test_lzma_properties_that_ask_for_too_much_are_refused() -> None:
    assert lzma_filter(b"\x5d\0\0\x80\0")["dict_size"] == 8 << 20
    for said in (b"\xff\0\0\x80\0", b"\x5d\xff\xff\xff\xff"):
        with pytest.raises(BrokenError):
            lzma_filter(said)
    with pytest.raises(BrokenError):
        zip_unpacker(14, Part(b"\0\0\x07\0" + bytes(9), name="a"), 0)
