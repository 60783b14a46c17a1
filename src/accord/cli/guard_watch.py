"""`accord guard watch`: whether behaviour and inputs still are what they were."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from accord.cli.options import split_formats
from accord.core.errors import RecordError


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
@click.option("--cause", metavar="ID", help="Name the cause of an incident in --incidents instead of testing.")
@click.option("--text", "reason", metavar="TEXT", help="With --cause: what it was.")
@click.option("--by", "mail", metavar="MAIL", help="With --cause: who says so.")
@click.option("--format", "formats", default=("text",), multiple=True, help="text or json.")
def command(
    log: Path,
    every: int,
    incidents: Path | None,
    cause: str | None,
    reason: str | None,
    mail: str | None,
    formats: tuple[str, ...],
) -> int:
    """Test the log of decisions for change: refusals, blocked requests, tool use, sizes and times, model by model.

    Exits with 1 when something changed that is not in --incidents yet. Run it by a timer: the same log tells of the
    same incidents again, and only new ones are appended. With --cause ID --text TEXT --by MAIL, an incident gets its
    cause.
    """
    wrong = [name for name in split_formats(formats) if name not in {"txt", "json"}]
    if wrong:
        raise click.UsageError(f"there is no format {wrong[0]!r}; known are text and json")
    if cause is not None or reason is not None or mail is not None:
        if incidents is None or cause is None or not (reason or "").strip() or "@" not in (mail or ""):
            raise click.UsageError("a cause takes --incidents FILE --cause ID --text TEXT --by MAIL")
        return _explained(incidents, cause, reason or "", mail or "")
    return _watched(log, every, incidents, formats)


def _watched(log: Path, every: int, incidents: Path | None, formats: tuple[str, ...]) -> int:
    from accord.core.canon import plain
    from accord.core.text import one_line
    from accord.guard.monitor.entries import entries
    from accord.guard.monitor.watching import apart, counted, watched

    found = tuple(watched(entries(log), apart(entries(log)), every=every))
    known = frozenset(_known(incidents)) if incidents else frozenset()
    new = [one for one in found if one.id not in known]
    if incidents and new:
        _append(incidents, [plain(one) for one in new])
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


def _explained(incidents: Path, cause: str, reason: str, mail: str) -> int:
    """Append the cause of one incident; a part of its id will do where no other begins so."""
    from datetime import UTC, datetime

    from accord.core.text import one_line

    begun = tuple(one for one in _known(incidents) if one.removeprefix("sha256:").startswith(_bare(cause)))
    if len(begun) != 1 or not _bare(cause):
        message = f"{len(begun)} incidents in {incidents.name} begin with {one_line(cause, 80)!r}"
        raise RecordError(message, hint="give the id that accord guard watch shows", code="ACC-E792")
    now = datetime.now(UTC).isoformat(timespec="seconds")
    said = {"incident": begun[0], "cause": one_line(reason, 400), "by": one_line(mail, 200), "at": now}
    _append(incidents, [said])
    click.echo(f"{begun[0][7:19]}: {said['cause']}")
    return 0


def _bare(id_: str) -> str:
    return id_.strip().removeprefix("sha256:")


def _append(incidents: Path, lines: Sequence[Mapping[str, object]]) -> None:
    data = "".join(json.dumps(one, sort_keys=True) + "\n" for one in lines)
    try:
        with incidents.open("a+b") as file:
            torn = file.seek(0, 2) and (file.seek(-1, 2), file.read(1))[1] != b"\n"
            file.write((("\n" if torn else "") + data).encode())
    except OSError as error:
        message = f"{incidents.name} cannot be written: {error.strerror}"
        raise RecordError(message, hint="name a file that can be written", code="ACC-E792") from error


def _known(incidents: Path) -> tuple[str, ...]:
    """Return the ids of incidents that are on file; a line that is none is left alone."""
    from accord.guard.monitor.entries import LONGEST
    from accord.guard.monitor.records import on_file
    from accord.record.state import lines_of

    try:
        lines = [(line or b"?").decode("utf-8", "replace") for line in lines_of(incidents, LONGEST)]
        return tuple(on_file(lines).times)
    except FileNotFoundError:
        return ()
    except OSError as error:
        message = f"{incidents.name} cannot be read: {error.strerror}"
        raise RecordError(message, hint="name a file that can be read", code="ACC-E792") from error
