"""`accord key`: makes, lists and exports signing keys."""

from __future__ import annotations

import base64
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from accord.cli import say
from accord.cli.options import text_or_json
from accord.core.errors import RecordError
from accord.core.settings import state_folder

if TYPE_CHECKING:
    from accord.record.keys import PublicKey


@click.group("key")
def command() -> None:
    """Make, list and export signing keys of the state folder."""


@command.command("new")
@click.argument("role")
@text_or_json
def new(role: str, shape: str) -> int:
    """Make the key of ROLE (risk-owner, pipeline, root, …) and print its id."""
    from accord.record.keys import make_key

    try:
        signer = make_key(_state(), role)
    except FileExistsError as error:
        raise RecordError(
            f"there is a key of {role} already",
            hint=f"print its public half: accord key export {role}",
            code="ACC-E501",
        ) from error
    say(f"made {signer.path}: keep it private, nothing else can sign as {role}")
    click.echo(_json(signer.public_key()) if shape == "json" else signer.keyid)
    return 0


@command.command("list")
@text_or_json
def listed(shape: str) -> int:
    """List the keys of this machine: role and id."""
    from accord.record.keys import list_keys

    keys = list_keys(_state())
    if shape == "json":
        click.echo(json.dumps({"keys": [_shown(key) for key in keys]}, indent=2))
        return 0
    for key in keys:
        click.echo(f"{key.role:<16} {key.keyid}")
    if not keys:
        say("there is no key yet: accord key new ROLE")
    return 0


@command.command("export")
@click.argument("role")
@text_or_json
def export(role: str, shape: str) -> int:
    """Print the public half of ROLE's key: PEM, or JSON as the trust file wants it."""
    from accord.record.keys import load_key, public_pem

    key = load_key(_state(), role).public_key()
    click.echo(_json(key) if shape == "json" else public_pem(key.public).decode().strip())
    return 0


def _state() -> Path:
    return state_folder(Path.cwd(), os.environ)


def _json(key: PublicKey) -> str:
    return json.dumps(_shown(key), indent=2)


def _shown(key: PublicKey) -> dict[str, str]:
    return {"role": key.role, "keyid": key.keyid, "public": base64.b64encode(key.public).decode()}
