"""OSV records: cut down to what matching needs, and refused with a reason where they are none."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.scan.supply.cvss import base_score, severity_of
from accord.scan.supply.osv import Record, normal, read_records

PLAIN = {
    "id": "EX-1",
    "modified": "2026-11-20T00:00:00.123456789Z",
    "aliases": ["CVE-2026-1"],
    "summary": "one\nthing",
    "affected": [
        {
            "package": {"ecosystem": "PyPI", "name": "Example_Lib"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.0"}]}],
            "versions": ["1.0"],
        }
    ],
}


def one(value: object, name: str = "a.json") -> Record | str:
    data = value if isinstance(value, str) else json.dumps(value)
    (record,) = read_records(data.encode(), name)
    return record


def read(**changes: object) -> Record:
    record = one({**PLAIN, **changes})
    assert isinstance(record, Record)
    return record


def test_a_record_becomes_advisories_with_normal_names() -> None:
    (advisory,) = read().advisories
    assert (advisory.ecosystem, advisory.package, advisory.id) == ("PyPI", "example-lib", "EX-1")
    assert advisory.aliases == ("CVE-2026-1",)
    assert advisory.summary == "one thing"
    assert advisory.ranges[0].events == (("introduced", "0"), ("fixed", "2.0"))
    assert (advisory.kind, advisory.severity) == ("vulnerable", "high")


def test_yaml_keeps_versions_as_they_are_written() -> None:
    text = """id: EX-2
modified: 2026-11-20T00:00:00Z
summary: null
affected:
- package: {ecosystem: PyPI, name: a}
  versions: [1.10, 2.0, "3"]
"""
    record = one(text, "a.yaml")
    assert isinstance(record, Record)
    assert record.advisories[0].versions == ("1.10", "2.0", "3")
    assert record.advisories[0].summary == ""


def test_lists_and_lines_hold_many_records() -> None:
    assert len(list(read_records(json.dumps([PLAIN, PLAIN]).encode(), "a.json"))) == 2
    assert len(list(read_records(b"\n".join([json.dumps(PLAIN).encode()] * 3), "a.jsonl"))) == 3


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"id": "MAL-2026-1"}, "malicious"),
        ({"aliases": ["MAL-2026-1"]}, "malicious"),
        ({"database_specific": {"malicious-packages-origins": [{}]}}, "malicious"),
        ({"summary": "a is unmaintained"}, "unmaintained"),
        ({"summary": "a is no longer maintained"}, "unmaintained"),
        ({"summary": "a is unmaintained", "severity": [{"type": "CVSS_V3", "score": "x"}]}, "vulnerable"),
    ],
)
def test_the_kind_is_read_from_ids_marks_and_summary(changes: dict[str, object], kind: str) -> None:
    assert read(**changes).advisories[0].kind == kind


def test_an_informational_mark_of_the_package_counts() -> None:
    affected = [{"package": {"ecosystem": "PyPI", "name": "a"}, "database_specific": {"informational": "unmaintained"}}]
    assert read(affected=affected).advisories[0].kind == "unmaintained"


def test_withdrawn_records_say_so() -> None:
    assert read(withdrawn="2026-11-21T00:00:00Z").withdrawn


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("{", "no OSV record"),
        ("", "no OSV record"),
        ({**PLAIN, "id": "not an id"}, "is none"),
        ({**PLAIN, "id": 7}, "no OSV record"),
        ({**PLAIN, "modified": "yesterday"}, "no OSV record"),
        ({**PLAIN, "affected": []}, "names no package"),
        ({**PLAIN, "affected": [{"ranges": []}]}, "names no package"),
        ({**PLAIN, "aliases": ["a" * 600]}, "no OSV record"),
        ({"id": "EX-1"}, "no OSV record"),
        ("[" * 50_000, "no OSV record"),
    ],
)
def test_what_is_no_record_is_told_with_a_reason(value: object, reason: str) -> None:
    found = one(value)
    assert isinstance(found, str)
    assert reason in found


def test_yaml_with_aliases_is_refused_before_it_grows() -> None:
    bomb = "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n"
    assert isinstance(one(bomb, "a.yaml"), str)


@given(
    data=st.binary(max_size=300) | st.text(max_size=200).map(str.encode),
    name=st.sampled_from(["a.json", "a.yaml", "a.jsonl"]),
)
def test_no_bytes_make_the_reader_fail(data: bytes, name: str) -> None:
    assert all(isinstance(found, str | Record) for found in read_records(data, name))


@pytest.mark.parametrize(
    ("vector", "score"),
    [
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 9.8),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", 10.0),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", 6.1),
        ("CVSS:3.0/AV:L/AC:H/PR:L/UI:N/S:U/C:L/I:N/A:N", 2.5),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", 0.0),
        ("CVSS:3.1/AV:N/AC:H/PR:N/UI:R/S:U/C:H/I:N/A:N", 5.3),
        ("CVSS:3.1/AV:N", None),
        ("nothing", None),
    ],
)
def test_the_base_score_is_that_of_the_standard(vector: str, score: float | None) -> None:
    assert base_score(vector) == score


def test_a_word_goes_before_a_vector_and_nothing_means_high() -> None:
    assert severity_of(["MODERATE"], ["CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"]) == "medium"
    assert severity_of([], ["CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"]) == "critical"
    assert severity_of([None], ["CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:H/VI:H/VA:N"]) == "critical"
    assert severity_of([None], ["CVSS:4.0/AV:L/AC:L/AT:N/PR:L/UI:N/VC:L/VI:N/VA:N"]) == "medium"
    assert severity_of([], []) == "high"


def test_names_are_compared_as_their_ecosystem_does() -> None:
    assert normal("PyPI", "A.b_C--d") == "a-b-c-d"
    assert normal("Go", "github.example/A/b") == "github.example/A/b"
