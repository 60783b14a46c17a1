"""`accord attack overrule`: a person decides one result of a campaign otherwise, signed, with a reason and an end."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import click

from accord.cli import say
from accord.cli.world import now
from accord.core.canon import Digest
from accord.core.errors import RecordError
from accord.core.settings import state_folder
from accord.core.text import one_line


class StoredTrial(NamedTuple):
    """A trial of a stored campaign: the campaign's whole id, the trial's, what it came to and what was said."""

    campaign: str
    trial: str
    outcome: str
    transcript: Digest


@click.command("overrule")
@click.argument("campaign")
@click.argument("trial")
@click.option("--as", "outcome", type=click.Choice(["held", "broke"]), required=True, help="What the trial came to.")
@click.option("--reason", required=True, help="Why; it stands in every report.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), required=True, help="The last day, 90 days on at most.")
@click.option("--role", default="security-lead", show_default=True, help="The role that signs, with its key.")
def command(campaign: str, trial: str, outcome: str, reason: str, until: datetime, role: str) -> int:
    """Overrule one TRIAL of CAMPAIGN, both by their ids or the beginning of them.

    It is bound to what was said in that trial, and counts where the signature does.
    """
    from accord.core.system import Role
    from accord.record.keys import load_key
    from accord.record.overrule import Overrule, write_overrule

    state = state_folder(Path.cwd(), os.environ)
    known = {one.value: one for one in Role}
    if role not in known:
        raise RecordError(f"{role[:80]!r} is no role", hint=f"roles are {', '.join(known)}", code="ACC-E636")
    found = stored_trial(state, campaign, trial)
    note = Overrule(
        overrule=1,
        campaign=found.campaign,
        trial=found.trial,
        transcript=found.transcript,
        outcome="held" if outcome == "held" else "broke",
        was=found.outcome,
        reason=reason.strip(),
        role=known[role],
        created=now(os.environ).date(),
        expires=until.date(),
    )
    path = write_overrule(state, note, load_key(state, role))
    say(f"{role} overruled {one_line(found.trial, 80)} from {found.outcome} to {outcome} until {note.expires}: {path}")
    return 0


def stored_trial(state: Path, campaign: str, trial: str) -> StoredTrial:
    """Return the one finished trial that the beginnings of two ids name.

    Raises `RecordError` when there is none, more than one, or nothing was said in it.
    """
    from accord.record.campaigns import open_campaigns

    with open_campaigns(state) as campaigns:
        begun = campaigns.find(campaign)
        if begun is None:
            raise _unknown(f"there is no campaign {one_line(campaign, 80)!r}")
        found = [result for _, result in campaigns.results(begun.id) if result.trial.startswith(trial)]
    exact = [result for result in found if result.trial == trial] or found
    if len(exact) != 1:
        which = "no finished trial" if not exact else f"{len(exact)} finished trials"
        raise _unknown(f"{which} of that campaign begins with {one_line(trial, 80)!r}")
    result = exact[0]
    if result.transcript is None or result.outcome not in {"broke", "held", "unsure"}:
        raise _unknown(f"the trial is {one_line(result.outcome, 20)}: there is no verdict on an attack to overrule")
    return StoredTrial(begun.id, result.trial, result.outcome, result.transcript)


def _unknown(message: str) -> RecordError:
    return RecordError(message, hint="trials.jsonl of the campaign lists its trials", code="ACC-E641")
