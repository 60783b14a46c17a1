"""`accord case export`: a case in the form that another tool takes."""

from __future__ import annotations

from pathlib import Path

import click

from accord.cli.case_io import put, read_case
from accord.core.errors import ManifestError
from accord.core.finding import Place
from accord.core.text import clean, shown

_FILE = click.Path(path_type=Path)


@click.command(name="export")
@click.argument("path", type=_FILE)
@click.option(
    "--to",
    "form",
    type=click.Choice(["json", "promptfoo", "pyrit", "garak"]),
    required=True,
    help="The tool that takes it.",
)
@click.option("--out", type=_FILE, help="The file to write; without it the result goes to stdout.")
def command(path: Path, form: str, out: Path | None) -> None:
    """Write a case for another tool: canonical JSON, a promptfoo test, PyRIT seeds, or a garak attempt.

    Only json holds everything. What a form has no place for (planted documents, calls of tools) is an error, not
    left out. Variables get one value, since other tools make no fresh ones.
    """
    from accord.case.export import UnfitExportError, exported

    name = clean(shown(str(path)))
    try:
        data = exported(read_case(path), form)
    except UnfitExportError as error:
        hint = "export it as json, which holds everything"
        raise ManifestError(
            f"{name} cannot be exported: {error}", hint=hint, code="ACC-E625", where=Place(path=name)
        ) from error
    put(data, out)
