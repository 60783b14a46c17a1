"""Gate again: stored evidence, today's date, today's exceptions; nothing is run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from accord.assess.cases import shelved
from accord.assess.collect import campaigns_on
from accord.assess.conclude import exceptions, outcomes, owed_words
from accord.assess.engine import read_filed
from accord.assess.gate import Grounds, decide, regressed
from accord.assess.inputs import campaigns_digest, shared_digest, shelf_digest
from accord.assess.judge import Asked as JudgedAt
from accord.assess.judge import judge, standing
from accord.assess.plan import freshness
from accord.assess.prepare import Asked, prepare
from accord.core.assessment import Assessment, AttestationRead, EvidenceRef, Gate, WaiverRead
from accord.core.canon import Digest
from accord.core.errors import RecordError, TamperError
from accord.core.finding import State, TrustLevel
from accord.core.system import Level
from accord.record import dsse
from accord.record.catalogue import load_catalogue
from accord.record.codec import from_json, read_bytes
from accord.record.statement import read_assessment, seal_assessment
from accord.record.store import Filed, Store, open_store

_LARGEST = 512 << 20
_OVERTAKEN = "cases came in, or went, or campaigns were run, since it was collected"


def regate_folder(asked: Asked) -> Gate | None:
    """Decide on the newest assessment of the system in the folder `asked.root`; None where there is none.

    The folder's present manifest, digests, waivers and attestations count: a changed system fails. So does evidence
    that was collected before a case came in, or a campaign was run, that it would have had to look for.
    """
    declared = prepare(asked)
    if _nothing_stored(asked):
        return None
    with open_store(asked.state, url=asked.database) as store:
        filed = store.assessment("latest", declared.system.system.id)
        assessment = read_filed(store, filed)
        if filed is None or assessment is None:
            return None
        vouched = _vouched(store, filed, asked)
        shelf = shelved(asked.state, declared.system)
        own = {keyid: key for keyid, key in asked.trust.keys().items() if keyid == assessment.signer}
        attacked = campaigns_on(asked, declared, assessment.level, own)
        known = {
            "cases": shelf_digest(shelf),
            "shared": shared_digest(shelf),
            "campaigns": campaigns_digest(attacked._replace(subject=assessment.subject)),
        }
        assessment = replace(assessment, evidence=tuple(_overtaken(assessment.evidence, store, known)))
        released = outcomes(read_filed(store, store.last_passed(declared.system.system.id)))
    findings = {one.id: one for one in assessment.findings}
    changed = declared.subject != assessment.subject
    found = tuple(replace(ref, state=ref.found) for ref in assessment.evidence)
    now_granted = tuple(exceptions(declared, found, findings))
    grounds = _grounds(assessment, asked, now_granted, declared.attestations, level=declared.level, trust=vouched)
    return decide(grounds._replace(released=released, subject_changed=changed))


def _overtaken(refs: tuple[EvidenceRef, ...], store: Store, known: Mapping[str, Digest]) -> Iterator[EvidenceRef]:
    """Yield evidence, stale where it passed with other cases or campaigns than there are now."""
    stored = store.evidence([ref.id for ref in refs if ref.found is State.PASS])
    for ref in refs:
        found = stored.get(ref.id) if ref.found is State.PASS else None
        looked = found.evidence().inputs if found else ()
        if any(one.kind in known and one.digest != known[one.kind] for one in looked):
            yield replace(ref, found=State.STALE, reason=_OVERTAKEN)
        else:
            yield ref


def regate_assessment(what: str, asked: Asked) -> Gate | None:
    """Decide on one assessment (a file, an id or `latest`) as it stands today; None where there is none."""
    assessment = find_assessment(what, asked)
    if assessment is None:
        return None
    kept = (*assessment.waivers, *assessment.debts)
    vouched = _vouched_by_store(assessment, asked)
    level = assessment.profile.level
    grounds = _grounds(assessment, asked, kept, assessment.attestations, level=level, trust=vouched)
    return decide(grounds._replace(released=regressed(assessment.gate)))


def find_assessment(what: str, asked: Asked) -> Assessment | None:
    """Return an assessment by file, id or `latest`; None where there is none.

    Raises `TamperError` when its content does not fit its id.
    """
    if Path(what).is_file():
        data = read_bytes(Path(what), shown=what, limit=_LARGEST)
        assessment = from_json(data, Assessment, path=what, limit=_LARGEST)
    else:
        if _nothing_stored(asked):
            return None
        with open_store(asked.state, url=asked.database) as store:
            found = read_filed(store, store.assessment(what))
        if found is None:
            return None
        assessment = found
    if seal_assessment(assessment).id != assessment.id:
        raise TamperError(f"{what} is not what its id says: it was altered", code="ACC-E410")
    return assessment


def _nothing_stored(asked: Asked) -> bool:
    """Tell that there is no state folder, so that looking into it does not make one."""
    return asked.database is None and not asked.state.is_dir()


def _grounds(
    assessment: Assessment,
    asked: Asked,
    granted: tuple[WaiverRead, ...],
    attestations: tuple[AttestationRead, ...],
    *,
    level: Level,
    trust: TrustLevel,
) -> Grounds:
    catalogue = load_catalogue()
    found = tuple(replace(ref, state=ref.found) for ref in assessment.evidence)
    refs = standing(found, granted, freshness(catalogue), asked.now)
    at = JudgedAt(level, asked.now)
    verdicts = judge(catalogue.provisions(), refs, attestations, owed=owed_words(granted), asked=at)
    return Grounds(
        verdicts=verdicts,
        evidence=refs,
        findings=assessment.findings,
        waivers=granted,
        released={},
        level=level,
        trust=trust,
        now=asked.now,
        signers=tuple(ref.level for ref in refs),
    )


def _vouched_by_store(assessment: Assessment, asked: Asked) -> TrustLevel:
    """Return what the signature in the store is worth; a file alone vouches for nothing but itself."""
    if _nothing_stored(asked):
        return TrustLevel.SELF
    with open_store(asked.state, url=asked.database) as store:
        filed = store.assessment(assessment.id)
        return _vouched(store, filed, asked) if filed else TrustLevel.SELF


def _vouched(store: Store, filed: Filed, asked: Asked) -> TrustLevel:
    try:
        signed = dsse.verify(dsse.from_json(store.envelope(filed)), asked.trust.keys())
    except TamperError as error:
        raise TamperError(f"the stored assessment is not what was signed: {error}", code="ACC-E410") from error
    if read_assessment(signed.payload).id != filed.id:
        raise RecordError("the stored assessment and its signature differ", code="ACC-E410")
    levels = [asked.trust.level_of(keyid, asked.now) for keyid in signed.keyids]
    order = tuple(TrustLevel)
    return max((level for level in levels if level), key=order.index, default=TrustLevel.SELF)
