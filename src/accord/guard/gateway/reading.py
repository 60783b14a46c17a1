"""What every form does when it reads a request: gather the texts, rebuild the conversation, refuse the unreadable."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final, NoReturn

import orjson

from accord.content.tables import table_of
from accord.core.case import Channel
from accord.core.guard import GuardPolicy, Piece
from accord.core.system import Mode
from accord.core.trial import Message, ToolCall
from accord.guard.flow import Tool
from accord.guard.gateway.wire import RefusedError, read_arguments
from accord.guard.gateway.words import UNSEEN, Asked, Before

_WORD: Final = re.compile(r"[$A-Za-z_][A-Za-z_.-]{0,39}")
_TEXTUAL: Final = ("text/", "application/json", "application/xml", "application/yaml")


@cache
def known_keys(form: str) -> frozenset[str]:
    """Return the keys that a form's request knows."""
    return frozenset(table_of("guard/forms.yaml")["request"][form])


@cache
def quiet_keys() -> frozenset[str]:
    """Return the keys whose texts never reach the model as words."""
    return frozenset(key for keys in table_of("guard/forms.yaml")["quiet"] for key in keys)


@cache
def hosted_items(kind: str) -> frozenset[str]:
    """Return the types of items that tools at the provider leave: their `calls` or their `results`."""
    return frozenset(table_of("guard/forms.yaml")["hosted"][kind])


@cache
def acts() -> Mapping[str, str]:
    """Return the types of items by which a model has the caller act, each with the name of the tool that acts."""
    table: Mapping[str, str] = table_of("guard/forms.yaml")["acts"]
    return table


class Reading:
    """What has been gathered from one request so far, behind what stands before it."""

    __slots__ = ("_calls", "_policy", "_start", "_waiting", "goes_on", "messages", "pieces", "tools")

    def __init__(self, policy: GuardPolicy, before: Before | None = None) -> None:
        self._policy = policy
        self._calls: dict[str, ToolCall] = {}
        self._start = len(before.conversation) if before is not None else 0
        self._waiting = dict(before.calls) if before is not None else {}
        self.goes_on = before is not None
        self.pieces: list[Piece] = []
        self.messages: list[Message] = list(before.conversation) if before is not None else []
        self.tools: list[Tool] = []

    def text(self, text: str, channel: Channel, source: str, where: str) -> None:
        """Note one text."""
        if text:
            self.pieces.append(Piece(text=text, channel=channel, source=source, where=where))

    def said(self, role: str, content: str, channel: Channel | None = None) -> None:
        """Note what somebody said."""
        self.messages.append(Message(role=role, content=content, channel=channel))

    def call(self, id_: str, name: str, args: Mapping[str, Any]) -> None:
        """Note a call that the model has made; its result may follow. A name that is no plain name is a text."""
        if name and not name.replace("_", "").replace("-", "").isalnum():
            self.text(name, Channel.MEMORY, "assistant", "tool_calls")
        self._flush(id_)
        self._waiting.pop(id_, None)
        self._calls[id_] = ToolCall(name=name, args=args)

    def result(self, id_: str, text: str, where: str, name: str = "", channel: Channel = Channel.TOOL_OUTPUT) -> None:
        """Note what a tool returned, right behind its one call."""
        call = self._calls.pop(id_, None) or self._waiting.pop(id_, None) or ToolCall(name=name or "unknown")
        self.text(text, channel, f"tool:{call.name}", where)
        self.messages.append(Message(role="assistant", tool_calls=(call,)))
        self.messages.append(Message(role="tool", content=text, name=call.name, channel=channel))

    def tool_name(self, id_: str) -> str:
        """Return the name of the tool that a call was for."""
        call = self._calls.get(id_)
        return call.name if call else ""

    def taint(self) -> None:
        """Note that something stands here that nobody has seen: everything behind it may be its doing."""
        self.messages.append(Message(role="assistant", tool_calls=(ToolCall(name=UNSEEN),)))
        self.messages.append(Message(role="tool", name=UNSEEN, channel=Channel.MEMORY))

    def opaque(self, kind: str, where: str, said: str) -> None:
        """Let content by that nobody here can read where the policy lists its kind, and refuse it elsewhere."""
        if kind not in self._policy.opaque and self._policy.mode is Mode.ENFORCE:
            raise RefusedError(
                f"{where} holds {said}, which nobody here can look at", code="ACC-E752", status=403, where=where
            )
        self.taint()

    def hosted(self, name: str, where: str) -> None:
        """Let a tool by that runs at the provider where the policy lists it, and refuse it elsewhere."""
        listed = {tool.name for tool in self._policy.tools}
        if name not in listed and "hosted" not in self._policy.opaque and self._policy.mode is Mode.ENFORCE:
            message = f"{where} is {name!r}, a tool that runs where nobody here can stop it"
            raise RefusedError(message, code="ACC-E765", status=403, where=where)
        self.taint()

    def rest(self, body: Mapping[str, Any], form: str, own: frozenset[str]) -> None:
        """Note the texts under keys that are not `own`, whether the form knows them or not; they pass, looked at."""
        for key in (*unknown(body, known_keys(form), ""), *(known_keys(form) & body.keys() - own - quiet_keys())):
            channel = Channel.RETRIEVAL if "document" in key else Channel.USER
            self.every({key: body[key]}, channel, f"field:{key[:40]}", "")

    def every(self, value: object, channel: Channel, source: str, where: str) -> None:
        """Note each text in a value that has no form of its own."""
        for text, place in strings(value, where):
            self.text(text, channel, source, place)

    def data(self, url: str, where: str, kind: str) -> None:
        """Look at content by its address: texts in `data:` are read, images there taint, the rest is opaque."""
        media, _, payload = url.removeprefix("data:").partition(",")
        if not url.startswith("data:"):
            self.text(url, Channel.USER, "user", where)
            self.opaque(kind, where, f"{kind} by address")
        elif media.startswith(_TEXTUAL):
            self.text(decoded(payload, media, where), Channel.FILE, "file", where)
        elif media.startswith("image/") and "svg" not in media:
            self.taint()
        else:
            self.opaque(kind, where, f"{kind} of type {media.partition(';')[0][:40]!r}")

    def asked(self, body: Mapping[str, Any], *, choices: int = 1) -> Asked:
        """Return everything gathered; calls without a result come last, those of an earlier answer first."""
        self._flush(None)
        self.messages[self._start : self._start] = [
            Message(role="assistant", tool_calls=(call,)) for call in self._waiting.values()
        ]
        return Asked(
            tuple(self.pieces),
            tuple(self.messages),
            tuple(self.tools),
            text_in(body, "model", ""),
            flag_in(body, "stream"),
            choices,
        )

    def _flush(self, id_: str | None) -> None:
        pending = [id_] if id_ in self._calls else [] if id_ is not None else list(self._calls)
        for one in pending:
            self.messages.append(Message(role="assistant", tool_calls=(self._calls.pop(one),)))


def unknown(body: Mapping[str, Any], names: frozenset[str], where: str) -> tuple[str, ...]:
    """Return the keys that a form does not know.

    Raises `RefusedError` for one that differs from a known name in letter case only: another reader may take it for it.
    """
    if body.keys() <= names:
        return ()
    extra = tuple(key for key in body if key not in names)
    for key in extra:
        if key.casefold() in names:
            wrong(f"the key {at(where, key)} differs from {key.casefold()!r} in case only", "ACC-E750")
    return extra


def strings(value: object, where: str, limit: int = 4_096) -> Iterator[tuple[str, str]]:
    """Yield each text in a value with its place, and the names of members that are more than a plain word."""
    left = [(value, where)]
    for _ in range(limit):
        if not left:
            return
        item, place = left.pop()
        if isinstance(item, str):
            yield item, place
        elif isinstance(item, dict):
            left += [(key, place) for key in item if _WORD.fullmatch(key) is None]
            left += [(inner, at(place, key)) for key, inner in item.items()]
        elif isinstance(item, list):
            left += [(inner, f"{place}[{index}]") for index, inner in enumerate(item)]
    if left:
        wrong(f"{where} holds more than {limit} values", "ACC-E751")


def joined(value: object) -> str:
    """Return all texts of a value, one a line."""
    return "\n".join(reversed([text for text, _ in strings(value, "")]))


def at(where: str, key: str) -> str:
    """Return the place of a member."""
    return f"{where}.{key[:40]}" if where else key[:40]


def wrong(message: str, code: str = "ACC-E753") -> NoReturn:
    """Refuse a body whose form is not known."""
    raise RefusedError(message, code=code)


def kind_of(body: Mapping[str, Any]) -> str:
    """Return the type that something says it is; what says none, or none in words, is of no known type."""
    return str(body.get("type"))[:60]


def text_of(value: object, where: str) -> str:
    """Return a text, or an empty one for null."""
    if value is None:
        return ""
    return value if isinstance(value, str) else wrong(f"{where} is no text")


def text_in(body: Mapping[str, Any], key: str, where: str) -> str:
    """Return a text by its key."""
    value = body.get(key)
    if value is None or isinstance(value, str):
        return value or ""
    wrong(f"{at(where, key)} is no text")


def flag_in(body: Mapping[str, Any], key: str) -> bool:
    """Return a flag by its key; absent and null are false."""
    value = body.get(key)
    if value is None or isinstance(value, bool):
        return bool(value)
    wrong(f"{key} is neither true nor false")


def list_in(body: Mapping[str, Any], key: str, where: str = "") -> Sequence[Any]:
    """Return a list by its key; absent and null are empty."""
    value = body.get(key)
    if value is None or isinstance(value, list):
        return value or ()
    wrong(f"{at(where, key)} is no list")


def object_of(value: object, where: str) -> dict[str, Any]:
    """Return an object, or refuse."""
    return value if isinstance(value, dict) else wrong(f"{where} is no object")


def arguments_of(text: str) -> Mapping[str, Any]:
    """Return the arguments of an earlier call; what is no object counts as one argument."""
    found = read_arguments(text)
    return {"arguments": text} if found is None else found


def decoded(payload: str, media: str, where: str) -> str:
    """Return the text of a `data:` address or of an attached text file."""
    from urllib.parse import unquote

    if "base64" not in media:
        return unquote(payload)
    try:
        return base64.b64decode(payload, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError) as error:
        raise RefusedError(f"{where} holds no text in base64", code="ACC-E752", status=403, where=where) from error


class Tools:
    """Reads what requests say of their tools; what was read once is remembered, since agents repeat it each time."""

    def __init__(self, most: int = 256) -> None:
        self._most = most
        self._read: dict[bytes, tuple[tuple[Piece, ...], tuple[Tool, ...]]] = {}

    def read(self, reading: Reading, tools: Sequence[Any], where: str, schema: str) -> None:
        """Note the functions a request declares; `schema` is the key of the arguments' schema."""
        key = orjson.dumps([where, schema, tools])
        known = self._read.get(key)
        if known is None:
            known = _tools(tools, where, schema)
            if len(self._read) >= self._most:
                self._read.pop(next(iter(self._read)))
            if len(key) < 1 << 16:
                self._read[key] = known
        reading.pieces.extend(known[0])
        reading.tools.extend(known[1])


def _tools(tools: Sequence[Any], where: str, schema: str) -> tuple[tuple[Piece, ...], tuple[Tool, ...]]:
    pieces, found = [], []
    for index, item in enumerate(tools):
        place = f"{where}[{index}]"
        tool = object_of(item, place)
        name = text_in(tool, "name", place)
        source = f"tool:{name[:80]}"
        about = {key: value for key, value in tool.items() if key not in {"type", "name", schema}}
        for value, inner in ((name, "name"), (joined(about), "description"), (joined(tool.get(schema)), schema)):
            if value:
                where_it_is = at(place, inner)
                pieces.append(Piece(text=value, channel=Channel.TOOL_DESCRIPTION, source=source, where=where_it_is))
        form = tool.get(schema)
        told = tool.get("description")
        described = told if isinstance(told, str) else ""
        found.append(Tool(name=name, description=described, schema=form if isinstance(form, dict) else {}))
    return tuple(pieces), tuple(found)
