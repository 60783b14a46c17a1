"""Keys by role: made once, private, and the same for everyone who comes at once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from accord.core.errors import RecordError
from accord.record.keys import (
    check_signature,
    keyid_of,
    list_keys,
    load_key,
    make_key,
    public_pem,
    signing_key,
)


def test_the_first_use_makes_a_development_key_and_says_so(tmp_path: Path) -> None:
    first, second = signing_key(tmp_path / "state", {}), signing_key(tmp_path / "state", {})
    assert (first.made, second.made) == (True, False)
    assert (first.role, first.development) == ("developer", True)
    assert first.keyid == second.keyid == keyid_of(first.public)


def test_keys_are_private_and_out_of_git(tmp_path: Path) -> None:
    key = make_key(tmp_path / "state", "risk-owner")
    assert key.path is not None
    assert key.path.stat().st_mode & 0o777 == 0o600
    assert key.path.parent.stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "state" / ".gitignore").read_text() == "*\n"


def test_what_a_key_signs_its_public_half_verifies(tmp_path: Path) -> None:
    key = make_key(tmp_path, "risk-owner")
    signature = load_key(tmp_path, "risk-owner").sign(b"message")
    assert check_signature(key.public, b"message", signature=signature)
    assert not check_signature(key.public, b"massage", signature=signature)
    assert not check_signature(b"short", b"message", signature=signature)


def test_a_role_gets_no_second_key(tmp_path: Path) -> None:
    first = make_key(tmp_path, "risk-owner")
    with pytest.raises(FileExistsError):
        make_key(tmp_path, "risk-owner")
    assert load_key(tmp_path, "risk-owner").keyid == first.keyid


def test_no_temporary_file_stays_behind(tmp_path: Path) -> None:
    make_key(tmp_path, "risk-owner")
    with pytest.raises(FileExistsError):
        make_key(tmp_path, "risk-owner")
    assert sorted(path.name for path in (tmp_path / "keys").iterdir()) == ["risk-owner.key", "risk-owner.pub"]


@pytest.mark.parametrize("name", ["", "../x", "A", "a b", "x" * 41, "-x", "a/b", "a\n"])
def test_a_name_that_could_leave_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(RecordError) as caught:
        make_key(tmp_path, name)
    assert caught.value.code == "ACC-E504"


def test_a_missing_key_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(RecordError) as caught:
        load_key(tmp_path, "legal")
    assert (caught.value.code, caught.value.hint) == ("ACC-E502", "make it: accord key new legal")


def test_the_environment_can_name_a_key(tmp_path: Path) -> None:
    other = make_key(tmp_path / "ci", "pipeline")
    used = signing_key(tmp_path / "state", {"ACCORD_KEY": str(other.path)})
    assert (used.keyid, used.role, used.development, used.made) == (other.keyid, "pipeline", False, False)
    assert not (tmp_path / "state" / "keys" / "developer.key").exists()


def test_the_environment_can_hold_a_key(tmp_path: Path) -> None:
    other = make_key(tmp_path / "ci", "pipeline")
    assert other.path is not None
    assert signing_key(tmp_path / "state", {"ACCORD_KEY": other.path.read_text()}).keyid == other.keyid


def test_the_public_half_of_a_key_from_elsewhere_is_kept(tmp_path: Path) -> None:
    other = make_key(tmp_path / "ci", "pipeline")
    signing_key(tmp_path / "state", {"ACCORD_KEY": str(other.path)})
    own = make_key(tmp_path / "state", "legal")
    assert list_keys(tmp_path / "state") == (own.public_key(), other.public_key())


def test_a_key_that_others_can_read_is_pointed_out(tmp_path: Path) -> None:
    key = make_key(tmp_path, "legal")
    assert key.path is not None
    key.path.chmod(0o644)
    assert "chmod 600" in load_key(tmp_path, "legal").notes[0]


def test_noise_another_kind_of_key_and_a_folder_are_no_key(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    strange = rsa.generate_private_key(65537, 1024).private_bytes(  # it is refused for its kind
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (tmp_path / "keys" / "noise.key").write_bytes(b"\0noise")
    (tmp_path / "keys" / "rsa.key").write_bytes(strange)
    (tmp_path / "keys" / "folder.key").mkdir()
    for role in ("noise", "rsa", "folder"):
        with pytest.raises(RecordError) as caught:
            load_key(tmp_path, role)
        assert caught.value.code == "ACC-E503"


def test_public_keys_are_readable_by_other_tools(tmp_path: Path) -> None:
    key = make_key(tmp_path, "legal")
    assert public_pem(key.public).startswith(b"-----BEGIN PUBLIC KEY-----\n")
    assert (tmp_path / "keys" / "legal.pub").read_bytes() == public_pem(key.public)


def test_processes_that_come_at_once_get_one_key(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from accord.record.keys import signing_key;"
        "print(signing_key(Path(sys.argv[1]), {}).keyid)"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "state")]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    said = {process.communicate(timeout=60)[0] for process in running}
    assert [process.returncode for process in running] == [0, 0, 0]
    assert len(said) == 1
