"""What changes while the gateway runs: rules within a second of their signature, the policy on SIGHUP."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, Protocol

from accord.core.errors import AccordError
from accord.core.guard import GuardPolicy
from accord.guard.gateway.door import Gateway
from accord.guard.gateway.words import Guarding
from accord.guard.rules.shelf import Refused, RuleSet, Shelf
from accord.record.state import can_list

EVERY: Final = 0.05
"""Seconds between two looks at the folder of rules."""

Say = Callable[[str, str], None]
"""(level, message): the structured log of the gateway's own life."""


class Shelved(Protocol):
    """A folder of rules, as far as a reload has to know it."""

    def changed(self) -> bool:
        """Tell whether there is something new."""


class Renewed:
    """A folder of rules that is opened anew for each reading: a key that was made after the start counts too.

    It has changed as well when a rule in force expires. A folder that is gone, or cannot be looked into any more, takes
    nothing out of force: what was read last holds until it is back.
    """

    def __init__(self, opened: Callable[[], Shelf], now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._opened = opened
        self._now = now
        self._shelf: Shelf | None = None
        self._until: datetime | None = None
        self._found = RuleSet()
        self._lost = False

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
        self._lost = bool(self._found.rules) and not can_list(shelf.folder)
        if self._lost:
            reason = "the folder cannot be looked into: the rules that were in force stay"
            return self._found._replace(refused=(Refused(shelf.folder.name, reason),))
        self._found = found = shelf.current(now)
        self._until = min((rule.expires for rule in found.rules if rule.expires and rule.expires > now), default=None)
        self._shelf = shelf
        return found


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
