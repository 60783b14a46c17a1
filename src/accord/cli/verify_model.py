"""`accord verify-model`: verifies a model against its signature, its provenance and its pin, offline."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from accord.cli.options import text_or_json, trust_option
from accord.cli.sign import inside, place_of
from accord.core.errors import RecordError
from accord.core.finding import Place
from accord.core.settings import MIB, state_folder
from accord.core.signatory import Signatories, Signatory
from accord.core.text import one_line, shown

if TYPE_CHECKING:
    from datetime import datetime

    from accord.scan.origin.provenance import Provenance
    from accord.scan.origin.verifying import Problem, VerifiedModel

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_BUNDLE = 128 * MIB


@click.command("verify-model")
@click.argument("model", type=click.Path(path_type=Path, exists=True))
@click.option("--signature", type=_FILE, help="The signature; left out, MODEL/model.sig or FILE.sig.")
@click.option("--key", "keys", type=_FILE, multiple=True, help="A public key that counts, as PEM file (repeatable).")
@click.option("--root", type=_FILE, help="Certificates (PEM) under which a signer's certificate counts.")
@trust_option
@click.option("--ignore", multiple=True, help="A path below MODEL that needs no signature (repeatable).")
@click.option("--ignore-unsigned", is_flag=True, help="Let files pass that nobody signed; they are listed.")
@click.option("--provenance", type=_FILE, multiple=True, help="Provenance of the build that has to hold (repeatable).")
@click.option("--builder", "builders", multiple=True, help="The id of a builder that is allowed (repeatable).")
@click.option("--pin", help="The hub's commit that MODEL was downloaded at: hf:ORG/NAME@COMMIT.")
@text_or_json
def command(
    model: Path,
    signature: Path | None,
    keys: tuple[Path, ...],
    root: Path | None,
    trust: str | None,
    ignore: tuple[str, ...],
    ignore_unsigned: bool,
    provenance: tuple[Path, ...],
    builders: tuple[str, ...],
    pin: str | None,
    shape: str,
) -> int:
    """Verify that MODEL, a folder or a file, is what a key that counts has signed, all of it.

    Exit code 0 when everything holds, 1 with each thing that does not, 2 when something cannot be read.
    """
    from accord.scan.origin.pins import read_pin, verify_pin

    started = time.monotonic()
    given = signature or (place_of(model) if place_of(model).is_file() else None)
    known, chain = _known(model, keys, trust, root)
    left = tuple(found for path in (given, *provenance) if path for found in inside(model, path))
    said: dict[str, object] = {"path": shown(str(model)), "ok": True}
    problems: list[Problem] = []
    if given is not None:
        verified = _verify(model, given, (*ignore, *left), known, chain, unsigned=ignore_unsigned)
        problems += verified.problems
        said |= _as_json(verified, given)
    elif not provenance and pin is None:
        raise _unsigned(model)
    found = _provenance(model, provenance, (*ignore, *left), known, chain, builders) if provenance else ()
    problems += [problem for one in found for problem in one.problems]
    if pin is not None:
        problems += verify_pin(model, read_pin(pin))
    said |= {
        "ok": not problems,
        "problems": [{"kind": one.kind, "path": shown(one.path), "message": one.message} for one in problems],
        "provenance": [_told(one, path) for one, path in zip(found, provenance, strict=True)],
        "seconds": round(time.monotonic() - started, 3),
    }
    click.echo(json.dumps(said, indent=2)) if shape == "json" else _print(said, problems)
    return 1 if problems else 0


def _known(
    model: Path, keys: tuple[Path, ...], trust: str | None, root: Path | None
) -> tuple[Signatories, Callable[[tuple[bytes, ...]], Signatory] | None]:
    """Return the keys that count, and what tells the key of a chain of certificates where a root is given."""
    from accord.cli.world import now, trust_for
    from accord.record.certificates import read_roots
    from accord.record.model_signature import own_model_keys, read_public_file, signatories

    moment = now(os.environ)
    state = state_folder(Path.cwd(), os.environ)
    given = tuple(read_public_file(path) for path in keys)
    folder = model if model.is_dir() else model.parent
    named = signatories(trust_for(trust, state=state, root=folder, moment=moment), moment) if trust else Signatories()
    own = () if keys or trust or root else own_model_keys(state)
    roots = read_roots(_read(root), source=str(root)) if root else ()
    if not given and not named.keys and not own and not roots:
        raise RecordError(
            "nobody says whose key counts",
            hint="give the signer's public key (--key FILE), a root certificate (--root) or a trust file (--trust)",
            code="ACC-E849",
        )
    return Signatories((*named.keys, *given, *own), named.builders), _chain(roots, moment) if roots else None


def _chain(roots: tuple[bytes, ...], moment: datetime) -> Callable[[tuple[bytes, ...]], Signatory]:
    from accord.record.certificates import key_of_chain

    return lambda chain: key_of_chain(chain, roots, at=moment)


def _verify(
    model: Path,
    given: Path,
    ignore: tuple[str, ...],
    known: Signatories,
    chain: Callable[[tuple[bytes, ...]], Signatory] | None,
    *,
    unsigned: bool,
) -> VerifiedModel:
    from accord.cli.world import progress
    from accord.scan.origin.verifying import Asked, verify_model

    asked = Asked(keys=known.keys, chain=chain, ignore=ignore, unsigned=unsigned, progress=progress(sys.stderr))
    return verify_model(model, _read(given), path=shown(str(given)), asked=asked)


def _provenance(
    model: Path,
    paths: tuple[Path, ...],
    ignore: tuple[str, ...],
    known: Signatories,
    chain: Callable[[tuple[bytes, ...]], Signatory] | None,
    builders: tuple[str, ...],
) -> tuple[Provenance, ...]:
    from accord.scan.origin.provenance import Wanted, digests_of, verify_provenance

    allowed = (*known.builders, *builders)
    if not allowed:
        raise RecordError(
            "nobody says which builder is allowed",
            hint="name it (--builder ID), or give a trust file that does (--trust FILE)",
            code="ACC-E849",
        )
    wanted = Wanted(files=digests_of(model, ignore=ignore), keys=known.keys, builders=allowed, chain=chain)
    return tuple(verify_provenance(_read(path), path=shown(str(path)), wanted=wanted) for path in paths)


def _read(path: Path) -> bytes:
    from accord.record.state import read_file

    try:
        return read_file(path, _BUNDLE)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        name = shown(str(path))
        raise RecordError(f"{name} cannot be read: {why}", code="ACC-E846", where=Place(path=name)) from error


def _unsigned(model: Path) -> RecordError:
    name = shown(str(model))
    return RecordError(
        f"{name} has no signature: {shown(str(place_of(model)))} is not there",
        hint="name it (--signature FILE), or sign the model: accord sign",
        code="ACC-E846",
        where=Place(path=name),
    )


def _as_json(verified: VerifiedModel, given: Path) -> dict[str, object]:
    key, manifest = verified.key, verified.manifest
    return {
        "signature": shown(str(given)),
        "key": _shown(key),
        "level": str(key.level) if key else None,
        "subject": f"sha256:{manifest.subject}" if manifest else None,
        "files": verified.files,
        "bytes": verified.size,
        "ignored": list(verified.ignored),
        "unsigned": list(verified.unsigned),
        "empty": list(verified.empty),
    }


def _told(one: Provenance, path: Path) -> dict[str, object]:
    said: dict[str, object] = {"path": shown(str(path)), "ok": not one.problems}
    return said | {"builder": one.builder or None, "predicate": one.predicate or None, "key": _shown(one.key)}


def _shown(key: Signatory | None) -> dict[str, str] | None:
    return {"keyid": key.keyid, "algorithm": key.algorithm, "source": shown(key.source)} if key else None


def _print(said: dict[str, object], problems: list[Problem]) -> None:
    for problem in problems:
        click.echo(f"{problem.kind}: {one_line(shown(problem.path))}: {one_line(problem.message)}")
    if problems:
        click.echo(f"{len(problems)} things do not hold: this is not what was signed")
        return
    click.echo(f"good: {one_line(str(said['path']))} holds")
    key = said.get("key")
    if isinstance(key, dict):
        click.echo(f"  = {said['files']} files, {said['bytes']} bytes, {said['subject']}")
        click.echo(f"  = signed by {key['keyid'][:16]} ({key['algorithm']}), known from {one_line(key['source'])}")
        if said["level"] == "self":
            click.echo("  = whose key that is rests on your word: a trust file that names it says more (--trust FILE)")
    for name in ("ignored", "unsigned"):
        for path in said.get(name) or ():  # type: ignore[attr-defined]  # lists of paths
            click.echo(f"  = {name}: {one_line(path)}")
