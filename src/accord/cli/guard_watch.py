"""`accord guard watch`: whether behaviour and inputs still are what they were."""

from __future__ import annotations

import json
from pathlib import Path

import click

from accord.cli.options import split_formats


@click.command("watch")
@click.argument("log", type=click.Path(path_type=Path))
@click.option(
    "--every",
    default=100_000,
    show_default=True,
    type=click.IntRange(100),
    help="Values between two false alarms, on average at least.",
)
@click.option(
    "--incidents",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="New incidents are appended here, one JSON line each.",
)
@click.option("--format", "formats", default=("text",), multiple=True, help="text or json.")
def command(log: Path, every: int, incidents: Path | None, formats: tuple[str, ...]) -> int:
    """Test the log of decisions for change: refusals, blocked requests, tool use, sizes and times, model by model.

    Exits with 1 when something changed that is not in --incidents yet. Run it by a timer: the same log tells of the
    same incidents again, and only new ones are appended.
    """
    from accord.core.canon import plain
    from accord.core.text import one_line
    from accord.guard.monitor.entries import entries
    from accord.guard.monitor.watching import counted, watched

    found = tuple(watched(entries(log), every=every))
    known = _known(incidents) if incidents else frozenset()
    new = [one for one in found if one.id not in known]
    if incidents and new:
        with incidents.open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(plain(one), sort_keys=True) + "\n" for one in new)
    if "json" in split_formats(formats):
        told = {
            "incidents": [plain(one) for one in found],
            "new": [one.id for one in new],
            "values": counted(entries(log)),
        }
        click.echo(json.dumps(told, indent=1))
        return 1 if new else 0
    for one in found:
        click.echo(
            f"{one.time:%Y-%m-%d %H:%M} UTC  {one_line(one.model, 60) or 'any model'}: {one.message}  [{one.id[7:19]}]"
        )
    values = counted(entries(log))
    click.echo(
        f"{len(found)} incidents, {len(new)} new; looked at " + ", ".join(f"{name} {n}" for name, n in values.items())
    )
    return 1 if new else 0


def _known(incidents: Path) -> frozenset[str]:
    """Return the ids of incidents that are on file; a line that is none is left alone."""
    if not incidents.exists():
        return frozenset()
    ids: set[str] = set()
    for line in incidents.read_text("utf-8", "replace").splitlines():
        try:
            said = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(said, dict) and isinstance(said.get("id"), str):
            ids.add(said["id"])
    return frozenset(ids)
