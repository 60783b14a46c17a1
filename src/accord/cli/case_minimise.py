"""`accord case minimise`: a case is made shorter while it still breaks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from accord.cli.attack_options import Asked, case_options
from accord.cli.case_io import put_case, read_case
from accord.core.errors import ManifestError
from accord.core.finding import Place
from accord.core.text import clean, one_line, shown

if TYPE_CHECKING:
    from accord.case.minimise import Minimised
    from accord.core.case import Case


@click.command(name="minimise")
@case_options
@click.option("--out", type=click.Path(path_type=Path), help="The file to write; without it the case goes to stdout.")
@click.option(
    "--tries", type=click.IntRange(1, 100_000), default=2_000, show_default=True, help="Shorter cases to try at most."
)
def command(asked: Asked, out: Path | None, tries: int) -> None:
    """Shorten one case while it still breaks.

    With --url and --model, or --target of a manifest, while it breaks that target (in one of --trials). Without, as
    far as its own proof can show: steps, paragraphs and sentences go that the oracle does not need, and each sentence
    that holds what the oracle looks for stays whole, because no transcript shows what would happen without it.
    """
    if len(asked.cases) != 1:
        raise ManifestError("one case is shortened at a time", hint="name one file", code="ACC-E624")
    path = asked.cases[0]
    case = read_case(path)
    live = asked.url is not None or asked.target is not None
    done = _live(asked, tries) if live else _offline(case, path, tries)
    put_case(done.case, out)
    name = clean(shown(str(path)))
    click.echo(f"{name}: {done.before:,} characters of steps became {done.after:,} in {done.tries:,} tries", err=True)


def _live(asked: Asked, tries: int) -> Minimised:
    from dataclasses import replace

    from accord.assess.trying import minimised_on
    from accord.cli.attack_order import order_of, world_of

    order = order_of(replace(asked, trials=asked.trials or 1, mutate="none"))
    return minimised_on(order, world_of(asked), tries=tries)


def _offline(case: Case, path: Path, tries: int) -> Minimised:
    from accord.case.minimise import minimise, replayed
    from accord.case.verify import verify

    result = verify(case)
    if not result.ok:
        name = clean(shown(str(path)))
        message = f"{name} does not verify: {one_line(result.reason)}"
        raise ManifestError(message, hint="repair its proof first", code="ACC-E624", where=Place(path=name))
    return minimise(case, replayed(case), tries=tries)
