"""Messages of JSON-RPC 2.0: read so that nobody can read them otherwise, walked through, and answered."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final

import orjson

from accord.content.tables import table_of
from accord.core.errors import AccordError
from accord.core.guard import Decision, Outcome
from accord.guard.gateway.wire import RefusedError, read_json

LARGEST: Final = 4 << 20
"""The largest message, in bytes."""

GUARDED: Final = -32001
"""The code of an error that the guard answers; JSON-RPC leaves -32000 to -32099 to servers."""

_LONGEST_ID: Final = 200
_MOST_TOGETHER: Final = 100

Object = dict[str, Any]


def parsed(data: bytes) -> Object | list[Object]:
    """Return a message, or a batch of them; raises `AccordError` for anything that two readers could read apart."""
    if len(data) > LARGEST:
        raise AccordError(f"a message of {len(data)} bytes is over {LARGEST}", code="ACC-E770")
    try:
        message = read_json(data)
    except RefusedError as error:
        deep = error.code == "ACC-E751"
        said = error.message.removeprefix("the body ")
        raise AccordError(f"a message {said}", code="ACC-E772" if deep else "ACC-E771") from error
    if isinstance(message, dict):
        return _checked(message)
    if not isinstance(message, list) or not 0 < len(message) <= _MOST_TOGETHER:
        raise AccordError(f"a message is no object, and no list of 1 to {_MOST_TOGETHER} of them", code="ACC-E772")
    return [_checked(one) for one in message]


def _checked(message: object) -> Object:
    if not isinstance(message, dict) or message.get("jsonrpc") != "2.0":
        raise AccordError("a message is no object of JSON-RPC 2.0", code="ACC-E772")
    for part in (message, message.get("params"), message.get("result")):
        keys = part if isinstance(part, dict) else ()
        blurred = [key for key in keys if key not in _names() and key.casefold() in _folded()]
        if blurred:
            raise AccordError(f"the member {blurred[0][:40]!r} differs from a known one in case only", code="ACC-E772")
    ident, method = message.get("id"), message.get("method")
    if "method" in message and (not isinstance(method, str) or "result" in message or "error" in message):
        raise AccordError("a message is a request and an answer at once", code="ACC-E772")
    known = type(ident) is int or (isinstance(ident, str) and len(ident) <= _LONGEST_ID)
    if not known and not (ident is None and ("id" not in message or "error" in message)):
        raise AccordError("the id of a message is neither a number nor a short text", code="ACC-E772")
    if "method" not in message and ("result" in message) == ("error" in message):
        raise AccordError("a message is neither a request nor an answer", code="ACC-E772")
    return message


def texts(value: object) -> Iterator[str]:
    """Yield every text in a message, names of members and numbers too."""
    for _, text in placed(value):
        yield text


def placed(value: object, where: str = "") -> Iterator[tuple[str, str]]:
    """Yield every text in a message with its place; names that the protocol itself uses are left out."""
    if isinstance(value, str):
        yield where, value
    elif isinstance(value, dict):
        for key, item in value.items():
            if key not in _names():
                yield where, key
            yield from placed(item, f"{where}.{key[:40]}" if where else key[:40])
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from placed(item, f"{where}[{index}]")
    elif type(value) in {int, float}:
        yield where, str(value)


def mapped(value: Any, change: Callable[[str], str]) -> Any:
    """Return a value with each text in it changed; names of members stay."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {key: mapped(item, change) for key, item in value.items()}
    return [mapped(item, change) for item in value] if isinstance(value, list) else value


def written(messages: Sequence[Object], *, joined: bool) -> bytes | None:
    """Return messages as they go out, on one line; None where there is none."""
    if not messages:
        return None
    return orjson.dumps(list(messages) if joined else messages[0])


def key_of(ident: object) -> str:
    """Return what an id is known by."""
    return f"{type(ident).__name__}:{ident}"


def blocked(ident: object, decision: Decision) -> Object:
    """Return the error that stands where something was stopped."""
    said = "a person has to approve this" if decision.outcome is Outcome.ASK else "the guard does not let this pass"
    data = {"type": "guard_blocked", "code": decision.code, "message": decision.message, "decision": decision.id}
    error = {"code": GUARDED, "message": f"{said}: {decision.message}", "data": data}
    return {"jsonrpc": "2.0", "id": ident, "error": error}


@cache
def protocol() -> Mapping[str, Any]:
    """Return the table of the protocol."""
    table: Mapping[str, Any] = table_of("guard/mcp.yaml")
    return table


@cache
def _names() -> frozenset[str]:
    return frozenset(name for line in protocol()["names"] for name in line)


@cache
def _folded() -> frozenset[str]:
    return frozenset(name.casefold() for name in _names())
