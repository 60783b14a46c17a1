from __future__ import annotations

import dbm.dumb
import pickle
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accord.scan.rating import Rated, Rating

Rate = Callable[..., Rated]


def messages(rated: Rated) -> str:
    return " | ".join(one.finding.message for one in rated.reasons)


def ndbm(folder: Path, values: dict[bytes, bytes]) -> bytes:
    store = pytest.importorskip("dbm.ndbm").open(str(folder / "made"), "n")
    for key, value in values.items():
        store[key] = value
    store.close()
    (path,) = folder.glob("made*")
    data = path.read_bytes()
    path.unlink()
    return data


def test_a_shelf_of_plain_values_is_safe(rated: Rate, tmp_path: Path) -> None:
    values = {b"%d" % number: pickle.dumps({"n": number, "text": "x" * number * 97}) for number in range(40)}
    found = rated("shelf.db", ndbm(tmp_path, values))
    assert (found.rating, found.format) == (Rating.SAFE, "berkeley-db"), messages(found)


@pytest.mark.parametrize("front", [0, 20_000])
def test_a_payload_among_the_values_of_a_shelf_is_found(
    rated: Rate, tmp_path: Path, payload: bytes, front: int
) -> None:
    long = b"\x80\x02X" + front.to_bytes(4, "little") + b"a" * front + b"0" + payload[2:]
    found = rated("shelf.db", ndbm(tmp_path, {b"a": pickle.dumps(1), b"b": long}))
    assert found.rating is Rating.DANGEROUS


def test_a_shelf_of_the_plainest_kind_is_read(rated: Rate, tmp_path: Path, payload: bytes) -> None:
    with dbm.dumb.open(str(tmp_path / "plain"), "n") as store:
        store[b"a"] = pickle.dumps({"x": 1})
        store[b"b"] = pickle.dumps([1, 2, 3])
    honest = rated("shelf.dat", (tmp_path / "plain.dat").read_bytes())
    assert honest.rating is Rating.SAFE, messages(honest)
    with dbm.dumb.open(str(tmp_path / "plain"), "w") as store:
        store[b"c"] = payload
    assert rated("shelf.dat", (tmp_path / "plain.dat").read_bytes()).rating is Rating.DANGEROUS


@pytest.mark.parametrize("bad", [False, True])
def test_pickles_in_a_table_are_found(rated: Rate, tmp_path: Path, payload: bytes, *, bad: bool) -> None:
    with sqlite3.connect(tmp_path / "made.db") as base:
        base.execute("CREATE TABLE Dict (key BLOB UNIQUE NOT NULL, value BLOB NOT NULL)")
        base.execute("INSERT INTO Dict VALUES (?, ?)", (b"a", payload if bad else pickle.dumps([1, 2, 3])))
    base.close()
    found = rated("shelf.sqlite", (tmp_path / "made.db").read_bytes())
    assert found.rating is (Rating.DANGEROUS if bad else Rating.SAFE), messages(found)


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, 20_000), value=st.integers(0, 255))
def test_a_broken_store_never_ends_the_scan(rated: Rate, tmp_path: Path, at: int, value: int) -> None:
    data = bytearray(ndbm(tmp_path, {b"a": pickle.dumps("x" * 9000), b"b": pickle.dumps(1)}))
    data[at % len(data)] = value
    assert rated("fuzzed.db", bytes(data)).rating in set(Rating)
