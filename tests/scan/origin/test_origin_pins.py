"""A pin names one commit, and what was downloaded shows that it is that; an index names parts that are there."""

from __future__ import annotations

import contextlib
import hashlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.core.errors import RecordError
from accord.scan.origin.pins import Pin, numbered_gap, read_pin, shards_of, verify_pin

COMMIT = "0123456789abcdef0123456789abcdef01234567"
PIN = Pin("example-org/small", COMMIT)


def etag(data: bytes, *, large: bool) -> str:
    return hashlib.sha256(data).hexdigest() if large else hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


@pytest.fixture
def downloaded(tmp_path: Path) -> Path:
    folder = tmp_path / "small"
    for name, large in (("config.json", False), ("weights/model.safetensors", True)):
        data = name.encode()
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
        record = folder / ".cache" / "huggingface" / "download" / f"{name}.metadata"
        record.parent.mkdir(parents=True, exist_ok=True)
        record.write_text(f"{COMMIT}\n{etag(data, large=large)}\n1732270000.0\n")
    return folder


@pytest.fixture
def cached(tmp_path: Path) -> Path:
    home = tmp_path / "models--example-org--small"
    snapshot = home / "snapshots" / COMMIT
    snapshot.mkdir(parents=True)
    (home / "blobs").mkdir()
    for name, large in (("config.json", False), ("model.safetensors", True)):
        blob = home / "blobs" / etag(name.encode(), large=large)
        blob.write_bytes(name.encode())
        (snapshot / name).symlink_to(f"../../blobs/{blob.name}")
    return snapshot


@pytest.mark.parametrize(
    "text",
    ["hf:a/b", "hf:a/b@main", "hf:a/b@0123456", f"hf:a/b@{COMMIT.upper()}", f"a/b@{COMMIT}", f"hf:../b@{COMMIT}", ""],
)
def test_what_can_move_is_no_pin(text: str) -> None:
    with pytest.raises(RecordError) as caught:
        read_pin(text)
    assert caught.value.code == "ACC-E848"


def test_a_pin_has_a_name_and_all_forty_digits() -> None:
    assert read_pin(f"hf:example-org/small@{COMMIT}") == PIN
    assert read_pin(f"hf:gpt2@{COMMIT}").name == "gpt2"


def test_a_download_at_the_commit_holds(downloaded: Path, cached: Path) -> None:
    assert verify_pin(downloaded, PIN) == ()
    assert verify_pin(cached, PIN) == ()


def test_another_commit_or_model_is_told(downloaded: Path, cached: Path) -> None:
    other = Pin("example-org/large", "f" * 40)
    assert [one.path for one in verify_pin(downloaded, other)] == ["config.json", "weights/model.safetensors"]
    assert [one.message.partition(",")[0] for one in verify_pin(cached, other)] == [
        "it is a snapshot of models--example-org--small",
        f"it is at commit {COMMIT}",
    ]


@pytest.mark.parametrize("name", ["config.json", "weights/model.safetensors"])
def test_a_changed_file_of_either_kind_of_hash_is_told(downloaded: Path, name: str) -> None:
    (downloaded / name).write_bytes(b"x" * len(name))
    (problem,) = verify_pin(downloaded, PIN)
    assert (problem.kind, problem.path) == ("pin", name)


def test_a_changed_blob_and_a_link_elsewhere_are_told(cached: Path) -> None:
    (cached / "config.json").resolve().write_bytes(b"x")
    (cached / "extra.py").symlink_to("/etc/passwd")
    (cached / "plain.txt").write_bytes(b"x")
    assert [one.path for one in verify_pin(cached, PIN)] == ["plain.txt", "config.json", "extra.py"]


def test_a_file_without_a_record_is_told(downloaded: Path, tmp_path: Path) -> None:
    (downloaded / "extra.py").write_bytes(b"x")
    assert [one.path for one in verify_pin(downloaded, PIN)] == ["extra.py"]
    (tmp_path / "bare").mkdir()
    assert "no record" in verify_pin(tmp_path / "bare", PIN)[0].message


def test_a_record_that_says_nonsense_is_told(downloaded: Path) -> None:
    record = downloaded / ".cache" / "huggingface" / "download" / "config.json.metadata"
    record.write_text(f"{COMMIT}\nnot-a-hash\n")
    assert [one.message for one in verify_pin(downloaded, PIN)] == ["the hub's hash of it is not recorded"]


def test_an_index_names_its_parts_once_and_in_order() -> None:
    index = {
        "metadata": {"total_size": 1},
        "weight_map": {"b": "m-2.safetensors", "a": "m-1.safetensors", "c": "m-1.safetensors"},
    }
    assert shards_of(json.dumps(index).encode(), path="x") == ("m-1.safetensors", "m-2.safetensors")


@pytest.mark.parametrize(
    "text",
    [
        "{}", "[]", "{", '{"weight_map": []}', '{"weight_map": {"a": 1}}', '{"weight_map": {"a": "../x"}}',
        '{"weight_map": {"a": "/etc/x"}}', '{"weight_map": {"a": "b", "a": "c"}}', '{"weight_map": {"a": ""}}',
    ],
)  # fmt: skip
def test_an_index_that_leads_elsewhere_or_nowhere_is_refused(text: str) -> None:
    with pytest.raises(RecordError) as caught:
        shards_of(text.encode(), path="x")
    assert caught.value.code == "ACC-E848"


@given(st.binary(max_size=200))
def test_noise_is_no_index(noise: bytes) -> None:
    with contextlib.suppress(RecordError):
        shards_of(noise, path="x")


def test_a_gap_in_numbered_parts_is_found() -> None:
    names = tuple(f"m-{number:05}-of-00003.safetensors" for number in (1, 3))
    assert numbered_gap(names) == "m-00002-of-00003.safetensors"
    assert numbered_gap((*names, "m-00002-of-00003.safetensors")) is None
    assert numbered_gap(("m-00001-of-99999.safetensors", "other")) is None
