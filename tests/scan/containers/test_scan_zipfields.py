from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accord.scan.containers.zipfields import Record, described, directory, ends, header, shown
from accord.scan.look import OverError
from accord.scan.part import BrokenError, Part

Zip = Callable[..., bytes]


def part(data: bytes) -> Part:
    return Part(data, name="a.zip")


def wide(data: bytes, **lies: int) -> bytes:
    """Return a ZIP with a 64-bit end before its end, as PyTorch always writes one."""
    at = data.rindex(b"PK\x05\x06")
    count, size, offset = struct.unpack_from("<HLL", data, at + 10)
    said = {"count": count, "size": size, "offset": offset, "place": at, **lies}
    end = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, said["count"], said["count"], said["size"], offset)
    return data[:at] + end + struct.pack("<4sLQL", b"PK\x06\x07", 0, said["place"], 1) + data[at:]


def test_an_honest_file_has_one_end(zipped: Zip) -> None:
    data = zipped([{"name": "a", "data": b"1"}], comment=b"words")
    (end,) = ends(part(data))
    assert (end.at, end.members, end.comment, end.lies) == (len(data) - 27, 1, 5, ())


def test_a_64_bit_end_counts_and_must_agree(zipped: Zip) -> None:
    data = zipped([{"name": "a", "data": b"1"}])
    (end,) = ends(part(wide(data)))
    assert (end.members, end.lies) == (1, ())
    assert end.at - end.floor == 76
    for lie in ({"count": 2}, {"size": 9}, {"place": 3}):
        assert ends(part(wide(data, **lie)))[0].lies, lie


def test_without_an_end_there_is_none() -> None:
    assert ends(part(b"")) == []
    assert ends(part(b"PK\x05\x06")) == []
    assert ends(part(b"words " * 20_000)) == []


@settings(max_examples=50, deadline=None)
@given(
    names=st.lists(st.text("abc", min_size=1, max_size=5), unique=True, max_size=5),
    data=st.binary(max_size=50),
    packed=st.booleans(),
)
def test_records_say_what_zipfile_says(names: list[str], data: bytes, *, packed: bool) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED) as archive:
        for name in names:
            archive.writestr(name, data)
    whole = part(out.getvalue())
    (end,) = ends(whole)
    found = directory(whole, end.offset, end.floor, 100)
    assert found.stop == end.floor
    with zipfile.ZipFile(out) as archive:
        for record, info in zip(found.records, archive.infolist(), strict=True):
            assert shown(record.name, record.flags) == info.filename
            assert (record.packed, record.size, record.crc) == (info.compress_size, info.file_size, info.CRC)
            head = header(whole, info.header_offset)
            assert head is not None
            assert (head.name, head.begin) == (record.name, info.header_offset + 30 + len(record.name))


def test_too_many_records_and_cut_ones_are_refused(zipped: Zip) -> None:
    whole = part(zipped([{"name": str(one), "data": b""} for one in range(5)]))
    (end,) = ends(whole)
    with pytest.raises(OverError):
        directory(whole, end.offset, end.floor, 4)
    with pytest.raises(BrokenError):
        directory(whole, end.offset, end.floor - 10, 100)


def test_longer_sizes_are_read_from_the_extra_field(zipped: Zip) -> None:
    extra = struct.pack("<2H3Q", 1, 24, 7, 8, 9)
    full = 0xFFFFFFFF
    lie = {"size": full, "packed": full, "offset": full}
    whole = part(zipped([{"name": "a", "data": b"1", "extra": extra, "central": lie}]))
    (end,) = ends(whole)
    (record,) = directory(whole, end.offset, end.floor, 9).records
    assert (record.size, record.packed, record.offset, record.lies) == (7, 8, 9, ())


@pytest.mark.parametrize("extra", [b"\x01\x00\xff\x00abc", struct.pack("<2HQ2HQ", 1, 8, 7, 1, 8, 7)])
def test_an_extra_field_that_is_odd_is_a_lie(zipped: Zip, extra: bytes) -> None:
    whole = part(zipped([{"name": "a", "data": b"1", "extra": extra}]))
    (end,) = ends(whole)
    assert directory(whole, end.offset, end.floor, 9).records[0].lies


def test_the_description_after_a_member_has_four_forms() -> None:
    record = Record(b"a", 8, 0, 11, 22, 33, 0, 0, ())
    for form in ("<3L", "<L2Q"):
        plain = struct.pack(form, 11, 22, 33)
        assert described(part(plain), 0, record) == len(plain)
        assert described(part(b"PK\x07\x08" + plain), 0, record) == len(plain) + 4
    assert described(part(struct.pack("<3L", 11, 22, 34) + bytes(12)), 0, record) == 0
    assert described(part(b""), 0, record) == 0


def test_a_name_that_is_no_utf_8_is_shown_all_the_same() -> None:
    assert shown(b"\xff\xfe", 0x800) == "\\xff\\xfe"
    assert shown(b"\x81", 0) == "ü"
