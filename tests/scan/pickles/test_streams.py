"""Ways to hide a call in a stream of opcodes: each is found, because stack and memo are the real ones."""

from __future__ import annotations

import pickle
import struct
from collections.abc import Callable

import pytest

from accord.scan.rating import Rating, Sight

See = Callable[..., list[Sight]]
Rate = Callable[..., Rating]

CALL = b"cos\nsystem\n(X\x02\0\0\0idtR."
TWO = b"\x8c\x02os\x8c\x06system"


def names(seen: list[Sight]) -> list[str]:
    return [one.name for one in seen]


@pytest.mark.parametrize(
    "data",
    [
        CALL,
        b"\x80\x02" + CALL,
        b"\x80\x04\x95\x1a\0\0\0\0\0\0\0" + TWO + b"\x93\x8c\x02id\x85R.",
        b"(X\x02\0\0\0idios\nsystem\n.",  # INST
        b"(cos\nsystem\nX\x02\0\0\0ido.",  # OBJ
        b"\x80\x02cos\nsystem\nX\x02\0\0\0id\x85\x81.",  # NEWOBJ
        b"\x80\x04cos\nsystem\nX\x02\0\0\0id\x85}\x92.",  # NEWOBJ_EX
        b"cos\nsystem\n.",  # only looked up
        b"cos\nsystem\n0N.",  # looked up, then thrown away
        b"\x80\x04\x8c\x06system\x94\x8c\x02os\x94h\x01h\x00\x93\x8c\x02id\x85R.",  # memo out of order
        b"\x80\x04\x8c\x04math\x94\x8c\x02osq\x00\x8c\x06systemh\x000h\x00\x8c\x06system\x93)R.",  # overwritten
        b"Vos\np5\n0Vsystem\np1\n0g5\ng1\n\x93(Vid\ntR.",  # text PUT and GET
        b"\x80\x04\x8c\x02os\x8c\x05decoy0\x8c\x06system\x93\x8c\x02id\x85R.",  # POP
        b"\x80\x04\x8c\x02os(\x8c\x05decoyK\x011\x8c\x06system\x93\x8c\x02id\x85R.",  # POP_MARK
        b"\x80\x04\x8c\x02os20\x8c\x06system\x93\x8c\x02id\x85R.",  # DUP
        b"U\x02osU\x06system\x93(U\x02idtR.",  # SHORT_BINSTRING
        b"T\x02\0\0\0osT\x06\0\0\0system\x93(U\x02idtR.",  # BINSTRING
        b"S'o\\x73'\nS'sys\\164em'\n\x93(U\x02idtR.",  # escapes
        b"V\\u006fs\nVsyst\\u0065m\n\x93(U\x02idtR.",
        b"\x8d\x02\0\0\0\0\0\0\0osX\x06\0\0\0system\x93(U\x02idtR.",  # BINUNICODE8
        b"N0N0N0" * 500 + CALL,
        b"](" + b"K\x01" * 20_000 + b"e0" + CALL,
        b"(K\x01K\x02K\x03lp0\n0(dp1\n0" + CALL,
        b"\x80\x02\x80\x04\x80\x02" + CALL,  # PROTO in the middle
        b"\x80\x00" + CALL,
        b"I1\n0L5L\n0F1.5\n0" + CALL,
        b"\x96\x01\0\0\0\0\0\0\0a0C\x01a\x9800" + CALL.replace(b"00", b"0"),
        b"\x8a\x09" + b"\x01" * 9 + b"0" + CALL,
    ],
)
def test_a_call_of_the_system_is_named_however_it_is_put(data: bytes, see: See, rating: Rate) -> None:
    assert "os.system" in names(see(data))
    assert rating(data) is Rating.DANGEROUS


@pytest.mark.parametrize(
    ("tail", "why"),
    [
        (b"\xff", "there is no opcode 0xff"),
        (b"", "the data end before the stream does"),
        (b"X\xff\xff\0\0", "65535 bytes of text are announced and 0 are there"),
        (b"000", "more is taken from the stack than is on it"),
        (b"h\x63", "nothing was put into the memo at 99"),
        (b"t", "there is no MARK to go back to"),
        (b"\x80\x06", "there is no protocol 6"),
        (b"I1", "a line of text is cut"),
        (b"Sabc\n", "a line does not hold what its opcode says: the text has no quotes"),
        (b"\x97", "the stream refers to buffers that are not in the file"),
        (b"X\x01\0\0\0\xff", "a text is not UTF-8"),
        (b"\x95\xff\0\0\0\0\0\0\0", "a frame reaches beyond the data"),
        (b"}]Ns", "a key is of a kind that has no hash"),
        (b"K\x01K\x02a", "things are put into something that takes none"),
        (b"K\x01)R", "something is called that cannot be"),
        (b"\x8b\xff\xff\xff\xff", "a number has a negative length"),
    ],
)
def test_what_runs_before_a_broken_tail_is_named_and_so_is_the_break(tail: bytes, why: str, see: See) -> None:
    seen = see(b"\x80\x02" + CALL[:-1] + tail)
    assert names(seen)[0] == "os.system"
    assert f"the stream breaks off: {why}" in [one.message for one in seen]


def test_what_stands_behind_a_break_is_looked_for_too(see: See) -> None:
    seen = see(b"\x80\x02K\x01\xff\xff" + CALL)
    assert [one.kind for one in seen] == ["pickle-broken", "pickle-hidden"]
    assert seen[1].name == "os.system"


@pytest.mark.parametrize("first", [pickle.dumps({"a": 1}, 4), pickle.dumps([1.5], 0), pickle.dumps("x", 2)])
@pytest.mark.parametrize("second", [CALL, b"\x80\x04" + CALL])
def test_a_second_and_a_third_stream_are_followed_as_well(first: bytes, second: bytes, see: See) -> None:
    assert names(see(first + first + second)) == ["os.system"]


@pytest.mark.parametrize("protocol", range(6))
def test_many_harmless_streams_in_one_file_are_safe(protocol: int, rating: Rate) -> None:
    data = b"".join(pickle.dumps(one, protocol) for one in ([1, 2], {"a": "b"}, (3.5, None, True)))
    assert rating(data) is Rating.SAFE


def test_a_shelf_of_blocks_filled_with_zeros_is_followed(see: See, rating: Rate) -> None:
    blocks = [pickle.dumps(one, 4).ljust(512, b"\0") for one in ("a", [1], {"b": 2})]
    assert rating(b"".join(blocks)) is Rating.SAFE
    assert names(see(b"".join(blocks) + CALL)) == ["os.system"]


def test_bytes_behind_the_end_are_told_and_looked_at(see: See) -> None:
    seen = see(pickle.dumps([1], 4) + b"\x01\x02\x03" + CALL)
    assert {"trailing", "pickle-hidden"} <= {one.kind for one in seen}
    assert seen[0].offset == len(pickle.dumps([1], 4))


def frame(inner: bytes, size: int | None = None) -> bytes:
    return b"\x95" + struct.pack("<Q", len(inner) if size is None else size) + inner


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"\x80\x04" + frame(b"]" + frame(b"N.")), "a frame begins before the last one ends"),
        (b"\x80\x04" + frame(b"N.abc"), "the last frame reaches beyond the end"),
        (b"\x80\x04" + frame(b"X\x04\0\0\0", 3) + b"abcd.", "an opcode reaches across the end of its frame"),
    ],
)
def test_frames_that_lie_are_malformed_because_unpicklers_disagree(
    data: bytes, why: str, see: See, rating: Rate
) -> None:
    assert why in {one.message.partition(":")[0] for one in see(data)}
    assert rating(data) is Rating.MALFORMED


@pytest.mark.parametrize("code", [b"\x82\x01", b"\x83\x01\x01", b"\x84\x01\x01\x00\x00"])
def test_extension_codes_stand_for_what_only_the_receiver_knows(code: bytes, see: See, rating: Rate) -> None:
    assert see(b"\x80\x02" + code + b".")[0].kind == "pickle-extension"
    assert rating(b"\x80\x02" + code + b"(U\x02idtR.") is Rating.DANGEROUS


@pytest.mark.parametrize("data", [b"Pmodule.weights\n.", b"\x80\x02X\x01\0\0\0aQ."])
def test_persistent_ids_are_unknown_without_a_reader_that_knows_them(data: bytes, rating: Rate) -> None:
    assert rating(data) is Rating.UNKNOWN


@pytest.mark.parametrize(
    "data",
    [
        b"ccollections\nOrderedDict\n}U\x06appendU\x01asb.",  # BUILD on a class
        b"ccollections\nOrderedDict\n(NNe.",  # APPENDS on a class
        b"cbuiltins\nlen\n}U\x01xNsb.",  # BUILD on a function
        b"\x80\x02cargparse\nNamespace\n)\x81}U\x0c__setstate__cbuiltins\nlen\nsb.",
        b"\x80\x02cargparse\nNamespace\n)\x81}U\x09__class__cbuiltins\nlist\nsb.",
        b"\x80\x02cargparse\nNamespace\n)\x81N}U\x09__class__cbuiltins\nlist\ns\x86b.",  # slots are set with setattr
        b"\x80\x02cargparse\nNamespace\n)\x81}U\x06extendcbuiltins\nlen\nsb(NNe.",
        b"\x80\x02clogging\ngetLogger\n(U\x01atR}U\x08handlersNsb.",
        b"\x80\x02cbuiltins\ngetattr\n(clogging\ngetLogger\n)RU\x08handlerstR(NNe.",
    ],
)
def test_states_that_change_what_things_do_are_dangerous(data: bytes, see: See, rating: Rate) -> None:
    assert "pickle-patches" in {one.kind for one in see(data)}
    assert rating(data) is Rating.DANGEROUS


def test_a_state_of_odd_but_harmless_keys_is_safe(rating: Rate) -> None:
    data = b"\x80\x02cargparse\nNamespace\n)\x81}(U\x07__doc__U\x01aU\x05__x_yNU\x06appendNub."
    assert rating(data) is Rating.SAFE


@pytest.mark.parametrize("deed", [b"R", b"\x81", b"}\x92"])
def test_arguments_that_only_running_would_tell_are_malformed(deed: bytes, rating: Rate) -> None:
    computed = b"cbuiltins\ntuple\n(](K\x01etR"
    assert rating(b"\x80\x04cargparse\nNamespace\n" + computed + deed + b".") is Rating.MALFORMED
    assert rating(b"\x80\x04cargparse\nNamespace\ncargparse\nNamespace\n" + deed + b".") is Rating.MALFORMED


def test_a_name_that_only_running_would_tell_is_no_name(see: See) -> None:
    data = b"\x80\x04\x8c\x02os\x8c\x08builtins\x8c\x03str\x93\x8c\x06system\x85R\x93)R."
    assert {"pickle-lies", "pickle-broken"} <= {one.kind for one in see(data)}


@pytest.mark.parametrize(
    "result", [b"cfunctools\npartial\n(cbuiltins\nlen\ntR)R.", b"coperator\nitemgetter\n(K\x00tR(N\x85tR."]
)
def test_calling_what_a_call_returned_is_dangerous(result: bytes, see: See, rating: Rate) -> None:
    assert "pickle-computed-call" in {one.kind for one in see(result)}
    assert rating(result) is Rating.DANGEROUS


def test_offsets_point_at_the_opcode(see: See) -> None:
    data = b"\x80\x02" + CALL
    (one,) = see(data)
    assert data[one.offset or 0 : (one.offset or 0) + 1] == b"R"
