"""`accord attack calibrate`: measures a judge on labelled answers, and keeps the result, signed."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from accord.cli import say
from accord.cli.options import out_option, text_or_json
from accord.cli.world import now, progress
from accord.core.errors import TargetError
from accord.core.settings import state_folder
from accord.core.text import one_line, shown

if TYPE_CHECKING:
    from accord.attack.judging.calibration import Calibration
    from accord.attack.judging.endpoint import JudgeAddress
    from accord.attack.judging.labels import Labels
    from accord.core.proportion import Interval
    from accord.core.trial import Message


@click.command("calibrate")
@click.option("--judge", required=True, help="The judge: http://HOST:PORT/v1#MODEL (its credential: ACCORD_JUDGE_KEY).")
@click.option("--labels", type=click.Path(path_type=Path), help="Labelled answers, JSON lines; ours if left out.")
@click.option("--concurrency", type=click.IntRange(1, 256), default=8, show_default=True, help="Requests in flight.")
@click.option("--timeout", "patience", type=click.FloatRange(0.1, 600), default=60.0, help="Seconds for one request.")
@text_or_json
@out_option
def command(judge: str, labels: Path | None, concurrency: int, patience: float, shape: str, out: Path | None) -> int:
    """Measure how well a judge agrees with labels: sensitivity, specificity, kappa, abstentions.

    Exit 0 when it is good enough to gate, 1 when it is not, 3 when it did not answer.
    """
    from accord.attack.judging.calibration import MOST_UNANSWERED
    from accord.attack.judging.endpoint import address_of
    from accord.attack.judging.labels import SHIPPED, read_labels
    from accord.core.shipped import DATA

    where = address_of(judge)
    path = labels or DATA / SHIPPED
    rows = read_labels(path, shown=shown(str(labels or SHIPPED)))
    silences: list[str] = []
    made = asyncio.run(_measured(where, rows, silences, concurrency=concurrency, patience=patience))
    if made.unanswered > MOST_UNANSWERED * len(rows.rows):
        say(f"the judge left {made.unanswered} of {len(rows.rows)} rows without an answer: {silences[-1]}")
        return 3
    kept = _kept(made)
    document = _document(made, kept)
    text = json.dumps(document, indent=2, ensure_ascii=True)
    if out:
        out.mkdir(parents=True, exist_ok=True)
        (out / "calibration.json").write_text(text + "\n", "utf-8")
    if shape == "json":
        click.echo(text)
    else:
        click.echo("\n".join(_lines(made, kept)))
    return 0 if document["may_gate"] else 1


async def _measured(
    where: JudgeAddress, rows: Labels, silences: list[str], *, concurrency: int, patience: float
) -> Calibration:
    """Ask about every row; why an answer did not come is added to `silences`."""
    from accord.attack.judging.endpoint import asking
    from accord.attack.judging.judge import Judge, identity_of
    from accord.attack.judging.labels import calibrate

    draw = progress(sys.stderr)
    async with asking(where, environ=os.environ, patience=patience) as complete:

        async def heard(messages: tuple[Message, ...]) -> str:
            try:
                return await complete(messages)
            except TargetError as error:
                silences.append(error.message)
                raise

        judge = Judge(identity=identity_of(where.url, where.model), complete=heard)
        return await calibrate(judge, rows, now=now(os.environ), concurrency=concurrency, progress=draw)


def _kept(made: Calibration) -> Path:
    """Sign and keep a calibration, and return where it lies."""
    from accord.attack.judging.records import write_calibration
    from accord.record.keys import signing_key

    state = state_folder(Path.cwd(), os.environ)
    signer = signing_key(state, os.environ)
    if signer.made:
        say(f"made a development key: {signer.path}")
    return write_calibration(state, made, signer)


def _document(made: Calibration, kept: Path) -> dict[str, object]:
    from accord.attack.judging.calibration import LASTS, quality, weakness
    from accord.core.canon import plain

    measured, objection = quality(made.confusion), weakness(made.confusion)
    return {
        "judge": plain(made.judge),
        "labels": made.labels,
        "made": plain(made.made),
        "expires": plain(made.made + LASTS),
        "rows": measured.rows,
        "unanswered": made.unanswered,
        "sensitivity": _rounded(measured.sensitivity),
        **_ends("sensitivity", measured.sensitivity_interval),
        "specificity": _rounded(measured.specificity),
        **_ends("specificity", measured.specificity_interval),
        "kappa": _rounded(measured.kappa),
        **_ends("kappa", measured.kappa_interval),
        "abstained": _rounded(measured.abstained),
        "confusion": plain(made.confusion),
        "may_gate": not objection,
        "reason": objection or None,
        "record": shown(str(kept)),
    }


def _ends(name: str, ends: Interval) -> dict[str, object]:
    return {f"{name}_low": _rounded(ends.low), f"{name}_high": _rounded(ends.high)}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)


def _lines(made: Calibration, kept: Path) -> list[str]:
    from accord.attack.judging.calibration import LASTS, quality, weakness

    measured, seen = quality(made.confusion), made.confusion
    objection = weakness(seen)
    return [
        f"judge        {one_line(made.judge.model, 80)} at {one_line(made.judge.host, 80)}",
        f"rows         {measured.rows}, {made.unanswered} without an answer",
        _line("sensitivity", measured.sensitivity, measured.sensitivity_interval),
        _line("specificity", measured.specificity, measured.specificity_interval),
        _line("kappa", measured.kappa, measured.kappa_interval),
        f"abstained    {measured.abstained:.1%}",
        "",
        "label        judged broke   held   abstained",
        f"broke        {seen.broke_broke:>12} {seen.broke_held:>6} {seen.broke_abstain:>11}",
        f"held         {seen.held_broke:>12} {seen.held_held:>6} {seen.held_abstain:>11}",
        "",
        f"gate         {'cannot: ' + objection if objection else f'may, until {made.made + LASTS:%Y-%m-%d}'}",
        f"record       {shown(str(kept))}",
    ]


def _line(name: str, value: float | None, ends: Interval) -> str:
    told = "no row was decided" if value is None else f"{value:.3f}  (95 %: {ends.low:.3f} to {ends.high:.3f})"
    return f"{name:<12} {told}"
