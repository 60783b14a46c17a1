"""Finished campaigns as signed files of the state folder, so that a gate can rest on them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

from accord.core.campaign import Campaign, CampaignRead
from accord.core.errors import RecordError
from accord.core.finding import TrustLevel
from accord.record import dsse
from accord.record.keys import Signer
from accord.record.state import read_file, write_file
from accord.record.statement import campaign_statement, read_campaign

_FOLDER: Final = "campaigns"
_LARGEST: Final = 64 << 20
_MOST: Final = 1_000


def write_campaign(state: Path, campaign: Campaign, signer: Signer) -> Path:
    """Sign a campaign and write it into the state folder.

    Raises `RecordError` when it cannot be written.
    """
    envelope = dsse.sign(campaign_statement(campaign), dsse.STATEMENT_TYPE, signers=[signer])
    path = state / _FOLDER / f"{campaign.campaign}.json"
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_file(path, dsse.to_json(envelope), mode=0o600)
    except OSError as error:
        raise RecordError(f"the campaign cannot be kept: {error.strerror}", code="ACC-E530") from error
    return path


def read_campaigns(
    state: Path, system: str, *, keys: Mapping[str, bytes], level: Callable[[str], TrustLevel]
) -> tuple[CampaignRead, ...]:
    """Return the campaigns against a system that a known key signed, newest first; others count for nothing."""
    found = (one for one in _read(state, keys, level) if one.campaign.system == system)
    return tuple(sorted(found, key=lambda one: one.campaign.created, reverse=True))


def _read(state: Path, keys: Mapping[str, bytes], level: Callable[[str], TrustLevel]) -> Iterator[CampaignRead]:
    try:
        paths = sorted((state / _FOLDER).glob("*.json"))[-_MOST:]
    except OSError:
        return
    for path in paths:
        try:
            verified = dsse.verify(dsse.from_json(read_file(path, _LARGEST)), keys)
            campaign = read_campaign(verified.payload)
        except (RecordError, OSError, ValueError):
            continue
        for keyid in verified.keyids[:1]:
            yield CampaignRead(campaign=campaign, keyid=keyid, level=level(keyid))
