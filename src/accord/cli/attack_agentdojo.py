"""`accord attack agentdojo`: our oracles beside AgentDojo's own verdicts, on every pair of tasks, without a model."""

from __future__ import annotations

import json

import click

from accord.core.text import clean


@click.command(name="agentdojo")
@click.option("--version", "version", help="The version of AgentDojo's tasks: v1 to v1.2.2; the newest by default.")
@click.option("--suite", "names", multiple=True, help="Only this suite; may be repeated.")
@click.option("--changed", is_flag=True, help="Also replay the attackers' calls with each argument changed.")
@click.option("--bent", is_flag=True, help="Also replay them in capitals, twice and backwards; never judged.")
@click.option(
    "--format", "output", type=click.Choice(["text", "json"]), default="text", help="How to write the result."
)
@click.pass_context
def command(
    ctx: click.Context, version: str | None, names: tuple[str, ...], changed: bool, bent: bool, output: str
) -> None:
    """Replay AgentDojo's tasks; exit 0 when our oracles say what it says on every pair, 1 when any differs."""
    from accord.attack.agents.dojo import LATEST, open_dojo
    from accord.attack.agents.replay import Depth, replay
    from accord.attack.agents.tally import plain_result, table

    dojo = open_dojo(version or LATEST)
    replays = []
    for name in dict.fromkeys(names or dojo.suites):

        def tell(done: int, total: int, name: str = name) -> None:
            click.echo(clean(f"{name}: {done} of {total} pairs"), err=True)

        replays.append(replay(dojo, name, depth=Depth(changed, bent), tell=tell))
    if output == "json":
        click.echo(json.dumps(plain_result(dojo, replays), ensure_ascii=True, indent=2))
    else:
        for line in table(dojo, replays):
            click.echo(clean(line))
    differs = any(one.agree < one.pairs or one.changed.differ for one in replays)
    ctx.exit(1 if differs else 0)
