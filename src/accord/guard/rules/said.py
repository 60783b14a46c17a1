"""Whose words stand in a conversation: those of rules that honest people may say too, and what the operator keeps."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from hashlib import sha256
from itertools import islice
from typing import Final

from accord.content.views import views
from accord.core.case import Channel
from accord.core.guard import GuardRule
from accord.core.trial import Message
from accord.guard.constraints import is_carried
from accord.guard.matching import compile_rules
from accord.guard.recent import Recent
from accord.guard.rules.near import Neighbours

_REMEMBERED: Final = 512
_WORD: Final = re.compile(r"[0-9A-Za-z]{10,64}")
_MOST_TOKENS: Final = 8
_OPERATORS: Final = frozenset({"system", "developer"})


class Said:
    """Looks for the texts of wary rules in what was said; what was looked at lately is remembered."""

    def __init__(self, rules: Iterable[GuardRule]) -> None:
        wary = tuple(rule for rule in rules if rule.is_wary)
        self._any = bool(wary)
        self._matcher, self._near = compile_rules(wary), Neighbours(wary, strict=0)
        self._known: Recent[frozenset[str]] = Recent(_REMEMBERED)

    def rules(self, conversation: Sequence[Message]) -> frozenset[str]:
        """Return the ids of the wary rules whose words somebody has said, but the operator and the model."""
        if not self._any:
            return frozenset()
        heard = (message for message in conversation if message.content and _speaks(message))
        return frozenset(rule for message in heard for rule in self._in(message.content, _channel(message)))

    def _in(self, text: str, channel: Channel) -> frozenset[str]:
        key = (channel, sha256(text.encode("utf-8", "surrogatepass")).digest())
        known = self._known.get(key)
        if known is None:
            seen = views(text)
            hits = (*self._matcher.hits(seen, channel), *self._near.hits(seen, channel))
            known = frozenset(hit.rule for hit in hits)
            self._known.put(key, known)
        return known


def tokens_kept(conversation: Iterable[Message]) -> tuple[str, ...]:
    """Return the tokens of the operator's own words: letters and digits in one, as nobody says them by chance."""
    told = (one.content for one in conversation if one.role in _OPERATORS and not is_carried(one))
    found = (word for text in told for word in _WORD.findall(text))
    tokens = (word for word in found if any(map(str.isdigit, word)) and any(map(str.isalpha, word)))
    return tuple(islice(dict.fromkeys(tokens), _MOST_TOKENS))


def _speaks(message: Message) -> bool:
    return is_carried(message) or message.role not in _OPERATORS | {"assistant"}


def _channel(message: Message) -> Channel:
    if message.channel in set(Channel):
        return Channel(message.channel)
    return Channel.USER if message.role == "user" else Channel.TOOL_OUTPUT
