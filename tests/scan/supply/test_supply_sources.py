"""Sources of feeds are hostile: damaged and oversized archives are refused or told, and memory stays bounded."""

from __future__ import annotations

import gzip
import io
import lzma
import tarfile
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accord.core.errors import AccordError
from accord.scan.supply.osv import LARGEST
from accord.scan.supply.sources import Held, Origin


def read(path: Path) -> list[Held]:
    """Return what a source holds but the link that every tar here has: that one is told, and not followed."""
    held = list(Origin(path).files())
    links = [one for one in held if one.name == "link.json"]
    assert all((one.data, one.problem) == (b"", "it is no plain file") for one in links)
    return [one for one in held if one not in links]


def tar_of(**files: bytes) -> bytes:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name.replace("__", "."))
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
        link = tarfile.TarInfo("link.json")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    return held.getvalue()


def zip_of(**files: bytes) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "."), content)
    return held.getvalue()


@pytest.mark.parametrize("name", ["a.tar", "a.tgz", "a.txz", "a.zip"])
def test_only_files_that_may_hold_records_are_read(name: str, tmp_path: Path) -> None:
    files = {"a__json": b"{}", "b__yaml": b"x: 1", "c__exe": b"MZ", "d__txt": b"no"}
    plain = tar_of(**files)
    data = {"a.tar": plain, "a.tgz": gzip.compress(plain), "a.txz": lzma.compress(plain), "a.zip": zip_of(**files)}[
        name
    ]
    (tmp_path / name).write_bytes(data)
    assert [(one.name, one.data) for one in read(tmp_path / name)] == [("a.json", b"{}"), ("b.yaml", b"x: 1")]


@pytest.mark.parametrize("name", ["a.tar", "a.tgz", "a.zip"])
def test_a_record_that_unpacks_too_large_is_told_and_the_rest_is_read(name: str, tmp_path: Path) -> None:
    files = {"a__json": bytes(LARGEST + 1), "b__json": b"{}"}
    plain = tar_of(**files)
    data = {"a.tar": plain, "a.tgz": gzip.compress(plain), "a.zip": zip_of(**files)}[name]
    (tmp_path / name).write_bytes(data)
    assert [(one.name, bool(one.problem)) for one in read(tmp_path / name)] == [("a.json", True), ("b.json", False)]


def test_long_and_odd_names_are_kept(tmp_path: Path) -> None:
    name = "folder/" * 40 + "é.json"
    (tmp_path / "a.tar").write_bytes(tar_of(**{name: b"{}"}))
    assert [one.name for one in read(tmp_path / "a.tar")] == [name]


def test_a_size_that_lies_ends_the_reading(tmp_path: Path) -> None:
    data = bytearray(tar_of(a__json=b"{}" * 600))
    (tmp_path / "a.tar").write_bytes(bytes(data[:800]))
    with pytest.raises(AccordError):
        read(tmp_path / "a.tar")


def test_the_digest_is_that_of_the_file_or_of_all_that_a_folder_holds(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.json").write_bytes(b"{}")
    one, other = Origin(tmp_path / "in"), Origin(tmp_path / "in")
    assert [list(one.files()), one.digest] == [list(other.files()), other.digest]
    (tmp_path / "in" / "a.json").write_bytes(b"{ }")
    changed = Origin(tmp_path / "in")
    list(changed.files())
    assert changed.digest != one.digest


def test_a_missing_source_and_a_device_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "nothing", Path("/dev/null")):
        with pytest.raises(AccordError) as caught:
            read(path)
        assert caught.value.code == "ACC-E820"


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data(), name=st.sampled_from(["a.tar", "a.tgz", "a.txz", "a.zip"]))
def test_damaged_archives_are_read_or_refused_and_never_break(data: st.DataObject, name: str, tmp_path: Path) -> None:
    plain = tar_of(a__json=b'{"id": "EX-1"}', b__json=b"{}")
    whole = bytearray(
        {"a.tar": plain, "a.tgz": gzip.compress(plain), "a.txz": lzma.compress(plain)}.get(name, zip_of(a__json=b"{}"))
    )
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    (tmp_path / name).write_bytes(bytes(whole[: data.draw(st.integers(0, len(whole)))]))
    try:
        read(tmp_path / name)
    except AccordError:
        return
