"""`accord case`: lint, verify and show executable cases, without running anything."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from accord.cli import (
    case_diff,
    case_export,
    case_import,
    case_minimise,
    case_new,
    case_redact,
    case_run,
    complain,
)
from accord.cli.case_files import case_files
from accord.core.errors import AccordError
from accord.core.text import clean, one_line, shown

if TYPE_CHECKING:
    from accord.case.lint import FileReport
    from accord.core.case import Case

_PATHS = click.argument("paths", nargs=-1, required=True, type=click.Path(path_type=Path))


@click.group(name="case")
def command() -> None:
    """Make, lint, verify, run and change executable cases."""


command.add_command(case_import.command)
command.add_command(case_new.command)
command.add_command(case_redact.command)
command.add_command(case_minimise.command)
command.add_command(case_diff.command)
command.add_command(case_export.command)
command.add_command(case_run.command)


@command.command()
@_PATHS
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to write the result.")
@click.pass_context
def lint(ctx: click.Context, paths: tuple[Path, ...], form: str) -> None:
    """Tell whether cases are safe to receive; exit 0 when all are, 2 when any is refused."""
    from accord.case.lint import lint_file

    reports = [lint_file(path, shown=shown(str(path))) for path in case_files(paths)]
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
    for path in case_files(paths):
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
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to write the case.")
def show(path: Path, form: str) -> None:
    """Show a case: what it is, what it delivers and what must be seen."""
    from accord.case.identity import identity
    from accord.case.lint import load
    from accord.core.canon import plain

    case = load(path, shown=shown(str(path)))
    if form == "json":
        click.echo(json.dumps({"id": str(identity(case)), **_members(case)}, ensure_ascii=True, indent=2))
        return
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


def _members(case: Case) -> dict[str, object]:
    """Return the members of a case as JSON has them, without what is empty."""
    from accord.case.export import exported

    found: dict[str, object] = json.loads(exported(case, "json"))
    return found


def _seen(value: object) -> object:
    """Return a plain value without its nulls."""
    if isinstance(value, dict):
        return {key: _seen(item) for key, item in value.items() if item is not None and item != {}}
    return [_seen(item) for item in value] if isinstance(value, list) else value


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
