"""A signed model holds, and whatever is done to it afterwards is seen and named."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.core.errors import AccordError, RecordError
from accord.core.finding import TrustLevel
from accord.record.certificates import key_of_chain, read_roots
from accord.record.model_signature import ModelSigner, make_model_key, read_public_file
from accord.scan.origin.bundle import read_bundle
from accord.scan.origin.manifest import read_statement, tidy, twins
from accord.scan.origin.signing import SignedModel
from accord.scan.origin.verifying import Asked, VerifiedModel, verify_model
from accord.scan.walk import open_inside
from accord.testing.world import NOON

GOLDEN = Path(__file__).parent / "golden"
Sign = Callable[..., SignedModel]
Verify = Callable[..., VerifiedModel]


def kinds(verified: VerifiedModel) -> list[tuple[str, str]]:
    return [(one.kind, one.path) for one in verified.problems]


def test_what_was_signed_holds(sign: Sign, verify: Verify, signer: ModelSigner) -> None:
    signed = sign()
    verified = verify(signed.bundle)
    assert verified.problems == ()
    assert verified.key == signer.public
    assert (verified.files, verified.size) == (5, 3013)
    assert verified.manifest is not None
    assert verified.manifest.subject == signed.manifest.subject


@pytest.mark.parametrize("name", ["files", "shards", "blake2"])
def test_bundles_of_model_signing_hold_and_a_change_in_their_model_does_not(name: str, tmp_path: Path) -> None:
    model = tmp_path / "model"
    shutil.copytree(GOLDEN / "model", model)
    asked = Asked(keys=(read_public_file(GOLDEN / "key.pub"),))
    bundle = (GOLDEN / f"{name}.sig").read_bytes()
    assert verify_model(model, bundle, path="x.sig", asked=asked).problems == ()
    (model / "weights" / "a.bin").write_bytes(b"w" * 2999 + b"x")
    assert kinds(verify_model(model, bundle, path="x.sig", asked=asked)) == [("changed", "weights/a.bin")]


def test_a_bundle_with_certificates_holds_under_its_root_alone(tmp_path: Path) -> None:
    bundle = (GOLDEN / "chain.sig").read_bytes()
    roots = read_roots((GOLDEN / "root.pem").read_bytes(), source="root.pem")
    asked = Asked(keys=(), chain=lambda chain: key_of_chain(chain, roots, at=NOON))
    assert verify_model(GOLDEN / "model", bundle, path="x.sig", asked=asked).problems == ()
    later = Asked(keys=(), chain=lambda chain: key_of_chain(chain, roots, at=NOON.replace(year=2047)))
    assert (
        "is valid from 2026-01-01 to 2046-01-01 only"
        in verify_model(GOLDEN / "model", bundle, path="x.sig", asked=later).problems[0].message
    )
    none = verify_model(GOLDEN / "model", bundle, path="x.sig", asked=Asked(keys=()))
    assert none.problems[0].message == "it names a chain of certificates, and no root was given for it"


def test_bundles_are_as_model_signing_writes_them(sign: Sign, signer: ModelSigner) -> None:
    ours = json.loads(sign(ignore=["model.sig"]).bundle)
    theirs = json.loads((GOLDEN / "files.sig").read_bytes())
    assert ours.keys() == theirs.keys()
    assert ours["mediaType"] == theirs["mediaType"]
    assert ours["verificationMaterial"]["publicKey"] == {"hint": signer.public.keyid}
    mine, other = (json.loads(base64.b64decode(one["dsseEnvelope"]["payload"])) for one in (ours, theirs))
    assert mine.keys() == other.keys()
    assert mine["predicate"]["resources"][0].keys() == other["predicate"]["resources"][0].keys()
    assert mine["predicate"]["serialization"].keys() == other["predicate"]["serialization"].keys()
    assert [one["name"] for one in other["predicate"]["resources"]] == ["config.json", "weights/a.bin", "weights-b.bin"]


def test_files_are_listed_in_the_order_of_their_parts(sign: Sign) -> None:
    names = [one.path for one in sign().manifest.resources]
    assert names == ["config.json", "empty.txt", "weights/a.bin", "weights/π x.bin", "weights-b.bin"]


@pytest.mark.parametrize(
    ("change", "seen"),
    [
        (lambda at: (at / "config.json").write_bytes(b"[]"), [("changed", "config.json")]),
        (lambda at: (at / "config.json").write_bytes(b"{} "), [("changed", "config.json")]),
        (lambda at: (at / "new.py").write_bytes(b"x"), [("added", "new.py")]),
        (lambda at: (at / "weights" / "__init__.py").write_bytes(b""), [("added", "weights/__init__.py")]),
        (lambda at: (at / "config.json").unlink(), [("removed", "config.json")]),
        (lambda at: (at / "weights").rename(at / "w"), [("renamed", "w/a.bin"), ("renamed", "w/π x.bin")]),
        (lambda at: (at / "link").symlink_to("/etc/passwd"), [("link", "link")]),
        (lambda at: (at / "link").symlink_to(at / "config.json"), [("link", "link")]),
        (lambda at: (at / "loop").symlink_to(at), [("link", "loop")]),
        (lambda at: os.mkfifo(at / "pipe"), [("special", "pipe")]),
        (lambda at: (at / "CONFIG.json").write_bytes(b"x"), [("added", "CONFIG.json"), ("ambiguous", "config.json")]),
        (lambda at: (at / "a\nb").write_bytes(b"x"), [("odd-name", "a\nb")]),
    ],
)
def test_every_change_is_seen_and_named(
    sign: Sign, verify: Verify, model: Path, change: Callable[[Path], object], seen: list[tuple[str, str]]
) -> None:
    bundle = sign().bundle
    change(model)
    assert kinds(verify(bundle)) == seen


def test_a_name_that_is_no_text_is_seen(sign: Sign, verify: Verify, model: Path) -> None:
    bundle = sign().bundle
    Path(os.fsdecode(os.fsencode(model) + b"/\xff")).write_bytes(b"x")
    assert kinds(verify(bundle)) == [("odd-name", "\\xff")]
    with pytest.raises(RecordError) as caught:
        sign()
    assert caught.value.code == "ACC-E844"


def test_a_file_swapped_for_a_link_to_its_own_content_is_seen(sign: Sign, verify: Verify, model: Path) -> None:
    bundle = sign().bundle
    shutil.move(model / "config.json", model.parent / "elsewhere")
    (model / "config.json").symlink_to(model.parent / "elsewhere")
    assert kinds(verify(bundle)) == [("link", "config.json"), ("removed", "config.json")]


def test_links_that_the_signature_allows_are_followed_inside_only(
    verify: Verify, model: Path, signer: ModelSigner
) -> None:
    (model / "same.json").symlink_to("config.json")
    (model / "out").symlink_to("/etc/hostname")
    digest = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    listed = [("config.json", digest), ("same.json", digest)]
    bundle = made(signer, listed, allow_symlinks=True)
    for path in ("weights", "weights-b.bin", "empty.txt"):
        shutil.rmtree(model / path) if (model / path).is_dir() else (model / path).unlink()
    assert kinds(verify(bundle)) == [("link", "out")]


def test_what_the_signature_ignores_needs_none_and_is_said(sign: Sign, verify: Verify, model: Path) -> None:
    (model / ".git").mkdir()
    (model / ".git" / "hook").write_bytes(b"x")
    (model / "notes").mkdir()
    bundle = sign(ignore=["./notes/"]).bundle
    (model / "notes" / "today.txt").write_bytes(b"x")
    verified = verify(bundle)
    assert verified.problems == ()
    assert verified.ignored == (".git", "notes")


def test_unsigned_files_pass_when_asked_and_are_listed(sign: Sign, verify: Verify, model: Path) -> None:
    bundle = sign().bundle
    (model / "cache.bin").write_bytes(b"x")
    (model / "link").symlink_to("/etc")
    verified = verify(bundle, unsigned=True)
    assert (verified.problems, verified.unsigned) == ((), ("cache.bin", "link"))
    (model / "config.json").write_bytes(b"x")
    assert kinds(verify(bundle, unsigned=True)) == [("changed", "config.json")]


def test_more_paths_can_be_ignored_when_verifying(sign: Sign, verify: Verify, model: Path) -> None:
    bundle = sign().bundle
    (model / "model.sig").write_bytes(bundle)
    assert kinds(verify(bundle)) == [("added", "model.sig")]
    assert verify(bundle, ignore=("model.sig",)).problems == ()
    with pytest.raises(RecordError) as caught:
        verify(bundle, ignore=("../x",))
    assert caught.value.code == "ACC-E844"


def test_empty_folders_are_told_and_no_failure(sign: Sign, verify: Verify, model: Path) -> None:
    bundle = sign().bundle
    (model / "hollow").mkdir()
    assert verify(bundle).empty == ("hollow",)
    assert verify(bundle).problems == ()


def test_one_file_is_a_model_as_well(sign: Sign, verify: Verify, model: Path) -> None:
    file = model / "weights" / "a.bin"
    bundle = sign(file).bundle
    assert verify(bundle, file).problems == ()
    file.write_bytes(b"x")
    assert kinds(verify(bundle, file)) == [("changed", ".")]
    assert ("removed", ".") in kinds(verify(bundle, model))


def test_shards_cover_a_file_to_its_end(sign: Sign, verify: Verify, model: Path) -> None:
    (model / "empty.txt").unlink()
    bundle = sign(shard_size=1024).bundle
    assert verify(bundle).problems == ()
    with (model / "weights" / "a.bin").open("ab") as file:
        file.write(b"tail")
    (model / "hollow.py").write_bytes(b"")
    assert kinds(verify(bundle)) == [("uncovered", "hollow.py"), ("changed", "weights/a.bin")]


def test_a_file_that_cannot_be_read_is_never_good(
    sign: Sign, verify: Verify, model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from accord.scan.origin import tree

    bundle, real = sign().bundle, open_inside

    def refuse(root: Path, path: str) -> Any:
        if path == "config.json":
            raise AccordError("config.json cannot be read", code="ACC-E801")
        return real(root, path)

    monkeypatch.setattr(tree, "open_inside", refuse)
    assert kinds(verify(bundle)) == [("unreadable", "config.json")]
    with pytest.raises(RecordError):
        sign()


def emptied(folder: Path) -> None:
    shutil.rmtree(folder)
    folder.mkdir()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda at: (at / "link").symlink_to("/etc/passwd"),
        lambda at: os.mkfifo(at / "pipe"),
        lambda at: (at / "Config.JSON").write_bytes(b"x"),
        emptied,
    ],
)
def test_what_no_signature_can_cover_is_not_signed(sign: Sign, model: Path, spoil: Callable[[Path], object]) -> None:
    spoil(model)
    with pytest.raises(RecordError) as caught:
        sign()
    assert caught.value.code == "ACC-E844"
    assert "--ignore" in caught.value.hint


def test_shards_of_an_empty_file_are_not_signed(sign: Sign) -> None:
    with pytest.raises(RecordError, match=r"empty\.txt"):
        sign(shard_size=1024)


def test_a_socket_or_nothing_is_no_model(sign: Sign, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("s")
        for path in (Path("s"), Path("missing")):
            with pytest.raises(RecordError) as caught:
                sign(path)
            assert caught.value.code == "ACC-E843"


def test_a_folder_without_an_end_is_given_up(sign: Sign, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from accord.scan.origin import tree

    deep = model
    for _ in range(tree.DEEPEST + 1):
        deep /= "d"
    deep.mkdir(parents=True)
    with pytest.raises(RecordError, match="levels of folders"):
        sign()
    shutil.rmtree(model / "d")
    monkeypatch.setattr(tree, "MOST_FILES", 3)
    with pytest.raises(RecordError, match="more than 3 files"):
        sign()


def test_a_signature_of_another_key_does_not_hold(
    sign: Sign, verify: Verify, signer: ModelSigner, tmp_path: Path
) -> None:
    other = make_model_key(tmp_path / "other", "model").public
    bundle = sign().bundle
    (problem,) = verify(bundle, keys=(other,)).problems
    assert problem.message == f"it names the key {signer.public.keyid[:16]}, which is none of the 1 that count here"
    pretended = other._replace(keyid=signer.public.keyid)
    assert "it holds for none of the keys" in verify(bundle, keys=(pretended,)).problems[0].message
    assert verify(bundle, keys=(other, signer.public)).problems == ()


def test_a_revoked_key_is_known_and_does_not_count(sign: Sign, verify: Verify, signer: ModelSigner) -> None:
    revoked = signer.public._replace(objection="it is revoked", level=TrustLevel.PIPELINE)
    verified = verify(sign().bundle, keys=(revoked,))
    assert kinds(verified) == [("signature", "model.sig")]
    assert verified.problems[0].message.endswith("signed it, and it is revoked")
    assert verified.files == 0  # nothing was read for a signature that does not count


def test_progress_is_told_in_bytes_up_to_the_whole(sign: Sign, verify: Verify) -> None:
    told: list[tuple[int, int, str]] = []
    verify(sign().bundle, progress=lambda done, total, what: told.append((done, total, what)))
    assert max(done for done, _, _ in told) == 3013
    assert {total for _, total, _ in told} == {3013}


def made(signer: ModelSigner, listed: list[tuple[str, str]], **changes: object) -> bytes:
    import hashlib

    from accord.core.canon import canonical
    from accord.record.dsse import STATEMENT_TYPE, pae
    from accord.scan.origin.bundle import write_bundle

    form = {"method": "files", "hash_type": "sha256", "allow_symlinks": False} | changes
    root = hashlib.sha256(b"".join(bytes.fromhex(digest) for _, digest in listed)).hexdigest()
    resources = [{"name": name, "algorithm": "sha256", "digest": digest} for name, digest in listed]
    payload = canonical({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "m", "digest": {"sha256": root}}],
        "predicateType": "https://model_signing/signature/v1.0",
        "predicate": {"serialization": form, "resources": resources},
    })  # fmt: skip
    return write_bundle(payload, signature=signer.sign(pae(payload, STATEMENT_TYPE)), key=signer.public)


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "a/../../x", "", "./a", "a//b", "a/", "a\x00b", "a\nb", ".."])
def test_a_signed_path_that_leads_out_of_the_model_is_refused(verify: Verify, signer: ModelSigner, name: str) -> None:
    with pytest.raises(RecordError) as caught:
        verify(made(signer, [(name, "0" * 64)]))
    assert caught.value.code == "ACC-E842"


@pytest.mark.parametrize(
    ("listed", "changes"),
    [
        ([("a", "0" * 64), ("a", "1" * 64)], {}),
        ([("a", "0" * 64), ("a/b", "1" * 64)], {}),
        ([(".", "0" * 64), ("a", "1" * 64)], {}),
        ([("a", "0" * 62)], {}),
        ([("a", "0" * 64)], {"method": "tensors"}),
        ([("a", "0" * 64)], {"hash_type": "md5"}),
        ([("a", "0" * 64)], {"hash_type": "blake3"}),
        ([("a", "0" * 64)], {"shard_size": 5}),
        ([("a", "0" * 64)], {"ignore_paths": ["."]}),
        ([("a", "0" * 64)], {"ignore_paths": ["../x"]}),
        ([("a", "0" * 64)], {"surprise": 1}),
        ([("a", "0" * 64)], {"allow_symlinks": "yes"}),
    ],
)
def test_a_signed_list_that_has_no_one_meaning_is_refused(
    verify: Verify, signer: ModelSigner, listed: list[tuple[str, str]], changes: dict[str, object]
) -> None:
    with pytest.raises(RecordError) as caught:
        verify(made(signer, listed, **changes))
    assert caught.value.code == "ACC-E842"


@pytest.mark.parametrize(
    "names",
    [
        ["a:0:4", "a:5:8"],
        ["a:0:4", "a:0:4"],
        ["a:4:8"],
        ["a:0:9"],
        ["a:0:3", "a:3:5"],
        ["a"],
        ["a:0:x"],
        ["a:0:04"],
        ["a:0:0"],
    ],
)
def test_shards_with_a_gap_are_refused(signer: ModelSigner, names: list[str]) -> None:
    import hashlib

    resources = [{"name": name, "algorithm": "sha256-sharded-4", "digest": "0" * 64} for name in names]
    root = hashlib.sha256(bytes(32) * len(names)).hexdigest()
    form = {"method": "shards", "hash_type": "sha256", "shard_size": 4.0, "allow_symlinks": False}
    said = {
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": "m", "digest": {"sha256": root}}],
        "predicateType": "https://model_signing/signature/v1.0",
        "predicate": {"serialization": form, "resources": resources},
    }
    with pytest.raises(RecordError):
        read_statement(json.dumps(said).encode(), path="x")


def test_another_statement_in_a_good_envelope_is_refused(verify: Verify, signer: ModelSigner) -> None:
    from accord.record.dsse import pae
    from accord.scan.origin.bundle import write_bundle

    payload = b'{"hello": 1}'
    kind = "application/vnd.in-toto+json"
    bundle = write_bundle(payload, signature=signer.sign(pae(payload, kind)), key=signer.public)
    with pytest.raises(RecordError, match="it lacks _type"):
        verify(bundle)
    said = json.loads(bundle)
    said["dsseEnvelope"]["payloadType"] = "text/plain"
    assert "it signs a text/plain" in verify(json.dumps(said).encode()).problems[0].message


@given(st.data())
def test_no_changed_byte_of_a_bundle_is_ever_good(data: st.DataObject) -> None:
    bundle = bytearray((GOLDEN / "files.sig").read_bytes())
    at = data.draw(st.integers(0, len(bundle) - 1))
    bundle[at] ^= data.draw(st.integers(1, 255))
    asked = Asked(keys=(read_public_file(GOLDEN / "key.pub"),))
    try:
        good = not verify_model(GOLDEN / "model", bytes(bundle), path="x", asked=asked).problems
    except RecordError:
        return
    assert not good


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_noise_is_no_bundle(noise: bytes) -> None:
    with pytest.raises(RecordError) as caught:
        read_bundle(noise, path="x")
    assert caught.value.code == "ACC-E842"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def put(data: st.DataObject, said: Any, value: object) -> bytes:
    """Put a value somewhere into a document and return that."""
    place = said
    while True:
        key = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else list(range(len(place)))))
        if not isinstance(place[key], dict | list) or not place[key] or data.draw(st.booleans()):
            place[key] = value
            return json.dumps(said).encode()
        place = place[key]


@given(st.data(), JSON)
def test_any_value_in_any_member_of_a_bundle_is_refused_or_understood(data: st.DataObject, value: object) -> None:
    document = put(data, json.loads((GOLDEN / "chain.sig").read_bytes()), value)
    with contextlib.suppress(RecordError):
        read_bundle(document, path="x")


@given(st.data(), JSON)
def test_any_value_in_any_member_of_a_statement_is_refused_or_understood(data: st.DataObject, value: object) -> None:
    envelope = json.loads((GOLDEN / "shards.sig").read_bytes())["dsseEnvelope"]
    document = put(data, json.loads(base64.b64decode(envelope["payload"])), value)
    with contextlib.suppress(RecordError):
        read_statement(document, path="x")


@given(st.text(max_size=30))
def test_a_tidy_path_stays_inside(path: str) -> None:
    found = tidy(path)
    if found is not None:
        assert tidy(found) == found
        assert not os.path.normpath(found).startswith(("..", "/"))


def test_names_that_are_one_elsewhere_are_twins() -> None:
    assert list(twins(["a", "A", "\u00e9", "e\u0301", "b"])) == [("a", "A"), ("\u00e9", "e\u0301")]
