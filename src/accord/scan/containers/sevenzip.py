"""7z files: blocks of several files each, unpacked within bounds by the standard library's decompressors."""

from __future__ import annotations

import bz2
import lzma
import stat
import zlib
from collections.abc import Callable, Iterator
from typing import Final

from accord.core.text import one_line
from accord.scan.containers.archive import Archive, Entry, Openers
from accord.scan.containers.layouts import read_members
from accord.scan.containers.packing import UNPACKING, Inflater, Stream, Unpacker, lzma_filter, zstd_maker
from accord.scan.containers.paths import link_leads_out, name_sights, tidy
from accord.scan.containers.sevenheaders import Coder, Cursor, File, Folder, Streams, checked, files, streams
from accord.scan.look import Look
from accord.scan.part import BrokenError, Part
from accord.scan.rating import Sight

_MOST_HEADER: Final = 8 << 20
_MOST_ROUNDS: Final = 4
_COPY: Final = b"\0"
_FILTERS: Final = {
    b"\3\3\1\3": lzma.FILTER_X86,
    b"\4": lzma.FILTER_X86,
    b"\3\3\2\5": lzma.FILTER_POWERPC,
    b"\3\3\4\1": lzma.FILTER_IA64,
    b"\3\3\5\1": lzma.FILTER_ARM,
    b"\3\3\7\1": lzma.FILTER_ARMTHUMB,
    b"\3\3\x08\5": lzma.FILTER_SPARC,
}
_LINK: Final = 0x400


def read(part: Part, look: Look) -> Iterator[Sight]:
    """Read a 7z file: every file in it is looked inside.

    Raises `BrokenError` where its header breaks.
    """
    offset, size, crc = part.unpack("<QQL", 12)
    if 32 + offset + size < part.size:
        stop = 32 + offset + size
        yield part.sees("trailing", f"{part.size - stop} bytes follow the end of the archive", offset=stop)
        yield from look.inside(part.stretch("(trailing bytes)", stop, part.size - stop))
    if size > _MOST_HEADER:
        raise BrokenError(f"the header of the 7z file has {size} bytes", 12)
    used = [(32 + offset, size)]
    packed, found = _header(part, checked(part.exactly(32 + offset, size), crc), look, used)
    yield from _holes(part, look, [*used, *((one.begin, one.packed) for one in packed.folders)])
    yield from name_sights(part, (one.name for one in found))
    yield from _folder_sights(part, packed, look)
    blocks = _Blocks(part, packed, look)
    entries = [
        Entry(tidy(one.name), one.size, one.size, plain=False, number=number)
        for number, one in enumerate(found)
        if one.folder is not None
    ]

    def whole(entry: Entry) -> Part:
        return blocks.file(found[entry.number], entry.name)

    def head(entry: Entry, count: int) -> bytes:
        return whole(entry).read(0, count)

    archive = Archive(part, "7z", entries, look, Openers(whole, head), notes=blocks.notes)
    for number, one in enumerate(found):
        if stat.S_ISLNK(one.attributes >> 16) or one.attributes & _LINK:
            yield from _link(part, blocks, one, number)
    yield from read_members(archive, look)


def _holes(part: Part, look: Look, used: list[tuple[int, int]]) -> Iterator[Sight]:
    """Look at the stretches that belong neither to a block nor to the header."""
    here = 32
    for begin, size in sorted(used):
        if begin > here:
            yield part.sees("hidden-bytes", f"{begin - here} bytes belong to no member", offset=here)
            yield from look.inside(part.stretch("(hidden bytes)", here, begin - here))
        here = max(here, begin + size)


def _header(part: Part, data: bytes, look: Look, used: list[tuple[int, int]]) -> tuple[Streams, tuple[File, ...]]:
    """Return the streams and files; a header that is itself packed is unpacked first, and its place noted in `used`."""
    for _ in range(_MOST_ROUNDS):
        cursor = Cursor(data)
        kind = cursor.byte() if data else 0
        if kind != 0x17:
            break
        packed = streams(cursor)
        if len(packed.folders) != 1 or packed.folders[0].size > _MOST_HEADER:
            raise BrokenError("the packed header of the 7z file is no single block of bounded size")
        (folder,) = packed.folders
        used.append((folder.begin, folder.packed))
        data = checked(_unpacked(part, folder, "(header)", look).whole(_MOST_HEADER), folder.crc)
    else:
        raise BrokenError("the header of the 7z file is packed again and again")
    if kind != 1 and data:
        raise BrokenError(f"the header of the 7z file starts with {kind}")
    return _sections(cursor) if data else (Streams((), ()), ())


def _sections(cursor: Cursor) -> tuple[Streams, tuple[File, ...]]:
    packed = Streams((), ())
    found: tuple[File, ...] = ()
    while kind := cursor.byte():
        if kind == 4:
            packed = streams(cursor)
        elif kind == 5:
            found = files(cursor, packed)
        else:
            raise BrokenError(f"the header of the 7z file has an unknown section {kind}")
    if packed.folders and not found:
        raise BrokenError("the 7z file has blocks and no files")
    return packed, found


def _folder_sights(part: Part, packed: Streams, look: Look) -> Iterator[Sight]:
    size = sum(one.size for one in packed.folders)
    within = sum(one.packed for one in packed.folders)
    if size > look.limits.bomb and size > 100 * max(within, 1):
        yield part.sees("bomb", f"{within} packed bytes are announced to unpack to {size}")


def _link(part: Part, blocks: _Blocks, one: File, number: int) -> Iterator[Sight]:
    name = one_line(one.name, 200)
    target = blocks.file(one, one.name).read(0, 4096).decode("utf-8", "replace") if one.folder is not None else ""
    kind = "link-out" if link_leads_out(one.name, target) else "link"
    yield part.sees(kind, f"the member {name} is a link to {one_line(target, 200)}", name=name)


class _Blocks:
    """The unpacked blocks of one archive, each unpacked once."""

    def __init__(self, part: Part, packed: Streams, look: Look) -> None:
        self.notes: list[Sight] = []
        self._part = part
        self._packed = packed
        self._look = look
        self._unpacked: dict[int, Part] = {}

    def file(self, one: File, name: str) -> Part:
        """Return the bytes of one file.

        Raises `BrokenError` when its block cannot be unpacked.
        """
        if one.folder is None:
            return self._part.child(name, b"")
        if one.folder not in self._unpacked:
            self._unpacked[one.folder] = _unpacked(self._part, self._packed.folders[one.folder], name, self._look)
        block = self._unpacked[one.folder]
        member = self._part.child(name, block.source, start=block.start + one.begin, size=one.size)
        shown = one_line(name, 200)
        if member.size != one.size:
            fact = f"the member {shown} has {one.size} bytes and its block ends before"
            self.notes.append(self._part.sees("malformed", fact, name=shown))
        elif one.crc is not None and member.size <= 16 << 20 and zlib.crc32(member.read(0, one.size)) != one.crc:
            self.notes.append(self._part.sees("checksum", f"the checksum of the member {shown} is wrong", name=shown))
        return member


def _unpacked(part: Part, folder: Folder, name: str, look: Look) -> Part:
    if folder.begin + folder.packed > part.size:
        raise BrokenError("a block of the 7z file is cut off", folder.begin)
    if folder.coders is not None and all(one.method == _COPY for one in folder.coders):
        return part.stretch(name, folder.begin, folder.packed)
    make = _maker(folder.coders) if folder.coders else None
    if make is None:
        methods = "+".join(one.method.hex() for one in folder.coders or ()) or "several streams"
        raise BrokenError(f"it is packed by {methods}, which is not read here")
    stream = Stream(part, folder.begin, folder.begin + folder.packed, make)
    return look.unpack(part, name, _cut(stream, folder.size), packed=folder.packed)


def _cut(stream: Stream, size: int) -> Iterator[bytes]:
    """Yield what a stream unpacks to, up to the announced size: LZMA in 7z has no mark at its end."""
    left = size
    try:
        for chunk in stream.chunks():
            yield chunk[:left]
            left -= len(chunk)
            if left <= 0:
                return
    except UNPACKING as error:
        if left == size:
            raise BrokenError(f"a block of the 7z file cannot be unpacked: {one_line(str(error), 100)}") from error


def _maker(coders: tuple[Coder, ...]) -> Callable[[], Unpacker] | None:
    """Return what makes unpackers of a chain of steps, or None when one of them is not known."""
    last = coders[-1]
    if len(coders) == 1 and last.method == b"\4\1\x08":
        return lambda: Inflater(-15)
    if len(coders) == 1 and last.method == b"\4\2\2":
        return bz2.BZ2Decompressor
    if len(coders) == 1 and last.method == b"\4\xf7\x11\1":
        return zstd_maker()
    filters = [_filter(one) for one in coders]
    if any(one is None for one in filters) or last.method not in {b"\x21", b"\3\1\1"}:
        return None
    chain = [one for one in filters if one]
    return lambda: lzma.LZMADecompressor(lzma.FORMAT_RAW, filters=chain)


def _filter(coder: Coder) -> dict[str, int] | None:
    said = coder.properties
    if coder.method == b"\3\1\1" and len(said) == 5:
        return lzma_filter(said)
    if coder.method == b"\x21" and len(said) == 1 and said[0] < 35:
        # a dictionary of 2 or 3 times a power of two (7z's LZMA2 properties)
        return {"id": lzma.FILTER_LZMA2, "dict_size": (2 | (said[0] & 1)) << (said[0] // 2 + 11)}
    if coder.method == b"\3" and len(said) == 1:
        return {"id": lzma.FILTER_DELTA, "dist": said[0] + 1}
    kind = _FILTERS.get(coder.method)
    return {"id": kind} if kind is not None else None
