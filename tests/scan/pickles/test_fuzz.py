"""Whatever bytes a pickle holds, reading it ends, and ends with a rating."""

from __future__ import annotations

import pickle
import pickletools
from collections.abc import Callable
from contextlib import AbstractContextManager

from hypothesis import given, settings
from hypothesis import strategies as st

from accord.scan.engine import read as read_any
from accord.scan.look import Look, OverError
from accord.scan.part import Part
from accord.scan.pickles.machine import run
from accord.scan.pickles.read import read
from accord.scan.pickles.values import Import
from accord.scan.reasons import reasons

Within = Callable[[float], AbstractContextManager[None]]

CODES = bytes(ord(one.code) for one in pickletools.opcodes)
SEEDS = [pickle.dumps({"a": [1, 2.5, None, ("x", b"y")], "b": {1, 2}}, protocol) for protocol in range(6)] + [
    b"\x80\x02cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\nK\x00\x85C\x01btR(K\x01K\x03\x85cnumpy\ndtype\n(U\x02f8I00\nI01\ntRtb.",
    b"\x80\x03cjoblib.numpy_pickle\nNumpyArrayWrapper\n)\x81}(X\x05\0\0\0shapeK\x03\x85X\x05\0\0\0dtypecnumpy\ndtype\n(U\x02u1I00\nI01\ntRub\x01\x02\x03.",
    b"\x80\x04cfunctools\npartial\n(cbuiltins\ngetattr\ntR(cbuiltins\nlen\n)}Ntb.",
    b"\x80\x04ctorch.storage\n_load_from_bytes\nB\x06\0\0\0\x80\x02K\x01.N\x85R.",
    b"\x80\x04czlib\ndecompress\nC\x0bx\x9cK\x04\x00\x00\x44\x00\x44\x85R.",
]


def rated(data: bytes) -> None:
    look = Look(read_any)
    try:
        kinds = {sight.kind for sight in read(Part(data, name="x.pkl"), look)}
    except OverError:
        return
    assert kinds <= set(reasons())


@settings(max_examples=500, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(list(CODES)), st.binary(max_size=4)), max_size=40))
def test_any_opcodes_with_any_arguments_end_with_a_rating(ops: list[tuple[int, bytes]]) -> None:
    rated(b"\x80\x04" + b"".join(bytes([code]) + argument for code, argument in ops))


@settings(max_examples=700, deadline=None)
@given(
    st.sampled_from(SEEDS),
    st.lists(st.tuples(st.integers(0, 400), st.integers(0, 3), st.binary(max_size=3)), max_size=4),
)
def test_damaged_pickles_end_with_a_rating(seed: bytes, changes: list[tuple[int, int, bytes]]) -> None:
    data = bytearray(seed)
    for at, count, instead in changes:
        data[at % len(data) : at % len(data) + count] = instead
        if not data:
            break
    rated(bytes(data))


def test_shared_nests_are_not_unfolded_for_a_message(within: Within) -> None:
    nested = b"(" + b"K\x01" * 60 + b"t" + b"".join(b"q\x00(" + b"h\x00" * 60 + b"t" for _ in range(16))
    with within(50):
        rated(b"\x80\x04cmine\nThing\n" + nested + b"R.")
        rated(b"\x80\x04cbuiltins\ngetattr\n" + nested + b"\x85R.")


def test_values_are_shown_as_python_holds_them_as_far_as_they_are_plain() -> None:
    data = (
        b"\x80\x04(K\x01X\x01\0\0\0a](G?\xf8\0\0\0\0\0\0Ne}X\x01\0\0\0kC\x01bscos\npath\n\x96\x01\0\0\0\0\0\0\0z\x88t."
    )
    story = run(Part(b"??" + data, name="x"), 2, None)
    shown = story.plain(story.result)
    assert isinstance(shown, tuple)
    assert shown[:4] == (1, "a", [1.5, None], {"k": b"b"})
    assert isinstance(shown[4], Import)
    assert shown[5:] == (b"z", True)
    assert (story.begin, story.end) == (2, 2 + len(data))
    assert [story.place(one.at) for one in story.imports] == [2 + data.index(b"cos")]
