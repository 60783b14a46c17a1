"""What a server of tools tells: lists, greetings and outputs, with what must not reach the model taken out."""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from accord.core.case import Channel
from accord.core.guard import Decision, Outcome, Piece
from accord.core.system import Mode
from accord.guard.doors.jsonrpc import mapped, placed, protocol, texts
from accord.guard.doors.memory import MOST_TOOLS, Memory
from accord.guard.doors.orders import orders
from accord.guard.engine import Guard
from accord.guard.flow import Tool
from accord.guard.gateway.failing import decided
from accord.guard.gateway.judging import Judged

_GREETINGS: Final = frozenset({"initialize", "server/discover"})
_UNREAD: Final = ("image/", "audio/", "video/", "font/")
_TEXTUAL: Final = ("svg", "xml", "json", "text")


class Telling:
    """Looks at what the server says, for one session."""

    def __init__(self, guard: Callable[[], Guard], clock: Callable[[], datetime], memory: Memory) -> None:
        self._guard = guard
        self._clock = clock
        self._memory = memory

    def answered(self, method: str, said: Any, channel: Channel) -> tuple[Any, tuple[Judged, ...]]:
        """Return an answer as it may go on, and what was decided; without a change it is the same object."""
        listed = protocol()["lists"].get(method)
        if listed is not None and isinstance(said, dict) and isinstance(said.get(listed), list):
            kept, judged = self._listed(said[listed], listed)
            rest = {key: value for key, value in said.items() if key != listed}
            _, ruled = self.looked_at(rest, channel, f"mcp:{method}")
            same = len(kept) == len(said[listed]) and all(map(_same, kept, said[listed]))
            return said if same else {**said, listed: kept}, (*judged, ruled)
        if method in _GREETINGS and isinstance(said, dict) and "instructions" in said:
            _, ruled = self._entry(said["instructions"], "the greeting of the server")
            if ruled.decision.stops:
                said = {key: value for key, value in said.items() if key != "instructions"}
                changed, other = self.looked_at(said, channel, f"mcp:{method}")
                return changed, (ruled._replace(kind="list"), other)
        changed, ruled = self.looked_at(said, channel, f"mcp:{method}")
        return changed, (ruled,)

    def looked_at(self, said: Any, channel: Channel, where: str) -> tuple[Any, Judged]:
        """Return what is said with what is to be taken out taken out, and the decision on it."""
        guard = self._guard()
        pieces = [Piece(text=text, channel=channel, source=where, where=at) for at, text in _readable(said)]
        today = self._clock().date()
        made = decided(lambda: guard.admit(pieces, today=today), guard.policy)
        shown = next((piece.text for piece in pieces if piece.where == made.where), "")
        if made.outcome is Outcome.REDACT and made.enforced:
            said = mapped(said, lambda text: guard.redacted(text, guard.hits(text, channel, today=today)))
        return said, Judged("answer", made, shown)

    def _listed(self, entries: Sequence[Any], what: str) -> tuple[list[Any], tuple[Judged, ...]]:
        """Take entries out of a list whose text gives orders, or whose pin does not hold."""
        judged = []
        fit = []
        for entry in entries:
            name = entry.get("name") if isinstance(entry, dict) else None
            if not isinstance(entry, dict) or not isinstance(name, str):
                judged.append(Judged("list", self._said("ACC-E772", f"an entry of {what} has no name")))
                continue
            changed, ruled = self._entry(entry, f"{what}: {name[:80]}")
            if not ruled.decision.stops and what == "tools":
                ruled = Judged("list", self._offered(entry, name), name)
            if ruled.decision.stops and what == "tools":
                self._memory.bar(name, ruled.decision)
            judged.append(ruled._replace(kind="list"))
            if not ruled.decision.stops:
                fit.append(changed)
        if what == "tools":  # one name twice is barred at its second, and leaves twice
            fit = [entry for entry in fit if entry["name"] not in self._memory.barred]
        elif what == "resources":
            for entry in fit:
                self._memory.lists(str(entry.get("uri")))
        return fit, tuple(judged)

    def _entry(self, entry: Any, what: str) -> tuple[Any, Judged]:
        """Look at a text that only describes: besides the rules, it may give no orders."""
        changed, ruled = self.looked_at(entry, Channel.TOOL_DESCRIPTION, what)
        said = "" if ruled.decision.stops else next((found for text in texts(entry) if (found := orders(text))), "")
        if not said:
            return changed, ruled
        return entry, Judged("list", self._said("ACC-E774", f"{what} gives orders to the model: {said!r}"), said)

    def _offered(self, entry: Mapping[str, Any], name: str) -> Decision:
        """Decide on a tool whose description is plain: it has to be the pinned one, and the one from before."""
        schema = entry.get("inputSchema")
        tool = Tool(
            name=name,
            description=str(entry.get("description") or ""),
            schema=schema if isinstance(schema, dict) else {},
        )
        guard = self._guard()
        made = decided(lambda: guard.offered(tool), guard.policy, effect=True)
        if made.stops:
            return made
        if len(self._memory.tools) >= MOST_TOOLS and name not in self._memory.tools:
            return self._said("ACC-E779", f"the server offers more than {MOST_TOOLS} tools")
        if self._memory.changed(tool):
            return self._said("ACC-E775", f"{name[:80]} says something else of itself than before in this session")
        held = self._memory.barred.get(name)
        if held is not None and held.code != "ACC-E775":
            self._memory.free(name)
            held = None
        return held or made

    def _said(self, code: str, message: str) -> Decision:
        guard = self._guard()
        policy, rules = guard.digests
        enforced = guard.policy.mode is Mode.ENFORCE
        ident = secrets.token_hex(12)
        return Decision(
            id=ident, outcome=Outcome.BLOCK, code=code, message=message, enforced=enforced, policy=policy, rules=rules
        )


def one_text(said: Any) -> str:
    """Return everything that an answer tells, as one text."""
    return "\n".join(text for _, text in _readable(said))


def _readable(said: Any) -> Iterator[tuple[str, str]]:
    """Yield the texts of an answer with their places: pictures and sounds left out, packed texts unpacked.

    Texts of one list of contents are also read as one, for a model reads them so.
    """
    if isinstance(said, dict):
        content = said.get("content")
        many = content if isinstance(content, list) else []
        blocks = [one["text"] for one in many if isinstance(one, dict) and isinstance(one.get("text"), str)]
        if len(blocks) > 1:
            yield "content", "".join(blocks)
    yield from placed(_without_media(said))


def _without_media(value: Any) -> Any:
    """Return what a model reads of an answer: packed contents unpacked. Data for programs it reads as they stand."""
    if isinstance(value, list):
        return [_without_media(item) for item in value]
    if not isinstance(value, dict):
        return value
    kind = value.get("mimeType")
    packed = "data" if value.get("type") in ("image", "audio") else "blob"
    if isinstance(kind, str) and isinstance(value.get(packed), str):
        return {**value, packed: _unpacked(value[packed], kind.lower())}
    return {key: item if key == "structuredContent" else _without_media(item) for key, item in value.items()}


def _unpacked(data: str, kind: str) -> str:
    """Return what a model could read of packed data: nothing of a picture, a text unpacked, else as it is."""
    try:
        raw = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        return data
    if kind.startswith(_UNREAD) and not any(word in kind for word in _TEXTUAL):
        return ""
    return raw.decode("utf-8", "replace") if any(word in kind for word in _TEXTUAL) else data


def _same(one: object, other: object) -> bool:
    return one is other
