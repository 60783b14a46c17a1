"""The page: what stands in it, what can never stand in it, and how large it gets."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.core.assessment import Assessment, Outcome
from accord.report import html, imprint, svg

Make = Callable[..., Assessment]
Hostile = Callable[[Assessment, str], Assessment]
ATTACKS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</style><script>x</script>",
    "'onclick='x",
    "{{ 7*7 }}{% for x in y %}",
    "</pre><iframe>",
    "\x1b[31mred\x07",
    "\u202eevil\u2066",
    "\ud800\udc80",
    "javascript:alert(1)",
    "x" * 20_000,
)


class Page(HTMLParser):
    """Everything of a page that tests ask about."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(key, value or "") for key, value in attrs]

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.attributes if key == name]


def written(assessment: Assessment) -> str:
    out = io.StringIO()
    html.write(assessment, out)
    return out.getvalue()


def test_all_provisions_stand_in_the_page_once(make: Make) -> None:
    assessment = make()
    anchors = Page(written(assessment)).all("id")
    assert len(assessment.provisions) == 104
    for verdict in assessment.provisions:
        assert anchors.count(f"p-{verdict.id}") == 1


def test_provisions_without_a_check_say_so(make: Make) -> None:
    assessment = make()
    without = sum(verdict.no_check for verdict in assessment.provisions)
    assert without > 0
    assert f"{without} provisions</a>" in written(assessment)
    assert "no check yet:" in written(assessment)


@pytest.mark.parametrize("findings", [0, 6, 90])
def test_every_link_leads_to_a_place_in_the_page_and_no_id_stands_twice(make: Make, findings: int) -> None:
    page = Page(written(make(findings=findings)))
    anchors = page.all("id")
    assert {link[1:] for link in page.all("href")} <= set(anchors)
    assert len(anchors) == len(set(anchors))
    assert all(link.startswith("#") for link in page.all("href"))


def test_the_first_screen_answers_in_order(make: Make) -> None:
    page = written(make())
    order = [
        ">Do not release<",
        'class="why"',
        ">What was not looked at<",
        ">Who says so<",
        ">What turns the gate green<",
    ]
    assert [page.index(one) for one in order] == sorted(page.index(one) for one in order)


def test_a_passing_assessment_says_so_and_lists_nothing_to_do(make: Make) -> None:
    page = written(make(findings=0))
    assert ">May be released<" in page
    assert "What turns the gate green" not in page


def test_states_have_a_shape_and_a_word(make: Make) -> None:
    page = written(make())
    for outcome in Outcome:
        assert f'<symbol id="i-{outcome}"' in page
    assert re.search(r'href="#i-not-met"/></svg>not met</span>', page)


def test_the_policy_allows_the_one_style_sheet_and_nothing_else(make: Make) -> None:
    page = written(make())
    style = re.search(r"<style>(.*?)</style>", page, re.S)
    assert style
    policy = html.policy(style[1])
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert policy.replace("'", "&#39;") in page
    assert "style=" not in page.replace(style[1], "")


def test_headings_go_down_by_one_level_at_a_time(make: Make) -> None:
    levels = [int(tag[1]) for tag in Page(written(make())).tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


@pytest.mark.parametrize("attack", ATTACKS)
def test_hostile_text_in_every_field_stays_text(make: Make, poisoned: Hostile, attack: str) -> None:
    page = written(poisoned(make(), attack))
    calm = Page(written(make()))
    seen = Page(page)
    assert set(seen.tags) <= set(calm.tags)
    assert {key for key, _ in seen.attributes} <= {key for key, _ in calm.attributes}
    assert all(link.startswith("#") for link in seen.all("href"))
    assert "49" not in re.findall(r"<h1>(.*?)</h1>", page, re.S)[0]
    page.encode()


@given(st.text(max_size=60))
def test_no_text_brings_a_control_character_a_script_or_a_handler(make: Make, poisoned: Hostile, hostile: str) -> None:
    page = written(poisoned(make(evidence=8), hostile))
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]", page)
    seen = Page(page)
    assert "script" not in seen.tags
    assert not [key for key, _ in seen.attributes if key.startswith("on")]


def test_two_hundred_findings_fit_in_150_kilobytes(make: Make) -> None:
    assert len(written(make(findings=200)).encode()) <= 150_000


def test_ten_thousand_assets_and_forty_thousand_records_stay_bounded_and_say_what_is_left_out(make: Make) -> None:
    page = written(make(findings=2_000, assets=10_000, evidence=40_000))
    assert len(page.encode()) < 500_000
    assert "9,500 assets more: they are in the JSON document" in page
    assert page.count('<li id="f-') == html.MOST
    assert page.count('<tr id="e-') == html.MOST
    assert len(re.findall(r"[\d,]+ findings more of severity", page)) >= 1


def test_a_page_of_all_provisions_takes_less_than_three_tenths_of_a_second(make: Make) -> None:
    assessment = make()
    written(assessment)
    start = time.process_time()
    written(assessment)
    assert time.process_time() - start < 0.3


def test_excerpts_keep_their_spaces(make: Make) -> None:
    finding = replace(make().findings[0], excerpt="a:\n\n    b:  1")
    assert "<pre>a:\n\n    b:  1</pre>" in written(replace(make(), findings=(finding,)))


def test_equal_assessments_give_equal_bytes_and_a_checksum_that_holds(make: Make) -> None:
    assert written(make()) == written(make())
    assert imprint.holds(written(make()))


def test_a_bar_says_in_its_title_what_it_draws() -> None:
    parts = [svg.Part(Outcome.MET, 3), svg.Part(Outcome.NOT_MET, 1), svg.Part(Outcome.PARTLY, 0)]
    drawn = svg.bar(parts, title='<3 met> & "1 not met"')
    assert "<title>&lt;3 met&gt; &amp; &quot;1 not met&quot;</title>" in drawn
    assert drawn.count("<rect") == 2


@given(st.lists(st.integers(0, 10_000), min_size=5, max_size=5))
def test_the_parts_of_a_bar_stay_within_it(numbers: list[int]) -> None:
    parts = [svg.Part(outcome, number) for outcome, number in zip(Outcome, numbers, strict=True)]
    drawn = svg.bar(parts, title="x", width=160)
    boxes = re.findall(r'<rect class="[a-z-]+" x="([\d.]+)" y="[\d.]+" width="([\d.]+)"', drawn)
    assert len(boxes) == sum(number > 0 for number in numbers)
    assert all(float(left) + float(size) <= 161 for left, size in boxes)
