"""What a session has read, kept so that a call is compared with all of it in a time that does not grow with it."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from typing import Final, NamedTuple

from accord.case.heard import values
from accord.core.trial import Message, ToolCall

_WORDS: Final = re.compile(r"\w+")
_LONG: Final = re.compile(r"[0-9A-Za-z]{12,64}")
_RUN: Final = 5  # words in a row that two texts do not share by accident
_GRAM: Final = 3
_MOST_GRAMS: Final = 400_000  # then every text may have been read, and all of it is searched
_TOKEN: Final = 4
_SOMETHING: Final = "\N{HORIZONTAL ELLIPSIS}"  # stands for what was read and has nothing to do with a call


class _Read(NamedTuple):
    """One output of a tool: what was called, and its text as it came, in small letters, and as words alone."""

    messages: tuple[Message, Message]
    plain: str
    worded: str


class Recall:
    """The outputs of a session. `about` gives those that a call may have values of, and one of each other source.

    Whatever the policy would compare with a call is found: whole values, runs of five words, words with a digit or
    a mark in them, and long words of letters and digits.
    """

    def __init__(self) -> None:
        self._read: deque[_Read] = deque()
        self._gone = 0
        self._grams: set[str] = set()
        self._runs: dict[str, dict[int, int]] = {}
        self._kinds: dict[tuple[str, bool], tuple[Message, Message]] = {}

    def __len__(self) -> int:
        """Return how many outputs are kept."""
        return len(self._read)

    def keep(self, call: ToolCall, told: Message) -> None:
        """Keep one output."""
        messages = (Message(role="assistant", tool_calls=(call,)), told)
        words = _WORDS.findall(told.content.casefold())
        one = _Read(messages, told.content.casefold(), " ".join(words))
        kind = (call.name, bool(told.content))
        self._kinds.setdefault(kind, (messages[0], _told(told, _SOMETHING if told.content else "")))
        runs = self._runs.setdefault(call.name, {})
        place = self._gone + len(self._read)
        for run in _runs(words):
            runs[hash(run)] = place
        for text in (one.plain, one.worded):
            if len(self._grams) < _MOST_GRAMS:
                self._grams.update(text[at : at + _GRAM] for at in range(len(text) - _GRAM + 1))
        self._read.append(one)

    def forget(self) -> int:
        """Forget the oldest output; how long it was is returned."""
        self._gone += 1
        return len(self._read.popleft().messages[1].content)

    def all(self) -> Iterator[Message]:
        """Yield everything that is kept, in order."""
        for one in self._read:
            yield from one.messages

    def pairs(self) -> Iterator[tuple[Message, Message]]:
        """Yield each call that is kept with what it told, in order."""
        yield from (one.messages for one in self._read)

    def about(self, call: ToolCall) -> Iterator[Message]:
        """Yield what a call may have values of, in order, and one output of each kind that it has none of."""
        texts = (call.name, *call.args, *(text for value in call.args.values() for text in values(value)))
        places: set[int] = set()
        for text in dict.fromkeys(texts):
            places |= self._holding(text)
        for messages in self._kinds.values():
            yield from messages
        for place in sorted(places):
            yield from self._read[place - self._gone].messages

    def _holding(self, text: str) -> set[int]:
        words = _WORDS.findall(text.casefold())
        found = set()
        if len(words) > _RUN:
            found |= {runs[key] for key in map(hash, _runs(words)) for runs in self._runs.values() if key in runs}
        else:
            found |= set(self._places(" ".join(words), worded=True))
        for mark in _marks(text):
            found |= set(self._places(mark, worded=False))
        return {place for place in found if place >= self._gone}

    def _places(self, mark: str, *, worded: bool) -> Iterator[int]:
        """Yield where something stands, one place a tool; what has a part that was never read stands nowhere."""
        if len(mark) < _GRAM or not self._may_hold(mark):
            return
        named = set()
        for at, one in enumerate(self._read):
            name = one.messages[1].name
            if name not in named and mark in (one.worded if worded else one.plain):
                named.add(name)
                yield self._gone + at

    def _may_hold(self, mark: str) -> bool:
        full = len(self._grams) >= _MOST_GRAMS
        return full or all(mark[at : at + _GRAM] in self._grams for at in range(len(mark) - _GRAM + 1))


def _marks(text: str) -> set[str]:
    plain = text.casefold()
    marks = {plain.strip(), *(word.casefold() for word in _LONG.findall(text))}
    return marks | {word for word in plain.split() if len(word) > _TOKEN and not word.isalpha()}


def _runs(words: list[str]) -> Iterator[tuple[str, ...]]:
    return (tuple(words[at : at + _RUN]) for at in range(len(words) - _RUN + 1))


def _told(message: Message, text: str) -> Message:
    return Message(role=message.role, name=message.name, channel=message.channel, content=text)
