"""Whose signature counts for what: keys of the trust file, and at level baseline the local role keys."""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple

from accord.core.finding import TrustLevel
from accord.core.system import Level, Role
from accord.record.keys import DEVELOPER
from accord.record.trust import Trust, at_least


class Authority(NamedTuple):
    """The keys that may speak for a role at a time, for a system of a level."""

    trust: Trust
    level: Level
    at: datetime

    @property
    def today(self) -> date:
        """Return the day that expiry is measured against."""
        return self.at.date()

    def keys(self) -> dict[str, bytes]:
        """Return every key whose signature can be checked, by id."""
        return self.trust.keys()

    def keys_at(self, wanted: TrustLevel) -> dict[str, bytes]:
        """Return the keys whose signature is worth at least a level now."""
        known = self.trust.keys()
        return {keyid: key for keyid, key in known.items() if at_least(self.trust.level_of(keyid, self.at), wanted)}

    def objection(self, keyid: str, role: Role) -> str | None:
        """Return why a key may not sign for a role, or None when it may."""
        if self.trust.revoked(keyid):
            return f"the key {keyid[:12]} is revoked"
        if not self.trust.has_role(keyid, role, at=self.at):
            return f"the key {keyid[:12]} does not speak for the {role}"
        if self.trust.file is None and self.level is not Level.BASELINE:
            return f"a local key signed for the {role}: level {self.level} asks for one that a trust file names"
        return None

    def is_developer(self, keyid: str) -> bool:
        """Tell whether a key is the development key of this machine."""
        return any(key.keyid == keyid and key.role == DEVELOPER for key in self.trust.local)
