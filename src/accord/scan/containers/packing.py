"""Unpacking, chunk by chunk: what each method of compression gives, and where it stops."""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from accord.scan.part import BrokenError, Part

if TYPE_CHECKING:
    from types import ModuleType

_CHUNK: Final = 64 << 10
_STEP: Final = 1 << 20
_SMALL: Final = 4096
_PIECE: Final = 256
_MEMORY: Final = 128 << 20


UNPACKING: Final = (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError, RuntimeError, MemoryError)
"""What decompressors raise on broken data; zstandard's error is none of a kind and is turned into `ValueError`."""


class Unpacker(Protocol):
    """What the standard library's decompressors have in common."""

    @property
    def eof(self) -> bool:
        """Tell whether the end of the stream was met."""

    @property
    def unused_data(self) -> bytes:
        """Return what was given after the end of the stream."""

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        """Return some of what the data unpacks to."""


class Inflater:
    """A deflate, zlib or gzip stream, in the shape of the other decompressors."""

    def __init__(self, bits: int) -> None:
        self._inner = zlib.decompressobj(bits)

    @property
    def eof(self) -> bool:
        """Tell whether the end of the stream was met."""
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        """Return what was given after the end of the stream."""
        return self._inner.unused_data

    def decompress(self, data: bytes, most: int, /) -> bytes:
        """Return at most `most` bytes of what the data unpacks to; what is left is taken up first the next time."""
        return self._inner.decompress(self._inner.unconsumed_tail + data, most)

    @property
    def waits(self) -> bool:
        """Tell whether input is left that was not unpacked yet."""
        return bool(self._inner.unconsumed_tail)


class Stream:
    """One compressed stream in a part, from `at` to `end` at most; after its chunks `stop` is where it ended."""

    def __init__(self, part: Part, at: int, end: int, make: Callable[[], Unpacker]) -> None:
        self._part = part
        self._at = at
        self._end = end
        self._make = make
        self.stop = at
        self.complete = False

    def chunks(self) -> Iterator[bytes]:
        """Yield what the stream unpacks to, a few MiB at a time; all that comes before an error is given."""
        given = 0
        try:
            for chunk in self._run(None, _STEP):
                given += len(chunk)
                yield chunk
        except UNPACKING:
            yield from self._recovered(given, (_SMALL, 1))
            raise

    def _run(self, careful: int | None, step: int) -> Iterator[bytes]:
        """Unpack; from `careful` bytes on in steps, so that an error takes no more with it than one step."""
        unpacker, at, given = self._make(), self._at, 0
        while not unpacker.eof:
            slow = careful is not None and given >= careful
            hungry = not _waits(unpacker)
            data = self._part.read(at, min(1 if slow else _CHUNK, self._end - at)) if hungry else b""
            at += len(data)
            out = unpacker.decompress(data, step if slow else _STEP)
            given += len(out)
            if out:
                yield out
            if hungry and not data and not out:
                break
        self.complete = unpacker.eof
        self.stop = at - len(unpacker.unused_data or b"")

    def _recovered(self, given: int, steps: tuple[int, ...]) -> Iterator[bytes]:
        """Unpack once more, and yield what the call that failed would have given; twice, in ever smaller steps."""
        seen = 0
        try:
            for chunk in self._run(given, steps[0]):
                seen += len(chunk)
                if seen > given:
                    yield chunk
                if seen > given + _STEP:
                    return
        except UNPACKING:
            if steps[1:]:
                yield from self._recovered(seen, steps[1:])


def _waits(unpacker: Unpacker) -> bool:
    if isinstance(unpacker, Inflater):
        return unpacker.waits
    return not getattr(unpacker, "needs_input", True)


def opened(module: str) -> ModuleType | None:
    """Return an optional package, or None when it is not installed."""
    import importlib

    try:
        return importlib.import_module(module)
    except ImportError:
        return None


class Opened(NamedTuple):
    """What unpacks a stream, and where that begins."""

    make: Callable[[], Unpacker]
    begin: int


def zip_unpacker(method: int, part: Part, at: int) -> Opened | None:
    """Return what unpacks a method of ZIP and where its stream begins; None for a method that is not read."""
    if method == 8:
        return Opened(lambda: Inflater(-15), at)
    if method == 12:
        return Opened(bz2.BZ2Decompressor, at)
    if method == 14:
        size = int.from_bytes(part.exactly(at + 2, 2), "little")
        if size != 5:
            raise BrokenError(f"LZMA properties of {size} bytes", at)
        chain = [lzma_filter(part.exactly(at + 4, 5))]
        return Opened(lambda: lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=chain), at + 9)
    if method == 95:
        return Opened(lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=_MEMORY), at)
    zstd = zstd_maker() if method == 93 else None
    return Opened(zstd, at) if zstd else None


def lzma_filter(properties: bytes) -> dict[str, int]:
    """Return the filter that five bytes of LZMA1 properties ask for, with a bounded dictionary.

    Raises `BrokenError` when they ask for more than 256 MiB, or for what does not exist.
    """
    packed, size = properties[0], int.from_bytes(properties[1:5], "little")
    if packed >= 225 or size > 256 << 20:
        raise BrokenError("LZMA properties that no writer gives")
    rest, lc = divmod(packed, 9)
    pb, lp = divmod(rest, 5)
    return {"id": lzma.FILTER_LZMA1, "dict_size": max(size, 4096), "lc": lc, "lp": lp, "pb": pb}


def zstd_maker() -> Callable[[], Unpacker] | None:
    """Return what makes unpackers of Zstandard frames, when the package for it is there."""
    module = opened("zstandard")
    if module is None:
        return None
    return lambda: Zstandard(module.ZstdDecompressor(max_window_size=_MEMORY).decompressobj(), module.ZstdError)


def lz4_maker() -> Callable[[], Unpacker] | None:
    """Return what makes unpackers of LZ4 frames, when the package for it is there."""
    module = opened("lz4.frame")
    return module.LZ4FrameDecompressor if module else None


class _Frame(Protocol):
    eof: bool
    unused_data: bytes

    def decompress(self, data: bytes, /) -> bytes: ...


class Zstandard:
    """A Zstandard frame, fed in small pieces so that what comes out at once stays bounded."""

    def __init__(self, frame: _Frame, error: type[Exception]) -> None:
        self._frame = frame
        self._error = error
        self._left = b""

    @property
    def eof(self) -> bool:
        """Tell whether the end of the frame was met."""
        return self._frame.eof

    @property
    def unused_data(self) -> bytes:
        """Return what was given after the end of the frame."""
        return self._frame.unused_data + self._left

    @property
    def needs_input(self) -> bool:
        """Tell whether everything given so far was taken up."""
        return not self._left

    def decompress(self, data: bytes, most: int, /) -> bytes:
        """Return what the next small piece unpacks to: 8 MiB at most, since a block of 4 bytes gives 128 KiB."""
        given = self._left + data
        self._left = given[_PIECE:]
        try:
            return self._frame.decompress(given[:_PIECE]) if given else b""
        except self._error as error:
            raise ValueError(str(error)) from error
