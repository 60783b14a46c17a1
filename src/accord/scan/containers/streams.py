"""Compressed streams: gzip, bzip2, xz, lzma, zlib, Zstandard, LZ4, and what old joblib wrote; their content is read."""

from __future__ import annotations

import bz2
import lzma
import re
import zlib
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from accord.core.text import one_line
from accord.scan.containers.packing import UNPACKING, Inflater, Stream, Unpacker, lz4_maker, zstd_maker
from accord.scan.look import Look
from accord.scan.part import BrokenError, Part
from accord.scan.rating import Sight

_BLOCK: Final = 1 << 20
_MEMORY: Final = 128 << 20
_SUFFIX: Final = re.compile(r"\.(?:gz|gzip|bz2|xz|lzma|zst|zstd|lz4|z|zlib)$", re.I)
_OLD_JOBLIB: Final = re.compile(rb"ZF(0x[0-9a-fL]{1,17}) {0,18}")
_MOST_STREAMS: Final = 10_000


class Packing(NamedTuple):
    """A kind of stream: what it starts with, what unpacks it, the package for that, and whether zeros may follow."""

    mark: bytes
    maker: Callable[[], Callable[[], Unpacker] | None]
    package: str = ""
    padded: bool = False


PACKINGS: Final = (
    Packing(b"\x1f\x8b", lambda: lambda: Inflater(31), padded=True),
    Packing(b"BZh", lambda: bz2.BZ2Decompressor),
    Packing(b"\xfd7zXZ\0", lambda: lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_MEMORY), padded=True),
    Packing(b"\x5d\0", lambda: lambda: lzma.LZMADecompressor(lzma.FORMAT_ALONE, memlimit=_MEMORY)),
    Packing(b"\x28\xb5\x2f\xfd", zstd_maker, package="zstandard"),
    Packing(b"\x04\x22\x4d\x18", lz4_maker, package="lz4"),
)
_ZLIB: Final = Packing(b"", lambda: lambda: Inflater(15))


def is_zlib(part: Part) -> bool:
    """Tell whether a part is a zlib stream: its two bytes of header fit, and so does what follows them."""
    head = part.head
    if len(head) < 8 or head[0] & 0x8F != 8 or int.from_bytes(head[:2], "big") % 31 or head[1] & 0x20:
        return False
    inner = zlib.decompressobj(-15)  # without its checksum: a wrong one does not make it something else
    try:
        out = inner.decompress(head[2:], 1 << 16)
    except zlib.error:
        return False
    return inner.eof or len(out) >= 64


def read(part: Part, look: Look) -> Iterator[Sight]:
    """Unpack a stream, or several in a row, and look inside of what they give.

    Raises `BrokenError` when it breaks, after what came until then was looked at.
    """
    packing, begin = _packing(part)
    make = packing.maker()
    if make is None:
        yield part.sees("missing-extra", f"its content is packed with {packing.package}", name=packing.package)
        return
    streams = _Streams(part, packing, make, begin)
    member = look.unpack(part, _name(part), streams.chunks(), packed=part.size)
    yield from look.inside(member)
    if streams.broken:
        raise BrokenError(f"the stream breaks: {one_line(streams.broken, 100)}", streams.stop)
    left = part.size - streams.stop
    if left and not (packing.padded and _is_blank(part, streams.stop)):
        yield part.sees("trailing", f"{left} bytes follow the end of the stream", offset=streams.stop)
        yield from look.inside(part.stretch("(trailing bytes)", streams.stop, left))


def _is_blank(part: Part, at: int) -> bool:
    """Tell whether a part ends in zeros: unpackers read on behind them, however many there are."""
    return all(not part.read(here, _BLOCK).strip(b"\0") for here in range(at, part.size, _BLOCK))


def _packing(part: Part) -> tuple[Packing, int]:
    head = part.head
    old = _OLD_JOBLIB.match(head)
    if old:
        # joblib up to 0.9 wrote "ZF", the length in hex filled up to 19 characters, then zlib; sometimes one more space
        return _ZLIB, 22 if head[21:22] == b" " else 21
    return next((one for one in PACKINGS if head.startswith(one.mark)), _ZLIB), 0


def _name(part: Part) -> str:
    stem = _SUFFIX.sub("", part.name)
    return stem if stem and stem != part.name else "(unpacked)"


class _Streams:
    """Streams of one kind in a row, as one: what breaks is kept for later."""

    def __init__(self, part: Part, packing: Packing, make: Callable[[], Unpacker], begin: int) -> None:
        self.stop = begin
        self.broken = ""
        self._part = part
        self._mark = packing.mark
        self._make = make

    def chunks(self) -> Iterator[bytes]:
        for number in range(_MOST_STREAMS):
            if number and not self._goes_on():
                return
            stream = Stream(self._part, self.stop, self._part.size, self._make)
            try:
                yield from stream.chunks()
            except UNPACKING as error:
                self.broken = str(error) or type(error).__name__
                return
            self.stop = stream.stop
            if not stream.complete:
                self.broken = "it is cut off"
                return
        self.broken = f"there are more than {_MOST_STREAMS} in a row"

    def _goes_on(self) -> bool:
        return bool(self._mark) and self._part.read(self.stop, len(self._mark)) == self._mark
