"""Waivers: exceptions that two persons signed, scoped to a digest, for 90 days at most."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta

from accord.assess.authority import Authority
from accord.core.assessment import EvidenceRef, Signature, Waiver, WaiverRead
from accord.core.asset import Asset
from accord.core.canon import Digest, canonical, plain
from accord.core.system import Level, Role
from accord.record.keys import Signer, check_signature

LONGEST = timedelta(days=90)
"""No waiver lasts longer."""


def read_waivers(
    waivers: Iterable[Waiver],
    refs: tuple[EvidenceRef, ...],
    assets: Iterable[Asset],
    *,
    subject: Digest,
    authority: Authority,
) -> Iterator[WaiverRead]:
    """Yield each waiver with what it covers now, and why it does not count where it does not."""
    digests = {asset.id: asset.digest for asset in assets}
    for waiver in waivers:
        scope = digests.get(waiver.asset) if waiver.asset else subject
        signed, problem = _signed_by(waiver, authority)
        covered = [ref for ref in refs if ref.check == waiver.check and waiver.asset in (None, ref.asset)]
        problem = problem or _objection(waiver, scope, covered)
        if problem is None and waiver.expires < authority.today:
            problem = f"it ended on {waiver.expires}"
        yield WaiverRead(
            id=waiver.id,
            kind="waiver",
            check=waiver.check,
            asset=waiver.asset,
            reason=waiver.reason,
            expires=waiver.expires,
            signed_by=signed,
            covers=tuple(ref.id for ref in covered),
            counted=problem is None,
            problem=problem,
        )


def sign_waiver(waiver: Waiver, signer: Signer, role: Role) -> Waiver:
    """Return the waiver with the signature of one more role."""
    mark = Signature(role=role, keyid=signer.keyid, sig=signer.sign(signed_bytes(waiver)).hex())
    return replace(waiver, signatures=(*(one for one in waiver.signatures if one.role != role), mark))


def signed_bytes(waiver: Waiver) -> bytes:
    """Return what the parties to a waiver sign: all of it but the signatures."""
    body = plain(waiver)
    del body["signatures"]
    return canonical({"type": "urn:accord:waiver:1", "waiver": body})


def _objection(waiver: Waiver, scope: Digest | None, covered: list[EvidenceRef]) -> str | None:
    if waiver.expires - waiver.created > LONGEST:
        return f"it lasts longer than {LONGEST.days} days"
    if not covered:
        return "no evidence of this check on this asset"
    if scope != waiver.subject:
        return "it is for another digest: what it was granted for has changed"
    if not all(ref.waivable for ref in covered):
        return f"{waiver.check} can never be waived"
    return None


def _signed_by(waiver: Waiver, authority: Authority) -> tuple[tuple[Role, ...], str | None]:
    """Return the roles whose signatures hold, and the first objection."""
    keys = authority.keys()
    message = signed_bytes(waiver)
    good: dict[Role, str] = {}
    for mark in waiver.signatures:
        public = keys.get(mark.keyid)
        if public is None or not _holds(public, message, mark):
            return tuple(good), f"the signature of the {mark.role} does not hold"
        if objection := authority.objection(mark.keyid, mark.role):
            return tuple(good), objection
        good[mark.role] = mark.keyid
    return tuple(good), _missing(waiver, good, authority.level)


def _holds(public: bytes, message: bytes, mark: Signature) -> bool:
    try:
        return check_signature(public, message, signature=bytes.fromhex(mark.sig))
    except ValueError:
        return False


def _missing(waiver: Waiver, good: dict[Role, str], level: Level) -> str | None:
    if waiver.approved_by not in good:
        return f"the {waiver.approved_by} has not signed it"
    if level is Level.BASELINE:
        return None  # a team of one may sign alone; the report says so
    if waiver.requested_by not in good:
        return f"the {waiver.requested_by} has not signed it"
    if waiver.requested_by == waiver.approved_by or len(set(good.values())) < 2:
        return "one person signed both sides"
    return None
