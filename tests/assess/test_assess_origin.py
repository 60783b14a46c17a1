"""What an assessment hands to the checks of origin, and what makes it look again."""

from __future__ import annotations

import base64
import os
from datetime import date
from pathlib import Path

import pytest

from accord.assess.context import Look
from accord.assess.context import World as Surroundings
from accord.assess.inputs import Inputs
from accord.assess.prepare import prepare
from accord.core.asset import Asset
from accord.core.errors import AccordError
from accord.core.finding import Input, TrustLevel
from accord.core.signatory import Signatories, Signatory
from accord.testing import World
from accord.testing.world import NOON

KEY = Signatory("k1", "ecdsa-p256", b"", TrustLevel.PIPELINE, "the trust file x")
MANIFEST = """\
accord: 1
system: {id: s, name: S, version: "1", purpose: sorts letters, kind: [classifier]}
owners: {system-owner: o@example.org, data-custodian: d@example.org}
profile: {level: baseline}
components:
  models: [{id: m1, source: "file:m", licence: house licence, origin: trained here}]
  datasets: [{id: d1, path: d.csv, origin: made here, used_for: [train, evaluation], sensitivity: personal}]
  software: {lockfile: requirements.txt}
"""


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path)
    header = b'{"w": {"dtype": "F16", "shape": [5], "data_offsets": [0, 10]}}'
    made.write("m/w.safetensors", len(header).to_bytes(8, "little") + header + bytes(10))
    made.write("m/README.md", "---\nlicense: mit\nlanguage: en\n---\n")
    made.write("d.csv", "text,label\na,1\n")
    made.write("requirements.txt", "flask==3.0.0\nFlask==3.0.0\nloose\n")
    made.write("accord.yaml", MANIFEST)
    return made


def looking(world: World, trusted: Signatories | None = None) -> tuple[Look, Inputs, tuple[Asset, ...]]:
    declared = prepare(world.asked())
    assets, files = declared.inventory.assets, declared.inventory.files
    inputs = Inputs(manifest=declared.manifest, assets=assets, files=files, signatories=trusted or Signatories())
    surroundings = Surroundings(
        system=declared.system, assets=assets, catalogue=declared.catalogue, threats=None, inputs=inputs, now=NOON
    )
    return Look(surroundings, network=False), inputs, assets


def inputs_after(world: World) -> tuple[Input, ...]:
    look, _, assets = looking(world)
    look.locate(next(one for one in assets if one.id == "m1"))
    return look.inputs


@pytest.mark.parametrize(
    "change",
    [
        lambda at: (at / "m" / "new").write_text("x"),
        lambda at: (at / "m" / "build").mkdir() or (at / "m" / "build" / "x").write_text("x"),
        lambda at: (at / "m" / "link").symlink_to("/etc/passwd"),
        lambda at: (at / "m" / "README.md").unlink(),
        lambda at: os.utime(at / "m" / "README.md", ns=(1, 1)),
    ],
)
def test_whatever_happens_in_a_model_makes_its_evidence_stale(world: World, change: object) -> None:
    seen = inputs_after(world)
    assert looking(world)[1].hold(seen)
    assert callable(change)
    change(world.root)
    assert not looking(world)[1].hold(seen)


def test_a_check_that_asked_for_keys_runs_again_when_they_change(world: World) -> None:
    look, inputs, _ = looking(world, Signatories((KEY,), ("b",)))
    assert look.signatories.keys == (KEY,)
    assert inputs.hold(look.inputs)
    for other in (
        Signatories(),
        Signatories((KEY,), ("c",)),
        Signatories((KEY._replace(objection="it is revoked"),), ("b",)),
        Signatories((KEY._replace(level=TrustLevel.SELF),), ("b",)),
    ):
        assert not looking(world, other)[1].hold(look.inputs)


def test_what_lies_nowhere_or_outside_is_not_located(world: World, tmp_path: Path) -> None:
    look, _, _ = looking(world)
    (world.root / "out").symlink_to(tmp_path)
    for asset in (Asset(id="a", kind="model.api"), Asset(id="b", kind="model.file", path="out")):
        with pytest.raises(AccordError) as caught:
            look.locate(asset)
        assert caught.value.code == "ACC-E402"
    assert look.inputs == ()


def test_assets_carry_what_a_bill_of_materials_lists(world: World) -> None:
    assets = {one.id: one for one in world.assess().assets}
    model = assets["m1"].facts
    assert (model["licence"], model["origin"]) == ("house licence", "trained here")  # the manifest wins over the card
    assert (model["parameters"], model["dtype"], model["language"], model["folder"]) == ("5", "F16", "en", "yes")
    assert assets["d1"].facts["used_for"] == "train, evaluation"
    assert assets["d1"].facts["custodian"] == "d@example.org"
    assert assets["lockfile"].parts == ("pkg:pypi/flask@3.0.0", "pkg:pypi/loose")
    assert assets["d1"].size == 15


def test_hostile_cards_reach_the_assessment_harmless(world: World) -> None:
    world.write("m/README.md", '---\nlanguage: "\\e[31m\\u202Een"\n---\n')
    facts = {one.id: one for one in world.assess().assets}["m1"].facts
    assert "\x1b" not in facts["language"]
    assert "\u202e" not in facts["language"]


def test_a_trust_file_with_signers_reads_back(tmp_path: Path) -> None:
    from accord.core.canon import canonical
    from accord.record.codec import from_json
    from accord.record.trust import TrustedSigner, TrustFile

    signer = TrustedSigner(public=base64.b64encode(b"x").decode(), level=TrustLevel.SELF, not_after=date(2030, 1, 1))
    file = TrustFile(trust=1, expires=date(2030, 1, 1), roots=(), keys=(), signers=(signer,), builders=("b",))
    assert from_json(canonical(file), TrustFile, path="x", limit=1 << 20) == file
