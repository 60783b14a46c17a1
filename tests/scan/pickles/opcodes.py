"""Streams put together by hand, one opcode after the other: nothing here is ever loaded."""

from __future__ import annotations

import struct

SYSTEM = b"\x80\x02cos\nsystem\n(X\x04\x00\x00\x00echotR."
"""A pickle that would run `echo`."""

NONE = b"N"


def text(value: str) -> bytes:
    """Return opcodes that push a text."""
    encoded = value.encode()
    return b"X" + struct.pack("<I", len(encoded)) + encoded


def octets(value: bytes) -> bytes:
    """Return opcodes that push bytes."""
    return b"B" + struct.pack("<I", len(value)) + value


def number(value: int) -> bytes:
    """Return opcodes that push a number."""
    encoded = value.to_bytes(value.bit_length() // 8 + 1, "little", signed=True)
    return b"\x8a" + bytes([len(encoded)]) + encoded


def name(full: str) -> bytes:
    """Return opcodes that look a name up: `package.module:Class.method`."""
    module, _, inner = full.partition(":")
    return text(module) + text(inner) + b"\x93"


def tuple_(*items: bytes) -> bytes:
    """Return opcodes that push a tuple."""
    return b"(" + b"".join(items) + b"t"


def list_(*items: bytes) -> bytes:
    """Return opcodes that push a list."""
    return b"](" + b"".join(items) + b"e"


def dict_(**items: bytes) -> bytes:
    """Return opcodes that push a dict."""
    return b"}(" + b"".join(text(key) + value for key, value in items.items()) + b"u"


def call(target: str, *arguments: bytes) -> bytes:
    """Return opcodes that call a name by REDUCE."""
    return name(target) + tuple_(*arguments) + b"R"


def new(target: str, *arguments: bytes) -> bytes:
    """Return opcodes that make a bare instance by NEWOBJ."""
    return name(target) + tuple_(*arguments) + b"\x81"


def build(instance: bytes, state: bytes) -> bytes:
    """Return opcodes that set a state."""
    return instance + state + b"b"


def stream(*parts: bytes, protocol: int = 4) -> bytes:
    """Return a whole pickle."""
    return b"\x80" + bytes([protocol]) + b"".join(parts) + b"."
