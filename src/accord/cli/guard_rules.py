"""`accord guard rules`: rules from cases, tried, signed and laid where gateways take them up."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from accord.cli import say
from accord.cli.options import text_or_json
from accord.core.errors import ManifestError, RecordError
from accord.core.settings import state_folder
from accord.core.text import one_line, shown

if TYPE_CHECKING:
    from accord.core.guard import GuardRule
    from accord.guard.rules.adding import Added, Told
    from accord.guard.rules.shelf import Shelf
    from accord.guard.rules.trial import Ground
    from accord.record.keys import Signer

_PATH: Final = click.Path(path_type=Path)
_FOLDER: Final = click.option("--rules", "folder", type=_PATH, required=True, help="The folder of signed rules.")
_MOST_PROMPT: Final = 1 << 20


@click.group("rules")
def command() -> None:
    """Make rules from cases, list them, and take them back."""


@command.command("add")
@click.argument("cases", nargs=-1, required=True, type=_PATH)
@_FOLDER
@click.option("--benign", type=_PATH, help="The house's own honest traffic: JSON lines of text and channel.")
@text_or_json
def add(cases: tuple[Path, ...], folder: Path, benign: Path | None, shape: str) -> int:
    """Compile CASES to rules, try them on honest texts, sign those that stand and lay them into the folder.

    Running gateways take them up within a second. Exit codes: 0 all are enforced, 1 any is not, 2 a case is not
    readable. One bad case never stops the others.
    """
    from accord.cli.world import now
    from accord.guard.rules.adding import ground
    from accord.guard.rules.shelf import Shelf
    from accord.guard.rules.twins import settled

    state = _state()
    signer = _signer(state)
    on = ground(state, benign, tuple(_own_texts(Path.cwd())))
    shelf = Shelf(folder)
    done = settled([one for path in cases for one in _added(path, on, now(os.environ))], shelf.current().rules)
    fault = _lay(shelf, [one.rule for one in done if one.rule is not None], signer)
    told = [one.told for one in done] if fault is None else _left(done, shelf, fault)
    _tell(told, shape)
    if fault is not None:
        raise fault
    if any(not one.readable for one in told):
        return 2
    return 0 if all(one.state.value == "enforced" for one in told) else 1


def _lay(shelf: Shelf, rules: Sequence[GuardRule], signer: Signer) -> RecordError | None:
    """Lay rules on the shelf, and return what the disk had against it."""
    try:
        if rules:
            shelf.put(rules, signer)
    except RecordError as error:
        return error
    return None


def _left(done: Sequence[Added], shelf: Shelf, fault: RecordError) -> list[Told]:
    """Return what is true of cases whose rules could not all be written: some of them lie there."""
    from accord.guard.rules.trial import State

    lie = shelf.current().rules
    lost = {one.rule.id for one in done if one.rule is not None and one.rule not in lie}
    return [
        one.told._replace(state=State.REFUSED, reason=fault.message) if one.told.rule in lost else one.told
        for one in done
    ]


@command.command("list")
@_FOLDER
@text_or_json
def listed(folder: Path, shape: str) -> int:
    """List the rules in the folder that a key of ours signed, and the digest of the set."""
    from accord.cli.world import now
    from accord.guard.rules.adding import shelved

    held = _shelf(folder).current(now(os.environ))
    for one in held.refused:
        say(f"{one_line(one.file)} is not in force: {one_line(one.reason)}")
    for one in held.astray:
        say(f"{one_line(one.file)} {one_line(one.reason)}")
    _tell([shelved(rule, held.held) for rule in held.rules], shape, digest=held.digest)
    return 0


@command.command("remove")
@click.argument("rule")
@_FOLDER
def remove(rule: str, folder: Path) -> int:
    """Take the rule of this id out of the folder and off its signed list, be it gone already or not."""
    if not _shelf(folder).remove(rule, _signer(_state())):
        raise _unknown(rule)
    click.echo(f"removed {one_line(rule[:80])}")
    return 0


@command.command("promote")
@click.argument("rule")
@_FOLDER
@click.option("--recorded", type=_PATH, required=True, help="Recorded honest traffic: JSON lines of text and channel.")
@text_or_json
def promote(rule: str, folder: Path, recorded: Path, shape: str) -> int:
    """Let a rule that only flags block from now on, if it stops nothing of recorded traffic."""
    from accord.guard.rules.adding import promoted
    from accord.guard.rules.benign import read_benign

    shelf = _shelf(folder)
    found = next((one for one in shelf.current().rules if one.id == rule), None)
    if found is None:
        raise _unknown(rule)
    done = promoted(found, read_benign(recorded))
    if done.rule is not None:
        shelf.put((done.rule,), _signer(_state()))
    _tell([done.told], shape)
    return 0 if done.rule is not None else 1


def _state() -> Path:
    return state_folder(Path.cwd(), os.environ)


def _shelf(folder: Path) -> Shelf:
    from accord.guard.rules.shelf import Shelf

    if not folder.is_dir():
        name = shown(str(folder))
        hint = "add a rule to it first: accord guard rules add CASE --rules DIR"
        raise ManifestError(f"{name} is no folder of rules", hint=hint, code="ACC-E735")
    return Shelf(folder)


def _signer(state: Path) -> Signer:
    from accord.record.keys import signing_key

    signer = signing_key(state, os.environ)
    if signer.made:
        say(f"made {signer.path}, a development key: it vouches for nothing but this machine")
    for note in signer.notes:
        say(note)
    return signer


def _added(path: Path, on: Ground, at: datetime) -> Iterator[Added]:
    """Yield what became of the case in a file, or of each in a folder; a folder without any is told like a bad case."""
    from accord.cli.case_files import case_files
    from accord.guard.rules.adding import Added, Told, added
    from accord.guard.rules.trial import State

    try:
        files = tuple(case_files((path,)))
    except ManifestError as error:
        yield Added(Told(path.name[:80], State.REFUSED, reason=error.message))
        return
    yield from (added(one, on, now=at) for one in files)


def _own_texts(folder: Path) -> list[str]:
    """Return the operator's own prompts, where a manifest lies in the working directory; a rule must not meet them."""
    manifest = folder / "accord.yaml"
    if not manifest.is_file():
        return []
    from accord.cli.case_io import read_system
    from accord.record.state import read_file

    system = read_system(manifest)
    paths = [folder / prompt.path for prompt in (system.components.prompts if system else ()) if prompt.path]
    texts = []
    for path in paths:
        try:
            texts.append(read_file(path, _MOST_PROMPT).decode("utf-8", "replace")[:20_000])
        except (OSError, ValueError) as error:
            say(f"{one_line(shown(str(path)))} cannot be read, and no rule was tried on it: {error}")
    return texts


def _unknown(rule: str) -> ManifestError:
    hint = "accord guard rules list --rules DIR tells the ids"
    return ManifestError(f"there is no rule {rule[:80]!r} in the folder", hint=hint, code="ACC-E736")


def _tell(told: Sequence[Told], shape: str, digest: str | None = None) -> None:
    if shape == "json":
        record = {"rules": [one.record() for one in told]}
        click.echo(json.dumps(record if digest is None else {**record, "digest": digest}, indent=2))
        return
    for one in told:
        reason = f": {one_line(one.reason)}" if one.reason else ""
        click.echo(f"{one.state.value:<9} {one.rule or '-':<21} {one_line(one.name)}{reason}")
    if digest is not None:
        click.echo(f"{len(told)} rules, {digest}")
