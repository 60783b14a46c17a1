"""Through which channel a message came, told by its role, its name and how it looks."""

from __future__ import annotations

import re

from accord.case.drafting.tables import words
from accord.core.case import Channel
from accord.core.trial import Message

_CONTEXT = re.compile(
    r"(?im)^\s*(?:#+\s*|<)?(?:context|documents?|retrieved|search results?|knowledge(?: base)?|passages?|sources?)\b"
    r"[^\n]{0,40}[:>]"
)
_FILE_NAME = re.compile(r"[A-Za-z0-9][\w-]{0,60}\.[A-Za-z]{2,5}")


def channel_of(message: Message, text: str) -> Channel:
    """Return the channel of a message that the system was told."""
    if message.channel is not None and message.channel in {*Channel}:
        return Channel(message.channel)
    if message.role == "user":
        return Channel.USER
    if message.role == "system":
        return Channel.RETRIEVAL if _CONTEXT.search(text) else Channel.SYSTEM
    parts = re.findall(r"[A-Z]?[a-z]+|[A-Z]+", message.name or "")
    for channel, stems in words().sources.items():
        if any(part.casefold().startswith(stem) for part in parts for stem in stems):
            return Channel(channel)
    return Channel.TOOL_OUTPUT


def shown_name(message: Message) -> str | None:
    """Return the name of what was delivered where it is a file's; never that of a tool, which is its author's."""
    return message.name if message.name and _FILE_NAME.fullmatch(message.name) else None
