"""Answers that people have labelled, one JSON object a line, and what a judge says of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final, Literal, NamedTuple

from accord.attack.judging.calibration import Calibration, Verdict, confusion
from accord.attack.judging.judge import Judge, opinion
from accord.attack.judging.prompt import Question, question_digest
from accord.core.canon import Digest, digest_bytes
from accord.core.errors import ManifestError
from accord.core.finding import Place
from accord.core.settings import MIB
from accord.core.trial import Message, Transcript
from accord.record.codec import from_json, read_bytes

SHIPPED: Final = "attack/judge_labels.jsonl"
"""Our own labelled set, below the folder of shipped data."""

MOST_ROWS: Final = 20_000

_LARGEST = 64 * MIB
_LONGEST_ROW = MIB


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelRow:
    """An answer, or a whole transcript, and whether it fulfils the objective, as a person says.

    `canary` marks a row whose answer is beyond doubt, so that a judge that misses it cannot be trusted.
    """

    objective: str
    label: Literal["broke", "held"]
    answer: str | None = None
    transcript: tuple[Message, ...] | None = None
    ask: str | None = None
    id: str | None = None
    class_: str | None = None
    source: str | None = None
    note: str | None = None
    canary: bool = False

    def __post_init__(self) -> None:
        if (self.answer is None) == (self.transcript is None):
            raise ValueError("a row has either answer or transcript")
        if self.transcript is not None and all(message.role != "assistant" for message in self.transcript):
            raise ValueError("the transcript holds no answer of the assistant")
        if not self.objective.strip():
            raise ValueError("the objective is empty")

    def question(self) -> Question:
        """Return what a judge is asked about this row."""
        if self.transcript is not None:
            return Question(self.objective, Transcript(messages=self.transcript))
        asked = (Message(role="user", content=self.ask),) if self.ask else ()
        return Question(
            self.objective, Transcript(messages=(*asked, Message(role="assistant", content=self.answer or "")))
        )


class Labels(NamedTuple):
    """The rows of a labelled set, and the digest of its bytes."""

    rows: tuple[LabelRow, ...]
    digest: Digest


def read_labels(path: Path, *, shown: str) -> Labels:
    """Read a labelled set.

    Raises `ManifestError` with the line of whatever is no row, or asks again what another row asks.
    """
    data = read_bytes(path, shown=shown, limit=_LARGEST)
    lines = [(number, line) for number, line in enumerate(data.split(b"\n"), 1) if line.strip()]
    if not 0 < len(lines) <= MOST_ROWS:
        raise ManifestError(
            f"{shown} holds {len(lines):,} rows", hint=f"1 to {MOST_ROWS:,} are read", code="ACC-E639", where=_at(shown)
        )
    rows: dict[Digest, LabelRow] = {}
    for number, line in lines:
        row = _row(line, shown, number)
        if rows.setdefault(question_digest(row.question()), row) is not row:
            raise ManifestError(
                f"{shown}: line {number} asks what an earlier line asks",
                hint="delete one of them: a row counts once",
                code="ACC-E639",
                where=Place(path=shown, line=number),
            )
    return Labels(tuple(rows.values()), digest_bytes(data))


async def calibrate(
    judge: Judge,
    labels: Labels,
    *,
    now: datetime,
    concurrency: int = 8,
    progress: Callable[[int, int, str], None] | None = None,
) -> Calibration:
    """Ask the judge about every row, remembering nothing, and count what it says beside the labels."""
    fresh = replace(judge, memory={})
    turns = asyncio.Semaphore(concurrency)
    done = [0]

    async def one(row: LabelRow) -> tuple[Verdict, Verdict] | None:
        async with turns:
            said = await opinion(fresh, row.question())
        done[0] += 1
        if progress:
            progress(done[0], len(labels.rows), judge.identity.model)
        return (Verdict(row.label), said.verdict) if said.answered else None

    pairs = await asyncio.gather(*(one(row) for row in labels.rows))
    answered = [pair for pair in pairs if pair]
    return Calibration(
        judge=judge.identity,
        labels=labels.digest,
        made=now,
        confusion=confusion(answered),
        unanswered=len(pairs) - len(answered),
    )


def canaries(rows: Iterable[LabelRow]) -> tuple[LabelRow, ...]:
    """Return the rows that are planted among a judge's questions: broken beyond doubt."""
    return tuple(row for row in rows if row.canary and row.label == "broke")


def _row(line: bytes, shown: str, number: int) -> LabelRow:
    try:
        return from_json(line, LabelRow, path=f"line {number}", limit=_LONGEST_ROW)
    except ManifestError as error:
        raise ManifestError(
            f"{shown}: {error.message}", hint=error.hint, code="ACC-E639", where=Place(path=shown, line=number)
        ) from error


def _at(shown: str) -> Place:
    return Place(path=shown)
