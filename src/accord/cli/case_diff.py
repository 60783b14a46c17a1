"""`accord case diff`: what two cases have in common and where they differ."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from accord.cli.case_io import read_case
from accord.core.text import clean, one_line

if TYPE_CHECKING:
    from accord.case.diff import Comparison

_FILE = click.Path(path_type=Path)


@click.command(name="diff")
@click.argument("a", type=_FILE)
@click.argument("b", type=_FILE)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to write the result.")
@click.pass_context
def command(ctx: click.Context, a: Path, b: Path, form: str) -> None:
    """Compare two cases: identity, steps, oracle and envelope; exit 0 when nothing differs, 1 when anything does."""
    from accord.case.diff import compared

    found = compared(read_case(a), read_case(b))
    if form == "json":
        differences = [{"path": one.path, "part": one.part, "a": one.a, "b": one.b} for one in found.differences]
        told = {
            "a": found.a,
            "b": found.b,
            "same_attack": found.same_attack,
            "alike": found.alike,
            "differences": differences,
        }
        click.echo(json.dumps(told, ensure_ascii=True, indent=2, default=str))
    else:
        _say(found)
    ctx.exit(1 if found.differences else 0)


def _say(found: Comparison) -> None:
    same = (
        f"one attack: {found.a}"
        if found.same_attack
        else f"two attacks, {found.alike:.0%} of the words alike: {found.a} and {found.b}"
    )
    click.echo(same)
    for part in ("attack", "oracle", "envelope"):
        for one in (difference for difference in found.differences if difference.part == part):
            click.echo(clean(f"{part:<8} {one_line(one.path, 120)}: {_shown(one.a)} → {_shown(one.b)}"))
    click.echo(f"{len(found.differences)} differences")


def _shown(value: object) -> str:
    return "nothing" if value is None else one_line(json.dumps(value, ensure_ascii=False, default=str), 160)
