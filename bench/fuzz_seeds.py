"""What the fuzzer starts from beside plain files: inputs that once cost a reader too much, as small as they can be.

All are made here, byte by byte, and hold nobody else's bytes. Each was a hole or a standstill that was mended: found
by fuzzing, or by trying to get past a reader. Nothing in them does harm, and nothing loads them.
"""

from __future__ import annotations

import gzip
import io
import json
import lzma
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from typing import Final, NamedTuple

MEBI: Final = 1 << 20


class Input(NamedTuple):
    """A file by the name that decides who reads it, its bytes, and what it was about."""

    name: str
    data: bytes
    about: str


def mended() -> Iterator[Input]:
    """Yield every input that a reader once came to grief on."""
    yield from _pickles()
    yield from _containers()
    yield from _models()
    yield from _texts()


def _pickles() -> Iterator[Input]:
    tuples = b")" + b"2\x86" * 64
    lists = b"]" + b"".join(b"q\x00](h\x00h\x00h\x00e" for _ in range(60))
    for about, data in (
        ("a key that doubles 64 times", b"\x80\x04}(" + tuples + b"Nu."),
        ("a set of what doubles 64 times", b"\x80\x04\x8f(" + tuples + b"\x90."),
        ("a key that nests deeper than the stack of C", b"\x80\x04}()" + b"\x85" * 20_000 + b"Nu."),
        ("lists that hold one another three times over", b"\x80\x04" + lists + b"."),
        ("a memo of four thousand million places", b"]r\xff\xff\xff\xff."),
        ("a memo index of twelve digits", b"]p999999999999\n."),
        ("a number of a hundred thousand digits", b"L" + b"9" * 100_000 + b"L\n."),
        ("bytes of a million million", b"cbuiltins\nbytes\n(L1000000000000L\ntR."),
        ("a list of a range that does not end", b"cbuiltins\nlist\n(cbuiltins\nrange\n(L1000000000000L\ntRtR."),
        ("an iterator without end", b"cbuiltins\nset\n(citertools\ncount\n)RtR."),
        ("a text longer than the file", b"\x80\x04\x8d" + b"\xff" * 7 + b"\x7fx."),
        ("a frame longer than the file", b"\x80\x04\x95" + b"\xff" * 8 + b"N."),
        ("a call behind a broken tail", b"cos\nsystem\n(S'true'\ntR\xff"),
        ("a second stream behind a plain one of text", b"N.cos\nsystem\n(S'true'\ntR."),
        ("a stream behind forty plain ones", b"I1\n." * 40 + b"cos\nsystem\n(S'true'\ntR."),
        ("marks without an end", b"(" * 50_000),
        ("an extension code of nobody", b"\x82\x01."),
        ("a name with a lone surrogate", b"\x80\x04X\x03\0\0\0\xed\xa0\x80X\x01\0\0\0x\x93."),
        ("an array larger than the machine",
         b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(J\xff\xff\xff\x7fJ\xff\xff\xff\x7ftC\x01btR."),
    ):  # fmt: skip
        yield Input("model.pkl", data, about)


def _containers() -> Iterator[Input]:
    yield Input("model.pt", _undirected(48 * MEBI), "a swelling member that no directory names")
    twice = _undirected(16 * MEBI)
    yield Input("model.pt", twice + twice[40:], "a stream of deflate that begins anew in its middle")
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", bytes(32 * MEBI))
    whole = made.getvalue()
    yield Input("model.pt", whole, "a member that swells a thousandfold")
    yield Input(
        "model.pt", whole[:-22] + whole[-22:].replace(b"\x01\0\x01\0", b"\xff\xff\xff\xff"), "a directory of 65535"
    )
    yield Input("m.gz", gzip.compress(gzip.compress(gzip.compress(bytes(16 * MEBI)))), "streams in streams")
    yield Input("m.xz", lzma.compress(bytes(64 * MEBI), preset=1), "a stream that swells")
    nested = b"N."
    for _ in range(40):
        inner = io.BytesIO()
        with zipfile.ZipFile(inner, "w") as archive:
            archive.writestr("a.zip", nested)
        nested = inner.getvalue()
    yield Input("m.zip", nested, "forty archives in one another")
    yield Input("m.tar", _tarred(size=8 << 30), "a member longer than the archive")
    yield Input("m.tar", _tarred(size=0)[:700], "an archive cut in its first header")
    yield Input(
        "m.7z",
        b"7z\xbc\xaf\x27\x1c\0\x04" + bytes(4) + struct.pack("<QQI", 1 << 62, 1 << 62, 0),
        "headers beyond the end",
    )
    head = b"{'descr': '<f8', 'fortran_order': False, 'shape': (" + b"9" * 400 + b",), }\n"
    yield Input("a.npy", b"\x93NUMPY\x01\0" + struct.pack("<H", len(head)) + head, "an array of 400 digits")
    yield Input("a.npy", b"\x93NUMPY\x02\0\xff\xff\xff\xff{", "a header of four gigabytes")


def _undirected(size: int) -> bytes:
    """Return a ZIP that ends with its first member: no directory, so that only a walk through it finds anything."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    body = packer.compress(bytes(size)) + packer.flush()
    head = struct.pack("<4s5H3I2H", b"PK\x03\x04", 20, 0, 8, 0, 0, 0, len(body), size, 16, 0)
    return head + b"archive/data.pkl" + body


def _tarred(size: int) -> bytes:
    member = tarfile.TarInfo("model.pkl")
    member.size = size
    return member.tobuf(tarfile.GNU_FORMAT) + b"N."


def _models() -> Iterator[Input]:
    yield Input("m.safetensors", struct.pack("<Q", 1 << 63) + b"{", "a header longer than any file")
    deep = b"[" * 100_000
    yield Input("m.safetensors", struct.pack("<Q", len(deep)) + deep, "a header that nests 100000 deep")
    wide = json.dumps({str(n): {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]} for n in range(3000)}).encode()
    yield Input("m.safetensors", struct.pack("<Q", len(wide)) + wide, "tensors that all lie at one place")
    yield Input("m.gguf", b"GGUF" + struct.pack("<IQQ", 3, 1 << 60, 1 << 60), "tensors and pairs without number")
    arrays = (
        b"GGUF" + struct.pack("<IQQ", 3, 0, 1) + struct.pack("<Q", 1) + b"a" + struct.pack("<IIQ", 9, 9, 1 << 40) * 40
    )
    yield Input("m.gguf", arrays, "arrays of arrays of arrays")
    graph = b"\x3a\xff\xff\xff\xff\x0f"
    yield Input("m.onnx", b"\x08\x08" + graph, "a graph longer than its file")
    yield Input("m.onnx", b"\x08\x08" + b"\x3a\x80\x80\x80" * 3000, "numbers that do not end")
    inner = b""
    for _ in range(400):
        inner = b"\x0a" + _varint(len(inner)) + inner
    yield Input("saved_model.pb", b"\x08\x01\x12" + _varint(len(inner)) + inner, "messages that nest 400 deep")
    yield Input(
        "m.tflite", struct.pack("<I4s", 8, b"TFL3") + struct.pack("<I", 0xFFFFFFF8) * 64, "tables that lead outside"
    )
    yield Input("m.h5", b"\x89HDF\r\n\x1a\n\0\0\0\0\0\x08\x08\0" + b"\xff" * 200, "addresses of nowhere")
    yield Input(
        "m.rds",
        gzip.compress(b"X\n\0\0\0\x03\0\x04\x02\0\0\x02\x03\0" + b"\0\0\x04\x02" * 20_000),
        "a list without an end",
    )
    yield Input("c.msgpack", b"\xdd\xff\xff\xff\xff" * 200, "arrays of four thousand million in one another")
    yield Input("c.msgpack", b"\x81" * 5000, "maps that nest 5000 deep")
    yield Input("m.ubj", b"[$Z#L" + b"\x7f" + b"\xff" * 7, "a list of nothings without number")


def _varint(value: int) -> bytes:
    made = bytearray()
    while value > 127:
        made.append(value & 127 | 128)
        value >>= 7
    return bytes((*made, value))


def _texts() -> Iterator[Input]:
    laughs = "".join(f'<!ENTITY l{n} "&l{n - 1};&l{n - 1};&l{n - 1};&l{n - 1};">' for n in range(1, 30))
    yield Input("m.pmml", f'<!DOCTYPE p [<!ENTITY l0 "l">{laughs}]><PMML>&l29;</PMML>'.encode(), "entities that swell")
    doubled = "{% set a0 = 'x' %}" + "".join(f"{{% set a{n} = a{n - 1}~a{n - 1} %}}" for n in range(1, 300))
    yield Input("m.xml", b"<a>" * 50_000, "elements that nest 50000 deep")
    for about, text in (
        ("brackets without an end", "{{ " + "(" * 5000),
        ("a sum of fifty thousand", "{{ " + "1+" * 50_000 + "1 }}"),
        ("blocks that nest 3000 deep", "{% if a %}" * 3000),
        ("texts that double 300 times", doubled),
        ("a filter nine thousand times", "{{ a" + "|trim" * 9000 + " }}"),
    ):  # fmt: skip
        yield Input("t.jinja", text.encode(), about)
        yield Input("tokenizer_config.json", json.dumps({"chat_template": text}).encode(), about)
    yield Input("config.json", b'{"a":' * 50_000, "objects that nest 50000 deep")
    yield Input(
        "config.json", b'{"auto_map": ' + b"9" * 100_000 + b"}", "a number of a hundred thousand digits in JSON"
    )
    yield Input("conf.yaml", b"- " * 20_000, "lists that nest 20000 deep")
    yield Input("conf.yaml", b"a: &a [x]\n" + b"".join(b"b%d: [*a, *a]\n" % n for n in range(300)), "aliases")
    yield Input("x.py", b"x = " + b"(" * 5000, "source that exhausts the stack of C")
    yield Input("x.py", b"x = " + b"-" * 50_000 + b"1", "a chain of signs")
    yield Input(
        "mcp.json",
        json.dumps({"mcpServers": {"\u202e": {"command": ["sh"] * 3000}}}).encode(),
        "a list where a text is",
    )
    yield Input(
        "n.ipynb",
        json.dumps({"cells": [{"cell_type": "code", "source": [1, None]}]}).encode(),
        "a cell that is no text",
    )
