"""Feeds made to mislead: bombs, links, deep and mistyped records, lying dates, halves of archives."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import os
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accord.core.contracts import Feeds
from accord.core.errors import AccordError, RecordError
from accord.scan.supply.feeds import Imported, import_feed, list_feeds
from accord.scan.supply.matching import match, problems
from accord.scan.supply.osv import LARGEST, Record, read_records
from accord.scan.supply.packages import Package
from accord.scan.supply.sources import Held, Origin

Within = Callable[[float], AbstractContextManager[None]]
Growth = Callable[[Callable[[int], Callable[[], object]], int], float]

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
FRESH = "2026-11-20T00:00:00Z"


def record(id_: str = "EX-1", name: str = "a", **changes: object) -> dict[str, object]:
    affected = [{"package": {"ecosystem": "PyPI", "name": name}, "versions": ["1.0"]}]
    return {"id": id_, "modified": FRESH, "affected": affected, **changes}


def told(**changes: object) -> Record | str:
    (found,) = read_records(json.dumps(record() | changes).encode(), "x.json")
    return found


def brought(source: Path, state: Path, name: str = "feed") -> Imported:
    return import_feed(source, state, name=name, now=NOW, progress=lambda *_: None)


def folder(path: Path, *records: dict[str, object]) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    for number, one in enumerate(records):
        (path / f"{number}.json").write_text(json.dumps(one), "utf-8")
    return path


def hits(done: Imported, version: str = "1.0", name: str = "a") -> list[str]:
    package = Package(name, version, hashed=True, line=1)
    return [hit.id for hit in match([package], [done.feed]).hits]


def tar_of(*members: tuple[tarfile.TarInfo, bytes], end: bool = True) -> bytes:
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w", format=tarfile.GNU_FORMAT) as tar:
        for entry, data in members:
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
        size = tar.offset
    return held.getvalue() if end else held.getvalue()[:size]


def file(name: str, one: dict[str, object]) -> tuple[tarfile.TarInfo, bytes]:
    return tarfile.TarInfo(name), json.dumps(one).encode()


# --- records


@pytest.mark.parametrize(
    "changes",
    [
        {"id": 7},
        {"id": None},
        {"id": ""},
        {"id": "a b"},
        {"id": "x" * 600},
        {"id": ["EX-1"]},
        {"id": "../../x"},
        {"modified": 0},
        {"modified": "soon"},
        {"modified": ""},
        {"modified": None},
        {"modified": "2026-13-40"},
        {"modified": "0001-01-01T00:00:00+14:00"},
        {"modified": "9999-12-31T23:59:59-14:00"},
        {"withdrawn": "never"},
        {"withdrawn": 1},
        {"withdrawn": {}},
        {"affected": {}},
        {"affected": "a"},
        {"affected": [1]},
        {"affected": [None]},
        {"affected": []},
        {"affected": [{"package": {"ecosystem": "PyPI"}}]},
        {"affected": [{"package": {"name": "a"}}]},
        {"affected": [{"package": {"ecosystem": 1, "name": "a"}}]},
        {"affected": [{"package": {"ecosystem": "PyPI", "name": ["a"]}}]},
        {"affected": [{"package": {"ecosystem": "PyPI", "name": "a" * 600}}]},
        {"affected": [{"package": {"ecosystem": "PyPI", "name": "a"}, "versions": "1.0"}]},
        {"affected": [{"package": {"ecosystem": "PyPI", "name": "a"}, "versions": [1.0]}]},
        {"affected": [{"package": {"ecosystem": "PyPI", "name": "a"}, "ranges": {"type": "SEMVER"}}]},
        {"affected": [{"package": {"ecosystem": "PyPI", "name": "a"}, "ranges": [{"events": []}]}]},
        {"affected": [{"package": {"ecosystem": "PyPI", "name": "a"}, "ranges": [{"type": "GIT", "events": ["x"]}]}]},
        {"aliases": "CVE-2026-1"},
        {"aliases": [1]},
        {"aliases": ["x"] * 2000},
        {"summary": 5},
        {"severity": "high"},
    ],
)
def test_a_record_of_wrong_types_is_told_and_never_half_taken(changes: dict[str, object]) -> None:
    found = told(**changes)
    assert isinstance(found, str)
    assert found.startswith("no OSV record: ")
    assert len(found) < 300


@pytest.mark.parametrize(
    "data",
    [
        b"[" * 200_000,
        b'{"a":' * 200_000,
        b'{"id": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"database_specific": ' + b'{"a":' * 50_000,
        b"[" + b"[" * 100_000,
        b'{"id":"EX-1"',
        b"\xff\xfe{\x00}\x00",
        b"null",
        b"3",
        b'"EX-1"',
        b"true",
        b"[null, 1, []]",
        b"\xef\xbb\xbf{}",
        b'{"id": NaN}',
        b"",
    ],
)
def test_what_is_no_record_costs_nothing_and_is_told(data: bytes, within: Within) -> None:
    with within(20):
        found = list(read_records(data, "x.json"))
        assert all(isinstance(one, str) for one in found)


def test_a_name_of_megabytes_is_refused_quickly(within: Within) -> None:
    data = json.dumps(record(name="a" * (LARGEST - 400))).encode()
    with within(20):
        assert all(isinstance(one, str) for one in read_records(data, "x.json"))


def test_a_summary_of_megabytes_is_cut() -> None:
    found = told(summary="word " * 1_000_000)
    assert isinstance(found, Record)
    assert len(found.advisories[0].summary) <= 200


@pytest.mark.parametrize("zero", ["0", 0, 0.0])
def test_a_number_in_an_event_is_the_version_that_it_writes(zero: object, tmp_path: Path) -> None:
    ranges = [{"type": "ECOSYSTEM", "events": [{"introduced": zero}, {"fixed": 2}]}]
    affected = [{"package": {"ecosystem": "PyPI", "name": "a"}, "ranges": ranges}]
    done = brought(folder(tmp_path / "in", record(affected=affected)), tmp_path / "state")
    assert hits(done, "1.5") == ["EX-1"]
    assert hits(done, "2.0") == []


@pytest.mark.parametrize("events", [[], [{"intro": "0"}], [{"introduced": None}], [{"introduced": []}]])
def test_a_range_without_a_beginning_began_ever_since(events: object, tmp_path: Path) -> None:
    affected = [{"package": {"ecosystem": "PyPI", "name": "a"}, "ranges": [{"type": "SEMVER", "events": events}]}]
    done = brought(folder(tmp_path / "in", record(affected=affected)), tmp_path / "state")
    assert hits(done) == ["EX-1"]


def test_records_of_one_id_all_count_and_are_one_hit(tmp_path: Path) -> None:
    other = record(affected=[{"package": {"ecosystem": "PyPI", "name": "a"}, "versions": ["2.0"]}])
    done = brought(folder(tmp_path / "in", record(), record(), other), tmp_path / "state")
    assert (hits(done), hits(done, "2.0"), hits(done, "3.0")) == (["EX-1"], ["EX-1"], [])


def test_a_withdrawn_record_takes_no_other_of_its_id_away(tmp_path: Path) -> None:
    done = brought(folder(tmp_path / "in", record(), record(withdrawn="2026-01-01T00:00:00Z")), tmp_path / "state")
    assert (hits(done), done.withdrawn) == (["EX-1"], 1)


def test_what_will_be_withdrawn_one_day_still_counts(tmp_path: Path) -> None:
    done = brought(folder(tmp_path / "in", record(withdrawn="2027-01-01T00:00:00Z")), tmp_path / "state")
    assert (hits(done), done.withdrawn, done.feed.coverage["PyPI"].records) == (["EX-1"], 0, 1)


@pytest.mark.parametrize("empty", ["", None])
def test_an_empty_withdrawn_withdraws_nothing(empty: object, tmp_path: Path) -> None:
    assert hits(brought(folder(tmp_path / "in", record(withdrawn=empty)), tmp_path / "state")) == ["EX-1"]


def test_thousands_of_aliases_of_one_thing_are_joined_in_a_moment(tmp_path: Path, growth: Growth) -> None:
    def joined(count: int) -> Callable[[], list[str]]:
        aliases = ((f"EX-{number}", ["CVE-2026-1", f"EX-{number + 1}"]) for number in range(count))
        text = "\n".join(json.dumps(record(name, aliases=names)) for name, names in aliases)
        (tmp_path / f"{count}.jsonl").write_text(text, "utf-8")
        done = brought(tmp_path / f"{count}.jsonl", tmp_path / f"state{count}")
        return lambda: hits(done)

    assert joined(100)() == ["CVE-2026-1"]
    assert growth(joined, 1500) < 10


# --- age and completeness


def stale(done: Imported, *ecosystems: str, days: int = 30, now: datetime = NOW) -> list[str]:
    return list(problems(Feeds((done.feed,), days), ecosystems or ("PyPI",), now))


@pytest.mark.parametrize(
    "modified", ["2099-01-01T00:00:00Z", "2026-11-23T00:00:00Z", "2026-11-22T13:00:00Z", "2026-11-22T12:30:00-01:00"]
)
def test_a_date_in_the_future_makes_nothing_fresh(modified: str, tmp_path: Path) -> None:
    (why,) = stale(brought(folder(tmp_path / "in", record(modified=modified)), tmp_path / "state"))
    assert "days old" in why


def test_the_zone_of_a_date_counts(tmp_path: Path) -> None:
    done = brought(folder(tmp_path / "in", record(modified="2026-11-22T13:30:00+02:00")), tmp_path / "state")
    assert done.feed.coverage["PyPI"].newest == datetime(2026, 11, 22, 11, 30, tzinfo=UTC)
    assert list_feeds(tmp_path / "state") == (done.feed,)


def test_a_feed_is_too_old_a_second_after_its_time(tmp_path: Path) -> None:
    done = brought(folder(tmp_path / "in", record()), tmp_path / "state")
    newest = datetime(2026, 11, 20, tzinfo=UTC)
    assert stale(done, now=newest + timedelta(days=30)) == []
    assert stale(done, now=newest + timedelta(days=30, seconds=1))


def test_withdrawn_records_alone_cover_nothing(tmp_path: Path) -> None:
    npm = [{"package": {"ecosystem": "npm", "name": "a"}, "versions": ["1.0.0"]}]
    done = brought(
        folder(tmp_path / "in", record("EX-1", affected=npm), record("EX-2", withdrawn=FRESH)), tmp_path / "state"
    )
    assert stale(done, "npm") == []
    assert stale(done, "PyPI") == ["no feed of vulnerabilities covers PyPI"]


def test_an_ecosystem_whose_records_are_all_broken_is_not_covered(tmp_path: Path) -> None:
    npm = [{"package": {"ecosystem": "npm", "name": "a"}, "versions": ["1.0.0"]}]
    done = brought(folder(tmp_path / "in", record("EX-1", affected=npm), {"id": "EX-2"}), tmp_path / "state")
    assert (done.feed.skipped, stale(done, "PyPI")) == (1, ["no feed of vulnerabilities covers PyPI"])


def test_what_an_import_left_out_stays_known(tmp_path: Path) -> None:
    brought(folder(tmp_path / "in", record(), {"id": 1}, {"id": 2}), tmp_path / "state")
    (feed,) = list_feeds(tmp_path / "state")
    assert feed.skipped == 2


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tar.gz", "a.tar.xz", "a.tar.bz2"])
@pytest.mark.parametrize("part", [0.35, 0.6, 0.9])
def test_half_an_archive_is_no_feed_and_the_old_one_stands(name: str, part: float, tmp_path: Path) -> None:
    brought(folder(tmp_path / "in", record()), tmp_path / "state")
    members = [file(f"{number}.json", record(f"EX-{number}", f"pkg-{number}")) for number in range(40)]
    plain = tar_of(*members)
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for entry, data in members:
            archive.writestr(entry.name, data)
    pack = {
        ".zip": lambda _: held.getvalue(),
        ".tar": bytes,
        ".gz": gzip.compress,
        ".xz": lzma.compress,
        ".bz2": bz2.compress,
    }
    whole = pack[Path(name).suffix](plain[: 40 * 1024 + 1024])
    cut = whole[: int(len(whole) * part) // 512 * 512] if name.endswith(".tar") else whole[: int(len(whole) * part)]
    (tmp_path / name).write_bytes(cut)
    with pytest.raises(AccordError) as caught:
        brought(tmp_path / name, tmp_path / "state")
    assert caught.value.code == "ACC-E820"
    assert [feed.records for feed in list_feeds(tmp_path / "state")] == [1]


def test_a_tar_cut_between_two_files_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.tar").write_bytes(tar_of(file("a.json", record()), end=False))
    with pytest.raises(AccordError, match="a part of it is missing"):
        brought(tmp_path / "a.tar", tmp_path / "state")


@pytest.mark.parametrize("between", [b"", bytes(4), bytes(400)])
def test_a_tar_in_several_streams_of_xz_is_read_to_its_end(between: bytes, tmp_path: Path) -> None:
    plain = tar_of(*(file(f"{number}.json", record(f"EX-{number}")) for number in range(9)))
    streams = [lzma.compress(plain[at : at + 1500]) for at in range(0, len(plain), 1500)]
    (tmp_path / "a.tar.xz").write_bytes(between.join(streams))
    assert brought(tmp_path / "a.tar.xz", tmp_path / "state").feed.records == 9


# --- places


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_a_link_or_device_in_a_tar_is_told_and_not_followed(kind: bytes, tmp_path: Path) -> None:
    odd = tarfile.TarInfo("all/evil.json")
    odd.type, odd.linkname = kind, "/etc/passwd"
    (tmp_path / "a.tar").write_bytes(tar_of(file("a.json", record()), (odd, b"")))
    done = brought(tmp_path / "a.tar", tmp_path / "state")
    assert (done.feed.records, done.skipped) == (1, 1)
    assert done.reasons == (("all/evil.json", "it is no plain file"),)


def test_links_and_pipes_in_a_folder_are_told_and_nobody_waits(tmp_path: Path) -> None:
    source = folder(tmp_path / "in", record())
    folder(tmp_path / "outside", record("EX-2"))
    (source / "link.json").symlink_to(tmp_path / "outside" / "0.json")
    (source / "more").symlink_to(tmp_path / "outside")
    os.mkfifo(source / "pipe.json")
    done = brought(source, tmp_path / "state")
    assert done.feed.records == 1
    assert dict(done.reasons) == {
        "link.json": "a link, which is not followed",
        "more": "a link to a folder, which is not followed",
        "pipe.json": "cannot be read: not a regular file",
    }


def test_names_that_lead_out_are_names_and_nothing_more(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        for name in ("../../up.json", "/abs.json", "C:\\x.json", "a\x1b[31m.json"):
            archive.writestr(name, "{}")
        archive.writestr("good.json", json.dumps(record()))
    before = sorted(tmp_path.rglob("*"))
    done = brought(tmp_path / "a.zip", tmp_path / "state")
    assert (done.feed.records, done.skipped) == (1, 4)
    assert all("\x1b" not in name for name, _ in done.reasons)
    assert [path for path in sorted(tmp_path.rglob("*")) if "state" not in path.parts] == before


# --- bombs


def bomb(size: int, *, claims: int | None = None) -> bytes:
    """Return a ZIP whose one member unpacks to `size` zeros, and says that it unpacks to `claims`."""
    pack = zlib.compressobj(9, zlib.DEFLATED, -15)
    data = b"".join([*(pack.compress(bytes(1 << 20)) for _ in range(size >> 20)), pack.flush()])
    said = size if claims is None else claims
    name = b"a.json"
    local = struct.pack("<4sHHHHHIIIHH", b"PK\x03\x04", 20, 0, 8, 0, 0, 0, len(data), said, len(name), 0) + name
    central = (
        struct.pack(
            "<4sHHHHHHIIIHHHHHII", b"PK\x01\x02", 20, 20, 0, 8, 0, 0, 0, len(data), said, len(name), 0, 0, 0, 0, 0, 0
        )
        + name
    )
    tail = struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, 1, 1, len(central), len(local) + len(data), 0)
    return local + data + central + tail


@pytest.mark.parametrize("claims", [None, 10, (1 << 32) - 2])
def test_a_member_of_gigabytes_is_told_whatever_size_it_claims(
    claims: int | None, tmp_path: Path, within: Within
) -> None:
    (tmp_path / "a.zip").write_bytes(bomb(1 << 30, claims=claims))
    with within(50):
        (held,) = Origin(tmp_path / "a.zip").files()
        assert held.data == b""
        assert held.problem


@pytest.mark.parametrize("pack", [gzip.compress, lzma.compress, bz2.compress])
def test_a_tar_that_unpacks_without_end_is_passed_over_in_pieces(pack: object, tmp_path: Path) -> None:
    large = tarfile.TarInfo("a.json")
    plain = tar_of((large, bytes(64 << 20)), file("b.json", record()))
    (tmp_path / "a.tar.x").write_bytes(pack(plain))  # type: ignore[operator]  # a function of the three modules
    held = list(Origin(tmp_path / "a.tar.x").files())
    assert [(one.name, one.problem) for one in held] == [("a.json", "larger than 8 MiB"), ("b.json", "")]


@pytest.mark.parametrize("size", [b"77777777777\0", b"\x80" + b"\xff" * 11, b"-0000000001\0", b"0x1000     \0"])
def test_a_size_without_sense_ends_the_reading(size: bytes, tmp_path: Path) -> None:
    header = bytearray(tar_of(file("a.json", record()))[:512])
    header[124:136] = size
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    (tmp_path / "a.tar").write_bytes(bytes(header) + bytes(2048))
    with pytest.raises(AccordError) as caught:
        list(Origin(tmp_path / "a.tar").files())
    assert caught.value.code == "ACC-E820"


def test_a_locked_member_is_told(tmp_path: Path) -> None:
    data = bytearray(bomb(1 << 20))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.rindex(mark) + place] |= 1
    (tmp_path / "a.zip").write_bytes(bytes(data))
    (held,) = Origin(tmp_path / "a.zip").files()
    assert "cannot be unpacked" in held.problem


# --- the state folder


@pytest.mark.parametrize(
    "change",
    [
        lambda head: head | {"feed": 2},
        lambda head: head | {"more": 1},
        lambda head: head | {"table": "../../x.lines"},
        lambda head: head | {"parts": []},
        lambda head: head | {"imported": "x"},
        lambda head: [head],
        lambda head: head | {"records": "many"},
        lambda head: head | {"coverage": {"PyPI": 3}},
        lambda _: None,
    ],
)
def test_a_head_that_was_changed_is_never_no_news(change: object, tmp_path: Path) -> None:
    feed = brought(folder(tmp_path / "in", record()), tmp_path / "state").feed
    head = json.loads((feed.folder / "feed.json").read_bytes())
    (feed.folder / "feed.json").write_text(json.dumps(change(head)), "utf-8")  # type: ignore[operator]  # a lambda
    (listed,) = list_feeds(tmp_path / "state")
    assert listed.problem
    assert listed.problem in problems(Feeds((listed,), 30), ["PyPI"], NOW)
    with pytest.raises(RecordError):
        match([Package("a", "1.0", hashed=True, line=1)], [feed])


def test_a_table_cut_short_is_never_no_news(tmp_path: Path) -> None:
    feed = brought(folder(tmp_path / "in", *(record(f"EX-{n}", f"p{n}") for n in range(50))), tmp_path / "state").feed
    (table,) = feed.folder.glob("*.lines")
    table.write_bytes(table.read_bytes()[:1000])
    with pytest.raises(RecordError):
        match([Package(f"p{n}", "1.0", hashed=True, line=1) for n in range(50)], [feed])


@settings(max_examples=80, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    value=st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
        max_leaves=12,
    ),
    member=st.sampled_from(["id", "modified", "withdrawn", "affected", "aliases", "severity", "database_specific"]),
)
def test_any_value_in_any_member_is_a_record_or_a_reason(value: object, member: str) -> None:
    (found,) = read_records(json.dumps(record() | {member: value}).encode(), "x.json")
    assert isinstance(found, str | Record)


def test_files_are_told_by_what_they_are_called_and_no_other(tmp_path: Path) -> None:
    source = folder(tmp_path / "in", record())
    (source / "NOTES.txt").write_text("{}", "utf-8")
    (source / ".git").mkdir()
    (source / ".git" / "x.json").write_text(json.dumps(record("EX-9")), "utf-8")
    assert [one.name for one in Origin(source).files()] == ["0.json"]
    assert all(isinstance(one, Held) for one in Origin(source).files())
