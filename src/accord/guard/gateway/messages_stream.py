"""A streamed answer of Anthropic messages: one run of blocks; a tool's block is held until it is whole."""

from __future__ import annotations

from typing import Any, Final

from accord.core.guard import Outcome
from accord.core.trial import ToolCall
from accord.guard.gateway.chat_stream import spelled
from accord.guard.gateway.judging import Judge
from accord.guard.gateway.lanes import Entry, Lane
from accord.guard.gateway.reading import joined, object_of
from accord.guard.gateway.sse import parsed, written
from accord.guard.gateway.wire import read_arguments
from accord.guard.gateway.words import Called, Event

_TEXTS: Final = {"text_delta": "text", "thinking_delta": "thinking"}


class MessagesStream:
    """Takes the events of an upstream and gives those that may leave."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self._lane = Lane(judge, "content")
        self._open: int | None = None
        self._shown: int | None = None
        self._call: dict[str, Any] | None = None
        self._raw_args = ""
        self._held: list[Entry] = []
        self._usage: dict[str, Any] = {"output_tokens": 0}
        self._out: list[bytes] = []
        self._left = False
        self.done = False
        self.called: list[ToolCall] = []

    def feed(self, event: Event) -> None:
        """Take one event."""
        if self.done:
            return
        if not event.data or event.name == "ping":
            ping = event.raw if not event.data else written({"type": "ping"}, "ping")
            self._out = [*self._out, *self._lane.ready(), ping]
            return
        said = parsed(event)
        match said.get("type"):
            case "content_block_start":
                self._start(event, said)
            case "content_block_delta":
                self._delta(event, said)
            case "content_block_stop":
                self._stop(event)
            case "message_delta":
                self._lane.finish()
                self._usage = said.get("usage") or self._usage
                self._whole(event, said)
            case "message_stop":
                self._lane.finish()
                self._lane.plain(event.raw)
                self._left = True
            case _:
                self._whole(event, said)

    def out(self) -> list[bytes]:
        """Return what may leave now."""
        out, self._out = [*self._out, *self._lane.ready()], []
        if self._lane.hit is not None and not self.done:
            out += self._closing()
            self.done = True
        self.done = self.done or self._left
        return out

    def broken(self) -> None:
        """Take the upstream's end before it said that it was done."""
        self._lane.finish()

    def flush(self) -> None:
        """Let go what may leave after a silence."""
        self._lane.flush()

    @property
    def held(self) -> bool:
        """Tell whether some text is held back."""
        return self._lane.held

    def _whole(self, event: Event, said: dict[str, Any]) -> None:
        """Look at an event that holds no part of a text."""
        made = self._judge.release(joined(said), f"event {event.name[:40]}")
        if made.enforced and made.outcome not in {Outcome.ALLOW, Outcome.FLAG}:
            self._lane.drop([], made)
            return
        self._lane.plain(event.raw)

    def _start(self, event: Event, said: dict[str, Any]) -> None:
        block = object_of(said.get("content_block"), "content_block")
        self._open = said.get("index", 0)
        if block.get("type") == "tool_use":
            self._call, self._raw_args = block, ""
            self._held = [self._lane.hold(event.raw)]
            return
        self._shown = self._open
        text = spelled({key: value for key, value in block.items() if key != "type"})
        if not text:
            self._lane.plain(event.raw)
            return
        empty = written({**said, "content_block": {"type": "text", "text": ""}}, event.name)
        self._lane.text("start", event.raw, text, lambda _: empty)

    def _delta(self, event: Event, said: dict[str, Any]) -> None:
        delta = object_of(said.get("delta"), "delta")
        kind = delta.get("type")
        if self._call is not None:
            part = delta.get("partial_json")
            self._raw_args += part if isinstance(part, str) else ""
            self._held.append(self._lane.hold(event.raw))
            return
        key = _TEXTS.get(str(kind))
        text = delta.get(key) if key else None
        if key and isinstance(text, str):
            self._lane.text(
                str(kind), event.raw, text, lambda new: written({**said, "delta": {**delta, key: new}}, event.name)
            )
        elif kind == "signature_delta":
            self._lane.plain(event.raw)
        else:
            self._lane.text(f"{kind}", event.raw, spelled({**delta, "type": ""}), lambda _: b":\n\n")

    def _stop(self, event: Event) -> None:
        if self._call is None:
            self._lane.plain(event.raw)
            self._open = None
            return
        self._held.append(self._lane.hold(event.raw))
        name, given = str(self._call.get("name", "")), self._call.get("input")
        args = read_arguments(self._raw_args) if self._raw_args else given if isinstance(given, dict) else None
        where = f"content[{self._open}]"
        made = self._judge.beside(spelled({**self._call, "name": "", "input": ""}), where)
        made = made or self._judge.call(Called((), 0, name, args), self.called, where)
        if made.stops or made.outcome is Outcome.REDACT:
            self._lane.drop(self._held, made)
        else:
            self.called.append(ToolCall(name=name, args=args or {}))
            self._lane.allow(self._held)
        self._call, self._held, self._open = None, [], None

    def _closing(self) -> list[bytes]:
        out = []
        if self._open is not None and self._open == self._shown:
            stop = {"type": "content_block_stop", "index": self._open}
            out.append(written(stop, "content_block_stop"))
        delta = {"stop_reason": "refusal", "stop_sequence": None}
        out.append(written({"type": "message_delta", "delta": delta, "usage": self._usage}, "message_delta"))
        out.append(written({"type": "message_stop"}, "message_stop"))
        return out
