"""Text of data: rows with the names of their columns, escapes undone, documents, and what is not read said."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.scan.passages import Piece, UnreadError, pieces, plain


def read(data: bytes, path: str = "a.txt", *, most: int = 64 << 20) -> list[Piece]:
    return list(pieces(io.BytesIO(data), path, most=most))


def zipped(**members: str) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name, text in members.items():
            archive.writestr(name.replace("__", "/"), text)
    return held.getvalue()


def test_a_small_file_is_one_piece() -> None:
    assert read(b"one\ntwo\n") == [Piece("one\ntwo\n", 1, None)]
    assert read(b"") == []


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_packed_files_are_unpacked(pack: object) -> None:
    assert callable(pack)
    assert read(pack(b"one\n"))[0].text == "one\n"


def test_every_piece_of_a_table_begins_with_its_columns_and_lines_still_count() -> None:
    rows = [b"id,bsn\n", *(b"%07d,x\n" % number for number in range(2, 300_000))]
    found = read(b"".join(rows), "a.csv")
    assert len(found) > 1
    second = found[1].text.split("\n")
    assert second[0] == "id,bsn"
    assert found[1].line is not None
    assert int(second[1].partition(",")[0]) == found[1].line + 1


def test_escapes_of_json_stand_for_what_they_mean_in_the_same_place() -> None:
    assert plain(r"a\nb \"c\" \u0040 \/") == 'a  b  "c "      @  /'
    assert len(plain(r"x\u0040y\n")) == len(r"x\u0040y\n")
    assert plain(r"\u00e9 \d") == r"\u00e9 \d"


def test_documents_give_their_words_without_markup() -> None:
    text = "<w:p><w:r><w:t>pass</w:t></w:r><w:r><w:t>word</w:t></w:r></w:p><w:p>next</w:p>"
    (piece,) = read(_document(text), "a.docx")
    assert piece.text.split("\n")[:2] == ["password", "next"]
    assert piece.member == "word/document.xml"


def _document(text: str) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("word/document.xml", text)
        archive.writestr("word/media/image1.png", "x")
    return held.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"PAR1....",
        b"%PDF-1.7",
        b"SQLite format 3\0",
        b"\x93NUMPY",
        b"a\0b",
        b"\x1f\x8b broken",
        b"PK\x03\x04 broken",
        zipped(a="x"),
    ],
)
def test_what_is_not_read_is_said(data: bytes) -> None:
    with pytest.raises(UnreadError):
        read(data)


def test_what_lies_beyond_the_bound_is_said_after_what_was_read() -> None:
    with pytest.raises(UnreadError, match="first 1 MiB"):
        list(pieces(io.BytesIO(b"x" * 100 + b"\n" + b"y\n" * (2 << 20)), "a.txt", most=1 << 20))
    assert read(b"x\n" * (1 << 19), most=1 << 20)


def test_a_file_that_unpacks_without_end_stops_at_the_bound() -> None:
    with pytest.raises(UnreadError):
        read(gzip.compress(bytes(b"a\n" * (8 << 20))), most=1 << 20)


@given(data=st.binary(max_size=400), path=st.sampled_from(["a.csv", "a.jsonl.gz", "a.docx", "a"]))
def test_no_bytes_make_the_reader_fail(data: bytes, path: str) -> None:
    try:
        read(data, path)
    except UnreadError:
        return
