"""`accord guard report`: what the log of decisions tells."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import click

from accord.cli.options import out_option, split_formats


@click.command("report")
@click.argument("log", type=click.Path(path_type=Path))
@click.option(
    "--policy", type=click.Path(path_type=Path), help="guard.yaml: its exceptions are shown with what is left of them."
)
@click.option("--format", "formats", multiple=True, default=("text",), help="text, json, html; several with commas.")
@out_option
def command(log: Path, policy: Path | None, formats: tuple[str, ...], out: Path | None) -> int:
    """Say what the guard stopped and why, what to look at again, and which exceptions expire."""
    from accord.core.canon import plain
    from accord.core.guard import GuardPolicy
    from accord.guard.monitor.entries import entries
    from accord.record.codec import load
    from accord.record.state import write_file
    from accord.report.guard_log import told
    from accord.report.guard_page import lines, render

    today = datetime.now(UTC).date()
    known = load(policy, GuardPolicy, shown=policy.name) if policy else None
    found = told(entries(log), policy=known, today=today)
    written = {
        "txt": lambda: "".join(f"{line}\n" for line in lines(found)),
        "json": lambda: json.dumps(plain(found), ensure_ascii=False, indent=1, default=str) + "\n",
        "html": lambda: render(found, name=log.name, today=today),
    }
    for name in split_formats(formats):
        if name not in written:
            raise click.UsageError(f"there is no format {name!r}; known are text, json, html")
        text = written[name]()
        if out is None:
            click.echo(text, nl=False)
        else:
            out.mkdir(parents=True, exist_ok=True)
            write_file(out / f"guard.{name}", text.encode())
    return 0
