"""The guidelines: what is asked, and what has to be shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from accord.core.system import Level, Role


class Proof(StrEnum):
    """Who can say that a practice is followed: a program, a program and its owner, or its owner alone."""

    AUTO = "auto"
    BOTH = "both"
    ATTEST = "attest"


class Weighing(StrEnum):
    """Whether a practice blocks a release or warns; under level critical, warnings block too."""

    BLOCK = "block"
    WARN = "warn"


@dataclass(frozen=True, slots=True, kw_only=True)
class Provision:
    """One practice of a guideline. `claims` are what it needs shown, `1.3.e/model-file`.

    `fresh` is how long evidence counts: an ISO 8601 duration, or `subject` for as long as nothing changes.
    """

    id: str
    asks: str
    mode: Proof
    owner: Role
    level: Level
    gate: Weighing
    fresh: str
    claims: tuple[str, ...]
    note: str | None = None

    @property
    def guideline(self) -> str:
        """Return the id of the guideline it belongs to."""
        return self.id.rpartition(".")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Guideline:
    """One guideline and its practices; `crosswalk` maps a framework to its ids."""

    id: str
    title: str
    asks: str
    practices: tuple[Provision, ...]
    crosswalk: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One of the four stages of the life cycle."""

    id: str
    title: str
    guidelines: tuple[Guideline, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """A whole document made executable; `companion` holds commitments that the document itself leaves out."""

    id: str
    title: str
    published: str
    licence: str
    sections: tuple[Section, ...]
    companion: tuple[Guideline, ...] = ()

    def guidelines(self) -> Iterator[Guideline]:
        """Yield the guidelines in their order, without the companion."""
        for section in self.sections:
            yield from section.guidelines

    def provisions(self) -> Iterator[Provision]:
        """Yield the practices in their order, without the companion."""
        for guideline in self.guidelines():
            yield from guideline.practices
