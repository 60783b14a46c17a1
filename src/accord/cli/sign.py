"""`accord sign`: signs a model, a folder or a file, in the OpenSSF Model Signing format."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from accord.cli import say
from accord.cli.options import text_or_json
from accord.core.errors import RecordError
from accord.core.finding import Place
from accord.core.settings import state_folder
from accord.core.text import one_line, shown

if TYPE_CHECKING:
    from accord.record.model_signature import ModelSigner
    from accord.scan.origin.signing import SignedModel

SIGNATURE: Final = "model.sig"
"""What the signature of a folder is called, unless it is named."""


@click.command("sign")
@click.argument("model", type=click.Path(path_type=Path, exists=True))
@click.option("--key", "named", help="A private key as PEM file, or a role; left out, the key of the role model.")
@click.option("--ignore", multiple=True, help="A path below MODEL that is not signed (repeatable).")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Where the signature goes.")
@text_or_json
def command(model: Path, named: str | None, ignore: tuple[str, ...], out: Path | None, shape: str) -> int:
    """Sign MODEL, a folder with everything in it or one file, as an OpenSSF Model Signing bundle.

    The signature goes to MODEL/model.sig, or beside a single file, with the public key next to it (`.pub`).
    """
    from accord.cli.world import progress
    from accord.record.model_signature import ED25519, model_signer
    from accord.scan.origin.signing import sign_model

    started = time.monotonic()
    target = out or place_of(model)
    _keep(target)
    signer = model_signer(state_folder(Path.cwd(), os.environ), named)
    if signer.made:
        say(f"made {signer.path}, an EC key on P-256 of the role {signer.role}: keep it private")
    for note in signer.notes:
        say(note)
    if signer.public.algorithm == ED25519:
        say("an Ed25519 key signs: accord verify-model reads that, and other tools of the format do not")
    signed = sign_model(
        model,
        key=signer.public,
        sign=signer.sign,
        ignore=(*ignore, *inside(model, target), *inside(model, target.with_suffix(".pub"))),
        progress=progress(sys.stderr),
    )
    _write(target, signed.bundle, signer)
    _tell(signed, signer, target, shape=shape, seconds=time.monotonic() - started)
    return 0


def place_of(model: Path) -> Path:
    """Return where the signature of a model lies unless it is named."""
    return model / SIGNATURE if model.is_dir() else model.with_name(model.name + ".sig")


def inside(model: Path, path: Path) -> tuple[str, ...]:
    """Return a path relative to the model's folder, or nothing where it does not lie there."""
    place = Path(os.path.realpath(path.parent)) / path.name
    top = Path(os.path.realpath(model))
    return (place.relative_to(top).as_posix(),) if model.is_dir() and place.is_relative_to(top) else ()


def _keep(target: Path) -> None:
    """Refuse to write over anything but an older signature and an older public key."""
    from accord.record.model_signature import read_public_file
    from accord.record.state import read_file
    from accord.scan.origin.bundle import LARGEST, read_bundle

    public = target.with_suffix(".pub")
    if public == target:
        raise _unwritten(target, "its public key would be called so too")
    if public.exists():
        read_public_file(public)
    try:
        if target.exists():
            read_bundle(read_file(target, LARGEST), path=shown(str(target)))
    except (OSError, ValueError, RecordError) as error:
        raise _unwritten(target, "it is there, and it is no signature") from error


def _write(target: Path, bundle: bytes, signer: ModelSigner) -> None:
    from accord.record.model_signature import public_pem
    from accord.record.state import write_file

    try:
        write_file(target, bundle)
        write_file(target.with_suffix(".pub"), public_pem(signer.public))
    except OSError as error:
        raise _unwritten(target, str(error.strerror)) from error


def _unwritten(target: Path, why: str) -> RecordError:
    name = shown(str(target))
    return RecordError(
        f"{name} cannot be written: {why}",
        hint="name another file: --out FILE",
        code="ACC-E846",
        where=Place(path=name),
    )


def _tell(signed: SignedModel, signer: ModelSigner, target: Path, *, shape: str, seconds: float) -> None:
    files = len({one.path for one in signed.manifest.resources})
    said = {
        "signature": shown(str(target)),
        "public_key": shown(str(target.with_suffix(".pub"))),
        "key": {"keyid": signer.public.keyid, "algorithm": signer.public.algorithm, "role": signer.role},
        "subject": f"sha256:{signed.manifest.subject}",
        "files": files,
        "bytes": signed.size,
        "ignored": list(signed.ignored),
        "empty": list(signed.empty),
        "seconds": round(seconds, 3),
    }
    if shape == "json":
        click.echo(json.dumps(said, indent=2))
        return
    click.echo(f"signed   {files} files, {signed.size} bytes")
    click.echo(f"subject  {said['subject']}")
    click.echo(f"key      {signer.public.keyid} ({signer.public.algorithm})")
    click.echo(f"written  {one_line(str(said['signature']))}, and the public key {one_line(str(said['public_key']))}")
    for path in signed.ignored:
        click.echo(f"ignored  {one_line(path)}")
