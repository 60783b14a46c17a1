"""`accord guard approvals`: what waits for a person, and that person's signed word."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from accord.cli import say
from accord.cli.options import text_or_json
from accord.core.settings import state_folder
from accord.core.text import clean, one_line, shown

if TYPE_CHECKING:
    from accord.guard.approvals import Approvals, Waiting

_FOLDER: Final = click.option(
    "--approvals",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    metavar="DIR",
    help="The folder that the gateway was given.",
)


@click.group("approvals")
def command() -> None:
    """Show the calls that wait for a person, and allow one of them, once, as it is."""


@command.command("list")
@_FOLDER
@text_or_json
def listed(folder: Path, shape: str) -> int:
    """List the calls that wait, the oldest first, with their arguments and why they were stopped."""
    from accord.cli.world import now

    if not folder.is_dir():
        say(f"{one_line(shown(str(folder)))} is not there: the gateway makes it when the first call has to wait")
    found = _approvals(folder).waiting(now(os.environ))
    if shape == "json":
        click.echo(json.dumps({"waiting": [_plain(one) for one in found]}, ensure_ascii=True, indent=2))
        return 0
    for one in found:
        click.echo(_told(one))
    click.echo("1 call waits" if len(found) == 1 else f"{len(found)} calls wait")
    return 0


@command.command("grant")
@click.argument("id")
@_FOLDER
@click.option("--minutes", default=15, show_default=True, type=click.IntRange(1, 1_440), help="How long it holds.")
@click.option("--by", help="Who allows it; default: the role of the signing key.")
@text_or_json
def grant(id: str, folder: Path, minutes: int, by: str | None, shape: str) -> int:  # noqa: A002  (what people call it)
    """Allow the call that waits as ID: exactly these arguments, once, for some minutes, signed with the house's key.

    The application asks its model again; what is then called with the same arguments goes through.
    """
    from accord.cli.world import now
    from accord.record.keys import signing_key

    approvals, at = _approvals(folder), now(os.environ)
    one = approvals.find(id, at)
    signer = signing_key(state_folder(Path.cwd(), os.environ), os.environ)
    if signer.made:
        say(f"made {signer.path}, a development key: it vouches for nothing but this machine")
    for note in signer.notes:
        say(note)
    made = approvals.grant(one, signer, by=by or signer.role, now=at, until=at + timedelta(minutes=minutes))
    if shape == "json":
        said = {**_plain(one), "by": made.by, "expires": made.expires.isoformat(), "grant": made.nonce}
        click.echo(json.dumps(said, ensure_ascii=True, indent=2))
    else:
        click.echo(_told(one))
        click.echo(clean(f"allowed by {one_line(made.by)} once, until {made.expires.isoformat(timespec='seconds')}"))
    return 0


@command.command("refuse")
@click.argument("id")
@_FOLDER
def refuse(id: str, folder: Path) -> int:  # noqa: A002  (what people call it)
    """Take the call that waits as ID off the list; it stays stopped, and waits anew when it is called again."""
    from accord.cli.world import now

    approvals = _approvals(folder)
    one = approvals.find(id, now(os.environ))
    approvals.drop(one)
    click.echo(f"refused {one.id}")
    return 0


def _approvals(folder: Path) -> Approvals:
    from accord.guard.approvals import Approvals

    return Approvals(folder, dict)


def _plain(one: Waiting) -> dict[str, object]:
    return {
        "id": one.id,
        "subject": one.subject,
        "caller": one.caller,
        "tool": one.call.name,
        "args": dict(one.call.args),
        "code": one.code,
        "message": one.message,
        "path": list(one.path),
        "decision": one.decision,
        "since": one.since.isoformat(),
    }


def _told(one: Waiting) -> str:
    """Return a call as a person reads it; letters beyond ASCII are spelled as well, for some look like others."""
    args = json.dumps(dict(one.call.args), ensure_ascii=False)
    spelled = json.dumps(dict(one.call.args), ensure_ascii=True)
    lines = [f"{one.id}  {one_line(one.call.name)}  {clean(args)}"]
    lines += [f"  spelled: {spelled}"] if spelled != args else []
    lines.append(f"  for {one_line(one.caller) or 'anyone'} since {one.since.isoformat(timespec='seconds')}")
    lines.append(f"  {one.code}: {one_line(one.message)}")
    return "\n".join(lines)
