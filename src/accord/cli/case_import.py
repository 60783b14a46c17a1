"""`accord case import`: other tools' files become cases; nothing of them is run."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from accord.core.errors import ManifestError
from accord.core.finding import Place
from accord.core.text import clean, one_line, shown

if TYPE_CHECKING:
    from accord.core.case import Case

_FORMATS = ("garak", "pyrit", "promptfoo", "spikee", "bipia", "asb", "agentdojo", "injecagent", "json")
_FILE = click.Path(path_type=Path)


@click.command(name="import")
@click.argument("path", type=_FILE)
@click.option("--from", "form", type=click.Choice(_FORMATS), required=True, help="The tool that wrote it.")
@click.option("--out", type=_FILE, required=True, help="The folder that gets one file per case.")
@click.option("--map", "plan", type=_FILE, help="For json: where the parts of a case stand in a record.")
@click.option("--licence", help="The licence of the source, as its SPDX id.")
@click.option("--source", help="Where the source comes from.")
@click.option(
    "--format", "output", type=click.Choice(["text", "json"]), default="text", help="How to write the result."
)
@click.pass_context
def command(
    ctx: click.Context,
    path: Path,
    form: str,
    out: Path,
    plan: Path | None,
    licence: str | None,
    source: str | None,
    output: str,
) -> None:
    """Import cases out of another tool's files; exit 0 when all were, 1 when any was skipped."""
    from accord.case.importers.draft import Skip
    from accord.case.importers.run import Wanted, imported

    wanted = Wanted(form=form, path=path, map=plan, licence=licence, source=source)
    done, skipped = 0, []
    for found in imported(wanted):
        result = found if isinstance(found, Skip) else _write(found, out)
        if isinstance(result, Skip):
            skipped.append({"record": result.record, "reason": result.reason})
        else:
            done += 1
    if not done and not skipped:
        name = clean(shown(str(path)))
        hint = f"name a file or folder that {form} writes, or another --from"
        where = Place(path=name)
        raise ManifestError(f"{name} holds nothing to import", hint=hint, code="ACC-E614", where=where)
    _say(done, skipped, output)
    ctx.exit(1 if skipped else 0)


def _say(done: int, skipped: list[dict[str, str]], output: str) -> None:
    read = done + len(skipped)
    if output == "json":
        click.echo(json.dumps({"read": read, "imported": done, "skipped": skipped}, ensure_ascii=True, indent=2))
        return
    for one in skipped:
        click.echo(clean(f"skipped {one_line(one['record'])}: {one_line(one['reason'])}"))
    click.echo(f"{read} read, {done} imported, {len(skipped)} skipped")


def _write(case: Case, folder: Path) -> object:
    """Write one case into the folder: a file of that name is replaced, and a link by that name never followed."""
    from accord.case.faults import LARGEST_CASE
    from accord.case.importers.draft import Skip
    from accord.case.importers.written import yaml_of

    data = yaml_of(case)
    if len(data) > LARGEST_CASE:
        return Skip(record=case.name, reason=f"its file would have {len(data):,} bytes, the limit is {LARGEST_CASE:,}")
    target, draft = folder / f"{case.name}.yaml", folder / f".{case.name}.{os.getpid()}.tmp"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o644)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        draft.replace(target)
    except OSError as error:
        with suppress(OSError):
            draft.unlink()
        name = shown(str(target))
        message, hint = f"{name} cannot be written: {error.strerror}", "check the folder and its permissions"
        raise ManifestError(message, hint=hint, code="ACC-E615", where=Place(path=name)) from error
    return case
