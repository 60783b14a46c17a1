"""`accord attack`: plan, run and go on with red-team campaigns."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from accord.cli import say
from accord.cli.attack_options import Asked, attack_options
from accord.cli.options import out_option, split_formats, trust_option
from accord.core.text import one_line

if TYPE_CHECKING:
    from accord.assess.campaigns import Ended, World
    from accord.attack.campaign.engine import Campaigning

_MORE: Final = {"calibrate": "attack_calibrate", "overrule": "attack_overrule", "agentdojo": "attack_agentdojo"}


class _Group(click.Group):
    """The subcommands of this file, and those that live in files of their own."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *_MORE})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _MORE:
            return super().get_command(ctx, cmd_name)
        found: click.Command = importlib.import_module(f"accord.cli.{_MORE[cmd_name]}").command
        return found


@click.group("attack", cls=_Group)
def command() -> None:
    """Attack a running system with executable cases, before release."""


@command.command("plan")
@attack_options
@out_option
def plan_command(asked: Asked, out: Path | None) -> int:
    """Say what a campaign would send and cost; nothing is sent."""
    from accord.assess.campaigns import planned
    from accord.attack.campaign.plan import plan_lines
    from accord.cli.attack_order import order_of, world_of
    from accord.record.state import write_file

    world = world_of(asked)
    decided = planned(order_of(asked), world).plan
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        write_file(out / "plan.jsonl", b"".join(plan_lines(decided.trials)))
    told = {
        "plan": decided.id,
        "seed": decided.seed,
        "cases": len({trial.case_id for trial in decided.trials}),
        "trials": sum(trial.kind == "attack" for trial in decided.trials),
        "controls": sum(trial.kind == "control" for trial in decided.trials),
        "requests": decided.requests,
        "tokens": decided.tokens,
        "money": decided.money,
        "minutes": decided.minutes,
        "not_applicable": [{"case": one.case, "reason": one.reason} for one in decided.not_applicable],
    }
    if "json" in split_formats(asked.formats):
        click.echo(json.dumps(told, indent=2))
        return 0
    for key, value in told.items():
        if key != "not_applicable":
            click.echo(f"{key:10} {value}")
    for one in decided.not_applicable:
        click.echo(one_line(f"not applicable: {one.case}: {one.reason}"))
    return 0


@command.command("run")
@attack_options
@out_option
def run_command(asked: Asked, out: Path | None) -> int:
    """Run a campaign: exit code 0 when the gate passes, 1 when a case breaks, 3 when it stays undecided."""
    from accord.assess.campaigns import begin
    from accord.cli.attack_order import order_of, world_of

    world = world_of(asked)
    ready(out, asked.formats)
    return conduct(begin(order_of(asked), world), world, out, asked.formats)


@command.command("resume")
@click.argument("campaign", required=False)
@out_option
@click.option("--format", "formats", multiple=True, default=("txt",), help="Formats, as a list or repeated.")
@click.option("--plugin", "plugins", multiple=True, help="Allow a plug-in package by name (repeatable).")
@click.option("--budget", help="Hard limits in place of those of the run: requests=N,tokens=N,money=X,minutes=M.")
@click.option("--price", type=click.FloatRange(0), help="What a million tokens cost, for the budget of money.")
def resume_command(
    campaign: str | None,
    out: Path | None,
    formats: tuple[str, ...],
    plugins: tuple[str, ...],
    budget: str | None,
    price: float | None,
) -> int:
    """Go on with the newest unfinished campaign, or the one that is named; nothing is asked twice."""
    from accord.assess.campaigns import unfinished
    from accord.cli.attack_order import spending_of, world_here

    world = world_here(plugins)
    ready(out, formats)
    limits = None if budget is None else (lambda target: spending_of(budget, price, target))
    return conduct(unfinished(world, campaign, limits=limits), world, out, formats)


@command.command("report")
@click.argument("campaign", required=False)
@out_option
@trust_option
@click.option("--format", "formats", multiple=True, default=("txt",), help="Formats, as a list or repeated.")
@click.option("--plugin", "plugins", multiple=True, help="Allow a plug-in package by name (repeatable).")
def report_command(
    campaign: str | None, out: Path | None, trust: str | None, formats: tuple[str, ...], plugins: tuple[str, ...]
) -> int:
    """Say again what the newest campaign, or the one that is named, came to, with what persons overruled since."""
    from accord.assess.campaigns import reported
    from accord.cli.attack_order import world_here

    ready(out, formats)
    world = world_here(plugins, trust)
    return tell(reported(world, campaign), world, out, formats)


@command.command("work")
@click.option("--name", help="What this worker is called; each needs a name of its own.")
@click.option("--idle", type=click.FloatRange(0.1), default=60.0, help="End after so many seconds without work.")
@click.option("--plugin", "plugins", multiple=True, help="Allow a plug-in package by name (repeatable).")
def work_command(name: str | None, idle: float, plugins: tuple[str, ...]) -> int:
    """Run units of campaigns that were begun elsewhere on the same PostgreSQL (ACCORD_DATABASE)."""
    import os
    import socket

    from accord.assess.campaigns import work
    from accord.cli.attack_order import world_here

    called = name or f"{socket.gethostname()}-{os.getpid()}"
    say(f"worker {called}: waiting for units")
    click.echo(f"{work(world_here(plugins), name=called, idle=idle)} trials run")
    return 0


def ready(out: Path | None, formats: tuple[str, ...]) -> None:
    """Raise `AccordError` where the result could not be written, before anything is sent."""
    from accord.cli.attack_documents import chosen
    from accord.cli.documents import refuse_file

    chosen(split_formats(formats), single=out is None)
    refuse_file(out)


def conduct(campaign: Campaigning, world: World, out: Path | None, formats: tuple[str, ...]) -> int:
    """Run a campaign or go on with it, write and print what it came to, and return the exit code."""
    from dataclasses import replace

    from accord.assess.campaigns import run
    from accord.cli.attack_progress import Progress

    say(f"campaign {campaign.id}: {len(campaign.plan.trials)} runs planned at {one_line(campaign.scope.target, 200)}")
    with Progress(sys.stderr, len(campaign.plan.trials)) as progress:
        ended = run(campaign, replace(world, seen=progress.seen))
    return tell(ended, world, out, formats)


def tell(ended: Ended, world: World, out: Path | None, formats: tuple[str, ...]) -> int:
    """Write and print what a campaign came to, and return the exit code."""
    from accord.assess.transcripts import transcripts
    from accord.cli.attack_documents import print_campaign, write_campaign

    wanted, said = split_formats(formats), (lambda: transcripts(ended, world))
    if out is not None:
        written = write_campaign(ended, said, out, wanted)
        say(f"wrote {', '.join(str(out / name) for name in written)}")
    print_campaign(ended, said, wanted, to_folder=out is not None)
    return exit_code(ended)


def exit_code(ended: Ended) -> int:
    """Return the code that CONTRACT promises: 0 passes, 1 a case breaks, 3 undecided."""
    gate = ended.campaign.gate
    if gate.passed and not ended.campaign.stopped:
        return 0
    return 1 if any(case.verdict == "fail" for case in ended.campaign.cases) else 3
