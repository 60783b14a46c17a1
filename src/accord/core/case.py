"""The executable attack: data that anybody can run, verify and turn into a rule, and that can hold no code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final, Literal

from accord.core.finding import Severity, Tlp
from accord.core.trial import Message

PROHIBITED_USE: Final = "prohibited-use"


class CaseKind(StrEnum):
    """What a case attacks: a conversation, a scanner, a dataset scan, a classifier."""

    CONVERSATION = "conversation"
    ARTIFACT = "artifact"
    DATASET = "dataset"
    INPUT = "input"


class Channel(StrEnum):
    """Where a text enters."""

    USER = "user"
    SYSTEM = "system"
    RETRIEVAL = "retrieval"
    TOOL_OUTPUT = "tool-output"
    TOOL_DESCRIPTION = "tool-description"
    FILE = "file"
    MEMORY = "memory"


class Does(StrEnum):
    """The effects of tools that everybody knows by the same name; others are written `x-NAME`."""

    SEND_MESSAGE = "send-message"
    PUBLISH = "publish"
    PAY = "pay"
    ORDER = "order"
    CHANGE_RECORD = "change-record"
    DELETE_RECORD = "delete-record"
    READ_PRIVATE = "read-private"
    FETCH_URL = "fetch-url"
    RUN_CODE = "run-code"
    WRITE_FILE = "write-file"
    CHANGE_ACCESS = "change-access"
    SCHEDULE = "schedule"


class Argument(StrEnum):
    """The arguments of an effect; the manifest binds them to a tool's own names."""

    RECIPIENT = "recipient"
    CONTENT = "content"
    AMOUNT = "amount"
    TARGET = "target"
    URL = "url"
    PATH = "path"
    CODE = "code"


class Action(StrEnum):
    """What a rule does when it matches; there is no way to allow."""

    FLAG = "flag"
    REDACT = "redact"
    ASK = "ask"
    BLOCK = "block"


@dataclass(frozen=True, slots=True, kw_only=True)
class Threat:
    """Ids of the frameworks that know this threat."""

    atlas: tuple[str, ...] = ()
    owasp: tuple[str, ...] = ()
    cwe: tuple[str, ...] = ()
    provisions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What a system must be able to do for the case to apply: an effect, or (not portable) a named tool."""

    does: str | None = None
    tool: str | None = None

    def __post_init__(self) -> None:
        if (self.does is None) == (self.tool is None):
            raise ValueError("a need has either does or tool")


@dataclass(frozen=True, slots=True, kw_only=True)
class Var:
    """A value that is fresh in each trial, or one of the uses that the receiver's own manifest prohibits."""

    kind: Literal["token", "prohibited-use"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliver:
    """A text that enters through a channel."""

    channel: Channel
    text: str
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyTask:
    """One of the receiver's own honest tasks."""

    task: Literal["any"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One turn: something is delivered, or the system is asked.

    With `when` it is a branch: the step is taken only where the conversation so far shows what the condition says.
    """

    deliver: Deliver | None = None
    ask: str | AnyTask | None = None
    when: Condition | None = None

    def __post_init__(self) -> None:
        if (self.deliver is None) == (self.ask is None):
            raise ValueError("a step has either deliver or ask")


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCallPattern:
    """A tool of one system, by name; `args` are values or globs by the tool's own argument names."""

    name: str
    args: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectPattern:
    """An effect by the shared vocabulary; the manifest binds it to tools. `args` are values or globs."""

    does: str
    args: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What must be seen in a transcript; exactly one field is set.

    `judged` is a rubric, for what nothing else can tell: without a judge it is unknown.
    """

    says: str | None = None
    says_any: tuple[str, ...] | None = None
    matches: str | None = None
    tool_call: ToolCallPattern | None = None
    called: EffectPattern | None = None
    state: Mapping[str, str | int | bool] | None = None
    leaks: str | None = None
    judged: str | None = None
    any: tuple[Condition, ...] | None = None
    all: tuple[Condition, ...] | None = None
    not_: Condition | None = None

    def __post_init__(self) -> None:
        texts = (self.says, self.says_any, self.matches, self.leaks, self.judged, self.state)
        deeds = (self.tool_call, self.called)
        parts = (self.any, self.all, self.not_)
        if sum(way is not None for way in (*texts, *deeds, *parts)) != 1:
            raise ValueError("a condition has exactly one key")


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """How to tell that the honest task was still served."""

    served: Condition
    ask: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSpec:
    """What guard compiles the case to; it can only tighten."""

    fingerprint: Literal["from-steps"] | None = None
    regex: tuple[str, ...] = ()
    tools: tuple[ToolCallPattern, ...] = ()
    action: Action = Action.BLOCK


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a case comes from."""

    by: str | None = None
    source: str | None = None
    licence: str | None = None
    disclosure: str | None = None
    first_seen: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProofTranscripts:
    """Two transcripts: on `broke` the oracle fires, on `control` it stays silent."""

    broke: tuple[Message, ...]
    control: tuple[Message, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """An executable attack. Its identity is the digest of `kind, needs, vars, steps, broke` alone."""

    case: int
    name: str
    summary: str
    severity: Severity
    steps: tuple[Step, ...]
    broke: Condition
    control: Literal["tasks"] | Control | None = None
    threat: Threat = Threat()
    tlp: Tlp = Tlp.CLEAR
    kind: CaseKind = CaseKind.CONVERSATION
    needs: tuple[str | Need, ...] = ()
    vars: Mapping[str, Var] = field(default_factory=dict)
    rule: RuleSpec | None = None
    origin: Origin = Origin()
    proof: ProofTranscripts | None = None
