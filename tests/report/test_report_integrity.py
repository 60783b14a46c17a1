"""`accord report --verify`: whole documents pass, and any change is told with its place."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accord.core.assessment import Assessment
from accord.core.errors import AccordError
from accord.record.statement import seal_assessment
from accord.report import integrity

from .verifying import refused_or_told, told

Make = Callable[..., Assessment]
FORMATS = {"json": "json", "html": "html", "sarif": "sarif", "junit": "junit.xml", "text": "txt", "markdown": "md"}


def export(assessment: Assessment, form: str, folder: Path) -> Path:
    out = io.StringIO()
    import_module(f"accord.report.{form}").write(assessment, out)
    path = folder / f"assessment.{FORMATS[form]}"
    path.write_text(out.getvalue(), encoding="utf-8", newline="")
    return path


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("findings", [0, 40])
def test_what_we_wrote_has_no_problem(make: Make, tmp_path: Path, form: str, findings: int) -> None:
    assert integrity.problems(export(make(findings=findings), form, tmp_path)) == ()


@pytest.mark.parametrize("form", FORMATS)
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_one_changed_letter_or_digit_is_a_problem(make: Make, tmp_path: Path, form: str, data: st.DataObject) -> None:
    path = export(make(), form, tmp_path)
    text = path.read_text("utf-8")
    spots = [number for number, char in enumerate(text) if char.isascii() and char.isalnum()]
    spot = data.draw(st.sampled_from(spots))
    path.write_text(text[:spot] + ("8" if text[spot] != "8" else "9") + text[spot + 1 :], encoding="utf-8", newline="")
    assert refused_or_told(path)


@pytest.mark.parametrize("form", FORMATS)
def test_a_document_that_was_cut_is_a_problem(make: Make, tmp_path: Path, form: str) -> None:
    path = export(make(), form, tmp_path)
    path.write_text(path.read_text("utf-8")[:-400], encoding="utf-8", newline="")
    assert integrity.problems(path)


def test_a_reference_that_leads_nowhere_is_told_even_when_sealed_again(make: Make, tmp_path: Path) -> None:
    assessment = make()
    forged = seal_assessment(replace(assessment, evidence=assessment.evidence[1:], findings=assessment.findings[:-1]))
    said = told(export(forged, "json", tmp_path))
    assert "rests on evidence" in said
    assert "names a finding" in said
    assert "digest of the rest" not in said


def test_a_missing_provision_is_told_even_when_sealed_again(make: Make, tmp_path: Path) -> None:
    forged = seal_assessment(replace(make(), provisions=make().provisions[1:]))
    assert "the provision 1.1.a is missing" in told(export(forged, "json", tmp_path))


def test_a_provision_that_stands_twice_is_told(make: Make, tmp_path: Path) -> None:
    forged = seal_assessment(replace(make(), provisions=(*make().provisions, make().provisions[0])))
    assert "1.1.a stands 2 times" in told(export(forged, "json", tmp_path))


def test_a_gate_that_passes_with_reasons_is_told(make: Make, tmp_path: Path) -> None:
    gate = replace(make().gate, passed=True)
    assert "the gate says one thing" in told(export(seal_assessment(replace(make(), gate=gate)), "json", tmp_path))


def test_an_unknown_member_is_told_with_its_place(make: Make, tmp_path: Path) -> None:
    path = export(make(), "json", tmp_path)
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | {"extra": 1}), encoding="utf-8")
    assert "extra" in told(path)


@pytest.mark.parametrize(
    "added", ["<script>alert(1)</script>", '<p onclick="x">', '<a href="https://example.org">x</a>']
)
def test_a_page_with_something_added_is_told_with_the_line(make: Make, tmp_path: Path, added: str) -> None:
    path = export(make(), "html", tmp_path)
    path.write_text(path.read_text("utf-8").replace("</main>", f"{added}</main>"), encoding="utf-8", newline="")
    found = integrity.problems(path)
    assert any("which no page of ours does" in one.message and (one.where.line or 0) > 10 for one in found)


@pytest.mark.parametrize(
    "content",
    [b"", b"hello\n", b"\x00\x01", b"PK\x03\x04", b"[1, 2]", b'"x"'],
)
def test_a_file_of_no_format_of_ours_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "thing.bin"
    path.write_bytes(content)
    with pytest.raises(AccordError, match="is no exported assessment"):
        integrity.problems(path)


@pytest.mark.parametrize(
    "content",
    [
        b"{" * 50_000,
        b'{"runs":' + b"[" * 50_000,
        b'{"runs": [], "properties": {}}',
        b'{"runs": 1, "version": 2}',
        b'{"accord": 1}',
        b"\xff\xfe",
        b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "b">]><testsuites>&a;</testsuites>',
        b"<?xml version='1.0'?><testsuites><oops>",
        b"<!DOCTYPE html><p>",
    ],
)
def test_a_hostile_document_is_a_problem_and_no_crash(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "hostile.json"
    path.write_bytes(content)
    assert integrity.problems(path)


@given(st.binary(max_size=300))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_are_a_problem_or_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "any"
    path.write_bytes(content)
    assert refused_or_told(path)


def test_a_problem_says_where_in_the_document_it_is(make: Make, tmp_path: Path) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text('{"accord": 1,\n  oops}', encoding="utf-8")
    assert [problem.place for problem in integrity.problems(broken)] == ["2:3"]
    forged = replace(make(), seconds=9.0)
    assert [problem.place for problem in integrity.problems(export(forged, "json", tmp_path))] == ["id"]


def test_a_file_that_is_missing_is_bad_input(tmp_path: Path) -> None:
    with pytest.raises(AccordError):
        integrity.problems(tmp_path / "nothing.json")
