"""R data that an attacker would write, and their honest twins."""

from __future__ import annotations

import bz2
import gzip
import lzma
import struct
from collections.abc import Callable

import pytest

from accord.scan.rating import Rated, Rating

Rate = Callable[..., Rated]


class R:
    """Writes R data in one of the three ways in which R does."""

    def __init__(self, way: str) -> None:
        self.way = way

    def number(self, value: int) -> bytes:
        return f"{value}\n".encode() if self.way == "A" else struct.pack(">i" if self.way == "X" else "<i", value)

    def flags(self, kind: int, *, attributes: bool = False, tag: bool = False) -> bytes:
        return self.number(kind | attributes << 9 | tag << 10)

    def text(self, value: str) -> bytes:
        data = value.encode()
        return self.flags(9) + self.number(len(data)) + data + (b"\n" if self.way == "A" else b"")

    def symbol(self, value: str) -> bytes:
        return self.flags(1) + self.text(value)

    def call(self, function: bytes, *given: bytes) -> bytes:
        return self.flags(6) + function + b"".join(self.flags(2) + one for one in given) + self.number(254)

    def strings(self, *values: str) -> bytes:
        return self.flags(16) + self.number(len(values)) + b"".join(map(self.text, values))

    def promise(self, code: str = "system") -> bytes:
        return self.flags(5) + self.number(252) + self.call(self.symbol(code), self.strings("echo red"))

    def listed(self, *items: bytes) -> bytes:
        return self.flags(19) + self.number(len(items)) + b"".join(items)

    def pair(self, name: str, value: bytes) -> bytes:
        return self.flags(2, tag=True) + self.symbol(name) + value + self.number(254)

    def file(self, item: bytes, version: int = 3, saved: str = "") -> bytes:
        mark = f"RD{saved}{version}\n" if saved else ""
        head = f"{mark}{self.way}\n".encode() + b"".join(map(self.number, (version, 0x040300, 0x020300)))
        coded = self.number(5) + b"UTF-8" + (b"\n" if self.way == "A" else b"") if version == 3 else b""
        return head + coded + item


@pytest.mark.parametrize("way", ["X", "B", "A"])
@pytest.mark.parametrize("version", [2, 3])
def test_a_promise_is_found_wherever_r_keeps_one(rated: Rate, way: str, version: int) -> None:
    r = R(way)
    nil = r.number(254)
    items = {
        "alone": r.promise(),
        "in a list": r.listed(r.strings("a"), r.listed(r.promise("eval"))),
        "in a pair list": r.pair("x", r.promise()),
        "in an attribute": r.flags(16, attributes=True) + r.number(1) + r.text("a") + r.pair("class", r.promise()),
        "in an environment": r.flags(4) + r.number(0) + nil + r.pair("x", r.promise()) + nil + nil,
        "in a slot": r.flags(25, attributes=True) + r.pair("slot", r.promise()),
        "of its own environment": r.flags(5, tag=True)
        + r.flags(4)
        + r.number(0)
        + nil * 4
        + r.number(252)
        + r.call(r.symbol("q")),
        "with attributes": r.flags(5, attributes=True) + nil + r.number(252) + r.call(r.symbol("system"), nil),
        "already evaluated": r.flags(5) + r.strings("done") + r.call(r.symbol("system"), r.strings("x")),
        "in a table": r.flags(19, attributes=True) + r.number(1) + r.promise() + r.pair("names", r.strings("a")),
    }
    for where, item in items.items():
        found = rated("m.rds", r.file(item, version))
        assert (found.rating, found.format) == (Rating.DANGEROUS, "rdata"), where
        assert "promise" in {one.name for one in found.reasons}, where
        saved = r.file(r.pair("model", item), version, {"X": "X", "B": "B", "A": "A"}[way])
        for pack in (gzip.compress, bz2.compress, lzma.compress, bytes):
            assert rated("m.RData", pack(saved)).rating is Rating.DANGEROUS, where


@pytest.mark.parametrize("way", ["X", "B", "A"])
def test_functions_and_calls_in_r_data_are_dangerous_and_plain_data_are_not(rated: Rate, way: str) -> None:
    r = R(way)
    nil = r.number(254)
    for name in ("system", "eval", "system2", "source", "library", "parse"):
        assert rated("m.rds", r.file(r.listed(r.call(r.symbol(name), r.strings("x"))))).rating is Rating.DANGEROUS, name
    closure = r.flags(3) + r.number(253) + nil + r.call(r.symbol("system"), r.strings("x"))
    assert rated("m.rds", r.file(r.listed(closure))).rating is Rating.DANGEROUS
    for honest in (
        r.strings("system", "promise"),
        r.listed(r.strings("a"), nil),
        r.call(r.symbol("~"), r.symbol("y"), r.symbol("x")),
    ):
        assert rated("m.rds", r.file(honest)).rating is Rating.SAFE
        assert rated("m.rds", gzip.compress(r.file(honest))).rating is Rating.SAFE
