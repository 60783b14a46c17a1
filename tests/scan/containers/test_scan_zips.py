from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accord.scan.look import Limits
from accord.scan.rating import Rated, Rating

Within = Callable[[float], AbstractContextManager[None]]
Rate = Callable[..., Rated]
Zip = Callable[..., bytes]
TEXT = b"a few words of plain text\n"


def kinds(rated: Rated) -> str:
    return " | ".join(one.finding.message for one in rated.reasons)


def members(rated: Rated) -> set[str | None]:
    return {one.finding.where.member for one in rated.reasons if one.rating is Rating.DANGEROUS}


def deflated(data: bytes) -> bytes:
    inner = zlib.compressobj(9, zlib.DEFLATED, -15)
    return inner.compress(data) + inner.flush()


def test_an_ordinary_archive_is_safe(rated: Rate, zipped: Zip) -> None:
    data = zipped([{"name": "a.txt", "data": TEXT}, {"name": "b/c.txt", "data": TEXT}], comment=b"made by hand")
    found = rated("plain.zip", data)
    assert (found.rating, found.format) == (Rating.SAFE, "zip"), kinds(found)


def test_an_empty_archive_is_safe(rated: Rate, zipped: Zip) -> None:
    assert rated("empty.zip", zipped([])).rating is Rating.SAFE


def test_a_payload_in_a_stored_or_packed_member_is_found(rated: Rate, zipped: Zip, payload: bytes) -> None:
    both = [
        {"name": "one.bin", "data": payload},
        {"name": "two.bin", "data": payload, "packed": deflated(payload), "method": 8},
    ]
    assert members(rated("two.zip", zipped(both))) == {"one.bin", "two.bin"}


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_payload_packed_by_a_rarer_method_is_found(rated: Rate, payload: bytes, method: int) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        archive.writestr("model.pkl", payload)
    assert members(rated("rare.zip", out.getvalue())) == {"model.pkl"}


def test_an_unknown_method_of_packing_is_unknown_and_never_safe(rated: Rate, zipped: Zip) -> None:
    found = rated("odd.zip", zipped([{"name": "a.txt", "data": TEXT, "method": 97}]))
    assert found.rating is Rating.UNKNOWN
    assert "method 97" in kinds(found)


def test_a_wrong_checksum_is_malformed_and_the_member_is_read_all_the_same(
    rated: Rate, zipped: Zip, payload: bytes
) -> None:
    wrong = {"crc": 1}
    for packed in ({}, {"packed": deflated(payload), "method": 8}):
        data = zipped([{"name": "m.pkl", "data": payload, "local": wrong, "central": wrong, **packed}])
        found = rated("crc.zip", data)
        assert members(found) == {"m.pkl"}
        assert "checksum" in kinds(found)


def test_a_wrong_checksum_of_harmless_text_is_malformed(rated: Rate, zipped: Zip) -> None:
    wrong = {"crc": 1}
    data = zipped([{"name": "a.txt", "data": TEXT, "local": wrong, "central": wrong}])
    assert rated("crc.zip", data).rating is Rating.MALFORMED


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", b"b.txt"), ("flags", 0x1), ("flags", 0x20), ("flags", 0x800), ("method", 8), ("crc", 5), ("size", 3)],
)
def test_two_headers_that_differ_are_malformed(rated: Rate, zipped: Zip, field: str, value: object) -> None:
    data = zipped([{"name": "a.txt", "data": TEXT, "local": {field: value}}])
    found = rated("differs.zip", data)
    assert found.rating is Rating.MALFORMED
    assert "the member a.txt" in kinds(found)


def test_a_flag_of_encryption_hides_nothing(rated: Rate, zipped: Zip, payload: bytes) -> None:
    for where in ("local", "central"):
        found = rated("flagged.zip", zipped([{"name": "m.pkl", "data": payload, where: {"flags": 1}}]))
        assert members(found) == {"m.pkl"}


def test_an_encrypted_member_is_not_safe(rated: Rate, zipped: Zip) -> None:
    found = rated("locked.zip", zipped([{"name": "a.txt", "data": TEXT, "flags": 1}]))
    assert found.rating is Rating.UNKNOWN
    assert "encrypted" in kinds(found)


def test_both_ways_to_unpack_a_member_are_read(rated: Rate, zipped: Zip, payload: bytes) -> None:
    packed = deflated(payload)
    data = zipped([{"name": "m.bin", "data": packed, "local": {"method": 8, "size": len(payload)}}])
    assert members(rated("both.zip", data)) == {"m.bin (by its own header)"}


def test_of_two_members_with_one_name_both_are_read(rated: Rate, zipped: Zip, payload: bytes) -> None:
    for pair in ([payload, TEXT], [TEXT, payload]):
        found = rated("twice.zip", zipped([{"name": "a/data.txt", "data": one} for one in pair]))
        assert members(found) == {"a/data.txt"}
        assert "two members are called a/data.txt" in kinds(found)


def test_names_that_mean_one_file_are_duplicates(rated: Rate, zipped: Zip) -> None:
    for other in ("a/./b.txt", "a//b.txt", "\uff41/b.txt"):
        data = zipped([{"name": one, "data": TEXT, "flags": 0x800} for one in ("a/b.txt", other)])
        assert "two members are called a/b.txt" in kinds(rated("same.zip", data)), other


@pytest.mark.parametrize(
    "name", ["../up.txt", "a/../../up.txt", "/etc/x", "\\\\host\\x", "C:\\x", "..\\up.txt", "C:x", "a/.."]
)
def test_a_member_that_leaves_the_folder_is_dangerous(rated: Rate, zipped: Zip, name: str) -> None:
    found = rated("slip.zip", zipped([{"name": name, "data": TEXT}]))
    assert found.rating is Rating.DANGEROUS
    assert "outside of the folder" in kinds(found)


@pytest.mark.parametrize("name", ["a..b.txt", "x...y", "..hidden", "a b (1).txt", "é/ü.txt", "日本.txt"])
def test_an_honest_name_is_safe(rated: Rate, zipped: Zip, name: str) -> None:
    found = rated("name.zip", zipped([{"name": name, "data": TEXT, "flags": 0x800}]))
    assert found.rating is Rating.SAFE, kinds(found)


@pytest.mark.parametrize("name", ["a\\b.txt", "a\x00.txt", "a\u202etxt.pkl", "a\nb", "", "x" * 5000])
def test_a_name_that_readers_take_differently_is_malformed(rated: Rate, zipped: Zip, name: str) -> None:
    data = zipped([{"name": name, "data": TEXT, "flags": 0x800}])
    assert rated("odd.zip", data).rating is Rating.MALFORMED


def test_a_name_in_the_members_own_header_alone_is_judged_too(rated: Rate, zipped: Zip) -> None:
    data = zipped([{"name": "a.txt", "data": TEXT, "local": {"name": b"../../x"}}])
    assert rated("local.zip", data).rating is Rating.DANGEROUS


def test_a_second_name_in_an_extra_field_is_malformed(rated: Rate, zipped: Zip) -> None:
    extra = struct.pack("<2HBL", 0x7075, 5 + 5, 1, 0) + b"b.pkl"
    found = rated("extra.zip", zipped([{"name": "a.txt", "data": TEXT, "extra": extra}]))
    assert "a second name" in kinds(found)


def test_a_link_is_judged_by_where_it_leads(rated: Rate, zipped: Zip) -> None:
    for target, rating in ((b"/etc/passwd", Rating.DANGEROUS), (b"../../x", Rating.DANGEROUS), (b"b", Rating.UNKNOWN)):
        data = zipped([{"name": "a/link", "data": target, "mode": 0o120777}])
        assert rated("link.zip", data).rating is rating


def test_what_stands_before_the_first_member_is_read(rated: Rate, zipped: Zip, payload: bytes) -> None:
    start = zipped([{"name": "first.txt", "data": TEXT}])
    found = rated("prefix.zip", start[:39] + zipped([{"name": "m.pkl", "data": payload}]))
    assert found.rating is Rating.DANGEROUS
    assert "offsets are 39 bytes off" in kinds(found)


def test_a_shifted_archive_is_malformed_though_its_offsets_fit(rated: Rate, zipped: Zip) -> None:
    data = zipped([{"name": "a.txt", "data": TEXT}], prefix=b"PK\x03\x04 some other bytes in front")
    assert rated("shifted.zip", data).rating is Rating.MALFORMED


def test_an_archive_behind_other_bytes_is_a_polyglot(rated: Rate, zipped: Zip, payload: bytes) -> None:
    for front in (b"plain text before\n" * 9, b"\x00\x01\x02\xff" * 99):
        found = rated("poly.bin", front + zipped([{"name": "m.pkl", "data": payload}]))
        assert "m.pkl" in members(found)
        assert "a ZIP file stands at its end" in kinds(found)


def test_bytes_between_members_are_read(rated: Rate, zipped: Zip, payload: bytes) -> None:
    data = zipped([{"name": "a.txt", "data": TEXT}, {"name": "b.txt", "data": TEXT, "before": payload}])
    found = rated("gap.zip", data)
    assert members(found) == {"(hidden bytes)"}


def test_a_member_in_no_directory_is_read(rated: Rate, zipped: Zip, payload: bytes) -> None:
    data = zipped([{"name": "a.txt", "data": TEXT}, {"name": "ghost.pkl", "data": payload, "listed": False}])
    found = rated("ghost.zip", data)
    assert members(found) == {"ghost.pkl"}
    assert "in no directory" in kinds(found)


def test_without_a_directory_the_members_are_read_all_the_same(rated: Rate, zipped: Zip, payload: bytes) -> None:
    for packed in ({}, {"packed": deflated(payload), "method": 8}, {"descriptor": True}):
        data = zipped([{"name": "m.pkl", "data": payload, **packed}])
        found = rated("cut.zip", data[: data.index(b"PK\x01\x02")])
        assert members(found) == {"m.pkl"}, packed
        assert any(one.rating is Rating.MALFORMED for one in found.reasons)


def test_bytes_after_the_end_are_read(rated: Rate, zipped: Zip, payload: bytes) -> None:
    found = rated("tail.zip", zipped([{"name": "a.txt", "data": TEXT}]) + payload)
    assert members(found) == {"(trailing bytes)"}


def test_a_comment_is_read(rated: Rate, zipped: Zip, payload: bytes) -> None:
    found = rated("comment.zip", zipped([{"name": "a.txt", "data": TEXT}], comment=payload))
    assert members(found) == {"(comment)"}


def test_a_second_archive_in_the_comment_is_read(rated: Rate, zipped: Zip, payload: bytes) -> None:
    second = zipped([{"name": "m.pkl", "data": payload}])
    found = rated("two.zip", zipped([{"name": "a.txt", "data": TEXT}], comment=second))
    assert found.rating is Rating.DANGEROUS
    assert "2 ends" in kinds(found)


def test_members_that_share_bytes_are_malformed(rated: Rate, zipped: Zip) -> None:
    one = {"name": "a.txt", "data": TEXT}
    data = zipped([one, {"name": "b.txt", "data": TEXT, "central": {"offset": 0}, "present": False}])
    assert "shares bytes" in kinds(rated("quilt.zip", data))


def test_a_quilt_of_shared_bytes_is_not_read_again_and_again(rated: Rate, zipped: Zip) -> None:
    big = {"name": "a.txt", "data": TEXT * 40_000}
    again = [{**big, "name": f"{one}.txt", "central": {"offset": 0}, "present": False} for one in range(300)]
    found = rated("quilt.zip", zipped([big, *again]))
    assert found.rating is Rating.MALFORMED
    assert "8 times its size" in kinds(found)


def test_a_count_that_lies_is_malformed(rated: Rate, zipped: Zip) -> None:
    for count in (0, 1, 3):
        data = zipped([{"name": "a.txt", "data": TEXT}, {"name": "b.txt", "data": TEXT}], count=count)
        assert rated("count.zip", data).rating is Rating.MALFORMED


def test_a_size_that_lies_is_malformed(rated: Rate, zipped: Zip) -> None:
    for size in (3, 5000):
        lie = {"size": size}
        packed = {"name": "a.txt", "data": TEXT, "packed": deflated(TEXT), "method": 8, "local": lie, "central": lie}
        assert rated("size.zip", zipped([packed])).rating is Rating.MALFORMED
        stored = {"name": "a.txt", "data": TEXT, "local": lie, "central": lie}
        assert rated("size.zip", zipped([stored])).rating is Rating.MALFORMED


def test_bytes_behind_the_end_of_a_packed_member_are_noticed(rated: Rate, zipped: Zip, payload: bytes) -> None:
    data = zipped([{"name": "a.txt", "data": TEXT, "packed": deflated(TEXT) + payload, "method": 8}])
    assert "bytes after its end" in kinds(rated("behind.zip", data))


def test_a_bomb_is_dangerous_by_what_it_announces(rated: Rate, zipped: Zip) -> None:
    lie = {"size": 4_000_000_000}
    one = {"name": "a", "data": TEXT, "packed": deflated(TEXT), "method": 8, "local": lie, "central": lie}
    assert rated("bomb.zip", zipped([one])).rating is Rating.DANGEROUS


def test_a_bomb_that_announces_little_is_cut(rated: Rate, zipped: Zip, within: Within) -> None:
    big = bytes(64 << 20)
    lie = {"size": 100, "crc": zlib.crc32(bytes(100))}
    data = zipped([{"name": "a", "data": big, "packed": deflated(big), "method": 8, "local": lie, "central": lie}])
    with within(30):
        found = rated("liar.zip", data)
    assert found.rating is Rating.MALFORMED


def test_too_many_members_are_not_safe(rated: Rate, zipped: Zip) -> None:
    data = zipped([{"name": f"{number}.txt", "data": TEXT} for number in range(20)])
    assert rated("many.zip", data, limits=Limits(members=10)).rating is Rating.UNKNOWN


def test_archives_in_archives_are_read_up_to_a_depth(rated: Rate, zipped: Zip, payload: bytes) -> None:
    data = zipped([{"name": "m.pkl", "data": payload}])
    for _ in range(4):
        data = zipped([{"name": "inner.zip", "data": data}])
    assert members(rated("deep.zip", data)) == {"inner.zip!inner.zip!inner.zip!inner.zip!m.pkl"}
    for _ in range(30):
        data = zipped([{"name": "inner.zip", "data": data}])
    assert rated("deeper.zip", data).rating is Rating.MALFORMED


def test_an_archive_at_the_end_of_a_stored_member_is_no_second_end(rated: Rate, zipped: Zip) -> None:
    inner = zipped([{"name": "a.txt", "data": TEXT}])
    assert rated("outer.zip", zipped([{"name": "inner.zip", "data": inner}])).rating is Rating.SAFE


HONEST = st.lists(
    st.tuples(
        st.text("abcdefgh/é.", min_size=1, max_size=12).filter(lambda name: ".." not in name and "//" not in name),
        st.sampled_from([b"", TEXT, TEXT * 99]),
        st.sampled_from([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]),
        st.booleans(),
    ),
    max_size=6,
    unique_by=lambda one: one[0].strip("/.").replace("/./", "/"),
)


class Pipe(io.RawIOBase):
    """A file that cannot be wound back: zipfile then writes descriptors."""

    def __init__(self) -> None:
        self.data = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]  # what zipfile gives
        self.data += data
        return len(data)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(entries=HONEST, comment=st.sampled_from([b"", b"some words"]), piped=st.booleans())
def test_what_zipfile_writes_is_never_malformed(
    rated: Rate, entries: list[tuple[str, bytes, int, bool]], comment: bytes, *, piped: bool
) -> None:
    out, pipe = io.BytesIO(), Pipe()
    with zipfile.ZipFile(pipe if piped else out, "w") as archive:
        archive.comment = comment
        for name, data, method, wide in entries:
            info = zipfile.ZipInfo(name.strip("/") or "x")
            info.compress_type = method
            with archive.open(info, "w", force_zip64=wide) as member:
                member.write(data)
    found = rated("honest.zip", bytes(pipe.data) if piped else out.getvalue())
    assert found.rating is Rating.SAFE, kinds(found)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(broken=st.tuples(st.integers(0, 400), st.integers(0, 255)), cut=st.integers(0, 400))
def test_a_broken_archive_never_ends_the_scan(rated: Rate, zipped: Zip, broken: tuple[int, int], cut: int) -> None:
    first = {"name": "a.txt", "data": TEXT, "packed": deflated(TEXT), "method": 8}
    data = bytearray(zipped([first, {"name": "m", "data": b"\x80\x02."}]))
    data[broken[0] % len(data)] = broken[1]
    assert rated("broken.zip", bytes(data[: len(data) - cut % len(data)])).rating in set(Rating)
