"""`accord guard report`: what the log of decisions tells."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click

from accord.cli.options import out_option, split_formats
from accord.core.errors import AccordError
from accord.core.text import shown

_KNOWN: Final = frozenset({"txt", "json", "html"})


@click.command("report")
@click.argument("log", type=click.Path(path_type=Path))
@click.option(
    "--policy", type=click.Path(path_type=Path), help="guard.yaml: its exceptions are shown with what is left of them."
)
@click.option("--format", "formats", multiple=True, default=("text",), help="text, json, html; several with commas.")
@out_option
def command(log: Path, policy: Path | None, formats: tuple[str, ...], out: Path | None) -> int:
    """Say what the guard stopped and why, what to look at again, and which exceptions expire.

    One format goes to stdout; for several name a folder.
    """
    from accord.cli.documents import refuse_file
    from accord.core.canon import plain
    from accord.core.guard import GuardPolicy
    from accord.guard.monitor.entries import entries
    from accord.guard.policies import check_policy
    from accord.record.codec import load
    from accord.report.guard_log import told
    from accord.report.guard_page import lines, render

    wanted = split_formats(formats)
    unknown = next((name for name in wanted if name not in _KNOWN), None)
    if unknown is not None or not wanted:
        raise click.UsageError(f"there is no format {unknown or ''!r}; known are text, json, html")
    if out is None and len(wanted) != 1:
        raise AccordError("only one format can go to stdout", code="ACC-E132", hint="give --out DIR")
    refuse_file(out)
    today = datetime.now(UTC).date()
    known = load(policy, GuardPolicy, shown=policy.name) if policy else None
    if known is not None:
        check_policy(known)
    found = told(entries(log), policy=known, today=today)
    written = {
        "txt": lambda: "".join(f"{line}\n" for line in lines(found)),
        "json": lambda: json.dumps(plain(found), ensure_ascii=False, indent=1, default=str) + "\n",
        "html": lambda: render(found, name=log.name, today=today),
    }
    for name in wanted:
        text = written[name]()
        if out is None:
            click.echo(text, nl=False)
        else:
            _written(out / f"guard.{name}", text)
    return 0


def _written(path: Path, text: str) -> None:
    from accord.record.state import write_file

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_file(path, text.encode())
    except OSError as error:
        message = f"{shown(str(path.parent))} cannot be written: {error.strerror}"
        raise AccordError(message, code="ACC-E133", hint="give another folder to --out") from error
