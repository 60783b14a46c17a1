"""`accord case`: lint, verify and show executable cases, without running anything."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from accord.cli import case_import, complain
from accord.core.errors import AccordError, ManifestError
from accord.core.finding import Place
from accord.core.text import clean, one_line, shown

if TYPE_CHECKING:
    from accord.case.lint import FileReport

MOST_FILES: Final = 10_000

_PATHS = click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))


@click.group(name="case")
def command() -> None:
    """Lint, verify and show executable cases."""


command.add_command(case_import.command)


@command.command()
@_PATHS
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to write the result.")
@click.pass_context
def lint(ctx: click.Context, paths: tuple[Path, ...], form: str) -> None:
    """Tell whether cases are safe to receive; exit 0 when all are, 2 when any is refused."""
    from accord.case.lint import lint_file

    reports = [lint_file(path, shown=shown(str(path))) for path in _files(paths)]
    if form == "json":
        click.echo(json.dumps({"files": [_as_json(report) for report in reports]}, ensure_ascii=True, indent=2))
    else:
        for report in reports:
            click.echo("\n".join(_as_text(report)))
        refused = sum(not report.ok for report in reports)
        click.echo(f"{len(reports)} looked at, {refused} refused")
    ctx.exit(0 if all(report.ok for report in reports) else 2)


@command.command()
@_PATHS
@click.pass_context
def verify(ctx: click.Context, paths: tuple[Path, ...]) -> None:
    """Replay each case's own two transcripts; exit 0 when every proof holds, 1 when any does not."""
    from accord.case.lint import load
    from accord.case.verify import verify as replay

    codes = {0}
    for path in _files(paths):
        name = clean(shown(str(path)))
        try:
            result = replay(load(path, shown=shown(str(path))))
        except AccordError as error:
            complain(error)
            codes.add(2)
            continue
        click.echo(f"{name}: {'verified' if result.ok else 'not verified'}: {one_line(result.reason)}")
        codes.add(0 if result.ok else 1)
    ctx.exit(max(codes))


@command.command()
@click.argument("path", type=click.Path(path_type=Path))
def show(path: Path) -> None:
    """Show a case: what it is, what it delivers and what must be seen."""
    from accord.case.identity import identity
    from accord.case.lint import load
    from accord.core.canon import plain

    case = load(path, shown=shown(str(path)))
    lines = [f"{case.name} ({case.severity}, TLP:{case.tlp})", one_line(case.summary), ""]
    try:
        lines.append(f"id       {identity(case)}")
    except ValueError as error:
        lines.append(f"id       none: {error}")
    lines.append(f"kind     {case.kind}")
    needs = (
        need if isinstance(need, str) else f"does {need.does}" if need.does else f"tool {need.tool}"
        for need in case.needs
    )
    lines.append(f"needs    {one_line(', '.join(needs)) or 'nothing'}")
    for number, step in enumerate(case.steps, 1):
        where = f"deliver {step.deliver.channel}" if step.deliver else "ask"
        what = step.deliver.text if step.deliver else step.ask if isinstance(step.ask, str) else "any honest task"
        lines.append(f"step {number:<3} {where}: {one_line(what, 300)}")
    lines.append(f"broke    {one_line(json.dumps(_seen(plain(case.broke)), ensure_ascii=False), 1_000)}")
    lines.append(f"control  {one_line(json.dumps(_seen(plain(case.control)), ensure_ascii=False), 1_000)}")
    lines.append(f"proof    {'two transcripts' if case.proof else 'none'}")
    click.echo(clean("\n".join(lines)))


def _seen(value: object) -> object:
    """Return a plain value without its nulls."""
    if isinstance(value, dict):
        return {key: _seen(item) for key, item in value.items() if item is not None and item != {}}
    return [_seen(item) for item in value] if isinstance(value, list) else value


def _files(paths: tuple[Path, ...]) -> Iterator[Path]:
    for path in paths:
        if not path.is_dir():
            yield path
            continue
        name = shown(str(path))
        found = sorted(islice(_inside(path), MOST_FILES + 1))
        if len(found) > MOST_FILES:
            message, hint, code = f"{name} holds more than {MOST_FILES:,} cases", "name smaller folders", "ACC-E602"
            raise ManifestError(message, hint=hint, code=code, where=Place(path=name))
        if not found:
            message, hint = f"{name} holds no case", "cases are files that end in .yaml or .yml"
            raise ManifestError(message, hint=hint, code="ACC-E603", where=Place(path=name))
        yield from found


def _inside(folder: Path) -> Iterator[Path]:
    def refuse(error: OSError) -> None:
        name = shown(os.fsdecode(error.filename or folder))
        hint = "check its permissions"
        raise ManifestError(f"{name} cannot be read", hint=hint, code="ACC-E601", where=Place(path=name)) from error

    for root, _, names in os.walk(folder, onerror=refuse, followlinks=False):
        for name in names:
            path = Path(root, name)
            if name.endswith((".yaml", ".yml")) and not path.is_symlink():
                yield path


def _as_json(report: FileReport) -> dict[str, object]:
    problems = [
        {
            "message": problem.message,
            "where": {"line": problem.where.line, "column": problem.where.column},
            "hint": problem.hint,
        }
        for problem in report.problems
    ]
    return {"path": report.path, "ok": report.ok, "id": report.id, "problems": problems, "notes": list(report.notes)}


def _as_text(report: FileReport) -> Iterator[str]:
    yield clean(f"{report.path}: {'good' if report.ok else 'refused'}")
    for problem in report.problems:
        yield clean(f"  {problem.where.line}:{problem.where.column}: {one_line(problem.message)}")
        if problem.hint:
            yield clean(f"    = hint: {one_line(problem.hint)}")
    for note in report.notes:
        yield clean(f"  note: {one_line(note)}")
