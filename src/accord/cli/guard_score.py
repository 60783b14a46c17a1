"""`accord guard score`: the detector as a filter over JSON lines, one answer a line, in order, flushed."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple

import click

from accord.cli import say
from accord.core.settings import state_folder

if TYPE_CHECKING:
    from accord.core.guard import GuardPolicy
    from accord.guard.detector import Scored, Scorer

LONGEST: Final = 8 << 20
"""Bytes of one line that are read; the rest of a longer one is skipped."""


class _Asked(NamedTuple):
    id: object
    text: str
    channel: str


@click.command("score")
@click.option(
    "--policy",
    type=click.Path(path_type=Path),
    help="guard.yaml: its thresholds; `detector: off` leaves signatures alone.",
)
@click.option(
    "--calibration",
    type=click.Path(path_type=Path),
    help="Thresholds; default: those of --policy, else those in the state folder.",
)
def command(policy: Path | None, calibration: Path | None) -> int:
    """Score texts: lines {"id","text","channel"} on stdin, {"id","score","flag","stage"} on stdout, in order.

    A line that is no such object is answered with a score of null, and told on stderr with its number. Exit codes:
    0 every line was scored, 2 when a line or a file cannot be read.
    """
    scorer = _scorer(policy, calibration)
    out = sys.stdout.buffer
    bad = 0
    for number, line in enumerate(_lines(sys.stdin.buffer), 1):
        if not line.strip():
            continue
        asked = _asked(line)
        if isinstance(asked, _Asked):
            out.write(_answer(asked.id, scorer.score(asked.text, asked.channel)))
        else:
            bad += 1
            say(f"line {number}: {asked}")
            out.write(_answer(_id_of(line), None))
        out.flush()
    return 2 if bad else 0


def _lines(stream: BinaryIO) -> Iterator[bytes]:
    while line := stream.readline(LONGEST):
        if len(line) < LONGEST or line.endswith(b"\n"):
            yield line
            continue
        while (rest := stream.readline(LONGEST)) and not rest.endswith(b"\n"):
            pass
        yield line[:200]


def _asked(line: bytes) -> _Asked | str:
    """Read a line, or say what is wrong with it."""
    try:
        found = _object(line)
    except (ValueError, RecursionError):
        return f"is no JSON object of at most {LONGEST >> 20} MiB"
    if not isinstance(found, dict) or not isinstance(found.get("text"), str):
        return "has no text that is a string"
    channel = found.get("channel", "user")
    if not isinstance(channel, str):
        return "has a channel that is no string"
    return _Asked(found.get("id"), found["text"], channel)


def _object(line: bytes) -> object:
    """Return what a line says; raises `ValueError` for numbers that JSON has not, too: they could not be answered."""
    found = json.loads(line)
    json.dumps(found, allow_nan=False)
    return found


def _id_of(line: bytes) -> object:
    try:
        found = _object(line)
    except (ValueError, RecursionError):
        return None
    return found.get("id") if isinstance(found, dict) else None


def _answer(id: object, scored: Scored | None) -> bytes:  # noqa: A002  (the word of the contract)
    told: dict[str, object] = {"id": id, "score": None, "flag": None, "stage": None}
    if scored is not None:
        told |= {"score": round(scored.score, 6), "flag": scored.flag, "stage": scored.stage}
    return json.dumps(told, ensure_ascii=True).encode() + b"\n"


def _scorer(policy: Path | None, calibration: Path | None) -> Scorer:
    from dataclasses import replace

    from accord.core.guard import Switch
    from accord.guard.detector import load

    wanted = _read(policy) if policy is not None else None
    kept = state_folder(Path.cwd(), os.environ) / "guard" / "calibration.json"
    named = calibration is None and wanted is not None and wanted.calibration is not None
    if calibration is None and not named and os.path.lexists(kept):
        calibration = kept
        say(f"thresholds: {kept}")
    scorer = load(calibration=calibration)
    if wanted is not None and wanted.detector is Switch.OFF:
        return replace(scorer, front=None, encoder=None)
    if scorer.front is None:
        say("signatures alone: the front needs numpy, install accord[guard]")
    if named and wanted is not None:
        from accord.guard.doors.loading import calibrated

        return calibrated(scorer, wanted, policy)
    return scorer


def _read(policy: Path) -> GuardPolicy:
    from accord.core.guard import GuardPolicy
    from accord.guard.policies import check_policy
    from accord.record.codec import load as load_word

    read = load_word(policy, GuardPolicy, shown=policy.name)
    check_policy(read)
    return read
