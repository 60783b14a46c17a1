"""Checks a bundle or a state folder offline, and names every place that does not hold."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from accord.core.assessment import Assessment, EvidenceRef
from accord.core.canon import digest_bytes
from accord.core.errors import AccordError, TamperError
from accord.core.finding import Evidence, TrustLevel
from accord.core.settings import MIB
from accord.record import bundle, dsse, ledger, merkle
from accord.record.bundle import Problem
from accord.record.keys import keyid_of, list_keys
from accord.record.state import read_file
from accord.record.statement import ASSESSMENT as ASSESSMENT_KIND
from accord.record.statement import FILES as FILES_KIND
from accord.record.statement import Statement, read_assessment, read_evidence, read_statement
from accord.record.trust import Trust, at_least

if TYPE_CHECKING:
    from accord.record.store import Filed, Store, Stored

_Value = TypeVar("_Value")
_Keys = Mapping[str, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyEntry:
    """A public key as a bundle lists it: 32 raw bytes in base64."""

    keyid: str
    role: str
    public: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyList:
    """Everything `keys.json` says."""

    keys: tuple[KeyEntry, ...]


def verify_bundle(folder: Path, trust: Trust) -> tuple[Problem, ...]:
    """Return everything in a bundle that does not hold; nothing means it is good.

    The bundle's own keys show that nothing was changed since it was signed; whose keys they are, and that they
    count above level `self`, only the trust file can show. Rendered files are looked for beside the folder.
    """
    return tuple(_bundle_problems(folder, trust))


def verify_state(state: Path, trust: Trust, *, url: str | None = None) -> tuple[Problem, ...]:
    """Return everything in a state folder that does not hold: evidence, assessments, blobs, ledger, receipts.

    `url` is the database, where the records are not in the folder's own.
    """
    known = replace(trust, local=(*trust.local, *list_keys(state)))
    return tuple(_state_problems(state, known, url))


def read_receipt(data: bytes) -> ledger.Receipt:
    """Return a receipt from its JSON; raises an `AccordError` for anything else."""
    from accord.record.codec import from_json

    return from_json(data, ledger.Receipt, path=bundle.RECEIPT, limit=MIB)


def _bundle_problems(folder: Path, trust: Trust) -> Iterator[Problem]:
    problems: list[Problem] = []
    keys = _attempt(problems, bundle.KEYS, lambda: _bundle_keys(folder, trust))
    if keys is None:
        yield from problems
        return
    opened = _attempt(problems, bundle.ASSESSMENT, lambda: _open_assessment(_read(folder / bundle.ASSESSMENT), keys))
    yield from problems
    if opened is None:
        return
    assessment, predicate, keyids = opened
    yield from _level_problems(bundle.ASSESSMENT, keyids, assessment.level, at=assessment.created, trust=trust)
    yield from _evidence_problems(folder, assessment, keys=keys, trust=trust)
    problems = []
    _attempt(problems, bundle.RECEIPT, lambda: _checked_receipt(_read(folder / bundle.RECEIPT), assessment, keys))
    yield from problems
    yield from _files_problems(folder, assessment, keys=keys, predicate=predicate)


def _bundle_keys(folder: Path, trust: Trust) -> dict[str, bytes]:
    from accord.record.codec import from_json

    listed = from_json(_read(folder / bundle.KEYS), KeyList, path=bundle.KEYS, limit=MIB)
    keys: dict[str, bytes] = {}
    for key in listed.keys:
        try:
            raw = base64.b64decode(key.public, validate=True)
        except binascii.Error as error:
            raise TamperError(f"the key {key.keyid[:16]} is no base64", code="ACC-E551") from error
        if keyid_of(raw) != key.keyid or key.keyid in keys:
            raise TamperError(f"{key.keyid[:16]} is not the id of its key", code="ACC-E551")
        keys[key.keyid] = raw
    return keys | trust.keys()


def _open_assessment(data: bytes, keys: _Keys) -> tuple[Assessment, Mapping[str, object], tuple[str, ...]]:
    verified = dsse.verify(dsse.from_json(data), keys)
    predicate = read_statement(verified.payload, ASSESSMENT_KIND).predicate
    return read_assessment(verified.payload), predicate, verified.keyids


def _level_problems(
    place: str, keyids: tuple[str, ...], claimed: TrustLevel, *, at: datetime, trust: Trust
) -> Iterator[Problem]:
    """Compare the level that a record claims with what the trust file grants its signers."""
    for keyid in keyids:
        if trust.revoked(keyid):
            yield Problem(place, f"signed by the revoked key {keyid[:16]}")
    if trust.file is None:
        if claimed is not TrustLevel.SELF:
            yield Problem(place, f"claims level {claimed}, which only a trust file can show (--trust FILE)")
    elif not any(at_least(trust.level_of(keyid, at), claimed) for keyid in keyids):
        names = ", ".join(keyid[:16] for keyid in keyids)
        yield Problem(place, f"claims level {claimed}, which the trust file does not give to {names}")


def _evidence_problems(folder: Path, assessment: Assessment, *, keys: _Keys, trust: Trust) -> Iterator[Problem]:
    wanted = {item.id: item for item in assessment.evidence}
    if len(wanted) < len(assessment.evidence):
        yield Problem(bundle.ASSESSMENT, "it counts some evidence twice")
    problems: list[Problem] = []
    lines = _attempt(problems, bundle.EVIDENCE, lambda: _read(folder / bundle.EVIDENCE).splitlines())
    yield from problems
    seen: set[str] = set()
    for number, line in enumerate(lines or (), start=1):
        place = f"{bundle.EVIDENCE}:{number}"
        yield from _one_evidence(line, place, wanted=wanted, seen=seen, keys=keys, trust=trust)
    for missing in sorted(wanted.keys() - seen):
        yield Problem(bundle.EVIDENCE, f"evidence {missing} is named by the assessment and missing")


def _one_evidence(
    line: bytes, place: str, *, wanted: Mapping[str, EvidenceRef], seen: set[str], keys: _Keys, trust: Trust
) -> Iterator[Problem]:
    problems: list[Problem] = []
    opened = _attempt(problems, place, lambda: _open_evidence(line, keys))
    yield from problems
    if opened is None:
        return
    evidence, keyids = opened
    named = wanted.get(evidence.id)
    if evidence.id in seen:
        yield Problem(place, f"evidence {evidence.id} stands in the bundle twice")
    elif named is None:
        yield Problem(place, f"evidence {evidence.id} is not named by the assessment")
    elif not _fits(named, evidence):
        yield Problem(place, f"evidence {evidence.id} says something else than the assessment")
    seen.add(evidence.id)
    yield from _level_problems(place, keyids, evidence.level, at=evidence.collected, trust=trust)


def _open_evidence(line: bytes, keys: _Keys) -> tuple[Evidence, tuple[str, ...]]:
    verified = dsse.verify(dsse.from_json(line), keys)
    return read_evidence(verified.payload), verified.keyids


def _fits(named: EvidenceRef, evidence: Evidence) -> bool:
    """Tell whether the assessment names evidence as it is."""
    same = (named.check, named.check_version, named.asset, named.collected, named.level, named.found)
    said = (evidence.check, evidence.check_version, evidence.asset, evidence.collected, evidence.level, evidence.state)
    return same == said and {finding.id for finding in evidence.findings} == set(named.findings)


def _files_problems(
    folder: Path, assessment: Assessment, *, keys: _Keys, predicate: Mapping[str, object]
) -> Iterator[Problem]:
    problems: list[Problem] = []
    statement = _attempt(problems, bundle.FILES, lambda: _open_files(folder / bundle.FILES, keys))
    yield from problems
    if statement is None:
        return
    if statement.predicate.get("assessment") != assessment.id:
        yield Problem(bundle.FILES, "it is about another assessment")
    out = folder.parent
    for name, digest in statement.subjects.items():
        yield from _file_problems(out, name, digest)
    if (out / "assessment.json").is_file():
        yield from _document_problems("assessment.json", _read(out / "assessment.json"), predicate=predicate)
    for name in sorted(path.name for path in out.glob("assessment.*") if path.name not in statement.subjects):
        yield Problem(name, "the file lies beside the bundle and nobody signed it")


def _file_problems(out: Path, name: str, digest: str) -> Iterator[Problem]:
    problems: list[Problem] = []
    data = _attempt(problems, name, lambda: _read(out / _plain_name(name)))
    yield from problems
    if data is not None and digest_bytes(data) != digest:
        yield Problem(name, "the file was changed after it was signed")


def _open_files(path: Path, keys: _Keys) -> Statement:
    return read_statement(dsse.verify(dsse.from_json(_read(path)), keys).payload, FILES_KIND)


def _plain_name(name: str) -> str:
    if name in {"", ".", ".."} or "/" in name or "\\" in name or "\0" in name:
        raise TamperError(f"{name!r} is no plain file name", code="ACC-E551")
    return name


def _document_problems(place: str, data: bytes, *, predicate: Mapping[str, object]) -> Iterator[Problem]:
    """Compare a JSON document with what was signed, member by member."""
    import msgspec

    try:
        said = msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError):
        said = None
    if not isinstance(said, dict):
        yield Problem(place, "it is no JSON document")
        return
    for key in sorted(said.keys() | predicate.keys()):
        if key not in said or key not in predicate or said[key] != predicate[key]:
            yield Problem(place, f"{key!r} is not what was signed")


def _state_problems(state: Path, trust: Trust, url: str | None) -> Iterator[Problem]:
    from accord.record.store import open_store

    keys = trust.keys()
    problems: list[Problem] = []
    _attempt(problems, "ledger", lambda: ledger.verify_ledger(state, keys))
    leaves = None if problems else [merkle.leaf_hash(entry) for entry in ledger.entries(state)]
    yield from problems
    if url is None and not (state / "accord.db").is_file():
        return
    with open_store(state, url=url) as store:
        for stored in store.all_evidence():
            yield from _stored_problems(stored, keys=keys, trust=trust)
        for filed in store.assessments():
            yield from _filed_problems(store, filed, keys=keys, trust=trust, leaves=leaves)


def _filed_problems(
    store: Store, filed: Filed, *, keys: _Keys, trust: Trust, leaves: list[bytes] | None
) -> Iterator[Problem]:
    place = f"assessment {filed.id}"
    problems: list[Problem] = []
    opened = _attempt(problems, place, lambda: _open_assessment(store.envelope(filed), keys))
    document = _attempt(problems, place, lambda: store.document(filed))
    yield from problems
    if opened is None or document is None:
        return
    assessment, predicate, keyids = opened
    if (filed.id, filed.passed) != (assessment.id, assessment.gate.passed):
        yield Problem(place, "the store says something else than what was signed")
    yield from _document_problems(place, document, predicate=predicate)
    yield from _level_problems(place, keyids, assessment.level, at=assessment.created, trust=trust)
    yield from _entry_problems(filed, assessment, keys=keys, leaves=leaves)


def _entry_problems(
    filed: Filed, assessment: Assessment, *, keys: _Keys, leaves: list[bytes] | None
) -> Iterator[Problem]:
    """Check a stored receipt, and that the ledger of now still begins with the ledger that gave it."""
    place = f"receipt of {filed.id}"
    problems: list[Problem] = []
    receipt = _attempt(problems, place, lambda: _checked_receipt(filed.receipt, assessment, keys))
    yield from problems
    if receipt is None or leaves is None:
        return
    if len(leaves) < receipt.size or merkle.root_hash(leaves[: receipt.size]).hex() != receipt.root:
        yield Problem(place, "the ledger is not the one that gave this receipt, or was set back")


def _checked_receipt(data: bytes, assessment: Assessment, keys: _Keys) -> ledger.Receipt:
    receipt = read_receipt(data)
    ledger.verify_receipt(receipt, keys, entry=ledger.assessment_entry(assessment).data())
    return receipt


def _stored_problems(stored: Stored, *, keys: _Keys, trust: Trust) -> Iterator[Problem]:
    place = f"evidence {stored.id}"
    problems: list[Problem] = []
    opened = _attempt(problems, place, lambda: _open_evidence(stored.envelope, keys))
    yield from problems
    if opened is None:
        return
    evidence, keyids = opened
    columns = ("id", "check", "check_version", "asset", "asset_digest", "state", "level", "collected")
    for column in columns:
        if getattr(stored, column) != getattr(evidence, column):
            yield Problem(place, f"the store says another {column} than what was signed")
    yield from _level_problems(place, keyids, evidence.level, at=evidence.collected, trust=trust)


def _read(path: Path) -> bytes:
    try:
        return read_file(path, dsse.MAX_ENVELOPE)
    except FileNotFoundError as error:
        raise TamperError("the file is missing", code="ACC-E551") from error
    except (OSError, ValueError) as error:
        raise TamperError(f"the file cannot be read: {error}", code="ACC-E551") from error


def _attempt(problems: list[Problem], place: str, read: Callable[[], _Value]) -> _Value | None:
    """Return what `read` returns, or note why it could not and return None."""
    try:
        return read()
    except AccordError as error:
        problems.append(Problem(place, error.message))
        return None
