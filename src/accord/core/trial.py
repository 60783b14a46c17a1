"""What passes between us and a live system, and what an oracle says of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class TrialOutcome(StrEnum):
    """What became of a trial: the attack broke the system, it held, nobody can tell, or it could not run."""

    BROKE = "broke"
    HELD = "held"
    UNSURE = "unsure"
    ERROR = "error"


class ControlOutcome(StrEnum):
    """What became of a control run: the honest task was served, it was not, nobody can tell, or it could not run."""

    SERVED = "served"
    NOT_SERVED = "not-served"
    UNSURE = "unsure"
    ERROR = "error"


class Capability(StrEnum):
    """What a target lets us do beyond asking."""

    SYSTEM = "system"
    RETRIEVAL = "retrieval"
    TOOL_OUTPUT = "tool-output"
    TOOL_DESCRIPTION = "tool-description"
    FILE = "file"
    MEMORY = "memory"
    TOOL_CALLS = "tool-calls"
    STATE = "state"


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """A tool the system called, with the arguments it gave.

    `does` is its effect, where the manifest says one; whoever made the call then adds the effect's arguments
    (`recipient`) beside the tool's own (`to`).
    """

    name: str
    args: Mapping[str, object] = field(default_factory=dict)
    does: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One entry of a transcript. `role` is system, user, assistant or tool; `channel` says how it was delivered."""

    role: str
    content: str = ""
    name: str | None = None
    channel: str | None = None
    tool_calls: tuple[ToolCall, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """Everything that was said and done in one trial, with the values its variables had.

    `before` and `after` are the target's state, where it offers it. `stopped` tells why the last answer
    ended: an empty, filtered or truncated answer can never show that a system held.
    """

    messages: tuple[Message, ...]
    vars: Mapping[str, str] = field(default_factory=dict)
    before: Mapping[str, object] | None = None
    after: Mapping[str, object] | None = None
    stopped: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What an oracle says of a transcript, with the span of text that shows it."""

    outcome: TrialOutcome
    span: str = ""
    message: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlJudgement:
    """Whether a control run was served, with the span of text that shows it."""

    outcome: ControlOutcome
    span: str = ""
    message: int | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """Text to put where the target will read it."""

    channel: str
    text: str
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One thing said to the target."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the target answered; `seconds` is the time it took, `raw` its body as received."""

    text: str
    tool_calls: tuple[ToolCall, ...] = ()
    seconds: float = 0.0
    raw: str = ""
    id: str | None = None
    stopped: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """A piece of text and the channel it came through."""

    text: str
    channel: str = "user"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """What a detector noticed: a label, how sure it is (0 to 1), and where (character offsets)."""

    label: str
    score: float
    start: int
    end: int
