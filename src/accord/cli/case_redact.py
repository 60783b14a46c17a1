"""`accord case redact`: secrets, names, addresses and live hosts leave a case, and it is verified again."""

from __future__ import annotations

import json
from pathlib import Path

import click

from accord.cli.case_io import put_case, read_case
from accord.core.errors import ManifestError
from accord.core.finding import Place
from accord.core.text import clean, one_line, shown

_FILE = click.Path(path_type=Path)


@click.command(name="redact")
@click.argument("path", type=_FILE)
@click.option("--also", multiple=True, help="A text that must go too: a product, a person. Repeat for more.")
@click.option("--out", type=_FILE, help="The file to write; without it the case goes to stdout.")
@click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to tell what was replaced."
)
def command(path: Path, also: tuple[str, ...], out: Path | None, form: str) -> None:
    """Replace secrets, names, addresses and live hosts in a case, and verify it again.

    What was replaced is told on stderr, with its first two characters. When steps or oracle change, the case is
    another attack with another identity, and that is told too.
    """
    from accord.case.redact import redacted
    from accord.case.verify import verify

    name = clean(shown(str(path)))
    done = redacted(read_case(path), also)
    result = verify(done.case)
    if not result.ok:
        hint = "change that part by hand, or name it with --also, and redact again"
        message = f"{name}, redacted, does not verify: {result.reason}"
        raise ManifestError(message, hint=hint, code="ACC-E623", where=Place(path=name))
    put_case(done.case, out)
    if form == "json":
        changes = [
            {"kind": one.kind, "masked": one.masked, "instead": one.instead, "count": one.count} for one in done.changes
        ]
        told = {"changes": changes, "before": done.before, "after": done.after, "another": done.is_another}
        click.echo(json.dumps(told, ensure_ascii=True, indent=2), err=True)
        return
    for one in done.changes:
        click.echo(clean(f"{one.kind} {one_line(one.masked)} → {one_line(one.instead)}, {one.count} times"), err=True)
    click.echo(f"{len(done.changes)} replaced; {_identity(done.before, done.after)}", err=True)


def _identity(before: str, after: str) -> str:
    return f"the identity is still {before}" if before == after else f"the identity was {before} and is {after}"
