"""`accord report --verify` on what a campaign wrote: whole documents pass, and any change is told."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accord.core.campaign import Campaign
from accord.core.errors import AccordError
from accord.report import (
    campaign_hitlog,
    campaign_html,
    campaign_inspect,
    campaign_json,
    campaign_junit,
    campaign_sarif,
    campaign_text,
    integrity,
)
from accord.report.campaign_json import INTEGRITY, trial_lines

from . import campaigns
from .verifying import refused_or_told, told

RENDERERS: Mapping[str, Callable[[Campaign], str]] = {
    "json": campaign_json.render,
    "html": campaign_html.render,
    "sarif": campaign_sarif.render,
    "junit.xml": campaign_junit.render,
    "txt": campaign_text.render,
}


def export(campaign: Campaign, form: str, folder: Path) -> Path:
    path = folder / f"campaign.{form}"
    path.write_text(RENDERERS[form](campaign), encoding="utf-8", newline="")
    return path


PASSING = re.compile(r'  "(?:created|seconds|requests|tokens|money)":')
"""Lines of `campaign.json` that differ from run to run, so that its digest leaves them out."""


def sealed_again(folder: Path, **changes: object) -> Path:
    """Write a `campaign.json` that somebody changed on purpose, with a digest that fits."""
    said: dict[str, Any] = {**campaign_json.document(campaigns.campaign()), **changes}
    said[INTEGRITY] = campaign_json.sealed(said)
    path = folder / "campaign.json"
    path.write_text(json.dumps(said), encoding="utf-8")
    return path


@pytest.mark.parametrize("form", RENDERERS)
@pytest.mark.parametrize(("broken", "quiet"), [(0, 0), (0, 3), (3, 40), (90, 700)])
def test_what_we_wrote_has_no_problem(tmp_path: Path, form: str, broken: int, quiet: int) -> None:
    campaign = campaigns.campaign(broken=broken, quiet=quiet)
    if not campaign.gate.reasons:
        campaign = replace(campaign, gate=replace(campaign.gate, passed=True))
    assert told(export(campaign, form, tmp_path)) == ""


@pytest.mark.parametrize("form", RENDERERS)
@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_one_changed_letter_or_digit_is_a_problem(tmp_path: Path, form: str, data: st.DataObject) -> None:
    path = export(campaigns.campaign(broken=1, quiet=3, unfit=2), form, tmp_path)
    text = path.read_text("utf-8")
    spots = [number for number, char in enumerate(text) if char.isascii() and char.isalnum()]
    spots = [spot for spot in spots if not PASSING.match(text, text.rfind("\n", 0, spot) + 1)]
    spot = data.draw(st.sampled_from(spots))
    path.write_text(text[:spot] + ("8" if text[spot] != "8" else "9") + text[spot + 1 :], encoding="utf-8", newline="")
    assert refused_or_told(path)


@pytest.mark.parametrize("form", RENDERERS)
def test_a_document_that_was_cut_is_a_problem(tmp_path: Path, form: str) -> None:
    path = export(campaigns.campaign(), form, tmp_path)
    path.write_text(path.read_text("utf-8")[:-300], encoding="utf-8", newline="")
    assert integrity.problems(path)


def test_numbers_that_do_not_agree_are_told_even_when_sealed_again(tmp_path: Path) -> None:
    assert told(sealed_again(tmp_path)) == ""
    assert "broke says 0" in told(sealed_again(tmp_path, outcomes={"broke": 0, "held": 130, "unsure": 24, "error": 0}))
    cases = [dict(case) for case in json.loads(campaign_json.render(campaigns.campaign()))["cases"]]
    cases[0]["asr_upper"] = 0.01
    assert "the share and bounds of case-000" in told(sealed_again(tmp_path, cases=cases))


def test_a_case_that_failed_and_is_named_by_no_reason_is_told(tmp_path: Path) -> None:
    said = told(sealed_again(tmp_path, gate={"passed": True, "reasons": [], "undecided": False}))
    assert "the case case-000 did not hold, and no reason of the gate names it" in said


def test_a_reason_for_a_case_that_is_not_there_is_told(tmp_path: Path) -> None:
    gate = {"passed": False, "reasons": [{"case": "nobody", "message": "x"}], "undecided": False}
    assert "a reason names the case nobody" in told(sealed_again(tmp_path, gate=gate))


def test_an_unknown_member_is_told_even_when_sealed_again(tmp_path: Path) -> None:
    assert "extra" in told(sealed_again(tmp_path, extra=1))


@pytest.mark.parametrize(
    "added", ["<script>alert(1)</script>", '<p onclick="x">', '<a href="https://example.org">x</a>']
)
def test_a_page_with_something_added_is_told(tmp_path: Path, added: str) -> None:
    path = export(campaigns.campaign(), "html", tmp_path)
    path.write_text(path.read_text("utf-8").replace("</main>", f"{added}</main>"), encoding="utf-8", newline="")
    assert "which no page of ours does" in told(path)


def test_lines_of_trials_pass_and_a_broken_or_repeated_one_is_told_with_its_number(tmp_path: Path) -> None:
    said = campaigns.said()
    good = list(trial_lines([one.trial for one in said], {at: one.result for at, one in enumerate(said)}))
    path = tmp_path / "trials.jsonl"
    path.write_bytes(b"".join(good))
    assert integrity.problems(path) == ()
    path.write_bytes(b"".join([*good, good[0], good[1].replace(b'"held"', b'"fine"'), b"{\n"]))
    assert [(problem.where.line, problem.message[:13]) for problem in integrity.problems(path)] == [
        (7, "the trial att"), (8, "it is no line"), (9, "it is no line"),
    ]  # fmt: skip


def test_a_log_for_another_tool_is_refused_and_not_called_broken(tmp_path: Path) -> None:
    said = campaigns.said()
    logs = (
        campaign_inspect.pieces(campaigns.campaign(), said, samples=len(said)),
        campaign_hitlog.pieces(campaigns.campaign(), said),
    )
    for number, log in enumerate(logs):
        path = tmp_path / f"campaign{number}.jsonl"
        path.write_text("".join(log), encoding="utf-8")
        with pytest.raises(AccordError, match="written for another tool"):
            integrity.problems(path)


@pytest.mark.parametrize(
    "content",
    [
        b'{"campaign": 1, "plan": 2}',
        b'{"campaign": {}, "plan": [], "integrity": NaN}',
        b'{"campaign": "x", "plan": "y", "cases": ' + b"[" * 5_000,
        b'{"runs": [], "properties": {"accord/campaign": 1, "accord/integrity": "x"}}',
        b'{"runs": [{}], "properties": {"accord/campaign": "0123456789abcdef", "accord/integrity": "x"}}',
    ],
)
def test_a_hostile_document_is_a_problem_and_no_crash(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "campaign.json"
    path.write_bytes(content)
    assert integrity.problems(path)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["cases", "gate", "outcomes", "id", "integrity", "reasons"]), inner, max_size=4
            )
        ),
        max_leaves=12,
    )
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_document_that_looks_like_a_campaign_is_a_problem(tmp_path: Path, value: object) -> None:
    path = tmp_path / "campaign.json"
    path.write_text(json.dumps({"campaign": "x", "plan": value, "cases": value, "gate": value}), encoding="utf-8")
    assert integrity.problems(path)
