"""Arrays that joblib writes raw between the opcodes are stepped over exactly, and what hides behind them is found."""

from __future__ import annotations

import pickle
import struct
from collections.abc import Callable

import pytest

from accord.scan.rating import Rating, Sight

See = Callable[..., list[Sight]]
Rate = Callable[..., Rating]

EVIL = b"cos\nsystem\n(U\x02idtR"


def text(value: str) -> bytes:
    return b"X" + struct.pack("<I", len(value)) + value.encode()


def dtype(code: str, size: int = -1, flags: int = 0) -> bytes:
    state = b"(K\x03" + text("<") + b"NNNJ" + struct.pack("<i", size) + b"J\xff\xff\xff\xffK" + bytes([flags]) + b"tb"
    return b"cnumpy\ndtype\n(" + text(code) + b"I00\nI01\ntR" + state


def wrapper(code: str, shape: tuple[int, ...], *, size: int = -1, flags: int = 0, aligned: bool = True) -> bytes:
    sizes = b"(" + b"".join(b"J" + struct.pack("<i", one) for one in shape) + b"t"
    fields = text("subclass") + b"cnumpy\nndarray\n" + text("shape") + sizes + text("order") + text("C")
    fields += text("dtype") + dtype(code, size, flags) + text("allow_mmap") + b"I01\n"
    fields += text("numpy_array_alignment_bytes") + b"K\x10" if aligned else b""
    return b"cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81}(" + fields + b"ub"


def padded(data: bytes) -> bytes:
    return b"\x04\xff\xff\xff\xff" + data


@pytest.mark.parametrize(
    ("code", "size", "length"),
    [
        ("f8", -1, 48),
        ("i4", -1, 24),
        ("U3", 12, 72),
        ("U3", -1, 72),
        ("S5", 5, 30),
        ("?", -1, 6),
        ("V16", 16, 96),
        ("u1", -1, 6),
        ("M8", -1, 48),
    ],
)
def test_raw_bytes_are_stepped_over_by_shape_and_dtype(
    code: str, size: int, length: int, see: See, rating: Rate
) -> None:
    data = b"\x80\x03](" + wrapper(code, (2, 3), size=size) + padded(b"R" * length) + b"K\x01e."
    assert rating(data) is Rating.SAFE, see(data)
    without = b"\x80\x03](" + wrapper(code, (2, 3), size=size, aligned=False) + b"c" * length + b"K\x01e."
    assert rating(without) is Rating.SAFE, see(without)


def test_a_call_behind_an_array_is_found(see: See) -> None:
    data = b"\x80\x03](" + wrapper("f8", (4,)) + padded(b"\0" * 32) + EVIL + b"e."
    assert [one.name for one in see(data)] == ["os.system"]


def test_a_call_before_an_array_is_found(see: See) -> None:
    data = b"\x80\x03](" + EVIL + wrapper("f8", (4,)) + padded(b"\0" * 32) + b"e."
    assert [one.name for one in see(data)] == ["os.system"]


@pytest.mark.parametrize(("code", "flags"), [("O8", 63), ("V16", 27)])
def test_arrays_of_objects_are_streams_of_their_own(code: str, flags: int, see: See, rating: Rate) -> None:
    head = b"\x80\x03](" + wrapper(code, (1,), flags=flags, size=16 if code == "V16" else -1)
    assert rating(head + pickle.dumps(["a", None]) + b"K\x01e.") is Rating.SAFE
    assert [one.name for one in see(head + EVIL + b".K\x01e.")] == ["os.system"]
    assert rating(head + EVIL[:-1]) is Rating.DANGEROUS or "pickle-broken" in {
        one.kind for one in see(head + EVIL[:-1])
    }


@pytest.mark.parametrize(
    "data",
    [
        wrapper("f8", (1 << 30, 1 << 30)) + padded(b"abc"),
        wrapper("f8", (4,)) + padded(b"abc"),
        wrapper("q9x", (4,)) + padded(b"\0" * 32),
        wrapper("f8", (-4,)) + padded(b"\0" * 32),
        b"cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81}b",
        b"cjoblib.numpy_pickle\nNDArrayWrapper\n)\x81}" + text("filename") + text("/etc/passwd") + b"sb",
        b"cjoblib.numpy_pickle\nNDArrayWrapper\n)\x81}" + text("filename") + text("..") + b"sb",
    ],
)
def test_arrays_whose_size_or_place_cannot_be_right_are_malformed(data: bytes, rating: Rate) -> None:
    assert rating(b"\x80\x03](" + data + b"e.") is Rating.MALFORMED


def test_an_array_kept_beside_the_file_is_safe(rating: Rate) -> None:
    data = b"cjoblib.numpy_pickle\nNDArrayWrapper\n)\x81}" + text("filename") + text("model.pkl_01.npy") + b"sb"
    assert rating(b"\x80\x03" + data + b".") is Rating.SAFE


def test_raw_bytes_within_a_frame_are_malformed(rating: Rate) -> None:
    inner = wrapper("u1", (3,)) + padded(b"abc") + b"."
    assert rating(b"\x80\x04\x95" + struct.pack("<Q", len(inner)) + inner) is Rating.MALFORMED
