"""What the parts of the gateway say to each other, and what it asks of the engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from accord.core.canon import Digest
from accord.core.guard import Decision, GuardLimits, GuardPolicy, Hit, Piece, Ruling
from accord.core.trial import Message, ToolCall
from accord.guard.flow import Tool
from accord.guard.flow.answers import Links
from accord.guard.gateway.wire import Path

UNSEEN = "unseen"
"""Name of the tool that stands in a conversation for whatever nobody here has seen."""


class AsideError(Exception):
    """What was asked takes longer than others may wait for it: it has to be asked again in a thread of its own."""


class Passed(Protocol):
    """What a stream lets go: the text that may leave, and what was met."""

    @property
    def text(self) -> str:
        """Return the text that may leave now."""

    @property
    def hit(self) -> Hit | None:
        """Return what was met, where anything was."""


class Watched(Protocol):
    """A text that leaves in parts; `held` counts the characters that are kept back."""

    @property
    def held(self) -> int:
        """Return how many characters are held."""

    def feed(self, chunk: str, /) -> Passed:
        """Take a part, and return what may leave."""

    def flush(self) -> Passed:
        """Return what may leave after a silence."""

    def end(self) -> Passed:
        """Return what may leave at the end."""


class Guarding(Protocol):
    """What the gateway asks of the engine."""

    @property
    def policy(self) -> GuardPolicy:
        """Return the policy in force."""

    @property
    def digests(self) -> tuple[Digest, Digest]:
        """Return the digests of the policy and of the rules in force."""

    def admit(self, pieces: Sequence[Piece]) -> Decision:
        """Decide on what comes in; in the event loop it may raise `AsideError`, in a thread it never does."""

    def is_clear(self, texts: Sequence[str], /) -> bool:
        """Tell at a glance that `release` would let texts by; where that is not sure, it has to be asked."""

    def release(self, text: str, links: Links | None = None, /) -> Decision:
        """Decide on a whole text that leaves; `links` finds the addresses in it that nobody named."""

    def minding(self, made: Decision, conversation: Sequence[Message], /) -> Guarding:
        """Return what is asked about the answer to a request that was decided on."""

    def redacted(self, text: str, hits: Sequence[Hit]) -> str:
        """Return a text with what was met taken out."""

    def stream(self, links: Links | None = None, /) -> Watched:
        """Begin a text that leaves in parts."""

    def authorise(
        self,
        conversation: Sequence[Message],
        call: ToolCall,
        tools: Sequence[Tool],
        caller: str,
        pending: Sequence[str] = (),
        /,
    ) -> Decision:
        """Decide on one tool call of a caller; nothing is counted by this. `pending` are tools called beside it."""

    def may_run(self, made: Decision, call: ToolCall, caller: str, /) -> bool:
        """Tell whether a call that was decided on runs as things are; nothing is used up by asking."""

    def settled(self, made: Decision, call: ToolCall, caller: str, /) -> Decision:
        """Return what becomes of a decision now that its call is to run: it is counted, or waits for a person."""


class Watch(Protocol):
    """Sees what each caller asks, and says when it looks like probing or copying the model."""

    def saw(self, key: str, pieces: Sequence[Piece], now: float) -> Ruling | None:
        """Note one request of a caller; a ruling that stops is answered with 429."""


class Caller(NamedTuple):
    """Who asks: the name of the key that was shown, and the limits that hold."""

    name: str
    limits: GuardLimits


class Asked(NamedTuple):
    """What a request holds: every text, what was said and done so far, and the tools that may be called.

    An answer that the provider keeps (`stored`) may be gone on from later.
    """

    pieces: tuple[Piece, ...]
    conversation: tuple[Message, ...]
    tools: tuple[Tool, ...] = ()
    model: str = ""
    streamed: bool = False
    choices: int = 1
    stored: bool = False


class Before(NamedTuple):
    """What stands before a request that goes on from an earlier answer: all that was said, and that answer's calls.

    The calls have the ids by which their results name them.
    """

    conversation: tuple[Message, ...]
    calls: Mapping[str, ToolCall] = {}


class Text(NamedTuple):
    """A text of an answer; `lane` is the choice it belongs to, and -1 is what surrounds them all."""

    path: Path
    text: str
    lane: int = 0


class Called(NamedTuple):
    """A tool call of an answer; without `args` nobody can tell what they are. Its result names it by `id`."""

    path: Path
    lane: int
    name: str
    args: Mapping[str, Any] | None
    id: str = ""


class Answer(NamedTuple):
    """What a whole answer holds."""

    texts: tuple[Text, ...]
    calls: tuple[Called, ...]


Edits = Mapping[Path, object]

Cut = Callable[[Any, int, Path | None, str], Edits]
"""(body, lane, where it is cut or None for its calls, what is kept of that text) → what has to be changed."""


class Event(NamedTuple):
    """One server-sent event: its bytes as they came, its name, and its data."""

    raw: bytes
    name: str
    data: bytes
