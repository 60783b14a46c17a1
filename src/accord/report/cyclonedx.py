"""CycloneDX 1.6, as a bill of materials of the AI system: models with their cards, data, services, packages."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, TextIO
from urllib.parse import unquote
from uuid import NAMESPACE_URL, uuid5

from accord.core.canon import digest, plain
from accord.core.text import one_line

if TYPE_CHECKING:
    from accord.core.assessment import Assessment, AssetRef

SCHEMA: Final = "http://cyclonedx.org/schema/bom-1.6.schema.json"
SYSTEM: Final = "system"
"""The reference of the system itself."""

SEAL: Final = "accord:integrity"
"""The property that holds the digest of everything else."""

_LICENCES: Final = (
    "Apache-2.0",
    "MIT",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "CC-BY-4.0",
    "CC-BY-SA-4.0",
    "CC0-1.0",
    "MPL-2.0",
)
_TRAINS: Final = re.compile(r"train|tun|align|distil", re.I)
_CARD: Final = ("parameters", "dtype", "quantization", "context_length", "language", "library", "producer")
_SERVICES: Final = frozenset({"tool", "target", "retrieval"})
_KINDS: Final[Mapping[str, str]] = {
    "dataset": "dataset",
    "retrieval": "dataset",
    "prompt": "configuration",
    "guard": "configuration",
}


def write(assessment: Assessment, out: TextIO) -> None:
    """Write one bill of materials in JSON."""
    document = _document(assessment)
    sealed = {"name": SEAL, "value": digest(document)}
    document["properties"] = [*document["properties"], sealed]
    out.write(json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False) + "\n")


def faults(document: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with a bill of materials of ours and in which member: its digest, and its references."""
    properties = document["properties"]
    stated = [one["value"] for one in properties if one["name"] == SEAL]
    rest = {**document, "properties": [one for one in properties if one["name"] != SEAL]}
    if document["specVersion"] != "1.6":
        yield "it is not CycloneDX 1.6", "specVersion"
    if stated != [digest(rest)]:
        yield "it is not what accord:integrity says: it was changed or damaged", "properties"
    things = [document["metadata"]["component"], *document["components"], *document["services"]]
    known = [one["bom-ref"] for one in things]
    if len(set(known)) < len(known):
        yield "two components have one reference", "components"
    wanted = {ref for one in document["dependencies"] for ref in (one["ref"], *one.get("dependsOn", ()))}
    for ref in sorted(wanted - set(known)):
        yield f"the dependency {one_line(ref, 100)} leads nowhere", "dependencies"


def _document(assessment: Assessment) -> dict[str, Any]:
    refs = _references(assessment.assets)
    models = [one for one in assessment.assets if _is(one, "model")]
    data = [one for one in assessment.assets if _holds_data(one)]
    packages = _packages(assessment.assets)
    components = [_model(one, refs, data) for one in models]
    components += [_data(one, refs) for one in data]
    components += packages
    services = [_service(one, refs) for one in assessment.assets if _serves(one)]
    whole = not assessment.skipped and all(one.unread is None for one in assessment.assets)
    return {
        "$schema": SCHEMA,
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid5(NAMESPACE_URL, assessment.id)}",
        "version": 1,
        "metadata": _metadata(assessment),
        "components": components,
        "services": services,
        "dependencies": _dependencies(models, data, refs, [*components, *services]),
        "compositions": [{"aggregate": "complete" if whole else "incomplete", "assemblies": [SYSTEM]}],
        "properties": [_property("accord:assessment", assessment.id)],
    }


def _metadata(assessment: Assessment) -> dict[str, Any]:
    gate = "passed" if assessment.gate.passed else "failed"
    return {
        "timestamp": plain(assessment.created),
        "tools": {
            "components": [{"type": "application", "name": "accord", "version": one_line(assessment.version, 40)}]
        },
        "component": {
            "type": "application",
            "bom-ref": SYSTEM,
            "name": _name(assessment.system.name),
            "version": _name(assessment.system.version),
        },
        "properties": [
            _property("accord:subject", assessment.subject),
            _property("accord:system", assessment.system.id),
            _property("accord:catalogue", assessment.profile.catalogue),
            _property("accord:level", assessment.profile.level),
            _property("accord:gate", gate),
            _property("accord:tlp", assessment.tlp),
        ],
    }


def _model(asset: AssetRef, refs: Mapping[str, str], data: Iterable[AssetRef]) -> dict[str, Any]:
    facts = asset.facts
    base = {"type": "machine-learning-model", **_about(asset, refs)}
    if facts.get("provider"):
        base["supplier"] = {"name": _name(facts["provider"])}
    if facts.get("revision"):
        base["version"] = _name(facts["revision"])
    if facts.get("base_model"):
        ancestor = {"type": "machine-learning-model", "name": _name(facts["base_model"])}
        base["pedigree"] = {"ancestors": [ancestor]}
    return base | {"modelCard": _card(asset, refs, data), **_evidence(asset)}


def _card(asset: AssetRef, refs: Mapping[str, str], data: Iterable[AssetRef]) -> dict[str, Any]:
    facts = asset.facts
    sets = [{"ref": refs[one.id]} for one in data if asset.declared and _trains(one)]
    named = [name.strip() for name in facts.get("datasets", "").split(",")]
    inline = [{"type": "dataset", "name": _name(name)} for name in named if name and name != "…"]
    told = {
        "task": facts.get("task") or facts.get("role"),
        "architectureFamily": facts.get("family"),
        "modelArchitecture": facts.get("architecture"),
    }
    parameters: dict[str, Any] = {key: one_line(value) for key, value in told.items() if value}
    if sets or inline:
        parameters["datasets"] = [*sets, *inline]
    stated = {"useCases": facts.get("uses"), "technicalLimitations": facts.get("limitations")}
    considerations = {key: [one_line(value)] for key, value in stated.items() if value}
    listed = [_property(f"accord:{key}", facts[key]) for key in _CARD if facts.get(key)]
    listed += [_property(f"accord:{key}", facts[key]) for key in ("training_data", "evaluation") if facts.get(key)]
    card = {"modelParameters": parameters, "considerations": considerations, "properties": listed}
    return {key: value for key, value in card.items() if value}


def _data(asset: AssetRef, refs: Mapping[str, str]) -> dict[str, Any]:
    facts = asset.facts
    about = _about(asset, refs)
    inside: dict[str, Any] = {"type": _KINDS[asset.kind.partition(".")[0]], "name": about["name"]}
    if facts.get("sensitivity"):
        inside["classification"] = one_line(facts["sensitivity"])
    if facts.get("sensitivity") in {"personal", "special-category"}:
        inside["sensitiveData"] = [one_line(facts["sensitivity"])]
    if facts.get("custodian"):
        inside["governance"] = {"custodians": [{"contact": {"name": one_line(facts["custodian"])}}]}
    return {"type": "data", **about, "data": [inside], **_evidence(asset)}


def _service(asset: AssetRef, refs: Mapping[str, str]) -> dict[str, Any]:
    about = _about(asset, refs)
    service = {key: about[key] for key in ("bom-ref", "name", "properties")}
    url = asset.facts.get("url", "")
    return service | ({"endpoints": [url]} if re.fullmatch(r"https?://[A-Za-z0-9._~:/?=&%+,@-]{1,500}", url) else {})


def _about(asset: AssetRef, refs: Mapping[str, str]) -> dict[str, Any]:
    """Return what every component has: reference, name, digest, licence, and facts without a place of their own."""
    about: dict[str, Any] = {"bom-ref": refs[asset.id], "name": _name(asset.facts.get("model") or asset.id)}
    if asset.digest and _is_file(asset):
        about["hashes"] = [{"alg": "SHA-256", "content": asset.digest.removeprefix("sha256:")}]
    licence = asset.facts.get("licence")
    if licence:
        known = next((one for one in _LICENCES if one.lower() == licence.strip().lower()), None)
        about["licenses"] = [{"license": {"id": known} if known else {"name": _name(licence)}}]
    told = {"id": asset.id, "kind": asset.kind, "declared": str(asset.declared).lower()}
    told |= {
        key: asset.facts[key]
        for key in ("format", "origin", "collected", "retention", "used_for")
        if key in asset.facts
    }
    told |= {"size": str(asset.size)} if asset.size is not None else {}
    told |= {"unread": asset.unread} if asset.unread else {}
    told |= {"digest": asset.digest} if asset.digest and not _is_file(asset) else {}  # of a list, not of one file
    about["properties"] = [_property(f"accord:{key}", value) for key, value in told.items() if value]
    return about


def _evidence(asset: AssetRef) -> dict[str, Any]:
    """Return how the component is known: by its digest, and where it lies."""
    evidence: dict[str, Any] = {}
    if asset.digest and _is_file(asset):
        method = {"technique": "hash-comparison", "confidence": 1, "value": asset.digest}
        evidence["identity"] = [{"field": "hash", "confidence": 1, "concludedValue": asset.digest, "methods": [method]}]
    if asset.path:
        evidence["occurrences"] = [{"location": one_line(asset.path)}]
    return {"evidence": evidence} if evidence else {}


def _packages(assets: Iterable[AssetRef]) -> list[dict[str, Any]]:
    found = dict.fromkeys(purl for asset in assets for purl in asset.parts)
    return [_package(purl) for purl in found if purl.startswith("pkg:")]


def _package(purl: str) -> dict[str, Any]:
    purl = one_line(purl)
    path, _, version = purl.partition("/")[2].rpartition("@") if "@" in purl else (purl.partition("/")[2], "", "")
    named = {"type": "library", "bom-ref": purl, "name": _name(unquote(path)), "purl": purl}
    return named | ({"version": _name(unquote(version))} if version else {})


def _dependencies(
    models: Iterable[AssetRef], data: Iterable[AssetRef], refs: Mapping[str, str], all_of: Iterable[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    trained = [refs[one.id] for one in data if _trains(one)]
    whole: list[dict[str, Any]] = [{"ref": SYSTEM, "dependsOn": [one["bom-ref"] for one in all_of]}]
    return whole + [{"ref": refs[one.id], "dependsOn": trained} for one in models if trained and one.declared]


def _references(assets: Iterable[AssetRef]) -> dict[str, str]:
    """Return a reference for each asset that differs from all others, whatever their ids look like when cleaned."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for number, asset in enumerate(assets):
        name = one_line(f"{asset.kind}:{asset.id}", 200)
        name = f"asset:{name}" if name.startswith("pkg:") else name
        while name in taken:
            name = f"{name}~{number}"
        found[asset.id] = name
        taken.add(name)
    return found


def _is(asset: AssetRef, kind: str) -> bool:
    return asset.kind.partition(".")[0] == kind


def _is_file(asset: AssetRef) -> bool:
    return asset.path is not None and asset.facts.get("folder") != "yes"


def _holds_data(asset: AssetRef) -> bool:
    kind = asset.kind.partition(".")[0]
    return kind in _KINDS and (kind not in _SERVICES or asset.path is not None)


def _serves(asset: AssetRef) -> bool:
    return asset.kind.partition(".")[0] in _SERVICES and not _holds_data(asset)


def _trains(asset: AssetRef) -> bool:
    return _is(asset, "dataset") and asset.declared and bool(_TRAINS.search(asset.facts.get("used_for", "")))


def _property(name: str, value: str) -> dict[str, str]:
    return {"name": name, "value": one_line(value)}


def _name(text: str) -> str:
    return one_line(text, 200) or "unnamed"
