"""What changes while the gateway runs: rules within a second of their signature, the policy on SIGHUP."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final, Protocol

from accord.core.canon import Digest, canonical
from accord.core.errors import AccordError
from accord.core.guard import GuardPolicy, GuardRule
from accord.guard.gateway.door import Gateway
from accord.guard.gateway.keeping import Kept
from accord.guard.gateway.words import Guarding
from accord.guard.rules.listing import Refused
from accord.guard.rules.shelf import RuleSet, Shelf
from accord.record.codec import from_json
from accord.record.state import can_list

EVERY: Final = 0.05
"""Seconds between two looks at the folder of rules."""

_DIGEST: Final = len("sha256:") + 64

Say = Callable[[str, str], None]
"""(level, message): the structured log of the gateway's own life."""


class Shelved(Protocol):
    """A folder of rules, as far as a reload has to know it."""

    def changed(self) -> bool:
        """Tell whether there is something new."""


class Renewed:
    """A folder of rules that is opened anew for each reading: a key that was made after the start counts too.

    It has changed as well when a rule in force expires. A folder that is gone, or cannot be looked into any more, takes
    nothing out of force: what was read last holds until it is back, whoever of those that `share` it read it.
    """

    def __init__(self, opened: Callable[[], Shelf], now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._opened = opened
        self._now = now
        self._shelf: Shelf | None = None
        self._until: datetime | None = None
        self._found = RuleSet()
        self._lost = False
        self._kept: Kept | None = None

    def share(self, kept: Kept) -> None:
        """Keep what is read for who comes after, and go on from what was kept while the folder is away."""
        self._kept = kept

    def changed(self) -> bool:
        """Tell whether what was last read is no longer what holds."""
        if self._lost and self._shelf is not None:
            return can_list(self._shelf.folder)
        if self._shelf is None or self._shelf.changed():
            return True
        return self._until is not None and self._now() >= self._until

    def current(self) -> RuleSet:
        """Return the rules that hold now."""
        shelf, now = self._opened().after(self._shelf), self._now()
        found = shelf.current(now)
        self._lost = not can_list(shelf.folder) and bool(self._last().rules)  # it may go away while it is read
        if self._lost:
            self._shelf = self._shelf or shelf
            reason = "the folder cannot be looked into: the rules that were in force stay"
            return self._found._replace(refused=(Refused(shelf.folder.name, reason),))
        self._found = found
        self._until = min((rule.expires for rule in found.rules if rule.expires and rule.expires > now), default=None)
        self._shelf = shelf
        if self._kept is not None and self._kept.get(_DIGEST) != found.digest.encode():
            with suppress(OSError):  # no memory left: what was kept before is still better than nothing
                self._kept.put(_packed(found))
        return found

    def _last(self) -> RuleSet:
        """Return what was read last, here or by whoever kept it."""
        if self._kept is not None and not self._found.rules:
            self._found = _unpacked(self._kept.get())
        return self._found


def _packed(found: RuleSet) -> bytes:
    """Return rules in force so that they can be kept: their digest, what is held of them, then one a line."""
    return b"\n".join((found.digest.encode(), canonical(dict(found.held)), *map(canonical, found.rules)))


def _unpacked(data: bytes) -> RuleSet:
    if not data:
        return RuleSet()
    name, held, *lines = data.split(b"\n")
    rules = tuple(from_json(line, GuardRule, path="what was kept", limit=len(data)) for line in lines)
    return RuleSet(rules, Digest(name.decode()), held=json.loads(held))


class Reloading:
    """Keeps what is in force up to date; whatever cannot be taken up leaves the old in force, and is said."""

    def __init__(
        self,
        gateway: Gateway,
        build: Callable[[GuardPolicy], Guarding],
        read_policy: Callable[[], GuardPolicy],
        *,
        shelf: Shelved | None,
        say: Say,
    ) -> None:
        self._gateway = gateway
        self._build = build
        self._read_policy = read_policy
        self._shelf = shelf
        self._say = say
        self._asked = asyncio.Event()

    def ask(self) -> None:
        """Have the policy read again."""
        self._asked.set()

    async def run(self) -> None:
        """Look for news until cancelled."""
        while True:
            await asyncio.sleep(EVERY)
            if self._asked.is_set() or self._gateway.agreement.is_behind():
                self._asked.clear()
                await self._take_up(policy=True)
            elif self._shelf is not None and self._shelf.changed():
                await self._take_up(policy=False)

    async def _take_up(self, *, policy: bool) -> None:
        """Build aside and swap at once: no request waits, and none sees half of it."""
        gateway, began = self._gateway, time.monotonic()
        try:
            wanted = await asyncio.to_thread(self._read_policy) if policy else gateway.guard.policy
            made = await asyncio.to_thread(self._build, wanted)
        except (AccordError, OSError, ValueError) as error:
            gateway.metrics.count("reload_errors")
            self._say("error", f"kept what is in force: {error}")
            return
        gateway.take_up(made)
        gateway.agreement.tell(made.digests, began)
        gateway.metrics.count("reloads")
        self._say("info", f"in force now: policy {made.digests[0]}, rules {made.digests[1]}")
