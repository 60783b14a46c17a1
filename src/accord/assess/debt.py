"""Debt: the failures that stood when Accord was adopted, signed, with the day by which they are paid."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

from accord.assess.authority import Authority
from accord.assess.judge import OWNERS_WORD
from accord.core.assessment import Debt, EvidenceRef, Verdict, WaiverRead
from accord.core.errors import AccordError, ManifestError
from accord.core.finding import Finding, Place, State
from accord.core.system import Level, Role
from accord.record import dsse
from accord.record.keys import Signer
from accord.record.state import read_file, write_file
from accord.record.statement import debt_statement, read_debt

FILE = "accord.debt.json"
"""Stands beside the manifest and belongs in git."""

LONGEST = timedelta(days=180)
"""No debt may be recorded for longer."""

_LIMIT = 16 << 20
_OWED = frozenset({State.FAIL, State.NOT_RUN, State.ERROR})


def owed_by(
    refs: Iterable[EvidenceRef], findings: Mapping[str, Finding], verdicts: Iterable[Verdict]
) -> tuple[str, ...]:
    """Return the keys of everything that fails today and may be owed."""
    keys = {key for ref in refs if ref.found in _OWED and ref.waivable for key in _keys(ref, findings)}
    keys |= {
        f"{OWNERS_WORD}|{verdict.id}"
        for verdict in verdicts
        for claim in verdict.claims
        if claim.checks == (OWNERS_WORD,) and claim.state is State.NOT_RUN
    }
    return tuple(sorted(keys))


def write_debt(folder: Path, debt: Debt, signer: Signer) -> Path:
    """Sign a debt and write it beside the manifest; returns the file."""
    envelope = dsse.sign(debt_statement(debt), dsse.STATEMENT_TYPE, signers=[signer])
    path = folder / FILE
    write_file(path, dsse.to_json(envelope) + b"\n")
    return path


class SignedDebt(NamedTuple):
    """A recorded debt and the keys that signed it."""

    debt: Debt
    keyids: tuple[str, ...]


def load_debt(folder: Path, authority: Authority) -> SignedDebt | None:
    """Return the debt that lies beside the manifest, or None.

    Raises `ManifestError` for a file that is no signed debt or was altered.
    """
    path = folder / FILE
    if not path.exists():
        return None
    try:
        envelope = dsse.from_json(read_file(path, _LIMIT))
        signed = dsse.verify(envelope, authority.keys())
        return SignedDebt(read_debt(signed.payload), signed.keyids)
    except (AccordError, OSError, ValueError) as error:
        raise ManifestError(
            f"the recorded debt cannot be used: {error}",
            hint="record it again with: accord assess --baseline",
            code="ACC-E121",
            where=Place(path=FILE),
        ) from error


def read_debt_now(
    signed: SignedDebt,
    refs: tuple[EvidenceRef, ...],
    findings: Mapping[str, Finding],
    *,
    system: str,
    authority: Authority,
) -> WaiverRead:
    """Return what a debt covers now, and why it does not count where it does not."""
    debt = signed.debt
    items = frozenset(debt.items)
    covered = [ref.id for ref in refs if ref.found in _OWED and items.issuperset(_keys(ref, findings))]
    covered += [item for item in debt.items if item.startswith(OWNERS_WORD + "|")]
    problem = _objection(debt, signed.keyids, system=system, authority=authority)
    return WaiverRead(
        id="adoption",
        kind="debt",
        check="*",
        asset=None,
        reason=f"{len(items)} failures that stood on {debt.created}",
        expires=debt.ends,
        signed_by=(Role.RISK_OWNER,) if _risk_owner(signed.keyids, authority) else (),
        covers=tuple(covered),
        counted=problem is None,
        problem=problem,
    )


def _objection(debt: Debt, keyids: tuple[str, ...], *, system: str, authority: Authority) -> str | None:
    if debt.system != system:
        return f"it is the debt of {debt.system}"
    if debt.ends - debt.created > LONGEST:
        return f"it runs longer than {LONGEST.days} days"
    if debt.ends < authority.today:
        return f"it ended on {debt.ends}"
    if _risk_owner(keyids, authority):
        return None
    if authority.level is Level.BASELINE and any(authority.is_developer(keyid) for keyid in keyids):
        return None
    return f"no key that speaks for the {Role.RISK_OWNER} signed it"


def _risk_owner(keyids: tuple[str, ...], authority: Authority) -> bool:
    return any(authority.objection(keyid, Role.RISK_OWNER) is None for keyid in keyids)


def _keys(ref: EvidenceRef, findings: Mapping[str, Finding]) -> tuple[str, ...]:
    """Return what identifies a failure from day to day: lines and digests may move, the fact stays."""
    if ref.found is not State.FAIL:
        return (f"{ref.check}|{ref.asset}|{ref.found}",)
    seen = (findings[item] for item in ref.findings)
    return tuple(f"{ref.check}|{ref.asset}|{one.where.path or ''}|{one.message}" for one in seen)


def ends(created: date, until: date | None) -> date:
    """Return the day by which a debt is paid: as asked, or 90 days on.

    Raises `ValueError` for a day in the past or beyond the longest.
    """
    day = until or created + timedelta(days=90)
    if not created < day <= created + LONGEST:
        raise ValueError(f"a debt ends after today and within {LONGEST.days} days")
    return day
