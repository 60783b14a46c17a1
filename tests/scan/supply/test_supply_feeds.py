"""Feeds: imported from anything that holds records, found again by package, never half there, never silently empty."""

from __future__ import annotations

import gzip
import io
import json
import lzma
import tarfile
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from accord.core.contracts import Feed, Feeds
from accord.core.errors import AccordError, RecordError
from accord.scan.supply.feeds import Imported, import_feed, list_feeds, look_up
from accord.scan.supply.matching import match, problems
from accord.scan.supply.packages import Package

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def record(
    id_: str, name: str, *, modified: str = "2026-11-20T00:00:00Z", ecosystem: str = "PyPI", **changes: object
) -> dict[str, object]:
    events = [{"introduced": "0"}, {"fixed": "2.0"}]
    affected = [
        {"package": {"ecosystem": ecosystem, "name": name}, "ranges": [{"type": "ECOSYSTEM", "events": events}]}
    ]
    return {"id": id_, "modified": modified, "affected": affected, **changes}


def write(folder: Path, *records: dict[str, object]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for one in records:
        (folder / f"{one['id']}.json").write_text(json.dumps(one), "utf-8")
    return folder


def imported(source: Path, state: Path, name: str = "feed") -> Imported:
    return import_feed(source, state, name=name, now=NOW, progress=lambda *_: None)


def locked(name: str, version: str = "1.0", ecosystem: str = "PyPI") -> Package:
    return Package(name, version, hashed=True, line=1, ecosystem=ecosystem)


def archive(path: Path, *records: dict[str, object]) -> Path:
    data = {f"all/{one['id']}.json": json.dumps(one).encode() for one in records}
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w") as made:
            for name, content in data.items():
                made.writestr(name, content)
        return path
    held = io.BytesIO()
    with tarfile.open(fileobj=held, mode="w") as tar:
        for name, content in data.items():
            entry = tarfile.TarInfo("very-long/" * 20 + name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    plain = held.getvalue()
    path.write_bytes({".gz": gzip.compress(plain), ".xz": lzma.compress(plain), ".tar": plain}[path.suffix])
    return path


@pytest.mark.parametrize("name", ["a.zip", "a.tar", "a.tar.gz", "a.tar.xz"])
def test_archives_give_the_same_feed_as_folders(name: str, tmp_path: Path) -> None:
    records = [record("EX-1", "a"), record("EX-2", "b"), record("EX-3", "c", ecosystem="npm")]
    from_folder = imported(write(tmp_path / "in", *records), tmp_path / "state", "one")
    from_archive = imported(archive(tmp_path / name, *records), tmp_path / "state", "two")
    assert from_archive.feed.records == from_folder.feed.records == 3
    assert from_archive.feed.coverage == from_folder.feed.coverage
    keys = [("PyPI", "a"), ("npm", "c"), ("PyPI", "nobody")]
    assert look_up(from_archive.feed, keys) == look_up(from_folder.feed, keys)


def test_the_age_is_the_newest_record_of_each_ecosystem_and_never_in_the_future(tmp_path: Path) -> None:
    source = write(
        tmp_path / "in",
        record("EX-1", "a", modified="2026-10-01T00:00:00Z"),
        record("EX-2", "a", modified="2099-01-01T00:00:00Z"),
        record("EX-3", "b", modified="2026-11-01T00:00:00Z", ecosystem="npm"),
    )
    coverage = imported(source, tmp_path / "state").feed.coverage
    assert coverage["PyPI"].newest == datetime(2026, 10, 1, tzinfo=UTC)
    assert coverage["npm"].newest == datetime(2026, 11, 1, tzinfo=UTC)


def test_withdrawn_and_broken_records_are_counted_and_shown(tmp_path: Path) -> None:
    source = write(tmp_path / "in", record("EX-1", "a"), record("EX-2", "a", withdrawn="2026-11-01T00:00:00Z"))
    (source / "odd.json").write_text("{", "utf-8")
    done = imported(source, tmp_path / "state")
    assert (done.feed.records, done.withdrawn, done.skipped) == (1, 1, 1)
    assert done.reasons[0][0] == "odd.json"
    assert [hit.id for hit in match([locked("a")], [done.feed]).hits] == ["EX-1"]


@pytest.mark.parametrize(
    "content", [b"", b"not an archive", b"PK\x03\x04 broken", b"\x1f\x8b broken", b"\xfd7zXZ\x00 broken"]
)
def test_what_is_no_source_is_refused_and_the_old_feed_stands(content: bytes, tmp_path: Path) -> None:
    imported(write(tmp_path / "in", record("EX-1", "a")), tmp_path / "state")
    (tmp_path / "x.zip").write_bytes(content)
    with pytest.raises(AccordError) as caught:
        imported(tmp_path / "x.zip", tmp_path / "state")
    assert caught.value.code in {"ACC-E820", "ACC-E821"}
    (feed,) = list_feeds(tmp_path / "state")
    assert feed.records == 1


def test_a_source_without_a_record_is_never_an_empty_feed(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    with pytest.raises(AccordError) as caught:
        imported(tmp_path / "in", tmp_path / "state")
    assert caught.value.code == "ACC-E821"
    assert list_feeds(tmp_path / "state") == ()


@pytest.mark.parametrize("name", ["", "../up", "A", "x" * 65, ".hidden"])
def test_odd_names_are_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(AccordError) as caught:
        imported(tmp_path, tmp_path / "state", name)
    assert caught.value.code == "ACC-E822"


def test_a_new_import_replaces_the_old_one_and_leaves_nothing(tmp_path: Path) -> None:
    imported(write(tmp_path / "one", record("EX-1", "a")), tmp_path / "state")
    done = imported(write(tmp_path / "two", record("EX-2", "a")), tmp_path / "state")
    assert [hit.id for hit in match([locked("a")], [done.feed]).hits] == ["EX-2"]
    assert len(list((tmp_path / "state" / "feeds" / "feed").iterdir())) == 2


def test_a_damaged_table_is_an_error_not_an_answer(tmp_path: Path) -> None:
    feed = imported(write(tmp_path / "in", record("EX-1", "a")), tmp_path / "state").feed
    (table,) = feed.folder.glob("*.lines")
    table.write_bytes(table.read_bytes().replace(b"EX-1", b"EX-9"))
    with pytest.raises(RecordError):
        match([locked("a")], [feed])
    table.unlink()
    with pytest.raises(RecordError):
        match([locked("a")], [feed])


def test_an_unreadable_feed_is_listed_with_its_problem(tmp_path: Path) -> None:
    feed = imported(write(tmp_path / "in", record("EX-1", "a")), tmp_path / "state").feed
    (feed.folder / "feed.json").write_text("{}", "utf-8")
    (listed,) = list_feeds(tmp_path / "state")
    assert "cannot be read" in listed.problem
    assert list(problems(Feeds((listed,), 30), ["PyPI"], NOW))


def test_aliases_are_one_hit_with_the_name_that_people_know(tmp_path: Path) -> None:
    one = imported(
        write(tmp_path / "one", record("PYSEC-1", "a", aliases=["CVE-2026-1"])), tmp_path / "state", "one"
    ).feed
    two = imported(
        write(tmp_path / "two", record("GHSA-1", "a", aliases=["CVE-2026-1"]), record("GHSA-2", "a")),
        tmp_path / "state",
        "two",
    ).feed
    hits = match([locked("a")], [one, two]).hits
    assert [(hit.id, hit.aliases, hit.feeds) for hit in hits] == [
        ("CVE-2026-1", ("GHSA-1", "PYSEC-1"), ("one", "two")),
        ("GHSA-2", (), ("two",)),
    ]
    assert hits[0].fixed == "2.0"


def test_a_fixed_version_and_another_ecosystem_are_no_hit(tmp_path: Path) -> None:
    feed = imported(write(tmp_path / "in", record("EX-1", "a")), tmp_path / "state").feed
    assert (
        match([locked("a", "2.0"), locked("a", ecosystem="npm"), locked("A", "1.9")], [feed]).hits[0].package.name
        == "A"
    )


def test_a_version_that_cannot_be_compared_is_told(tmp_path: Path) -> None:
    feed = imported(write(tmp_path / "in", record("EX-1", "a")), tmp_path / "state").feed
    matched = match([locked("a", "0" * 40)], [feed])
    assert (matched.hits, len(matched.undecided)) == ((), 1)


def test_missing_and_old_feeds_are_problems(tmp_path: Path) -> None:
    feed = imported(
        write(tmp_path / "in", record("EX-1", "a", modified="2026-10-01T00:00:00Z")), tmp_path / "state"
    ).feed
    assert list(problems(Feeds((feed,), 90), ["PyPI"], NOW)) == []
    assert "52 days old" in next(problems(Feeds((feed,), 30), ["PyPI"], NOW))
    assert "covers npm" in next(problems(Feeds((feed,), 90), ["npm"], NOW))
    assert "covers PyPI" in next(problems(Feeds((), 90), ["PyPI"], NOW))


def test_links_in_a_folder_are_not_followed(tmp_path: Path) -> None:
    source = write(tmp_path / "in", record("EX-1", "a"))
    (tmp_path / "outside.json").write_text(json.dumps(record("EX-2", "b")), "utf-8")
    (source / "link.json").symlink_to(tmp_path / "outside.json")
    assert imported(source, tmp_path / "state").feed.records == 1


def test_ten_thousand_packages_are_matched_in_seconds(tmp_path: Path) -> None:
    lines = "\n".join(json.dumps(record(f"EX-{number}", f"pkg-{number % 5000}")) for number in range(20_000))
    (tmp_path / "all.jsonl").write_text(lines, "utf-8")
    feed: Feed = imported(tmp_path / "all.jsonl", tmp_path / "state").feed
    assert len(match([locked(f"pkg-{number}") for number in range(10_000)], [feed]).hits) == 20_000
