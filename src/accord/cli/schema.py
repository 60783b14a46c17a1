"""`accord schema`: the JSON Schema of a file that people write."""

from __future__ import annotations

import json

import click


@click.command()
@click.argument(
    "name", type=click.Choice(["manifest", "threats", "waivers", "attestation", "case", "guard", "assessment"])
)
def command(name: str) -> None:
    """Print the JSON Schema of a file that people write."""
    from accord.record.schema import schema

    click.echo(json.dumps(schema(name), indent=2, ensure_ascii=False))
