"""What evidence rests on: the present digest of each input, so that evidence holds while nothing changed."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from accord.assess.files import ABSENT, Files
from accord.core.asset import Asset
from accord.core.canon import Digest, digest
from accord.core.clock import rfc3339
from accord.core.contracts import Campaigns, Feed, Shelf
from accord.core.errors import AccordError
from accord.core.finding import Input, Skipped
from accord.core.signatory import Signatories
from accord.core.text import shown
from accord.scan.history import stamp_of
from accord.scan.origin.tree import listing

if TYPE_CHECKING:
    from accord.core.case import Case

_NEVER = frozenset({"clock", "live"})
_NOBODY = Signatories()
_EMPTY = Shelf()
_NONE = Campaigns((), ABSENT)


class Inputs:
    """Looks up the present digest of any input, each at most once."""

    def __init__(
        self,
        *,
        manifest: Digest,
        assets: Iterable[Asset],
        files: Files,
        feeds: Iterable[Feed] = (),
        signatories: Signatories = _NOBODY,
        shelf: Shelf = _EMPTY,
        campaigns: Campaigns = _NONE,
    ) -> None:
        self.files = files
        self.signatories = signatories
        self._manifest = manifest
        self._assets = tuple(assets)
        self._feeds = {feed_input(feed): feed.digest for feed in feeds}
        self._shelf = shelf
        self._campaigns = campaigns
        self._known: dict[tuple[str, str], Digest] = {}

    def current(self, kind: str, name: str) -> Digest:
        """Return the digest that an input has now; unknown kinds count as absent."""
        key = (kind, name)
        if key not in self._known:
            self._known[key] = self._look(kind, name)
        return self._known[key]

    def hold(self, inputs: Iterable[Input]) -> bool:
        """Tell whether evidence with these inputs may be used again."""
        return all(
            one.kind not in _NEVER and "\\x" not in one.name and self.current(one.kind, one.name) == one.digest
            for one in inputs
        )

    def _look(self, kind: str, name: str) -> Digest:
        match kind:
            case "manifest":
                return self._manifest
            case "inventory":
                return digest([_row(asset) for asset in self._assets])
            case "file":
                return self.files.digest(name)
            case "files":
                return digest([shown(path) for path in self.files.matching(*name.split("\n"))])
            case "sources":
                paths = self.files.matching(*name.split("\n"))
                return digest([[shown(path), self.files.digest(path)] for path in paths])
            case "feed":
                return self._feeds.get(name, ABSENT)
            case "signatories":
                known = [[one.keyid, one.level, one.source, one.objection] for one in self.signatories.keys]
                return digest([known, self.signatories.builders])
            case "cases" | "shared":
                return (shelf_digest if kind == "cases" else shared_digest)(self._shelf)
            case "campaigns":
                return campaigns_digest(self._campaigns)
            case "tree":
                return _listing(self.files.root / name)
            case "history":
                return digest(stamp_of(self.files.root))
            case _:
                return ABSENT


def shelf_digest(shelf: Shelf) -> Digest:
    """Return the digest of the artifact cases that came in, and of what could not be read."""
    return _cases_digest(shelf.cases, shelf.unread)


def shared_digest(shelf: Shelf) -> Digest:
    """Return the digest of the conversations that came in, and of what could not be read."""
    return _cases_digest(shelf.conversations, (*shelf.unread, *shelf.refused))


def campaigns_digest(campaigns: Campaigns) -> Digest:
    """Return the digest of the campaigns against a system, and of what it is now."""
    return digest([[[one.campaign.campaign, one.level] for one in campaigns.campaigns], campaigns.subject])


def _cases_digest(cases: tuple[Case, ...], unread: tuple[Skipped, ...]) -> Digest:
    """Return the digest of cases by identity and name, and of what could not be read."""
    if not cases and not unread:
        return digest([[], []])
    from accord.case.identity import identity

    named = sorted([identity(case), case.name] for case in cases)
    return digest([named, [[one.path, one.reason] for one in unread]])


def feed_input(feed: Feed) -> str:
    """Return what evidence calls a feed: its name, and when its newest record was modified, which is its age."""
    newest = max((one.newest for one in feed.coverage.values()), default=None)
    return f"{feed.name} {rfc3339(newest)}" if newest else feed.name


def _listing(folder: Path) -> Digest:
    try:
        return listing(folder)
    except AccordError:
        return ABSENT


def _row(asset: Asset) -> list[object]:
    facts = {shown(key): shown(value) for key, value in asset.facts.items()}
    return [asset.id, asset.kind, asset.digest, asset.declared, asset.unread, facts]
