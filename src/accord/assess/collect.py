"""Collect: run what has to be run, sign it, keep it. Finished evidence is kept whatever happens."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from accord.assess.cases import shelved
from accord.assess.context import World
from accord.assess.inputs import Inputs
from accord.assess.plan import Unit, check_version, freshness, plan, still_holds
from accord.assess.prepare import Asked, Declared
from accord.assess.run import Stamp, run
from accord.core.contracts import Campaigns
from accord.core.errors import RecordError
from accord.core.finding import Evidence, TrustLevel
from accord.record import dsse
from accord.record.campaign_files import read_campaigns
from accord.record.keys import Signer
from accord.record.model_signature import signatories
from accord.record.statement import evidence_statement, read_evidence, seal
from accord.record.store import Recorded, Store, Stored
from accord.scan.supply.feeds import list_feeds

_BATCH, _PAUSE = 64, 0.1  # records and seconds between two commits


class Signing(NamedTuple):
    """Who signs what is collected here, and what that is worth."""

    signer: Signer
    level: TrustLevel


def collect(asked: Asked, declared: Declared, signing: Signing, store: Store) -> tuple[Evidence, ...]:
    """Run what has to be run and return the evidence of every unit, in plan order.

    Evidence is signed and committed in small batches as it comes, so that an interruption loses none that was
    finished; what still holds from earlier is used again.
    """
    inventory = declared.inventory
    feeds, shelf = list_feeds(asked.state), shelved(asked.state, declared.system)
    attacked = campaigns_on(asked, declared, signing.level, {signing.signer.keyid: signing.signer.public})
    inputs = Inputs(
        manifest=declared.manifest,
        assets=inventory.assets,
        files=inventory.files,
        feeds=feeds,
        signatories=signatories(asked.trust, asked.now),
        shelf=shelf,
        campaigns=attacked,
    )
    world = World(
        system=declared.system,
        assets=inventory.assets,
        catalogue=declared.catalogue,
        threats=declared.threats,
        inputs=inputs,
        now=asked.now,
        feeds=feeds,
        feed_days=asked.settings.feed_days,
        shelf=shelf,
        campaigns=attacked,
    )
    units = plan(declared.checks.values(), declared.system, inventory.assets)
    version = {loaded.check.code: check_version(loaded, declared.catalogue) for loaded in declared.checks.values()}
    done = _reused(units, store, asked=asked, declared=declared, inputs=inputs, version=version, signing=signing)
    todo = [index for index in range(len(units)) if index not in done]
    asked.progress(len(done), len(units), "evidence used again")
    stamp = Stamp(lambda unit: version[unit.loaded.check.code], asked.now)
    fresh = run(tuple(units[index] for index in todo), world, asked.settings, stamp=stamp)
    for position, evidence in _committed(fresh, store, declared, signing):
        done[todo[position]] = evidence
        asked.progress(len(done), len(units), f"{evidence.check} {evidence.asset}")
    return tuple(done[index] for index in range(len(units)))


def campaigns_on(asked: Asked, declared: Declared, level: TrustLevel, own: Mapping[str, bytes]) -> Campaigns:
    """Return the campaigns against the system that a key of at least a level signed, or the assessment's own key."""
    found = read_campaigns(
        asked.state,
        declared.system.system.id,
        keys=declared.authority.keys_at(level) | dict(own),
        level=lambda keyid: asked.trust.level_of(keyid, asked.now) or TrustLevel.SELF,
    )
    return Campaigns(found, declared.subject)


def _reused(
    units: tuple[Unit, ...],
    store: Store,
    *,
    asked: Asked,
    declared: Declared,
    inputs: Inputs,
    version: Mapping[str, str],
    signing: Signing,
) -> dict[int, Evidence]:
    fresh = freshness(declared.catalogue)
    keys = declared.authority.keys_at(signing.level) | {signing.signer.keyid: signing.signer.public}
    latest = store.latest_evidence(declared.system.system.id)
    kept: dict[int, Evidence] = {}
    for index, unit in enumerate(units):
        known = latest.get((unit.loaded.check.code, unit.asset_id))
        if known is None or unit.settled or known.level is not signing.level:
            continue
        if known.check_version != version[known.check] or known.asset_digest != unit.asset_digest:
            continue
        evidence = _genuine(known, keys)
        if evidence and still_holds(evidence, unit, inputs=inputs, now=asked.now, fresh=fresh):
            kept[index] = replace(evidence, reused=True)
    return kept


def _genuine(known: Stored, keys: Mapping[str, bytes]) -> Evidence | None:
    """Return stored evidence as a known key signed it, or None: a cache is only as good as its signatures."""
    try:
        return read_evidence(dsse.verify(dsse.from_json(known.envelope), keys).payload)
    except RecordError:
        return None


def _committed(
    fresh: Iterator[tuple[int, Evidence] | None], store: Store, declared: Declared, signing: Signing
) -> Iterator[tuple[int, Evidence]]:
    """Sign evidence as it comes and commit it in batches; what was finished is committed even when we are stopped."""
    batch: list[Recorded] = []
    last = time.monotonic()
    try:
        for finished in fresh:
            if finished is None:  # nothing came for a moment: keep what there is
                store.add_evidence(batch)
                batch, last = [], time.monotonic()
                continue
            index, evidence = finished
            sealed = seal(replace(evidence, level=signing.level))
            batch.append(_recorded(sealed, declared, signing.signer))
            if len(batch) >= _BATCH or time.monotonic() - last > _PAUSE:
                store.add_evidence(batch)
                batch, last = [], time.monotonic()
            yield index, sealed
    finally:
        store.add_evidence(batch)


def _recorded(evidence: Evidence, declared: Declared, signer: Signer) -> Recorded:
    system = declared.system.system.id
    payload = evidence_statement(evidence, subject=declared.subject, system=system)
    envelope = dsse.sign(payload, dsse.STATEMENT_TYPE, signers=[signer])
    return Recorded(evidence=evidence, system=system, keyid=signer.keyid, envelope=dsse.to_json(envelope))
