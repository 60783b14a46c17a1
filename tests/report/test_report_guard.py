"""The report on the guard's log: the answer first, every number from the log, nothing of a stranger's in the page."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable
from datetime import date

import yaml

from accord.core.canon import Digest
from accord.core.guard import GuardAllowed, GuardPolicy
from accord.guard.monitor.entries import Entry, entry_of
from accord.report.guard_log import MOST, Told, told
from accord.report.guard_page import headline, lines, render
from accord.report.imprint import holds

TODAY = date(2026, 11, 22)


def entry(number: int, outcome: str = "block", **more: object) -> Entry | None:
    said = {
        "decision": f"d{number}",
        "time": f"2026-11-22T11:00:{number % 60:02d}Z",
        "kind": "request",
        "outcome": outcome,
    }
    return entry_of(json.dumps({**said, **more}).encode())


def of(log: Iterable[Entry | None], policy: GuardPolicy | None = None) -> Told:
    return told(log, policy=policy, today=TODAY)


def test_reasons_are_counted_and_the_most_frequent_comes_first() -> None:
    log = [entry(1, code="R-one"), entry(2, code="canary"), entry(3, code="canary"), entry(4, "allow"), None]
    found = of(log)
    assert [(one.code, one.count) for one in found.reasons] == [("canary", 2), ("R-one", 1)]
    assert (found.decisions, found.bad) == (4, 1)
    assert headline(found) == "3 requests stopped"


def test_what_many_callers_send_is_to_be_looked_at_first() -> None:
    rare = [entry(n, code="detector", text="sha256:aa", key="one", hits=[{"score": 0.99}]) for n in range(5)]
    common = [entry(n, code="detector", text="sha256:bb", key=f"k{n}", hits=[{"score": 0.97}]) for n in range(3)]
    found = of([*rare, *common])
    assert [(one.entry.text, one.count, one.callers) for one in found.reviews] == [
        ("sha256:bb", 3, 3),
        ("sha256:aa", 5, 1),
    ]


def test_a_bypass_is_said_before_everything_else() -> None:
    found = of([entry(1), entry(2, "flag", kind="bypass", code="open", message="the guard failed: open")])
    assert headline(found) == "1 request passed unseen"
    assert [one.decision for one in found.bypasses] == ["d2"]


def test_what_shadow_let_go_is_said() -> None:
    assert headline(of([entry(1, enforced=False), entry(2)])) == "1 request not stopped"


def test_exceptions_show_their_owner_and_what_is_left_of_them() -> None:
    made = GuardAllowed(
        rule="detector", text=Digest("sha256:aa"), by="a@example.org", reason="menu", expires=date(2026, 12, 2)
    )
    found = of([], GuardPolicy(guard=1, allow=(made,)))
    assert [one.days for one in found.exempted] == [10]
    assert any("a@example.org: 10 days left" in line for line in lines(found))


def test_the_use_of_an_exception_is_counted_and_what_was_stopped_before_it_is_not() -> None:
    made = GuardAllowed(
        rule="detector", text=Digest("sha256:aa"), by="a@example.org", reason="menu", expires=date(2026, 11, 23)
    )
    uses = [entry(n, "allow", code="detector", text="sha256:aa", message="menu") for n in range(3)]
    found = of([entry(9, code="detector", text="sha256:aa"), *uses], GuardPolicy(guard=1, allow=(made,)))
    assert [one.used for one in found.exempted] == [3]
    assert any(line.endswith("1 day left, used 3 times") for line in lines(found))
    assert "used 3 times" in render(found, name="log", today=TODAY)


def test_a_text_that_a_rule_stopped_is_to_be_looked_at_and_a_canary_is_not() -> None:
    code = "rule-0f73e0d5f69aef8b"
    found = of([entry(1, code=code, text="sha256:aa"), entry(2, code="canary", text="sha256:bb")])
    assert [one.entry.code for one in found.reviews] == [code]


def test_an_empty_log_is_a_report_too() -> None:
    found = of([])
    assert headline(found) == "Nothing decided yet"
    assert "no decision yet" in render(found, name="log", today=TODAY)


def test_the_page_is_whole_and_harmless_whatever_the_log_holds() -> None:
    hostile = '<script>alert(1)</script>"\u202e'
    log = [
        entry(n, code=hostile, message=hostile, excerpt=hostile, path=[hostile], text="sha256:cc", key=hostile)
        for n in range(3)
    ]
    page = render(of([*log, entry(9, code="detector", text=hostile, excerpt=hostile)]), name=hostile, today=TODAY)
    assert holds(page)
    assert "<script" not in page
    assert "\u202e" not in page
    assert 'content="default-src' in page


def test_the_most_frequent_reasons_and_texts_are_shown_and_the_others_are_counted() -> None:
    seldom = [entry(n, code=f"detector-{n}", text=f"sha256:{n:04x}") for n in range(MOST + 60)]
    often = [entry(n, code="rule-0f73e0d5f69aef8b", text="sha256:ffff") for n in range(3)]

    found = of([*seldom, *often])

    assert (len(found.reasons), found.more_reasons) == (MOST, 61)
    assert (len(found.reviews), found.more_reviews) == (MOST, 61)
    assert found.reasons[0].code == found.reviews[0].entry.code == "rule-0f73e0d5f69aef8b"
    assert any("and 251 more reasons" in line for line in lines(found))
    assert "And 61 more reasons" in render(found, name="log", today=TODAY)


def test_an_exception_to_paste_says_what_was_stopped_whatever_the_log_holds() -> None:
    code = 'detector, text: "sha256:00"}'
    page = render(of([entry(1, code=code, text="sha256:ab")]), name="log", today=TODAY)

    (pasted,) = re.findall(r"<pre>(.*?)</pre>", page)

    (made,) = yaml.safe_load(html.unescape(pasted))
    assert (made["rule"], made["text"]) == (code, "sha256:ab")


def test_what_is_no_digest_stands_for_no_text() -> None:
    assert of([entry(1, code="detector", text="sha256:ab, by: anyone")]).reviews == ()
