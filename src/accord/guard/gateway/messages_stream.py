"""A streamed answer of Anthropic messages: one run of blocks; a tool's block is held until it is whole."""

from __future__ import annotations

from typing import Any, Final

from accord.guard.gateway.judging import Judge
from accord.guard.gateway.lanes import Entry
from accord.guard.gateway.reading import kind_of, object_of, wrong
from accord.guard.gateway.single import Run, Single
from accord.guard.gateway.sse import written
from accord.guard.gateway.told import calls_in, is_medium, spelled, walked
from accord.guard.gateway.wire import read_arguments
from accord.guard.gateway.words import Called, Event

_TEXTS: Final = {"text_delta": "text", "thinking_delta": "thinking"}
_PLAIN: Final = frozenset({"type", "index", "delta", "content_block"})
_BLOCKS: Final = {"text": "text_delta", "thinking": "thinking_delta"}


def messages_stream(judge: Judge) -> Single:
    """Return what takes the events of an upstream and gives those that may leave."""
    return Single(judge, "content", _Messages)


class _Call:
    """A tool's block whose events are held; `beside` is what it says besides its name and its arguments."""

    __slots__ = ("beside", "block", "held", "raw")

    def __init__(self, block: dict[str, Any], first: Entry) -> None:
        self.block = block
        self.held = [first]
        self.raw = ""
        self.beside = spelled({**block, "name": "", "input": ""})


class _Messages:
    """One block is open at a time; what belongs to no open block is no part of an answer."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._open: int | None = None
        self._call: _Call | None = None
        self._shown: int | None = None
        self._usage: dict[str, Any] = {"output_tokens": 0}
        self.id: object = None

    def take(self, event: Event, said: dict[str, Any]) -> bool:
        """Take one event; tell whether it was the last one."""
        kind = kind_of(said)
        if kind.startswith("content_block_"):
            self._run.beside({key: said[key] for key in said.keys() - _PLAIN})
        if kind == "content_block_start":
            self._start(event, said)
        elif kind in {"content_block_delta", "content_block_stop"}:
            if self._open is None or said.get("index", 0) != self._open:
                wrong("a part of the answer belongs to no open block", "ACC-E758")
            if kind == "content_block_delta":
                self._delta(event, said)
            else:
                self._stop(event)
        elif kind in {"message_delta", "message_stop"}:
            self._run.lane.finish()
            usage = said.get("usage")
            if isinstance(usage, dict):
                self._run.judge.usage = usage
                self._usage |= {key: value for key, value in usage.items() if type(value) is int}
            self._whole(event, said)
        else:
            self._whole(event, said)
        return kind == "message_stop"

    def closing(self) -> list[bytes]:
        """Return the events that end an answer which was cut."""
        out = []
        if self._open is not None and self._open == self._shown:
            out.append(written({"type": "content_block_stop", "index": self._open}, "content_block_stop"))
        delta = {"stop_reason": "refusal", "stop_sequence": None}
        out.append(written({"type": "message_delta", "delta": delta, "usage": self._usage}, "message_delta"))
        out.append(written({"type": "message_stop"}, "message_stop"))
        return out

    def _whole(self, event: Event, said: dict[str, Any]) -> None:
        """Look at an event that holds no part of a text."""
        where = f"event {event.name[:40]}"
        if calls_in(said):
            self._run.cut("a tool call stands where this form has none", where)
        made = self._run.judge.beside("\n".join(text for _, text in walked(said)), where)
        if made is not None:
            self._run.lane.drop([], made)
            return
        self._run.lane.plain(event.raw)

    def _start(self, event: Event, said: dict[str, Any]) -> None:
        block, index = object_of(said.get("content_block"), "content_block"), said.get("index", 0)
        if self._open is not None or type(index) is not int:
            wrong("a block of the answer begins inside of another one", "ACC-E758")
        self._open = index
        if block.get("type") == "tool_use":
            self._call = _Call(block, self._run.lane.hold(event.raw))
            return
        self._shown = self._open
        kind = kind_of(block)
        self._run.known(kind)
        text = spelled({key: value for key, value in block.items() if key != "type" and not is_medium(block, (), key)})
        if not text:
            self._run.lane.plain(event.raw)
            return
        empty = written({**said, "content_block": {"type": "text", "text": ""}}, event.name)
        self._run.lane.undivided(_BLOCKS.get(kind, "start"), event.raw, text, empty)

    def _delta(self, event: Event, said: dict[str, Any]) -> None:
        delta = object_of(said.get("delta"), "delta")
        kind = kind_of(delta)
        if self._call is not None:
            part = delta.get("partial_json")
            self._call.raw += part if isinstance(part, str) else ""
            self._call.beside += spelled({**delta, "type": "", "partial_json": ""})
            self._call.held.append(self._run.lane.hold(event.raw))
            return
        key = _TEXTS.get(kind, "")
        text = delta.get(key)
        if isinstance(text, str) and delta.keys() == {"type", key}:
            self._run.text(event, said, kind, ("delta", key))
            return
        self._run.known(kind)
        self._run.lane.undivided(kind, event.raw, spelled({**delta, "type": ""}), b":\n\n")

    def _stop(self, event: Event) -> None:
        call, where = self._call, f"content[{self._open}]"
        self._open = self._call = None
        if call is None:
            self._run.lane.plain(event.raw)
            return
        call.held.append(self._run.lane.hold(event.raw))
        name, given = str(call.block.get("name", "")), call.block.get("input")
        args = read_arguments(call.raw) if call.raw else given if isinstance(given, dict) else None
        if call.raw and given and given != args:
            args = None  # two readers could take either
        self._run.decide(Called((), 0, name, args), call.held, call.beside, where)
