"""Headers that lie, as others would write them: safetensors and GGUF, polyglots, holes, overflows, and honest twins."""

from __future__ import annotations

import gzip
import io
import json
import struct
import tarfile
import zipfile
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager

import pytest

from accord.scan.rating import Rated, Rating

Within = Callable[[float], AbstractContextManager[None]]
Rate = Callable[..., Rated]
TENSORS = "model.safetensors"
MODEL = "model.gguf"
PICKLES = {
    "protocol 0": b"cos\nsystem\n(S'echo 1'\ntR.",
    "protocol 2": b"\x80\x02cposix\nsystem\nq\0X\x06\0\0\0echo 1q\1\x85q\2Rq\3.",
    "protocol 4": b"\x80\x04\x95\x20\0\0\0\0\0\0\0\x8c\x05posix\x8c\x06system\x93\x8c\x06echo 1\x85R.",
}


def framed(header: bytes, data: bytes = b"", size: int | None = None) -> bytes:
    return struct.pack("<Q", len(header) if size is None else size) + header + data


def entry(begin: int, end: int, dtype: str = "U8", shape: list[int] | None = None) -> dict[str, object]:
    return {"dtype": dtype, "shape": [end - begin] if shape is None else shape, "data_offsets": [begin, end]}


def saved(tensors: Mapping[str, object], data: bytes) -> bytes:
    return framed(json.dumps(tensors, separators=(",", ":")).encode(), data)


HONEST = saved({"__metadata__": {"format": "pt"}, "a": entry(0, 64), "b": entry(64, 128)}, bytes(range(128)))


def zipped(name: str, content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(name, content)
    return packed.getvalue()


def tarred(name: str, content: bytes) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        info = tarfile.TarInfo(name)
        info.size = len(content)
        archive.addfile(info, io.BytesIO(content))
    return packed.getvalue()


WRAPS: dict[str, Callable[[bytes], bytes]] = {
    "bare": lambda one: one,
    "torch": lambda one: zipped("archive/data.pkl", one),
    "zip": lambda one: zipped("x.bin", one),
    "tar": lambda one: tarred("x.pkl", one),
    "gzip": gzip.compress,
}


def between(payload: bytes) -> bytes:
    end = 64 + len(payload)
    return saved({"a": entry(0, 64), "b": entry(end, end + 64)}, bytes(64) + payload + bytes(64))


def before(payload: bytes) -> bytes:
    return saved({"a": entry(len(payload), len(payload) + 64)}, payload + bytes(64))


HIDES: dict[str, Callable[[bytes], bytes]] = {
    "after": lambda payload: HONEST + payload,
    "between": between,
    "before": before,
    "alone": lambda payload: framed(b'{"__metadata__":{"format":"pt"}}', payload),
}


@pytest.mark.parametrize("place", HIDES)
@pytest.mark.parametrize("wrap", WRAPS)
@pytest.mark.parametrize("protocol", PICKLES)
def test_a_pickle_that_no_tensor_claims_is_named(rated: Rate, place: str, wrap: str, protocol: str) -> None:
    found = rated(TENSORS, HIDES[place](WRAPS[wrap](PICKLES[protocol])))
    assert found.rating is Rating.DANGEROUS
    assert any("system" in one.name for one in found.reasons)


@pytest.mark.parametrize("place", HIDES)
@pytest.mark.parametrize("payload", [b"\x7fELF" + bytes(60), b"MZ" + bytes(126), b"#!/bin/sh\necho 1\n", bytes(64)])
def test_anything_that_no_tensor_claims_is_refused(rated: Rate, place: str, payload: bytes) -> None:
    assert rated(TENSORS, HIDES[place](payload)).rating is not Rating.SAFE


@pytest.mark.parametrize("name", ["model.pt", "pytorch_model.bin", "model.pkl", "x"])
def test_a_zip_behind_the_tensors_is_found_under_any_name(rated: Rate, name: str) -> None:
    found = rated(name, HONEST + zipped("archive/data.pkl", PICKLES["protocol 2"]))
    assert found.rating is Rating.DANGEROUS


def test_a_zip_within_a_tensor_is_a_second_reading(rated: Rate) -> None:
    payload = zipped("archive/data.pkl", PICKLES["protocol 2"])
    assert rated(TENSORS, saved({"w": entry(0, len(payload))}, payload)).rating is Rating.DANGEROUS


U8 = b'{"dtype":"U8","shape":[1],"data_offsets":[0,1]}'
LIES = {
    "a length of nought": framed(b"{}", b"", 0),
    "a length of one": framed(b'{"a":1}', b"", 1),
    "a length one too many": framed(b'{"a":%s}' % U8, b"", 57),
    "a length of 100 MB": framed(b'{"a":%s}' % U8, b"x", 100 << 20),
    "a length of 4 GB": framed(b'{"a":%s}' % U8, b"x", 0xFFFFFFFF),
    "a header within the tensors": framed(b'{"a":%s}' % U8, bytes(40) + b"}", 90),
    "a header that is a list": framed(b"[%s]" % U8, b"x"),
    "a header that is a word": framed(b'"header"', b"x"),
    "a header with a comment": framed(b'{"a":%s} // x' % U8, b"x"),
    "a header with a comma too many": framed(b'{"a":%s,}' % U8, b"x"),
    "a header in single quotes": framed(b"{'a':%s}" % U8, b"x"),
    "a header with zeros behind": framed(b'{"a":%s}\0\0\0' % U8, b"x"),
    "a header in UTF-16": framed('{"a":1}'.encode("utf-16"), b"x"),
    "a header behind a mark": framed(b"\xef\xbb\xbf" + b'{"a":%s}' % U8, b"x"),
    "a header behind blanks": framed(b'  {"a":%s}' % U8, b"x"),
    "a key twice": framed(b'{"a":%s,"a":%s}' % (U8, U8), b"x"),
    "a key twice, once escaped": framed(b'{"a":%s,"\\u0061":%s}' % (U8, U8), b"x"),
    "metadata twice": framed(b'{"__metadata__":{},"__metadata__":{"a":"b"},"a":%s}' % U8, b"x"),
    "a note twice": framed(b'{"__metadata__":{"a":"b","a":"c"},"a":%s}' % U8, b"x"),
    "a place twice": framed(b'{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1],"data_offsets":[0,9]}}', b"x"),
    "a type twice": framed(b'{"a":{"dtype":"U8","dtype":"F64","shape":[1],"data_offsets":[0,1]}}', b"x"),
    "three places": framed(b'{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1,2]}}', b"x"),
    "a place that is text": framed(b'{"a":{"dtype":"U8","shape":[1],"data_offsets":["0","1"]}}', b"x"),
    "a place that is negative": framed(b'{"a":{"dtype":"U8","shape":[1],"data_offsets":[-1,0]}}', b"x"),
    "a place with a fraction": framed(b'{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1e0]}}', b"x"),
    "infinity": framed(b'{"a":{"dtype":"U8","shape":[Infinity],"data_offsets":[0,1]}}', b"x"),
    "a number of 5,000 digits": framed(b'{"a":{"dtype":"U8","shape":[%s],"data_offsets":[0,1]}}' % (b"9" * 5000), b"x"),
    "a shape in a shape": framed(b'{"a":{"dtype":"U8","shape":[[1]],"data_offsets":[0,1]}}', b"x"),
    "a shape of hundreds": saved({"a": entry(0, 1, shape=[1] * 300)}, b"x"),
    "a type that is a number": framed(b'{"a":{"dtype":1,"shape":[1],"data_offsets":[0,1]}}', b"x"),
    "an end before its start": saved({"a": {"dtype": "U8", "shape": [0], "data_offsets": [8, 4]}}, bytes(8)),
    "an end beyond the file": saved({"a": entry(0, 64)}, bytes(32)),
    "one tensor in another": saved({"a": entry(0, 64), "b": entry(16, 32)}, bytes(64)),
    "the same place twice": saved({"a": entry(0, 64), "b": entry(0, 64)}, bytes(64)),
    "a shape too large": saved({"a": entry(0, 64, "F32", [64])}, bytes(64)),
    "a shape too small": saved({"a": entry(0, 64, "F32", [4])}, bytes(64)),
    "half a byte": saved({"a": entry(0, 1, "F4", [3])}, b"x"),
    "objects in objects": framed(b'{"a":' * 5000 + b"1" + b"}" * 5000, b""),
    "nothing behind the length": struct.pack("<Q", 16),
    "half a length": b"\x10\0\0",
}  # fmt: skip


@pytest.mark.parametrize("lie", LIES)
def test_every_lie_of_a_header_is_refused_in_no_time(rated: Rate, lie: str, within: Within) -> None:
    with within(50):
        found = rated(TENSORS, LIES[lie])
        assert found.rating in {Rating.MALFORMED, Rating.DANGEROUS}


@pytest.mark.parametrize(
    "content",
    [
        framed(b'{"a":1}', b"", (1 << 64) - 1),
        framed(b'{"a":1}', b"", 1 << 63),
        saved({"a": entry(0, 1, "F64", [1 << 61])}, b"x"),
        saved({"a": entry(0, 0, "F64", [1 << 32, 1 << 32])}, b""),
        saved({"a": {"dtype": "U8", "shape": [1], "data_offsets": [(1 << 62), (1 << 62) + 1]}}, b"x"),
        saved({"a": {"dtype": "U8", "shape": [1 << 50], "data_offsets": [0, 1 << 50]}}, b"x"),
    ],
)
def test_numbers_that_overflow_are_named_as_attacks(rated: Rate, content: bytes) -> None:
    found = rated(TENSORS, content)
    assert found.rating is Rating.DANGEROUS
    assert {one.finding.check for one in found.reasons if one.rating is Rating.DANGEROUS} == {"ACC220"}


@pytest.mark.parametrize(
    "content",
    [
        HONEST,
        framed(b"{}"),
        framed(b'{"__metadata__":{}}'),
        framed(b'{"a":%s}      ' % U8, b"x"),
        saved({"b": entry(64, 128), "a": entry(0, 64)}, bytes(128)),
        saved({"a": entry(0, 0, "F32", [0]), "b": entry(0, 4, "F32", [])}, bytes(4)),
        saved({"__metadata__": {"x": "PK\x05\x06 {{ ''.__class__ }} cos\nsystem\n"}, "a": entry(0, 4)}, bytes(4)),
        saved({"a/../b": entry(0, 4), "os.system": entry(4, 8)}, bytes(8)),
        saved({"gewicht.ü": entry(0, 4)}, b"\x7fELF"),
        saved({f"layer.{one}": entry(one, one + 1) for one in range(5000)}, bytes(5000)),
    ],
)
def test_honest_tensors_are_safe(rated: Rate, content: bytes) -> None:
    found = rated(TENSORS, content)
    assert (found.format, found.rating, found.reasons) == ("safetensors", Rating.SAFE, ())


# GGUF


def word(text: str | bytes) -> bytes:
    raw = text.encode() if isinstance(text, str) else text
    return struct.pack("<Q", len(raw)) + raw


def pair(key: str, kind: int, value: bytes) -> bytes:
    return word(key) + struct.pack("<I", kind) + value


def info(name: str, shape: tuple[int, ...], kind: int, offset: int) -> bytes:
    return word(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, kind, offset)


def gguf(pairs: list[bytes], tensors: list[bytes] | None = None, data: bytes = b"", *, version: int = 3) -> bytes:
    head = b"GGUF" + struct.pack("<IQQ", version, len(tensors or []), len(pairs)) + b"".join([*pairs, *(tensors or [])])
    return head + bytes(-len(head) % 32) + data if tensors else head


def counts(tensors: int, pairs: int) -> bytes:
    return b"GGUF" + struct.pack("<IQQ", 3, tensors, pairs) + bytes(200)


LARGE = [1 << 48, 1 << 61, (1 << 61) + 1, 1 << 63, (1 << 64) - 1]
OVERFLOWS: dict[str, Callable[[int], bytes]] = {
    "pairs": lambda many: counts(0, many),
    "tensors": lambda many: counts(many, 0),
    "a key": lambda many: b"GGUF" + struct.pack("<IQQQ", 3, 0, 1, many) + bytes(64),
    "a text": lambda many: gguf([word("k") + struct.pack("<IQ", 8, many) + b"abc"]),
    "a template": lambda many: gguf([word("tokenizer.chat_template") + struct.pack("<IQ", 8, many) + b"{{ x }}"]),
    "a list of templates": lambda many: gguf([pair("x.template", 9, struct.pack("<IQ", 8, many) + b"abc")]),
    "a list of texts": lambda many: gguf([pair("k", 9, struct.pack("<IQ", 8, many) + b"abc")]),
    "a list of bytes": lambda many: gguf([pair("k", 9, struct.pack("<IQ", 0, many) + b"abc")]),
    "a list of doubles": lambda many: gguf([pair("k", 9, struct.pack("<IQ", 12, many) + b"abc")]),
    "a list of lists": lambda many: gguf([pair("k", 9, struct.pack("<IQ", 9, many) + b"abc")]),
    "a list in a list": lambda many: gguf([pair("k", 9, struct.pack("<IQIQ", 9, 1, 4, many) + b"abc")]),
    "a dimension": lambda many: gguf([], [info("a", (many, 1 << 16), 0, 0)], bytes(64)),
    "two dimensions": lambda many: gguf([], [info("a", (many, many), 0, 0)], bytes(64)),
    "a place": lambda many: gguf([], [info("a", (8,), 0, many - many % 32)], bytes(64)),
    "the name of a tensor": lambda many: b"GGUF" + struct.pack("<IQQQ", 3, 1, 0, many) + bytes(64),
}


@pytest.mark.parametrize("place", OVERFLOWS)
@pytest.mark.parametrize("many", LARGE)
def test_a_number_that_overflows_is_named_at_every_place(rated: Rate, place: str, many: int, within: Within) -> None:
    with within(20):
        found = rated(MODEL, OVERFLOWS[place](many))
        assert found.rating is Rating.DANGEROUS
        assert any("announced" in one.finding.message or "tensor a" in one.finding.message for one in found.reasons)


@pytest.mark.parametrize("place", OVERFLOWS)
@pytest.mark.parametrize("many", [0x7FFFFFFF, 0xFFFFFFFF, 1 << 40])
def test_a_number_that_is_too_large_is_refused_at_every_place(
    rated: Rate, place: str, many: int, within: Within
) -> None:
    with within(20):
        assert rated(MODEL, OVERFLOWS[place](many)).rating in {Rating.MALFORMED, Rating.DANGEROUS}


@pytest.mark.parametrize("count", [9, 1000, 0x7FFFFFFF, 0xFFFFFFFF])
def test_more_dimensions_than_a_reader_has_room_for_are_an_attack(rated: Rate, count: int) -> None:
    content = b"GGUF" + struct.pack("<IQQ", 3, 1, 0) + word("a") + struct.pack("<I", count) + bytes(400)
    assert rated(MODEL, content).rating is Rating.DANGEROUS


def test_sizes_whose_sum_overflows_are_an_attack(rated: Rate) -> None:
    tensors = [info("a", ((1 << 59),), 0, 0), info("b", (8,), 0, 1 << 61)]
    assert rated(MODEL, gguf([], tensors, bytes(64))).rating is Rating.DANGEROUS


@pytest.mark.parametrize("wrap", WRAPS)
@pytest.mark.parametrize("protocol", PICKLES)
def test_a_pickle_around_the_tensors_of_gguf_is_named(rated: Rate, wrap: str, protocol: str) -> None:
    payload = WRAPS[wrap](PICKLES[protocol])
    hole = -(-(len(payload) + 32) // 32) * 32
    tensors = [info("a", (8,), 0, 0), info("b", (8,), 0, hole)]
    for content in (
        gguf([], [info("a", (8,), 0, 0)], bytes(32)) + payload,
        gguf([pair("k", 0, b"\1")]) + payload,
        gguf([], tensors, (bytes(32) + payload).ljust(hole, b"\0") + bytes(32)),
    ):
        found = rated(MODEL, content)
        assert found.rating is Rating.DANGEROUS
        assert any("system" in one.name for one in found.reasons)


@pytest.mark.parametrize(
    "content",
    [
        gguf([pair("general.name", 8, word("os.system('echo 1')"))]),
        gguf([pair("k", 9, struct.pack("<IQ", 8, 2) + word("{{ ''.__class__ }}") + word("<s>"))]),
        gguf([pair("k", 7, b"\1"), pair("l", 9, struct.pack("<IQ", 7, 3) + b"\0\1\0")]),
        gguf([pair("general.alignment", 4, struct.pack("<I", 32))], [info("a", (8,), 0, 0)], bytes(32)),
        gguf([], [info("a", (8, 2), 0, 0), info("b", (0,), 0, 64), info("c", (8,), 0, 64)], bytes(96)),
        gguf([], [info("five", (2, 2, 2, 1, 1), 0, 0)], bytes(32)),
        gguf([], [info("b", (256,), 12, 32), info("a", (8,), 0, 0)], bytes(32 + 144)),
        gguf([pair("x", 9, struct.pack("<IQ", 9, 2) + struct.pack("<IQ", 4, 1) * 2 + bytes(0))[:-12]
              + struct.pack("<IIQI", 1, 4, 1, 7)]),
    ],
)  # fmt: skip
def test_honest_models_of_llama_are_safe(rated: Rate, content: bytes) -> None:
    found = rated(MODEL, content)
    assert (found.format, found.rating, found.reasons) == ("gguf", Rating.SAFE, ())
