"""TensorFlow Lite and ONNX Runtime's own format: flat buffers, laid out by hand here."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.scan.engine import rate_open
from accord.scan.models.flatbuffer import root
from accord.scan.part import BrokenError, Part
from accord.scan.rating import Rated, Rating

Within = Callable[[float], AbstractContextManager[None]]
Rate = Callable[..., Rated]
Value = "int | str | bytes | Table | list[Table] | Number"
CUSTOM = 32


class Number(NamedTuple):
    """A number by its layout of `struct`."""

    layout: str
    value: int


class Table(NamedTuple):
    """A table by its slots."""

    fields: Mapping[int, object]


def built(top: Table, mark: bytes) -> bytes:
    data = bytearray(4) + mark
    _point(data, 0, _table(data, top))
    return bytes(data)


def _point(data: bytearray, at: int, to: int) -> None:
    struct.pack_into("<I", data, at, to - at)


def _pad(data: bytearray, width: int = 4) -> None:
    data += bytes(-len(data) % width)


def _table(data: bytearray, table: Table) -> int:
    _pad(data, 8)
    slots = max(table.fields, default=-1) + 1
    vtable, places = len(data), {slot: 8 + 8 * index for index, slot in enumerate(table.fields)}
    size = 8 + 8 * len(places)
    data += struct.pack("<HH", 4 + 2 * slots, size) + b"".join(
        struct.pack("<H", places.get(one, 0)) for one in range(slots)
    )
    _pad(data, 8)
    at = len(data)
    data += struct.pack("<i", at - vtable) + bytes(size - 4)
    for slot, value in table.fields.items():
        place = at + places[slot]
        if isinstance(value, Number):
            struct.pack_into(value.layout, data, place, value.value)
        elif isinstance(value, int):
            struct.pack_into("<i", data, place, value)
        else:
            _point(data, place, _placed(data, value))
    return at


def _placed(data: bytearray, value: object) -> int:
    if isinstance(value, Table):
        return _table(data, value)
    _pad(data)
    at = len(data)
    if isinstance(value, str):
        raw = value.encode()
        data += struct.pack("<I", len(raw)) + raw + b"\0"
    elif isinstance(value, bytes):
        data += struct.pack("<I", len(value)) + value
    elif isinstance(value, list):
        data += struct.pack("<I", len(value)) + bytes(4 * len(value))
        for index, one in enumerate(value):
            _point(data, at + 4 + 4 * index, _placed(data, one))
    return at


def code(number: int = 0, name: str = "") -> Table:
    fields: dict[int, object] = {0: Number("<b", min(number, 127)), 3: number}
    return Table(fields | ({1: name} if name else {}))


def operator(index: int = 0, options: bytes = b"") -> Table:
    return Table({0: index} | ({5: options} if options else {}))


def tflite(*codes: Table, operators: list[Table] | None = None, more: Mapping[int, object] | None = None) -> bytes:
    tensor = Table({0: struct.pack("<i", 2), 1: Number("<b", 0), 2: 1, 3: "x"})
    graph = Table({0: [tensor], 3: [operator()] if operators is None else operators, 4: "main"})
    buffers = [Table({}), Table({0: bytes(8)})]
    return built(Table({0: 3, 1: list(codes), 2: [graph], 3: "made", 4: buffers} | dict(more or {})), b"TFL3")


HONEST = tflite(code(0))
WRITE = tflite(code(CUSTOM, "FlexWriteFile"))


def appended(model: bytes, **members: bytes) -> bytes:
    packed = io.BytesIO(model)
    with zipfile.ZipFile(packed, "a") as archive:
        for name, content in members.items():
            archive.writestr(name.replace("_", "."), content)
    return packed.getvalue()


def rated_bytes(content: bytes) -> Rated:
    return rate_open(io.BytesIO(content), "m.tflite")


@pytest.mark.parametrize(
    "codes",
    [
        [code(0)],
        [code(3), code(206)],
        [code(CUSTOM, "TFLite_Detection_PostProcess")],
        [code(CUSTOM, "FlexAddV2")],
        [code(CUSTOM, "FlexTensorListReserve")],
    ],
)
def test_honest_models_are_safe(rated: Rate, codes: list[Table]) -> None:
    found = rated("m.tflite", tflite(*codes))
    assert (found.format, found.rating, found.reasons) == ("tflite", Rating.SAFE, ())


@pytest.mark.parametrize(
    "name",
    ["FlexWriteFile", "FlexReadFile", "FlexPyFunc", "FlexEagerPyFunc", "LaunchShell", "ReadFile", "FlexLoadLibrary"],
)
def test_operators_that_reach_out_are_dangerous_used_or_not(rated: Rate, name: str) -> None:
    for operators in ([operator()], []):
        found = rated("m.tflite", tflite(code(CUSTOM, name), operators=operators))
        assert found.rating is Rating.DANGEROUS
        assert name in found.reasons[0].name


def test_the_options_of_a_flex_operator_count(rated: Rate) -> None:
    hidden = b"\x07AddV2\0\x12\x09WriteFile\x1a\x01x"
    assert (
        rated("m.tflite", tflite(code(CUSTOM, "FlexAddV2"), operators=[operator(0, hidden)])).rating is Rating.DANGEROUS
    )


def test_options_of_another_operator_are_a_disguise(rated: Rate) -> None:
    found = rated("m.tflite", tflite(code(CUSTOM, "FlexAddV2"), operators=[operator(0, b"\x03Mul\0")]))
    assert found.rating is Rating.DANGEROUS


@pytest.mark.parametrize(
    "one", [code(CUSTOM, "Erfinv"), code(CUSTOM), code(51 + 1000), code(CUSTOM, "FlexNoSuchThing")]
)
def test_operators_of_a_library_of_their_own_are_unknown(rated: Rate, one: Table) -> None:
    assert rated("m.tflite", tflite(one)).rating is Rating.UNKNOWN


def test_a_name_with_strange_letters_is_a_disguise(rated: Rate) -> None:
    assert rated("m.tflite", tflite(code(CUSTOM, "TFLite_Detection_PostРrocess"))).rating is Rating.DANGEROUS


def test_a_danger_before_the_break_is_named(rated: Rate) -> None:
    content = tflite(code(CUSTOM, "FlexWriteFile"), operators=[operator(7)])
    found = rated("m.tflite", content)
    assert found.rating is Rating.DANGEROUS
    assert len(found.reasons) == 2


@pytest.mark.parametrize(
    "content",
    [
        b"\x10\0\0\0TFL3",
        b"\xff\xff\xff\x7fTFL3" + bytes(40),
        HONEST[:60],
        tflite(code(0), operators=[operator(9)]),
        tflite(code(0), more={4: [Table({1: Number("<Q", 1 << 40), 2: Number("<Q", 8)})]}),
        HONEST + bytes(200),
    ],
)
def test_broken_models_are_malformed(rated: Rate, content: bytes) -> None:
    assert rated("m.tflite", content).rating is Rating.MALFORMED


def test_buffers_in_files_outside_are_dangerous(rated: Rate) -> None:
    assert rated("m.tflite", tflite(code(0), more={8: [Table({0: "../../etc/passwd"})]})).rating is Rating.DANGEROUS
    assert rated("m.tflite", tflite(code(0), more={8: [Table({0: "weights.bin"})]})).rating is Rating.UNKNOWN


def test_labels_that_the_metadata_packs_are_fine(rated: Rate) -> None:
    model = tflite(code(0), more={6: [Table({0: "TFLITE_METADATA", 1: 1})]})
    found = rated("m.tflite", appended(model, labels_txt=b"cat\ndog\n"))
    assert (found.format, found.rating, found.reasons) == ("tflite", Rating.SAFE, ())


def test_a_zip_that_nobody_speaks_of_is_none_of_the_model(rated: Rate) -> None:
    assert rated("m.tflite", appended(HONEST, labels_txt=b"cat\ndog\n")).rating is Rating.MALFORMED


def test_a_pickle_among_the_packed_files_is_found(rated: Rate) -> None:
    model = tflite(code(0), more={6: [Table({0: "TFLITE_METADATA", 1: 1})]})
    for name in ("labels_txt", "archive_pkl"):
        assert rated("m.tflite", appended(model, **{name: b"cos\nsystem\n(S'true'\ntR."})).rating is Rating.DANGEROUS


def test_a_pickle_behind_the_model_is_found(rated: Rate) -> None:
    assert rated("m.tflite", HONEST + bytes(100) + b"cos\nsystem\n(S'true'\ntR.").rating is not Rating.SAFE


def ort(*nodes: Table, weights: Table | None = None) -> bytes:
    graph = Table({0: [weights] if weights else [], 2: list(nodes)})
    return built(Table({0: "1.20.0", 1: Table({7: graph})}), b"ORTM")


def ort_node(op_type: str, domain: str = "", *attributes: Table) -> Table:
    return Table({2: domain, 5: op_type, 10: list(attributes)})


def test_the_runtimes_own_format_is_judged_by_the_same_operators(rated: Rate) -> None:
    inner = Table({2: [ort_node("Special", "corp")]})
    for nodes, rating in (
        ([ort_node("MatMul"), ort_node("FusedConv", "com.microsoft")], Rating.SAFE),
        ([ort_node("Special", "corp")], Rating.UNKNOWN),
        ([ort_node("PythonOp", "com.microsoft")], Rating.DANGEROUS),
        ([ort_node("If", "", Table({7: inner}))], Rating.UNKNOWN),
        ([ort_node("If", "", Table({12: [inner]}))], Rating.UNKNOWN),
    ):
        found = rated("m.ort", ort(*nodes))
        assert (found.format, found.rating) == ("onnx-runtime", rating)


def test_weights_of_the_runtimes_format_that_lie_elsewhere_are_unknown(rated: Rate) -> None:
    assert rated("m.ort", ort(ort_node("Relu"), weights=Table({6: Number("<q", 64)}))).rating is Rating.UNKNOWN


def test_a_runtime_file_without_a_graph_is_malformed(rated: Rate) -> None:
    assert rated("m.ort", built(Table({0: "1.20.0"}), b"ORTM")).rating is Rating.MALFORMED


def test_tables_texts_and_vectors_are_read_within_the_part() -> None:
    data = built(Table({0: "hi", 1: 7, 2: [Table({0: 1}), Table({0: 2})], 3: b"abcd", 5: Table({})}), b"TEST")
    top = root(Part(b"??" + data + b"!!", name="f", start=2, size=len(data)))
    assert (top.text(0), top.number(1), top.text(9), top.number(9, default=5)) == ("hi", 7, None, 5)
    assert [one.number(0) for one in top.tables(2)] == [1, 2]
    vector = top.vector(3, 1)
    assert (vector.count, vector.size, vector.raw(4), top.vector(4, 8).count) == (4, 4, b"abcd", 0)
    with pytest.raises(BrokenError):
        vector.raw(3)
    with pytest.raises(BrokenError):
        top.vector(3, 1 << 20)
    assert top.table(5) is not None
    assert top.table(6) is None


@given(st.binary(max_size=120))
def test_any_bytes_are_a_table_or_a_reason(data: bytes) -> None:
    try:
        top = root(Part(data, name="f"))
        for slot in range(top.slots):
            _touch(top.tables(slot))
    except BrokenError:
        return


def _touch(tables: Iterator[object]) -> None:
    for _ in tables:
        continue


@given(
    st.lists(st.tuples(st.integers(8, len(WRITE) - 1), st.integers(0, 255)), min_size=1, max_size=5),
    st.integers(8, len(WRITE)),
)
def test_no_change_of_bytes_breaks_the_reader(within: Within, changes: list[tuple[int, int]], cut: int) -> None:
    data = bytearray(WRITE)
    for at, value in changes:
        data[at] = value
    with within(100):
        for changed in (bytes(data), bytes(data[:cut])):
            rated_bytes(changed)
