"""Deliveries to a bare model: what an application would have put into the request is put there by us."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from accord.core.case import Channel
from accord.core.system import Tool
from accord.core.trial import Delivery, ToolCall

_ODD: Final = re.compile(r"[^A-Za-z0-9_-]+")
_MEMORY: Final = "What you remember from earlier sessions:"

Item = dict[str, Any]


@dataclass(slots=True)
class Dialogue:
    """A conversation as a chat model sees it: messages so far, what was planted since, and the tools on offer."""

    tools: tuple[Tool, ...] = ()
    messages: list[Item] = field(default_factory=list)
    _documents: list[Delivery] = field(default_factory=list)
    _outputs: list[Delivery] = field(default_factory=list)
    _described: dict[str, str] = field(default_factory=dict)
    _calls: int = 0

    def plant(self, delivery: Delivery) -> None:
        """Take a delivery in: a document waits for the next question, a system message is replaced at once."""
        match delivery.channel:
            case Channel.SYSTEM:
                self._system(delivery.text, replace=True)
            case Channel.MEMORY:
                self._system(f"{_MEMORY}\n- {delivery.text}", replace=False)
            case Channel.TOOL_DESCRIPTION:
                self._described[tool_name(delivery.name)] = delivery.text
            case Channel.TOOL_OUTPUT:
                self._outputs.append(delivery)
            case _:
                self._documents.append(delivery)

    def ask(self, text: str) -> None:
        """Add a question, with the documents before it and the outputs of tools after it."""
        context = "".join(f"{_document(one)}\n\n" for one in self._documents)
        self.messages.append({"role": "user", "content": context + text})
        if self._outputs:
            calls = [ToolCall(name=tool_name(one.name), args={}) for one in self._outputs]
            self.called("", calls, [one.text for one in self._outputs])
        self._documents.clear()
        self._outputs.clear()

    def answered(self, text: str) -> None:
        """Add what the model said."""
        self.messages.append({"role": "assistant", "content": text})

    def called(self, text: str, calls: Iterable[ToolCall], outputs: Iterable[str]) -> None:
        """Add tools that the model called, and what came back."""
        asked, told = [], []
        for call, output in zip(calls, outputs, strict=False):
            self._calls += 1
            id_ = f"call_{self._calls}"
            arguments = json.dumps(dict(call.args), ensure_ascii=False)
            function = {"name": tool_name(call.name), "arguments": arguments}
            asked.append({"id": id_, "type": "function", "function": function})
            told.append({"role": "tool", "tool_call_id": id_, "content": output})
        self.messages.append({"role": "assistant", "content": text or None, "tool_calls": asked})
        self.messages.extend(told)

    def offers(self) -> list[Item]:
        """Return the tools on offer in the form of chat completions: declared, described by a delivery, or used."""
        known = {tool_name(tool.id): tool for tool in self.tools}
        used = dict.fromkeys(self._used())
        names = dict.fromkeys((*known, *self._described, *used))
        return [_offer(name, self._described.get(name), known.get(name)) for name in names]

    def _used(self) -> Iterator[str]:
        for message in self.messages:
            for call in message.get("tool_calls") or ():
                yield call["function"]["name"]

    def _system(self, text: str, *, replace: bool) -> None:
        first = self.messages[0] if self.messages else None
        if first is None or first["role"] != "system":
            self.messages.insert(0, {"role": "system", "content": text})
        else:
            first["content"] = text if replace else f"{first['content']}\n\n{text}"


def tool_name(name: str | None) -> str:
    """Return a name that chat models accept for a function."""
    return _ODD.sub("_", name or "")[:64].strip("_") or "lookup"


def _document(delivery: Delivery) -> str:
    what = "Attached file" if delivery.channel == Channel.FILE else "Document"
    name = f" {delivery.name}" if delivery.name else ""
    return f"{what}{name}:\n{delivery.text}"


def _offer(name: str, described: str | None, tool: Tool | None) -> Item:
    texts = {own: {"type": "string"} for own in tool.args.values()} if tool else {}
    description = described or (tool.description if tool else None) or name.replace("_", " ")
    parameters = {"type": "object", "properties": texts or {"input": {"type": "string"}}}
    return {"type": "function", "function": {"name": name, "description": description, "parameters": parameters}}
