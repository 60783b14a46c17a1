from __future__ import annotations

import bz2
import gzip
import lzma
import struct
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accord.scan.look import Look
from accord.scan.models.rdata import is_rdata, read
from accord.scan.part import BrokenError, Part
from accord.scan.rating import Rated, Rating

Rate = Callable[..., Rated]
NIL = struct.pack(">i", 254)
GLOBAL = struct.pack(">i", 253)
UNBOUND = struct.pack(">i", 252)


def flags(kind: int, *, attributes: bool = False, tag: bool = False, object_: bool = False) -> bytes:
    return struct.pack(">i", kind | object_ << 8 | attributes << 9 | tag << 10)


def char(text: str | None) -> bytes:
    data = (text or "").encode()
    return flags(9) + struct.pack(">i", -1 if text is None else len(data)) + data


def symbol(name: str) -> bytes:
    return flags(1) + char(name)


def pairs(*held: tuple[str, bytes]) -> bytes:
    return b"".join(flags(2, tag=True) + symbol(name) + value for name, value in held) + NIL


def call(function: bytes, *arguments: bytes) -> bytes:
    return flags(6) + function + b"".join(flags(2) + one for one in arguments) + NIL


def doubles(*values: float) -> bytes:
    return flags(14) + struct.pack(f">i{len(values)}d", len(values), *values)


def texts(*values: str | None) -> bytes:
    return flags(16) + struct.pack(">i", len(values)) + b"".join(char(one) for one in values)


def rds(item: bytes, version: int = 3) -> bytes:
    head = b"X\n" + struct.pack(">iii", version, 0x040300, 0x030500)
    return head + (struct.pack(">i", 5) + b"UTF-8" if version == 3 else b"") + item


def frame() -> bytes:
    columns = [doubles(1, 2, 3), texts("a", None, "c"), flags(13, attributes=True) + struct.pack(">4i", 3, 1, 2, 1)
               + pairs(("levels", texts("x", "y")), ("class", texts("factor")))]  # fmt: skip
    attributes = pairs(("names", texts("n", "s", "f")), ("class", texts("data.frame")))
    return flags(19, attributes=True, object_=True) + struct.pack(">i", 3) + b"".join(columns) + attributes


PROMISE = flags(5) + UNBOUND + call(symbol("system"), texts("true"))
CLOSURE = flags(3) + GLOBAL + NIL + call(symbol("+"), symbol("x"), doubles(1))
SAFE = (
    doubles(1, 2),
    texts("system", "eval"),
    frame(),
    pairs(("a", NIL)),
    flags(24) + struct.pack(">i", 3) + b"abc",
    NIL,
    flags(10) + struct.pack(">2i", 1, 1),
    flags(15) + struct.pack(">i2d", 1, 0, 1),
    call(symbol("~"), symbol("load"), symbol("x")),
    flags(4) + struct.pack(">i", 0) + GLOBAL + NIL + NIL + NIL,
    flags(25, attributes=True) + pairs(("slot", doubles(1))),
)


@pytest.mark.parametrize("item", SAFE)
@pytest.mark.parametrize("version", [2, 3])
def test_vectors_frames_factors_lists_and_formulas_are_safe(rated: Rate, item: bytes, version: int) -> None:
    found = rated("m.rds", rds(item, version))
    assert (found.rating, found.format) == (Rating.SAFE, "rdata")


@pytest.mark.parametrize(
    ("item", "kind"),
    [
        (PROMISE, "promise"),
        (pairs(("x", PROMISE)), "promise"),
        (CLOSURE, "a function"),
        (flags(8) + struct.pack(">i", 6) + b"system", "a primitive"),
        (flags(21) + struct.pack(">i", 1), "byte code"),
        (call(symbol("system"), texts("true")), "system"),
        (call(call(symbol("::"), symbol("base"), symbol("system")), texts("true")), "system"),
        (flags(20) + struct.pack(">i", 1) + call(symbol("eval"), NIL), "eval"),
        (flags(19) + struct.pack(">i", 2) + doubles(1) + PROMISE, "promise"),
    ],
)
def test_promises_functions_and_calls_that_act_are_dangerous(rated: Rate, item: bytes, kind: str) -> None:
    found = rated("m.rds", rds(item))
    assert found.rating is Rating.DANGEROUS
    assert kind in {one.name for one in found.reasons}


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_compressed_data_are_looked_into(rated: Rate, pack: Callable[[bytes], bytes]) -> None:
    assert rated("m.rds", pack(rds(frame()))).rating is Rating.SAFE
    assert rated("m.rda", pack(b"RDX3\n" + rds(pairs(("x", PROMISE))))).rating is Rating.DANGEROUS


def test_data_written_as_text_are_read(rated: Rate) -> None:
    head = "A\n3\n262912\n197888\n5\nUTF-8\n"
    assert rated("a.rds", f"{head}16\n2\n262153\n3\na\\040b\n262153\n-1\n".encode()).rating is Rating.SAFE
    assert rated("a.rds", f"{head}14\n2\n1.5\nNA\n".encode()).rating is Rating.SAFE
    promise = f"{head}5\n252\n6\n1\n262153\n6\nsystem\n254\n".encode()
    assert rated("a.rds", promise).rating is Rating.DANGEROUS


def test_data_in_the_byte_order_of_the_machine_are_read(rated: Rate) -> None:
    swapped = b"B\n" + struct.pack("<iiii", 2, 0x040300, 0x020300, 14) + struct.pack("<id", 1, 1.5)
    assert rated("a.rds", swapped).rating is Rating.SAFE


@pytest.mark.parametrize(
    "item",
    [
        flags(19) + struct.pack(">i", 1 << 30),
        flags(14) + struct.pack(">i", -1) + struct.pack(">ii", 1 << 30, 0),
        flags(16) + struct.pack(">i", 2) + char("a"),
        flags(77),
        flags(255) + struct.pack(">i", 9),
        char("a")[:-1],
    ],
)
def test_sizes_that_lie_are_malformed(rated: Rate, item: bytes) -> None:
    assert rated("m.rds", rds(item)).rating is Rating.MALFORMED


def test_what_follows_the_data_is_looked_at(rated: Rate) -> None:
    found = rated("m.rds", rds(doubles(1)) + b"\x7fELF" + bytes(60))
    assert found.rating is Rating.DANGEROUS


def test_a_list_that_nests_ten_thousand_deep_is_walked_without_recursion(rated: Rate) -> None:
    deep = (flags(19) + struct.pack(">i", 1)) * 10_000 + NIL
    assert rated("m.rds", rds(deep)).rating is Rating.SAFE


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_no_change_of_bytes_breaks_the_walk(data: st.DataObject) -> None:
    whole = bytearray(rds(frame() + PROMISE))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(14, len(whole) - 1))] = data.draw(st.integers(0, 255))
    part = Part(bytes(whole[: data.draw(st.integers(20, len(whole)))]), name="m.rds")
    assert is_rdata(part)
    try:
        list(read(part, Look(lambda _part, _look: iter(()))))
    except BrokenError:
        return


@pytest.mark.parametrize(
    "item",
    [
        flags(238) + pairs(("class", texts("compact_intseq"))) + doubles(3, 1, 1) + NIL,
        flags(249) + struct.pack(">ii", 0, 2) + char("base") + char("4.3.0"),
        flags(22) + NIL + NIL,
        flags(19)
        + struct.pack(">i", 2)
        + flags(4)
        + struct.pack(">i", 0)
        + GLOBAL
        + NIL
        + NIL
        + NIL
        + struct.pack(">i", 255 | 1 << 8),
        pairs(("a", doubles(1)), ("b", doubles(2))),
        flags(14, attributes=True) + struct.pack(">i", 0) + pairs(("dim", flags(13) + struct.pack(">iii", 2, 0, 0))),
        flags(239, tag=True) + pairs(("x", NIL)) + symbol("n") + doubles(1) + NIL,
    ],
)
def test_what_else_r_writes_of_data_is_safe(rated: Rate, item: bytes) -> None:
    assert rated("m.rds", rds(item)).rating is Rating.SAFE


def test_a_symbol_that_is_named_again_by_number_is_still_known(rated: Rate) -> None:
    again = struct.pack(">i", 255 | 1 << 8)
    held = flags(19) + struct.pack(">i", 2) + symbol("system") + call(again, texts("true"))
    assert rated("m.rds", rds(held)).rating is Rating.DANGEROUS


def test_a_column_that_is_called_as_a_function_is_no_code(rated: Rate) -> None:
    formula = call(symbol("~"), symbol("load"), call(symbol("+"), symbol("url"), symbol("parse")))
    assert rated("m.rds", rds(formula)).rating is Rating.SAFE


def test_what_was_seen_before_the_data_break_stays(rated: Rate) -> None:
    found = rated("m.rds", rds(flags(19) + struct.pack(">i", 3) + PROMISE))
    assert found.rating is Rating.DANGEROUS
    assert Rating.MALFORMED in {one.rating for one in found.reasons}
