"""`accord gate`: decide again from stored evidence, without running anything."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from accord.cli.options import text_or_json, trust_option
from accord.core.text import one_line

if TYPE_CHECKING:
    from accord.core.assessment import Gate


@click.command("gate")
@click.argument("what", metavar="[ASSESSMENT|PATH]", default=".")
@text_or_json
@trust_option
def command(what: str, shape: str, trust: str | None) -> int:
    """Decide again, now: with today's waivers, expiry and digests, on evidence that is stored.

    PATH is a system's folder; ASSESSMENT a file, an id or `latest`.
    Exit code 0 passes, 1 fails, 3 when nothing is stored to decide on.
    """
    from accord.assess.regate import regate_assessment, regate_folder
    from accord.cli.stored import stored_world
    from accord.record.codec import to_json

    world = stored_world(trust, root=Path(what) if Path(what).is_dir() else None)
    gate = regate_folder(world) if Path(what).is_dir() else regate_assessment(what, world)
    if gate is None:
        click.echo("undecided: no assessment of this system is stored; run accord assess", err=True)
        return 3
    click.echo(to_json(gate) if shape == "json" else _told(gate))
    return 0 if gate.passed else 1


def _told(gate: Gate) -> str:
    lines = [f"gate: {'PASS' if gate.passed else 'FAIL'} at level {gate.level}, evidence signed at level {gate.trust}"]
    for reason in gate.reasons:
        lines.append(f"  {reason.provision or '-':7} {one_line(reason.message, 160)}")
        if reason.fix:
            lines.append(f"          fix: {one_line(reason.fix, 160)}")
    return "\n".join(lines)
