"""`accord sign` and `accord verify-model`, as whole processes."""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

Accord = Callable[..., Any]
GOLDEN = Path(__file__).parent.parent / "scan" / "origin" / "golden"
COMMIT = "0123456789abcdef0123456789abcdef01234567"


class Signed(NamedTuple):
    """A folder to work in, with a signed model in it."""

    folder: Path
    model: Path
    said: Any


@pytest.fixture
def signed(accord: Accord, tmp_path: Path) -> Signed:
    model = tmp_path / "model"
    shutil.copytree(GOLDEN / "model", model)
    done = accord("sign", "model", "--format", "json", cwd=tmp_path)
    assert done.code == 0, done.err
    assert ".accord/model-keys/model.key, an EC key on P-256 of the role model: keep it private" in done.err
    return Signed(tmp_path, model, done.json)


def test_a_signed_folder_verifies_here_and_elsewhere(accord: Accord, signed: Signed, tmp_path: Path) -> None:
    assert signed.said["files"] == 3
    assert signed.said["signature"] == "model/model.sig"
    assert signed.said["ignored"] == []
    done = accord("verify-model", "model", "--format", "json", cwd=signed.folder)
    assert (done.code, done.json["ok"], done.json["level"]) == (0, True, "self")
    assert done.json["subject"] == signed.said["subject"]
    assert done.json["ignored"] == ["model.pub", "model.sig"]
    there = tmp_path / "there"
    shutil.copytree(signed.model, there / "copy")
    nobody = accord("verify-model", "copy", cwd=there)
    assert nobody.code == 2
    assert "error[ACC-E849]: nobody says whose key counts" in nobody.err
    known = accord("verify-model", "copy", "--key", "copy/model.pub", cwd=there)
    assert known.code == 0
    assert b"good: copy holds" in known.out
    assert b"whose key that is rests on your word" in known.out


def test_a_tampered_folder_is_named_and_ends_with_one(accord: Accord, signed: Signed) -> None:
    (signed.model / "config.json").write_text("{}")
    (signed.model / "x\x1b[31m.py").write_text("x")
    done = accord("verify-model", "model", cwd=signed.folder)
    assert done.code == 1
    assert b"changed: config.json: its sha256 is 44136fa355b3" in done.out
    assert b"\x1b" not in done.out
    assert b"2 things do not hold" in done.out
    said = accord("verify-model", "model", "--format", "json", cwd=signed.folder).json
    assert [one["kind"] for one in said["problems"]] == ["changed", "odd-name"]
    assert said["ok"] is False


def test_a_single_file_is_signed_beside_itself(accord: Accord, tmp_path: Path) -> None:
    (tmp_path / "m.gguf").write_bytes(b"GGUF")
    assert accord("sign", "m.gguf", cwd=tmp_path).code == 0
    assert (tmp_path / "m.gguf.sig").is_file()
    assert (tmp_path / "m.gguf.pub").read_text().startswith("-----BEGIN PUBLIC KEY-----")
    assert accord("verify-model", "m.gguf", cwd=tmp_path).code == 0
    (tmp_path / "m.gguf").write_bytes(b"GGUG")
    assert accord("verify-model", "m.gguf", cwd=tmp_path).code == 1


def test_what_model_signing_signed_verifies(accord: Accord) -> None:
    done = accord("verify-model", "model", "--signature", "files.sig", "--key", "key.pub", cwd=GOLDEN)
    assert done.code == 0, done.err
    chained = accord("verify-model", "model", "--signature", "chain.sig", "--root", "root.pem", cwd=GOLDEN)
    assert chained.code == 0, chained.err
    assert b"CN=Example model signer, under CN=Example root" in chained.out
    alone = accord("verify-model", "model", "--signature", "chain.sig", "--key", "key.pub", cwd=GOLDEN)
    assert alone.code == 1


def test_a_trust_file_says_whose_key_counts(accord: Accord, signed: Signed) -> None:
    folder = signed.folder
    root = accord("key", "new", "root", "--format", "json", cwd=folder).json
    pem = (signed.model / "model.pub").read_text().splitlines()[1:-1]
    said: Any = {
        "trust": 1,
        "expires": "2036-01-01",
        "roots": [root["keyid"]],
        "keys": [{"keyid": root["keyid"], "public": root["public"], "level": "self"}],
        "signers": [{"public": "".join(pem), "level": "independent"}],
    }
    for revoked, code in ((False, 0), (True, 1)):
        said["signers"][0]["revoked"] = revoked
        (folder / "trust.yaml").write_text(json.dumps(said))
        accord("trust", "sign", "trust.yaml", "--key", "root", "--out", "trust.json", cwd=folder)
        done = accord("verify-model", "model", "--trust", "trust.json", "--format", "json", cwd=folder)
        assert done.code == code, done.err
        assert done.json["level"] == "independent"
        assert done.json["key"]["source"] == "the trust file trust.json"


def test_a_role_key_of_ed25519_signs_with_a_word_of_warning(accord: Accord, tmp_path: Path) -> None:
    (tmp_path / "m.gguf").write_bytes(b"GGUF")
    accord("key", "new", "ml-lead", cwd=tmp_path)
    done = accord("sign", "m.gguf", "--key", "ml-lead", cwd=tmp_path)
    assert done.code == 0
    assert "other tools of the format do not" in done.err
    assert accord("verify-model", "m.gguf", "--key", "m.gguf.pub", cwd=tmp_path).code == 0


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("sign", "model", "--key", "nobody"), "ACC-E840"),
        (("sign", "model", "--ignore", "../x"), "ACC-E844"),
        (("sign", "model", "--out", "no/such/folder.sig"), "ACC-E846"),
        (("verify-model", "model", "--key", "model/config.json"), "ACC-E840"),
        (("verify-model", "model", "--root", "model/config.json"), "ACC-E841"),
        (("verify-model", "model", "--signature", "model/config.json"), "ACC-E842"),
        (("verify-model", "model/weights-b.bin"), "ACC-E846"),
        (("verify-model", "model", "--pin", "hf:a/b@main"), "ACC-E848"),
        (("verify-model", "model", "--provenance", "model/config.json"), "ACC-E849"),
        (("verify-model", "model", "--provenance", "model/config.json", "--builder", "x"), "ACC-E842"),
    ],
)
def test_bad_input_ends_with_two_and_one_message(
    accord: Accord, signed: Signed, arguments: tuple[str, ...], code: str
) -> None:
    done = accord(*arguments, cwd=signed.folder)
    assert (done.code, done.out) == (2, b"")
    assert f"error[{code}]" in done.err
    assert "Traceback" not in done.err


def test_a_model_that_cannot_be_signed_is_told_and_nothing_is_written(accord: Accord, tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "link").symlink_to("/etc/passwd")
    done = accord("sign", "m", cwd=tmp_path)
    assert done.code == 2
    assert "error[ACC-E844]: m cannot be signed: link: a symbolic link" in done.err
    assert list((tmp_path / "m").iterdir()) == [tmp_path / "m" / "link"]


def test_a_file_that_is_no_key_is_never_written_over(accord: Accord, tmp_path: Path) -> None:
    (tmp_path / "m.bin").write_bytes(b"x")
    (tmp_path / "m.bin.pub").write_text("notes of mine")
    done = accord("sign", "m.bin", cwd=tmp_path)
    assert done.code == 2
    assert (tmp_path / "m.bin.pub").read_text() == "notes of mine"
    assert not (tmp_path / "m.bin.sig").exists()


def test_keyless_signatures_are_never_good(accord: Accord, signed: Signed) -> None:
    file = signed.model / "model.sig"
    said = json.loads(file.read_bytes())
    said["verificationMaterial"] = {"certificate": {"rawBytes": "AAAA"}, "tlogEntries": [{}]}
    file.write_text(json.dumps(said))
    done = accord("verify-model", "model", cwd=signed.folder)
    assert done.code == 2
    assert "error[ACC-E845]" in done.err


def test_provenance_and_builder_are_verified(accord: Accord, signed: Signed) -> None:
    from accord.record.dsse import STATEMENT_TYPE, pae
    from accord.record.model_signature import model_signer

    file = signed.folder / "m.gguf"
    file.write_bytes(b"GGUF")
    digest = hashlib.sha256(b"GGUF").hexdigest()
    payload = json.dumps({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "m.gguf", "digest": {"sha256": digest}}],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {"runDetails": {"builder": {"id": "https://ci.example.org/train"}}},
    }).encode()  # fmt: skip
    signature = model_signer(signed.folder / ".accord", None).sign(pae(payload, STATEMENT_TYPE))
    envelope = {
        "payload": base64.b64encode(payload).decode(),
        "payloadType": STATEMENT_TYPE,
        "signatures": [{"sig": base64.b64encode(signature).decode()}],
    }
    (signed.folder / "p.intoto.jsonl").write_text(json.dumps(envelope))
    ask = ("verify-model", "m.gguf", "--provenance", "p.intoto.jsonl", "--format", "json")
    good = accord(*ask, "--builder", "https://ci.example.org/train", cwd=signed.folder)
    assert good.code == 0, good.err
    assert good.json["provenance"][0]["builder"] == "https://ci.example.org/train"
    bad = accord(*ask, "--builder", "https://elsewhere.example.org", cwd=signed.folder)
    assert (bad.code, bad.json["problems"][0]["kind"]) == (1, "builder")
    file.write_bytes(b"other")
    changed = accord(*ask, "--builder", "https://ci.example.org/train", cwd=signed.folder)
    assert (changed.code, changed.json["problems"][0]["kind"]) == (1, "subject")


def test_a_pin_is_verified_with_or_without_a_signature(accord: Accord, signed: Signed) -> None:
    done = accord("verify-model", "model", "--pin", f"hf:example-org/small@{COMMIT}", cwd=signed.folder)
    assert done.code == 1
    assert b"pin: .: it carries no record of a download from the hub" in done.out


def test_signing_and_verifying_are_as_fast_as_hashing(accord: Accord, tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    block = bytes(range(256)) * 4096
    for number in range(4):
        with (tmp_path / "m" / f"{number}.bin").open("wb") as file:
            file.writelines(block for _ in range(64))
    total, started = hashlib.sha256(), time.process_time()
    for number in range(4):
        total.update((tmp_path / "m" / f"{number}.bin").read_bytes())
    alone = time.process_time() - started
    signing = accord("sign", "m", cwd=tmp_path)
    verifying = accord("verify-model", "m", cwd=tmp_path)
    assert (signing.code, verifying.code) == (0, 0)
    assert min(signing.cpu, verifying.cpu) < 2 * alone + 1.5  # a start of Accord and of its cryptography beside it
    assert max(signing.peak, verifying.peak) < 300 << 20
