"""`accord attest`: the owner of a practice signs that it is followed."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import click

from accord.cli import say
from accord.core.errors import ManifestError


@click.command("attest")
@click.argument("provision")
@click.option(
    "--path", type=click.Path(path_type=Path, file_okay=False, exists=True), default=".", help="The system's folder."
)
@click.option("--statement", required=True, help="What is so, in a sentence.")
@click.option("--attach", "attached", multiple=True, help="A file below PATH that it rests on (repeatable).")
@click.option("--from", "start", type=click.DateTime(["%Y-%m-%d"]), help="The day it takes effect; today if left out.")
@click.option(
    "--until", type=click.DateTime(["%Y-%m-%d"]), help="The day it ends; 90 days on if left out, a year at most."
)
@click.option("--role", help="The role that signs; the practice's owner if left out.")
def command(
    provision: str,
    path: Path,
    statement: str,
    attached: tuple[str, ...],
    start: datetime | None,
    until: datetime | None,
    role: str | None,
) -> int:
    """Sign, with the key of the role that answers for PROVISION (`3.3.a`), that it is followed here."""
    from accord.assess.attestations import attach, owner_of, write_attestation
    from accord.cli.stored import stored_world
    from accord.core.assessment import Attestation
    from accord.record.keys import load_key
    from accord.record.manifest import read_manifest

    asked = stored_world(None, root=path)
    manifest = read_manifest(path)
    if manifest is None or manifest.system.attestations is None:
        raise ManifestError(
            "the manifest names no folder for attestations",
            hint="add `attestations: attest/` to accord.yaml and make the folder",
            code="ACC-E124",
        )
    owner = owner_of(provision, role)
    today = asked.now.date()
    said = Attestation(
        attestation=1,
        provision=provision,
        system=manifest.system.system.id,
        role=owner,
        statement=statement,
        effective=start.date() if start else today,
        expires=until.date() if until else today + timedelta(days=90),
        attachments=tuple(attach(path, name, asked.settings) for name in attached),
    )
    file = write_attestation(path / manifest.system.attestations, said, load_key(asked.state, owner))
    say(f"{owner} signed {provision} until {said.expires}: {file}")
    return 0
