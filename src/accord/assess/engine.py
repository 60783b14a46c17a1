"""The whole assessment: prepare, collect, conclude, keep."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import NamedTuple

from accord import __version__
from accord.assess.collect import Signing, collect
from accord.assess.conclude import Clocked, Past, conclude
from accord.assess.debt import ends, owed_by, write_debt
from accord.assess.prepare import Asked, Declared, prepare
from accord.core.assessment import Assessment, Debt
from accord.core.errors import ManifestError, RecordError, TamperError
from accord.core.finding import TrustLevel
from accord.record import dsse
from accord.record.bundle import write_bundle
from accord.record.codec import from_json, to_json
from accord.record.keys import Signer, list_keys, signing_key
from accord.record.ledger import Receipt, assessment_entry, open_ledger, verify_ledger
from accord.record.statement import assessment_statement
from accord.record.store import Filed, Store, open_store

_LARGEST = 512 << 20


class Assessed(NamedTuple):
    """A finished assessment and what proves it; no receipt means that the ledger is broken, and the gate says so."""

    assessment: Assessment
    envelope: dsse.Envelope
    receipt: Receipt | None
    signer: Signer
    declared: Declared


def assess(asked: Asked, environ: Mapping[str, str]) -> Assessed:
    """Assess a system and keep everything that proves it.

    Raises `AccordError` for bad input, before anything is written.
    """
    started = time.monotonic()
    declared = prepare(asked)
    if asked.baseline:
        _last_day(asked)
    signing = signing_for(asked, environ)
    if signing.signer.made:
        asked = replace(asked, trust=replace(asked.trust, local=list_keys(asked.state)))
    with open_store(asked.state, url=asked.database) as store:
        assessment = _assess(asked, declared, signing, store, started)
        if asked.baseline:
            record_debt(asked, declared, assessment, signing.signer)
            assessment = _assess(asked, prepare(asked), signing, store, started)
        envelope = dsse.sign(assessment_statement(assessment), dsse.STATEMENT_TYPE, signers=[signing.signer])
        receipt = _record(assessment, asked, signing.signer)
        store.add_assessment(
            assessment,
            document=to_json(assessment),
            envelope=dsse.to_json(envelope),
            receipt=to_json(receipt) if receipt else b"",
        )
    return Assessed(assessment, envelope, receipt, signing.signer, declared)


def prove(done: Assessed, asked: Asked, out: Path, *, files: Iterable[str]) -> Path | None:
    """Write what proves an assessment beside its rendered `files`, so that anybody can verify it offline.

    Returns the bundle's folder, or None where a broken ledger gave no receipt.
    """
    if done.receipt is None:
        return None
    ids = list(dict.fromkeys(ref.id for ref in done.assessment.evidence))
    with open_store(asked.state, url=asked.database) as store:
        stored = store.evidence(ids)
    return write_bundle(
        out,
        done.assessment,
        envelope=dsse.to_json(done.envelope),
        evidence=(stored[one].envelope for one in ids),
        receipt=done.receipt,
        files=files,
        keys=list_keys(asked.state),
        signer=done.signer,
    )


def signing_for(asked: Asked, environ: Mapping[str, str]) -> Signing:
    """Return who signs here and what that is worth: what the trust file says of the key, else `self`.

    Raises `RecordError` for a key that the trust file revokes.
    """
    signer = signing_key(asked.state, environ)
    if asked.trust.revoked(signer.keyid):
        raise RecordError(
            f"the signing key {signer.keyid[:12]} is revoked",
            hint="make another and have the trust file name it",
            code="ACC-E407",
        )
    return Signing(signer, asked.trust.level_of(signer.keyid, asked.now) or TrustLevel.SELF)


def record_debt(asked: Asked, declared: Declared, assessment: Assessment, signer: Signer) -> None:
    """Write today's failures beside the manifest as signed debt."""
    findings = {one.id: one for one in assessment.findings}
    last = _last_day(asked)
    items = owed_by(assessment.evidence, findings, assessment.provisions)
    debt = Debt(debt=1, system=declared.system.system.id, created=asked.now.date(), ends=last, items=items)
    write_debt(asked.root, debt, signer)


def _last_day(asked: Asked) -> date:
    try:
        return ends(asked.now.date(), asked.until)
    except ValueError as error:
        raise ManifestError(str(error), hint="give --until YYYY-MM-DD", code="ACC-E123") from error


def read_filed(store: Store, filed: Filed | None) -> Assessment | None:
    """Return a filed assessment as the word it is."""
    if filed is None:
        return None
    return from_json(store.document(filed), Assessment, path=filed.id, limit=_LARGEST)


def _record(assessment: Assessment, asked: Asked, signer: Signer) -> Receipt | None:
    """Add an assessment to the ledger; a broken one takes nothing more."""
    try:
        return open_ledger(asked.state, signer, keys=asked.trust.keys()).append(assessment_entry(assessment))
    except TamperError:
        return None


def _tampered(asked: Asked, signer: Signer) -> tuple[str, ...]:
    """Return what is wrong with the ledger of the state folder; nothing where all is well, or none was begun."""
    try:
        verify_ledger(asked.state, {**asked.trust.keys(), signer.keyid: signer.public})
    except TamperError as error:
        return (error.message,)
    return ()


def _assess(asked: Asked, declared: Declared, signing: Signing, store: Store, started: float) -> Assessment:
    system = declared.system.system.id
    evidence = collect(asked, declared, signing, store)
    return conclude(
        declared,
        evidence,
        signing=signing,
        past=Past(read_filed(store, store.assessment("latest", system)), read_filed(store, store.last_passed(system))),
        tampered=_tampered(asked, signing.signer),
        clocked=Clocked(asked.now, round(time.monotonic() - started, 3), __version__),
    )
