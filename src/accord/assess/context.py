"""The world as one run of a check sees it: everything it looks at becomes an input of its evidence."""

from __future__ import annotations

import http.client
import os
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import urlsplit

from accord.assess.budget import Spent
from accord.assess.files import ABSENT
from accord.assess.inputs import Inputs, feed_input
from accord.core.asset import Asset
from accord.core.catalogue import Catalogue
from accord.core.contracts import Campaigns, Feed, Feeds, History, HttpReply, Shelf, Source
from accord.core.errors import AccordError, TargetError
from accord.core.finding import Input, Skipped
from accord.core.settings import MIB
from accord.core.signatory import Signatories
from accord.core.system import Level, System
from accord.core.text import shown
from accord.core.threats import ThreatModel
from accord.scan.history import find_history

if TYPE_CHECKING:
    from accord.core.case import Case

_REPLY = 1 * MIB
_PATIENCE = 5.0
_OF_GUARD = 20  # requests to the running gateway, which is asked about itself only
_NOTHING = Shelf()
_NONE = Campaigns((), ABSENT)
_FEED_DAYS: Mapping[Level, int] = {Level.BASELINE: 90, Level.STANDARD: 30, Level.CRITICAL: 7}


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What holds for every check of one assessment."""

    system: System
    assets: tuple[Asset, ...]
    catalogue: Catalogue
    threats: ThreatModel | None
    inputs: Inputs
    now: datetime
    spent: Spent = field(default_factory=Spent)
    feeds: tuple[Feed, ...] = ()
    feed_days: int = max(_FEED_DAYS.values())
    shelf: Shelf = _NOTHING
    campaigns: Campaigns = _NONE


class Look:
    """A `Context` for one run of one check; remembers what was looked at and what could not be."""

    def __init__(self, world: World, *, network: bool) -> None:
        self._world = world
        self._network = network
        self._seen: dict[tuple[str, str], Input] = {}
        self._skipped: dict[str, Skipped] = {}

    @property
    def inputs(self) -> tuple[Input, ...]:
        """Return what was looked at, in a stable order."""
        return tuple(self._seen[key] for key in sorted(self._seen))

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """Return what could not be looked at."""
        return tuple(self._skipped.values())

    @property
    def system(self) -> System:
        """Return what the manifest declares."""
        self._saw("manifest")
        return self._world.system

    @property
    def assets(self) -> tuple[Asset, ...]:
        """Return every asset, declared and discovered."""
        self._saw("inventory")
        return self._world.assets

    @property
    def catalogue(self) -> Catalogue:
        """Return the catalogue in use; it is part of the version of every check."""
        return self._world.catalogue

    @property
    def threats(self) -> ThreatModel | None:
        """Return the threat model, where there is one."""
        self._saw("manifest")
        if self._world.system.threats:
            self._saw("file", self._world.system.threats)
        return self._world.threats

    @property
    def now(self) -> datetime:
        """Return the time of this assessment; evidence that saw it is not used again."""
        self._saw("clock")
        return self._world.now

    @property
    def feeds(self) -> Feeds:
        """Return the feeds of vulnerabilities; the inputs carry their names, the day of the newest record, digests."""
        for feed in self._world.feeds:
            self._saw("feed", feed_input(feed))
        level = self.system.profile.level
        return Feeds(self._world.feeds, min(self._world.feed_days, _FEED_DAYS[level]))

    @property
    def cases(self) -> tuple[Case, ...]:
        """Return the artifact cases that came in; one that cannot be read is recorded as skipped."""
        self._saw("cases")
        for one in self._world.shelf.unread:
            self.skip(one.path, one.reason)
        return self._world.shelf.cases

    @property
    def shared(self) -> tuple[Case, ...]:
        """Return the conversations that came in; a case that cannot be read is recorded as skipped."""
        self._saw("shared")
        for one in (*self._world.shelf.unread, *self._world.shelf.refused):
            self.skip(one.path, one.reason)
        return self._world.shelf.conversations

    @property
    def campaigns(self) -> Campaigns:
        """Return the signed campaigns against this system; which there are, and the subject, are the input."""
        self._saw("campaigns")
        return self._world.campaigns

    @property
    def history(self) -> History:
        """Return where git keeps the history of the system."""
        self._saw("history")
        return find_history(self._world.inputs.files.root)

    @property
    def signatories(self) -> Signatories:
        """Return whose signature on models counts, as the trust file says."""
        self._saw("signatories")
        return self._world.inputs.signatories

    def locate(self, asset: Asset) -> Path:
        """Return where a file or folder lies, for a craft that walks it."""
        root = self._world.inputs.files.root
        inside = asset.path is not None and (root / asset.path).resolve().is_relative_to(root.resolve())
        if asset.path is None or not inside:
            raise AccordError(f"the asset {asset.id} does not lie in the system's folder", code="ACC-E402")
        self._saw("tree", asset.path)
        return root / asset.path

    def files(self, *patterns: str) -> tuple[str, ...]:
        """Return the paths that match any pattern."""
        self._saw("files", "\n".join(patterns))
        return self._world.inputs.files.matching(*patterns)

    def sources(self, *patterns: str) -> Iterator[Source]:
        """Yield the text files that match; what cannot be read is recorded as skipped."""
        self._saw("sources", "\n".join(patterns))
        for path in self._world.inputs.files.matching(*patterns):
            text = self._read(path)
            if text is not None:
                yield Source(path, text)

    def text(self, path: str) -> str | None:
        """Return one text file, or None where it does not exist or cannot be read."""
        self._saw("file", path)
        files = self._world.inputs.files
        if not files.has(path) and not os.path.lexists(files.root / path):
            return None
        return self._read(path)

    def open(self, asset: Asset) -> BinaryIO:
        """Open the file of an asset; the asset's digest is an input already."""
        if asset.path is None:
            raise AccordError(f"the asset {asset.id} is no file", code="ACC-E402")
        return self._world.inputs.files.open(asset.path)

    def skip(self, path: str, reason: str) -> None:
        """Record that something was not looked at."""
        self._skipped.setdefault(path, Skipped(path=shown(path), reason=reason))

    def fetch(
        self, url: str, *, method: str = "GET", headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> HttpReply:
        """Send one request to a declared target, within its budget, following no redirects."""
        self._saw("live", url)
        self._allow(url)
        request = urllib.request.Request(url, data=body, headers=_filled(headers or {}), method=method)  # noqa: S310  # origin checked above
        try:
            with self._opener.open(request, timeout=_PATIENCE) as reply:
                return HttpReply(reply.status, dict(reply.headers), reply.read(_REPLY))
        except urllib.error.HTTPError as error:
            with error:
                return HttpReply(error.code, dict(error.headers), error.read(_REPLY))
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise TargetError(f"{url} does not answer: {error}", code="ACC-E403") from error

    @cached_property
    def _opener(self) -> urllib.request.OpenerDirector:
        return urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirect())

    def _allow(self, url: str) -> None:
        if not self._network:
            raise TargetError("this check did not ask for the network", code="ACC-E404")
        origin, system = _origin(url), self._world.system
        reached = [(one.url, one.budget.requests) for one in system.targets]
        reached += [(system.guard.url, _OF_GUARD)] if system.guard else []
        found = (place for place, (address, _) in enumerate(reached) if address and _origin(address) == origin)
        position = next(found, None)
        if origin is None or position is None:
            raise TargetError(f"{url} is not at a declared target", code="ACC-E404")
        most = reached[position][1]
        if not self._world.spent.another(position, most=most):
            raise TargetError(f"the budget of {most} requests is used up", code="ACC-E405")

    def _read(self, path: str) -> str | None:
        try:
            return self._world.inputs.files.read(path).decode("utf-8", "replace")
        except AccordError as error:
            self.skip(path, error.message)
        except OSError as error:
            self.skip(path, f"cannot be read: {error.strerror}")
        return None

    def _saw(self, kind: str, name: str = "") -> None:
        key = (kind, shown(name))
        if key not in self._seen:
            self._seen[key] = Input(kind=kind, name=key[1], digest=self._world.inputs.current(kind, name))


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        """Follow nothing: where a target sends us is not the target."""


def _filled(headers: Mapping[str, str]) -> dict[str, str]:
    """Put in the values that the manifest leaves to the environment: `env:NAME`, for what must not lie in git."""
    filled = {}
    for name, value in headers.items():
        variable = value.removeprefix("env:")
        if variable != value and variable not in os.environ:
            raise TargetError(f"the header {name} needs {variable} in the environment", code="ACC-E406")
        filled[name] = value if variable == value else os.environ[variable]
    return filled


def _origin(url: str) -> tuple[str, str] | None:
    """Return scheme and host of an http(s) address; None for anything else: a target is never a file."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return (parts.scheme, parts.netloc) if parts.scheme in {"http", "https"} else None
