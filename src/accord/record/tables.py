"""The tables of the store, as SQLAlchemy Core sees them; the migrations make the same."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, MetaData, String, Table
from sqlalchemy import UniqueConstraint as Unique

HEAD: Final = "0001"
"""The migration that this version of Accord needs."""

_SEQUENCE = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up INTEGER PRIMARY KEY only

metadata: Final = MetaData()

evidence: Final = Table(
    "evidence",
    metadata,
    Column("seq", _SEQUENCE, primary_key=True, autoincrement=True),
    Column("id", String(71), nullable=False),
    Column("system", String, nullable=False),
    Column("check", String, nullable=False),
    Column("check_version", String, nullable=False),
    Column("asset", String, nullable=False),
    Column("asset_digest", String(71)),
    Column("state", String, nullable=False),
    Column("level", String, nullable=False),
    Column("collected", BigInteger, nullable=False),  # microseconds since 1970, so that both databases order alike
    Column("keyid", String, nullable=False),
    Column("envelope", LargeBinary, nullable=False),
    Unique("system", "id", name="evidence_once"),
    Index("evidence_newest", "system", "check", "asset", "collected"),
)

assessment: Final = Table(
    "assessment",
    metadata,
    Column("seq", _SEQUENCE, primary_key=True, autoincrement=True),
    Column("id", String(71), nullable=False),
    Column("system", String, nullable=False),
    Column("subject", String(71), nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("passed", Boolean, nullable=False),
    Column("document", String(71), nullable=False),
    Column("envelope", String(71), nullable=False),
    Column("receipt", LargeBinary, nullable=False),
    Unique("id", name="assessment_once"),
    Index("assessment_newest", "system", "created"),
)
