from __future__ import annotations

import io
from collections.abc import Callable

import py7zr
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accord.scan.rating import Rated, Rating

Rate = Callable[..., Rated]
TEXT = b"a few words of plain text\n"
CHAINS: dict[str, list[dict[str, int]]] = {
    "lzma2": [{"id": py7zr.FILTER_LZMA2, "preset": 6}],
    "lzma": [{"id": py7zr.FILTER_LZMA, "preset": 6}],
    "delta": [{"id": py7zr.FILTER_DELTA}, {"id": py7zr.FILTER_LZMA2, "preset": 6}],
    "bcj": [{"id": py7zr.FILTER_X86}, {"id": py7zr.FILTER_LZMA2, "preset": 6}],
    "bzip2": [{"id": py7zr.FILTER_BZIP2}],
    "deflate": [{"id": py7zr.FILTER_DEFLATE}],
    "copy": [{"id": py7zr.FILTER_COPY}],
}


def packed(*members: tuple[str, bytes], chain: str = "lzma2") -> bytes:
    out = io.BytesIO()
    with py7zr.SevenZipFile(out, "w", filters=CHAINS[chain]) as archive:
        for name, data in members:
            archive.writestr(data, name)
    return out.getvalue()


def dangerous(rated: Rated) -> set[str | None]:
    return {one.finding.where.member for one in rated.reasons if one.rating is Rating.DANGEROUS}


def messages(rated: Rated) -> str:
    return " | ".join(one.finding.message for one in rated.reasons)


@pytest.mark.parametrize("chain", CHAINS)
def test_every_usual_packing_is_read(rated: Rate, payload: bytes, chain: str) -> None:
    honest = rated("honest.7z", packed(("a.txt", TEXT), ("empty", b""), ("b/c.txt", TEXT * 9), chain=chain))
    assert (honest.rating, honest.format) == (Rating.SAFE, "7z"), messages(honest)
    found = rated("model.pt", packed(("a.txt", TEXT), ("b/data.pkl", payload), chain=chain))
    assert dangerous(found) == {"b/data.pkl"}


def test_a_packing_that_is_not_known_is_not_safe(rated: Rate) -> None:
    out = io.BytesIO()
    with py7zr.SevenZipFile(out, "w", filters=[{"id": py7zr.FILTER_PPMD, "order": 6, "mem": 24}]) as archive:
        archive.writestr(TEXT, "a.txt")
    assert rated("ppmd.7z", out.getvalue()).rating is not Rating.SAFE


def test_an_encrypted_archive_is_not_safe(rated: Rate) -> None:
    out = io.BytesIO()
    with py7zr.SevenZipFile(out, "w", password="secret") as archive:
        archive.writestr(TEXT, "a.txt")
    assert rated("locked.7z", out.getvalue()).rating is not Rating.SAFE


def test_a_zip_as_the_last_member_is_no_polyglot(rated: Rate, zipped: Callable[..., bytes]) -> None:
    inner = zipped([{"name": "a.txt", "data": TEXT}])
    found = rated("with_zip.7z", packed(("inner.zip", inner), chain="copy"))
    assert found.rating is Rating.SAFE, messages(found)


def test_bytes_behind_the_end_are_read(rated: Rate, payload: bytes) -> None:
    assert dangerous(rated("tail.7z", packed(("a.txt", TEXT)) + payload)) == {"(trailing bytes)"}


def test_bytes_between_start_and_header_that_belong_to_nothing_are_read(rated: Rate, payload: bytes) -> None:
    data = bytearray(packed(("a.txt", TEXT), chain="copy"))
    offset = int.from_bytes(data[12:20], "little")
    data[32 + offset : 32 + offset] = payload
    data[12:20] = (offset + len(payload)).to_bytes(8, "little")
    assert dangerous(rated("gap.7z", bytes(data))) == {"(hidden bytes)"}


def test_a_wrong_checksum_is_malformed(rated: Rate) -> None:
    data = bytearray(packed(("a.txt", TEXT), chain="copy"))
    data[data.index(b"words")] = ord("W")
    assert "checksum" in messages(rated("crc.7z", bytes(data)))


def test_a_bomb_is_dangerous(rated: Rate) -> None:
    found = rated("bomb.7z", packed(*((f"{number}", bytes(30 << 20)) for number in range(4))))
    assert found.rating is Rating.DANGEROUS


def test_a_member_that_leaves_the_folder_is_dangerous(rated: Rate) -> None:
    data = packed(("xx/xx/a.txt", TEXT), ("b.txt", TEXT))
    name = "xx/xx/a.txt".encode("utf-16-le")
    if name not in data:  # the header is packed: nothing to alter in place
        out = io.BytesIO()
        with py7zr.SevenZipFile(out, "w", filters=CHAINS["copy"]) as archive:
            archive.header.main_streams = archive.header.main_streams
            archive.encoded_header_mode = False
            archive.writestr(TEXT, "xx/xx/a.txt")
        data = out.getvalue()
    header = data.replace(name, "../../a.txt".encode("utf-16-le"))
    assert header != data
    import zlib

    offset, size = (int.from_bytes(header[at : at + 8], "little") for at in (12, 20))
    fixed = bytearray(header)
    fixed[28:32] = zlib.crc32(header[32 + offset : 32 + offset + size]).to_bytes(4, "little")
    assert rated("slip.7z", bytes(fixed)).rating is Rating.DANGEROUS


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, 400), value=st.integers(0, 255), chain=st.sampled_from(sorted(CHAINS)))
def test_a_broken_archive_never_ends_the_scan(rated: Rate, at: int, value: int, chain: str) -> None:
    data = bytearray(packed(("a.txt", TEXT), ("b.txt", TEXT), chain=chain))
    data[at % len(data)] = value
    assert rated("fuzzed.7z", bytes(data)).rating in set(Rating)
