"""What every format says of an assessment: order, tallies, actions and gaps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.core.assessment import Assessment, Outcome, Reason
from accord.core.finding import Place, Severity, Skipped
from accord.report import outline

Make = Callable[..., Assessment]


def reason(**told: object) -> Reason:
    return replace(Reason(provision="1.1.a", message="ACC101 fails: it is so", check="ACC101"), **told)  # type: ignore[arg-type]


def test_tallies_count_every_provision_once(make: Make) -> None:
    tallies = outline.tallies(make())
    assert [tally.id for tally in tallies] == ["1", "2", "3", "4"]
    assert sum(sum(tally.counts.values()) for tally in tallies) == 104
    assert outline.total(make()).counts[Outcome.NOT_MET] == sum(t.counts[Outcome.NOT_MET] for t in tallies)


def test_reasons_with_one_check_and_one_fix_are_one_action() -> None:
    reasons = [reason(fix="do it"), reason(fix="do it", provision="1.1.b"), reason(fix="do more")]
    assert [action.provisions for action in outline.actions(reasons)] == [("1.1.a", "1.1.b"), ("1.1.a",)]


def test_fixes_that_differ_in_their_provision_only_are_one_action() -> None:
    reasons = [reason(provision=one, fix=f"accord attest {one} --role legal") for one in ("1.1.a", "1.1.b")]
    assert [action.text for action in outline.actions(reasons)] == ["accord attest PROVISION --role legal"]
    assert outline.actions(reasons[:1])[0].text == "accord attest 1.1.a --role legal"


def test_an_action_says_what_is_wrong_without_the_code() -> None:
    assert outline.actions([reason()])[0].why == "it is so"
    assert outline.actions([reason(fix="x")] * 3)[0].why == "it is so (and 2 more reasons)"


def test_an_action_can_be_waived_only_where_all_its_reasons_can() -> None:
    assert not outline.actions([reason(fix="x"), reason(fix="x", waivable=False)])[0].waivable


@given(st.lists(st.sampled_from([None, "odd", *Severity]), max_size=12))
def test_actions_come_worst_first_and_lose_no_reason(severities: list[str | None]) -> None:
    reasons = [reason(severity=severity, fix=str(number % 5)) for number, severity in enumerate(severities)]
    found = outline.actions(reasons)
    ranks = [outline.SEVERITIES.index(one.severity) if one.severity else 9 for one in found]
    assert ranks == sorted(ranks)
    assert sum(len(one.reasons) for one in found) == len(reasons)


@given(st.permutations(range(6)))
def test_the_order_of_findings_does_not_depend_on_how_they_came(make: Make, order: list[int]) -> None:
    findings = make().findings
    assert outline.worst_first(findings[number] for number in order) == outline.worst_first(findings)


def test_findings_alike_stand_together(make: Make) -> None:
    groups = outline.alike(outline.worst_first(make(findings=18).findings))
    assert [len(group.findings) for group in groups] == [3] * 6
    assert groups[0].message == "loading the model file calls os.system"


def test_gaps_count_unchecked_provisions_first_and_group_reasons(make: Make) -> None:
    gaps = outline.gaps(make())
    assert gaps[0].part == "provisions"
    assert [gap.part for gap in gaps] == ["provisions", "evidence", "evidence", "assets", "skipped"]
    assert gaps[1].what.startswith("5 check runs in error (ACC304")


def test_a_path_that_was_skipped_twice_for_one_reason_counts_once(make: Make) -> None:
    again = Skipped(path="data/archive.parquet", reason="cannot be read: permission denied")
    first, *rest = make().evidence
    assessment = replace(make(), evidence=(replace(first, skipped=(again,)), *rest))
    assert outline.skipped(assessment) == (again,)


@pytest.mark.parametrize(
    ("where", "said"),
    [
        (Place(path="a.py", line=3, column=1), "a.py:3:1"),
        (Place(path="a.zip", member="b.pkl", offset=42), "a.zip!b.pkl offset 0x2a"),
        (Place(path="d.csv", row=7, column=2), "d.csv row 7"),
        (Place(url="http://127.0.0.1:8080/"), "http://127.0.0.1:8080/"),
        (Place(path="a\x1b[31m\u202eb"), "a\\u{202e}b"),
        (Place(), "the system as a whole"),
    ],
)
def test_places_stand_on_one_clean_line(where: Place, said: str) -> None:
    assert outline.place(where) == said


def test_numbers_have_their_noun() -> None:
    assert [outline.plural(n, "finding") for n in (0, 1, 2000)] == ["0 findings", "1 finding", "2,000 findings"]
