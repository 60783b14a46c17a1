from __future__ import annotations

import io
import tarfile
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accord.scan.look import Limits
from accord.scan.rating import Rated, Rating

Rate = Callable[..., Rated]
TEXT = b"a few words of plain text\n"
FORMATS = (tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT)


def tarred(*members: tuple[str, bytes], form: int = tarfile.PAX_FORMAT, **pax: str) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=form) as archive:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            info.pax_headers = pax
            archive.addfile(info, io.BytesIO(data))
    return out.getvalue()


def special(name: str, kind: bytes, target: str = "") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        info = tarfile.TarInfo(name)
        info.type = kind
        info.linkname = target
        archive.addfile(info)
    return out.getvalue()


def with_sum(header: bytes) -> bytes:
    return header[:148] + b"%06o\0 " % (256 + sum(header[:148]) + sum(header[156:512])) + header[156:]


def messages(rated: Rated) -> str:
    return " | ".join(one.finding.message for one in rated.reasons)


def dangerous(rated: Rated) -> set[str | None]:
    return {one.finding.where.member for one in rated.reasons if one.rating is Rating.DANGEROUS}


@pytest.mark.parametrize("form", FORMATS)
def test_what_tarfile_writes_is_safe(rated: Rate, form: int) -> None:
    long = "a" * 70 + "/" + "b" * 80 + ".txt"
    names = ["./a.txt", "folder/b.txt", long, *(["ü" * 60 + ".txt"] if form != tarfile.USTAR_FORMAT else [])]
    found = rated("plain.tar", tarred(*((name, TEXT) for name in names), form=form))
    assert (found.rating, found.format) == (Rating.SAFE, "tar"), messages(found)


@pytest.mark.parametrize("form", FORMATS)
def test_a_payload_in_a_tar_is_found(rated: Rate, payload: bytes, form: int) -> None:
    found = rated("model.tar", tarred(("a.txt", TEXT), ("b/model.bin", payload), form=form))
    assert dangerous(found) == {"b/model.bin"}


def test_a_tar_of_the_oldest_kind_is_read(rated: Rate, payload: bytes) -> None:
    data = tarred(("model.bin", payload), form=tarfile.USTAR_FORMAT)
    old = with_sum(data[:257] + bytes(255)) + data[512:]
    found = rated("old", old)
    assert (found.format, dangerous(found)) == ("tar", {"model.bin"})


@pytest.mark.parametrize("name", ["../x", "/etc/x", "a/../../x", "..\\x"])
def test_a_member_that_leaves_the_folder_is_dangerous(rated: Rate, name: str) -> None:
    assert rated("slip.tar", tarred((name, TEXT))).rating is Rating.DANGEROUS


def test_a_name_in_an_extended_header_is_the_one_that_counts(rated: Rate) -> None:
    assert rated("pax.tar", tarred(("a.txt", TEXT), path="../../x")).rating is Rating.DANGEROUS


@pytest.mark.parametrize(
    ("kind", "target", "rating"),
    [
        (tarfile.SYMTYPE, "/etc/passwd", Rating.DANGEROUS),
        (tarfile.SYMTYPE, "../../x", Rating.DANGEROUS),
        (tarfile.SYMTYPE, "b.txt", Rating.UNKNOWN),
        (tarfile.LNKTYPE, "../x", Rating.DANGEROUS),
        (tarfile.LNKTYPE, "b.txt", Rating.UNKNOWN),
        (tarfile.CHRTYPE, "", Rating.DANGEROUS),
        (tarfile.BLKTYPE, "", Rating.DANGEROUS),
        (tarfile.FIFOTYPE, "", Rating.DANGEROUS),
        (tarfile.DIRTYPE, "", Rating.SAFE),
    ],
)
def test_links_and_devices_are_judged_by_where_they_lead(rated: Rate, kind: bytes, target: str, rating: Rating) -> None:
    assert rated("special.tar", special("a", kind, target)).rating is rating


def test_of_two_members_with_one_name_both_are_read(rated: Rate, payload: bytes) -> None:
    found = rated("twice.tar", tarred(("m.bin", payload), ("./m.bin", TEXT)))
    assert dangerous(found) == {"m.bin"}
    assert "two members are called m.bin" in messages(found)


def test_what_follows_the_end_is_read(rated: Rate, payload: bytes) -> None:
    found = rated("tail.tar", tarred(("a.txt", TEXT)) + payload)
    assert dangerous(found) == {"(trailing bytes)"}


def test_a_payload_before_a_broken_header_is_found(rated: Rate, payload: bytes) -> None:
    data = bytearray(tarred(("m.bin", payload), ("a.txt", TEXT)))
    data[1024 + 10] ^= 1
    found = rated("broken.tar", bytes(data))
    assert "m.bin" in dangerous(found)
    assert any(one.rating is Rating.MALFORMED for one in found.reasons)


def test_a_member_that_is_cut_off_is_malformed(rated: Rate) -> None:
    assert rated("cut.tar", tarred(("a.txt", TEXT * 99))[:1024]).rating is Rating.MALFORMED


def test_the_map_of_a_sparse_file_is_no_content(rated: Rate, payload: bytes) -> None:
    data = bytearray(tarred(("sparse.bin", payload), form=tarfile.GNU_FORMAT))
    data[156:157], data[482:483] = b"S", b"\1"
    found = rated("sparse.tar", with_sum(bytes(data[:512])) + bytes(512) + bytes(data[512:]))
    assert dangerous(found) == {"sparse.bin"}
    assert "of the type S" in messages(found)


def test_a_name_in_an_old_encoding_is_safe(rated: Rate) -> None:
    data = tarred(("uuu.txt", TEXT), form=tarfile.USTAR_FORMAT)
    assert rated("latin.tar", with_sum(data[:512].replace(b"uuu", b"\xfc\xe4\xf6")) + data[512:]).rating is Rating.SAFE


def test_a_tar_without_an_end_is_malformed(rated: Rate) -> None:
    assert rated("endless.tar", tarred(("a.txt", TEXT))[:1024]).rating is Rating.MALFORMED


def test_a_zip_as_the_last_member_is_no_polyglot(rated: Rate, zipped: Callable[..., bytes]) -> None:
    inner = zipped([{"name": "a.txt", "data": TEXT}])
    for name in ("a.txt", "model_config.yaml"):
        found = rated("with_zip.tar", tarred((name, b"a: 1\n"), ("inner.zip", inner)))
        assert found.rating is Rating.SAFE, messages(found)


def test_too_many_members_are_not_safe(rated: Rate) -> None:
    data = tarred(*((f"{number}.txt", TEXT) for number in range(20)))
    assert rated("many.tar", data, limits=Limits(members=10)).rating is Rating.UNKNOWN


def test_text_and_numbers_are_no_old_tar(rated: Rate) -> None:
    for data in (TEXT * 99, bytes(range(256)) * 9, b"7" * 2048):
        assert rated("a.dat", data).format != "tar"


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, 3000), value=st.integers(0, 255), form=st.sampled_from(FORMATS))
def test_a_broken_tar_never_ends_the_scan(rated: Rate, at: int, value: int, form: int) -> None:
    data = bytearray(tarred(("x" * 120 + "/a.txt", TEXT), ("b.txt", TEXT), form=form))
    data[at % len(data)] = value
    assert rated("fuzzed.tar", bytes(data)).rating in set(Rating)
