"""`accord waive`: request or approve an expiring exception to one check."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from accord.cli import say


@click.command("waive")
@click.argument("check")
@click.option(
    "--path", type=click.Path(path_type=Path, file_okay=False, exists=True), default=".", help="The system's folder."
)
@click.option("--asset", help="The asset it is about; the whole system if left out.")
@click.option("--reason", help="Why the failure is acceptable for now; asks for a new waiver.")
@click.option("--compensating", help="What reduces the risk meanwhile.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="The day it ends, 90 days on at most.")
@click.option("--as", "role", required=True, help="The role that signs, with its key: system-owner, risk-owner …")
@click.option("--approver", default="risk-owner", show_default=True, help="The role that has to approve.")
def command(
    check: str,
    path: Path,
    asset: str | None,
    reason: str | None,
    compensating: str | None,
    until: datetime | None,
    role: str,
    approver: str,
) -> int:
    """Sign a waiver for CHECK: with --reason a new one is asked for, without it the open one is approved.

    It is bound to today's digest of the system or asset, and needs two persons above level baseline.
    """
    from accord.assess.granting import Request, approve, request
    from accord.cli.stored import stored_world

    asked = stored_world(None, root=path)
    if reason is None:
        waiver = approve(asked, check, asset=asset, role=role)
        say(f"{role} approved {waiver.id}: {check} until {waiver.expires}")
        return 0
    wanted = Request(
        check=check,
        asset=asset,
        reason=reason,
        compensating=compensating,
        until=until.date() if until else None,
        role=role,
        approver=approver,
    )
    waiver = request(asked, wanted)
    say(f"{role} asked for {waiver.id}: {check} until {waiver.expires}; the {waiver.approved_by} has to approve")
    return 0
