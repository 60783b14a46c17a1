"""Headers, configuration and cards say what a model is; broken ones say nothing and cost nothing."""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.scan.origin.facts import facts_of
from accord.scan.origin.headers import header_of, said
from accord.scan.origin.purls import purls
from accord.scan.supply.packages import Package

Within = Callable[[float], AbstractContextManager[None]]


def safetensors(header: object, data: bytes = b"") -> bytes:
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def text(value: str) -> bytes:
    return struct.pack("<Q", len(value)) + value.encode()


def gguf(pairs: list[tuple[str, int, bytes]], shapes: list[tuple[int, ...]], *, version: int = 3) -> bytes:
    head = b"GGUF" + struct.pack("<IQQ", version, len(shapes), len(pairs))
    body = b"".join(text(key) + struct.pack("<I", kind) + value for key, kind, value in pairs)
    tensors = b"".join(
        text("t") + struct.pack(f"<I{len(one)}Q", len(one), *one) + struct.pack("<IQ", 0, 0) for one in shapes
    )
    return head + body + tensors


def field(number: int, value: bytes | int) -> bytes:
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    return varint(number << 3 | 2) + varint(len(value)) + value


def varint(value: int) -> bytes:
    out = b""
    while value > 127:
        out, value = out + bytes([value & 127 | 128]), value >> 7
    return out + bytes([value])


def told(data: bytes) -> dict[str, str]:
    found = header_of(io.BytesIO(data), len(data))
    return {**found.facts, **(said(found.types) if found.types is not None else {})}


def test_safetensors_tell_their_parameters_and_types() -> None:
    header = {
        "__metadata__": {"format": "pt", "license": "mit", "other": "x"},
        "a": {"dtype": "F32", "shape": [3, 4], "data_offsets": [0, 48]},
        "b": {"dtype": "I64", "shape": [], "data_offsets": [48, 56]},
    }
    wanted = {"producer": "pt", "licence": "mit", "parameters": "13", "dtype": "F32, I64"}
    assert told(safetensors(header)) == wanted


def test_gguf_tells_its_architecture_quantization_and_licence() -> None:
    tokens = struct.pack("<IQ", 8, 20) + b"".join(text(f"t{number}") for number in range(20))
    pairs = [
        ("general.architecture", 8, text("llama")),
        ("general.license", 8, text("apache-2.0")),
        ("general.file_type", 4, struct.pack("<I", 15)),
        ("tokenizer.ggml.tokens", 9, tokens),
        ("tokenizer.ggml.scores", 9, struct.pack("<IQ", 6, 3) + bytes(12)),
        ("llama.context_length", 4, struct.pack("<I", 4096)),
        ("general.languages", 9, struct.pack("<IQ", 8, 2) + text("en") + text("fr")),
    ]
    assert told(gguf(pairs, [(8, 4), (2,)])) == {
        "architecture": "llama", "licence": "apache-2.0", "quantization": "Q4_K_M", "context_length": "4096",
        "language": "en, fr", "parameters": "34", "dtype": "Q4_K_M",
    }  # fmt: skip


def test_onnx_tells_its_producer_and_initializers() -> None:
    one = field(8, b"w") + field(1, b"\x03\x04") + field(2, 1) + field(9, bytes(48))
    other = field(1, 300) + field(1, 2) + field(2, 10)
    model = field(1, 8) + field(2, b"pytorch") + field(3, b"2.1") + field(7, field(5, one) + field(5, other))
    assert told(model) == {"producer": "pytorch", "producer_version": "2.1", "parameters": "612", "dtype": "F16, F32"}


@pytest.mark.parametrize(
    "data",
    [
        b"", b"GGUF", gguf([], [], version=9), gguf([("k", 99, b"")], []),
        gguf([("k", 8, struct.pack("<Q", 1 << 60))], []),
        gguf([("k", 9, struct.pack("<IQ", 9, 1))], []), gguf([("k", 9, struct.pack("<IQ", 4, 1 << 60))], []),
        safetensors([]), safetensors({"a": {"dtype": "F32"}}), safetensors({"a": 1}), safetensors({"__metadata__": 1}),
        safetensors({"a": {"dtype": "F32", "shape": [-1]}}),
        safetensors({"a": {"dtype": "F32", "shape": [1 << 60] * 9}}),
        struct.pack("<Q", 1 << 60) + b"{}", b"\x08" + b"\xff" * 40, b"\x12\xff\xff\xff\x0fx",
    ],
)  # fmt: skip
def test_a_broken_header_says_nothing(data: bytes) -> None:
    assert told(data) == {}


@given(st.binary(max_size=300), st.sampled_from([b"", b"GGUF\x03\0\0\0", b"\x10\0\0\0\0\0\0\0{", b"\x08\x08\x12"]))
def test_noise_behind_any_mark_never_breaks_and_is_quick(within: Within, noise: bytes, mark: bytes) -> None:
    with within(10):
        told(mark + noise)


def test_configuration_and_card_add_what_headers_do_not_say(tmp_path: Path) -> None:
    folder = tmp_path / "m"
    folder.mkdir()
    (folder / "a.safetensors").write_bytes(safetensors({"a": {"dtype": "F16", "shape": [2], "data_offsets": [0, 4]}}))
    (folder / "b.safetensors").write_bytes(safetensors({"b": {"dtype": "F16", "shape": [3], "data_offsets": [0, 6]}}))
    (folder / "config.json").write_text(
        '{"architectures": ["BertModel"], "model_type": "bert", "torch_dtype": "float32",'
        ' "quantization_config": {"quant_method": "gptq", "bits": 4}}'
    )
    (folder / "README.md").write_text(
        "---\nlicense: apache-2.0\nbase_model: [org/base]\ndatasets:\n- one\n- two\nlanguage: en\n---\n# Card\n\n"
        "## Intended uses\n\nShort texts.\n\n## Limitations and bias\n\nEnglish \x1b[31monly.\n\n"
        "## Training data\n\nTickets.\n"
    )
    below = [f"m/{one.name}" for one in folder.iterdir()]
    assert facts_of(tmp_path, "m", below=below) == {
        "architecture": "BertModel", "family": "bert", "dtype": "F16", "parameters": "5", "quantization": "gptq, 4",
        "licence": "apache-2.0", "base_model": "org/base", "datasets": "one, two", "language": "en",
        "uses": "Short texts.", "limitations": "English only.", "training_data": "Tickets.",
    }  # fmt: skip


def test_a_part_that_cannot_be_read_leaves_the_sum_unsaid(tmp_path: Path) -> None:
    (tmp_path / "a.safetensors").write_bytes(safetensors({"a": {"dtype": "F16", "shape": [2], "data_offsets": [0, 4]}}))
    (tmp_path / "b.safetensors").symlink_to("/etc/passwd")
    found = facts_of(tmp_path, ".", below=["a.safetensors", "b.safetensors"])
    assert "parameters" not in found


def test_the_readme_of_a_project_is_no_model_card(tmp_path: Path) -> None:
    (tmp_path / "m.gguf").write_bytes(gguf([], []))
    (tmp_path / "README.md").write_text("# My project\n\n## Uses\n\nRun it.\n")
    assert facts_of(tmp_path, "m.gguf", below=()) == {"parameters": "0"}
    assert facts_of(tmp_path, "m.gguf", below=(), card="README.md") == {"parameters": "0", "uses": "Run it."}


@pytest.mark.parametrize("config", ["[", "[]", "{}", '{"architectures": {"a": 1}, "model_type": null}', "[" * 9000])
@pytest.mark.parametrize(
    "card", ["---\n- a\n---\n", "---\na: &x [*x]\n---\n", "---\nlicense: {a: b}\n---\n", "---\n\0\n---\n"]
)
def test_hostile_configuration_and_front_matter_say_nothing(tmp_path: Path, config: str, card: str) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "config.json").write_text(config)
    (tmp_path / "m" / "README.md").write_text(card)
    assert facts_of(tmp_path, "m", below=["m/config.json", "m/README.md"]) == {}


def test_packages_have_one_url_each() -> None:
    packages = [
        Package("Flask_Login", "3.0", hashed=True, line=1),
        Package("flask-login", "3.0", hashed=True, line=2),
        Package("@scope/left", "1.0.0+x", hashed=True, line=None, ecosystem="npm"),
        Package("loose", None, hashed=False, line=3),
        Package("https://example.org/x.whl", None, hashed=False, line=4),
        Package("odd", "1", hashed=False, line=5, ecosystem="Elsewhere"),
    ]
    assert purls(packages) == (
        "pkg:generic/odd@1", "pkg:npm/%40scope/left@1.0.0%2Bx", "pkg:pypi/flask-login@3.0", "pkg:pypi/loose",
    )  # fmt: skip
