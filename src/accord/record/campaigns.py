"""Campaigns in the store: what was asked for, every request that was sent, what each trial came to. Never changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from operator import itemgetter
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self, TypeVar

from accord.core.campaign import TrialResult, Try
from accord.core.canon import Digest, digest_bytes
from accord.core.errors import RecordError
from accord.core.trial import Reply, Transcript
from accord.record import tables
from accord.record.database import open_database, transaction, writing
from accord.record.state import prepare_state
from accord.record.store import insert_new, micros, moment

if TYPE_CHECKING:
    from msgspec.json import Encoder
    from sqlalchemy import Dialect, Engine, Row, Table

RUNNING, FINISHED, STOPPED = "running", "finished", "stopped"
_Word = TypeVar("_Word", TrialResult, Transcript, Reply)
_PAGE = 1_000
_WRITTEN: Final = (tables.campaign_try, tables.campaign_trial)


class Begun(NamedTuple):
    """A campaign as it was begun; `order` is what was asked for, `seconds` how long it ran."""

    id: str
    plan: Digest
    created: datetime
    state: str
    seconds: float
    order: bytes
    reason: str


class Sent(NamedTuple):
    """One request of a trial: its position in the plan, its number in the trial, and what came of it."""

    trial: int
    number: int
    tried: Try
    tokens: int = 0
    reply: Reply | None = None


class Finished(NamedTuple):
    """A trial that has come to something, with what was said in it."""

    trial: int
    result: TrialResult
    transcript: Transcript


Entry = Sent | Finished
"""What is written while a campaign runs."""


class Campaigns:
    """The campaigns of a store; a context manager. Every method is one transaction."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._inserts: tuple[_Insert, ...] | None = None

    def __enter__(self) -> Self:
        """Return the campaigns."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close every connection."""
        self._engine.dispose()

    def begin(self, campaign: Begun) -> bool:
        """Note that a campaign begins, before anything of it is sent; nothing is noted where its id is taken."""
        row = campaign._asdict() | {"created": micros(campaign.created)}
        with writing(self._engine) as connection:
            insert = insert_new(tables.campaign, self._engine.dialect.name).returning(tables.campaign.c.id)
            return connection.execute(insert, row).first() is not None

    def find(self, ref: str | None = None, *, unfinished: bool = False) -> Begun | None:
        """Return a campaign by its id or the beginning of it, or the newest; none where there is none."""
        from sqlalchemy import select

        table = tables.campaign
        query = select(table).order_by(table.c.created.desc(), table.c.seq.desc()).limit(1)
        if unfinished:
            query = query.where(table.c.state != FINISHED)
        if ref is not None:
            query = query.where(table.c.id.startswith(ref, autoescape=True))
        with transaction(self._engine) as connection:
            row = connection.execute(query).first()
        return _begun(row) if row else None

    def end(self, campaign: str, state: str, *, seconds: float, reason: str = "") -> None:
        """Note how a sitting of a campaign ended, after so many more seconds."""
        table = tables.campaign
        values = {"state": state, "reason": reason, "seconds": table.c.seconds + seconds}
        ended = table.update().where(table.c.id == campaign).values(values)
        with writing(self._engine) as connection:
            connection.execute(ended)

    def write(self, campaign: str, rows: Sequence[Entry]) -> None:
        """Write requests and trials, all or none; what is there already stays as it is."""
        sent = [_sent_row(campaign, row) for row in rows if isinstance(row, Sent)]
        finished = [_finished_row(campaign, row) for row in rows if isinstance(row, Finished)]
        if self._inserts is None:
            self._inserts = tuple(_Insert(table, self._engine.dialect) for table in _WRITTEN)
        with writing(self._engine) as connection:
            for insert, many in zip(self._inserts, (sent, finished), strict=True):
                if many:
                    connection.exec_driver_sql(insert.text, insert.params(many))

    def finished(self, campaign: str, first: int, last: int) -> frozenset[int]:
        """Return which trials of a range (`last` excluded) have come to something."""
        from sqlalchemy import select

        table = tables.campaign_trial
        wanted = select(table.c.trial).where(table.c.campaign == campaign, table.c.trial.between(first, last - 1))
        with transaction(self._engine) as connection:
            return frozenset(connection.execute(wanted).scalars())

    def sent(self, campaign: str, first: int, last: int) -> dict[int, list[Sent]]:
        """Return the requests of unfinished and finished trials of a range, in the order in which they were sent."""
        from sqlalchemy import select

        table = tables.campaign_try
        wanted = select(table).where(table.c.campaign == campaign, table.c.trial.between(first, last - 1))
        found: dict[int, list[Sent]] = {}
        with transaction(self._engine) as connection:
            for row in connection.execute(wanted.order_by(table.c.trial, table.c.number)):
                found.setdefault(row.trial, []).append(_sent(row))
        return found

    def spent(self, campaign: str) -> tuple[int, int]:
        """Return how many requests were sent so far, and how many tokens they cost."""
        from sqlalchemy import func, select

        table = tables.campaign_try
        wanted = select(func.count(), func.coalesce(func.sum(table.c.tokens), 0)).where(table.c.campaign == campaign)
        with transaction(self._engine) as connection:
            row = connection.execute(wanted).one()
        return int(row[0]), int(row[1])

    def results(self, campaign: str) -> Iterator[tuple[int, TrialResult]]:
        """Yield every finished trial by its position in the plan, in order, with all its tries."""
        from sqlalchemy import select

        table, start = tables.campaign_trial, 0
        while True:
            page = select(table.c.trial, table.c.result).where(table.c.campaign == campaign, table.c.trial >= start)
            with transaction(self._engine) as connection:
                rows = connection.execute(page.order_by(table.c.trial).limit(_PAGE)).all()
            if not rows:
                return
            tries = self.sent(campaign, rows[0].trial, rows[-1].trial + 1)
            for row in rows:
                result = _word(row.result, TrialResult)
                yield row.trial, replace(result, tries=tuple(sent.tried for sent in tries.get(row.trial, ())))
            start = rows[-1].trial + 1

    def transcript(self, campaign: str, trial: int) -> Transcript | None:
        """Return what was said in a finished trial."""
        from sqlalchemy import select

        table = tables.campaign_trial
        wanted = select(table.c.transcript).where(table.c.campaign == campaign, table.c.trial == trial)
        with transaction(self._engine) as connection:
            found = connection.execute(wanted).scalar()
        return None if found is None else _word(found, Transcript)


class _Insert:
    """What inserts rows that are not there yet, put into words once: a campaign writes thousands a second."""

    def __init__(self, table: Table, dialect: Dialect) -> None:
        made = insert_new(table, dialect.name).compile(dialect=dialect)
        self.text = str(made)
        self._places = itemgetter(*made.positiontup) if made.positiontup else None

    def params(self, rows: list[dict[str, object]]) -> list[Any]:
        """Return the rows in the form that the driver takes: by place or by name."""
        return list(map(self._places, rows)) if self._places else rows


def open_campaigns(state: Path, *, url: str | None = None) -> Campaigns:
    """Open the campaigns of a state folder, or of the PostgreSQL database of `url`.

    Raises `RecordError` when that cannot be done.
    """
    return Campaigns(open_database(prepare_state(state), url))


def _begun(row: Row[tuple[object, ...]]) -> Begun:
    return Begun(
        id=row.id,
        plan=row.plan,
        created=moment(row.created),
        state=row.state,
        seconds=row.seconds,
        order=row.order,
        reason=row.reason,
    )


def _sent_row(campaign: str, row: Sent) -> dict[str, object]:
    said = row.tried
    return {
        "campaign": campaign,
        "trial": row.trial,
        "number": row.number,
        "status": said.status,
        "reply_id": said.reply_id,
        "error": said.error,
        "seconds": said.seconds,
        "tokens": row.tokens,
        "reply": None if row.reply is None else _bytes(row.reply),
    }


def _finished_row(campaign: str, row: Finished) -> dict[str, object]:
    transcript = _bytes(row.transcript)
    result = replace(row.result, tries=(), transcript=digest_bytes(transcript))
    return {
        "campaign": campaign,
        "trial": row.trial,
        "outcome": result.outcome,
        "result": _bytes(result),
        "transcript": transcript,
    }


def _bytes(word: object) -> bytes:
    """Return a word as JSON, fast and the same everywhere: a campaign writes thousands a second."""
    return _encoder().encode(word)


@cache
def _encoder() -> Encoder:
    from msgspec.json import Encoder

    return Encoder(order="deterministic")


def _word(data: bytes, kind: type[_Word]) -> _Word:
    """Return the word in JSON that we wrote; raises `RecordError` when somebody changed it into something else."""
    import msgspec

    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, RecursionError) as error:
        raise RecordError(f"a record of a campaign is damaged: {error}", code="ACC-E530") from error


def _sent(row: Row[tuple[object, ...]]) -> Sent:
    tried = Try(status=row.status, reply_id=row.reply_id, error=row.error, seconds=row.seconds)
    reply = None if row.reply is None else _word(row.reply, Reply)
    return Sent(row.trial, row.number, tried, row.tokens, reply)
