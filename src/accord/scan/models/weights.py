"""Files of plain numbers with a small head: MXNet, PaddlePaddle, fastText, word2vec, TensorFlow's records."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator
from functools import cache
from typing import Final

from accord.scan.look import Look
from accord.scan.models.protobuf import BYTES, VARINT, fields, sketch
from accord.scan.part import BrokenError, Part
from accord.scan.rating import Sight

_MXNET_ARRAY: Final = frozenset({0xF993FAC9, 0xF993FACA})
_MXNET_WIDTH: Final = {0: 4, 1: 8, 2: 2, 3: 1, 4: 4, 5: 1, 6: 8, 7: 1, 8: 2, 12: 2}
_MOST_ARRAYS = 1_000_000
_MOST_DIMENSIONS = 32
_WORD2VEC: Final = re.compile(rb"([1-9]\d{0,8}) ([1-9]\d{0,5})\n")
_MOST_WORDS = 20_000
_LONGEST_WORD = 1000
_COREML_ENTRY = b"\xef\xbe\xad\xde"
_CASTAGNOLI = 0x82F63B78
_PADDLE_WIDTH: Final = {0: 1, 1: 2, 2: 4, 3: 8, 4: 2, 5: 4, 6: 8, 20: 1, 21: 1, 22: 2, 23: 8, 24: 16}


def read_mxnet(part: Part, look: Look) -> Iterator[Sight]:
    """Yield what of MXNet's parameters is not a list of dense arrays and their names.

    Raises `BrokenError` where the sizes do not fit.
    """
    (count,) = part.unpack("<Q", 16)
    if count > _MOST_ARRAYS:
        raise BrokenError(f"{count} arrays are announced", 16)
    at = 24
    for _ in range(count):
        look.tick()
        magic, kind, dimensions = part.unpack("<IiI", at)
        if magic not in _MXNET_ARRAY or kind != 0 or dimensions > _MOST_DIMENSIONS:
            yield part.sees("unwalked-format", "an array is sparse or of an old layout", offset=at)
            return
        at += 12
        size = 1
        for length in part.unpack(f"<{dimensions}q", at):
            size *= max(length, 0)
        at += 8 * dimensions
        _, _, element = part.unpack("<iii", at)
        at += 12 + size * _MXNET_WIDTH.get(element, 0)
        if element not in _MXNET_WIDTH or at > part.size:
            raise BrokenError("an array does not fit into the file", at)
    (names,) = part.unpack("<Q", at)
    at += 8
    for _ in range(min(names, count + 1)):
        (length,) = part.unpack("<Q", at)
        if length > _LONGEST_WORD:
            raise BrokenError(f"a name of {length} bytes is announced", at)
        at += 8 + length
    yield from _rest(part, look, at)


def is_paddle(part: Part) -> bool:
    """Tell whether a part is a combined file of PaddlePaddle's parameters."""
    head = part.read(0, 64)
    if len(head) < 24 or head[:16].strip(b"\0"):
        return False
    (size,) = struct.unpack_from("<i", head, 16)
    return 2 <= size <= 300 and head[20:21] == b"\x08" and bool(sketch(head[20 : 20 + size]))


def read_paddle(part: Part, look: Look) -> Iterator[Sight]:
    """Yield what follows the tensors of a combined file.

    Raises `BrokenError` where the sizes do not fit.
    """
    at = 0
    while at < part.size:
        look.tick()
        version, level, inner, size = part.unpack("<IQIi", at)
        if version or level or inner or not 2 <= size <= 4096:
            raise BrokenError("a tensor has no head that Paddle writes", at)
        at += 20
        element, count = -1, 1
        for field in fields(part, look, at, at + size):
            if field.number == 1 and field.wire == VARINT:
                element = field.value
            elif field.number == 2:
                count *= field.value if field.wire == VARINT else _product(part, look, field.at, field.end)
        if element not in _PADDLE_WIDTH:
            raise BrokenError(f"a tensor has the type {element}", at)
        at += size + count * _PADDLE_WIDTH[element]
        if at > part.size:
            raise BrokenError("a tensor leaves the file", at)
    yield from ()


def _product(part: Part, look: Look, at: int, end: int) -> int:
    from accord.scan.models.protobuf import Field, numbers

    product = 1
    for one in numbers(part, look, Field(2, BYTES, end - at, at, end - at)):
        product *= min(one, 1 << 40)
    return product


def is_coreml(part: Part) -> bool:
    """Tell whether a part is the weights beside a Core ML program: a count, a version, and a marked entry."""
    head = part.read(0, 68)
    return head[4:8] == b"\2\0\0\0" and head[64:] == _COREML_ENTRY and not head[8:64].strip(b"\0")


def read_coreml(part: Part, look: Look) -> Iterator[Sight]:
    """Yield what follows the last entry.

    Raises `BrokenError` where an entry is not marked, or leaves the file.
    """
    (count,) = part.unpack("<I", 0)
    at = 64
    for _ in range(count):
        look.tick()
        if part.exactly(at, 4) != _COREML_ENTRY:
            raise BrokenError("an entry of the weights is not marked", at)
        size, begin = part.unpack("<QQ", at + 8)
        if begin < at + 64 or begin + size > part.size:
            raise BrokenError("an entry of the weights leaves the file", at)
        at = -(-(begin + size) // 64) * 64
    yield from _rest(part, look, at)


def read_fasttext(part: Part, look: Look) -> Iterator[Sight]:
    """Yield what of a fastText model is not its dictionary and its two matrices.

    Raises `BrokenError` where the sizes do not fit.
    """
    _, version, *_ = part.unpack("<ii", 0)
    words, _, _, _, pruned = part.unpack("<iiiqq", 64)
    if not 11 <= version <= 12 or not 0 <= words <= part.size:
        raise BrokenError("the head is none that fastText writes", 4)
    at = 92
    for number in range(words):
        if number % 4096 == 0:
            look.tick()
        end = part.find(b"\0", at, at + _LONGEST_WORD)
        if end < 0:
            raise BrokenError("a word of the dictionary does not end", at)
        at = end + 10
    at += 8 * max(pruned, 0)
    for _ in range(2):
        (quantised,) = part.unpack("<?", at)
        if quantised:
            yield part.sees("unwalked-format", "a quantised matrix is not walked", name="fasttext", offset=at)
            return
        rows, columns = part.unpack("<qq", at + 1)
        at += 17 + 4 * rows * columns
        if rows < 0 or columns < 0 or at > part.size:
            raise BrokenError("a matrix leaves the file", at)
    yield from _rest(part, look, at)


def is_word2vec(part: Part) -> bool:
    """Tell whether a part is word vectors: two numbers as text, then a word and its numbers."""
    head = part.read(0, 1200)
    found = _WORD2VEC.match(head)
    if not found or part.size < int(found[1]) * int(found[2]):
        return False
    blank = head.find(b" ", found.end())
    return bool(found.end() < blank < found.end() + 200 and b"\0" in head)


def read_word2vec(part: Part, look: Look) -> Iterator[Sight]:
    """Yield what follows the vectors; words are walked as far as is quick, and the numbers between them passed.

    Raises `BrokenError` where a word does not end.
    """
    found = _WORD2VEC.match(part.read(0, 40))
    if not found:
        raise BrokenError("the two numbers at the start are missing", 0)
    words, width, at = int(found[1]), 4 * int(found[2]), found.end()
    for _ in range(min(words, _MOST_WORDS)):
        look.tick()
        blank = part.find(b" ", at, at + _LONGEST_WORD)
        if blank < 0 or blank + 1 + width > part.size:
            raise BrokenError("a word does not end, or its numbers are missing", at)
        at = blank + 1 + width
        at += part.read(at, 1) == b"\n"
    if words <= _MOST_WORDS:
        yield from _rest(part, look, at)
    elif part.size - at < (words - _MOST_WORDS) * (width + 2):
        raise BrokenError("the vectors are fewer than announced", at)


def is_tfrecord(part: Part) -> bool:
    """Tell whether a part is TensorFlow's records: a length, and the checksum of the length."""
    head = part.read(0, 12)
    if len(head) < 12:
        return False
    length, told = struct.unpack("<QI", head)
    return bool(length <= part.size - 16 and told == _masked(head[:8]))


def read_tfrecord(part: Part, look: Look) -> Iterator[Sight]:
    """Yield what follows the records, which are data; checksums of lengths are checked.

    Raises `BrokenError` where a record leaves the file.
    """
    at = 0
    while at < part.size:
        look.tick()
        head = part.exactly(at, 12)
        length, told = struct.unpack("<QI", head)
        if told != _masked(head[:8]) or at + 16 + length > part.size:
            raise BrokenError("a record's length is wrong", at)
        at += 16 + length
    yield from ()


def _masked(data: bytes) -> int:
    """Return the masked CRC-32C that TensorFlow writes."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = _row()[(crc ^ byte) & 255] ^ (crc >> 8)
    crc ^= 0xFFFFFFFF
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


@cache
def _row() -> tuple[int, ...]:
    found = []
    for start in range(256):
        value = start
        for _ in range(8):
            value = value >> 1 ^ (_CASTAGNOLI if value & 1 else 0)
        found.append(value)
    return tuple(found)


def _rest(part: Part, look: Look, at: int) -> Iterator[Sight]:
    if at < part.size:
        yield part.sees("trailing", f"{part.size - at} bytes follow the numbers", offset=at)
        yield from look.inside(part.slice(at))
