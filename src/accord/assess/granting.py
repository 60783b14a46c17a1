"""Granting: how a waiver comes about, asked for by one role and approved by another."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import NamedTuple

from accord.assess.prepare import Asked, Declared, prepare
from accord.assess.waivers import LONGEST, sign_waiver
from accord.core.assessment import Waiver
from accord.core.canon import Digest, digest
from accord.core.errors import ManifestError
from accord.core.finding import Place
from accord.core.system import Role
from accord.record.codec import dump_yaml
from accord.record.keys import load_key
from accord.record.state import write_file


class Request(NamedTuple):
    """What is asked for, and by whom; no day means the longest that is allowed."""

    check: str
    asset: str | None
    reason: str
    compensating: str | None
    until: date | None
    role: str
    approver: str


def request(asked: Asked, wanted: Request) -> Waiver:
    """Add a waiver, signed by the role that asks, to the file that the manifest names.

    Raises `ManifestError` where it could never count.
    """
    declared = prepare(asked)
    loaded = declared.checks.get(wanted.check)
    if loaded is None or not loaded.check.waivable:
        why = "can never be waived" if loaded else "is no check"
        raise ManifestError(f"{wanted.check} {why}", hint="accord explain lists checks", code="ACC-E125")
    today = asked.now.date()
    until = wanted.until or today + LONGEST
    if not today < until <= today + LONGEST:
        raise ManifestError(f"a waiver ends within {LONGEST.days} days", hint="give --until", code="ACC-E125")
    subject = _scope(declared, wanted.asset)
    waiver = Waiver(
        id=f"W-{digest([wanted.check, wanted.asset, subject, str(until)])[7:15]}",
        check=wanted.check,
        asset=wanted.asset,
        subject=subject,
        reason=wanted.reason,
        compensating=wanted.compensating,
        requested_by=_role(wanted.role),
        approved_by=_role(wanted.approver),
        created=today,
        expires=until,
    )
    signed = sign_waiver(waiver, load_key(asked.state, wanted.role), _role(wanted.role))
    _write(asked.root, declared, signed)
    return signed


def approve(asked: Asked, check: str, *, asset: str | None, role: str) -> Waiver:
    """Sign the newest waiver of a check on an asset as the role that approves it.

    Raises `ManifestError` when nobody asked for one.
    """
    declared = prepare(asked)
    open_ones = [one for one in declared.waivers.granted if one.check == check and one.asset == asset]
    if not open_ones:
        raise ManifestError(f"nobody asked for a waiver of {check}", hint="ask with --reason", code="ACC-E125")
    signed = sign_waiver(open_ones[-1], load_key(asked.state, role), _role(role))
    _write(asked.root, declared, signed)
    return signed


def _write(root: Path, declared: Declared, waiver: Waiver) -> None:
    kept = tuple(one for one in declared.waivers.granted if one.id != waiver.id)
    text = dump_yaml(replace(declared.waivers, granted=(*kept, waiver)))
    write_file(_file(root, declared), text.encode())


def _file(root: Path, declared: Declared) -> Path:
    if declared.system.waivers is None:
        raise ManifestError(
            "the manifest names no file for waivers",
            hint="add `waivers: waivers.yaml` to accord.yaml",
            code="ACC-E125",
            where=Place(path="accord.yaml"),
        )
    return root / declared.system.waivers


def _scope(declared: Declared, asset: str | None) -> Digest:
    if asset is None:
        return declared.subject
    found = next((one for one in declared.inventory.assets if one.id == asset), None)
    if found is None or found.digest is None:
        raise ManifestError(f"there is no asset {asset!r} with a digest", code="ACC-E125", hint="see the report")
    return found.digest


def _role(name: str) -> Role:
    try:
        return Role(name)
    except ValueError as error:
        known = ", ".join(Role)
        raise ManifestError(f"{name!r} is no role", hint=f"roles are {known}", code="ACC-E125") from error
