"""`accord case run`: try cases on a running system."""

from __future__ import annotations

from pathlib import Path

import click

from accord.cli.attack_options import Asked, case_options
from accord.cli.options import out_option


@click.command("run")
@case_options
@out_option
def command(asked: Asked, out: Path | None) -> int:
    """Try cases on a running system: exit code 0 when all hold, 1 when one breaks, 3 when it stays undecided.

    The same as `accord attack run --cases`, with the target of a manifest (--system) or --url and --model.
    """
    from accord.assess.campaigns import begin
    from accord.cli.attack import conduct, ready
    from accord.cli.attack_order import order_of, world_of

    world = world_of(asked)
    ready(out, asked.formats)
    return conduct(begin(order_of(asked), world), world, out, asked.formats)
