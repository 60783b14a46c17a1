"""Building ZIP files byte by byte, with every lie that a header can tell."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest

PAYLOAD = b"\x80\x02cos\nsystem\nX\x04\x00\x00\x00true\x85R."
"""A pickle that would run `true`; nothing here ever loads it."""


@dataclass(frozen=True, kw_only=True)
class Member:
    """One member, and what its two headers say instead of the truth where they are told to."""

    name: str | bytes
    data: bytes = b""
    packed: bytes | None = None
    method: int = 0
    flags: int = 0
    mode: int = 0
    extra: bytes = b""
    descriptor: bool = False
    local: dict[str, object] = field(default_factory=dict)
    central: dict[str, object] = field(default_factory=dict)
    before: bytes = b""
    listed: bool = True
    present: bool = True


def build(members: Sequence[Member], *, prefix: bytes = b"", comment: bytes = b"", count: int | None = None) -> bytes:
    """Return a ZIP file; offsets count from its first byte, the prefix included."""
    body, directory = bytearray(prefix), bytearray()
    for one in members:
        body += one.before
        name = one.name.encode() if isinstance(one.name, str) else one.name
        packed = one.data if one.packed is None else one.packed
        flags = one.flags | (8 if one.descriptor else 0)
        said: dict[str, object] = {
            "name": name, "flags": flags, "method": one.method, "crc": zlib.crc32(one.data),
            "packed": len(packed), "size": len(one.data), "offset": len(body),
        }  # fmt: skip
        here = {**said, **({"crc": 0, "packed": 0, "size": 0} if one.descriptor else {}), **one.local}
        if one.present:
            body += struct.pack(
                "<4s5H3L2H", b"PK\x03\x04", 20, here["flags"], here["method"], 0, 0x21, here["crc"], here["packed"],
                here["size"], len(_bytes(here["name"])), 0,
            )  # fmt: skip
            body += _bytes(here["name"]) + packed
            if one.descriptor:
                body += struct.pack("<4s3L", b"PK\x07\x08", zlib.crc32(one.data), len(packed), len(one.data))
        there = {**said, **one.central}
        if one.listed:
            directory += struct.pack(
                "<4s6H3L5H2L", b"PK\x01\x02", 0x314, 20, there["flags"], there["method"], 0, 0x21, there["crc"],
                there["packed"], there["size"], len(_bytes(there["name"])), len(one.extra), 0, 0, 0, one.mode << 16,
                there["offset"],
            )  # fmt: skip
            directory += _bytes(there["name"]) + one.extra
    listed = sum(one.listed for one in members) if count is None else count
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, listed, listed, len(directory), len(body), len(comment))
    return bytes(body + directory + end + comment)


def _bytes(value: object) -> bytes:
    assert isinstance(value, bytes)
    return value


@pytest.fixture
def zipped() -> Callable[..., bytes]:
    """Return the builder: `zipped([dict(name="a.txt", data=b"…")], comment=b"…")`."""

    def from_mappings(members: Sequence[dict[str, object]], **how: object) -> bytes:
        return build([Member(**one) for one in members], **how)  # type: ignore[arg-type]  # the test says them right

    return from_mappings


@pytest.fixture
def payload() -> bytes:
    """Return a pickle that would run `true`; it is never loaded."""
    return PAYLOAD
