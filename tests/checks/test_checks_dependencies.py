"""Checks of dependencies answer from feeds that are there and fresh, or not at all; data is told where it leaks."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from accord.core.assessment import Assessment, EvidenceRef
from accord.core.finding import Finding
from accord.scan.supply.feeds import import_feed
from accord.testing import World

HASH = "--hash=sha256:" + "0" * 64
MANIFEST = """\
accord: 1
system: {id: sample, name: Sample, version: "1", purpose: answers questions, kind: [llm-app]}
owners: {system-owner: owner@example.org}
profile: {level: LEVEL}
components:
  datasets: [{id: rows, path: data/rows.csv, sensitivity: SENSITIVITY}]
"""


def world(folder: Path, *, level: str = "baseline", sensitivity: str = "internal") -> World:
    made = World(folder)
    made.write("accord.yaml", MANIFEST.replace("LEVEL", level).replace("SENSITIVITY", sensitivity))
    made.write("data/rows.csv", "id,text\n1,hello\n")
    return made


def feed(world: World, *, modified: str = "2026-11-20T00:00:00Z", **changes: object) -> None:
    affected = [{"package": {"ecosystem": "PyPI", "name": "a"}, "versions": ["1.0"]}]
    source = world.root.parent / "feed.json"
    source.write_text(json.dumps({"id": "EX-1", "modified": modified, "affected": affected, **changes}), "utf-8")
    import_feed(source, world.state, name="mine", now=datetime(2026, 11, 22, tzinfo=UTC), progress=lambda *_: None)


def evidence(assessment: Assessment, check: str) -> EvidenceRef:
    (found,) = [one for one in assessment.evidence if one.check == check]
    return found


def findings(assessment: Assessment, check: str) -> list[Finding]:
    return [one for one in assessment.findings if one.check == check]


def test_without_a_feed_nothing_was_compared_and_that_never_passes(tmp_path: Path) -> None:
    here = world(tmp_path)
    here.write("requirements.txt", f"a==2.0 {HASH}\n")
    found = evidence(here.assess(), "ACC230")
    assert found.state == "not-run"
    assert "no feed of vulnerabilities was imported" in (found.reason or "")


def test_a_fresh_feed_without_a_hit_passes_and_a_hit_fails(tmp_path: Path) -> None:
    here = world(tmp_path)
    feed(here)
    here.write("requirements.txt", f"a==2.0 {HASH}\n")
    assert evidence(here.assess(), "ACC230").state == "pass"
    here.write("requirements.txt", f"a==1.0 {HASH}\n")
    assessment = here.assess()
    assert evidence(assessment, "ACC230").state == "fail"
    assert "[mine of 2026-11-20]" in findings(assessment, "ACC230")[0].message


@pytest.mark.parametrize(("level", "modified", "state"), [
    ("baseline", "2026-09-01T00:00:00Z", "pass"), ("baseline", "2026-08-01T00:00:00Z", "error"),
    ("standard", "2026-11-01T00:00:00Z", "pass"), ("standard", "2026-10-01T00:00:00Z", "error"),
    ("critical", "2026-11-20T00:00:00Z", "pass"), ("critical", "2026-11-10T00:00:00Z", "error"),
])  # fmt: skip
def test_how_old_a_feed_may_be_depends_on_the_level(level: str, modified: str, state: str, tmp_path: Path) -> None:
    here = world(tmp_path, level=level)
    feed(here, modified=modified)
    here.write("requirements.txt", f"a==2.0 {HASH}\n")
    assert evidence(here.assess(), "ACC230").state == state


def test_a_setting_can_ask_for_fresher_feeds(tmp_path: Path) -> None:
    here = world(tmp_path)
    feed(here, modified="2026-11-01T00:00:00Z")
    here.write("requirements.txt", f"a==2.0 {HASH}\n")
    here.write("accord.toml", "feed_days = 5\n")
    assert evidence(here.assess(), "ACC230").state == "error"


def test_a_feed_of_another_ecosystem_is_no_answer(tmp_path: Path) -> None:
    here = world(tmp_path)
    feed(here)
    here.write(
        "package-lock.json", json.dumps({"packages": {"node_modules/a": {"version": "1.0.0", "integrity": "x"}}})
    )
    assert "covers npm" in (evidence(here.assess(), "ACC230").reason or "")


def test_packages_without_a_version_are_not_looked_at(tmp_path: Path) -> None:
    here = world(tmp_path)
    feed(here)
    here.write("requirements.txt", "a>=2.0\n")
    found = evidence(here.assess(), "ACC230")
    assert found.state == "not-run"
    assert "no version that could be compared" in (found.reason or "")


def test_a_new_feed_makes_old_evidence_run_anew(tmp_path: Path) -> None:
    here = world(tmp_path)
    feed(here)
    here.write("requirements.txt", f"a==2.0 {HASH}\n")
    assert evidence(here.assess(), "ACC230").state == "pass"
    feed(here, affected=[{"package": {"ecosystem": "PyPI", "name": "a"}, "versions": ["2.0"]}])
    assert evidence(here.assess(), "ACC230").state == "fail"


def test_the_evidence_names_the_feed_its_age_and_its_digest(tmp_path: Path) -> None:
    from accord.assess.context import Look
    from accord.assess.context import World as Surroundings
    from accord.assess.inputs import Inputs
    from accord.assess.prepare import prepare
    from accord.scan.supply.feeds import list_feeds

    here = world(tmp_path)
    feed(here)
    feeds = list_feeds(here.state)
    declared = prepare(here.asked())
    inventory = declared.inventory
    look = Look(
        Surroundings(
            system=declared.system,
            assets=inventory.assets,
            catalogue=declared.catalogue,
            threats=None,
            inputs=Inputs(manifest=declared.manifest, assets=inventory.assets, files=inventory.files, feeds=feeds),
            now=here.now,
            feeds=feeds,
        ),
        network=False,
    )
    assert look.feeds.days == 90
    (told,) = [one for one in look.inputs if one.kind == "feed"]
    assert (told.name, told.digest) == ("mine 2026-11-20T00:00:00Z", feeds[0].digest)


def test_a_declared_dataset_of_personal_data_is_no_finding(tmp_path: Path) -> None:
    here = world(tmp_path / "one")
    here.write("data/rows.csv", "id,text\n1,DE89370400440532013000\n")
    assert findings(here.assess(), "ACC235")
    here = world(tmp_path / "two", sensitivity="personal")
    here.write("data/rows.csv", "id,text\n1,DE89370400440532013000\n")
    assert findings(here.assess(), "ACC235") == []


def test_a_dataset_that_is_not_read_is_not_passed(tmp_path: Path) -> None:
    here = world(tmp_path)
    here.write("data/rows.csv", b"PAR1" + bytes(100))
    assessment = here.assess()
    assert evidence(assessment, "ACC234").state == "not-run"
    assert evidence(assessment, "ACC235").state == "not-run"


def test_where_a_secret_stands_in_a_table_is_told(tmp_path: Path) -> None:
    here = world(tmp_path)
    token = "glpat" + "-" + "Zx81kQpL2vN7rT4mWc9B"
    here.write("data/rows.csv", "id,text\n1,hello\n2," + token + "\n")
    (finding,) = findings(here.assess(), "ACC234")
    assert (finding.where.path, finding.where.line) == ("data/rows.csv", 3)


def test_a_contact_in_a_prompt_is_no_leak_and_a_list_of_customers_is(tmp_path: Path) -> None:
    here = world(tmp_path)
    here.write("prompts/system.md", "Send them to anna.k@firm.co.uk if they ask.\n")
    assert findings(here.assess(), "ACC236") == []
    here.write("prompts/system.md", "anna.k@firm.co.uk, ben.l@firm.co.uk, carl.m@firm.co.uk\n")
    assert len(findings(here.assess(), "ACC236")) == 1


def test_without_a_history_there_is_nothing_to_leak(tmp_path: Path) -> None:
    assert evidence(world(tmp_path).assess(), "ACC233").state == "pass"
