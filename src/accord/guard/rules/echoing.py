"""What an answer may not say since it was ordered to: the effect of attacks that want a mark said, or a secret.

However such an order is put, the answer says a token that stands in it; or, where it names two, both in one, which
nobody says who only speaks of them; or a token that the operator keeps. What the operator or the user named himself is
never held back from an order of strangers, and no token of the operator's is but after words that sound like an attack.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from hashlib import sha256
from itertools import islice
from typing import Final, NamedTuple

from accord.content.views import View, views
from accord.core.case import Channel
from accord.core.guard import GuardRule
from accord.core.system import Mode
from accord.core.trial import Message
from accord.guard.constraints import is_carried
from accord.guard.leaks import Echo
from accord.guard.matching import Matcher, compile_rules
from accord.guard.meanings import meanings
from accord.guard.recent import Recent
from accord.guard.rules.honest import sounding
from accord.guard.rules.near import Neighbours
from accord.guard.rules.ordering import ordered, tokens_in
from accord.guard.rules.said import tokens_kept

_SURE: Final = (2.5, 1.0)  # as a logit: of any text, and of one that sounds like an attack
_SURE_OF_USERS: Final = (4.0, 2.0)  # people order their own tokens to be written for honest reasons
_LIKELY: Final = 0.5  # where a rule's own words are met too
_HOSTILE: Final = 0.4  # one of ten honest questions sounds more hostile
_MOST_VIEWS: Final = 6
_MOST_ECHOES: Final = 8  # of one conversation
_MOST_TOKENS: Final = 16
_NEAR: Final = 2  # tokens on, up to which two belong together
_LONGEST_JOINED: Final = 40  # characters of one of two: longer ones are lines of coded data
_REMEMBERED: Final = 1_024
_TRUSTED: Final = frozenset({"system", "developer", "assistant"})


class _Heard(NamedTuple):
    """The tokens of one text, those that it orders to be said, and whether it sounds like an attack."""

    every: tuple[str, ...] = ()
    said: tuple[str, ...] = ()
    hostile: bool = False


class Echoes:
    """Looks for what texts order to be said; what was looked at lately is remembered. Rules on trial forbid nothing."""

    def __init__(self, rules: Sequence[GuardRule]) -> None:
        enforced = [(at, rule) for at, rule in enumerate(rules) if rule.mode is Mode.ENFORCE]
        self._rules = tuple(rule for _, rule in enforced if rule.echoes)
        self._owner = {channel: at for at, rule in reversed(enforced) for channel in rule.echoes}
        self._known: Recent[_Heard] = Recent(_REMEMBERED)

    def of(self, conversation: Sequence[Message]) -> tuple[Echo, ...]:
        """Return what the answer to a conversation may not say."""
        if not self._owner:
            return ()
        kept = tokens_kept(conversation) if Channel.SYSTEM in self._owner else ()
        said = [(one, channel) for one in conversation if one.content and (channel := _channel(one)) is not None]
        heard = [(channel, self._heard(one.content, channel, keeps=bool(kept))) for one, channel in said]
        secret = [
            Echo(token, self._owner[Channel.SYSTEM]) for token in kept if any(found.hostile for _, found in heard)
        ]
        told = [(self._owner[channel], found) for channel, found in heard if channel in self._owner and found.every]
        if not told:
            return tuple(secret)
        named = "\n".join(one.content for one in conversation if self._may_name(one))
        ordered_ = {token: Echo(token, owner) for owner, found in told for token in found.said if token not in named}
        every = list(dict.fromkeys(token for _, found in told for token in found.every))
        both = _joined(every[-_MOST_TOKENS:], told[0][0])
        free = (echo for echo in both if not any(echo.text in text for text in (named, *every)))
        return (*secret, *islice(ordered_.values(), _MOST_ECHOES), *free)

    def _may_name(self, message: Message) -> bool:
        """Tell whether a message is of somebody who may name tokens: the model itself only says what it was told."""
        return message.role != "assistant" and _channel(message) not in self._owner and not is_carried(message)

    def _heard(self, text: str, channel: Channel, *, keeps: bool) -> _Heard:
        key = (channel, keeps, sha256(text.encode("utf-8", "surrogatepass")).digest())
        known = self._known.get(key)
        if known is None:
            known = self._looked(views(text)[:_MOST_VIEWS], channel, keeps=keeps)
            self._known.put(key, known)
        return known

    def _looked(self, seen: Sequence[View], channel: Channel, *, keeps: bool) -> _Heard:
        every = tuple(dict.fromkeys(token for view in seen for token in tokens_in(view.text)))
        found = [one for view in seen if every for one in ordered(view.text)]
        hostile = (keeps or bool(found)) and any(_sounds(view.text) for view in seen)
        sure = (_SURE_OF_USERS if channel is Channel.USER else _SURE)[hostile]
        doubted = (keeps and not hostile) or any(_LIKELY <= one.surely < sure for one in found)
        met = doubted and self._meets(seen, channel)
        said = dict.fromkeys(one.token for one in found if one.surely >= (_LIKELY if met else sure))
        return _Heard(every, tuple(said), hostile or (keeps and met))

    def _meets(self, seen: Sequence[View], channel: Channel) -> bool:
        """Tell whether a text says what the text of some rule says."""
        matcher, near = self._words
        return bool(matcher.hits(seen, channel) or near.hits(seen, channel))

    @cached_property
    def _words(self) -> tuple[Matcher, Neighbours]:
        return compile_rules(self._rules), Neighbours(self._rules)


def _sounds(text: str) -> bool:
    table = meanings()
    return table is not None and sounding(table, text) >= _HOSTILE


def _joined(tokens: Sequence[str], rule: int) -> Iterator[Echo]:
    """Yield what tokens that stand near each other make in one, in either order."""
    short = [token for token in tokens if len(token) <= _LONGEST_JOINED]
    for at, one in enumerate(short):
        for other in short[at + 1 : at + 1 + _NEAR]:
            yield Echo(one + other, rule, joined=True)
            yield Echo(other + one, rule, joined=True)


def _channel(message: Message) -> Channel | None:
    """Return the channel that a message came through, or None where the operator or the model speaks."""
    if message.channel in set(Channel):
        return None if message.channel == Channel.SYSTEM else Channel(message.channel)
    if message.role in _TRUSTED:
        return None
    return Channel.USER if message.role == "user" else Channel.TOOL_OUTPUT
