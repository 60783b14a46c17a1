"""What each replaceable part promises: protocols of one method wherever that is enough."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, Protocol, TextIO

from accord.core.assessment import Assessment
from accord.core.asset import Asset
from accord.core.campaign import Campaign, CampaignRead
from accord.core.canon import Digest
from accord.core.catalogue import Catalogue
from accord.core.finding import Finding, Skipped
from accord.core.signatory import Signatories
from accord.core.system import System
from accord.core.threats import ThreatModel
from accord.core.trial import Capability, Content, Delivery, Judgement, Reply, Signal, Transcript, Turn

if TYPE_CHECKING:
    from accord.core.case import Case


class Source(NamedTuple):
    """A text file of the system: its path relative to the root, and what it says."""

    path: str
    text: str


class HttpReply(NamedTuple):
    """An answer of a live target; the body is cut after 1 MiB."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Coverage(NamedTuple):
    """What a feed holds of one ecosystem: how many records, and when the newest was modified."""

    records: int
    newest: datetime


class Feed(NamedTuple):
    """A feed of vulnerabilities in the state folder; `digest` is its source's, `problem` says why it is unreadable.

    `skipped` counts the files and records of the source that could not be read.
    """

    name: str
    digest: Digest
    imported: datetime
    records: int
    coverage: Mapping[str, Coverage]
    folder: Path
    problem: str = ""
    skipped: int = 0


class Feeds(NamedTuple):
    """Every feed there is, and how many days old one may be."""

    feeds: tuple[Feed, ...]
    days: int


class Shelf(NamedTuple):
    """The cases that came in and hold for the system: of kind artifact, and conversations.

    `unread` is what could not be read, of whatever kind it may be; `refused` are conversations that lint refuses.
    """

    cases: tuple[Case, ...] = ()
    unread: tuple[Skipped, ...] = ()
    conversations: tuple[Case, ...] = ()
    refused: tuple[Skipped, ...] = ()


class Campaigns(NamedTuple):
    """The finished campaigns against the system, newest first, and the digest of the system as it is now."""

    campaigns: tuple[CampaignRead, ...]
    subject: Digest

    @property
    def current(self) -> tuple[Campaign, ...]:
        """Return those that attacked the system as it is now."""
        return tuple(one.campaign for one in self.campaigns if one.campaign.subject == self.subject)


class History(NamedTuple):
    """The git folder of the system, or why there is none to look into; neither means that there is no history."""

    folder: Path | None
    problem: str = ""


class Context(Protocol):
    """The world as a check may see it. Whatever it hands out is recorded as an input of the evidence."""

    @property
    def system(self) -> System:
        """Return what the manifest declares."""

    @property
    def assets(self) -> tuple[Asset, ...]:
        """Return every asset, declared and discovered."""

    @property
    def catalogue(self) -> Catalogue:
        """Return the catalogue in use."""

    @property
    def threats(self) -> ThreatModel | None:
        """Return the threat model, or None where the manifest names none or the file is missing."""

    @property
    def now(self) -> datetime:
        """Return the time of this assessment, UTC; a check that asks runs anew each time."""

    @property
    def feeds(self) -> Feeds:
        """Return the imported feeds of vulnerabilities; name, age and digest of each become inputs."""

    @property
    def cases(self) -> tuple[Case, ...]:
        """Return the cases of kind artifact that came in: what others found in model files; all become inputs."""

    @property
    def shared(self) -> tuple[Case, ...]:
        """Return the conversations that came in: what others broke systems with; all become inputs."""

    @property
    def campaigns(self) -> Campaigns:
        """Return the signed campaigns against this system; they and the system's digest become inputs."""

    @property
    def history(self) -> History:
        """Return where git keeps the history of the system; what lies in it becomes an input."""

    @property
    def signatories(self) -> Signatories:
        """Return whose signature on models counts, as the trust file says; none where no trust file is given."""

    def locate(self, asset: Asset) -> Path:
        """Return where a file or folder lies, for a craft that walks it; what lies in it becomes an input.

        Raises `AccordError` when it is no file, or a link leads out of the root.
        """

    def files(self, *patterns: str) -> tuple[str, ...]:
        """Return the paths (relative, with `/`) that match any glob pattern (`**/*.py`), in order."""

    def sources(self, *patterns: str) -> Iterator[Source]:
        """Yield the text files that match; what cannot be read, or is too large, is recorded as skipped."""

    def text(self, path: str) -> str | None:
        """Return one text file, or None where it does not exist; recorded as skipped where it cannot be read."""

    def open(self, asset: Asset) -> BinaryIO:
        """Open the file of an asset for reading, never following links out of the root."""

    def skip(self, path: str, reason: str) -> None:
        """Record that something was not looked at: without findings the check is then `not-run`, never `pass`."""

    def fetch(
        self, url: str, *, method: str = "GET", headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> HttpReply:
        """Send one request to a declared target, within its budget; needs `network`.

        Raises `TargetError` when it does not answer, or when `url` is not a declared target's.
        """


class CheckFn(Protocol):
    """A check: one question about an asset, or about the whole system."""

    def __call__(self, subject: Asset | System, ctx: Context, /) -> Iterable[Finding]:
        """Yield what was seen; nothing means pass."""


class Target(Protocol):
    """One session with the live system."""

    capabilities: frozenset[Capability]

    async def plant(self, delivery: Delivery, /) -> None:
        """Put text into retrieval, a tool's output, memory or a file."""

    async def ask(self, turn: Turn, /) -> Reply:
        """Say something and wait for the answer."""

    async def state(self) -> Mapping[str, object]:
        """Return the state that predicates compare before and after."""


class Oracle(Protocol):
    """A judge of one transcript."""

    def __call__(self, transcript: Transcript, /) -> Judgement:
        """Say held, broke or unsure, with the span that shows it."""


class Detector(Protocol):
    """A sensor on content."""

    def __call__(self, content: Content, /) -> Iterable[Signal]:
        """Yield what was noticed."""


class Format(Protocol):
    """A way to write an assessment."""

    def __call__(self, assessment: Assessment, out: TextIO, /) -> None:
        """Write the whole document."""
