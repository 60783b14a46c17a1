"""A whole world in one folder: files, keys, store and a clock that only moves when told to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from accord.assess.engine import Assessed, assess
from accord.assess.prepare import Asked
from accord.assess.regate import regate_folder
from accord.core.assessment import Assessment, Gate
from accord.core.settings import Settings, read_settings
from accord.record.keys import list_keys
from accord.record.trust import Trust

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
"""The time at which every world begins."""

MANIFEST = """\
accord: 1
system: {id: sample, name: Sample, version: "1", purpose: answers questions, kind: [llm-app]}
owners: {system-owner: owner@example.org}
profile: {level: baseline}
"""
"""The smallest manifest that loads."""


class World:
    """A system below `folder/system`, state below `folder/state`, and a clock."""

    def __init__(self, folder: Path, *, settings: Settings | None = None) -> None:
        self.root = folder / "system"
        self.state = folder / "state"
        self.now = NOON
        self.environ: dict[str, str] = {}
        self._settings = settings
        self.root.mkdir(parents=True, exist_ok=True)

    def write(self, path: str, content: str | bytes = MANIFEST) -> Path:
        """Write a file of the system and return it; a manifest if no content is given."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return file

    def wait(self, **time: int) -> None:
        """Move the clock on by days, hours or minutes."""
        self.now += timedelta(**time)

    def asked(self, **changes: object) -> Asked:
        """Return what the engine is asked, with the world as it is now."""
        settings = self._settings or read_settings(self.root, self.environ)
        trust = Trust(local=list_keys(self.state))
        asked = Asked(root=self.root, state=self.state, settings=settings, now=self.now, progress=quiet, trust=trust)
        return replace(asked, **changes)  # type: ignore[arg-type]  # the fields of Asked

    def assess(self, **changes: object) -> Assessment:
        """Assess the system and return the assessment."""
        return self.assessed(**changes).assessment

    def assessed(self, **changes: object) -> Assessed:
        """Assess the system and return everything that proves it too."""
        return assess(self.asked(**changes), self.environ)

    def gate(self) -> Gate | None:
        """Decide again on what is stored."""
        return regate_folder(self.asked())


def quiet(_done: int, _total: int, _what: str) -> None:
    """Show no progress."""


def states(assessment: Assessment) -> Mapping[str, str]:
    """Return the verdicts of an assessment by provision."""
    return {one.id: str(one.verdict) for one in assessment.provisions}
