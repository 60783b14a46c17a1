"""A streamed answer of responses: one run of events; what is repeated whole at the end is looked at once more."""

from __future__ import annotations

from typing import Any, Final

from accord.core.guard import Outcome
from accord.guard.gateway.judging import Judge, did_by
from accord.guard.gateway.lanes import Entry
from accord.guard.gateway.reading import text_in, wrong
from accord.guard.gateway.responses import ECHOES, called, is_call
from accord.guard.gateway.single import Run, Single
from accord.guard.gateway.sse import written
from accord.guard.gateway.told import calls_in, spelled, spoken, unspoken, walked
from accord.guard.gateway.whole import instead_of
from accord.guard.gateway.wire import Path, put, where_of
from accord.guard.gateway.words import Called, Event

_ENDS: Final = frozenset({"response.completed", "response.incomplete", "response.failed"})
_ARGUMENTS: Final = ("response.function_call_arguments.", "response.custom_tool_call_input.")
_WORDS: Final = frozenset({"text", "refusal"})
_RAW: Final = ("arguments", "input")
_NUMBERS: Final = ("sequence_number", "output_index", "content_index", "summary_index")
_TELLING: Final = 8  # letters of the shortest name that can tell what may not leave
_NAMES: Final = ("item_id", "obfuscation")
_PLAIN: Final = frozenset({"type", "delta", *_NUMBERS, *_NAMES})


def responses_stream(judge: Judge) -> Single:
    """Return what takes the events of an upstream and gives those that may leave."""
    return Single(judge, "output", _Responses)


class _Call:
    """A tool call whose events are held: what its parts say, and each whole that it was given."""

    __slots__ = ("beside", "held", "named", "raw", "whole")

    def __init__(self) -> None:
        self.held: list[Entry] = []
        self.raw = ""
        self.beside = ""
        self.named: set[object] = set()
        self.whole: set[object] = set()

    @property
    def agrees(self) -> bool:
        """Tell whether all events of the call say the same of it."""
        told = {*self.whole, self.raw} - {"", None}
        return len(self.named - {None}) <= 1 and len(told) <= 1


class _Responses:
    """Items may come beside each other; texts of the same kind may not."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._calls: dict[str, _Call] = {}
        self._response: dict[str, Any] = {}
        self._texts: list[str] = []
        self._names: tuple[object, ...] = ()
        self._number = 0

    @property
    def id(self) -> object:
        """Return the name of the answer."""
        return self._response.get("id")

    def take(self, event: Event, said: dict[str, Any]) -> bool:
        """Take one event; tell whether it was the last one."""
        kind = str(said.get("type") or event.name)
        self._number = max(self._number, said["sequence_number"] if type(said.get("sequence_number")) is int else 0)
        self._steered(said)
        item = said.get("item")
        if kind.startswith("response.output_item.") and is_call(item):
            self._item(event, said, last=kind.endswith("done"))
        elif kind.startswith(_ARGUMENTS) or ("output_index" in said and str(said["output_index"]) in self._calls):
            self._part(event, said)
        elif isinstance(said.get("delta"), str):
            self._delta(event, said, kind)
        else:
            if kind in _ENDS:
                self._ended()
            self._settled(event, said)
        return kind in _ENDS

    def _steered(self, said: dict[str, Any]) -> None:
        """Look at what steers an event: numbers are numbers, and a name is looked at when it is another one."""
        if any(said.get(key) is not None and type(said[key]) is not int for key in _NUMBERS):
            wrong("an event of the answer has no number where one stands", "ACC-E758")
        names = tuple(one for one in map(said.get, _NAMES) if not isinstance(one, str) or len(one) >= _TELLING)
        if names != self._names:
            self._names = names
            if self._run.judge.beside(spelled([*names]), "event") is not None:
                wrong("an event of the answer has a name that may not leave", "ACC-E758")

    def _ended(self) -> None:
        """Decide on what was open when the answer ended: a call that never was whole is one that nobody can read."""
        self._run.lane.finish()
        for index, call in self._calls.items():
            self._run.decide(Called((), 0, str(next(iter(call.named), "")), None), call.held, "", f"output[{index}]")
        self._calls.clear()

    def closing(self) -> list[bytes]:
        """Return the event that ends an answer which was cut: with what was said so far and may leave."""
        text = self._so_far()
        content = [{"type": "output_text", "text": text, "annotations": []}]
        message = {"type": "message", "id": "msg_cut", "role": "assistant", "status": "incomplete", "content": content}
        response = {
            **self._response,
            "status": "incomplete",
            "incomplete_details": {"reason": "content_filter"},
            "output": [message] if text else [],
        }
        kind = "response.incomplete"
        return [written({"type": kind, "sequence_number": self._number + 1, "response": response}, kind)]

    def _delta(self, event: Event, said: dict[str, Any], kind: str) -> None:
        """Take a part of a text; tokens beside it that spell something else are left out."""
        self._run.in_order(kind, said.get("output_index"))
        if kind == "response.output_text.delta":
            self._texts.append(said["delta"])
        told = {name: value for name, value in said.items() if name != "logprobs"}
        self._run.beside({key: told[key] for key in told.keys() - _PLAIN})
        if said.get("logprobs") and self._run.judge.enforces and not self._is_faithful(said):
            event = event._replace(raw=written(told, event.name))
        self._run.text(event, told, kind, ("delta", None))

    def _is_faithful(self, said: dict[str, Any]) -> bool:
        """Tell whether tokens spell the text that they stand beside, and nothing else that may not leave."""
        logprobs = said["logprobs"]
        return spoken(logprobs) == said["delta"] and self._run.judge.beside(unspoken(logprobs), "logprobs") is None

    def _part(self, event: Event, said: dict[str, Any]) -> None:
        """Hold an event that belongs to a call."""
        call = self._calls.setdefault(str(said.get("output_index")), _Call())
        delta = said.get("delta")
        call.raw += delta if isinstance(delta, str) else ""
        call.whole |= {said.get(key) for key in _RAW if isinstance(said.get(key), str)}
        call.beside += spelled({key: said[key] for key in said.keys() - _PLAIN - set(_RAW)})
        call.held.append(self._run.lane.hold(event.raw))

    def _item(self, event: Event, said: dict[str, Any], *, last: bool) -> None:
        """Hold a call as it begins, and decide on it when it is whole: its parts and its whole must say the same."""
        item, index = said["item"], str(said.get("output_index"))
        call = self._calls.setdefault(index, _Call())
        call.held.append(self._run.lane.hold(event.raw))
        around = {key: said[key] for key in said.keys() - _PLAIN - {"item"}}
        call.beside += spelled([{**item, "arguments": "", "input": "", "name": ""}, around]) + "\n"
        call.named.add(text_in(item, "name", "item") or None)
        call.whole |= {item.get(key) for key in _RAW if isinstance(item.get(key), str)}
        found = called(item, 0) if last else None
        if found is not None:
            found = found if call.agrees else found._replace(args=None)
            self._run.decide(found, call.held, call.beside, f"output[{index}]")
            self._calls.pop(index, None)

    def _is_known(self, said: dict[str, Any]) -> bool:
        """Tell whether each call that an event repeats was decided on; the answer is cut where one was not."""
        response = said.get("response")
        output = response.get("output") if isinstance(response, dict) else None
        known = 0
        for index, item in enumerate(output if isinstance(output, list) else ()):
            found = called(item, index) if isinstance(item, dict) else None
            if found is not None and did_by(found) not in self._run.called:
                message = f"a call of {found.name[:80]!r} stands in the whole of an answer only"
                self._run.cut(message, f"output[{index}]")
                return not self._run.judge.enforces
            known += found is not None
        own = {
            key: value for key, value in (response if isinstance(response, dict) else {}).items() if key not in ECHOES
        }
        if calls_in([own, {key: value for key, value in said.items() if key != "response"}]) == known:
            return True
        self._run.cut("a tool call stands where this form has none", "event")
        return not self._run.judge.enforces

    def _settled(self, event: Event, said: dict[str, Any]) -> None:
        """Look at an event whose texts are whole; what may not leave is taken out of it."""
        if not self._is_known(said):
            return
        judge = self._run.judge
        if isinstance(said.get("response"), dict):
            self._response = said["response"]
            judge.usage = self._response.get("usage") or judge.usage
        everything = walked(said)
        made = judge.release("\n".join(text for _, text in everything), "event", shown=True)
        made = made if made.outcome is not Outcome.ALLOW else judge.release(_words(everything), "event", shown=True)
        changed = made.outcome is not Outcome.ALLOW and self._is_changed(said, everything)
        if made.withholds and not changed:  # only all of it together tells what may not leave
            self._run.lane.drop([], made)
            return
        self._run.lane.plain(written(said, event.name) if changed else event.raw)

    def _is_changed(self, said: dict[str, Any], everything: list[tuple[Path, str]]) -> bool:
        """Take out of an event what may not leave; tell whether there was any."""
        judge, changed = self._run.judge, False
        for path, text in everything:
            made = judge.release(text, where_of(path), shown=_is_shown(path))
            if made.withholds:
                put(said, path, instead_of(path, judge.guard.redacted(text, made.hits)))
                changed = True
        return changed

    def _so_far(self) -> str:
        """Return what was said before the cut, without what may not leave."""
        guard, text = self._run.judge.guard, "".join(self._texts)
        made = guard.release(text)
        stops = [hit.start for hit in made.hits if hit.outcome.stops]
        before = text[: min(stops, default=0 if made.stops else len(text))]
        hits = [hit for hit in made.hits if hit.end <= len(before)]
        return guard.redacted(before, hits) if hits else before


def _is_shown(path: Path) -> bool:
    """Tell whether a text of an event is shown to people: what is repeated of the request is not."""
    return "annotations" not in path and (path[:1] != ("response",) or path[1:2] == ("output",))


def _words(everything: list[tuple[Path, str]]) -> str:
    """Return the words of an event as a reader joins them."""
    return "".join(text for path, text in everything if path[-1] in _WORDS)
