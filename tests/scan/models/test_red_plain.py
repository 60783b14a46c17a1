"""MessagePack and boosted trees as an attacker writes them: objects among the numbers, and bytes behind the end."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import struct
import zipfile
import zlib
from collections.abc import Callable

import pytest

from accord.scan.rating import Rated, Rating

Rate = Callable[..., Rated]
NAME = "params.msgpack"
PICKLES = {
    "protocol 0": b"cos\nsystem\n(S'echo 1'\ntR.",
    "protocol 2": b"\x80\x02cposix\nsystem\nq\0X\x06\0\0\0echo 1q\1\x85q\2Rq\3.",
    "protocol 4": b"\x80\x04\x95\x20\0\0\0\0\0\0\0\x8c\x05posix\x8c\x06system\x93\x8c\x06echo 1\x85R.",
}


def zipped(content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("archive/data.pkl", content)
    return packed.getvalue()


WRAPS: dict[str, Callable[[bytes], bytes]] = {
    "bare": lambda one: one,
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "zlib": zlib.compress,
    "zip": zipped,
}


def text(value: str | bytes) -> bytes:
    raw = value.encode() if isinstance(value, str) else value
    if len(raw) < 32:
        return bytes([0xA0 | len(raw)]) + raw
    return (b"\xd9" + struct.pack(">B", len(raw)) if len(raw) < 256 else b"\xdb" + struct.pack(">I", len(raw))) + raw


def mapped(**items: bytes) -> bytes:
    return bytes([0x80 | len(items)]) + b"".join(text(key) + value for key, value in items.items())


def held(value: bytes, width: str = "I") -> bytes:
    return {"B": b"\xc4", "H": b"\xc5", "I": b"\xc6"}[width] + struct.pack(f">{width}", len(value)) + value


def extension(code: int, value: bytes) -> bytes:
    fixed = {1: 0xD4, 2: 0xD5, 4: 0xD6, 8: 0xD7, 16: 0xD8}
    if len(value) in fixed:
        return bytes([fixed[len(value)]]) + struct.pack("b", code) + value
    return b"\xc9" + struct.pack(">Ib", len(value), code) + value


def array(kind: str, value: bytes, shape: bytes = b"\x91\x06") -> bytes:
    return extension(1, b"\x93" + shape + text(kind) + held(value))


WEIGHTS = array("uint8", b"abcdef")
PLACES: dict[str, Callable[[bytes], bytes]] = {
    "bytes": lambda one: mapped(params=WEIGHTS, extra=held(one)),
    "short bytes": lambda one: mapped(extra=held(one[:200], "B") if len(one) < 256 else held(one, "H")),
    "bytes in a list": lambda one: mapped(extra=b"\x92\x01" + held(one)),
    "bytes deep in maps": lambda one: mapped(a=mapped(b=mapped(c=mapped(d=held(one))))),
    "a key": lambda one: b"\x82" + text("params") + WEIGHTS + held(one) + b"\x01",
    "an unknown extension": lambda one: mapped(params=WEIGHTS, extra=extension(77, one)),
    "a negative extension": lambda one: mapped(extra=extension(-100, one)),
    "an array of objects": lambda one: mapped(w=array("object", one)),
    "an array of objects by letter": lambda one: mapped(w=array("|O", one)),
    "an array of an unknown type": lambda one: mapped(w=array("V8", one)),
    "a scalar of objects": lambda one: mapped(w=extension(3, b"\x93\x90" + text("O") + held(one))),
    "the way of msgpack-numpy": lambda one: mapped(nd=b"\xc3", type=held(b"O"), data=held(one)),
    "the outermost value": lambda one: extension(42, one),
    "behind the value": lambda one: mapped(params=WEIGHTS) + one,
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("wrap", WRAPS)
@pytest.mark.parametrize("protocol", PICKLES)
def test_a_pickle_is_named_wherever_it_hides_in_messagepack(rated: Rate, place: str, wrap: str, protocol: str) -> None:
    found = rated(NAME, PLACES[place](WRAPS[wrap](PICKLES[protocol])))
    assert found.rating is Rating.DANGEROUS
    assert any("system" in one.name for one in found.reasons)


@pytest.mark.parametrize("protocol", PICKLES)
@pytest.mark.parametrize("name", [NAME, "checkpoint_0", "model.mpk"])
def test_a_pickle_in_a_text_is_named_as_old_writers_had_no_bytes(rated: Rate, protocol: str, name: str) -> None:
    found = rated(name, mapped(params=WEIGHTS, data=text(PICKLES[protocol])))
    assert found.rating is Rating.DANGEROUS


@pytest.mark.parametrize("code", [0, 4, 5, 42, 77, 127, -2, -128])
@pytest.mark.parametrize("value", [b"x", b"abcd", b"0123456789abcdef", b"some other bytes"])
def test_an_extension_that_nobody_knows_is_refused(rated: Rate, code: int, value: bytes) -> None:
    found = rated(NAME, mapped(w=extension(code, value)))
    assert found.rating is Rating.UNKNOWN
    assert found.reasons[0].name == f"ext {code}"


@pytest.mark.parametrize(
    "content",
    [
        mapped(params=WEIGHTS),
        mapped(params=mapped(kernel=WEIGHTS, bias=array("float32", bytes(24)))),
        mapped(step=extension(3, b"\x93\x90" + text("int32") + held(bytes(4)))),
        mapped(note=text("Do not run os.system."), data=held(b"plain bytes.")),
        mapped(note=text("cos. sin. tan."), long=text("One sentence. " * 40 + "And a last one.")),
        mapped(time=extension(-1, bytes(4)), later=extension(-1, bytes(8)), z=extension(2, b"\x92\x01\x02")),
        mapped(chunks=mapped(__msgpack_chunked_array__=b"\xc3", shape=mapped(a=b"\x01"), chunks=mapped(a=WEIGHTS))),
    ],
)
def test_honest_parameters_are_safe(rated: Rate, content: bytes) -> None:
    found = rated(NAME, content)
    assert (found.format, found.rating, found.reasons) == ("msgpack", Rating.SAFE, ())


@pytest.mark.parametrize(
    "content",
    [
        b"\xdf\xff\xff\xff\xff",
        b"\x81\xa1a\xdd\xff\xff\xff\xff",
        b"\x81\xa1a\xc6\xff\xff\xff\xff",
        b"\x81\xa1a\xc9\xff\xff\xff\xff\x01",
        b"\x91" * 100_000 + b"\x01",
        mapped(w=array("float64", bytes(6))),
        mapped(w=array("uint8", b"abcdef", b"\x91\xcf" + b"\xff" * 8)),
        mapped(w=array("uint8", b"abcdef", b"\x91\xff")),
        mapped(w=extension(1, b"\x94\x90" + text("uint8") + held(b"x") + held(PICKLES["protocol 2"]))),
    ],
)
def test_lengths_and_shapes_that_lie_are_malformed(rated: Rate, content: bytes) -> None:
    assert rated(NAME, content).rating is Rating.MALFORMED


# boosted trees

LIGHT = (
    b"tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nlabel_index=0\nmax_feature_idx=4\n\n"
    b"Tree=0\nnum_leaves=3\n\nend of trees\n\nparameters:\n[boosting: gbdt]\nend of parameters\n\n"
    b"pandas_categorical:null\n"
)


def counted(value: str) -> bytes:
    return struct.pack("<Q", len(value)) + value.encode()


def xgboost(objective: str = "reg:squarederror") -> bytes:
    learner = struct.pack("<fIiii", 0.5, 5, 0, 0, 0).ljust(136, b"\0")
    tree = struct.pack("<6i", 1, 1, 0, 0, 5, 0).ljust(148, b"\0") + bytes(36)
    forest = struct.pack("<i", 1).ljust(160, b"\0")
    return b"binf" + learner + counted(objective) + counted("gbtree") + forest + tree + bytes(4)


def universal(**more: bytes) -> bytes:
    pairs = {"learner": b"{}", "version": b"[i\x03i\x00i\x00]", **more}
    return b"{" + b"".join(b"L" + struct.pack(">q", len(key)) + key.encode() + one for key, one in pairs.items()) + b"}"


def catboost(part: str = "", rest: bytes = b"") -> bytes:
    label, name = (
        struct.pack("<I", len(one)) + one + bytes(4 - len(one) % 4) for one in (b"FlabuffersModel_v1", part.encode())
    )
    vtable = struct.pack("<6H", 12, 16, 4, 0, 0, 8)
    ids = struct.pack("<I", 1 if part else 0) + (struct.pack("<I", 4) if part else b"")
    table = struct.pack("<iIII", len(vtable), 12, 8 + len(label), 0)
    core = struct.pack("<I", 4 + len(vtable)) + vtable + table + label + ids + (name if part else b"")
    return b"CBM1" + struct.pack("<I", len(core)) + core + rest


TREES = {
    "m.txt": LIGHT,
    "m.bin": xgboost(),
    "m.ubj": universal(),
    "m.cbm": catboost(),
    "with-parts.cbm": catboost("static_provider_v1"),
}


@pytest.mark.parametrize("name", TREES)
def test_honest_trees_are_safe(rated: Rate, name: str) -> None:
    found = rated(name, TREES[name])
    assert (found.rating, found.reasons) == (Rating.SAFE, ())


@pytest.mark.parametrize("name", TREES)
@pytest.mark.parametrize("protocol", PICKLES)
def test_a_pickle_behind_the_trees_is_refused_and_named_where_it_can_be(rated: Rate, name: str, protocol: str) -> None:
    found = rated(name, TREES[name] + PICKLES[protocol])
    assert found.rating is not Rating.SAFE
    if name != "m.txt" or protocol == "protocol 0":
        assert found.rating is Rating.DANGEROUS
        assert any("system" in one.name for one in found.reasons)


@pytest.mark.parametrize("name", TREES)
def test_an_archive_behind_the_trees_is_looked_inside(rated: Rate, name: str) -> None:
    assert rated(name, TREES[name] + zipped(PICKLES["protocol 2"])).rating is Rating.DANGEROUS


@pytest.mark.parametrize("objective", ["os.system", "reg:squarederror; echo 1", "__main__:loss", "", "custom"])
def test_an_objective_that_is_code_of_somebodys_is_refused(rated: Rate, objective: str) -> None:
    assert rated("m.bin", xgboost(objective)).rating is not Rating.SAFE


@pytest.mark.parametrize("key", ["code", "python", "__reduce__", "callback"])
def test_a_key_that_is_none_of_xgboosts_is_named(rated: Rate, key: str) -> None:
    found = rated("m.ubj", universal(**{key: b"SL" + struct.pack(">q", 1) + b"x"}))
    assert (found.rating, found.reasons[0].name) == (Rating.UNKNOWN, key)


@pytest.mark.parametrize("part", ["python_code_v1", "static_provider_v1", "pickle", "static_provider_v1;x"])
def test_a_part_of_catboost_is_known_or_refused(rated: Rate, part: str) -> None:
    found = rated("m.cbm", catboost(part, bytes(8)))
    assert found.rating is (Rating.SAFE if part == "static_provider_v1" else Rating.UNKNOWN)


@pytest.mark.parametrize(
    "line", [b"", b"\n\n", b'pandas_categorical:[["a", "b"]]\n', b"\r\n"], ids=["none", "blanks", "lists", "windows"]
)
def test_the_end_of_lightgbms_text_may_be_written_in_several_ways(rated: Rate, line: bytes) -> None:
    content = LIGHT.replace(b"pandas_categorical:null\n", line) if b"pandas" in line else LIGHT + line
    assert rated("m.txt", content).rating is Rating.SAFE


@pytest.mark.parametrize("more", [b"import os\n", b"cos\nsystem\n", b"\n\n#!/bin/sh\necho 1\n"])
def test_text_behind_the_end_of_lightgbms_text_is_refused(rated: Rate, more: bytes) -> None:
    assert rated("m.txt", LIGHT + more).rating is not Rating.SAFE
