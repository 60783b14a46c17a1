"""Signatures made to confuse: other payloads, several signers, odd names, huge lists, links and twins."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import unicodedata
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from accord.core.canon import canonical
from accord.core.errors import RecordError
from accord.record.dsse import STATEMENT_TYPE, pae
from accord.record.model_signature import ModelSigner, make_model_key
from accord.scan.origin.bundle import read_bundle, read_signed, write_bundle
from accord.scan.origin.manifest import PREDICATE, STATEMENT, read_statement
from accord.scan.origin.provenance import Wanted, verify_provenance
from accord.scan.origin.signing import SignedModel
from accord.scan.origin.verifying import VerifiedModel

Within = Callable[[float], AbstractContextManager[None]]
Growth = Callable[[Callable[[int], Callable[[], object]], int], float]
Sign = Callable[..., SignedModel]
Verify = Callable[..., VerifiedModel]
HELLO = hashlib.sha256(b"hello").hexdigest()


def kinds(verified: VerifiedModel) -> list[tuple[str, str]]:
    return [(one.kind, one.path) for one in verified.problems]


def text64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def statement(*names: str, **changes: object) -> bytes:
    listed = [{"name": name, "algorithm": "sha256", "digest": HELLO} for name in names]
    root = hashlib.sha256(bytes.fromhex(HELLO) * len(names)).hexdigest()
    form = {"method": "files", "hash_type": "sha256", "allow_symlinks": False}
    said = {
        "_type": STATEMENT,
        "subject": [{"name": "m", "digest": {"sha256": root}}],
        "predicateType": PREDICATE,
        "predicate": {"serialization": form, "resources": listed},
    }
    return canonical(said | changes)


def bundle(payload: bytes, signer: ModelSigner, *, kind: str = STATEMENT_TYPE) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(
        write_bundle(payload, signature=signer.sign(pae(payload, kind)), key=signer.public)
    )
    said["dsseEnvelope"]["payloadType"] = kind
    return said


def dump(said: object) -> bytes:
    return json.dumps(said).encode()


# --- confusion of envelopes


@pytest.mark.parametrize(
    "kind",
    ["application/json", "text/plain", "application/vnd.in-toto", STATEMENT_TYPE.upper(), STATEMENT_TYPE + " ", ""],
)
def test_a_payload_of_another_type_is_never_a_model(kind: str, signer: ModelSigner, verify: Verify) -> None:
    verified = verify(dump(bundle(statement("a"), signer, kind=kind)))
    assert [one for one, _ in kinds(verified)] == ["signature"]
    assert verified.manifest is None


def test_a_type_that_was_changed_afterwards_breaks_the_signature(signer: ModelSigner, verify: Verify) -> None:
    said = bundle(statement("a"), signer, kind="application/json")
    said["dsseEnvelope"]["payloadType"] = STATEMENT_TYPE
    verified = verify(dump(said))
    assert "it holds for none of the keys" in verified.problems[0].message


def test_a_payload_under_a_signature_of_its_bare_bytes_does_not_hold(signer: ModelSigner, verify: Verify) -> None:
    said = bundle(statement("a"), signer)
    said["dsseEnvelope"]["signatures"] = [{"sig": text64(signer.sign(statement("a")))}]
    assert [one for one, _ in kinds(verify(dump(said)))] == ["signature"]


@pytest.mark.parametrize("place", [0, 1])
def test_a_bundle_with_several_signatures_is_refused(place: int, sign: Sign, verify: Verify) -> None:
    said = json.loads(sign().bundle)
    said["dsseEnvelope"]["signatures"].insert(place, {"sig": "AAAA"})
    with pytest.raises(RecordError, match="a bundle has one signature"):
        verify(dump(said))


def test_one_good_signature_of_several_is_enough_in_a_bare_envelope(signer: ModelSigner, tmp_path: Path) -> None:
    payload = canonical(
        {
            "_type": STATEMENT,
            "subject": [{"name": "m", "digest": {"sha256": HELLO}}],
            "predicateType": "https://slsa.dev/provenance/v1",
            "predicate": {"runDetails": {"builder": {"id": "b"}}},
        }
    )
    other = make_model_key(tmp_path / "other", "model")
    message = pae(payload, STATEMENT_TYPE)
    signatures = [{"sig": text64(one.sign(message))} for one in (other, signer)]
    said = {"payload": text64(payload), "payloadType": STATEMENT_TYPE, "signatures": signatures}
    wanted = Wanted(files={".": HELLO}, keys=(signer.public,), builders=("b",))
    found = verify_provenance(dump(said), path="p", wanted=wanted)
    assert (found.problems, found.key) == ((), signer.public)


@pytest.mark.parametrize(
    "change",
    [
        lambda said: said["dsseEnvelope"].update(signatures=[]),
        lambda said: said["dsseEnvelope"].update(signatures={}),
        lambda said: said["dsseEnvelope"].update(signatures=[{"keyid": "x"}]),
        lambda said: said.update(more=1),
        lambda said: said["dsseEnvelope"].update(payload="a b"),
        lambda said: said["dsseEnvelope"].update(payload="YR=="),
        lambda said: said.update(mediaType="application/json"),
        lambda said: said.update(verificationMaterial={}),
        lambda said: said["verificationMaterial"].update(certificate={"rawBytes": "AAAA"}),
        lambda said: said["verificationMaterial"].update(x509CertificateChain={"certificates": []}),
        lambda said: said["verificationMaterial"].update(publicKey={"hint": 7}),
        lambda said: said["verificationMaterial"].update(publicKey={"hint": "x" * 201}),
        lambda said: said.update(messageSignature={}),
        lambda said: said.pop("dsseEnvelope"),
    ],
)
def test_a_bundle_of_another_shape_is_refused(change: Callable[[Any], object], sign: Sign, verify: Verify) -> None:
    said = json.loads(sign().bundle)
    change(said)
    with pytest.raises(RecordError) as caught:
        verify(dump(said))
    assert caught.value.code in {"ACC-E842", "ACC-E845"}


def test_a_key_inside_the_bundle_is_nobodys_word(sign: Sign, verify: Verify, tmp_path: Path) -> None:
    stranger = make_model_key(tmp_path / "stranger", "model")
    payload = base64.b64decode(json.loads(sign().bundle)["dsseEnvelope"]["payload"])
    said = bundle(payload, stranger)
    for key in ({"rawBytes": text64(stranger.public.public)}, {"hint": ""}, {"hint": None}, {}):
        said["verificationMaterial"]["publicKey"] = key
        assert [one for one, _ in kinds(verify(dump(said)))] == ["signature"]


def test_a_member_that_stands_twice_is_refused(sign: Sign, verify: Verify) -> None:
    whole = sign().bundle.decode()
    twice = whole.replace('"payloadType"', '"payload":"AAAA","payloadType"', 1)
    with pytest.raises(RecordError, match="stands twice"):
        verify(twice.encode())


@pytest.mark.parametrize("piece", [b"[]", b"{}", b"1", b'""', b"[[[]]]"])
def test_a_bundle_of_millions_of_parts_is_refused_before_it_is_built(piece: bytes, within: Within) -> None:
    data = b'{"mediaType":[' + b",".join([piece] * 3_000_000) + b"]}"
    with within(100):
        for read in (read_bundle, read_signed):
            with pytest.raises(RecordError, match="more than 20000 parts"):
                read(data, path="m.sig")


def test_a_list_of_a_hundred_thousand_files_is_read_in_seconds(signer: ModelSigner, growth: Growth) -> None:
    def listed(count: int) -> Callable[[], int]:
        payload = statement(*(f"d{number % 100}/f{number}.bin" for number in range(count)))
        return lambda: len(read_statement(payload, path="m.sig").resources)

    assert listed(100_000)() == 100_000
    assert growth(listed, 10_000) < 10


# --- what is listed


@pytest.mark.parametrize(
    "name",
    [
        "../x",
        "a/../x",
        "/etc/passwd",
        "./a",
        "a//b",
        "a/",
        "",
        ".",
        "..",
        "a/./b",
        "a\0b",
        "a\nb",
        "a\x7f",
        "a\x85b",
        "/",
    ],
)
def test_a_listed_name_that_is_no_plain_path_is_refused(name: str) -> None:
    with pytest.raises(RecordError) as caught:
        read_statement(statement("a", name), path="m.sig")
    assert caught.value.code == "ACC-E842"


@pytest.mark.parametrize("name", ["C:\\x", "..\\..\\x", "a:b", "~", "$HOME", "-rf", "con", "a b", "é", "\u202egpj.exe"])
def test_an_odd_listed_name_is_a_name_and_leads_nowhere(name: str, signer: ModelSigner, verify: Verify) -> None:
    verified = verify(dump(bundle(statement(name), signer)))
    assert "removed" in [kind for kind, _ in kinds(verified)]


def test_a_file_and_a_folder_of_one_name_are_refused() -> None:
    for names in (("a", "a/b"), ("a/b", "a"), ("x/y/z", "x")):
        with pytest.raises(RecordError, match="is a file and a folder in it"):
            read_statement(statement(*names), path="m.sig")


@pytest.mark.parametrize(
    "changes",
    [
        {"subject": []},
        {"subject": [{"name": "m", "digest": {"sha256": "0" * 64}}]},
        {"subject": None},
        {"more": 1},
        {"subject": [{"name": "m", "digest": {"sha512": "0" * 128}}]},
        {"_type": "https://in-toto.io/Statement/v0.1"},
        {"subject": [{"name": "m", "digest": {}}]},
        {"predicateType": "https://slsa.dev/provenance/v1"},
        {"predicate": []},
        {"predicateType": PREDICATE + "/"},
        {"predicate": {"resources": []}},
        {"predicate": {"serialization": {}}},
    ],
)
def test_a_statement_without_its_subject_or_of_another_kind_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(RecordError) as caught:
        read_statement(statement("a", **changes), path="m.sig")
    assert caught.value.code == "ACC-E842"


@pytest.mark.parametrize("digest", [HELLO.upper(), HELLO[:-2], HELLO + "00", "g" * 64, "", HELLO[:-1] + "\u0661"])
def test_a_digest_in_another_spelling_is_refused(digest: str) -> None:
    said = json.loads(statement("a"))
    said["predicate"]["resources"][0]["digest"] = digest
    with pytest.raises(RecordError):
        read_statement(dump(said), path="m.sig")


# --- what lies in the folder


def replaced(model: Path) -> None:
    (model / "weights-b.bin").unlink()
    (model / "weights-b.bin").mkdir()


def piped(model: Path) -> None:
    (model / "config.json").unlink()
    os.mkfifo(model / "config.json")


def linked(model: Path) -> None:
    (model / "weights").rename(model.parent / "elsewhere")
    (model / "weights").symlink_to(model.parent / "elsewhere")


def swapped(model: Path) -> None:
    (model / "config.json").rename(model / "t")
    (model / "empty.txt").rename(model / "config.json")
    (model / "t").rename(model / "empty.txt")


def decomposed(model: Path) -> None:
    (model / "weights-b.bin").rename(model / unicodedata.normalize("NFD", "é.bin"))


ATTACKS = {
    "a folder in place of a file": (replaced, {("removed", "weights-b.bin")}),
    "a pipe in place of a file": (piped, {("special", "config.json"), ("removed", "config.json")}),
    "a folder behind a link": (
        linked,
        {("link", "weights"), ("removed", "weights/a.bin"), ("removed", "weights/π x.bin")},
    ),
    "two files that changed places": (swapped, {("changed", "config.json"), ("changed", "empty.txt")}),
    "a name that was respelled": (decomposed, {("renamed", unicodedata.normalize("NFD", "é.bin"))}),
    "a twin by case": (lambda model: (model / "CONFIG.json").write_bytes(b"{}"), {("added", "CONFIG.json")}),
    "a module beside": (lambda model: (model / "modeling_x.py").write_bytes(b"x"), {("added", "modeling_x.py")}),
    "a hidden file": (lambda model: (model / ".hidden").write_bytes(b"x"), {("added", ".hidden")}),
    "a file one byte longer": (
        lambda model: (model / "weights" / "a.bin").write_bytes(b"a" * 3001),
        {("changed", "weights/a.bin")},
    ),
}


@pytest.mark.parametrize("name", ATTACKS)
@pytest.mark.parametrize("shard", [None, 1000])
def test_every_way_to_change_a_folder_is_named(
    name: str, shard: int | None, sign: Sign, verify: Verify, model: Path
) -> None:
    if shard:
        (model / "empty.txt").write_bytes(b"e")
    made = sign(shard_size=shard).bundle
    attack, wanted = ATTACKS[name]
    attack(model)
    found = set(kinds(verify(made)))
    assert wanted <= found
    assert all(kind != "signature" for kind, _ in found)


def test_names_that_differ_by_case_or_accent_are_ambiguous(signer: ModelSigner, verify: Verify, model: Path) -> None:
    names = ("A.bin", "a.bin", "é.bin", unicodedata.normalize("NFD", "é.bin"), "straße.bin", "STRASSE.bin")
    verified = verify(dump(bundle(statement(*names), signer)))
    assert len([one for one in verified.problems if one.kind == "ambiguous"]) == 3


def test_unsigned_links_and_pipes_that_pass_are_listed(sign: Sign, verify: Verify, model: Path) -> None:
    made = sign().bundle
    (model / "more").symlink_to("/etc")
    os.mkfifo(model / "pipe")
    verified = verify(made, unsigned=True)
    assert (verified.problems, verified.unsigned) == ((), ("more", "pipe"))
    assert [kind for kind, _ in kinds(verify(made))] == ["link", "special"]


@pytest.mark.parametrize("path", ["", ".", "..", "/", "/etc", "a/../b", "a//b", "a\nb", "../model"])
def test_no_path_that_leads_elsewhere_can_be_ignored(path: str, sign: Sign, verify: Verify) -> None:
    with pytest.raises(RecordError):
        verify(sign().bundle, ignore=(path,))
    with pytest.raises(RecordError):
        sign(ignore=(path,))


@pytest.mark.parametrize("path", ["weights", "weights/", "./weights"])
def test_ignoring_a_folder_ignores_no_name_that_begins_like_it(
    path: str, sign: Sign, verify: Verify, model: Path
) -> None:
    made = sign(ignore=(path,)).bundle
    (model / "weights" / "a.bin").write_bytes(b"other")
    assert verify(made).problems == ()
    (model / "weights-b.bin").write_bytes(b"other")
    assert kinds(verify(made)) == [("changed", "weights-b.bin")]


# --- provenance


def provenance(signer: ModelSigner, **changes: object) -> bytes:
    said: dict[str, object] = {
        "_type": STATEMENT,
        "subject": [{"name": "m", "digest": {"sha256": HELLO}}],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {"runDetails": {"builder": {"id": "good"}}},
    }
    payload = canonical(said | changes)
    signature = {"sig": text64(signer.sign(pae(payload, STATEMENT_TYPE)))}
    return canonical({"payload": text64(payload), "payloadType": STATEMENT_TYPE, "signatures": [signature]})


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"subject": [{"name": "m", "digest": {"sha512": HELLO * 2}}]}, "subject"),
        ({"subject": [{"name": "m", "digest": {"sha256": HELLO[:63] + "0"}}]}, "subject"),
        ({"subject": [{"name": "m"}]}, "subject"),
        ({"subject": []}, "subject"),
        ({"predicate": {"runDetails": {"builder": {"id": "good/../evil"}}}}, "builder"),
        ({"predicate": {"runDetails": {"builder": {"id": "GOOD"}}}}, "builder"),
        ({"predicate": {"runDetails": {"builder": {"id": "good "}}}}, "builder"),
        ({"predicate": {"runDetails": {"builder": {"id": "https://good"}}}}, "builder"),
        ({"predicate": {"runDetails": {"builder": {"id": ""}}}}, "builder"),
        ({"predicate": {"builder": {"id": "good"}}}, "builder"),
        ({"predicate": {}}, "builder"),
        ({"predicateType": "https://slsa.dev/provenance/v1.1"}, "predicate"),
        ({"predicateType": "https://slsa.dev/verification_summary/v1"}, "predicate"),
        ({"predicateType": PREDICATE}, "predicate"),
    ],
)
def test_provenance_of_something_else_is_named(changes: dict[str, object], kind: str, signer: ModelSigner) -> None:
    wanted = Wanted(files={".": HELLO}, keys=(signer.public,), builders=("good",))
    assert verify_provenance(provenance(signer), path="p", wanted=wanted).problems == ()
    found = verify_provenance(provenance(signer, **changes), path="p", wanted=wanted)
    assert [one.kind for one in found.problems] == [kind]


def test_lines_of_two_statements_never_add_up_to_one(signer: ModelSigner) -> None:
    right = provenance(signer, predicate={"runDetails": {"builder": {"id": "evil"}}})
    built = provenance(signer, subject=[{"name": "m", "digest": {"sha256": "0" * 64}}])
    wanted = Wanted(files={".": HELLO}, keys=(signer.public,), builders=("good",))
    assert len(verify_provenance(right + b"\n" + built + b"\n", path="p", wanted=wanted).problems) == 1


def test_no_allowed_builder_means_that_none_is(signer: ModelSigner) -> None:
    wanted = Wanted(files={".": HELLO}, keys=(signer.public,), builders=())
    assert [one.kind for one in verify_provenance(provenance(signer), path="p", wanted=wanted).problems] == ["builder"]
