"""`accord trust`: signs and shows the trust file."""

from __future__ import annotations

import os
from pathlib import Path

import click

from accord.cli import say
from accord.cli.options import text_or_json
from accord.core.canon import canonical, plain
from accord.core.errors import RecordError
from accord.core.settings import state_folder
from accord.core.text import one_line


@click.group("trust")
def command() -> None:
    """Sign and check the trust file that counts above level baseline."""


@command.command("sign")
@click.argument("source", metavar="TRUST.yaml", type=click.Path(path_type=Path))
@click.option("--key", "role", required=True, help="The role of the root key that signs.")
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), required=True, help="Where the signed file goes."
)
def sign(source: Path, role: str, out: Path) -> int:
    """Sign TRUST.yaml with a root key that it lists."""
    from accord.record import dsse
    from accord.record.codec import load
    from accord.record.keys import load_key
    from accord.record.state import write_file
    from accord.record.trust import TRUST_TYPE, TrustFile, check_trust

    file = check_trust(load(source, TrustFile, shown=str(source)), str(source))
    signer = load_key(state_folder(Path.cwd(), os.environ), role)
    if signer.keyid not in file.roots:
        raise RecordError(
            f"the key of {role} is no root of {source}",
            hint=f"list {signer.keyid} under roots and keys, or sign with a key that stands there",
            code="ACC-E522",
        )
    envelope = dsse.sign(canonical(file), TRUST_TYPE, signers=[signer])
    try:
        write_file(out, dsse.to_json(envelope) + b"\n")
    except OSError as error:
        raise RecordError(f"{out} cannot be written: {error.strerror}", code="ACC-E520") from error
    say(f"wrote {out}, signed by {signer.keyid}; who pins it sets ACCORD_TRUST_ROOT to that id")
    return 0


@command.command("show")
@click.argument("source", metavar="FILE", type=click.Path(path_type=Path))
@text_or_json
def show(source: Path, shape: str) -> int:
    """Show what a signed trust file says, and which of its own roots signed it."""
    import json

    from accord.record.trust import show_trust

    file, signed = show_trust(str(source))
    if shape == "json":
        click.echo(json.dumps(plain(file) | {"signed_by": list(signed)}, indent=2))
        return 0
    click.echo(f"expires  {file.expires}")
    for keyid in signed:
        click.echo(f"signed   {keyid}")
    for key in file.keys:
        roles = ", ".join(key.roles) or "no role"
        end = f", until {key.not_after}" if key.not_after else ""
        click.echo(f"key      {one_line(key.keyid)}  {'revoked' if key.revoked else key.level}: {roles}{end}")
    for name in file.plugins:
        click.echo(f"plug-in  {one_line(name)}")
    return 0
