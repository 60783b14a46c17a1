"""Whatever ends an assessment, and whenever: no finished evidence is lost or counted twice."""

from __future__ import annotations

import json
import random
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import pytest

Accord = Callable[..., Any]

ACCORD: Final = str(Path(sys.executable).parent / "accord")
CHECKS: Final = 20
PROMPTS: Final = 10
SEED: Final = 20261122
CHECK: Final = '''
"""Is busy for a while."""
import time
from accord.core import Finding, Place, check


@check("ACME{number:03}", on=("prompt",), bears_on=("2.4.a/register-present",), since="1.0")
def busy(asset, ctx):
    """Is busy.

    ## What it does
    Burns time.

    ## Why it matters
    Tests do.

    ## Example
    None.

    ## Fix
    None.

    ## References
    - CWE-1
    """
    until = time.perf_counter() + 0.008
    while time.perf_counter() < until:
        pass
    if {number} % 7 == 0:
        yield Finding(message="this is odd", where=Place(path=asset.path), fix="mend it")
'''


class Place(NamedTuple):
    """A system, its state, and the environment that assesses it."""

    root: Path
    state: Path
    environ: Mapping[str, str]

    def start(self) -> subprocess.Popen[bytes]:
        """Start an assessment in a session of its own."""
        return subprocess.Popen(
            [ACCORD, "assess", str(self.root), "--plugin", "acme-busy", "--format", "json"],
            env=self.environ,
            cwd=self.root,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    def finish(self) -> Any:
        """Run an assessment to its end and return it."""
        process = self.start()
        out, err = process.communicate(timeout=120)
        assert process.returncode in {0, 1}, err.decode()[-2000:]
        return json.loads(out)

    def rows(self) -> dict[str, str]:
        """Return the state of each record that is committed, by its id."""
        file = self.state / "accord.db"
        if not file.exists():
            return {}
        connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=5)
        try:
            return dict(connection.execute("SELECT id, state FROM evidence"))
        except sqlite3.OperationalError:  # no table yet, or between two steps of the migration
            return {}
        finally:
            connection.close()

    def entries(self) -> int:
        """Return the number of assessments that are filed."""
        connection = sqlite3.connect(f"file:{self.state / 'accord.db'}?mode=ro", uri=True, timeout=5)
        try:
            return int(connection.execute("SELECT count(*) FROM assessment").fetchone()[0])
        finally:
            connection.close()


@pytest.fixture
def place(tmp_path: Path, environ: dict[str, str]) -> Place:
    """Return a system of ten prompts and a stranger's twenty slow checks."""
    root, site, state = tmp_path / "system", tmp_path / "site", tmp_path / "state"
    (root / "prompts").mkdir(parents=True)
    names = [f"p{number}" for number in range(PROMPTS)]
    for name in names:
        (root / "prompts" / f"{name}.md").write_text(f"You are {name}.\n")
    listed = "\n".join(f"    - {{id: {name}, path: prompts/{name}.md}}" for name in names)
    (root / "accord.yaml").write_text(
        "accord: 1\nsystem: {id: sample, name: Sample, version: '1', purpose: answers, kind: [llm-app]}\n"
        "owners: {system-owner: owner@example.org}\nprofile: {level: baseline}\n"
        f"components:\n  prompts:\n{listed}\n"
    )
    package = site / "acme_busy"
    package.mkdir(parents=True)
    (package / "__init__.py").write_text('"""Slow checks."""\n')
    for number in range(CHECKS):
        (package / f"c{number}.py").write_text(textwrap.dedent(CHECK).format(number=number))
    info = site / "acme_busy-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-busy\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[accord.checks]\nacme = acme_busy\n")
    extra = {"PYTHONPATH": str(site), "ACCORD_HOME": str(state), "ACCORD_NOW": "2026-11-22T12:00:00Z"}
    return Place(root, state, {**environ, **extra})


def in_session(session: int) -> Iterator[int]:
    """Yield the processes of a session that still live."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[3]) == session and fields[0] != "Z":
                yield int(entry.name)


def left_over(session: int) -> list[int]:
    """Return what still lives of a session when it has had two seconds to end."""
    until = time.monotonic() + 2
    while (alive := list(in_session(session))) and time.monotonic() < until:
        pass
    return alive


def said(assessment: Any) -> Any:
    """Return what an assessment says, without when, how long, by which key, and the ids that follow from these."""
    evidence = [
        {key: ref[key] for key in ref if key not in {"id", "reused", "seconds", "collected"}}
        for ref in assessment["evidence"]
    ]
    verdicts = [(one["id"], one["verdict"], one["reasons"]) for one in assessment["provisions"]]
    reasons = [(one["provision"], one["message"], len(one["evidence"])) for one in assessment["gate"]["reasons"]]
    return evidence, verdicts, reasons, assessment["findings"], assessment["subject"], assessment["counts"]


def check_whole(place: Place, assessment: Any, kept: Mapping[str, str], accord: Accord) -> None:
    """Check that everything that was kept is used, once, and that the state is good."""
    ids = [ref["id"] for ref in assessment["evidence"]]
    assert len(ids) == len(set(ids))
    again = {ref["id"] for ref in assessment["evidence"] if ref["reused"]}
    assert {one for one, state in kept.items() if state in {"pass", "fail"} and one in ids} <= again
    acme = {ref["id"] for ref in assessment["evidence"] if ref["check"].startswith("ACME")}
    lost = [one for one in kept if one not in ids and one in acme]
    assert not lost
    checked = accord("verify", place.state, cwd=place.root)
    assert checked.code == 0, checked.out


def acme_rows(place: Place) -> dict[str, str]:
    """Return the committed records of the stranger's checks: their evidence is always used again."""
    file = place.state / "accord.db"
    connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=5)
    try:
        return dict(connection.execute("SELECT id, state FROM evidence WHERE \"check\" LIKE 'ACME%'"))
    except sqlite3.OperationalError:
        return {}
    finally:
        connection.close()


def interrupt(place: Place, *, rows: int, delay: float, how: signal.Signals) -> tuple[int, bytes, int]:
    """Start, wait for a number of committed records and a moment more, and send a signal."""
    process = place.start()
    while len(place.rows()) < rows and process.poll() is None:
        pass
    until = time.monotonic() + delay
    while time.monotonic() < until and process.poll() is None:
        pass
    process.send_signal(how)
    _, err = process.communicate(timeout=60)
    return process.returncode, err, process.pid


@pytest.fixture
def unbroken(place: Place, tmp_path: Path) -> Any:
    """Return what an assessment says that nothing interrupts."""
    calm = place._replace(environ={**place.environ, "ACCORD_HOME": str(tmp_path / "calm")})
    return said(calm.finish())


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_an_interrupted_assessment_is_finished_by_the_next(
    how: signal.Signals, place: Place, unbroken: Any, accord: Accord, tmp_path: Path
) -> None:
    chance = random.Random(SEED)
    for point in range(12):
        own = place._replace(state=tmp_path / f"state{point}")
        own = own._replace(environ={**place.environ, "ACCORD_HOME": str(own.state)})
        code, err, session = interrupt(
            own, rows=point * 18 + (how is signal.SIGINT), delay=chance.random() * 0.15, how=how
        )
        assert left_over(session) == []
        kept = acme_rows(own) if own.rows() else {}
        if how is signal.SIGINT and code not in {0, 1}:
            assert (code, b"Traceback" in err) == (3, False), err.decode()[-2000:]
        if code in {0, 1}:  # it was over before the signal came
            continue
        assessment = own.finish()
        assert set(kept) <= {ref["id"] for ref in assessment["evidence"]}, "evidence was lost"
        check_whole(own, assessment, kept, accord)
        assert own.entries() == 1
        assert said(assessment) == unbroken


def test_evidence_outlives_many_kills_in_a_row(place: Place, unbroken: Any, accord: Accord) -> None:
    seen: dict[str, str] = {}
    for rows in (20, 60, 100, 140, 180):
        interrupt(place, rows=rows, delay=0.0, how=signal.SIGKILL)
        now = acme_rows(place)
        assert seen.keys() <= now.keys()
        seen = now
    assessment = place.finish()
    assert set(seen) <= {ref["id"] for ref in assessment["evidence"]}
    check_whole(place, assessment, seen, accord)
    assert said(assessment) == unbroken


def test_a_stop_says_what_becomes_of_the_evidence(place: Place) -> None:
    code, err, _ = interrupt(place, rows=64, delay=0.0, how=signal.SIGINT)
    assert (code, err.decode().count("stopped; finished evidence is kept")) == (3, 1), err.decode()


def test_two_assessments_at_once_both_finish(place: Place, unbroken: Any, accord: Accord) -> None:
    first, second = place.start(), place.start()
    results = []
    for process in (first, second):
        out, err = process.communicate(timeout=120)
        assert process.returncode in {0, 1}, err.decode()[-2000:]
        results.append(json.loads(out))
    assert said(results[0]) == said(results[1]) == unbroken
    assert place.entries() == len({one["id"] for one in results})
    check_whole(place, results[1], {}, accord)
    assert (left_over(first.pid), left_over(second.pid)) == ([], [])
