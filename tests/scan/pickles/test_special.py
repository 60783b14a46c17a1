"""Names whose arguments decide, and data of the standard library that must be safe."""

from __future__ import annotations

import argparse
import array
import collections
import datetime as dt
import decimal
import fractions
import functools
import http
import io
import ipaddress
import logging
import operator
import pathlib
import pickle
import random
import re
import types
import uuid
import zoneinfo
from collections.abc import Callable

import pytest

from accord.scan.rating import Rating, Sight

See = Callable[..., list[Sight]]
Rate = Callable[..., Rating]

HONEST = {
    "dates": [
        dt.datetime(2026, 1, 2, tzinfo=dt.UTC),
        dt.date(2026, 1, 2),
        dt.timedelta(3),
        dt.time(1),
    ],
    "numbers": [
        decimal.Decimal("1.5"),
        fractions.Fraction(1, 3),
        10**60,
        -(2**80),
        1.5,
        1 + 2j,
        True,
        None,
        ...,
        NotImplemented,
    ],
    "nests": [
        collections.OrderedDict(a=1),
        collections.defaultdict(list, a=[1]),
        collections.Counter("aab"),
        collections.deque([1], 3),
    ],
    "sets": [{1, 2}, frozenset("ab"), (1, (2, (3,))), {(1, 2): {3: 4}}],
    "bytes": [b"\xff\x00", bytearray(b"abc"), array.array("d", [1.0, 2.0])],
    "names": [
        uuid.UUID(int=5),
        ipaddress.ip_address("::1"),
        pathlib.PurePosixPath("/a/b"),
        pathlib.PureWindowsPath("C:/x"),
    ],
    "enums": [http.HTTPStatus.OK, re.RegexFlag.I, uuid.SafeUUID.safe],
    "objects": [
        argparse.Namespace(a=1),
        types.SimpleNamespace(a=[1]),
        random.Random(3),
        ValueError("x"),
        KeyError(1),
        range(9),
        slice(1, 2),
    ],
    "functions": [
        len,
        functools.partial(max, key=len),
        operator.itemgetter(1),
        collections.OrderedDict,
        int,
        type(None),
    ],
    "other": [re.compile("a+b", re.IGNORECASE), zoneinfo.ZoneInfo("UTC"), logging.getLogger("a.b"), iter([1, 2])],
}


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("kind", HONEST)
def test_data_of_the_standard_library_is_safe(kind: str, protocol: int, see: See) -> None:
    assert see(pickle.dumps(HONEST[kind], protocol)) == []


@pytest.mark.parametrize("protocol", range(2, 6))
def test_texts_and_bytes_held_in_memory_are_safe(protocol: int, rating: Rate) -> None:
    assert rating(pickle.dumps([io.BytesIO(b"abc"), io.StringIO("abc")], protocol)) is Rating.SAFE


def call(name: bytes, args: bytes) -> bytes:
    return b"\x80\x04c" + name.replace(b" ", b"\n") + b"\n(" + args + b"tR."


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (call(b"builtins getattr", b"cos\npath\nX\x06\0\0\0system"), Rating.DANGEROUS),
        (call(b"builtins getattr", b"cdatetime\ntimezone\nX\x03\0\0\0utc"), Rating.SAFE),
        (call(b"builtins getattr", b"chttp\nHTTPStatus\nX\x02\0\0\0OK"), Rating.SAFE),
        (call(b"builtins getattr", b"chttp\nHTTPStatus\nX\x0c\0\0\0__subclasses"), Rating.DANGEROUS),
        (call(b"builtins getattr", b"(tX\x09\0\0\0__class__"), Rating.DANGEROUS),
        (call(b"builtins getattr", b"K\x01"), Rating.DANGEROUS),
        (call(b"functools partial", b"cos\nsystem\n"), Rating.DANGEROUS),
        (call(b"functools partial", b"cbuiltins\ngetattr\n"), Rating.DANGEROUS),
        (call(b"builtins type", b"X\x01\0\0\0A(t}"), Rating.DANGEROUS),
        (call(b"builtins iter", b"cbuiltins\nlen\nK\x01"), Rating.DANGEROUS),
        (call(b"_codecs encode", b"X\x01\0\0\0aX\x06\0\0\0latin1"), Rating.SAFE),
        (call(b"_codecs encode", b"X\x01\0\0\0aX\x05\0\0\0rot13"), Rating.DANGEROUS),
        (call(b"_codecs encode", b"X\x01\0\0\0aX\x04\0\0\0evil"), Rating.DANGEROUS),
        (call(b"copyreg _reconstructor", b"cargparse\nNamespace\ncbuiltins\nobject\nN"), Rating.SAFE),
        (call(b"copyreg _reconstructor", b"csubprocess\nPopen\ncbuiltins\nobject\nN"), Rating.DANGEROUS),
        (call(b"copyreg _reconstructor", b"cmine\nThing\ncbuiltins\nobject\nN"), Rating.UNKNOWN),
        (call(b"copyreg __newobj__", b"cargparse\nNamespace\n"), Rating.SAFE),
        (call(b"copyreg __newobj__", b"csubprocess\nPopen\nX\x02\0\0\0id"), Rating.DANGEROUS),
        (call(b"copyreg __newobj_ex__", b"cargparse\nNamespace\n)}"), Rating.SAFE),
        (call(b"copyreg __newobj__", b"ccopyreg\n__newobj__\ncos\nsystem\n"), Rating.DANGEROUS),
        (call(b"fractions Fraction", b"X\x03\0\0\x001/3"), Rating.SAFE),
        (call(b"fractions Fraction", b"X\x0b\0\0\x001e999999999"), Rating.DANGEROUS),
        (call(b"zoneinfo ZoneInfo", b"X\x0d\0\0\0../../etc/pas"), Rating.DANGEROUS),
        (call(b"logging getLogger", b"X\x03\0\0\0a.b"), Rating.SAFE),
        (call(b"logging getLogger", b"cbuiltins\nlen\n"), Rating.DANGEROUS),
        (call(b"numpy._core _ufunc_reconstruct", b"X\x05\0\0\0numpyX\x03\0\0\0add"), Rating.SAFE),
        (call(b"numpy._core _ufunc_reconstruct", b"X\x02\0\0\0osX\x06\0\0\0system"), Rating.DANGEROUS),
        (
            call(b"torch._tensor _rebuild_from_type_v2", b"cos\nsystem\nctorch\nTensor\n(X\x02\0\0\0idt}"),
            Rating.DANGEROUS,
        ),
        (call(b"dill._dill _load_type", b"X\x08\0\0\0NoneType"), Rating.SAFE),
        (call(b"dill._dill _load_type", b"X\x08\0\0\0CodeType"), Rating.DANGEROUS),
    ],
)
def test_arguments_decide(data: bytes, expected: Rating, rating: Rate, see: See) -> None:
    assert rating(data) is expected, see(data)


def test_a_method_of_a_listed_object_is_a_value_and_is_not_called(rating: Rate) -> None:
    method = b"cbuiltins\ngetattr\n(cargparse\nNamespace\n)\x81X\x01\0\0\0xtR"
    assert rating(b"\x80\x04" + method + b".") is Rating.SAFE
    assert rating(b"\x80\x04" + method + b")R.") is Rating.DANGEROUS


@pytest.mark.parametrize("protocol", range(6))
def test_a_longer_name_by_getattr_is_the_name_that_it_reaches(protocol: int, see: See) -> None:
    head = bytes([0x80, protocol]) if protocol > 1 else b""
    seen = see(head + b"cbuiltins\ngetattr\n(cwarnings\nsys\nX\x07\0\0\0modulestR.")
    assert any("sys" in one.message for one in seen)


@pytest.mark.parametrize("before", [1, 16, 17, 40, 2500])
def test_a_nested_pickle_is_looked_at_however_many_harmless_ones_come_before_it(before: int, see: See) -> None:
    def load(inner: bytes) -> bytes:
        return b"g0\n(C" + bytes([len(inner)]) + inner + b"tR0"

    harmless = b"ctorch.storage\n_load_from_bytes\np0\n0" + load(b"K\x01.") * before
    assert see(harmless + b"N.") == []
    assert {one.name for one in see(harmless + load(b"cos\nsystem\n.") + b"N.")} == {"os.system"}
