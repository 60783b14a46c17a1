"""`accord guard mcp`: a server of tools behind the guard, over its standard input and output."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from accord.cli import say
from accord.core.errors import AccordError, GuardError
from accord.core.text import clean

if TYPE_CHECKING:
    from accord.guard.doors.stdio import Noting
    from accord.guard.engine import Guard


@click.command("mcp", context_settings={"ignore_unknown_options": True})
@click.option(
    "--policy", type=click.Path(path_type=Path), metavar="FILE", help="guard.yaml; without it reads only pass."
)
@click.option(
    "--rules", type=click.Path(path_type=Path), metavar="DIR", help="Folder of signed rules; changes are taken up."
)
@click.option(
    "--log", type=click.Path(path_type=Path), metavar="FILE", help="One JSON line a decision is appended here."
)
@click.option(
    "--approvals",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Folder where calls wait for a person: `accord guard approvals`.",
)
@click.option("--asked", metavar="TEXT", help="What the user asked for, where whoever starts the server knows it.")
@click.option("--pins", is_flag=True, help="Print the tools of COMMAND as entries for guard.yaml, and end.")
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def command(
    policy: Path | None,
    rules: Path | None,
    log: Path | None,
    approvals: Path | None,
    asked: str | None,
    pins: bool,
    command: tuple[str, ...],
) -> int:
    """Run COMMAND, a server of the Model Context Protocol, with the guard between it and its client.

    Put it where the client's settings name the server: `accord guard mcp --policy guard.yaml -- COMMAND ARGUMENTS`.
    Tools that give orders are taken out of the list, calls are ruled on before they run, and nothing passes while
    decisions cannot be written. Ends with the server's exit code, or 3 when the guard ended it.
    """
    try:
        from accord.guard.approvals import Approvals
        from accord.guard.doors.loading import in_force
        from accord.guard.doors.mcp import McpDoor
        from accord.guard.doors.pins import entries, offered
        from accord.guard.doors.stdio import wrap
        from accord.guard.rules.shelf import own_keys
    except ImportError as error:
        message = f"this door needs a package that is not installed: {error.name}"
        raise AccordError(message, hint="install accord[guard]", code="ACC-E764") from error
    try:
        if pins:
            for entry in entries(asyncio.run(offered(command, os.environ))):
                click.echo(clean(entry))
            return 0
        guard = in_force(policy, rules, say=say)
        asking = Approvals(approvals, own_keys) if approvals is not None else None
        door = McpDoor(guard, lambda: datetime.now(UTC), asked=asked, approvals=asking)
        code = asyncio.run(wrap(command, door, note=_noting(log, guard, command[0]), environment=os.environ))
    except OSError as error:
        message = f"{command[0]!r} cannot be started: {error.strerror or error}"
        raise AccordError(message, hint="check the command after --", code="ACC-E778") from error
    except GuardError as error:
        say(f"{error.code}: {error.message}")
        return 3
    return code if code >= 0 else 3


def _noting(log: Path | None, guard: Callable[[], Guard], server: str) -> Noting:
    """Return what writes a decision: to the log where there is one, and to stderr what was stopped."""
    from accord.guard.doors.stdio import unkept
    from accord.guard.gateway.judging import Judged
    from accord.guard.gateway.log import DecisionLog, line
    from accord.guard.gateway.wire import RefusedError

    kept = DecisionLog(log) if log is not None else None
    about = {"route": "mcp", "server": Path(server).name[:80]}

    def mask(text: str) -> str:
        hits = guard().release(text).hits
        return guard().redacted(text, hits) if hits else text

    def note(judged: Judged) -> None:
        if kept is not None:
            try:
                kept.write([line(judged, about, mask, time.time())])
            except RefusedError as error:
                raise unkept(error) from error
        if judged.decision.stops:
            say(f"{judged.decision.code}: {mask(judged.decision.message)}")

    return note
