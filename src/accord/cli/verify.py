"""`accord verify`: checks a bundle or a state folder offline."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple

import click

from accord.cli.options import text_or_json, trust_option
from accord.core.canon import plain
from accord.core.errors import RecordError
from accord.core.finding import Place
from accord.core.text import one_line


class Found(NamedTuple):
    """What there is to verify: a `bundle` or a `state` folder."""

    kind: str
    folder: Path


@click.command("verify")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, exists=True, file_okay=False))
@trust_option
@text_or_json
def command(folder: Path, trust: str | None, shape: str) -> int:
    """Check signatures, digests, ledger proofs and trust levels in DIR, offline.

    DIR is what `accord assess --out` wrote, its bundle, a state folder, or a project that has one.
    Exit code 0 when everything holds, 1 with each place that does not, 2 when there is nothing to verify.
    """
    from accord.cli.world import now, trust_for
    from accord.core.settings import state_folder
    from accord.record.audit import verify_bundle, verify_state

    found = find(folder)
    state = found.folder if found.kind == "state" else state_folder(Path.cwd(), os.environ)
    trusted = trust_for(trust, state=state, root=folder, moment=now(os.environ))
    if found.kind == "bundle":
        problems = verify_bundle(found.folder, trusted)
    else:
        problems = verify_state(found.folder, trusted, url=os.environ.get("ACCORD_DATABASE"))
    listed = [{"place": problem.place, "message": problem.message} for problem in problems]
    if shape == "json":
        _print_json({"path": str(folder), "kind": found.kind, "ok": not problems, "problems": listed})
    else:
        _print_text(found, listed, named=trusted.file is not None)
    return 1 if problems else 0


def find(folder: Path) -> Found:
    """Return what can be verified in a folder.

    Raises `RecordError` when there is nothing.
    """
    for candidate in (folder / "bundle", folder):
        if (candidate / "assessment.dsse.json").exists():
            return Found("bundle", candidate)
    for candidate in (folder, folder / ".accord"):
        if (candidate / "accord.db").exists() or (candidate / "ledger").is_dir():
            return Found("state", candidate)
    raise RecordError(
        "there is nothing to verify: neither a bundle nor a state folder",
        hint="make one: accord assess --format json --out DIR",
        code="ACC-E550",
        where=Place(path=str(folder)),
    )


def _print_json(result: object) -> None:
    import json

    click.echo(json.dumps(plain(result), indent=2, ensure_ascii=True))


def _print_text(found: Found, problems: list[dict[str, str]], *, named: bool) -> None:
    places: dict[str, list[str]] = {}
    for problem in problems:
        places.setdefault(problem["message"], []).append(problem["place"])
    for message, where in places.items():
        more = f" (and at {len(where) - 1} more places)" if len(where) > 1 else ""
        click.echo(f"broken: {one_line(where[0])}: {one_line(message)}{more}")
    if problems:
        click.echo(f"{len(problems)} of the things that this {found.kind} says do not hold")
        return
    click.echo(f"good: every signature, digest and ledger proof of this {found.kind} holds")
    if not named:
        click.echo("  = whose keys they are is not shown: give the trust file that names them (--trust FILE)")
