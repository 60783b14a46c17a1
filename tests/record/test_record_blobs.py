"""Blobs are what their name says, or an error."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accord.core.canon import Digest, digest_bytes
from accord.core.errors import RecordError, TamperError
from accord.record import blobs
from accord.record.blobs import blob_path, get_blob, put_blob
from accord.record.state import read_file, write_file


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=1000))
def test_whatever_is_put_comes_back(tmp_path: Path, data: bytes) -> None:
    name = put_blob(tmp_path, data)
    assert name == put_blob(tmp_path, data) == digest_bytes(data)
    assert get_blob(tmp_path, name) == data


def test_a_changed_blob_is_noticed_and_healed_by_the_next_put(tmp_path: Path) -> None:
    name = put_blob(tmp_path, b"said")
    blob_path(tmp_path, name).write_bytes(b"sold")
    with pytest.raises(TamperError) as caught:
        get_blob(tmp_path, name)
    assert caught.value.code == "ACC-E532"
    put_blob(tmp_path, b"said")
    assert get_blob(tmp_path, name) == b"said"


def test_a_missing_blob_is_an_error_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match=digest_bytes(b"never")):
        get_blob(tmp_path, digest_bytes(b"never"))


@pytest.mark.parametrize("name", ["", "sha256:", "sha256:../../x", "md5:" + "0" * 64, "sha256:" + "A" * 64])
def test_a_name_that_is_no_digest_reaches_no_file(tmp_path: Path, name: str) -> None:
    with pytest.raises(RecordError, match="no digest"):
        get_blob(tmp_path, Digest(name))


def test_a_blob_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blobs, "MAX_BLOB", 10)
    with pytest.raises(RecordError, match="too large"):
        put_blob(tmp_path, b"x" * 11)


def test_a_pipe_in_place_of_a_blob_does_not_block(tmp_path: Path) -> None:
    path = blob_path(tmp_path, digest_bytes(b"x"))
    path.parent.mkdir(parents=True)
    os.mkfifo(path)
    with pytest.raises(RecordError, match="cannot be read"):
        get_blob(tmp_path, digest_bytes(b"x"))


def test_blobs_leave_no_temporary_files_and_are_private(tmp_path: Path) -> None:
    name = put_blob(tmp_path, b"x")
    path = blob_path(tmp_path, name)
    assert [found.name for found in path.parent.iterdir()] == [path.name]
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_file_is_replaced_whole_or_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "file"
    write_file(path, b"first")
    with pytest.raises(FileExistsError):
        write_file(path, b"second", replace=False)
    assert read_file(path, 5) == b"first"
    with pytest.raises(ValueError, match="larger than 4"):
        read_file(path, 4)
