"""What was seen and decided: signed evidence and assessments, on SQLite or PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final, NamedTuple, Self

from accord.core.assessment import Assessment
from accord.core.canon import Digest
from accord.core.finding import Evidence, State, TrustLevel
from accord.record import dsse, tables
from accord.record.blobs import get_blob, put_blob
from accord.record.database import open_database, transaction, writing
from accord.record.state import prepare_state
from accord.record.statement import read_evidence

if TYPE_CHECKING:
    from sqlalchemy import Engine, Insert, Row, Select, Table
    from sqlalchemy.sql.elements import ColumnElement

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_BATCH = 500


class Recorded(NamedTuple):
    """Evidence as it goes into the store: of which system, signed by which key, in which envelope."""

    evidence: Evidence
    system: str
    keyid: str
    envelope: bytes


class Stored(NamedTuple):
    """Evidence as it lies in the store: enough to choose it; its envelope is the truth."""

    id: str
    system: str
    check: str
    check_version: str
    asset: str
    asset_digest: Digest | None
    state: State
    level: TrustLevel
    collected: datetime
    keyid: str
    envelope: bytes

    def evidence(self) -> Evidence:
        """Decode the envelope without checking its signature: for what this process signed or has verified."""
        return read_evidence(dsse.from_json(self.envelope).payload)


class Filed(NamedTuple):
    """An assessment as it lies in the store; document and envelope are blobs."""

    id: str
    system: str
    subject: Digest
    created: datetime
    passed: bool
    document: Digest
    envelope: Digest
    receipt: bytes


class Store:
    """The open store; a context manager. Every method is one transaction."""

    def __init__(self, engine: Engine, state: Path) -> None:
        self._engine = engine
        self._blobs = state / "blobs"

    def __enter__(self) -> Self:
        """Return the store."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close every connection."""
        self._engine.dispose()

    def add_evidence(self, items: Iterable[Recorded]) -> None:
        """Add evidence, all or none; what is there already stays as it is."""
        rows = [_evidence_row(item) for item in items]
        if rows:
            self._insert(tables.evidence, rows)

    def latest_evidence(self, system: str) -> dict[tuple[str, str], Stored]:
        """Return the newest evidence of a system by check and asset."""
        from sqlalchemy import func, select

        table = tables.evidence
        newest_first = (table.c.collected.desc(), table.c.seq.desc())
        rank = func.row_number().over(partition_by=(table.c.check, table.c.asset), order_by=newest_first)
        ranked = select(table.c.seq, rank.label("rank")).where(table.c.system == system).subquery()
        wanted = select(table).join(ranked, table.c.seq == ranked.c.seq).where(ranked.c.rank == 1)
        return {(item.check, item.asset): item for item in self._stored(wanted)}

    def evidence(self, ids: Sequence[str]) -> dict[str, Stored]:
        """Return the evidence of these ids, as far as it is there."""
        from sqlalchemy import select

        table = tables.evidence
        batches = (ids[start : start + _BATCH] for start in range(0, len(ids), _BATCH))
        return {item.id: item for batch in batches for item in self._stored(select(table).where(table.c.id.in_(batch)))}

    def all_evidence(self) -> Iterator[Stored]:
        """Yield all evidence in the order it came, without holding it at once."""
        from sqlalchemy import select

        table, last = tables.evidence, 0
        while True:
            page = select(table).where(table.c.seq > last).order_by(table.c.seq).limit(_BATCH)
            with transaction(self._engine) as connection:
                rows = connection.execute(page).all()
            if not rows:
                return
            last = rows[-1].seq
            yield from map(_to_stored, rows)

    def add_assessment(
        self, assessment: Assessment, *, document: bytes, envelope: bytes, receipt: bytes = b""
    ) -> Filed:
        """File a sealed assessment, its rendered document, its envelope and its ledger receipt, once."""
        filed = Filed(
            id=assessment.id,
            system=assessment.system.id,
            subject=assessment.subject,
            created=assessment.created,
            passed=assessment.gate.passed,
            document=put_blob(self._blobs, document),
            envelope=put_blob(self._blobs, envelope),
            receipt=receipt,
        )
        self._insert(tables.assessment, [filed._asdict() | {"created": micros(filed.created)}])
        return filed

    def assessment(self, ref: str = "latest", system: str | None = None) -> Filed | None:
        """Return an assessment by `latest`, id, or the first eight or more hex digits of its id."""
        column = tables.assessment.c
        if ref == "latest":
            return self._first(system)
        wanted = ref if ref.startswith("sha256:") else f"sha256:{ref}"
        if len(wanted) < len("sha256:") + 8:
            return None
        return self._first(system, column.id.startswith(wanted, autoescape=True))

    def last_passed(self, system: str) -> Filed | None:
        """Return the newest assessment of a system whose gate passed."""
        return self._first(system, tables.assessment.c.passed.is_(True))

    def assessments(self, system: str | None = None) -> tuple[Filed, ...]:
        """Return all assessments, of one system or of every, newest first."""
        with transaction(self._engine) as connection:
            return tuple(_to_filed(row) for row in connection.execute(_assessments(system)))

    def document(self, filed: Filed) -> bytes:
        """Return the document as it was filed; raises `TamperError` when its bytes changed."""
        return get_blob(self._blobs, filed.document)

    def envelope(self, filed: Filed) -> bytes:
        """Return the signed envelope; raises `TamperError` when its bytes changed."""
        return get_blob(self._blobs, filed.envelope)

    def _first(self, system: str | None, *conditions: ColumnElement[bool]) -> Filed | None:
        with transaction(self._engine) as connection:
            row = connection.execute(_assessments(system).where(*conditions).limit(1)).first()
        return _to_filed(row) if row else None

    def _stored(self, query: Select[tuple[object, ...]]) -> Iterator[Stored]:
        with transaction(self._engine) as connection:
            yield from map(_to_stored, connection.execute(query))

    def _insert(self, table: Table, rows: list[dict[str, object]]) -> None:
        with writing(self._engine) as connection:
            connection.execute(insert_new(table, self._engine.dialect.name), rows)


def open_store(state: Path, *, url: str | None = None) -> Store:
    """Open the store of a state folder: its SQLite file, or the PostgreSQL database of `url`.

    Raises `RecordError` when that cannot be done.
    """
    return Store(open_database(prepare_state(state), url), state)


def insert_new(table: Table, dialect: str) -> Insert:
    """Return what inserts rows that are not there yet; each dialect is imported only where it is used."""
    if dialect == "postgresql":
        from sqlalchemy.dialects import postgresql

        return postgresql.insert(table).on_conflict_do_nothing()
    from sqlalchemy.dialects import sqlite

    return sqlite.insert(table).on_conflict_do_nothing()


def _assessments(system: str | None) -> Select[tuple[object, ...]]:
    from sqlalchemy import select

    table = tables.assessment
    query = select(table).order_by(table.c.created.desc(), table.c.seq.desc())
    return query if system is None else query.where(table.c.system == system)


def _evidence_row(item: Recorded) -> dict[str, object]:
    said = item.evidence
    return {
        "id": said.id,
        "system": item.system,
        "check": said.check,
        "check_version": said.check_version,
        "asset": said.asset,
        "asset_digest": said.asset_digest,
        "state": said.state.value,
        "level": said.level.value,
        "collected": micros(said.collected),
        "keyid": item.keyid,
        "envelope": item.envelope,
    }


def _to_stored(row: Row[tuple[object, ...]]) -> Stored:
    return Stored(
        id=row.id,
        system=row.system,
        check=row.check,
        check_version=row.check_version,
        asset=row.asset,
        asset_digest=row.asset_digest,
        state=State(row.state),
        level=TrustLevel(row.level),
        collected=moment(row.collected),
        keyid=row.keyid,
        envelope=row.envelope,
    )


def _to_filed(row: Row[tuple[object, ...]]) -> Filed:
    return Filed(
        id=row.id,
        system=row.system,
        subject=row.subject,
        created=moment(row.created),
        passed=row.passed,
        document=row.document,
        envelope=row.envelope,
        receipt=row.receipt,
    )


def micros(when: datetime) -> int:
    """Return the microseconds since 1970 of an aware time."""
    return (when - _EPOCH) // timedelta(microseconds=1)


def moment(since: int) -> datetime:
    """Return the time that is so many microseconds after 1970, UTC."""
    return _EPOCH + timedelta(microseconds=since)
