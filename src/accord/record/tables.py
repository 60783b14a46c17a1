"""The tables of the store, as SQLAlchemy Core sees them; the migrations make the same."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Double, Index, Integer, LargeBinary, MetaData, String, Table
from sqlalchemy import UniqueConstraint as Unique

HEAD: Final = "0002"
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

campaign: Final = Table(
    "campaign",
    metadata,
    Column("seq", _SEQUENCE, primary_key=True, autoincrement=True),
    Column("id", String(32), nullable=False),
    Column("plan", String(71), nullable=False),
    Column("created", BigInteger, nullable=False),
    Column("state", String, nullable=False),
    Column("seconds", Double, nullable=False),
    Column("order", LargeBinary, nullable=False),  # what was asked for: cases, target, options
    Column("reason", String, nullable=False),
    Unique("id", name="campaign_once"),
)

campaign_try: Final = Table(
    "campaign_try",
    metadata,
    Column("campaign", String(32), primary_key=True),
    Column("trial", Integer, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("status", Integer),
    Column("reply_id", String),
    Column("error", String),
    Column("seconds", Double, nullable=False),
    Column("tokens", Integer, nullable=False),
    Column("reply", LargeBinary),  # none where the request brought no reply
)

campaign_trial: Final = Table(
    "campaign_trial",
    metadata,
    Column("campaign", String(32), primary_key=True),
    Column("trial", Integer, primary_key=True),
    Column("outcome", String, nullable=False),
    Column("result", LargeBinary, nullable=False),
    Column("transcript", LargeBinary, nullable=False),
)
