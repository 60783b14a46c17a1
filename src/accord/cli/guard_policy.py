"""`accord guard policy`: draft the tool policy from the manifest, and show what it would do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from accord.cli import say
from accord.core.text import clean, one_line, shown

if TYPE_CHECKING:
    from accord.core.guard import GuardPolicy
    from accord.guard.flow.proving import Ruled

_FILE = click.Path(path_type=Path)


@click.group(name="policy")
def command() -> None:
    """Draft the tool policy from accord.yaml, pin its tools, and prove it with cases and recorded traffic."""


@command.command()
@click.argument("path", type=_FILE, default=".")
@click.option("--out", type=_FILE, help="The file to write; without it the policy goes to stdout.")
@click.option("--force", is_flag=True, help="Write over a file that exists.")
def draft(path: Path, out: Path | None, force: bool) -> None:
    """Derive guard.yaml from accord.yaml: its tools, their effects, limits and approvals."""
    from accord.cli.case_io import read_system
    from accord.guard.flow.drafting import drafted, unknown
    from accord.record.codec import dump_yaml

    system = read_system(path / "accord.yaml" if path.is_dir() else path)
    if system is None:
        raise click.UsageError("there is no accord.yaml to draft from")
    for name in unknown(system):
        click.echo(clean(f"the tool {name!r} stays blocked: say what it does in accord.yaml (does:)"), err=True)
    text = dump_yaml(drafted(system))
    if out is None:
        click.echo(text, nl=False)
        return
    if out.exists() and not force:
        raise click.UsageError(clean(f"{shown(str(out))} exists; --force writes over it"))
    try:
        out.write_text(text, "utf-8")
    except OSError as error:
        raise click.FileError(shown(str(out)), error.strerror) from error


@command.command()
@click.argument("policy", type=_FILE)
@click.option("--cases", multiple=True, type=_FILE, help="Cases to prove it with: their own transcripts are replayed.")
@click.option(
    "--traffic", multiple=True, type=_FILE, help="Recorded requests, JSON lines; what would be stopped is printed."
)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to write the result.")
@click.pass_context
def test(ctx: click.Context, policy: Path, cases: tuple[Path, ...], traffic: tuple[Path, ...], form: str) -> None:
    """Prove a policy; exit 0 when each case with tool calls is stopped and its control is served, else 1.

    It is 1, too, where neither the cases nor the traffic hold a tool call: nothing was proved.
    """
    from accord.core.guard import GuardPolicy
    from accord.guard.flow.proving import summary
    from accord.guard.policies import check_policy
    from accord.record.codec import load

    read = load(policy, GuardPolicy, shown=shown(str(policy)))
    check_policy(read)
    if not cases and not traffic:
        raise click.UsageError("nothing proves the policy: give --cases or --traffic")
    now = datetime.now(UTC)
    proofs = _proofs(read, cases, now)
    rulings = [one for path in traffic for one in _recorded(read, path, now)]
    total, counts = summary(rulings)
    refused = [one for one in rulings if one.ruling.outcome.stops]
    failed = [one for one in proofs if one["stopped"] is False or one["served"] is False]
    if form == "json":
        said = {"cases": proofs, "calls": total, "stopped": [_plain(one) for one in refused]}
        click.echo(json.dumps(said, ensure_ascii=True, indent=2))
    else:
        for proof in proofs:
            click.echo(clean(f"{proof['case']}: {_verdict(proof)}"))
        for one in refused:
            click.echo(clean(f"{one.where}: {one.ruling.outcome} {one.call.name}: {one_line(one.ruling.message, 200)}"))
        told = ", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items())) or "none"
        click.echo(f"{len(proofs)} cases, {len(failed)} not as they should be; {total} recorded calls: {told}")
    shown_something = total or any(proof["calls"] for proof in proofs)
    if not shown_something:
        say("nothing was proved: no case and no line of traffic holds a tool call")
    ctx.exit(1 if failed or not shown_something else 0)


@command.command()
@click.argument("traffic", type=_FILE)
def pins(traffic: Path) -> None:
    """Print the tools of recorded requests as entries for guard.yaml, with digests of what is said of them.

    TRAFFIC: request bodies, JSON lines. A tool with another description than the pinned one is not called.
    """
    from accord.guard.doors.pins import entries, recorded

    try:
        tools = recorded(_lines(traffic), shown(str(traffic)))
    except OSError as error:
        raise click.FileError(shown(str(traffic)), error.strerror) from error
    names = [tool.name for tool in tools]
    for name in sorted({name for name in names if names.count(name) > 1}):
        click.echo(clean(f"{one_line(name, 80)} is described in {names.count(name)} ways: keep one entry"), err=True)
    for entry in entries(tools):
        click.echo(clean(entry))


def _recorded(policy: GuardPolicy, path: Path, now: datetime) -> tuple[Ruled, ...]:
    from accord.guard.flow.proving import stops

    try:
        return tuple(stops(policy, _lines(path), path=shown(str(path)), now=now))
    except OSError as error:
        raise click.FileError(shown(str(path)), error.strerror) from error


def _lines(path: Path) -> Iterator[str]:
    """Yield the lines of a file; one that is too long is yielded as what is no request."""
    from accord.guard.flow.proving import LONGEST_LINE
    from accord.record.state import lines_of

    yield from ("?" if line is None else line.decode("utf-8", "replace") for line in lines_of(path, 4 * LONGEST_LINE))


def _proofs(policy: GuardPolicy, paths: tuple[Path, ...], now: datetime) -> list[dict[str, object]]:
    from accord.case.lint import load
    from accord.cli.case_files import case_files
    from accord.guard.flow.proving import proved

    found: list[dict[str, object]] = []
    for path in case_files(paths) if paths else ():
        case = load(path, shown=shown(str(path)))
        proof = proved(policy, case, now=now)
        calls = [_plain(one) for one in proof.calls]
        found.append({"case": case.name, "stopped": proof.stopped, "served": proof.served, "calls": calls})
    return found


def _plain(one: Ruled) -> dict[str, object]:
    ruling = one.ruling
    return {
        "where": one.where,
        "tool": one.call.name,
        "outcome": ruling.outcome.value,
        "code": ruling.code,
        "message": ruling.message,
        "path": list(ruling.path),
    }


def _verdict(proof: dict[str, object]) -> str:
    if proof["stopped"] is None and proof["served"] is None:
        return "no tool call in its transcripts"
    attack = {True: "stopped", False: "NOT stopped", None: "no call in the attack"}[_bool(proof["stopped"])]
    control = {True: "control served", False: "control NOT served", None: "no call in the control"}[
        _bool(proof["served"])
    ]
    return f"{attack}, {control}"


def _bool(value: object) -> bool | None:
    return value if isinstance(value, bool) else None
