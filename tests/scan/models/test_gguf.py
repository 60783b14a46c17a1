"""GGUF: metadata, templates and tensors of honest files pass; lengths that lie and templates that reach out do not."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.scan.engine import rate_open
from accord.scan.rating import Rated, Rating

Within = Callable[[float], AbstractContextManager[None]]
Rate = Callable[..., Rated]
NAME = "model.gguf"
ESCAPE = "{{ ''.__class__.__mro__[1].__subclasses__() }}"
CHATML = "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\n' + m['content'] + '<|im_end|>' }}{% endfor %}"


class Writer:
    """Writes one version and byte order of the format."""

    def __init__(self, version: int = 3, order: str = "<") -> None:
        self.version, self.order = version, order
        self.wide = "I" if version == 1 else "Q"

    def pack(self, letters: str, *values: float) -> bytes:
        return struct.pack(self.order + letters, *values)

    def text(self, value: str | bytes) -> bytes:
        data = value.encode() if isinstance(value, str) else value
        return self.pack(self.wide, len(data)) + data

    def pair(self, key: str, kind: int, value: bytes) -> bytes:
        return self.text(key) + self.pack("I", kind) + value

    def words(self, key: str, words: Sequence[str]) -> bytes:
        items = b"".join(map(self.text, words))
        return self.pair(key, 9, self.pack("I" + self.wide, 8, len(words)) + items)

    def tensor(self, name: str, shape: Sequence[int], kind: int, offset: int) -> bytes:
        return self.text(name) + self.pack("I" + self.wide * len(shape) + "IQ", len(shape), *shape, kind, offset)

    def file(
        self, pairs: Sequence[bytes], tensors: Sequence[bytes] = (), data: bytes = b"", *, alignment: int = 32
    ) -> bytes:
        head = b"GGUF" + self.pack("I" + self.wide * 2, self.version, len(tensors), len(pairs))
        head += b"".join(pairs) + b"".join(tensors)
        return head + bytes(-len(head) % alignment) + data if tensors else head


def pairs(writer: Writer, template: str = CHATML) -> list[bytes]:
    return [
        writer.pair("general.architecture", 8, writer.text("llama")),
        writer.pair("general.url", 8, writer.text("/home/user/models/x")),
        writer.pair("llama.rope.freq_base", 6, writer.pack("f", 1e6)),
        writer.pair("llama.flag", 7, b"\1"),
        writer.words("tokenizer.ggml.tokens", ["<s>", "{{", "__class__", "{% x %}"]),
        writer.pair(
            "nested", 9, writer.pack("I" + writer.wide, 9, 1) + writer.pack("I" + writer.wide, 4, 2) + bytes(8)
        ),
        writer.pair("tokenizer.chat_template", 8, writer.text(template)),
    ]


def whole(template: str = CHATML, version: int = 3, order: str = "<") -> bytes:
    one = Writer(version, order)
    tensors = [one.tensor("a", [64, 2], 2, 0), one.tensor("b", [5], 0, 96)]
    return one.file(pairs(one, template), tensors, bytes(96 + 20))


W = Writer()
HONEST = whole()


def rated_bytes(data: bytes) -> Rated:
    return rate_open(io.BytesIO(data), NAME)


@pytest.mark.parametrize(("version", "order"), [(1, "<"), (2, "<"), (3, "<"), (3, ">")])
def test_every_version_and_byte_order_is_read(rated: Rate, version: int, order: str) -> None:
    found = rated(NAME, whole(version=version, order=order))
    assert (found.format, found.rating, found.reasons) == ("gguf", Rating.SAFE, ())


def test_a_vocabulary_without_tensors_is_safe(rated: Rate) -> None:
    assert rated(NAME, W.file(pairs(W))).rating is Rating.SAFE


def test_padding_after_the_last_tensor_is_fine(rated: Rate) -> None:
    assert rated(NAME, HONEST + bytes(12)).rating is Rating.SAFE


@pytest.mark.parametrize(
    "key",
    ["tokenizer.chat_template", "tokenizer.chat_template.tool_use", "adapter.prompt_template", "general.description"],
)
def test_a_template_that_reaches_out_is_found_under_any_key(rated: Rate, key: str) -> None:
    found = rated(NAME, W.file([W.pair(key, 8, W.text("hello " + ESCAPE))]))
    assert found.rating is Rating.DANGEROUS
    assert {one.name for one in found.reasons} == {key}


def test_tokens_and_prose_that_look_like_templates_are_no_templates(rated: Rate) -> None:
    prose = "the marks {{ and {% open what never closes"
    assert rated(NAME, W.file([W.pair("general.description", 8, W.text(prose))])).rating is Rating.SAFE


OVERFLOWS = {
    "an array of 2**61 items": W.file([W.pair("x", 9, W.pack("IQ", 4, 1 << 61))]),
    "an array of texts without end": W.file([W.pair("x", 9, W.pack("IQ", 8, (1 << 64) - 1))]),
    "a text of 2**63 bytes": W.file([W.text("x") + W.pack("IQ", 8, 1 << 63)]),
    "pairs without end": b"GGUF" + W.pack("IQQ", 3, 0, 1 << 63),
    "tensors without end": b"GGUF" + W.pack("IQQ", 3, (1 << 64) - 1, 0),
    "a shape that overflows": W.file([], [W.tensor("a", [1 << 32, 1 << 32], 0, 0)], bytes(64)),
    "nine dimensions": W.file([], [W.tensor("a", [1] * 9, 0, 0)], bytes(64)),
    "a key of 2**62 bytes": b"GGUF" + W.pack("IQQQ", 3, 0, 1, 1 << 62) + bytes(40),
}


@pytest.mark.parametrize("lie", OVERFLOWS)
def test_lengths_that_overflow_are_attacks_and_are_called_so(rated: Rate, lie: str) -> None:
    assert rated(NAME, OVERFLOWS[lie]).rating is Rating.DANGEROUS


BROKEN = {
    "a version of the future": b"GGUF" + W.pack("IQQ", 9, 0, 0),
    "more texts than there are": W.file([W.pair("x", 9, W.pack("IQ", 8, 3) + W.text("a"))]),
    "a text beyond the end": W.file([W.text("x") + W.pack("IQ", 8, 100) + b"abc"]),
    "the last text of an array beyond the end": W.file([W.pair("x", 9, W.pack("IQQ", 8, 1, 50) + b"abc")]),
    "an unknown type": W.file([W.pair("x", 77, bytes(8))]),
    "an unknown type in an array": W.file([W.pair("x", 9, W.pack("IQ", 77, 1) + bytes(8))]),
    "a truth that is seven": W.file([W.pair("x", 7, b"\7")]),
    "a key twice": W.file([W.pair("x", 0, b"\1"), W.pair("x", 0, b"\2")]),
    "an alignment of three": W.file([W.pair("general.alignment", 4, W.pack("I", 3))]),
    "an alignment of nought": W.file([W.pair("general.alignment", 4, W.pack("I", 0))]),
    "arrays in arrays without end": W.file([W.pair("x", 9, W.pack("IQ", 9, 1) * 50)]),
    "half a block": W.file([], [W.tensor("a", [33], 2, 0)], bytes(64)),
    "a name twice": W.file([], [W.tensor("a", [8], 0, 0), W.tensor("a", [8], 0, 32)], bytes(64)),
    "an overlap": W.file([], [W.tensor("a", [16], 0, 0), W.tensor("b", [8], 0, 32)], bytes(64)),
    "a hole": W.file([], [W.tensor("a", [8], 0, 0), W.tensor("b", [8], 0, 96)], bytes(128)),
    "a crooked place": W.file([], [W.tensor("a", [8], 0, 8)], bytes(64)),
    "a tensor beyond the end": W.file([], [W.tensor("a", [64], 0, 0)], bytes(64)),
    "bytes at the end": HONEST + bytes(64),
    "a template that is no Jinja": whole("{% for %}"),
    "nothing": b"GGUF",
}


@pytest.mark.parametrize("lie", BROKEN)
def test_every_lie_is_malformed(rated: Rate, lie: str) -> None:
    assert rated(NAME, BROKEN[lie]).rating is Rating.MALFORMED


def test_a_pickle_behind_the_tensors_is_looked_inside(rated: Rate) -> None:
    assert rated(NAME, HONEST + bytes(12) + b"cos\nsystem\n(S'true'\ntR.").rating is Rating.DANGEROUS


def test_a_tensor_of_an_unknown_type_is_unknown(rated: Rate) -> None:
    found = rated(NAME, W.file([], [W.tensor("a", [8], 250, 0)]))
    assert found.rating is Rating.UNKNOWN
    assert found.reasons[0].name == "250"


@pytest.mark.parametrize("mark", [b"tjgg", b"lmgg", b"fmgg"])
def test_forerunners_are_unknown(rated: Rate, mark: bytes) -> None:
    found = rated("model.bin", mark + bytes(100))
    assert (found.format, found.rating) == ("ggml", Rating.UNKNOWN)


def test_a_large_vocabulary_is_passed_in_no_time(rated: Rate, within: Within) -> None:
    one = W.words("tokenizer.ggml.tokens", [f"token{index}" for index in range(262_144)])
    data = W.file([one, W.pair("scores", 9, W.pack("IQ", 6, 262_144) + bytes(4 * 262_144))])
    with within(60):
        assert rated(NAME, data).rating is Rating.SAFE


@given(
    st.lists(st.tuples(st.integers(4, len(HONEST) - 1), st.integers(0, 255)), min_size=1, max_size=4),
    st.integers(4, len(HONEST)),
)
def test_no_change_of_bytes_breaks_the_reader(within: Within, changes: list[tuple[int, int]], cut: int) -> None:
    data = bytearray(HONEST)
    for at, value in changes:
        data[at] = value
    with within(100):
        for changed in (bytes(data), bytes(data[:cut])):
            rated_bytes(changed)
