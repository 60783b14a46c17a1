"""The store keeps what was signed, once, for many processes, on both databases."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, text

from accord.core.assessment import Assessment, Gate, ProfileRef, SystemRef
from accord.core.canon import canonical, digest
from accord.core.errors import RecordError, TamperError
from accord.core.finding import Evidence, Plugin, State, TrustLevel
from accord.core.system import Level
from accord.record import dsse
from accord.record.blobs import blob_path
from accord.record.keys import Signer, make_key
from accord.record.statement import evidence_statement, seal, seal_assessment
from accord.record.store import Recorded, Store, open_store

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


class House(NamedTuple):
    """Where a store lies, and on which database."""

    state: Path
    url: str | None

    def open(self) -> Store:
        return open_store(self.state, url=self.url)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[House]:
    if request.param == "sqlite":
        yield House(tmp_path / "state", None)
        return
    url = os.environ["ACCORD_TEST_PG_URL"]
    yield House(tmp_path / "state", url)


@pytest.fixture(scope="module")
def signer(tmp_path_factory: pytest.TempPathFactory) -> Signer:
    return make_key(tmp_path_factory.mktemp("keys"), "developer")


def recorded(
    signer: Signer, *, check: str = "ACC201", asset: str = "m1", system: str = "helpdesk", at: int = 0
) -> Recorded:
    evidence = seal(
        Evidence(
            check=check,
            check_version="0.1",
            plugin=Plugin(name="accord", version="0.1.0", digest=digest("plugin")),
            asset=asset,
            asset_digest=digest(asset),
            claims=(),
            state=State.PASS,
            collected=NOON + timedelta(microseconds=at),
            seconds=0.1,
        )
    )
    payload = evidence_statement(evidence, subject=digest(0), system=system)
    envelope = dsse.to_json(dsse.sign(payload, dsse.STATEMENT_TYPE, signers=[signer]))
    return Recorded(evidence=evidence, system=system, keyid=signer.keyid, envelope=envelope)


def assessment(*, system: str = "helpdesk", passed: bool = True, at: int = 0) -> Assessment:
    return seal_assessment(
        Assessment(
            accord=1,
            id="",
            created=NOON + timedelta(days=at),
            subject=digest(system),
            system=SystemRef(id=system, name=system, version="1"),
            profile=ProfileRef(catalogue="gsaisd-2023", level=Level.BASELINE),
            version="0.1.0",
            level=TrustLevel.SELF,
            signer="k",
            sections={},
            guidelines={},
            assets=(),
            provisions=(),
            companion=(),
            evidence=(),
            findings=(),
            waivers=(),
            attestations=(),
            gate=Gate(passed=passed, reasons=(), level=Level.BASELINE, trust=TrustLevel.SELF),
        )
    )


def file_one(store: Store, said: Assessment) -> str:
    return store.add_assessment(said, document=canonical(said), envelope=b"signed " + said.id.encode()).id


def test_evidence_comes_back_as_it_went_in(house: House, signer: Signer) -> None:
    item = recorded(signer)
    with house.open() as store:
        store.add_evidence([item])
    with house.open() as store:
        stored = store.latest_evidence("helpdesk")["ACC201", "m1"]
    assert stored.evidence() == item.evidence
    assert (stored.id, stored.keyid, stored.envelope) == (item.evidence.id, signer.keyid, item.envelope)
    assert (stored.state, stored.level, stored.collected) == (State.PASS, TrustLevel.SELF, NOON)


def test_the_same_evidence_is_kept_once(house: House, signer: Signer) -> None:
    with house.open() as store:
        store.add_evidence([recorded(signer), recorded(signer)])
        store.add_evidence([recorded(signer)])
        assert len(list(store.all_evidence())) == 1


def test_the_newest_of_each_check_and_asset_counts(house: House, signer: Signer) -> None:
    items = [recorded(signer, check=check, at=at) for at in (3, 9, 1) for check in ("ACC201", "ACC202")]
    with house.open() as store:
        store.add_evidence(items)
        latest = store.latest_evidence("helpdesk")
    assert {key: item.collected.microsecond for key, item in latest.items()} == {
        ("ACC201", "m1"): 9,
        ("ACC202", "m1"): 9,
    }


def test_of_two_at_one_time_the_later_written_counts(house: House, signer: Signer) -> None:
    first, second = recorded(signer), recorded(signer)
    second = second._replace(evidence=seal(replace(second.evidence, seconds=0.2)))
    with house.open() as store:
        store.add_evidence([first])
        store.add_evidence([second])
        assert store.latest_evidence("helpdesk")["ACC201", "m1"].id == second.evidence.id


def test_systems_do_not_see_each_other(house: House, signer: Signer) -> None:
    with house.open() as store:
        store.add_evidence([recorded(signer, system="one"), recorded(signer, system="two")])
        assert len(store.latest_evidence("one")) == 1
        assert store.latest_evidence("three") == {}


def test_evidence_is_found_by_id_in_any_number(house: House, signer: Signer) -> None:
    items = [recorded(signer, asset=f"m{number}") for number in range(7)]
    with house.open() as store:
        store.add_evidence(items)
        found = store.evidence([item.evidence.id for item in items] * 100 + ["sha256:none"])
    assert {key: item.envelope for key, item in found.items()} == {item.evidence.id: item.envelope for item in items}


def test_adding_nothing_is_fine(house: House) -> None:
    with house.open() as store:
        store.add_evidence([])
        assert store.latest_evidence("helpdesk") == {}
        assert store.assessment() is None


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(times=st.lists(st.integers(0, 999), min_size=1, max_size=12))
def test_latest_is_the_maximum_whatever_the_order(tmp_path: Path, signer: Signer, times: list[int]) -> None:
    system = f"s{times}"
    with open_store(tmp_path / "state") as store:
        store.add_evidence([recorded(signer, system=system, at=at) for at in times])
        assert store.latest_evidence(system)["ACC201", "m1"].collected.microsecond == max(times)


def test_an_assessment_is_found_by_latest_id_and_prefix(house: House) -> None:
    with house.open() as store:
        old, new = (file_one(store, assessment(at=day)) for day in (1, 2))
        other = file_one(store, assessment(system="other", at=3))
        by = {ref: found.id for ref in ("latest", old, old[7:], old[:19]) if (found := store.assessment(ref))}
        assert by == {"latest": other, old: old, old[7:]: old, old[:19]: old}
        mine = store.assessment("latest", "helpdesk")
        assert mine is not None
        assert mine.id == new
        assert [filed.id for filed in store.assessments("helpdesk")] == [new, old]


@pytest.mark.parametrize("ref", ["", "sha256:", "%", "sha256:%%%%%%%%", "________", "0000000000", "../../x"])
def test_a_reference_to_nothing_finds_nothing(house: House, ref: str) -> None:
    with house.open() as store:
        file_one(store, assessment())
        assert store.assessment(ref) is None


def test_the_last_that_passed_is_remembered(house: House) -> None:
    with house.open() as store:
        good = file_one(store, assessment(at=1))
        file_one(store, assessment(at=2, passed=False))
        passed = store.last_passed("helpdesk")
        assert passed is not None
        assert passed.id == good
        assert store.last_passed("other") is None


def test_documents_and_envelopes_come_back_unless_they_were_changed(house: House) -> None:
    said = assessment()
    with house.open() as store:
        filed = store.add_assessment(said, document=b"document", envelope=b"envelope", receipt=b"receipt")
        assert store.assessment(said.id) == filed
        assert (store.document(filed), store.envelope(filed)) == (b"document", b"envelope")
        blob_path(house.state / "blobs", filed.document).write_bytes(b"another!")
        with pytest.raises(TamperError):
            store.document(filed)


def test_two_processes_may_open_a_fresh_store_at_once(house: House) -> None:
    program = (
        "import sys; from pathlib import Path; from accord.record.store import open_store\n"
        "with open_store(Path(sys.argv[1]), url=sys.argv[2] or None) as store: print(len(store.latest_evidence('x')))"
    )
    command = [sys.executable, "-c", program, str(house.state), house.url or ""]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    assert [process.communicate(timeout=120) for process in running] == [("0\n", "")] * 3


def test_the_migration_makes_the_tables_that_the_code_knows(house: House) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    from accord.record.tables import metadata

    house.open().__exit__(None, None, None)
    engine = create_engine(house.url or f"sqlite:///{house.state / 'accord.db'}")
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


def test_a_store_of_a_newer_version_is_refused(house: House) -> None:
    house.open().__exit__(None, None, None)
    engine = create_engine(house.url or f"sqlite:///{house.state / 'accord.db'}")
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()
    with pytest.raises(RecordError) as caught:
        house.open()
    assert caught.value.code == "ACC-E531"


def test_sqlite_is_durable_and_survives_a_writer(tmp_path: Path, signer: Signer) -> None:
    with open_store(tmp_path) as store, open_store(tmp_path) as other:
        store.add_evidence([recorded(signer)])
        assert len(other.latest_evidence("helpdesk")) == 1
    connection = sqlite3.connect(tmp_path / "accord.db")
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


def test_half_a_migration_leaves_no_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from alembic.operations import Operations

    def broken(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Operations, "create_index", broken)
        with pytest.raises(KeyboardInterrupt):
            open_store(tmp_path)
    with open_store(tmp_path) as store:
        assert store.latest_evidence("x") == {}


def test_a_file_that_is_no_database_is_an_error_and_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "accord.db").write_bytes(b"not a database, " * 100)
    with pytest.raises(RecordError) as caught:
        open_store(tmp_path)
    assert caught.value.code == "ACC-E530"
    assert (tmp_path / "accord.db").read_bytes() == b"not a database, " * 100


@pytest.mark.parametrize("url", ["nonsense", "mysql://x/y", "postgresql+nonsense://x/y", "oracle+x://"])
def test_an_address_that_cannot_be_used_is_an_error(tmp_path: Path, url: str) -> None:
    with pytest.raises(RecordError) as caught:
        open_store(tmp_path, url=url)
    assert caught.value.code == "ACC-E530"


def test_a_warm_store_imports_neither_alembic_nor_the_orm(tmp_path: Path) -> None:
    open_store(tmp_path).__exit__(None, None, None)
    program = (
        "import sys; from pathlib import Path; from accord.record.store import open_store\n"
        "with open_store(Path(sys.argv[1])) as store: store.latest_evidence('x')\n"
        "print([name for name in ('alembic', 'mako', 'sqlalchemy.orm') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
