"""A streamed answer of responses: one run of events; what is repeated whole at the end is looked at once more."""

from __future__ import annotations

from typing import Any, Final

from accord.core.guard import Outcome
from accord.core.trial import ToolCall
from accord.guard.gateway.chat import walked
from accord.guard.gateway.chat_stream import spelled
from accord.guard.gateway.judging import Judge
from accord.guard.gateway.lanes import Entry, Lane
from accord.guard.gateway.reading import kind_of
from accord.guard.gateway.responses import CALLING, called
from accord.guard.gateway.sse import parsed, written
from accord.guard.gateway.wire import put, where_of
from accord.guard.gateway.words import Event

_ENDS: Final = frozenset({"response.completed", "response.incomplete", "response.failed"})
_ARGUMENTS: Final = ("response.function_call_arguments.", "response.custom_tool_call_input.")


class _Call:
    """A tool call whose events are held."""

    __slots__ = ("beside", "held", "raw")

    def __init__(self) -> None:
        self.held: list[Entry] = []
        self.raw = ""
        self.beside = ""


class ResponsesStream:
    """Takes the events of an upstream and gives those that may leave."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge
        self._lane = Lane(judge, "output")
        self._calls: dict[str, _Call] = {}
        self._response: dict[str, Any] = {}
        self._texts: list[str] = []
        self._number = 0
        self._out: list[bytes] = []
        self._left = False
        self.done = False
        self.called: list[ToolCall] = []

    def feed(self, event: Event) -> None:
        """Take one event."""
        if self.done:
            return
        if not event.data or event.data == b"[DONE]":
            self._out = [*self._out, *self._lane.ready(), event.raw]
            return
        said = parsed(event)
        kind = str(said.get("type") or event.name)
        self._number = max(self._number, said["sequence_number"] if type(said.get("sequence_number")) is int else 0)
        delta = said.get("delta")
        if kind.startswith(_ARGUMENTS):
            self._arguments(event, said)
        elif kind.startswith("response.output_item.") and isinstance(said.get("item"), dict):
            self._item(event, said, kind)
        elif isinstance(delta, str):
            self._delta(event, said, kind, delta)
        elif kind in _ENDS:
            self._lane.finish()
            if self._is_known(said):
                self._settled(event, said)
            self._left = True
        else:
            self._settled(event, said)

    def out(self) -> list[bytes]:
        """Return what may leave now."""
        out, self._out = [*self._out, *self._lane.ready()], []
        if self._lane.hit is not None and not self.done:
            out.append(self._closing())
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
    def id(self) -> object:
        """Return the name of the answer, by which a later request may go on from it."""
        return self._response.get("id")

    @property
    def held(self) -> bool:
        """Tell whether some text is held back."""
        return self._lane.held

    def _delta(self, event: Event, said: dict[str, Any], kind: str, delta: str) -> None:
        spoken = kind == "response.output_text.delta"

        def write(text: str) -> bytes:
            changed = {name: value for name, value in said.items() if name != "logprobs"}
            return written({**changed, "delta": text}, event.name)

        if spoken:
            self._texts.append(delta)
        raw = write(delta) if _tells_more(said, delta) else event.raw
        self._lane.text(kind, raw, delta, write)

    def _arguments(self, event: Event, said: dict[str, Any]) -> None:
        call = self._calls.setdefault(str(said.get("output_index")), _Call())
        if isinstance(said.get("delta"), str):
            call.raw += said["delta"]
        call.held.append(self._lane.hold(event.raw))

    def _item(self, event: Event, said: dict[str, Any], kind: str) -> None:
        item, index = said["item"], str(said.get("output_index"))
        if kind_of(item) not in CALLING:
            self._settled(event, said)
            return
        call = self._calls.setdefault(index, _Call())
        call.held.append(self._lane.hold(event.raw))
        call.beside += spelled({**item, "arguments": "", "input": "", "name": ""}) + "\n"
        if kind.endswith("done"):
            self._decide(call, item, index)

    def _decide(self, call: _Call, item: dict[str, Any], index: str) -> None:
        """Decide on a call, now that it is whole; its parts and its whole must say the same."""
        found = called(item, 0)
        if found is None:
            return
        told = item.get("arguments", item.get("input"))
        if call.raw and call.raw != told:
            found = found._replace(args=None)
        made = self._judge.beside(call.beside, f"output[{index}]")
        made = made or self._judge.call(found, self.called, f"output[{index}]")
        if made.stops or made.outcome is Outcome.REDACT:
            self._lane.drop(call.held, made)
        else:
            self.called.append(ToolCall(name=found.name, args=found.args or {}))
            self._lane.allow(call.held)
        self._calls.pop(index, None)

    def _is_known(self, said: dict[str, Any]) -> bool:
        """Tell whether each call that the end repeats was decided on; the answer is cut where one was not."""
        response = said.get("response")
        output = response.get("output") if isinstance(response, dict) else None
        for index, item in enumerate(output if isinstance(output, list) else ()):
            found = called(item, index) if isinstance(item, dict) else None
            if found is not None and ToolCall(name=found.name, args=found.args or {}) not in self.called:
                message = f"a call of {found.name[:80]!r} stands at the end of an answer only"
                made = self._judge.said(Outcome.BLOCK, "ACC-E761", message, where=f"output[{index}]")
                self._lane.drop([], self._judge.note(made, "call"))
                return False
        return True

    def _settled(self, event: Event, said: dict[str, Any]) -> None:
        """Look at an event whose texts are whole; what may not leave is taken out of it."""
        if isinstance(said.get("response"), dict):
            self._response = said["response"]
        changed = False
        everything = list(walked(said))
        if self._judge.release("\n".join(text for _, text in everything), "event").outcome is not Outcome.ALLOW:
            for path, text in everything:
                made = self._judge.release(text, where_of(path))
                if made.enforced and made.outcome not in {Outcome.ALLOW, Outcome.FLAG}:
                    put(said, path, self._judge.guard.redacted(text, made.hits))
                    changed = True
        self._lane.plain(written(said, event.name) if changed else event.raw)

    def _closing(self) -> bytes:
        text = self._judge_text()
        content = [{"type": "output_text", "text": text, "annotations": []}]
        message = {"type": "message", "id": "msg_cut", "role": "assistant", "status": "incomplete", "content": content}
        response = {
            **self._response,
            "status": "incomplete",
            "incomplete_details": {"reason": "content_filter"},
            "output": [message] if text else [],
        }
        kind = "response.incomplete"
        return written({"type": kind, "sequence_number": self._number + 1, "response": response}, kind)

    def _judge_text(self) -> str:
        """Return what was said before the cut, without what may not leave."""
        text = "".join(self._texts)
        made = self._judge.guard.release(text)
        stops = [hit.start for hit in made.hits if hit.outcome.stops]
        before = text[: min(stops, default=0 if made.stops else len(text))]
        hits = [hit for hit in made.hits if hit.end <= len(before)]
        return self._judge.guard.redacted(before, hits) if hits else before


def _tells_more(said: dict[str, Any], delta: str) -> bool:
    """Tell whether a part of a text carries tokens that spell something else."""
    tokens = said.get("logprobs")
    listed = tokens if isinstance(tokens, list) else []
    return bool(listed) and spelled([one.get("token") for one in listed if isinstance(one, dict)]) != delta
