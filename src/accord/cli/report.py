"""`accord report`: render a stored assessment again, or check an exported document."""

from __future__ import annotations

from pathlib import Path

import click

from accord.cli import say
from accord.cli.options import format_option, out_option, plugin_option, split_formats


@click.command("report")
@click.argument("what", metavar="ASSESSMENT", default="latest")
@format_option("txt")
@out_option
@plugin_option
@click.option(
    "--verify",
    "document",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Check a document instead: schema, digests, references.",
)
def command(
    what: str, formats: tuple[str, ...], out: Path | None, plugins: tuple[str, ...], document: Path | None
) -> int:
    """Render an assessment (a file, an id or `latest`) exactly as `assess` wrote it.

    With --verify, exit code 0 when the document is whole and 1, with the place, when it is not.
    """
    if document is not None:
        return _verify(document)
    from accord.assess.regate import find_assessment
    from accord.cli.documents import print_document, refuse_file, write_documents, writers
    from accord.cli.stored import stored_world

    chosen = writers(split_formats(formats), frozenset(plugins), single=out is None)
    refuse_file(out)
    assessment = find_assessment(what, stored_world(None, root=None))
    if assessment is None:
        say("no assessment is stored here; run accord assess")
        return 2
    if out is None:
        print_document(assessment, chosen)
    else:
        names = write_documents(assessment, chosen, out)
        say(f"wrote {', '.join(str(out / name) for name in names)}")
    return 0


def _verify(document: Path) -> int:
    from accord.report.integrity import problems

    found = problems(document)
    for problem in found:
        say(f"{document.name}:{problem.place}: {problem.message}")
    if not found:
        say(f"{document.name}: whole")
    return 1 if found else 0
