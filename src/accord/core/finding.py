"""What a check saw, and the record that it ran."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from accord.core.canon import Digest


class Severity(StrEnum):
    """How bad a finding is; the order of the members is the order of badness."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class State(StrEnum):
    """What became of a check; the order of the members is the precedence, worst first."""

    ERROR = "error"
    FAIL = "fail"
    STALE = "stale"
    NOT_RUN = "not-run"
    WAIVED = "waived"
    PASS = "pass"
    NOT_APPLICABLE = "not-applicable"


class TrustLevel(StrEnum):
    """Who vouches for a record, weakest first."""

    SELF = "self"
    PIPELINE = "pipeline"
    INDEPENDENT = "independent"


class Tlp(StrEnum):
    """Traffic light protocol 2.0 marking, widest audience first."""

    CLEAR = "CLEAR"
    GREEN = "GREEN"
    AMBER = "AMBER"
    AMBER_STRICT = "AMBER+STRICT"
    RED = "RED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where something is: in a file, an archive member, a byte offset, a dataset row or an address.

    `line` and `column` count from 1, `offset` and `row` from 0; `path` is relative to the system's root.
    """

    path: str | None = None
    line: int | None = None
    column: int | None = None
    member: str | None = None
    offset: int | None = None
    row: int | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One observation about one place.

    A check gives `message`, `where`, `severity`, `fix`, `excerpt` and `refs`; the engine adds the rest.
    """

    message: str
    where: Place
    severity: Severity = Severity.MEDIUM
    fix: str | None = None
    excerpt: str | None = None
    refs: tuple[str, ...] = ()
    id: str = ""
    check: str = ""
    asset: str = ""
    provisions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One thing that a check looked at and its digest then: evidence holds while these stay equal."""

    kind: str
    name: str
    digest: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Plugin:
    """The package that a check came from."""

    name: str
    version: str
    digest: Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """One thing that was not looked at, and why."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The record that a check ran on an asset, even if it saw nothing, was skipped or crashed.

    `id` is the digest of all but `id` and `reused`. `isolation` says whether the worker's lack of network
    was enforced by the kernel or only declared.
    """

    check: str
    check_version: str
    plugin: Plugin
    asset: str
    asset_digest: Digest | None
    claims: tuple[str, ...]
    state: State
    collected: datetime
    seconds: float
    reason: str | None = None
    findings: tuple[Finding, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    inputs: tuple[Input, ...] = ()
    isolation: str = "declared"
    level: TrustLevel = TrustLevel.SELF
    tlp: Tlp = Tlp.AMBER
    id: str = ""
    reused: bool = False
