"""Signatures, provenance and parts of models, as an assessment sees them."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from accord.core.assessment import Assessment
from accord.core.canon import canonical
from accord.core.finding import State, TrustLevel
from accord.record.dsse import STATEMENT_TYPE, pae
from accord.record.model_signature import ModelSigner, make_model_key, public_pem
from accord.record.trust import Trust, TrustedSigner, TrustFile
from accord.scan.origin.signing import sign_model
from accord.testing import World

MANIFEST = """\
accord: 1
system: {{id: sample, name: Sample, version: "1", purpose: sorts letters, kind: [classifier]}}
owners: {{system-owner: owner@example.org}}
profile: {{level: {level}}}
components:
  models: [{models}]
  software: {{builders: [{builders}]}}
"""
HEADER = b'{"w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}'
WEIGHTS = len(HEADER).to_bytes(8, "little") + HEADER + bytes(4)
BUILDER = "https://ci.example.org/train"


class Origin:
    """A world with a model of two files in `m`, and a key to sign it with."""

    def __init__(self, folder: Path) -> None:
        self.world = World(folder)
        self.signer = make_model_key(folder / "keys", "model")
        self.world.write("m/w.safetensors", WEIGHTS)
        self.world.write("m/config.json", "{}")
        self.declare("signature: m/model.sig")

    def declare(self, fields: str, *, level: str = "baseline", builders: str = "", source: str = "m") -> None:
        model = f'{{id: m1, source: "file:{source}", {fields}}}'
        self.world.write("accord.yaml", MANIFEST.format(models=model, level=level, builders=builders))

    def sign(self, signer: ModelSigner | None = None) -> None:
        by = signer or self.signer
        ignore = ["model.sig", "model.pub"]
        signed = sign_model(self.world.root / "m", key=by.public, sign=by.sign, ignore=ignore)
        self.world.write("m/model.sig", signed.bundle)
        self.world.write("m/model.pub", public_pem(by.public))

    def trust(self, *, revoked: bool = False, builders: tuple[str, ...] = ()) -> Trust:
        public = base64.b64encode(self.signer.public.public).decode()
        signer = TrustedSigner(public=public, level=TrustLevel.PIPELINE, revoked=revoked)
        file = TrustFile(trust=1, expires=date(2036, 1, 1), roots=(), keys=(), signers=(signer,), builders=builders)
        return Trust(file=file, source="trust.json")


@pytest.fixture
def origin(tmp_path: Path) -> Origin:
    return Origin(tmp_path)


def messages(assessment: Assessment, code: str) -> list[str]:
    return [one.message for one in assessment.findings if one.check == code]


def state(assessment: Assessment, code: str) -> State:
    return next(one.state for one in assessment.evidence if one.check == code)


def test_a_signed_folder_passes_at_level_baseline(origin: Origin) -> None:
    origin.sign()
    done = origin.world.assess()
    assert {code: state(done, code) for code in ("ACC301", "ACC240", "ACC241")} == dict.fromkeys(
        ("ACC301", "ACC240", "ACC241"), State.PASS
    )
    assert state(done, "ACC245") is State.NOT_APPLICABLE


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda at: (at / "config.json").write_text("[]"), "config.json (changed) of the model m1 does not hold"),
        (lambda at: (at / "extra.py").write_text("x"), "extra.py (added) of the model m1 does not hold"),
        (lambda at: (at / "build").mkdir() or (at / "build" / "x.py").write_text("x"), "build/x.py (added)"),
        (lambda at: (at / "link").symlink_to("/etc/passwd"), "link (link) of the model m1 does not hold"),
        (lambda at: (at / "model.sig").write_text("gpg"), "the signature of the model m1 cannot be verified"),
    ],
)
def test_a_changed_folder_fails_and_no_waiver_covers_it(
    origin: Origin, change: Callable[[Path], object], said: str
) -> None:
    origin.sign()
    origin.world.assess()
    change(origin.world.root / "m")  # after good evidence was stored: it must not be used again
    done = origin.world.assess()
    assert messages(done, "ACC240")[0].startswith(said)
    assert [one.waivable for one in done.evidence if one.check == "ACC240"] == [False]


def test_an_unsigned_model_is_told_once(origin: Origin) -> None:
    origin.declare("role: classifier")
    done = origin.world.assess()
    assert messages(done, "ACC301") == ["the model m1 (m) has no signature"]
    assert state(done, "ACC240") is State.NOT_APPLICABLE


def test_the_trust_file_decides_whose_signature_counts(origin: Origin, tmp_path: Path) -> None:
    origin.declare("signature: m/model.sig", level="standard")
    origin.sign()
    assert "level self" in messages(origin.world.assess(), "ACC245")[0]
    trusted = origin.world.assess(trust=origin.trust())
    assert messages(trusted, "ACC245") + messages(trusted, "ACC240") == []
    revoked = origin.world.assess(trust=origin.trust(revoked=True))
    assert messages(revoked, "ACC240")[0].endswith("signed it, and it is revoked")
    origin.sign(make_model_key(tmp_path / "stranger", "model"))
    stranger = origin.world.assess(trust=origin.trust())
    assert "which is none of the 1 that count here" in messages(stranger, "ACC240")[0]


def test_consumers_need_the_key_and_a_form_they_can_read(origin: Origin, tmp_path: Path) -> None:
    origin.sign()
    other = make_model_key(tmp_path / "other", "model")
    origin.world.write("m/model.pub", public_pem(other.public))
    done = origin.world.assess(trust=origin.trust())
    assert messages(done, "ACC240") == []
    assert messages(done, "ACC241")[0].endswith("the public key beside it is another one")
    (origin.world.root / "m" / "model.pub").write_text("no key")
    gone = origin.world.assess(trust=origin.trust())
    assert messages(gone, "ACC241")[0].endswith("no public key ships beside it")
    origin.world.write("m/model.sig", "-----BEGIN PGP SIGNATURE-----")
    assert "is in no form that others read" in messages(origin.world.assess(), "ACC241")[0]


def provenance(origin: Origin, *, builder: str = BUILDER, digest: str | None = None) -> None:
    from accord.scan.origin.provenance import digests_of

    beside = ("p.intoto.jsonl", "p.intoto.pub")
    files = digests_of(origin.world.root / "m", ignore=beside)
    payload = canonical({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": [{"name": name, "digest": {"sha256": digest or one}} for name, one in files.items()],
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {"runDetails": {"builder": {"id": builder}}},
    })  # fmt: skip
    signature = base64.b64encode(origin.signer.sign(pae(payload, STATEMENT_TYPE))).decode()
    said = {"payload": base64.b64encode(payload).decode(), "payloadType": STATEMENT_TYPE}
    origin.world.write("m/p.intoto.jsonl", json.dumps(said | {"signatures": [{"sig": signature}]}))
    origin.world.write("m/p.intoto.pub", public_pem(origin.signer.public))


def test_provenance_and_builder_are_two_questions(origin: Origin) -> None:
    origin.declare("provenance: m/p.intoto.jsonl", builders=f'"{BUILDER}"')
    provenance(origin)
    good = origin.world.assess()
    assert (state(good, "ACC242"), state(good, "ACC243")) == (State.PASS, State.PASS)
    provenance(origin, builder="https://laptop.example.org")
    laptop = origin.world.assess()
    assert state(laptop, "ACC242") is State.PASS
    assert messages(laptop, "ACC243") == [
        "the model m1 was built by https://laptop.example.org, which is none of the 1 allowed"
    ]
    provenance(origin, digest="0" * 64)
    other = origin.world.assess()
    assert "it is not about config.json" in messages(other, "ACC242")[0]
    assert state(other, "ACC243") is State.NOT_RUN  # a builder is not believed before the statement holds


def test_the_builders_of_the_trust_file_win(origin: Origin) -> None:
    origin.declare("provenance: m/p.intoto.jsonl", builders=f'"{BUILDER}"')
    provenance(origin)
    assert messages(origin.world.assess(trust=origin.trust(builders=("https://other.example.org",))), "ACC243") != []
    assert messages(origin.world.assess(trust=origin.trust(builders=(BUILDER,))), "ACC243") == []


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ("role: classifier", "the model m1 (m) has no provenance"),
        ("provenance: gone.json", "the provenance of the model m1 does not hold: it is missing or empty"),
        ("provenance: m/config.json", "the provenance of the model m1 does not hold: m/config.json cannot be used"),
    ],
)
def test_provenance_that_is_not_there_is_told(origin: Origin, fields: str, said: str) -> None:
    origin.declare(fields)
    assert messages(origin.world.assess(), "ACC242")[0].startswith(said)


def test_missing_parts_gaps_and_ways_out_are_told(origin: Origin) -> None:
    index = {"weight_map": {"a": "m-00001-of-00003.safetensors", "b": "m-00003-of-00003.safetensors"}}
    origin.world.write("m/model.safetensors.index.json", json.dumps(index))
    origin.world.write("m/m-00001-of-00003.safetensors", WEIGHTS)
    path = "m/model.safetensors.index.json"
    assert sorted(messages(origin.world.assess(), "ACC244")) == [
        f"{path} names the part m-00003-of-00003.safetensors, which is not there",
        f"{path} skips the part m-00002-of-00003.safetensors",
    ]
    origin.world.write(path, '{"weight_map": {"a": "../../x"}}')
    assert "names no file below its folder" in messages(origin.world.assess(), "ACC244")[0]


def test_a_model_that_a_link_leads_out_to_is_not_looked_at(origin: Origin, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "w.safetensors").write_bytes(WEIGHTS)
    (origin.world.root / "out").symlink_to(tmp_path / "elsewhere")
    origin.sign()
    origin.declare("signature: m/model.sig", source="out")
    done = origin.world.assess()
    assert state(done, "ACC240") in {State.NOT_RUN, State.FAIL, State.ERROR}
