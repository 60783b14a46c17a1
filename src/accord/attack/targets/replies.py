"""What comes back from a target, made safe to keep: no lone surrogates, no numbers without a form, bounded in size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import islice
from math import isfinite
from typing import Final

from accord.core.trial import Reply, ToolCall

MOST_BYTES: Final = 1 << 20
"""Bytes of one answer that are read."""

_EXACT: Final = 2**53 - 1
DEEPEST: Final = 32
"""Values inside one another that are kept."""

MOST_VALUES: Final = 200_000
"""Values inside one value that are kept."""

_LONGEST: Final = 1 << 16  # characters of what is no plain value
_DECIMAL_BITS: Final = 8_000  # of a number that Python writes in digits
_ODD: Final = (ArithmeticError, AttributeError, LookupError, OSError, RuntimeError, TypeError, ValueError)


def safe_text(text: str) -> str:
    """Return the text with lone surrogates replaced, so that it has a UTF-8 form."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def safe_value(value: object) -> object:
    """Return a value in the form of JSON: odd numbers become texts, words mappings, sets lists; it never raises.

    What is too deep or too much is cut.
    """
    return _Keeping(MOST_VALUES).kept(value, 0)


class _Keeping:
    """Makes one value safe, with how many values may still be kept."""

    def __init__(self, left: int) -> None:
        self._left = left

    def kept(self, value: object, depth: int) -> object:
        """Return the value in the form of JSON."""
        self._left -= 1
        if isinstance(value, str):
            return safe_text(value)
        if value is None or isinstance(value, bool | int | float):
            return _number(value)
        if isinstance(value, bytes):
            return value[:_LONGEST].decode("utf-8", "replace")
        if depth >= DEEPEST or self._left < 0:
            return "…"
        try:
            return self._inside(value, depth)
        except _ODD:  # an object of an application, which may not want to be looked at
            return type(value).__name__

    def _inside(self, value: object, depth: int) -> object:
        if is_dataclass(value) and not isinstance(value, type):
            value = {one.name: getattr(value, one.name) for one in fields(value)}
        if isinstance(value, Mapping):
            pairs = islice(value.items(), max(0, self._left))
            return {safe_text(str(key)): self.kept(item, depth + 1) for key, item in pairs}
        if isinstance(value, set | frozenset):
            value = sorted(value, key=str)
        if isinstance(value, list | tuple):
            return [self.kept(item, depth + 1) for item in islice(value, max(0, self._left))]
        return safe_text(str(value)[:_LONGEST])


def _number(value: object) -> object:
    """Return null, a truth or a number, as a text where it has no exact form."""
    if isinstance(value, float):
        return value if isfinite(value) else str(value)
    if not isinstance(value, int) or abs(value) <= _EXACT:
        return value
    return (str(value) if value.bit_length() <= _DECIMAL_BITS else f"{value:#x}")[:400]


def safe_call(name: object, args: object) -> ToolCall:
    """Return a tool call; arguments that are no mapping stand under the name `arguments`."""
    given = safe_value(args)
    kept = given if isinstance(given, dict) else {} if given is None else {"arguments": given}
    return ToolCall(name=safe_text(str(name))[:200], args=kept)


def safe_reply(text: str, calls: tuple[ToolCall, ...], *, reply_id: object, stopped: object) -> Reply:
    """Return a reply of parts that were parsed from outside."""
    return Reply(
        text=safe_text(text),
        tool_calls=calls,
        id=safe_text(reply_id)[:200] if isinstance(reply_id, str) else None,
        stopped=safe_text(stopped)[:100] if isinstance(stopped, str) else None,
    )


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that a target asks us to wait: `retry-after-ms`, or `Retry-After` as seconds or a date."""
    millis, seconds = headers.get("retry-after-ms"), headers.get("Retry-After")
    try:
        if millis is not None:
            return _bounded(float(millis) / 1000)
        return None if seconds is None else _bounded(float(seconds))
    except ValueError:
        return _until(seconds)


def _until(date: str | None) -> float | None:
    try:
        return _bounded((parsedate_to_datetime(date or "") - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None


def _bounded(seconds: float) -> float | None:
    return min(max(0.0, seconds), 3600.0) if isfinite(seconds) else None
