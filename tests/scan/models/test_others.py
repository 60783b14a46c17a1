from __future__ import annotations

import struct
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.scan.look import Look
from accord.scan.models import others
from accord.scan.models.weights import _masked
from accord.scan.part import BrokenError, Part
from accord.scan.rating import Rated, Rating

Rate = Callable[..., Rated]


def varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes((*out, value))


def held(number: int, payload: bytes | str) -> bytes:
    data = payload.encode() if isinstance(payload, str) else payload
    return varint(number << 3 | 2) + varint(len(data)) + data


def number(field: int, value: int) -> bytes:
    return varint(field << 3) + varint(value)


def coreml(*fields: bytes) -> bytes:
    return number(1, 4) + held(2, held(1, held(1, "image"))) + b"".join(fields)


def network(*layers: bytes) -> bytes:
    return held(500, b"".join(held(1, held(1, "name") + layer) for layer in layers))


CUSTOM = held(500, held(10, "EvilLayer"))
MODELS = (
    (coreml(network(held(140, b"\x08\x01"))), Rating.SAFE),
    (coreml(network(CUSTOM)), Rating.DANGEROUS),
    (coreml(held(555, held(10, "EvilModel"))), Rating.DANGEROUS),
    (coreml(held(202, held(1, coreml(network(CUSTOM))))), Rating.DANGEROUS),
    (coreml(held(200, held(1, held(1, coreml(held(555, held(10, "E"))))))), Rating.DANGEROUS),
    (coreml(held(403, held(1, CUSTOM))), Rating.DANGEROUS),
    (coreml(held(502, held(2, held(1, "main") + held(2, held(3, held(2, held(3, held(1, "conv")))))))), Rating.SAFE),
    (
        coreml(held(502, held(2, held(1, "main") + held(2, held(3, held(2, held(3, held(1, "custom_op")))))))),
        Rating.DANGEROUS,
    ),
    (coreml(held(502, b""), held(2, "@model_path/../x")), Rating.SAFE),
    (coreml(held(302, b"\x0a\x00"), number(10, 1)), Rating.SAFE),
    (coreml(held(556, b"")), Rating.UNKNOWN),
    (coreml(network(b"\x0a\xff")), Rating.MALFORMED),
)


@pytest.mark.parametrize(("data", "rating"), MODELS)
def test_core_ml_models_with_classes_of_their_host_are_dangerous(rated: Rate, data: bytes, rating: Rating) -> None:
    found = rated("m.mlmodel", data)
    assert (found.rating, found.format) == (rating, "coreml")


def test_pipelines_that_nest_without_end_are_malformed(rated: Rate) -> None:
    data = coreml(network())
    for _ in range(40):
        data = coreml(held(202, held(1, data)))
    assert rated("m.mlmodel", data).rating is Rating.MALFORMED


def caffe(kind: str, more: bytes = b"") -> bytes:
    return held(1, "net") + held(100, held(1, "layer") + held(2, kind) + more)


@pytest.mark.parametrize(
    ("data", "rating"),
    [
        (caffe("Convolution", held(7, bytes(40))), Rating.SAFE),
        (caffe("Python", held(130, held(1, "os"))), Rating.DANGEROUS),
        (caffe("Data", held(130, b"")), Rating.DANGEROUS),
        (caffe("../x"), Rating.UNKNOWN),
    ],
)
def test_a_caffe_network_with_a_python_layer_is_dangerous(rated: Rate, data: bytes, rating: Rating) -> None:
    found = rated("m.caffemodel", data)
    assert (found.rating, found.format) == (rating, "caffe")


def paddle(*operators: str) -> bytes:
    block = number(1, 0) + number(2, (1 << 64) - 1) + b"".join(held(4, held(3, one)) for one in operators)
    return held(1, block) + held(4, number(1, 0))


@pytest.mark.parametrize(
    ("data", "rating"),
    [
        (paddle("conv2d", "relu"), Rating.SAFE),
        (paddle("py_func"), Rating.DANGEROUS),
        (paddle("load"), Rating.DANGEROUS),
        (paddle("Evil Op"), Rating.UNKNOWN),
    ],
)
def test_a_paddle_program_with_operators_that_run_python_is_dangerous(rated: Rate, data: bytes, rating: Rating) -> None:
    found = rated("m.pdmodel", data)
    assert (found.rating, found.format) == (rating, "paddle")


def piece(text: str) -> bytes:
    return held(1, held(1, text) + varint(2 << 3 | 5) + struct.pack("<f", -1.5) + number(3, 2))


def test_a_sentencepiece_model_is_safe_and_a_foreign_field_is_not(rated: Rate) -> None:
    pieces = b"".join(piece(one) for one in ("<unk>", "<s>", "</s>", "os.system", "▁import"))
    found = rated("tokenizer.model", pieces + held(2, held(1, "/data/corpus.txt")) + held(3, held(1, "nmt_nfkc")))
    assert (found.rating, found.format) == (Rating.SAFE, "sentencepiece")
    assert rated("tokenizer.model", pieces + held(9, b"x")).rating is Rating.UNKNOWN


def lua(kind: int, *rest: bytes) -> bytes:
    return struct.pack("<i", kind) + b"".join(rest)


def words(text: str) -> bytes:
    return struct.pack("<i", len(text)) + text.encode()


def torch_object(index: int, name: str, content: bytes) -> bytes:
    return lua(4, struct.pack("<i", index), words("V 1"), words(name), content)


def table(index: int, *pairs: tuple[bytes, bytes]) -> bytes:
    return lua(3, struct.pack("<ii", index, len(pairs)), *(key + value for key, value in pairs))


TENSOR = torch_object(
    3,
    "torch.FloatTensor",
    struct.pack("<iqqq", 1, 2, 1, 1) + torch_object(4, "torch.FloatStorage", struct.pack("<q", 2) + bytes(8)),
)
NAME = lua(2, words("weight"))
FUNCTION = lua(8, struct.pack("<ii", 9, 5), b"\x1bLJ\x01\x00", lua(0))


@pytest.mark.parametrize(
    ("data", "rating"),
    [
        (torch_object(1, "nn.Linear", table(2, (NAME, TENSOR))), Rating.SAFE),
        (table(1, (NAME, TENSOR), (lua(1, struct.pack("<d", 1)), lua(5, struct.pack("<i", 1)))), Rating.SAFE),
        (torch_object(1, "nn.Linear", table(2, (NAME, FUNCTION))), Rating.DANGEROUS),
        (FUNCTION, Rating.DANGEROUS),
        (torch_object(1, "evil.Thing", table(2)), Rating.UNKNOWN),
        (torch_object(1, "nn.Linear", table(2, (NAME, TENSOR)))[:-4], Rating.MALFORMED),
        (b"4\n1\n3\nV 1\n9\nnn.Linear\n", Rating.UNKNOWN),
    ],
)
def test_lua_functions_in_torch_7_files_are_dangerous(rated: Rate, data: bytes, rating: Rating) -> None:
    found = rated("m.t7", data)
    assert (found.rating, found.format) == (rating, "torch7")


def mxnet(element: int = 0) -> bytes:
    array = struct.pack("<IiIqqiii", 0xF993FAC9, 0, 2, 2, 3, 1, 0, element) + bytes(24)
    return struct.pack("<QQQ", 0x112, 0, 1) + array + struct.pack("<QQ", 1, 5) + b"arg:w"


def fasttext() -> bytes:
    head = struct.pack("<ii12id", 793712314, 12, *range(12), 0.5)
    entries = b"".join(word.encode() + b"\0" + struct.pack("<qb", 1, 0) for word in ("a", "b"))
    matrix = struct.pack("<?qq", 0, 1, 2) + bytes(8)
    return head + struct.pack("<iiiqq", 2, 2, 0, 10, -1) + entries + matrix + matrix


def records(*held_: bytes) -> bytes:
    heads = ((struct.pack("<Q", len(one)), one) for one in held_)
    return b"".join(head + struct.pack("<I", _masked(head)) + one + bytes(4) for head, one in heads)


def paddle_params() -> bytes:
    return struct.pack("<IQIi", 0, 0, 0, 6) + number(1, 5) + number(2, 2) + number(2, 3) + bytes(24)


def coreml_weights() -> bytes:
    entry = b"\xef\xbe\xad\xde" + struct.pack("<IQQ", 1, 64, 128)
    return struct.pack("<II", 1, 2).ljust(64, b"\0") + entry.ljust(64, b"\0") + bytes(range(64))


NUMBERS = {
    "coreml-weights": coreml_weights(),
    "mxnet-params": mxnet(),
    "fasttext": fasttext(),
    "tfrecord": records(b"one", b"two two", b""),
    "paddle-params": paddle_params(),
    "word2vec": b"2 3\n" + b"cat " + bytes(12) + b"\n" + b"dog " + bytes(12) + b"\n",
}


@pytest.mark.parametrize("name", NUMBERS)
def test_files_of_numbers_are_safe_when_every_byte_is_accounted_for(rated: Rate, name: str) -> None:
    found = rated("m.bin", NUMBERS[name])
    assert (found.rating, found.format) == (Rating.SAFE, name)


@pytest.mark.parametrize("name", NUMBERS)
def test_files_of_numbers_that_are_cut_or_followed_are_not_safe(rated: Rate, name: str) -> None:
    assert rated("m.bin", NUMBERS[name][:-6]).rating is not Rating.SAFE
    assert rated("m.bin", NUMBERS[name] + b"\x80\x04cos\nsystem\n(S'true'\ntR.").rating is not Rating.SAFE


def test_the_checksum_of_records_is_that_of_tensorflow() -> None:
    assert _masked(struct.pack("<Q", 9)) == 0x0000_0000 | _masked(struct.pack("<Q", 9))
    assert _masked(b"123456789") == ((((0xE3069283 >> 15) | (0xE3069283 << 17)) + 0xA282EAD8) & 0xFFFFFFFF)


@pytest.mark.parametrize(
    "data",
    [
        b"ftrt" + bytes(60),
        b"lmgg" + bytes(60),
        b"IxFI" + bytes(60),
        b"\0\0\0\0ET12" + bytes(60),
        b"MATLAB 5.0 MAT-file" + bytes(200),
    ],
)
def test_formats_that_are_known_and_not_read_are_unknown(rated: Rate, data: bytes) -> None:
    assert rated("m.bin", data).rating is Rating.UNKNOWN


def test_an_engine_that_carries_a_native_library_is_dangerous(rated: Rate) -> None:
    assert rated("m.engine", b"ptrt" + bytes(60) + b"\x7fELF\x02\x01\x01" + bytes(60)).rating is Rating.DANGEROUS
    assert rated("m.engine", b"ptrt" + bytes(60) + b"libevil_plugin.so\0").rating is Rating.DANGEROUS


SEEDS = [data for data, _ in MODELS] + [
    caffe("Python"),
    paddle("py_func"),
    piece("a") * 5,
    FUNCTION,
    TENSOR,
    *NUMBERS.values(),
]


@given(st.sampled_from(SEEDS), st.data())
def test_no_change_of_bytes_breaks_a_reader(seed: bytes, data: st.DataObject) -> None:
    changed = bytearray(seed)
    for _ in range(data.draw(st.integers(0, 3))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    part = Part(bytes(changed[: data.draw(st.integers(1, len(changed)))]), name="m.mlmodel")
    look = Look(lambda _part, _look: iter(()))
    others.is_known(part)
    try:
        list(others.read(part, look))
    except BrokenError:
        return


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"short",
        b"plain text that goes on for a while\n" * 10,
        b"\x89PNG\r\n\x1a\n" + bytes(100),
        b"PK\x03\x04" + bytes(100),
        b"\x80\x04\x95\x10\0\0\0\0\0\0\0}\x94.",
        b"\xff" * 200,
        bytes(200),
        b'{"a": 1}' * 20,
    ],
)
def test_no_reader_claims_what_is_of_another_format(data: bytes) -> None:
    assert not others.is_known(Part(data, name="x.bin"))


@given(st.binary(min_size=64, max_size=600))
def test_bytes_that_are_claimed_are_read_without_a_crash(data: bytes) -> None:
    part = Part(data, name="x.bin")
    if not others.is_known(part):
        return
    with suppress(BrokenError):
        list(others.read(part, Look(lambda _part, _look: iter(()))))


def test_an_object_that_stands_twice_in_a_torch_7_file_is_walked_once(rated: Rate) -> None:
    twice = table(1, (lua(2, words("a")), TENSOR), (lua(2, words("b")), lua(4, struct.pack("<i", 3))))
    assert rated("m.t7", twice).rating is Rating.SAFE


@pytest.mark.parametrize(
    "data",
    [
        table(1, (NAME, lua(9))),
        lua(3, struct.pack("<ii", 1, 1 << 30)),
        torch_object(1, "torch.FloatTensor", struct.pack("<i", 99)),
        torch_object(1, "torch.FloatStorage", struct.pack("<q", 1 << 40)),
        lua(4, struct.pack("<ii", 1, 1 << 20)),
    ],
)
def test_sizes_that_lie_in_a_torch_7_file_are_malformed(rated: Rate, data: bytes) -> None:
    assert rated("m.t7", data).rating is Rating.MALFORMED


def test_what_follows_the_objects_of_a_torch_7_file_is_looked_at(rated: Rate) -> None:
    found = rated("m.t7", torch_object(1, "nn.Linear", table(2, (NAME, TENSOR))) + b"\x7fELF" + bytes(60))
    assert found.rating is Rating.DANGEROUS


@pytest.mark.parametrize("element", [9, 77, -1])
def test_an_mxnet_array_of_no_known_type_is_malformed(rated: Rate, element: int) -> None:
    assert rated("m.params", mxnet(element)).rating is Rating.MALFORMED


def test_a_symbol_file_with_a_custom_operator_in_a_subgraph_is_dangerous(rated: Rate) -> None:
    inner = '{"nodes": [{"op": "Custom", "name": "c", "attrs": {"op_type": "evil"}}]}'
    text = '{"nodes": [{"op": "_foreach", "name": "f", "subgraphs": [' + inner + ']}], "arg_nodes": [], "heads": []}'
    assert rated("m-symbol.json", text.encode()).rating is Rating.DANGEROUS
    library = '{"nodes": [{"op": "conv", "attrs": {"lib": "x.so"}}], "arg_nodes": [], "heads": []}'
    assert rated("m-symbol.json", library.encode()).rating is Rating.DANGEROUS
    assert rated("m-symbol.json", b'{"nodes": [3], "arg_nodes": [], "heads": []}').rating is Rating.MALFORMED
