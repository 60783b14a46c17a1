"""Calibrations in the state folder: signed, one for each judge, the newest in place of the one before."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Final

from accord.attack.judging.calibration import Calibrated, Calibration, Identity, may_gate
from accord.core.canon import digest
from accord.core.errors import RecordError, TamperError
from accord.core.finding import Place
from accord.record.keys import Signer
from accord.record.sealed import read_sealed, write_sealed

CALIBRATION_TYPE: Final = "application/vnd.accord.calibration+json"
"""The payload type of calibrations."""


def write_calibration(state: Path, calibration: Calibration, signer: Signer) -> Path:
    """Sign a calibration, keep it and return where it lies."""
    path = _path(state, calibration.judge)
    write_sealed(state, path, word=calibration, payload_type=CALIBRATION_TYPE, signer=signer)
    return path


def read_calibration(state: Path, judge: Identity, keys: Mapping[str, bytes]) -> Calibration | None:
    """Return the calibration of a judge, or None where there is none.

    `keys` are the public keys whose word counts, by id. Raises `TamperError` when none of them signed it, or it is
    of another judge, and `RecordError` when it cannot be read.
    """
    path = _path(state, judge)
    if not path.exists():
        return None
    found = read_sealed(path, Calibration, payload_type=CALIBRATION_TYPE, keys=keys).word
    if found.judge != judge:
        message = f"a calibration of {found.judge.model} lies where that of {judge.model} belongs"
        raise TamperError(message, code="ACC-E640", hint="calibrate again", where=Place(path=str(path)))
    return found


def calibrated(state: Path, judge: Identity, keys: Mapping[str, bytes], now: datetime) -> Calibrated:
    """Return what is known of a judge: its calibration, or why it may not gate, never an error."""
    try:
        found = read_calibration(state, judge, keys)
    except RecordError as error:
        return Calibrated(objection=f"its calibration does not count: {error.message}")
    return Calibrated(calibration=found, objection=may_gate(found, judge, now))


def _path(state: Path, judge: Identity) -> Path:
    return state / "judges" / f"{digest(judge)[7:39]}.json"
