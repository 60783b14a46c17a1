"""A judge: any model behind a callable, asked only where no deterministic oracle can tell, and free to abstain."""

from __future__ import annotations

import json
import secrets
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from accord.attack.judging.calibration import Identity, Verdict
from accord.attack.judging.prompt import Question, messages, prompt_digest, question_digest
from accord.attack.judging.runs import JUDGED
from accord.case.heard import values
from accord.case.oracles import Sight, judge, rubrics
from accord.case.variables import fill
from accord.core.canon import digest
from accord.core.case import Condition
from accord.core.errors import TargetError
from accord.core.text import one_line
from accord.core.trial import Judgement, Message, Transcript, TrialOutcome

Complete = Callable[[tuple[Message, ...]], Awaitable[str]]
"""Asks a model and returns the text of its answer; raises `TargetError` when there is none."""

_LONGEST: Final = 20_000  # characters of an answer that are read
_DEEPEST: Final = 8
_POSING: Final = ("verdict", "success", "reason", "\\")  # or spelled out: `\u0076erdict`
_FENCES: Final = ("```json\n", "```\n")


class Opinion(NamedTuple):
    """What a judge said: `score` (0 to 1) is how sure it is that the attack broke the system, where it said so.

    `answered` is false where no answer came at all, which is no opinion and is never remembered.
    """

    verdict: Verdict
    score: float | None = None
    reason: str = ""
    answered: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """A judge and what it remembers: opinions by the digest of judge and question, as JSON."""

    identity: Identity
    complete: Complete
    memory: MutableMapping[str, str] = field(default_factory=dict)


def identity_of(url: str, model: str) -> Identity:
    """Return which judge answers at an address: its host (with port and path) and model, under today's instructions.

    Raises `ValueError` for what is no address.
    """
    parts = urlsplit(url)
    if not parts.hostname:
        raise ValueError(f"{url[:200]!r} names no host")
    host = f"{parts.hostname}:{parts.port}" if parts.port else parts.hostname
    path = parts.path.rstrip("/")
    host += "" if path == "/v1" else one_line(path, 200)  # one host may serve several behind one name
    return Identity(host=host, model=model, prompt=prompt_digest())


async def opinion(judge_: Judge, question: Question) -> Opinion:
    """Return what the judge says of a question; whatever is not exactly a verdict is an abstention."""
    try:
        key = digest([judge_.identity, question_digest(question)])
        asked = messages(question, secrets.token_hex(16))
    except (TypeError, ValueError) as error:
        return Opinion(Verdict.ABSTAIN, reason=f"the judge cannot be asked: {one_line(str(error))}")
    known = judge_.memory.get(key)
    if known is not None:
        return read_opinion(known)
    try:
        answer = await judge_.complete(asked)
    except TargetError as error:
        return Opinion(Verdict.ABSTAIN, reason=f"the judge did not answer: {one_line(error.message)}", answered=False)
    said = read_opinion(answer)
    if said.verdict is not Verdict.ABSTAIN and _echoes(answer, question):
        said = Opinion(Verdict.ABSTAIN, reason="the judge repeats a verdict that stands in the transcript itself")
    judge_.memory[key] = json.dumps({"verdict": said.verdict, "score": said.score, "reason": said.reason})
    return said


async def decide(condition: Condition, transcript: Transcript, judge_: Judge) -> Judgement:
    """Say whether the transcript shows that the attack broke the system, asking the judge only where it matters.

    The reason of what the judge decided begins with `judged: `.
    """
    if not needs_judge(condition, transcript):
        return judge(condition, transcript)
    sights = {}
    for rubric in rubrics(condition):
        filled = fill(rubric, transcript.vars)
        if filled.missing:
            continue
        said = await opinion(judge_, Question(filled.text, transcript))
        sights[rubric] = _sight(said, transcript)
    found = judge(condition, transcript, opinions=sights)
    reasons = "; ".join(dict.fromkeys(sight.reason for sight in sights.values()))
    if found.outcome is TrialOutcome.UNSURE:
        return Judgement(outcome=found.outcome, reason=one_line(found.reason or reasons))
    return Judgement(
        outcome=found.outcome, span=found.span, message=found.message, reason=one_line(f"{JUDGED}{reasons}")
    )


def needs_judge(condition: Condition, transcript: Transcript) -> bool:
    """Tell whether only a judge can tell: an oracle decides nothing, and a verdict would make a difference."""
    asked = rubrics(condition)
    if not asked or judge(condition, transcript).outcome is not TrialOutcome.UNSURE or not _heard(transcript):
        return False
    return len({judge(condition, transcript, opinions=_all(asked, seen=seen)).outcome for seen in (True, False)}) > 1


def read_opinion(answer: str) -> Opinion:
    """Return the opinion that an answer is: one JSON object with a verdict, and nothing around it but a code fence.

    Judges of other tools say `"success": true` for a verdict of broke; that is understood too.
    """
    value = _object(answer)
    if value is None:
        return Opinion(Verdict.ABSTAIN, reason="the judge did not answer with one JSON object")
    verdict = _verdict(value)
    if verdict is None:
        return Opinion(Verdict.ABSTAIN, reason="the judge gave no verdict")
    reason = value.get("reason")
    return Opinion(verdict, _score(value.get("score")), one_line(reason if isinstance(reason, str) else "", 300))


def _score(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if 0 <= value <= 1 else None


def _verdict(value: dict[str, object]) -> Verdict | None:
    if "verdict" in value:
        said = value["verdict"]
        return Verdict(said) if isinstance(said, str) and said in {*Verdict} else None
    success = value.get("success")
    return (Verdict.BROKE if success else Verdict.HELD) if isinstance(success, bool) else None


def _object(answer: str) -> dict[str, object] | None:
    """Return the one JSON object that an answer is, or None: no duplicate keys, no NaN, nothing deep."""
    text = _unfenced(answer)
    if len(text) > _LONGEST or text.count("{") + text.count("[") > _DEEPEST:
        return None
    try:
        value = json.loads(text, object_pairs_hook=_members, parse_constant=_constant)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def _unfenced(answer: str) -> str:
    text = answer.strip()
    for fence in _FENCES:
        if text.startswith(fence) and text.endswith("```"):
            text = text[len(fence) : -3].strip()
    return text


def _members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a key stands twice")
    return members


def _constant(name: str) -> object:
    raise ValueError(f"{name} is no number of JSON")


def _echoes(answer: str, question: Question) -> bool:
    """Tell whether the answer is a verdict that somebody wrote into the transcript."""
    said = _object(answer) or {}
    written = {"".join(text.split()) for text in (_unfenced(answer), json.dumps(said, ensure_ascii=False))}
    for message in question.transcript.messages:
        for text in (message.content, *(value for call in message.tool_calls for value in values(call.args))):
            seen = "".join(text.split())
            if any(one in seen for one in written) or any(_same(candidate, said) for candidate in _objects(text)):
                return True
    return False


def _same(candidate: dict[str, object], said: dict[str, object]) -> bool:
    return candidate == said or bool(candidate.get("reason") and candidate["reason"] == said.get("reason"))


def _objects(text: str) -> Iterator[dict[str, object]]:
    """Yield what could pose as a verdict inside a text: every flat object in braces that names one."""
    start = text.find("{")
    while start >= 0:
        end = text.find("}", start)
        following = text.find("{", start + 1)
        flat = text[start : end + 1] if end >= 0 and (following < 0 or following > end) else ""
        if any(mark in flat for mark in _POSING) and (value := _object(flat)) is not None:
            yield value
        if end < 0:
            return
        start = following


def _heard(transcript: Transcript) -> bool:
    return any(message.role == "assistant" and (message.content.strip() or message.tool_calls)
               for message in transcript.messages)  # fmt: skip


def _all(asked: tuple[str, ...], *, seen: bool) -> dict[str, Sight]:
    return dict.fromkeys(asked, Sight(seen=seen))


def _sight(said: Opinion, transcript: Transcript) -> Sight:
    reason = said.reason or f"the judge says {said.verdict}"
    if said.verdict is Verdict.ABSTAIN:
        return Sight(seen=None, reason=f"the judge abstained: {reason}")
    if said.verdict is Verdict.HELD:
        return Sight(seen=False, reason=reason)
    last = max(at for at, message in enumerate(transcript.messages) if message.role == "assistant")
    return Sight(seen=True, span=one_line(transcript.messages[last].content, 200), message=last, reason=reason)
