"""What loading would cost is reckoned, not paid: bombs are named in milliseconds, and big honest data stay cheap."""

from __future__ import annotations

import pickle
import resource
import time
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest

from accord.scan.part import Part
from accord.scan.pickles.machine import run
from accord.scan.rating import Rating, Sight

Within = Callable[[float], AbstractContextManager[None]]
See = Callable[..., list[Sight]]
Rate = Callable[..., Rating]


def nested(depth: int, twice: bytes, start: bytes = b")") -> bytes:
    return b"\x80\x04" + start + twice * depth


TUPLES = nested(64, b"2\x86")
LISTS = b"\x80\x04]" + b"".join(b"q\x00](h\x00h\x00h\x00e" for _ in range(60)) + b"."
NUMBERS = b"".join(b"\x8a\x14" + (i * ((1 << 61) - 1)).to_bytes(20, "little") + b"N" for i in range(1, 3000))


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"\x80\x04}(" + TUPLES[2:] + b"Nu.", "hashing keys takes"),
        (b"\x80\x04\x8f(" + TUPLES[2:] + b"\x90.", "hashing keys takes"),
        (b"\x80\x04(" + TUPLES[2:] + b"\x91.", "hashing keys takes"),
        (b"(" + TUPLES[2:] + b"Nd.", "hashing keys takes"),
        (b"}" + TUPLES[2:] + b"Ns.", "hashing keys takes"),
        (b"\x80\x04}()" + b"\x85" * 100_000 + b"Nu.", "a key nests 100001 deep"),
        (LISTS, "the result unfolds to about"),
        (b"]r\xff\xff\xff\xff.", "the memo index 4294967295"),
        (b"]p999999999999\n.", "the memo index 999999999999"),
        (b"\x80\x04}(" + NUMBERS + b"u.", "2999 different numbers share one hash"),
        (b"cbuiltins\nbytearray\n(L1000000000000L\ntR.", "asks for about 1e12 bytes"),
        (b"cbuiltins\nbytes\n(L1000000000000L\ntR.", "asks for about 1e12 bytes"),
        (b"cbuiltins\nlist\n(cbuiltins\nrange\n(L1000000000000L\ntRtR.", "walks through builtins.range"),
        (b"ccollections\ndeque\n(citertools\nrepeat\n(NtRtR.", "walks through itertools.repeat"),
        (b"cbuiltins\nset\n(citertools\ncount\n)RtR.", "walks through itertools.count"),
        (b"I" + b"9" * 100_000 + b"\n.", "a number of 100000 digits"),
        (b"L" + b"9" * 100_000 + b"L\n.", "a number of 100001 digits"),
        (
            b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(J\xff\xff\xff\x7fJ\xff\xff\xff\x7ftC\x01btR.",
            "asks for an array",
        ),
    ],
)
def test_a_bomb_is_named_without_being_lit(data: bytes, says: str, see: See, rating: Rate, within: Within) -> None:
    with within(1000):
        assert any(says in one.message for one in see(data)), see(data)
        assert rating(data) is Rating.DANGEROUS


@pytest.mark.parametrize(
    "data",
    [
        b"\x80\x04" + b"]" * 3_000_000 + b".",
        b"\x80\x04" + b"}\x94" * 1_500_000 + b".",
        b"\x80\x04" + b"N\x85" * 1_500_000 + b".",
        b"\x80\x04" + b"(" * 2_000_000 + b".",
        b"\x80\x04" + b"K\x01" * 1_500_000 + b"0" * 1_500_000 + b".",
        b"\x80\x04]" + b"2" * 2_000_000 + b".",
    ],
)
def test_floods_of_opcodes_take_time_and_memory_in_proportion(data: bytes, within: Within) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with within(1500):
        run(Part(data, name="flood.pkl"), 0, None)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300 << 10


@pytest.mark.parametrize("protocol", [0, 2, 5])
def test_a_token_dictionary_takes_time_in_proportion_to_its_size(protocol: int) -> None:
    small = pickle.dumps({f"token{i}": i for i in range(20_000)}, protocol)
    large = pickle.dumps({f"token{i}": i for i in range(160_000)}, protocol)
    assert best(large) < 24 * best(small)


def best(data: bytes) -> float:
    times = []
    for _ in range(3):
        begin = time.perf_counter()
        assert run(Part(data, name="tokens.pkl"), 0, None).stopped
        times.append(time.perf_counter() - begin)
    return min(times)


@pytest.mark.parametrize(
    "value",
    [
        {f"token{i}": i for i in range(50_000)},
        {i: f"token{i}" for i in range(50_000)},
        list(range(500_000)),
        [(f"a{i}", i) for i in range(20_000)],
        {(f"a{i}", f"b{i}"): i for i in range(20_000)},
        [{"id": i, "text": f"t{i}", "tags": [i, i + 1]} for i in range(10_000)],
        {1 << (i % 3000) for i in range(3000)},
        {i * 0x9E3779B97F4A7C15 % (1 << 64): i for i in range(20_000)},
        [[[1, 2], [1, 2]]] * 1000,
    ],
)
def test_big_honest_data_are_safe(value: object, rating: Rate) -> None:
    for protocol in (0, 2, 4):
        assert rating(pickle.dumps(value, protocol)) is Rating.SAFE


def test_a_graph_that_refers_to_itself_is_safe(rating: Rate) -> None:
    nodes: list[list[object]] = [[i] for i in range(100)]
    for one in nodes:
        one += [nodes, one]
    assert rating(pickle.dumps(nodes)) is Rating.SAFE


def test_far_and_near_memo_entries_keep_their_count(see: See) -> None:
    data = b"\x80\x04\x8c\x02osr\x00\x00\x10\x00\x94q\x05\x8c\x06system\x940h\x010j\x00\x00\x10\x00h\x03\x93."
    assert [one.name for one in see(data)] == ["os.system"]


@pytest.mark.parametrize("numbers", [[2**64] * 6000, dict.fromkeys(range(6000), 10**20), [-(2**70)] * 6000])
def test_one_big_number_many_times_is_no_bomb(numbers: object, see: See) -> None:
    assert see(pickle.dumps(numbers)) == []
