"""Which effect a stranger's tool or instruction has, told by the words in it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from accord.case.importers.tables import Words, tables

_CAMEL = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])|[^\W_a-zA-Z]+")
_MAIL = re.compile(r"[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+")
_URL = re.compile(r"(?:https?://|www\.)[^\s'\"<>)\],]{3,300}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """An effect of the shared vocabulary, with what its arguments must hold."""

    does: str
    args: Mapping[str, str] = field(default_factory=dict)


def effect_of_tool(name: str) -> Words | None:
    """Return the effect that the name of a tool tells, or nothing."""
    words = {word.casefold() for word in _CAMEL.findall(name)}
    return next((entry for entry in tables().effects if any(words >= set(one.split()) for one in entry.tool)), None)


def effect_of_text(text: str) -> Words | None:
    """Return the effect that an instruction tells, or nothing."""
    words = set(re.findall(r"[a-z]+", text.casefold()))
    return next((entry for entry in tables().effects if any(words >= set(one.split()) for one in entry.text)), None)


def aimed(words: Words, text: str) -> Effect:
    """Return an effect with what an instruction says of its arguments: an address, or a link."""
    mail, url = _MAIL.search(text), _URL.search(text)
    if words.does == "send-message" and mail:
        return Effect(does=words.does, args={"recipient": f"*{mail[0].rstrip('.')}*"})
    if words.does == "fetch-url" and url:
        return Effect(does=words.does, args={"url": f"*{url[0].rstrip('.')}*"})
    return Effect(does=words.does)
