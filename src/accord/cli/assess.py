"""`accord assess`: inventory, plan, run, judge, gate."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from accord.cli import say
from accord.cli.options import format_option, out_option, plugin_option, split_formats, trust_option

if TYPE_CHECKING:
    from accord.assess.engine import Assessed
    from accord.assess.prepare import Asked


@click.command("assess")
@click.argument("path", type=click.Path(path_type=Path, exists=True), default=".")
@format_option("txt")
@out_option
@trust_option
@plugin_option
@click.option("--baseline", is_flag=True, help="Record today's failures as signed debt with an end date.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="The day by which that debt is paid.")
@click.option("--seed", type=int, default=0, help="Accepted everywhere; an assessment draws no random numbers.")
def command(
    path: Path,
    formats: tuple[str, ...],
    out: Path | None,
    trust: str | None,
    plugins: tuple[str, ...],
    baseline: bool,
    until: datetime | None,
    seed: int,
) -> int:
    """Assess the system in PATH against the guidelines and gate its release.

    Exit code 0 when the gate passes, 1 when it fails, 2 for bad input.
    """
    from accord.assess.engine import assess, prove
    from accord.cli.documents import print_document, refuse_file, write_documents, writers

    chosen = writers(split_formats(formats), frozenset(plugins), single=out is None)
    refuse_file(out)
    asked = _asked(path, trust, plugins, baseline=baseline, until=until.date() if until else None)
    done = assess(asked, os.environ)
    _tell(done)
    if out is None:
        print_document(done.assessment, chosen)
    else:
        documents = write_documents(done.assessment, chosen, out)
        bundle = prove(done, asked, out, files=documents)
        proof = f"what proves it to {bundle}" if bundle else "no proof: the ledger is broken"
        say(f"wrote {', '.join(str(out / name) for name in documents)}, and {proof}")
    return 0 if done.assessment.gate.passed else 1


def _asked(path: Path, trust: str | None, plugins: tuple[str, ...], *, baseline: bool, until: date | None) -> Asked:
    from accord.cli.stored import stored_world

    root = path if path.is_dir() else path.parent
    return replace(stored_world(trust, root=root, plugins=plugins), baseline=baseline, until=until)


def _tell(done: Assessed) -> None:
    for note in (*done.signer.notes, *done.declared.notes):
        say(note)
    if done.signer.made:
        say(f"made a local development key ({done.signer.keyid[:12]}): it counts at level baseline only")
