"""Writes what a running campaign finds: many entries in one commit, on a thread, and tells when each is durable."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence

from accord.core.errors import RecordError
from accord.record.campaigns import Campaigns, Entry


class Writer:
    """Commits entries in the order in which they come; while one commit runs, the next batch gathers.

    To be made and used in one event loop. `kept` returns when what was handed over is on the disk.
    """

    def __init__(self, campaigns: Campaigns, campaign: str) -> None:
        self._campaigns = campaigns
        self._campaign = campaign
        self._loop = asyncio.get_running_loop()
        self._entries: list[Entry] = []
        self._waiting: list[asyncio.Future[None]] = []
        self._changed = threading.Condition()
        self._closing = False
        self._broken: RecordError | None = None
        self._thread = threading.Thread(target=self._run, name="accord-writer", daemon=True)
        self._thread.start()

    def hand(self, entry: Entry) -> None:
        """Hand over an entry without waiting for it."""
        with self._changed:
            self._entries.append(entry)
            self._changed.notify()

    async def kept(self, entry: Entry | None = None) -> None:
        """Hand over an entry, and return when it and all before it are durable; raises `RecordError` when not."""
        future = self._loop.create_future()
        with self._changed:
            if self._broken or self._closing:
                raise self._broken or _ended()
            if entry is not None:
                self._entries.append(entry)
            self._waiting.append(future)
            self._changed.notify()
        await future

    def close(self) -> None:
        """Write what is left and end the thread."""
        with self._changed:
            self._closing = True
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                while not (self._entries or self._waiting or self._closing):
                    self._changed.wait()
                entries, self._entries = self._entries, []
                waiting, self._waiting = self._waiting, []
                if not (entries or waiting):
                    return
            self._commit(entries, waiting)

    def _commit(self, entries: Sequence[Entry], waiting: Sequence[asyncio.Future[None]]) -> None:
        broken: RecordError | None = _ended()
        try:
            broken = self._broken or self._written(entries)
        finally:  # whatever went wrong, nobody waits for ever
            self._broken = broken
            if waiting and not self._loop.is_closed():
                self._loop.call_soon_threadsafe(_settle, waiting, broken)

    def _written(self, entries: Sequence[Entry]) -> RecordError | None:
        try:
            if entries:
                self._campaigns.write(self._campaign, entries)
        except RecordError as error:
            return error
        return None


def _ended() -> RecordError:
    return RecordError("nothing more is written for this campaign", code="ACC-E530")


def _settle(waiting: Sequence[asyncio.Future[None]], broken: RecordError | None) -> None:
    for future in waiting:
        if future.done():
            continue
        if broken:
            future.set_exception(broken)
        else:
            future.set_result(None)
