"""TensorFlow Lite and ONNX Runtime as an attacker would write them: operators by every name, number and place."""

from __future__ import annotations

import io
import struct
import zipfile
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple

import pytest

from accord.scan.rating import Rated, Rating

Within = Callable[[float], AbstractContextManager[None]]
Rate = Callable[..., Rated]
NAME = "m.tflite"
CUSTOM = 32
PICKLE = b"cos\nsystem\n(S'echo 1'\ntR."


class Number(NamedTuple):
    """A number by its layout of `struct`."""

    layout: str
    value: int


class Table:
    """A table by its slots; one that stands twice in a model is written once."""

    def __init__(self, fields: Mapping[int, object]) -> None:
        self.fields = fields


class Builder:
    """Writes tables level by level, so that what two of one level share is written once, behind both."""

    def __init__(self, mark: bytes) -> None:
        self.data = bytearray(4) + mark
        self.places: dict[int, int] = {}
        self.waiting: deque[tuple[int, object]] = deque()

    def built(self, top: Table) -> bytes:
        self.waiting.append((0, top))
        while self.waiting:
            at, value = self.waiting.popleft()
            if self.places.get(id(value), -1) <= at:
                self.data += bytes(-len(self.data) % 8)
                self.places[id(value)] = self.table(value) if isinstance(value, Table) else self.vector(value)
            struct.pack_into("<I", self.data, at, self.places[id(value)] - at)
        return bytes(self.data)

    def vector(self, value: object) -> int:
        at = len(self.data)
        if isinstance(value, list):
            self.data += struct.pack("<I", len(value)) + bytes(4 * len(value))
            self.waiting += ((at + 4 + 4 * index, one) for index, one in enumerate(value))
        else:
            raw = value.encode() if isinstance(value, str) else value if isinstance(value, bytes) else b""
            self.data += struct.pack("<I", len(raw)) + raw + b"\0"
        return at

    def table(self, table: Table) -> int:
        slots = max(table.fields, default=-1) + 1
        where = {slot: 8 + 8 * index for index, slot in enumerate(table.fields)}
        vtable = len(self.data)
        self.data += struct.pack("<HH", 4 + 2 * slots, 8 + 8 * len(where))
        self.data += b"".join(struct.pack("<H", where.get(one, 0)) for one in range(slots))
        self.data += bytes(-len(self.data) % 8)
        at = len(self.data)
        self.data += struct.pack("<i", at - vtable) + bytes(4 + 8 * len(where))
        for slot, value in table.fields.items():
            if isinstance(value, Number):
                struct.pack_into(value.layout, self.data, at + where[slot], value.value)
            else:
                self.waiting.append((at + where[slot], value))
        return at


def code(name: str = "", number: int = CUSTOM, old: int | None = None) -> Table:
    fields: dict[int, object] = {0: Number("<b", min(number, 127) if old is None else old), 3: Number("<i", number)}
    return Table(fields | ({1: name} if name else {}))


def operator(index: int = 0, options: bytes = b"") -> Table:
    return Table({0: Number("<I", index)} | ({5: options} if options else {}))


def subgraph(operators: Sequence[Table], name: str = "main") -> Table:
    tensor = Table({1: Number("<b", 0), 2: Number("<I", 1), 3: "x"})
    return Table({0: [tensor], 3: list(operators), 4: name})


def tflite(
    codes: Sequence[Table], graphs: Sequence[Table] | None = None, more: Mapping[int, object] | None = None
) -> bytes:
    shown = [subgraph([operator(index) for index in range(len(codes))])] if graphs is None else list(graphs)
    fields = {0: Number("<I", 3), 1: list(codes), 2: shown, 3: "made", 4: [Table({}), Table({0: bytes(8)})]}
    return Builder(b"TFL3").built(Table(fields | dict(more or {})))


ADD = code("", 0)
REACHES = [
    "WriteFile", "ReadFile", "PyFunc", "EagerPyFunc", "PyFuncStateless", "LoadLibrary", "MatchingFiles",
    "WholeFileReaderV2", "TextLineDataset", "TFRecordDataset", "FixedLengthRecordDataset", "CSVDataset",
    "SqlDataset", "CreateSummaryFileWriter", "DumpTensor", "RpcCall", "DataServiceDataset", "ImmutableConst",
    "SaveDataset", "DatasetFromGraph", "Abort",
]  # fmt: skip


@pytest.mark.parametrize("name", REACHES)
def test_an_operator_of_tensorflow_that_reaches_out_is_named(rated: Rate, name: str) -> None:
    found = rated(NAME, tflite([ADD, code(f"Flex{name}")]))
    assert found.rating is Rating.DANGEROUS
    assert {one.name for one in found.reasons} == {f"Flex{name}"}


HIDING: dict[str, Callable[[str], bytes]] = {
    "alone": lambda name: tflite([code(name)]),
    "last of many": lambda name: tflite([*[ADD] * 300, code(name)]),
    "listed and not used": lambda name: tflite([ADD, code(name)], [subgraph([operator()])]),
    "in a second graph": lambda name: tflite(
        [ADD, code(name)], [subgraph([operator()]), subgraph([operator(1)], "then")]
    ),
    "by the old number alone": lambda name: tflite([code(name, 0, CUSTOM)]),
    "by the new number alone": lambda name: tflite([code(name, CUSTOM, 0)]),
    "by a negative old number": lambda name: tflite([code(name, CUSTOM, -1)]),
    "with a signature": lambda name: tflite([code(name)], more={7: [Table({2: "serving_default"})]}),
    "before an operator that is not listed": lambda name: tflite([code(name)], [subgraph([operator(), operator(9)])]),
    "before a buffer beyond the end": lambda name: tflite(
        [code(name)], more={4: [Table({1: Number("<Q", 1 << 40), 2: Number("<Q", 8)})]}
    ),
    "before bytes that follow": lambda name: tflite([code(name)]) + bytes(200),
}


@pytest.mark.parametrize("place", HIDING)
@pytest.mark.parametrize("name", ["FlexWriteFile", "FlexPyFunc", "LaunchShell", "run_command"])
def test_a_dangerous_operator_is_named_wherever_it_hides(rated: Rate, place: str, name: str) -> None:
    found = rated(NAME, HIDING[place](name))
    assert found.rating is Rating.DANGEROUS
    assert name in {one.name for one in found.reasons}


@pytest.mark.parametrize("place", [one for one in HIDING if "before" not in one])
def test_a_harmless_custom_operator_is_safe_at_those_places(rated: Rate, place: str) -> None:
    found = rated(NAME, HIDING[place]("TFLite_Detection_PostProcess"))
    assert (found.rating, found.reasons) == (Rating.SAFE, ())


@pytest.mark.parametrize(
    "name",
    [
        "FlexＷriteFile",
        "Flex\u200bWriteFile",
        "FlexWriteFile\n",
        "FlexWriteFile\0",
        "FlexAdd\u0501V2",
        "ТFLite_Detection_PostProcess",
        "TFLite_Detection_PostProcess\x1b[0m",
    ],
)
def test_a_name_that_is_written_to_look_like_another_is_a_disguise(rated: Rate, name: str) -> None:
    found = rated(NAME, tflite([code(name)]))
    assert found.rating is Rating.DANGEROUS
    assert {one.finding.check for one in found.reasons} == {"ACC220"}


@pytest.mark.parametrize("name", ["Flex", "FlexFlexWriteFile", "flexWriteFile", "Flex WriteFile", "FLEXWriteFile"])
def test_a_name_that_is_nearly_one_of_tensorflows_is_refused(rated: Rate, name: str) -> None:
    assert rated(NAME, tflite([code(name)])).rating is not Rating.SAFE


def options(*names: str) -> bytes:
    return b"".join(bytes([len(one)]) + one.encode() + b"\0" for one in names) + b"\x12\x01x"


@pytest.mark.parametrize("hidden", ["WriteFile", "ReadFile", "EagerPyFunc", "LoadLibrary"])
def test_the_name_in_the_options_counts_at_every_length(rated: Rate, hidden: str) -> None:
    for given in (options("AddV2", hidden), options("AddV2", *["Mul"] * 200, hidden), options(hidden)):
        found = rated(NAME, tflite([code("FlexAddV2")], [subgraph([operator(0, given)])]))
        assert found.rating is Rating.DANGEROUS
        assert f"Flex{hidden}" in {one.name for one in found.reasons}


def test_options_that_lie_behind_the_model_count_too(rated: Rate) -> None:
    given = options("AddV2", "WriteFile")

    def model(begin: int) -> bytes:
        far = Table({0: Number("<I", 0), 9: Number("<Q", begin), 10: Number("<Q", len(given))})
        return tflite([code("FlexAddV2")], [subgraph([far])])

    found = rated(NAME, model(len(model(1))) + given)
    assert "FlexWriteFile" in {one.name for one in found.reasons}


def test_honest_options_of_flex_are_safe(rated: Rate) -> None:
    content = tflite([code("FlexAddV2")], [subgraph([operator(0, options("AddV2", "T"))])])
    assert rated(NAME, content).rating is Rating.SAFE


@pytest.mark.parametrize("name", ["../../../etc/passwd", "/etc/passwd", "C:\\x", "file:///x", "a/../../x", "~/x"])
def test_buffers_outside_the_folder_are_dangerous(rated: Rate, name: str) -> None:
    assert rated(NAME, tflite([ADD], more={8: [Table({0: name})]})).rating is Rating.DANGEROUS


@pytest.mark.parametrize("number", [111, 51, 127, 5000, -7])
def test_numbers_that_stand_for_something_else_are_refused(rated: Rate, number: int) -> None:
    found = rated(NAME, tflite([code("", number)]))
    assert found.rating in ({Rating.UNKNOWN} if number in {51, 127, 5000} else {Rating.UNKNOWN, Rating.SAFE})


def packed(model: bytes, members: Mapping[str, bytes]) -> bytes:
    out = io.BytesIO(model)
    with zipfile.ZipFile(out, "a") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


METADATA = {6: [Table({0: "TFLITE_METADATA", 1: Number("<I", 1)})]}


@pytest.mark.parametrize(
    "members",
    [
        {"labels.txt": PICKLE},
        {"labels.txt": b"cat\n", "model.pkl": PICKLE},
        {"a.json": b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x06echo 1\x85R."},
    ],
)
def test_a_pickle_that_the_metadata_pack_is_found(rated: Rate, members: dict[str, bytes]) -> None:
    found = rated(NAME, packed(tflite([ADD], more=METADATA), members))
    assert found.rating is Rating.DANGEROUS
    assert any("system" in one.name for one in found.reasons)


@pytest.mark.parametrize("members", [{"run.py": b"x = 1\n"}, {"libx.so": b"\x7fELF" + bytes(60)}, {"../x.txt": b"x"}])
def test_a_program_or_a_path_that_the_metadata_pack_is_refused(rated: Rate, members: dict[str, bytes]) -> None:
    assert rated(NAME, packed(tflite([ADD], more=METADATA), members)).rating is not Rating.SAFE


def test_labels_and_vocabularies_are_safe(rated: Rate) -> None:
    members = {"labels.txt": b"cat\ndog\n", "vocab.txt": b"[PAD]\nos.system\n", "x.json": b"{}"}
    found = rated(NAME, packed(tflite([ADD], more=METADATA), members))
    assert (found.rating, found.reasons) == (Rating.SAFE, ())


@pytest.mark.parametrize("shared", ["signatures", "operators", "codes"])
def test_tables_that_are_shared_a_million_times_over_cost_nothing(rated: Rate, shared: str, within: Within) -> None:
    one, many = Table({0: "x"}), 4000
    if shared == "signatures":
        inputs = [one] * many
        content = tflite([ADD], more={7: [Table({0: inputs, 1: inputs, 2: "s"}) for _ in range(many)]})
    elif shared == "operators":
        operators = [operator()] * many
        content = tflite([ADD], [Table({3: operators}) for _ in range(many)])
    else:
        content = tflite([ADD] * many * 4, [subgraph([operator()])])
    with within(100):
        assert rated(NAME, content).rating is Rating.SAFE


def ort(nodes: object, **more: object) -> bytes:
    graph = Table({2: nodes, **{int(slot[1:]): value for slot, value in more.items()}})
    return Builder(b"ORTM").built(Table({0: "1.20.0", 1: Table({7: graph})}))


def ort_node(name: str, domain: str = "", *attributes: Table) -> Table:
    return Table({2: domain, 5: name, 10: list(attributes)})


@pytest.mark.parametrize(
    ("domain", "name"),
    [("com.microsoft", "PythonOp"), ("corp", "Launch"), ("x", "RunShell"), ("ai.onnx.contrib", "PyOp")],
)
@pytest.mark.parametrize("depth", [0, 1, 4])
def test_the_runtimes_own_format_hides_no_operator(rated: Rate, domain: str, name: str, depth: int) -> None:
    node = ort_node(name, domain)
    for level in range(depth):
        inner = Table({2: [node]})
        node = ort_node("If", "", Table({7: inner}) if level % 2 else Table({12: [inner]}))
    found = rated("m.ort", ort([ort_node("Relu"), node]))
    assert found.rating is Rating.DANGEROUS
    assert f"{domain}::{name}" in {one.name for one in found.reasons}


def test_nodes_that_are_shared_by_many_graphs_cost_nothing(rated: Rate, within: Within) -> None:
    shared = [ort_node("Relu")] * 4000
    graphs = [Table({2: shared}) for _ in range(4000)]
    with within(100):
        assert rated("m.ort", ort([ort_node("If", "", Table({12: graphs}))])).rating is Rating.SAFE
