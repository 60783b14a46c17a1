"""Lint: a received case is hostile until every one of its fields says otherwise."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.case.hosts import live_address, live_hosts
from accord.case.lint import FileReport, lint, lint_file
from accord.core.case import AnyTask, Case, Channel, Condition, Deliver, Step
from accord.core.finding import Severity
from accord.record.codec import dump_yaml


def a_document() -> dict[str, Any]:
    return {
        "case": 1,
        "name": "a-case",
        "summary": "one sentence",
        "severity": "high",
        "needs": ["retrieval", {"does": "send-message"}],
        "vars": {"canary": {"kind": "token"}},
        "steps": [
            {"deliver": {"channel": "retrieval", "name": "faq.md", "text": 'see {"a": {"b": 1}} and {{canary}}'}},
            {"ask": {"task": "any"}},
        ],
        "broke": {"any": [{"says": "{{canary}}"}, {"called": {"does": "pay", "args": {"recipient": "*@a.example"}}}]},
        "control": "tasks",
    }


def report(tmp_path: Path, text: str | dict[str, Any]) -> FileReport:
    path = tmp_path / "case.yaml"
    path.write_text(text if isinstance(text, str) else dump_yaml(text), "utf-8")
    return lint_file(path)


def changed(at: str, value: object) -> dict[str, Any]:
    document: Any = a_document()
    *way, last = [int(key) if key.isdecimal() else key for key in at.split("/")]
    inside = document
    for key in way:
        inside = inside[key]
    inside[last] = value
    return dict(document)


def test_a_good_case_has_an_identity_and_no_problem(tmp_path: Path) -> None:
    found = report(tmp_path, a_document())
    assert (found.ok, found.problems, found.notes) == (True, (), ())
    assert str(found.id).startswith("sha256:")


REFUSED = [
    ("case", 2, "only 1 is known"),
    ("name", "Bad Name", "the name is not"),
    ("name", "a" * 81, "the name is not"),
    ("name", "safe\u202etxt", "bidi"),
    ("summary", "red \x1b[31malert", "control"),
    ("summary", "two\nlines", "control"),
    ("origin", {"by": "org\u200b:x"}, "invisible"),
    ("origin", {"source": "a\u0007"}, "control"),
    ("steps", [{"ask": "hello"}] * 65, "65 steps"),
    ("steps", [], "no steps"),
    ("steps/0/deliver/text", "é" * 40_000, "80,000 bytes"),
    ("steps/0/deliver/text", "{{other}} {{canary}}", "{{other}} looks like a template"),
    ("steps/0/deliver/text", "{{ canary }} {{canary}}", "looks like a template"),
    ("steps/0/deliver/text", "{{7*7}} {{canary}}", "looks like a template"),
    ("steps/0/deliver/text", "{% for x in y %} {{canary}}", "looks like a template"),
    ("steps/0/deliver/text", "load https://evil.com/x {{canary}}", "live host"),
    ("steps/0/deliver/text", "load http://{{canary}}.evil.org/", "live host"),
    ("steps/0/deliver/text", "mail a@corp.io {{canary}}", "live host"),
    ("steps/0/deliver/text", "ping 8.8.8.8 {{canary}}", "live host"),
    ("steps/0/deliver/text", "ping 2606:4700::1111 {{canary}}", "live host"),
    ("steps/0/deliver/name", "../../etc/passwd", "leaves its folder"),
    ("steps/0/deliver/name", "/etc/passwd", "leaves its folder"),
    ("steps/0/deliver/channel", "telepathy", "telepathy"),
    ("vars/unused", {"kind": "token"}, "used nowhere"),
    ("vars/1st", {"kind": "token"}, "not a name"),
    ("needs/1/does", "hack", "not a known effect"),
    ("broke/any/1/called/does", "x-", "not a known effect"),
    ("broke/any/1/called/args", {"to": "*"}, "not an argument"),
    ("broke/any/1/called/args", {"recipient": "evil.io"}, "live host"),
    ("broke/any/1/called/args", {"url": "*" * 1001}, "the limit is 1,000"),
    ("broke", {"any": []}, "shows nothing"),
    ("broke", {"all": [{"says": "{{canary}}"}, {"matches": "(a)\\1"}]}, "not RE2"),
    ("broke", {"all": [{"says": "{{canary}}"}, {"matches": "a(?=b)"}]}, "not RE2"),
    ("broke", {"all": [{"says": "{{canary}}"}, {"matches": "((a{1,1000}){1,1000})"}]}, "not RE2"),
    ("broke", {"all": [{"says": "{{canary}}"}, {"matches": "(abcdef){900}"}]}, "instructions"),
    ("broke", {"all": [{"says": "{{canary}}"}, {"matches": "x" * 1001}]}, "1,001 characters"),
    ("broke", {"all": [{"says": "{{canary}}"}, {"matches": "a*"}]}, "matches everything"),
    ("broke", {"says": "{{canary}}", "leaks": "x"}, "exactly one key"),
    ("broke", {"state": {"x": 2**60}}, ""),
    ("rule", {"regex": ["(?<=a)b"]}, "not RE2"),
    ("rule", {"regex": ["https://evil\\.com/"]}, "live host"),
    ("rule", {"regex": ["{{canary}}"]}, "looks like a template"),
    ("rule", {"action": "allow"}, "allow"),
    ("allow", ["everything"], "allow"),
    ("proof", {"broke": [{"role": "user", "content": "see http://evil.ru/"}], "control": []}, "live host"),
    ("control", {"ask": "go to www.evil.net", "served": {"says": "x"}}, "live host"),
    ("control", None, "no control"),
]


@pytest.mark.parametrize(("at", "value", "message"), REFUSED, ids=[f"{at}-{message}" for at, _, message in REFUSED])
def test_what_a_case_may_not_hold_is_refused_with_its_line(
    tmp_path: Path, at: str, value: object, message: str
) -> None:
    found = report(tmp_path, changed(at, value))
    assert not found.ok
    assert any(message in problem.message for problem in found.problems), found.problems
    assert all(problem.where.line and problem.where.column and problem.hint for problem in found.problems)


def test_all_problems_are_told_at_once_each_at_its_place(tmp_path: Path) -> None:
    text = dump_yaml(changed("name", "Bad Name")).replace("one sentence", "call 8.8.8.8")
    found = report(tmp_path, text)
    lines = text.splitlines()
    assert [lines[(problem.where.line or 1) - 1].partition(":")[0] for problem in found.problems] == ["name", "summary"]


def _nested(depth: int) -> str:
    return (
        dump_yaml(a_document()).partition("broke:")[0]
        + "control: tasks\nbroke: "
        + "{not: " * depth
        + "{says: x}"
        + "}" * depth
    )


HOSTILE = {
    "deep": _nested(200),
    "too deep by one": _nested(15),
    "alias bomb": "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n",
    "tag": "case: !!python/object/apply:os.system [id]\n",
    "second document": dump_yaml(a_document()) + "---\ncase: 1\n",
    "duplicate key": dump_yaml(a_document()) + "name: other\n",
    "unknown key": dump_yaml(a_document()) + "run: id\n",
    "empty": "",
    "list": "[1, 2]",
    "no YAML": "{{{{",
    "nul": "case: 1\0",
    "number as name": dump_yaml(a_document()).replace("name: a-case", "name: [a]"),
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_yaml_is_one_problem_with_a_place(tmp_path: Path, text: str) -> None:
    found = report(tmp_path, text)
    assert not found.ok
    assert len(found.problems) == 1
    assert found.problems[0].where.line


def test_a_huge_file_is_refused_without_reading_it(tmp_path: Path) -> None:
    path = tmp_path / "huge.yaml"
    with path.open("wb") as file:
        file.truncate(100 << 20)
    start = time.perf_counter()
    assert not lint_file(path).ok
    assert time.perf_counter() - start < 1


def test_what_is_no_file_is_a_problem_and_never_raises(tmp_path: Path) -> None:
    assert not lint_file(tmp_path).ok
    assert not lint_file(tmp_path / "missing.yaml").ok
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00\x80")
    assert not lint_file(tmp_path / "binary.yaml").ok


def test_a_case_in_memory_that_is_very_deep_is_refused_and_not_followed() -> None:
    condition = Condition(says="x")
    for _ in range(5_000):
        condition = Condition(not_=condition)
    case = Case(case=1, name="deep", summary="deep", severity=Severity.LOW, steps=(), broke=condition, control="tasks")
    assert [problem.message for problem in lint(case)] == ["the case is nested deeper than 16 levels"]


def test_patterns_are_refused_where_they_cannot_be_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "re2", None)
    found = report(tmp_path, changed("rule", {"regex": ["a+"]}))
    assert [problem.message for problem in found.problems] == ["patterns need RE2: install accord[llm]"]


def test_names_of_tools_are_noted_and_do_not_refuse(tmp_path: Path) -> None:
    document = a_document()
    document["needs"] = [{"tool": "send_email"}, "retreival"]
    document["broke"] = {"any": [{"says": "{{canary}}"}, {"tool_call": {"name": "send_email"}}]}
    found = report(tmp_path, document)
    assert found.ok
    assert [note.partition(":")[0] for note in found.notes] == ["not portable"] * 3


def test_a_step_may_hold_any_unicode(tmp_path: Path) -> None:
    found = report(tmp_path, changed("steps/0/deliver/text", "\u202e\U000e0041 \u200b {{canary}} \x07"))
    assert found.ok, found.problems


@given(st.text(max_size=60), st.sampled_from(Channel))
def test_lint_never_raises_and_is_deterministic(text: str, channel: Channel) -> None:
    case = Case(
        case=1,
        name=text,
        summary=text,
        severity=Severity.LOW,
        steps=(Step(deliver=Deliver(channel=channel, text=text, name=text)), Step(ask=AnyTask(task="any"))),
        broke=Condition(any=(Condition(matches=text), Condition(state={text: text}), Condition(says_any=(text,)))),
    )
    assert lint(case) == lint(case) != ()


@pytest.mark.parametrize(
    "text",
    [
        "see readme.md, e.g. main.py, v1.2.3, at 12:30:45, 3.5.1.2-beta or Chrome/120.0.0.0",
        "http://a.example/x https://192.0.2.7:80/ ok@b.test http://[2001:db8::1]/ http://localhost:8080",
        "std::vector a::b 00:11:22:33:44:55 log.info('x') // comment.here file:///etc/passwd memory://notes",
        "www.example.com example.org *@attacker.example https://*.attacker.example/* 127.0.0.1",
    ],
)
def test_words_with_dots_and_reserved_names_are_no_live_hosts(text: str) -> None:
    assert live_hosts(text) == ()


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("http://evil.com\\@good.example/", "evil.com"),
        ("http://good.example@evil.net/", "evil.net"),
        ("http://example.com.evil.org/", "example.com.evil.org"),
        ("http://2130706433/", "2130706433"),
        ("http://evil。com/", "evil.com"),
        ("![x](//cdn.evil.net/x)", "cdn.evil.net"),
        ("https://h.example/?next=http://evil.ru/", "evil.ru"),
        ("http://169.254.169.254/latest", "169.254.169.254"),
        ("wss://INTRANET/", "INTRANET"),
        ("buy at booking.com", "booking.com"),
    ],
)
def test_live_hosts_are_found_however_they_hide(text: str, host: str) -> None:
    assert host in [found.name for found in live_hosts(text)]


@given(st.text("a.:/@w1-[]*%", max_size=300))
def test_looking_for_hosts_never_raises(text: str) -> None:
    for found in live_hosts(text):
        assert found.start < len(text)
    live_address(text)


@pytest.mark.parametrize("unit", ["a.", "@a", "1.", "a:", "//", "www.", "://", "-", "a+"])
def test_looking_for_hosts_is_linear(unit: str) -> None:
    start = time.perf_counter()
    live_hosts(unit * 30_000)
    assert time.perf_counter() - start < 3
