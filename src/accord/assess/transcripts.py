"""What was said in the trials of a campaign that ended, read from the record one trial after the other."""

from __future__ import annotations

from collections.abc import Iterator

from accord.assess.campaigns import Ended, World
from accord.record.campaigns import open_campaigns
from accord.report.campaign_outline import Said


def transcripts(ended: Ended, world: World) -> Iterator[Said]:
    """Yield every trial and control run that came to something, in plan order, one at a time."""
    with open_campaigns(world.state, url=world.database) as campaigns:
        for at in sorted(ended.results):
            found = campaigns.transcript(ended.campaign.campaign, at)
            if found is not None:
                yield Said(ended.trials[at], ended.results[at], found)
