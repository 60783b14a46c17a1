"""Who asks, by the key that is shown, and how much more they may ask."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Mapping
from typing import Final

from accord.core.guard import GuardPolicy
from accord.guard.gateway.shared import WIDTH, Rows
from accord.guard.gateway.wire import RefusedError
from accord.guard.gateway.words import Caller

ANYONE: Final = "anyone"
"""The name of every caller where the policy lists no keys."""
_FIRST: Final = 512
_FIELDS: Final = 6  # minute, requests in it, tokens in it, day, requests on it, unused
_KEYS: Final = (WIDTH - _FIRST) // _FIELDS
_MINUTE, _DAY = 60, 86_400


class Callers:
    """Knows the keys of a policy, and counts what each of them asks over all workers."""

    def __init__(self, policy: GuardPolicy, rows: Rows | None = None, worker: int = 0) -> None:
        self._rows = rows or Rows()
        self._worker = worker
        self._open = not policy.keys
        self._anyone = Caller(ANYONE, policy.limits)
        self._known = {key.key: Caller(key.name, key.limits or policy.limits) for key in policy.keys}
        self._slots = {name: number for number, name in enumerate(sorted(one.name for one in policy.keys))}

    def known(self, headers: Mapping[bytes, bytes]) -> Caller:
        """Return who shows a key; raises `RefusedError` for no key or a wrong one."""
        if self._open:
            return self._anyone
        shown = headers.get(b"authorization", b"")
        key = shown[7:].strip() if shown[:7].lower() == b"bearer " else headers.get(b"x-api-key", b"")
        found = self._known.get("sha256:" + hashlib.sha256(key).hexdigest()) if key else None  # type: ignore[call-overload]  # a digest is a text
        if found is None:
            raise RefusedError("no key that the gateway knows was shown", code="ACC-E755", status=401)
        caller: Caller = found
        return caller

    def take(self, caller: Caller, now: float, tokens: int) -> None:
        """Count one request; raises `RefusedError` with the seconds to wait where a limit is reached."""
        limits = caller.limits
        if not (limits.requests_per_minute or limits.tokens_per_minute or limits.requests_per_day):
            return
        at, minute, day = self._place(caller), int(now // _MINUTE), int(now // _DAY)
        asked, spent = self._sum(at, minute, at + 1), self._sum(at, minute, at + 2)
        today = self._sum(at + 3, day, at + 4)
        wait = _MINUTE - int(now % _MINUTE)
        if limits.requests_per_minute and asked >= limits.requests_per_minute:
            _limited(f"{caller.name} asked {asked:.0f} times this minute", wait)
        if limits.tokens_per_minute and spent + tokens > limits.tokens_per_minute:
            _limited(f"{caller.name} sent {spent:.0f} tokens this minute", wait)
        if limits.requests_per_day and today >= limits.requests_per_day:
            _limited(f"{caller.name} asked {today:.0f} times today", _DAY - int(now % _DAY))
        self._own(at, minute, 2)
        self._own(at + 3, day, 1)
        self._rows.add(self._worker, at + 1)
        self._rows.add(self._worker, at + 2, tokens)
        self._rows.add(self._worker, at + 4)

    def spent(self, caller: Caller, now: float, tokens: int) -> None:
        """Count the tokens of an answer."""
        if caller.limits.tokens_per_minute:
            at = self._place(caller)
            self._own(at, int(now // _MINUTE), 2)
            self._rows.add(self._worker, at + 2, tokens)

    def _place(self, caller: Caller) -> int:
        number = self._slots.get(caller.name, 0)
        if number >= _KEYS:
            number = zlib.crc32(caller.name.encode()) % _KEYS
        return _FIRST + number * _FIELDS

    def _own(self, at: int, window: int, fields: int) -> None:
        """Begin a window of our own row."""
        if self._rows.of(self._worker, at) != window:
            self._rows.put(self._worker, at, window)
            for field in range(1, fields + 1):
                self._rows.put(self._worker, at + field, 0)

    def _sum(self, at: int, window: int, field: int) -> float:
        rows = self._rows
        return sum(rows.of(one, field) for one in range(rows.workers) if rows.of(one, at) == window)


def _limited(message: str, wait: int) -> None:
    raise RefusedError(f"{message}; the limit is reached", code="ACC-E756", status=429, retry=max(1, wait))
