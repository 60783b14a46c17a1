"""What an answer tells: every text in it with its place, the names of its members, what its tokens spell, its calls."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from typing import Any, Final

from accord.content.tables import table_of
from accord.guard.gateway.reading import acts
from accord.guard.gateway.wire import Named, Path
from accord.guard.gateway.words import Text

CALLING: Final = frozenset({"tool_calls", "function_call"})
"""Members of a chat answer that hold calls."""

_SHORTEST: Final = 128
_LARGE: Final = 10**14  # a number from which a canary or the number of a card may be
_BASE64: Final = re.compile("[A-Za-z0-9+/]+={0,2}")
_DATA: Final = re.compile("data:(?:image|audio|video)/[A-Za-z0-9.-]{1,40};base64,[A-Za-z0-9+/]+={0,2}")
_CALLS: Final = frozenset({"tool_use", "function_call", "custom_tool_call"})


@cache
def _table() -> Mapping[str, Any]:
    found: Mapping[str, Any] = table_of("guard/answers.yaml")
    return found


@cache
def _known() -> frozenset[str]:
    return frozenset(name for names in _table()["names"] for name in names)


@cache
def _media() -> frozenset[tuple[str, str]]:
    return frozenset((owner, name) for owner, names in _table()["media"].items() for name in names)


@cache
def kinds() -> frozenset[str]:
    """Return the types of parts and of their changes that answers are known to hold."""
    return frozenset(_table()["kinds"])


def told(value: object, path: Path = (), lane: int = -1, *, but: Collection[str] = ()) -> list[Text]:
    """Return each text in a part of an answer, and each name that no form knows; `but` are members read otherwise."""
    if isinstance(value, str):
        return [Text(path, value, lane)] if value else []
    kept = {key: one for key, one in value.items() if key not in but} if but and isinstance(value, dict) else value
    found = [Text(at, text, lane) for at, text in walked(kept, path)]
    if isinstance(kept, dict | list) and has_strange(kept):
        found += [Text(at, name, lane) for at, name in names(kept, path)]
    return found


def walked(value: object, path: Path = ()) -> list[tuple[Path, str]]:
    """Return every text in a value with its path, and numbers that are as long as what is kept secret."""
    found: list[tuple[Path, str]] = []
    _walk(value, path, found)
    return found


def _walk(value: object, path: Path, found: list[tuple[Path, str]]) -> None:
    if isinstance(value, str):
        if value:
            found.append((path, value))
    elif isinstance(value, dict):
        for key, inner in value.items():
            if inner is None or inner is True or inner is False:
                continue
            if key == "logprobs":
                found += [((*path, key), text) for text in (spoken(inner), unspoken(inner)) if text]
            elif not (type(inner) is str and len(inner) >= _SHORTEST and is_medium(value, path, key)):
                _walk(inner, (*path, key), found)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            _walk(inner, (*path, index), found)
    elif isinstance(value, int) and abs(value) >= _LARGE:
        found.append((path, str(value)))


def has_strange(value: Any) -> bool:
    """Tell at a glance whether any member has a name that no form knows."""
    if type(value) is dict:
        if not value.keys() <= _known():
            return True
        value = value.values()
    for inner in value:
        kind = type(inner)
        if (kind is dict or kind is list) and has_strange(inner):
            return True
    return False


def names(value: object, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Yield the names of members that no form knows: a reader may be shown them like any text."""
    if isinstance(value, dict):
        known = _known()
        for key, inner in value.items():
            if key not in known:
                yield (*path, Named(key)), key
            if isinstance(inner, dict | list):
                yield from names(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            if isinstance(inner, dict | list):
                yield from names(inner, (*path, index))


def spelled(value: object) -> str:
    """Return all texts of a value as one, so that what is split over several events is still met."""
    return "".join(text for _, text in walked(value))


def is_vector(value: object) -> bool:
    """Tell whether a value is numbers, plain or in base64; a short text is none."""
    if isinstance(value, list):
        return set(map(type, value)) <= {float, int}
    return isinstance(value, str) and len(value) >= _SHORTEST and _BASE64.fullmatch(value) is not None


def is_medium(owner: Mapping[str, Any], path: Path, key: str) -> bool:
    """Tell whether a member holds no words but packed bytes: where forms have such, and in base64."""
    above = next((step for step in reversed(path) if isinstance(step, str)), "")
    if not _media().isdisjoint({("any", key), (str(owner.get("type")), key), (above, key)}):
        value = owner[key]
        return is_vector(value) or (isinstance(value, str) and _DATA.fullmatch(value) is not None)
    return False


def spoken(logprobs: object) -> str:
    """Return what the tokens beside a text spell, alternatives apart."""
    return "".join(str(one.get("token", "")) if isinstance(one, dict) else str(one) for one in _tokens(logprobs))


def unspoken(logprobs: object) -> str:
    """Return what else stands beside a text with its tokens: alternatives, and what bytes spell; one a line."""
    beside = [one for one in _tokens(logprobs) if isinstance(one, dict)]
    same = _decoded([byte for one in beside for byte in _list(one.get("bytes"))])
    return "\n".join(dict.fromkeys((*_strewn(logprobs), same)))


def _tokens(logprobs: object) -> list[Any]:
    if isinstance(logprobs, dict):
        return [one for key in ("content", "refusal", "tokens") for one in _list(logprobs.get(key))]
    return _list(logprobs)


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _strewn(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _strewn(inner)
    elif isinstance(value, list):
        if value and type(value[0]) is int:
            yield _decoded(value)
        for inner in value:
            yield from _strewn(inner)


def _decoded(numbers: list[Any]) -> str:
    return bytes(one for one in numbers if type(one) is int and 0 <= one < 256).decode("utf-8", "replace")


def may_call(data: bytes) -> bool:
    """Tell at a glance whether JSON may hold a tool call: nothing else spells the names without an escape."""
    return b"\\u" in data or any(name in data for name in _call_names())


@cache
def _call_names() -> tuple[bytes, ...]:
    return tuple(name.encode() for name in (*CALLING, *_CALLS, *acts()))


def calls_in(value: object) -> int:
    """Count what reads like a tool call, wherever it stands in an answer: what stands in a call is its own."""
    if isinstance(value, list):
        return sum(calls_in(one) for one in value if isinstance(one, dict | list))
    if not isinstance(value, dict):
        return 0
    if (kind := value.get("type")) and isinstance(kind, str) and (kind in _CALLS or kind in acts()):
        return 1
    count = 0
    for key, inner in value.items():
        if key in CALLING:
            count += len(inner) if isinstance(inner, list) else isinstance(inner, dict)
        elif isinstance(inner, dict | list):
            count += calls_in(inner)
    return count
