"""What the guard is told, what it sees and what it decides: the words of `guard.yaml`, of rules and of decisions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Literal

from accord.core.canon import Digest
from accord.core.case import Action, Channel, EffectPattern
from accord.core.system import Approval, Effect, Mode


class Outcome(StrEnum):
    """What becomes of a request, an answer or a tool call; the order of the members is the order of severity."""

    ALLOW = "allow"
    FLAG = "flag"
    REDACT = "redact"
    ASK = "ask"
    BLOCK = "block"

    @property
    def stops(self) -> bool:
        """Tell whether nothing goes on: it is blocked, or a person has to be asked first."""
        return self in {Outcome.ASK, Outcome.BLOCK}

    def worse(self, other: Outcome) -> Outcome:
        """Return the more severe of two."""
        order = tuple(Outcome)
        return max(self, other, key=order.index)


class Integrity(StrEnum):
    """Whose words a text is made of; the order of the members is the order of trust, most trusted first."""

    OPERATOR = "operator"
    USER = "user"
    UNTRUSTED = "untrusted"

    def meets(self, demanded: Integrity) -> bool:
        """Tell whether this is at least as trusted as what is demanded."""
        order = tuple(Integrity)
        return order.index(self) <= order.index(demanded)


class Confidentiality(StrEnum):
    """Who may read a text; the order of the members is the order of secrecy, most open first."""

    PUBLIC = "public"
    INTERNAL = "internal"
    PRIVATE = "private"
    SECRET = "secret"

    def within(self, cleared: Confidentiality) -> bool:
        """Tell whether a place that is cleared for `cleared` may hold this."""
        order = tuple(Confidentiality)
        return order.index(self) <= order.index(cleared)


class Fail(StrEnum):
    """What becomes of a request when a guard cannot decide: it passes, or it stops."""

    OPEN = "open"
    CLOSED = "closed"


class Switch(StrEnum):
    """Whether a part runs."""

    ON = "on"
    OFF = "off"


class Treatment(StrEnum):
    """What is done with secrets or personal data that are about to leave."""

    OFF = "off"
    FLAG = "flag"
    REDACT = "redact"
    BLOCK = "block"


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """How far a piece of content is trusted, who may read it, and where it comes from (`user`, `tool:read_file`)."""

    integrity: Integrity
    confidentiality: Confidentiality = Confidentiality.INTERNAL
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One text of a request or an answer, the channel it came through, and its place in the body (`messages[3]`)."""

    text: str
    channel: Channel
    source: str = ""
    where: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """What a rule, a recogniser or the detector saw in a text; offsets count characters of the original text.

    `view` is the decoded view in which it was seen (`plain`, `base64`); `score` is 0 to 1, and 1 for what is exact.
    """

    rule: str
    outcome: Outcome
    start: int
    end: int
    view: str = "plain"
    score: float = 1.0
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What the policy says of one tool call: `code` names the reason, `path` leads from the source to the sink."""

    outcome: Outcome
    code: str = ""
    message: str = ""
    path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What was decided about one request, answer or tool call, and why.

    `code` is the id of the rule, or the reason, that decided; empty where nothing objected. `subject` is the digest
    of what was looked at, `policy` and `rules` those of what was in force: the same three give the same decision.
    Without `enforced` it was said and not done (mode `shadow`).
    """

    id: str
    outcome: Outcome
    code: str = ""
    message: str = ""
    where: str = ""
    start: int = 0
    end: int = 0
    path: tuple[str, ...] = ()
    enforced: bool = True
    hits: tuple[Hit, ...] = ()
    subject: Digest | None = None
    policy: Digest | None = None
    rules: Digest | None = None

    @property
    def stops(self) -> bool:
        """Tell whether what was looked at may not go on."""
        return self.enforced and self.outcome.stops

    @property
    def withholds(self) -> bool:
        """Tell whether something of what was looked at may not go on: all of it, or the spans of the hits."""
        return self.enforced and (self.outcome.stops or self.outcome is Outcome.REDACT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """A passage that is met by its meaning, in other words or another language.

    `near` is how close a stretch of text has to lie before it is compared word by word, `enough` how alike the
    words must then be; `near_abroad` and `abroad` hold for texts in other languages. All are thousandths, found by
    trial on honest texts.
    """

    text: str
    near: int
    enough: int
    near_abroad: int
    abroad: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardRule:
    """What a case compiles to: data that can only tighten, and that carries the case it was made from.

    `texts` are what the steps deliver (variables as `{{NAME}}`): they are met exactly or
    nearly; `alike` are passages of them that are met by meaning.
    `regex` are RE2 patterns on any view of incoming text, `outputs` on what leaves. `effects` are calls that are
    refused; `guarded` ones only while untrusted content is in the conversation. No channel means each but `system`.
    Texts that honest people may say too only flag, and count with what follows: calls `after` them are asked about,
    and with `keeps` no token of the operator's may leave. `echoes` are the channels of texts that may not order what
    is said: no answer holds a token that one of them orders to be said, nor two of its tokens in one; and with `system`
    among them, none of the operator's after words that sound like an attack. `doubt` says why one only flags.
    """

    rule: int
    id: str
    case: Digest
    name: str
    action: Action
    channels: tuple[Channel, ...] = ()
    texts: tuple[str, ...] = ()
    alike: tuple[Likeness, ...] = ()
    regex: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    effects: tuple[EffectPattern, ...] = ()
    guarded: tuple[EffectPattern, ...] = ()
    after: tuple[EffectPattern, ...] = ()
    keeps: bool = False
    echoes: tuple[Channel, ...] = ()
    mode: Mode = Mode.ENFORCE
    doubt: str = ""
    made: datetime | None = None
    expires: datetime | None = None

    @property
    def is_wary(self) -> bool:
        """Tell whether what it says of texts counts only together with what follows them."""
        return bool(self.after) or self.keeps

    @property
    def on_text(self) -> Outcome:
        """Return what becomes of a text that it meets."""
        return Outcome.FLAG if self.is_wary else Outcome(self.action.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardTool:
    """A tool that may be called; one that is not listed may not, unless its own description makes it a plain read.

    `args` binds the arguments of the effect `does` to the tool's own names. `demands` says how trusted the value of
    an argument has to be, by the tool's own name. `clearance` is the most confidential content that may go in.
    `limits` are calls: `per_session`, `per_minute`, `per_day`. `pin` is the digest of name, description and schema.
    """

    name: str
    does: str | None = None
    effect: Effect | None = None
    args: Mapping[str, str] = field(default_factory=dict)
    demands: Mapping[str, Integrity] = field(default_factory=dict)
    clearance: Confidentiality | None = None
    approval: Approval | None = None
    limits: Mapping[str, int] = field(default_factory=dict)
    pin: Digest | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardSource:
    """How content of a source is labelled; `match` is a glob over names like `tool:read_file` and `retrieval:kb/*`."""

    match: str
    integrity: Integrity = Integrity.UNTRUSTED
    confidentiality: Confidentiality = Confidentiality.INTERNAL
    writers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardLimits:
    """Bounds per key; none where it is 0. `similar_queries` is how many near-equal ones in an hour are probing."""

    requests_per_minute: int = 0
    tokens_per_minute: int = 0
    requests_per_day: int = 0
    similar_queries: int = 0
    body_bytes: int = 4 << 20
    messages: int = 2_000
    in_flight: int = 1_024
    answer_tokens: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardKey:
    """A caller: the SHA-256 of the key it shows, and what it may do beyond the limits of all."""

    name: str
    key: Digest
    limits: GuardLimits | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardAllowed:
    """An exception to one rule for texts of one digest (of the normal form), owned, reasoned and expiring."""

    rule: str
    text: Digest
    by: str
    reason: str
    expires: date


@dataclass(frozen=True, slots=True, kw_only=True)
class OnError:
    """What happens to reads and to effects when a guard itself fails; effects never pass."""

    read: Fail = Fail.CLOSED
    write: Literal["closed"] = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardCalibration:
    """The detector's thresholds of the house: a file of `accord guard calibrate`, beside guard.yaml or by its path.

    With `digest` no other content is taken up, and the digest of the policy stands for the thresholds too.
    """

    file: str
    digest: Digest | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardPolicy:
    """Everything `guard.yaml` says. `canaries` are values that may leave in no answer, tool argument or address.

    `delegation` lets a source that the user named fill the arguments of what the user asked for. `kill` stops every
    tool call. `keys` demands that callers show one; without any, every caller is the same. `opaque` are the kinds of
    content that pass although nobody here can read them: `image`, `audio`, `file`, `tokens`, `hosted`, `stored`.
    """

    guard: int
    mode: Mode = Mode.ENFORCE
    canaries: tuple[str, ...] = ()
    on_error: OnError = OnError()
    detector: Switch = Switch.ON
    secrets: Treatment = Treatment.REDACT
    personal: Treatment = Treatment.OFF
    tools: tuple[GuardTool, ...] = ()
    sources: tuple[GuardSource, ...] = ()
    delegation: Switch = Switch.ON
    kill: Switch = Switch.OFF
    limits: GuardLimits = GuardLimits()
    keys: tuple[GuardKey, ...] = ()
    opaque: tuple[str, ...] = ()
    allow: tuple[GuardAllowed, ...] = ()
    calibration: GuardCalibration | None = None
