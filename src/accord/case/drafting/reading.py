"""What was handed in, read: a log where it is JSON, else a pasted conversation or a report."""

from __future__ import annotations

import re

from accord.case.drafting.logs import log_reading, longest_text, parsed
from accord.case.drafting.pasted import told
from accord.case.drafting.talk import LARGEST, NotTalkError, Reading

LONGEST_TEXT = 1 << 19
"""Characters of a text that is no log."""

MOST_LINES = 20_000


def read(data: bytes) -> Reading:
    """Return the conversation in a file.

    Raises `NotTalkError` for what is too large, is no text, or holds no conversation.
    """
    if len(data) > LARGEST:
        raise NotTalkError(f"it has more than {LARGEST >> 20} MiB")
    if b"\x00" in data[:65_536] and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise NotTalkError("it is no text: it holds zero bytes")
    text = _decoded(data)
    value = parsed(text) if text.lstrip()[:1] in ("{", "[") else None
    if log := log_reading(value):
        return _heard(log)
    text = text if value is None else longest_text(value)
    if len(text) > LONGEST_TEXT:
        raise NotTalkError(f"its text has {len(text):,} characters, the limit is {LONGEST_TEXT:,}")
    if (lines := text.count("\n")) > MOST_LINES:
        raise NotTalkError(f"it has {lines:,} lines, the limit is {MOST_LINES:,}")
    return _heard(told(text))


def _decoded(data: bytes) -> str:
    encoding = "utf-16" if data.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise NotTalkError(f"it is no text: byte {error.start:,} is not UTF-8") from error
    return re.sub(r"\r\n?", "\n", text)


def _heard(reading: Reading) -> Reading:
    if not any(message.role != "assistant" for message in reading.messages):
        raise NotTalkError("nothing in it is told to a system: no user, no document, no tool's answer")
    if not any(message.role == "assistant" for message in reading.messages):
        raise NotTalkError("nothing in it is said or done by a system: no answer, no tool call")
    return reading
