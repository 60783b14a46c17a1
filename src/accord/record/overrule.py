"""Overrules: one result of a campaign that a person decides otherwise, signed, with a reason and an end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Final, Literal, NamedTuple

from accord.core.canon import Digest, digest
from accord.core.errors import AccordError, RecordError
from accord.core.system import Level, Role
from accord.core.text import clean, one_line
from accord.record.keys import Signer
from accord.record.sealed import read_sealed, write_sealed
from accord.record.trust import Trust

OVERRULE_TYPE: Final = "application/vnd.accord.overrule+json"
"""The payload type of overrules."""

LONGEST: Final = timedelta(days=90)
"""No overrule lasts longer."""

ROLES: Final = frozenset({Role.SECURITY_LEAD, Role.RISK_OWNER})
"""Who may overrule a result."""

_MOST = 10_000
_LONGEST_REASON = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Overrule:
    """What a person says one trial came to, and why. It is bound to what was said in that trial."""

    overrule: int
    campaign: str
    trial: str
    transcript: Digest
    outcome: Literal["broke", "held"]
    was: str
    reason: str
    role: Role
    created: date
    expires: date


class OverruleRead(NamedTuple):
    """An overrule as it was read: whether it counts now, and the problem where it does not."""

    file: str
    note: Overrule | None
    counted: bool
    problem: str


def write_overrule(state: Path, note: Overrule, signer: Signer) -> Path:
    """Sign an overrule and keep it; a newer one of the same trial takes its place.

    Raises `RecordError` where it could never count.
    """
    if objection := _objection(note):
        raise RecordError(f"the overrule would never count: {objection}", code="ACC-E636", hint="correct it")
    path = _folder(state) / _name(note)
    write_sealed(state, path, word=note, payload_type=OVERRULE_TYPE, signer=signer)
    return path


def read_overrules(state: Path, campaign: str, *, trust: Trust, level: Level, at: datetime) -> tuple[OverruleRead, ...]:
    """Return the overrules of a campaign, each with whether it counts, and every file that cannot be trusted."""
    return tuple(_read(state, campaign, trust, level=level, at=at))


def _read(state: Path, campaign: str, trust: Trust, *, level: Level, at: datetime) -> Iterator[OverruleRead]:
    folder = _folder(state)
    files = sorted(islice(folder.glob("*.json"), _MOST + 1)) if folder.is_dir() else []
    if len(files) > _MOST:
        yield OverruleRead(folder.name, None, counted=False, problem=f"the folder holds more than {_MOST:,} overrules")
        return
    for path in files:
        try:
            opened = read_sealed(path, Overrule, payload_type=OVERRULE_TYPE, keys=trust.keys())
        except AccordError as error:
            yield OverruleRead(path.name, None, counted=False, problem=one_line(error.message))
            continue
        note = opened.word
        if note.campaign != campaign:
            continue
        problem = (
            _objection(note) or _moved(note, path.name) or _unsigned(note, opened.keyids, trust, level=level, at=at)
        )
        if not problem and not note.created <= at.date() <= note.expires:
            problem = f"it counts from {note.created} to {note.expires}"
        yield OverruleRead(path.name, note, counted=not problem, problem=problem)


def _objection(note: Overrule) -> str:
    """Return why an overrule can never count, or an empty text."""
    if note.overrule != 1:
        return f"its format {note.overrule} is not known"
    if note.role not in ROLES:
        return f"the {note.role} may not overrule: {' or '.join(sorted(ROLES))} may"
    if not timedelta(0) <= note.expires - note.created <= LONGEST:
        return f"it ends within {LONGEST.days} days of its making"
    reason = note.reason.strip()
    if not reason or len(reason) > _LONGEST_REASON or clean(reason) != reason:
        return f"its reason is empty, longer than {_LONGEST_REASON:,} characters or holds hidden characters"
    if note.was == note.outcome:
        return f"the trial is {note.was} already"
    return ""


def _moved(note: Overrule, name: str) -> str:
    """Return why a note under another name than its own does not count: it may be one that a newer one replaced."""
    return "" if name == _name(note) else f"it lies in {one_line(name, 80)}, where {_name(note)} belongs"


def _name(note: Overrule) -> str:
    return f"{digest([note.campaign, note.trial])[7:39]}.json"


def _unsigned(note: Overrule, keyids: tuple[str, ...], trust: Trust, *, level: Level, at: datetime) -> str:
    """Return why the signatures do not count for the role, or an empty text."""
    good = [key for key in keyids if trust.has_role(key, note.role, at=at) and not trust.revoked(key)]
    if not good:
        return f"no key of the {note.role} signed it"
    if trust.file is None and level is not Level.BASELINE:
        return f"a local key signed for the {note.role}: level {level} asks for one that a trust file names"
    return ""


def _folder(state: Path) -> Path:
    return state / "overrules"
