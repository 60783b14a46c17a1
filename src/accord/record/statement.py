"""Evidence, assessments, attestations and debts as in-toto statements (Statement v1), and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Final, TypeVar

from accord.core.assessment import Assessment, Attestation, Debt
from accord.core.campaign import Campaign
from accord.core.canon import Digest, canonical, digest, digest_bytes, wire_name
from accord.core.errors import RecordError, TamperError
from accord.core.finding import Evidence

EVIDENCE: Final = "urn:accord:evidence:1"
ASSESSMENT: Final = "urn:accord:assessment:1"
ATTESTATION: Final = "urn:accord:attestation:1"
DEBT: Final = "urn:accord:debt:1"
FILES: Final = "urn:accord:files:1"
CAMPAIGN: Final = "urn:accord:campaign:1"

_TYPE = "https://in-toto.io/Statement/v1"
_MEMBERS: Final = frozenset({"_type", "predicate", "predicateType", "subject"})
_Word = TypeVar("_Word", Evidence, Assessment, Attestation, Debt, Campaign)


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What is said (`predicate`, plain values) of which things (`subjects`, names and digests)."""

    kind: str
    subjects: Mapping[str, Digest]
    predicate: Mapping[str, object]


def seal(evidence: Evidence) -> Evidence:
    """Return the evidence with its id: the digest of all but `id` and `reused`."""
    return replace(evidence, id=_identity(_members(evidence)))


def seal_assessment(assessment: Assessment) -> Assessment:
    """Return the assessment with its id: the digest of all but `id`."""
    return replace(assessment, id=_identity(_members(assessment)))


def evidence_statement(evidence: Evidence, *, subject: Digest, system: str) -> bytes:
    """Return the statement of sealed evidence, of its asset; `subject` stands in for an asset without a digest."""
    name = f"{system}/{evidence.asset}" if evidence.asset else system
    return _write(EVIDENCE, {name: evidence.asset_digest or subject}, predicate=evidence)


def read_evidence(payload: bytes) -> Evidence:
    """Return the evidence of a statement whose signature held.

    Raises `TamperError` when id or subject do not fit what is said, `RecordError` when it is no such statement.
    """
    statement = read_statement(payload, EVIDENCE)
    evidence = _word(statement, Evidence)
    _same_id(statement, evidence.id)
    if evidence.asset_digest is not None and evidence.asset_digest not in statement.subjects.values():
        raise TamperError(f"evidence {evidence.id} is about another digest than it says", code="ACC-E514")
    return evidence


def assessment_statement(assessment: Assessment) -> bytes:
    """Return the statement of a sealed assessment, of the system's subject digest."""
    return _write(ASSESSMENT, {assessment.system.id: assessment.subject}, predicate=assessment)


def read_assessment(payload: bytes) -> Assessment:
    """Return the assessment of a statement whose signature held; raises as `read_evidence` does."""
    statement = read_statement(payload, ASSESSMENT)
    assessment = _word(statement, Assessment)
    _same_id(statement, assessment.id)
    return assessment


def attestation_statement(attestation: Attestation) -> bytes:
    """Return the statement of an attestation, of its attachments and what it says."""
    said = canonical(attestation)
    subjects = {item.path: item.digest for item in attestation.attachments}
    return _write(ATTESTATION, subjects or {attestation.system: digest_bytes(said)}, predicate=attestation)


def read_attestation(payload: bytes) -> Attestation:
    """Return the attestation of a statement whose signature held; raises as `read_evidence` does."""
    return _word(read_statement(payload, ATTESTATION), Attestation)


def debt_statement(debt: Debt) -> bytes:
    """Return the statement of a debt, of the digest of what it lists."""
    return _write(DEBT, {debt.system: digest_bytes(canonical(debt))}, predicate=debt)


def read_debt(payload: bytes) -> Debt:
    """Return the debt of a statement whose signature held; raises as `read_evidence` does."""
    return _word(read_statement(payload, DEBT), Debt)


def campaign_statement(campaign: Campaign) -> bytes:
    """Return the statement of a campaign, of the system it attacked; its exhibits stay in the store."""
    subject = campaign.subject or campaign.plan
    return _write(CAMPAIGN, {campaign.system or campaign.target: subject}, predicate=replace(campaign, exhibits=()))


def read_campaign(payload: bytes) -> Campaign:
    """Return the campaign of a statement whose signature held; raises as `read_evidence` does."""
    return _word(read_statement(payload, CAMPAIGN), Campaign)


def files_statement(files: Mapping[str, Digest], *, assessment: str) -> bytes:
    """Return the statement of the files that were rendered from an assessment, by name and digest."""
    return _write(FILES, files, predicate={"assessment": assessment})


def read_statement(payload: bytes, kind: str) -> Statement:
    """Return a statement of one kind.

    Raises `RecordError` for anything else.
    """
    import msgspec

    try:
        value = msgspec.json.decode(payload)
    except (msgspec.DecodeError, RecursionError) as error:
        raise _malformed(str(error)) from error
    if not isinstance(value, dict) or set(value) != _MEMBERS or value["_type"] != _TYPE:
        raise _malformed("it has exactly _type (Statement/v1), subject, predicateType and predicate")
    if value["predicateType"] != kind:
        raise _malformed(f"it is a {value['predicateType']}, not a {kind}")
    if not isinstance(value["predicate"], dict) or not isinstance(value["subject"], list):
        raise _malformed("subject is a list, predicate a mapping")
    subjects = dict(_subject(item) for item in value["subject"])
    if len(subjects) < len(value["subject"]):
        raise _malformed("two subjects have one name")
    return Statement(kind=kind, subjects=subjects, predicate=value["predicate"])


def _write(kind: str, subjects: Mapping[str, Digest], *, predicate: object) -> bytes:
    named = [
        {"digest": {"sha256": digest.removeprefix("sha256:")}, "name": name}
        for name, digest in sorted(subjects.items())
    ]
    return canonical({"_type": _TYPE, "predicate": predicate, "predicateType": kind, "subject": named})


def _members(word: Evidence | Assessment) -> dict[str, object]:
    return {wire_name(field.name): getattr(word, field.name) for field in fields(word)}


def _identity(said: Mapping[str, object]) -> Digest:
    """Digest the members of a word without what is not part of its identity."""
    return digest({key: value for key, value in said.items() if key not in {"id", "reused"}})


def _same_id(statement: Statement, claimed: str) -> None:
    # over what was signed, not over the word: a later version of the word may have more fields
    if _identity(statement.predicate) != claimed:
        raise TamperError(f"{claimed or 'a record without id'} is not the digest of what it says", code="ACC-E514")


def _word(statement: Statement, word: type[_Word]) -> _Word:
    import msgspec

    unknown = set(statement.predicate) - {field.name for field in fields(word)}
    if unknown:
        raise _malformed(f"its predicate has the unknown {', '.join(sorted(unknown))}")
    try:
        return msgspec.convert(statement.predicate, type=word)
    except msgspec.ValidationError as error:
        raise _malformed(str(error)) from error


def _subject(item: object) -> tuple[str, Digest]:
    match item:
        case {"name": str(name), "digest": {"sha256": str(value)}, **rest} if not rest:
            return name, Digest("sha256:" + value)
        case _:
            raise _malformed("a subject has a name and a sha256 digest")


def _malformed(why: str) -> RecordError:
    return RecordError(f"this is no statement of ours: {why}", code="ACC-E513")
