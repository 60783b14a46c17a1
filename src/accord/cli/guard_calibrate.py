"""`accord guard calibrate`: thresholds of the detector from the house's own honest traffic."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from accord.cli import say
from accord.cli.options import text_or_json
from accord.core.errors import ManifestError
from accord.core.finding import Place
from accord.core.settings import state_folder

if TYPE_CHECKING:
    from accord.guard.detector import Scored
    from accord.guard.detector.calibration import Calibrated, Measured

LONGEST = 8 << 20
MOST = 1_000_000
"""Lines of traffic that are read."""


class _Row(NamedTuple):
    text: str
    channel: str
    label: int


@click.command("calibrate")
@click.argument("traffic", type=click.Path(path_type=Path))
@click.option("--labelled", is_flag=True, help='Lines carry "label": 0 honest, 1 attack; without it all are honest.')
@click.option(
    "--rate",
    type=click.FloatRange(0.0001, 0.2),
    default=0.01,
    show_default=True,
    help="Share of honest texts that may be flagged.",
)
@click.option("--calibration", type=click.Path(path_type=Path), help="Where to write; default: the state folder.")
@text_or_json
def command(traffic: Path, labelled: bool, rate: float, calibration: Path | None, shape: str) -> int:
    """Set thresholds so that at most a share of the house's own honest TRAFFIC is flagged.

    TRAFFIC: JSON lines {"text","channel"}. Channels that it says too little about keep the thresholds that the file
    holds; another file than a calibration is not written over. `accord guard score` reads it, and `accord sign` signs
    it. Exit codes: 0 written, 1 when no channel has enough honest texts, 2 bad input.
    """
    from accord.guard.detector import load
    from accord.guard.detector.calibration import calibrated

    scorer = load()
    if scorer.front is None:
        say("signatures alone have no thresholds to set: install accord[guard]")
        return 2
    rows = list(_rows(traffic, labelled))
    scored: list[Scored] = []
    for begin in range(0, len(rows), 256):
        part = rows[begin : begin + 256]
        scored += scorer.score_many([(row.text, row.channel) for row in part])
    channels = [scorer.channel(row.channel) for row in rows]
    pairs = [(channel, one.score, row.label) for channel, one, row in zip(channels, scored, rows, strict=True)]
    honest = [(channel, score) for channel, score, label in pairs if label == 0]
    attacks = [(channel, score) for channel, score, label in pairs if label == 1]
    made = calibrated(scorer.by_channel, honest, attacks, rate=rate)
    target = calibration or state_folder(Path.cwd(), os.environ) / "guard" / "calibration.json"
    if made.by_channel:
        _write(target, made, rate)
    _tell(made, target, shape)
    return 0 if made.by_channel else 1


def _rows(path: Path, labelled: bool) -> Iterator[_Row]:
    for number, line in enumerate(_lines(path), 1):
        if number > MOST:
            raise _bad(path, number, f"there are more than {MOST:,} lines")
        if line.strip():
            yield _row(line, labelled, path, number)


def _lines(path: Path) -> Iterator[bytes]:
    from accord.record.state import lines_of

    try:
        for number, line in enumerate(lines_of(path, LONGEST), 1):
            if line is None:
                raise _bad(path, number, f"is longer than {LONGEST >> 20} MiB")
            yield line
    except OSError as error:
        raise _bad(path, 0, f"cannot be read: {error.strerror}") from error


def _row(line: bytes, labelled: bool, path: Path, number: int) -> _Row:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise _bad(path, number, "is no JSON object") from error
    if not isinstance(found, dict) or not isinstance(found.get("text"), str):
        raise _bad(path, number, "has no text that is a string")
    channel, label = found.get("channel", "user"), found.get("label", 0)
    if not isinstance(channel, str):
        raise _bad(path, number, "has a channel that is no string")
    if labelled and ("label" not in found or label not in (0, 1)):
        raise _bad(path, number, "has no label 0 or 1")
    return _Row(found["text"], channel, int(label) if labelled else 0)


def _bad(path: Path, number: int, fact: str) -> ManifestError:
    where = Place(path=str(path), line=number or None)
    return ManifestError(
        f"{path.name!r:.80}, line {number}: {fact}" if number else f"{path.name!r:.80} {fact}",
        hint='one {"text","channel"} a line',
        code="ACC-E782",
        where=where,
    )


def _write(target: Path, made: Calibrated, rate: float) -> None:
    from accord.guard.detector.calibration import VERSION, applied, written
    from accord.record.state import write_file

    before = applied({}, target) if os.path.lexists(target) else {}  # of channels that this traffic says nothing about
    honest = {one.channel: one.honest for one in made.measured}
    channels = written({**before, **made.by_channel})
    told = {"calibration": VERSION, "rate": rate, "honest": honest, "channels": channels}
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        write_file(target, (json.dumps(told, indent=2, sort_keys=True) + "\n").encode())
    except OSError as error:
        raise click.FileError(str(target), error.strerror) from error


def _tell(made: Calibrated, target: Path, shape: str) -> None:
    from accord.guard.detector.calibration import FEWEST

    if shape == "json":
        told = {"file": str(target) if made.by_channel else None, "channels": [_plain(one) for one in made.measured]}
        json.dump(told, sys.stdout, indent=2)
        click.echo()
        return
    for one in made.measured:
        kept = "" if one.channel in made.by_channel else f"  kept: fewer than {FEWEST} honest texts"
        click.echo(
            f"{one.channel:<16} {one.honest:>7} honest  flagged {one.alarms_before:.2%} -> {one.alarms_after:.2%}"
            f"  threshold {one.before:.4f} -> {one.after:.4f}{_caught(one)}{kept}"
        )
    say(f"wrote {target}" if made.by_channel else "nothing was written: no channel has enough honest texts")


def _caught(one: Measured) -> str:
    if one.caught_before is None or one.caught_after is None:
        return ""
    return f"  caught {one.caught_before:.1%} -> {one.caught_after:.1%} of {one.attacks} attacks"


def _plain(one: Measured) -> dict[str, object]:
    return {name: getattr(one, name) for name in one.__slots__}
