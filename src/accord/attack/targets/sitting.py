"""One trial inside an application: what it sees, and what it did."""

from __future__ import annotations

from accord.core.trial import Delivery, ToolCall


class Sitting:
    """One trial in an application: what is planted for it, and the tools that it called."""

    def __init__(self) -> None:
        """Begin with nothing planted and nothing called."""
        self._planted: list[Delivery] = []
        self._calls: list[ToolCall] = []

    def plant(self, delivery: Delivery) -> None:
        """Let this trial see a text; a later description of the same name takes the place of an earlier one."""
        if delivery.channel in {"tool-description", "system"}:
            same = (one for one in self._planted if (one.channel, one.name) == (delivery.channel, delivery.name))
            for old in tuple(same):
                self._planted.remove(old)
        self._planted.append(delivery)

    def planted(self, channel: str) -> tuple[Delivery, ...]:
        """Return what is planted in a channel, in order."""
        return tuple(one for one in self._planted if one.channel == channel)

    def record(self, call: ToolCall) -> None:
        """Note that a tool was called."""
        self._calls.append(call)

    def calls(self) -> tuple[ToolCall, ...]:
        """Return the tools called since this was asked last."""
        made, self._calls = tuple(self._calls), []
        return made
