"""The machine follows a stream as C's unpickler does: both are given the same harmless bytes, with inert classes."""

from __future__ import annotations

import io
import pickle
import re
import struct
import warnings
from typing import Any, NamedTuple, Self

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from accord.scan.part import Part
from accord.scan.pickles.machine import Story, run
from accord.scan.pickles.values import Call, Extension, Import

Pieces = st.SearchStrategy[bytes]


class _Meta(type):
    def __setitem__(cls, key: object, value: object) -> None:
        """Take an item, as any instance does."""


def _nothing(*_args: object) -> None:
    """Take anything and do nothing."""


class Inert(metaclass=_Meta):
    """What every name stands for: it takes everything and does nothing."""

    def __new__(cls, *_args: object, **_keywords: object) -> Self:
        return object.__new__(cls)

    def __call__(self, *_args: object) -> Inert:
        return self

    def __setitem__(self, key: object, value: object) -> None:
        """Take an item."""

    __setstate__ = append = extend = add = staticmethod(_nothing)


class Real(NamedTuple):
    """What the real unpickler did with one stream."""

    looked_up: list[tuple[str, str]]
    error: str
    end: int


class _Recorder(pickle.Unpickler):
    def __init__(self, file: io.BytesIO) -> None:
        super().__init__(file, encoding="latin-1")
        self.looked_up: list[tuple[str, str]] = []

    def find_class(self, module: str, name: str) -> Any:
        self.looked_up.append((module, name))
        return Inert

    def persistent_load(self, pid: object) -> object:
        return Inert()


def really(data: bytes) -> Real:
    file = io.BytesIO(data)
    recorder = _Recorder(file)
    error = ""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            recorder.load()
        except Exception as raised:  # noqa: BLE001  # whatever it raises is the answer
            error = f"{type(raised).__name__}: {raised}"
    return Real(recorder.looked_up, error, file.tell())


def followed(data: bytes) -> Story:
    return run(Part(data, name="x.pkl"), 0, None)


def is_certain(story: Story) -> bool:
    """Tell streams whose end does not hang on what strange classes do."""
    odd = [
        deed
        for deed in story.deeds
        if isinstance(deed, Extension) or (isinstance(deed, Call) and not isinstance(deed.target, Import))
    ]
    return not (odd or story.lies)


def is_harmless(data: bytes) -> bool:
    """Keep what asks for much memory away from the real unpickler."""
    long_puts = (int.from_bytes(data[at + 1 : at + 5], "little") for at in range(len(data)) if data[at] == 0x72)
    lengths = re.finditer(rb"[\x8d\x8e\x96](.{8})|[BTX\x8b](.{4})", data, re.DOTALL)
    sizes = (int.from_bytes(found[1] or found[2], "little") for found in lengths)
    return all(one < 100_000 for one in (*long_puts, *sizes)) and not re.search(rb"p[^\n]{6,}\n", data)


def agree(data: bytes) -> None:
    assume(is_harmless(data))
    story, real = followed(data), really(data)
    seen = list(dict.fromkeys((one.module, one.name) for one in story.imports))
    wanted = list(dict.fromkeys(real.looked_up))
    if not story.lies and (story.stopped or b"\x95" not in data):
        assert seen[: len(wanted)] == wanted, (data, real, story.why)
    if is_certain(story) and (story.stopped or b"\x95" not in data):
        assert (real.error, seen) == ("" if story.stopped else real.error or "an error", wanted), (
            data,
            real,
            story.why,
        )
        assert not story.stopped or story.end == real.end, (data, real)


SHORT = st.binary(max_size=6)
INDEX = st.integers(0, 12)
NUMBERS = st.one_of(
    st.sampled_from(
        [
            b"00",
            b"01",
            b"1",
            b"-5",
            b"0x1f",
            b"010",
            b"08",
            b"0b1",
            b"1_0",
            b" 7",
            b"7 ",
            b"",
            b"9" * 30,
            b"1L",
            b"x",
            b"+3",
            b"0_7",
            b"00_0",
            b"1\x005",
            b"L",
        ]
    ),
    st.integers(-(1 << 70), 1 << 70).map(lambda one: str(one).encode()),
)
FLOATS = st.sampled_from(
    [
        b"1.5",
        b"-2e3",
        b"nan",
        b"inf",
        b"1e999",
        b".5",
        b"5.",
        b".",
        b" 1",
        b"1 ",
        b"1_0",
        b"Infinity",
        b"0x1p3",
        b"1.0\x00z",
        b"",
    ]
)
QUOTED = st.sampled_from(
    [
        b"'a'",
        b'"b"',
        b"'it\\'s'",
        b"'\\x41\\n'",
        b"'\\xzz'",
        b"'a",
        b"a",
        b"''",
        b"'\\101'",
        b"'\\8'",
        b"'\\\\'",
        b"'\\'",
        b"'",
        b"\"'",
        b"'a'x'",
        b"'\xe9'",
    ]
)
ESCAPED = st.sampled_from([b"abc", b"\\u0041", b"\\u00", b"\\x41", b"", b"\xe9", b"a\\", b"\\U00110000", b"\\ud800"])
NAMES = st.sampled_from([b"os", b"a.b", b"x y", b"", b"\xc3\xa9", b"\xff", b"system"])


def counted(code: bytes, layout: str, inner: Pieces) -> Pieces:
    return st.tuples(inner, st.sampled_from([0, 0, 0, 0, 0, 1, -1])).map(
        lambda two: code + struct.pack(layout, max(len(two[0]) + two[1], 0)) + two[0]
    )


def line(code: bytes, inner: Pieces) -> Pieces:
    return inner.map(lambda one: code + one + b"\n")


TEXT = st.sampled_from([b"os", b"system", b"a", b"\xc3\xa9", b"\xff", b"", b"\xed\xa0\x80"])
LITERALS = st.one_of(
    st.sampled_from(
        [
            b"N",
            b"\x88",
            b"\x89",
            b"K\x05",
            b"M\x05\x00",
            b"J\x01\x02\x03\xff",
            b"G" + b"\0" * 8,
            b")",
            b"]",
            b"}",
            b"\x8f",
        ]
    ),
    line(b"I", NUMBERS),
    line(b"L", NUMBERS),
    line(b"F", FLOATS),
    line(b"S", QUOTED),
    line(b"V", ESCAPED),
    counted(b"\x8c", "<B", TEXT),
    counted(b"X", "<I", TEXT),
    counted(b"\x8d", "<Q", TEXT),
    counted(b"U", "<B", SHORT),
    counted(b"T", "<I", SHORT),
    counted(b"C", "<B", SHORT),
    counted(b"B", "<I", SHORT),
    counted(b"\x8e", "<Q", SHORT),
    counted(b"\x96", "<Q", SHORT),
    counted(b"\x8a", "<B", SHORT),
    counted(b"\x8b", "<i", SHORT),
)
MOVES = st.one_of(
    st.sampled_from(
        [
            b"(",
            b"(",
            b"(",
            b"0",
            b"1",
            b"2",
            b"\x94",
            b"\x94",
            b"t",
            b"\x85",
            b"\x86",
            b"\x87",
            b"l",
            b"d",
            b"a",
            b"e",
            b"s",
            b"u",
            b"\x90",
            b"\x91",
            b"\x98",
            b"\x97",
            b"R",
            b"b",
            b"o",
            b"\x81",
            b"\x92",
            b"\x93",
            b"Q",
            b".",
            b"\x80\x02",
            b"\x80\x05",
            b"\x80\x06",
            b"\x82\x01",
            b"\x83\x00\x01",
        ]
    ),
    INDEX.map(lambda one: b"q" + bytes([one])),
    INDEX.map(lambda one: b"h" + bytes([one])),
    INDEX.map(lambda one: b"r" + struct.pack("<I", one * 7)),
    INDEX.map(lambda one: b"j" + struct.pack("<I", one * 7)),
    line(b"p", st.sampled_from([b"0", b"1", b"3", b"-1", b"x", b" 2", b"1_0", b"+4", b"", b"0x1"])),
    line(b"g", st.sampled_from([b"0", b"1", b"3", b"-1", b"x", b" 2", b"1_0", b"+4", b"", b"0x1"])),
    line(b"P", TEXT),
    st.integers(0, 30).map(lambda one: b"\x95" + struct.pack("<Q", one)),
)
LOOKUPS = st.one_of(
    st.tuples(NAMES, NAMES).map(lambda two: b"c" + two[0] + b"\n" + two[1] + b"\n"),
    st.tuples(NAMES, NAMES).map(lambda two: b"i" + two[0] + b"\n" + two[1] + b"\n"),
    st.just(b"\x8c\x02os\x8c\x06system\x93"),
    st.just(b"cos\nsystem\n"),
)
FITTING = st.sampled_from(
    [
        b"cos\nsystem\n)R",
        b"cos\nsystem\n(K\x01tR",
        b"ca\nB\n)\x81",
        b"ca\nB\n)}\x92",
        b"(ca\nB\nNo",
        b"(Nia\nB\n",
        b"}(K\x01Nu",
        b"](NNe",
        b"]Na",
        b"}NNs",
        b"\x8f(K\x01N\x90",
        b"(NN\x91",
        b"ca\nB\n)\x81}b",
        b"ca\nB\n)\x81(NNe",
        b"ca\nB\n)\x81(NNu",
        b"ca\nB\n)\x81(N\x90",
        b"N\x85\x94",
        b"NN\x86q\x03",
        b"(NNNt",
        b"C\x01a\x98",
        b"h\x00h\x00\x93",
        b"(K\x01K\x02K\x03K\x04d",
        b"(K\x01K\x02K\x03l",
        b"K\x01K\x02K\x03\x87",
        b"K\x01K\x02K\x0300",
        b"K\x01K\x022\x86",
        b"K\x01K\x02\x94",
    ]
)
STREAMS = st.lists(st.one_of(FITTING, LITERALS, FITTING, LOOKUPS, MOVES, FITTING), max_size=14).map(
    lambda ops: b"".join(ops) + b"."
)


@settings(max_examples=1500, deadline=None)
@given(STREAMS)
@example(b"]\x96\x01\0\0\0\0\0\0\0a\x94.")
@example(b"}\x96\x01\0\0\0\0\0\0\0aNs.")
@example(b"K\x01K\x02K\x03K\x04K\x05000.")
@example(b"(K\x01K\x02K\x030.")
def test_any_stream_of_opcodes_ends_as_the_real_unpickler_ends_it(data: bytes) -> None:
    agree(data)


PLAIN = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.binary(max_size=8)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.text(max_size=4), inner, max_size=4),
        st.tuples(inner, inner),
        st.frozensets(st.integers(), max_size=4),
        st.sets(st.text(max_size=3), max_size=4),
    ),
    max_leaves=12,
)


@settings(max_examples=400, deadline=None)
@given(PLAIN, st.integers(0, 5))
def test_what_pickle_writes_is_followed_to_its_end(value: object, protocol: int) -> None:
    data = pickle.dumps(value, protocol)
    agree(data)
    assert followed(data).stopped


@settings(max_examples=600, deadline=None)
@given(PLAIN, st.integers(0, 5), st.data())
def test_a_damaged_pickle_breaks_as_the_real_one(value: object, protocol: int, draw: st.DataObject) -> None:
    data = bytearray(pickle.dumps(value, protocol))
    for _ in range(draw.draw(st.integers(1, 3))):
        assume(data)
        at = draw.draw(st.integers(0, len(data) - 1))
        data[at : at + draw.draw(st.integers(0, 1))] = draw.draw(
            st.sampled_from([b"", b".", b"(", b"0", b"2", b"\x94"])
        )
    agree(bytes(data))


@pytest.mark.parametrize("protocol", range(6))
def test_several_streams_end_where_the_real_unpickler_goes_on(protocol: int) -> None:
    data = b"".join(pickle.dumps(one, protocol) for one in ({"a": 1}, [2.5], None))
    file, at = io.BytesIO(data), 0
    while at < len(data):
        _Recorder(file).load()
        story = run(Part(data, name="x.pkl"), at, None)
        assert (story.stopped, story.end) == (True, file.tell())
        at = story.end
