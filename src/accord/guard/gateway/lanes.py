"""One run of a streamed answer: events leave in order, and what is undecided holds back only what stands behind it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

from accord.core.guard import Decision, Hit, Outcome
from accord.guard.gateway.judging import Judge
from accord.guard.gateway.words import Passed, Watched

MOST_HELD: Final = 4 << 20
"""Bytes that may be held of one run before it is cut."""

_NOT_SHOWN: Final = frozenset({"extra", "start", "citations_delta"})  # texts that are no words of the model


class Entry:
    """An event in the queue: `left` characters of its text are undecided, `out` may leave.

    One that is `undivided` leaves as it came, or as what `rewrite` puts in its place.
    """

    __slots__ = ("changed", "held", "left", "out", "raw", "rewrite", "text", "undivided")

    def __init__(self, raw: bytes, text: str = "", rewrite: Callable[[str], bytes] | None = None) -> None:
        self.raw = raw
        self.text = text
        self.left = len(text)
        self.out = ""
        self.rewrite = rewrite
        self.changed = False
        self.held = False
        self.undivided = False


class _Run:
    """One text that leaves in parts, and the entries whose characters are undecided."""

    __slots__ = ("noted", "pending", "stream", "tail", "undecided")

    def __init__(self, stream: Watched) -> None:
        self.stream = stream
        self.pending: deque[Entry] = deque()
        self.undecided = 0
        self.tail = ""
        self.noted: Hit | None = None


class Lane:
    """A choice of a chat answer, or a whole answer of another form.

    `hit` is what cut it; afterwards nothing but the closing of the form leaves.
    """

    def __init__(self, judge: Judge, where: str) -> None:
        self._judge = judge
        self._where = where
        self._queue: deque[Entry] = deque()
        self._runs: dict[str, _Run] = {}
        self._weight = 0
        self.hit: Decision | None = None
        self.closed = False

    def plain(self, raw: bytes) -> None:
        """Queue an event without text of its own."""
        if self.hit is None:
            self._queue.append(Entry(raw))

    def hold(self, raw: bytes) -> Entry:
        """Queue an event that waits until `allow` or `drop` is said of it."""
        entry = Entry(raw)
        entry.held = True
        self._weight += len(raw)
        if self.hit is None:
            self._queue.append(entry)
        if self._weight > MOST_HELD:
            self._stop(f"more than {MOST_HELD} bytes of tool calls are open", "ACC-E766")
        return entry

    def allow(self, entries: list[Entry]) -> None:
        """Let held events go."""
        for entry in entries:
            entry.held = False
            self._weight -= len(entry.raw)

    def drop(self, entries: list[Entry], made: Decision) -> None:
        """Cut the run where the first of some held events stands."""
        gone = set(map(id, entries))
        for index, entry in enumerate(self._queue):
            if id(entry) in gone:
                self._queue = deque(list(self._queue)[:index])
                break
        self._settle()
        self.hit = made

    def undivided(self, key: str, raw: bytes, text: str, instead: bytes) -> None:
        """Queue an event that tells something of `key` and leaves as it came, or as what stands `instead` of it."""
        entry = self.text(key, raw, text, lambda _: instead)
        if entry is not None:
            entry.undivided = True

    def text(self, key: str, raw: bytes, text: str, rewrite: Callable[[str], bytes]) -> Entry | None:
        """Queue an event with a part of the text `key`; return it where some of it may be held."""
        if self.hit is not None:
            return None
        self._judge.heard.said(key, text)
        run = self._runs.get(key)
        if run is None:
            run = self._runs[key] = _Run(self._judge.stream(shown=key not in _NOT_SHOWN))
        if not self._judge.enforces:
            self._queue.append(Entry(raw))
            self._noted(run, self._judge.fed(run.stream, text), text)
            return None
        entry = Entry(raw, text, rewrite)
        self._queue.append(entry)
        run.pending.append(entry)
        run.undecided += len(text)
        self._passed(run, self._judge.fed(run.stream, text), text)
        return entry

    def finish(self) -> None:
        """Say that no text follows: what is still held is decided."""
        for run in self._runs.values():
            if not self._judge.enforces:
                self._noted(run, self._judge.ended(run.stream), "")
            elif self.hit is None:
                self._passed(run, self._judge.ended(run.stream), "", final=True)

    def flush(self) -> None:
        """Let go what may leave after a silence."""
        for run in self._runs.values():
            if self.hit is None and run.undecided:
                self._passed(run, run.stream.flush(), "")

    @property
    def held(self) -> bool:
        """Tell whether some text is held back."""
        return self.hit is None and any(run.undecided for run in self._runs.values())

    def ready(self) -> list[bytes]:
        """Return what may leave now, in order."""
        queue, out = self._queue, []
        while queue:
            entry = queue[0]
            if entry.held:
                break
            if entry.left:
                if entry.out and entry.rewrite is not None and not entry.undivided:
                    out.append(entry.rewrite(entry.out))
                    entry.text, entry.out = entry.text[len(entry.text) - entry.left :], ""
                    entry.changed = True
                break
            queue.popleft()
            if entry.rewrite is None or not entry.changed:
                out.append(entry.raw)
            elif entry.out or self.hit is None:
                out.append(entry.rewrite(entry.out))
        return out

    def _noted(self, run: _Run, passed: Passed, chunk: str) -> None:
        """Note what would have been done, where nothing is: each thing once."""
        run.tail = (run.tail + chunk)[-2_000:]
        if passed.hit is not None and passed.hit != run.noted:
            run.noted = passed.hit
            self._judge.met(passed.hit, self._where, run.tail)

    def _passed(self, run: _Run, passed: Passed, chunk: str, *, final: bool = False) -> None:
        """Give the characters that were decided to the events they came in."""
        left = 0 if final else run.stream.held
        count, run.undecided = run.undecided - left, left
        run.tail = (run.tail + chunk)[-2_000:]
        if passed.hit is None and len(passed.text) == count:
            self._share(run, passed.text)
        else:
            self._change(run, count, passed.text)
        if passed.hit is not None:
            self._met(run, passed.hit)

    def _share(self, run: _Run, text: str) -> None:
        at = 0
        while run.pending and at < len(text):
            entry = run.pending[0]
            took = min(entry.left, len(text) - at)
            entry.out += text[at : at + took]
            entry.left -= took
            at += took
            if not entry.left:
                run.pending.popleft()

    def _change(self, run: _Run, count: int, text: str) -> None:
        """Put a text that is not what came in place of `count` characters."""
        first = True
        while run.pending and count:
            entry = run.pending[0]
            took = min(entry.left, count)
            entry.out += text if first else ""
            entry.changed, first = True, False
            entry.left -= took
            count -= took
            if not entry.left:
                run.pending.popleft()

    def _met(self, run: _Run, hit: Hit) -> None:
        made = self._judge.met(hit, self._where, run.tail)
        if made.stops:
            self._settle()
            self.hit = made

    def _settle(self) -> None:
        """Keep of the queue what was decided before the first thing that was not."""
        kept: deque[Entry] = deque()
        for entry in self._queue:
            if entry.held:
                break
            undecided, entry.left = entry.left, 0
            if undecided:
                entry.changed = True
                kept.append(entry)
                break
            kept.append(entry)
        self._queue = kept

    def _stop(self, message: str, code: str) -> None:
        made = self._judge.said(Outcome.BLOCK, code, message, where=self._where)
        self._judge.note(made)
        self._settle()
        self.hit = made
