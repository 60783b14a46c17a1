from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.scan.containers.sevenheaders import Cursor, Streams, checked, files, streams
from accord.scan.part import BrokenError


def number(value: int) -> bytes:
    """Write a number as 7z does: the first byte tells by its leading ones how many bytes follow."""
    for more in range(8):
        if value < 1 << (7 * (more + 1)):
            mask = (0xFF00 >> more) & 0xFF
            high = value >> (8 * more)
            return bytes([mask | high]) + (value & ((1 << (8 * more)) - 1)).to_bytes(more, "little")
    return b"\xff" + value.to_bytes(8, "little")


@given(value=st.integers(0, (1 << 64) - 1))
def test_a_number_is_read_as_it_was_written(value: int) -> None:
    cursor = Cursor(number(value) + b"rest")
    assert (cursor.number(), cursor.rest) == (value, b"rest")


def test_a_cursor_never_reads_beyond_its_end() -> None:
    asks: tuple[Callable[[Cursor], object], ...] = (
        lambda one: one.take(3),
        lambda one: one.take(-1),
        lambda one: one.bits(17),
        lambda one: one.inner(),
    )
    for ask in asks:
        with pytest.raises(BrokenError):
            ask(Cursor(b"\x09\x01"))
    with pytest.raises(BrokenError):
        Cursor(b"").byte()


def test_a_count_that_the_bytes_cannot_hold_is_refused() -> None:
    with pytest.raises(BrokenError, match="announces"):
        Cursor(number(1 << 40) + bytes(9)).count()


def test_truths_stand_eight_in_a_byte() -> None:
    assert Cursor(b"\xa0\x80").bits(9) == [True, False, True, False, False, False, False, False, True]
    assert Cursor(b"\x01").given(3) == [True, True, True]
    assert Cursor(b"\x00\x40").given(2) == [False, True]
    assert Cursor(b"\x00\x80\x07\x00\x00\x00").digests(2) == [7, None]


def test_a_header_with_a_wrong_checksum_is_refused() -> None:
    assert checked(b"abc", 0x352441C2) == b"abc"
    assert checked(b"abc", None) == b"abc"
    with pytest.raises(BrokenError, match="checksum"):
        checked(b"abd", 0x352441C2)


@given(data=st.binary(max_size=60))
def test_any_bytes_are_streams_and_files_or_broken(data: bytes) -> None:
    with suppress(BrokenError, UnicodeDecodeError):
        assert streams(Cursor(data)).folders is not None
    with suppress(BrokenError, UnicodeDecodeError):
        assert all(one.size == 0 for one in files(Cursor(data), Streams((), ())))
