"""`accord guard`: stand in front of a model at run time."""

from __future__ import annotations

import importlib
from typing import Final

import click

_COMMANDS: Final = {
    "approvals": "guard_approvals",
    "calibrate": "guard_calibrate",
    "canary": "guard_canary",
    "mcp": "guard_mcp",
    "policy": "guard_policy",
    "report": "guard_report",
    "rules": "guard_rules",
    "score": "guard_score",
    "serve": "guard_serve",
    "watch": "guard_watch",
}


class _Group(click.Group):
    """Subcommands that live in files of their own, imported when they are used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        found: click.Command = importlib.import_module(f"accord.cli.{_COMMANDS[cmd_name]}").command
        return found


@click.group("guard", cls=_Group)
def command() -> None:
    """Stand in front of a model: rules, a detector, tool policy, and the gateway that enforces them."""
