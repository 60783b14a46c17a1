"""`accord case new`: a transcript, a log or a report becomes a verified draft case; no model is asked."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from accord.cli.case_io import put_case, read_system
from accord.core.errors import ManifestError
from accord.core.finding import Place
from accord.core.text import clean, one_line, shown

if TYPE_CHECKING:
    from accord.core.case import Case

_FILE = click.Path(path_type=Path)


@click.command(name="new")
@click.option(
    "--from", "source", type=_FILE, required=True, help="A transcript, a message log or a report; - for stdin."
)
@click.option("--manifest", type=_FILE, help="The accord.yaml of the system it happened on: what its tools do.")
@click.option("--out", type=_FILE, help="The file to write; without it the case goes to stdout.")
@click.option("--name", default="", help="The name of the case (default: from its title).")
@click.option("--by", help="Who found it, for the case's origin.")
@click.option("--licence", help="The licence of the case, as its SPDX id.")
@click.option("--disclosure", help="The id of the disclosure it comes from.")
def command(  # one parameter an option
    source: Path,
    manifest: Path | None,
    out: Path | None,
    name: str,
    by: str | None,
    licence: str | None,
    disclosure: str | None,
) -> None:
    """Make a verified draft case out of a transcript, a message log or a report.

    The text that attacked, the deed that obeyed it, and what of it travels to other systems are told by how they
    correspond. Effects stand for tools, reserved names for hosts, a fresh variable for a token.
    """
    from accord.case.drafting.making import NoCaseError, Wish, drafted
    from accord.case.drafting.reading import read
    from accord.case.drafting.talk import NotTalkError
    from accord.core.case import Origin

    where = Place(path=clean(shown(str(source))))
    origin = Origin(by=by, licence=licence, disclosure=disclosure)
    wish = Wish(name=name, origin=origin, system=read_system(manifest))
    try:
        case = drafted(read(_data(source)), wish)
    except NotTalkError as error:
        hint = "hand in a message log, lines such as `User:` and `Assistant:`, or a report that shows both"
        raise ManifestError(
            f"{where.path} holds no conversation: {error}", hint=hint, code="ACC-E620", where=where
        ) from error
    except NoCaseError as error:
        hint = "add the call with its arguments, or the answer, that shows the attack succeeding"
        raise ManifestError(f"{where.path} makes no case: {error}", hint=hint, code="ACC-E621", where=where) from error
    put_case(case, out)
    _say(case, out)


def _data(source: Path) -> bytes:
    """Return what was handed in, never more than one byte beyond the limit."""
    from accord.case.drafting.talk import LARGEST
    from accord.record.codec import read_bytes

    if str(source) == "-":
        return sys.stdin.buffer.read(LARGEST + 1)
    return read_bytes(source, shown=clean(shown(str(source))), limit=LARGEST)


def _say(case: Case, out: Path | None) -> None:
    """Tell on stderr what was understood, so that a reader can correct it."""
    from accord.case.drafting.telling import said

    place = f" in {clean(shown(str(out)))}" if out else ""
    click.echo(f"{case.name}: verified draft{place}", err=True)
    for line in said(case):
        click.echo(f"  {one_line(line, 300)}", err=True)
