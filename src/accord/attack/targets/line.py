"""What a target is to the campaign: an endpoint opens one session a trial, and each request goes over a line."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from accord.core.case import Channel
from accord.core.contracts import Target
from accord.core.system import Tool
from accord.core.trial import Capability, Reply


class Answer(NamedTuple):
    """A reply that came, with its HTTP status where there is one, and the tokens it cost, where the target says so."""

    reply: Reply
    status: int | None = None
    tokens: int | None = None


class Failure(NamedTuple):
    """A request that brought no reply: what happened, and whether asking again can help.

    `retry_after` are the seconds that the target asks us to wait; `limited` says that it has too much to do, `late`
    that nothing came in the time that it had.
    """

    error: str
    status: int | None = None
    reply_id: str | None = None
    retry_after: float | None = None
    again: bool = True
    limited: bool = False
    late: bool = False


Send = Callable[[], Awaitable[Answer | Failure]]
"""Sends one request, once; whatever goes wrong on the way is a `Failure`, never an exception."""


class Line(Protocol):
    """Where requests are sent: within the budget, no faster than the target bears, each one recorded as a try."""

    async def send(self, request: Send, /, *, tokens: int = 0) -> Reply:
        """Send a request until it is answered, and return the reply; `tokens` is a guess of what it costs.

        Raises `TargetError` when it is never answered (`ACC-E650`) or when the budget is spent (`ACC-E651`).
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What a session begins with: the trial's id, its variables, and the tools that are offered to the model.

    `tools` are those of the manifest that the case is about; without a manifest they stand for the effects that the
    case needs, so that a bare model can be asked as if it were an agent.
    """

    trial: str
    vars: Mapping[str, str] = field(default_factory=dict)
    tools: tuple[Tool, ...] = ()


class Endpoint(Protocol):
    """A running copy of the system under attack; it opens one session for each trial.

    `capabilities` is what can be delivered or seen; of these, `simulated` channels are stood in for inside the
    request, as an application would have put it together. `stateless` says that the target keeps nothing of a
    session, so that a broken-off one goes on from its record. `shared` says that what is planted is seen by other
    sessions too, so that a trial that plants runs alone.
    """

    @property
    def name(self) -> str:
        """Return the address or name that reports show; never a credential."""

    @property
    def capabilities(self) -> frozenset[Capability]:
        """Return what can be delivered or seen."""

    @property
    def simulated(self) -> frozenset[Channel]:
        """Return the channels that are stood in for inside the request."""

    @property
    def stateless(self) -> bool:
        """Tell whether the target keeps nothing of a session."""

    @property
    def shared(self) -> bool:
        """Tell whether what one session plants is seen by others."""

    async def open(self) -> None:
        """Make ready, in the running loop; raises `TargetError` where it cannot."""

    async def close(self) -> None:
        """Let go of everything; never raises for a target that is gone."""

    def session(self, line: Line, opening: Opening) -> AbstractAsyncContextManager[Target]:
        """Open a session; leaving it takes back what was planted."""
