"""`accord feeds`: vulnerabilities that are known, imported from disk and kept with their age."""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from accord.cli import say
from accord.cli.options import text_or_json
from accord.core.clock import rfc3339
from accord.core.settings import state_folder
from accord.core.text import shown

if TYPE_CHECKING:
    from accord.core.contracts import Feed


@click.group("feeds")
def command() -> None:
    """Import records of vulnerabilities (OSV) from disk, and list what there is."""


@command.command("import")
@click.argument("source", type=click.Path(path_type=Path))
@click.option("--name", help="What to call the feed; a feed of that name is replaced. Default: the name of SOURCE.")
@text_or_json
def import_(source: Path, name: str | None, shape: str) -> int:
    """Import OSV records from SOURCE: a folder, a ZIP, a tar (gz, xz, bz2), or one file of JSON or YAML.

    Exit codes: 0 imported, 2 when SOURCE cannot be read or holds no record.
    """
    from accord.cli.world import now, progress
    from accord.scan.supply.feeds import import_feed

    moment = now(os.environ)
    draw = progress(sys.stderr)
    done = import_feed(source, _state(), name=name or _name_of(source), now=moment, progress=draw)
    draw(1, 1, "")
    if shape == "json":
        told = {"withdrawn": done.withdrawn, "skipped": done.skipped}
        reasons = [{"record": record, "reason": reason} for record, reason in done.reasons]
        click.echo(json.dumps({"feed": _shown(done.feed), **told, "reasons": reasons}, indent=2))
        return 0
    click.echo("\n".join(_lines(done.feed)))
    say(f"{done.withdrawn} withdrawn records were left out, {done.skipped} were skipped")
    for record, reason in done.reasons:
        say(f"  {record}: {reason}")
    return 0


@command.command("list")
@text_or_json
def listed(shape: str) -> int:
    """List the feeds of this machine: records, ecosystems, and the day of the newest record of each."""
    from accord.scan.supply.feeds import list_feeds

    feeds = list_feeds(_state())
    if shape == "json":
        click.echo(json.dumps({"feeds": [_shown(feed) for feed in feeds]}, indent=2))
        return 0
    for feed in feeds:
        click.echo("\n".join(_lines(feed)))
    if not feeds:
        say("there is no feed yet: accord feeds import DIR|ZIP|FILE")
    return 0


def _lines(feed: Feed) -> list[str]:
    if feed.problem:
        return [f"{feed.name:<16} unreadable: {feed.problem}"]
    head = f"{feed.name:<16} {feed.records:>7} records, imported {rfc3339(feed.imported)}, {feed.digest[:19]}"
    held = sorted(feed.coverage.items(), key=lambda one: (-one[1].records, one[0]))
    return [head, *(f"  {name:<14} {one.records:>7} records, newest {rfc3339(one.newest)}" for name, one in held)]


def _shown(feed: Feed) -> dict[str, object]:
    return {
        "name": feed.name,
        "digest": feed.digest,
        "imported": rfc3339(feed.imported),
        "records": feed.records,
        "problem": feed.problem or None,
        "ecosystems": {
            name: {"records": one.records, "newest": rfc3339(one.newest)} for name, one in feed.coverage.items()
        },
    }


def _name_of(source: Path) -> str:
    """Return what a feed is called after its source: `PyPI.zip` gives `pypi`."""
    stem = re.sub(r"\.(?:zip|tar|tgz|gz|xz|bz2|jsonl?|ndjson|ya?ml)$", "", shown(source.resolve().name).lower())
    stem = re.sub(r"\.(?:tar)$", "", stem)
    return re.sub(r"[^a-z0-9._-]+", "-", stem).strip("-._")[:64] or "feed"


def _state() -> Path:
    return state_folder(Path.cwd(), os.environ)
