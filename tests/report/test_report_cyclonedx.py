"""The bill of materials: valid CycloneDX whatever it is made of, and everything that belongs into it."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from hypothesis import given
from hypothesis import strategies as st

from accord.core.assessment import Assessment, AssetRef
from accord.core.canon import digest_bytes
from accord.core.finding import Skipped
from accord.report import cyclonedx
from accord.report.integrity import problems
from accord.testing import World

Make = Callable[..., Assessment]
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
NASTY = st.text(max_size=60) | st.sampled_from(["", "\ud800", "\udc80.txt", "x" * 3000, "pkg:", "a@b", "\x1b[31m"])
MODEL = AssetRef(
    id="m1", kind="model.file", path="models/m1.safetensors", digest=digest_bytes(b"m"), declared=True, size=7,
    facts={"format": "safetensors", "parameters": "135000000", "dtype": "F16", "quantization": "Q4_K_M",
           "role": "generator", "architecture": "LlamaForCausalLM", "family": "llama", "licence": "apache-2.0",
           "base_model": "org/base", "datasets": "one, two", "uses": "short answers",
           "limitations": "English only", "training_data": "tickets"},
)  # fmt: skip
DATASET = AssetRef(
    id="d1", kind="dataset", path="data/d1.csv", digest=digest_bytes(b"d"), declared=True,
    facts={"used_for": "fine-tune", "sensitivity": "personal", "licence": "house licence",
           "custodian": "d@example.org"},
)  # fmt: skip
OTHERS = (
    AssetRef(id="m2", kind="model.api", path=None, digest=None, declared=True,
             facts={"provider": "example", "model": "large-1"}),
    AssetRef(id="m3", kind="model.hub", path=None, digest=None, declared=False,
             facts={"model": "org/x", "revision": "main"}),
    AssetRef(id="refund", kind="tool", path=None, digest=digest_bytes(b"t"), declared=True),
    AssetRef(id="kb", kind="retrieval", path="kb", digest=digest_bytes(b"k"), declared=True, facts={"folder": "yes"}),
    AssetRef(id="staging", kind="target", path=None, digest=None, declared=True, facts={"url": "http://127.0.0.1:8080/v1"}),
    AssetRef(id="lockfile", kind="lockfile", path="requirements.txt", digest=None, declared=True,
             parts=("pkg:pypi/flask@3.0.0", "pkg:npm/%40scope/left@1.0.0", "pkg:pypi/loose")),
)  # fmt: skip


def bom(assessment: Assessment) -> dict[str, Any]:
    said: dict[str, Any] = json.loads(written(assessment))
    return said


def written(assessment: Assessment) -> str:
    out = io.StringIO()
    cyclonedx.write(assessment, out)
    return out.getvalue()


def valid(text: str) -> bool:
    return JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None


@pytest.fixture
def full(make: Make) -> Assessment:
    return replace(make(), assets=(MODEL, DATASET, *OTHERS))


def by_ref(document: dict[str, Any]) -> dict[str, Any]:
    return {one["bom-ref"]: one for one in (*document["components"], *document["services"])}


def test_it_fits_the_schema_and_is_the_same_each_time(make: Make, full: Assessment) -> None:
    for assessment in (make(), full, replace(full, assets=())):
        assert valid(written(assessment))
        assert written(assessment) == written(assessment)


def test_a_model_has_digest_licence_card_and_place(full: Assessment) -> None:
    model = by_ref(bom(full))["model.file:m1"]
    assert model["type"] == "machine-learning-model"
    assert model["hashes"] == [{"alg": "SHA-256", "content": digest_bytes(b"m")[7:]}]
    assert model["licenses"] == [{"license": {"id": "Apache-2.0"}}]
    assert model["pedigree"]["ancestors"][0]["name"] == "org/base"
    assert model["evidence"]["occurrences"] == [{"location": "models/m1.safetensors"}]
    card = model["modelCard"]
    assert card["modelParameters"]["architectureFamily"] == "llama"
    assert card["modelParameters"]["modelArchitecture"] == "LlamaForCausalLM"
    assert card["modelParameters"]["task"] == "generator"
    assert card["considerations"] == {"useCases": ["short answers"], "technicalLimitations": ["English only"]}
    told = {one["name"]: one["value"] for one in card["properties"]}
    assert told["accord:parameters"] == "135000000"
    assert told["accord:quantization"] == "Q4_K_M"
    assert told["accord:training_data"] == "tickets"


def test_training_data_is_named_and_linked(full: Assessment) -> None:
    document = bom(full)
    sets = by_ref(document)["model.file:m1"]["modelCard"]["modelParameters"]["datasets"]
    assert sets == [{"ref": "dataset:d1"}, {"type": "dataset", "name": "one"}, {"type": "dataset", "name": "two"}]
    data = by_ref(document)["dataset:d1"]
    assert data["licenses"] == [{"license": {"name": "house licence"}}]
    assert data["data"][0]["sensitiveData"] == ["personal"]
    assert data["data"][0]["governance"]["custodians"][0]["contact"]["name"] == "d@example.org"
    links = {one["ref"]: one["dependsOn"] for one in document["dependencies"]}
    assert links["model.file:m1"] == ["dataset:d1"]


def test_packages_and_services_are_what_the_system_depends_on(full: Assessment) -> None:
    document = bom(full)
    refs = by_ref(document)
    assert refs["pkg:npm/%40scope/left@1.0.0"]["name"] == "@scope/left"
    assert refs["pkg:npm/%40scope/left@1.0.0"]["version"] == "1.0.0"
    assert "version" not in refs["pkg:pypi/loose"]
    assert refs["target:staging"]["endpoints"] == ["http://127.0.0.1:8080/v1"]
    assert {one["bom-ref"] for one in document["services"]} == {"tool:refund", "target:staging"}
    assert set(document["dependencies"][0]["dependsOn"]) == set(refs)
    assert refs["model.api:m2"]["supplier"] == {"name": "example"}
    assert refs["model.hub:m3"]["version"] == "main"


def test_the_digest_of_a_folder_is_no_digest_of_a_file(full: Assessment) -> None:
    folder = by_ref(bom(full))["retrieval:kb"]
    assert "hashes" not in folder
    assert {"name": "accord:digest", "value": digest_bytes(b"k")} in folder["properties"]


def test_what_was_not_looked_at_makes_it_incomplete(make: Make, full: Assessment) -> None:
    whole = replace(full, skipped=())
    assert bom(whole)["compositions"][0]["aggregate"] == "complete"
    assert bom(replace(whole, skipped=(Skipped(path="x", reason="y"),)))["compositions"][0]["aggregate"] == "incomplete"
    unread = replace(whole, assets=(replace(MODEL, unread="larger than 4096 MiB: not hashed"),))
    assert bom(unread)["compositions"][0]["aggregate"] == "incomplete"


def test_a_changed_document_is_told(full: Assessment, tmp_path: Path) -> None:
    file = tmp_path / "assessment.cdx.json"
    file.write_text(written(full))
    assert problems(file) == ()
    file.write_text(written(full).replace("LlamaForCausalLM", "OtherForCausalLM"))
    assert [one.place for one in problems(file)] == ["properties"]
    file.write_text(written(full).replace('"ref": "model.file:m1"', '"ref": "model.file:gone"'))
    assert [one.place for one in problems(file)] == ["properties", "dependencies"]
    file.write_text('{"bomFormat": "CycloneDX"}')
    assert "no CycloneDX of ours" in problems(file)[0].message


@given(NASTY, NASTY, NASTY)
def test_hostile_assets_leave_it_valid(make: Make, one: str, two: str, three: str) -> None:
    facts = dict.fromkeys((*MODEL.facts, "provider", "revision", "url", "model", "sensitivity", "used_for"), two)
    assets = tuple(
        replace(base, id=one + str(number), path=three, unread=one, facts=facts, parts=(f"pkg:pypi/{two}@{three}",))
        for number, base in enumerate((MODEL, DATASET, *OTHERS))
    )
    text = written(replace(make(), assets=assets))
    assert valid(text)
    assert not CONTROLS.search(text)


def test_an_assessed_system_has_its_facts_in_it(tmp_path: Path) -> None:
    world = World(tmp_path)
    header = b'{"w": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}}'
    world.write("models/m1.safetensors", len(header).to_bytes(8, "little") + header + bytes(24))
    world.write("models/README.md", "---\nlicense: mit\n---\n# M1\n")
    world.write("requirements.txt", "flask==3.0.0\n")
    world.write(
        "accord.yaml",
        "accord: 1\nsystem: {id: s, name: S, version: '1', purpose: x, kind: [classifier]}\n"
        "owners: {system-owner: o@example.org}\nprofile: {level: baseline}\n"
        "components: {models: [{id: m1, source: 'file:models/m1.safetensors'}],\n"
        "  software: {lockfile: requirements.txt}}\n",
    )
    document = bom(world.assess())
    refs = by_ref(document)
    assert refs["model.file:m1"]["licenses"] == [{"license": {"id": "MIT"}}]
    told = {one["name"]: one["value"] for one in refs["model.file:m1"]["modelCard"]["properties"]}
    assert told == {"accord:parameters": "6", "accord:dtype": "F32"}
    assert "pkg:pypi/flask@3.0.0" in refs
    assert valid(json.dumps(document))
