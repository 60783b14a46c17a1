"""Text that leaves piece by piece: let go at once, but for the longest part of something that must not leave.

Of a canary as it is nothing leaves, of one in any other form at most three letters or digits (five, where more than
256 characters of something else stand between them), of one that begins like no word one or two. A secret is held from
the name it begins with, or from its sixth character, to its end. What is open for 256 characters is decided then: a
canary stops the text, a secret is dropped to its end, the rest goes. After a silence `flush` lets go what is open and
is neither part of a canary nor of a secret.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final, NamedTuple

from accord.core.guard import Hit, Outcome
from accord.guard.flow.answers import LEADS, open_address
from accord.guard.leaks import MARK, Leaks, stands
from accord.guard.leaving.tokens import Tokens

MOST: Final = 256
"""Characters that are held at most; of a token that may be signed, 2,048."""

_LONGEST_TOKEN = 2_048
_CONTEXT = 320  # characters that have left and may still say what the next ones are
_CUTS: Final = frozenset((Outcome.BLOCK, Outcome.ASK))


class Released(NamedTuple):
    """What may leave now, and the first thing that was met in it, if any was."""

    text: str
    hit: Hit | None = None


class Stream:
    """A text that leaves; 20 microseconds a token. After a hit that blocks it is shut, and lets nothing go.

    Where it is not `enforced`, all of it leaves at once, as it came; what is met is only told.
    """

    def __init__(
        self, leaks: Leaks, *, enforced: bool = True, links: Callable[[str], Iterable[Hit]] | None = None
    ) -> None:
        self._leaks = leaks
        self._links = links
        self._enforced = enforced
        self._reader = leaks.reader() if leaks.substrings.owned else None
        self._tokens = Tokens(leaks.secrets, leaks.personal)
        self._text = ""  # what has come and has not left
        self._context = ""  # the end of what has left, as it came
        self._base = 0  # characters before `_text`
        self._shut: Hit | None = None
        self._met: Hit | None = None
        self._told_to = 0  # up to where something was met

    @property
    def held(self) -> int:
        """Return how many characters are held."""
        return len(self._text)

    def feed(self, chunk: str) -> Released:
        """Take a part of the text, and return what may leave."""
        if self._shut is not None:
            return Released("", self._shut)
        self._text += chunk
        if (cutting := self._read(chunk)) is not None:
            return self._cut(cutting) if self._enforced else self._told(cutting)
        if self._tokens.watches:
            self._tokens.hear(self._context, self._text, len(chunk), at=self._base)
        return self._released(silent=False) if self._enforced else self._told(None)

    def flush(self) -> Released:
        """Let go what is open and is neither part of a canary nor of a secret."""
        return Released("", self._shut) if self._shut is not None else self._released(silent=True)

    def end(self) -> Released:
        """Say that nothing follows, and return what may leave of the rest."""
        if self._shut is not None:
            return Released("", self._shut)
        if (cutting := self._read("", final=True)) is not None:
            return self._cut(cutting) if self._enforced else self._told(cutting)
        self._drop()
        return self._let_go(len(self._text))

    def _read(self, chunk: str, *, final: bool = False) -> Hit | None:
        """Read on for canaries; return what stops the text, if anything does."""
        if self._reader is None:
            return None
        for found in self._reader.read(chunk, final=final):
            if not stands(found, self._context + self._text):
                continue
            if found.start < self._told_to:
                self._told_to = found.end
                continue
            self._told_to = found.end
            hit = self._leaks.hit(found)
            if hit.outcome in _CUTS:
                return hit
            self._met = self._met or hit
        return None

    def _told(self, hit: Hit | None) -> Released:
        """Let everything go, and tell what is met in it."""
        seen = self._hits(self._text)
        text = self._text
        self._go(len(text))
        met, self._met = hit or self._met or (seen[0] if seen else None), None
        return Released(text, met)

    def _drop(self) -> None:
        dropped = self._tokens.dropped(self._text)
        if dropped:
            self._go(dropped)

    def _released(self, *, silent: bool) -> Released:
        self._drop()
        if self._tokens.drops:
            return Released("")
        hold = len(self._text)
        if self._reader is not None:
            begun = self._reader.open
            if begun is not None:
                hold = max(0, begun - self._base)
            elif not silent:
                hold = max(0, hold - self._reader.unread)
        if self._tokens.watches and hold:
            hold = self._tokens.begun(self._context, self._text[:hold], at=self._base, silent=silent)
        if self._links is not None:
            hold = min(hold, open_address(self._text[:hold]))
        if len(self._text) - hold > MOST:
            return self._overflown(hold)
        return self._let_go(hold)

    def _overflown(self, hold: int) -> Released:
        """Decide on what is open for too long."""
        spread = self._reader.spread if self._reader is not None else None
        if spread is not None:
            return self._cut(self._leaks.hit(spread))
        passed = self._let_go(hold)
        if self._shut is not None:
            return passed
        if self._tokens.may_be_signed(self._context, self._text) and len(self._text) < _LONGEST_TOKEN:
            return passed
        name = self._tokens.goes_on(self._context, self._text)
        if name:
            hit = Hit(
                rule=f"secret:{name}",
                outcome=Outcome(self._leaks.secrets.value),
                start=self._base,
                end=self._base + len(self._text),
                message=f"a secret that must not leave: {name}",
            )
            if hit.outcome in _CUTS:
                return self._cut(hit)
            self._go(len(self._text))
            return Released(passed.text + MARK, passed.hit or hit)
        rest = self._let_go(len(self._text))
        hits = [one.hit for one in (rest, passed) if one.hit is not None]
        first = next((hit for hit in hits if hit.outcome in _CUTS), hits[-1] if hits else None)
        return Released(passed.text + rest.text, first)

    def _cut(self, hit: Hit) -> Released:
        """Let go what stands before a hit and is no part of a secret, and nothing ever after."""
        count = max(0, hit.start - self._base)
        if self._tokens.watches and count:
            count = self._tokens.begun(self._context, self._text[:count], at=self._base, silent=False)
        return self._let_go(count, shut=hit)

    def _let_go(self, count: int, *, shut: Hit | None = None) -> Released:
        """Let the first `count` characters go, with marks in place of what must not."""
        hits = self._hits(self._text[:count])
        cutting = next((hit for hit in hits if hit.outcome in _CUTS), None)
        if cutting is not None:
            shut, count = cutting, min(count, max(0, cutting.start - self._base))
        parts: list[str] = []
        done = 0
        for hit in hits:
            start, end = max(done, hit.start - self._base), min(count, hit.end - self._base)
            if hit.outcome is Outcome.REDACT and end > done and start < count:
                parts += [self._text[done:start], MARK]
                done = end
        text = "".join(parts) + self._text[done:count]
        met, self._met = shut or self._met or (hits[0] if hits else None), None
        self._go(count)
        if shut is not None:
            self._shut, self._text = shut, ""
        else:
            self._tokens.left(hits, at=self._base)
        return Released(text, met)

    def _hits(self, text: str) -> list[Hit]:
        """Return what is met in what is about to leave, and did not leave before."""
        if not text:
            return []
        looks = self._tokens.looks(self._context, text, at=self._base)
        linked = self._links if self._links is not None and LEADS.search(text) else None
        if not looks and not self._leaks.has_outputs and linked is None:
            return []
        window = self._context + text
        shift = self._base - len(self._context)
        seen = [*self._leaks.said(window), *(self._tokens.seen(window) if looks else ())]
        seen += linked(window) if linked is not None else ()
        moved = (replace(hit, start=hit.start + shift, end=hit.end + shift) for hit in seen)
        return sorted((hit for hit in moved if hit.end > self._base), key=lambda hit: hit.start)

    def _go(self, count: int) -> None:
        self._context = (self._context + self._text[:count])[-_CONTEXT:]
        self._text = self._text[count:]
        self._base += count
