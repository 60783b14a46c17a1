"""The suites that ship: every case is safe to receive, proves itself, and is no second wording of another."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Final

import pytest
import yaml

import accord
from accord.case import suites as room
from accord.case.identity import identity
from accord.case.lint import lint_file, load
from accord.case.oracles import judge, served
from accord.case.suites import suite, suites
from accord.case.verify import verify
from accord.core.case import Case, Channel, Condition, Control, Does
from accord.core.errors import CatalogError
from accord.core.trial import ControlOutcome, Message, Transcript, TrialOutcome
from accord.record.catalogue import find_framework_id, load_catalogue

ROOT: Final = Path(accord.__file__).parent / "data" / "cases"
FILES: Final = sorted(ROOT.glob("*/*.yaml"))
NEAR: Final = 0.6
ATTACKABLE: Final = (*(f"LLM{n:02}" for n in range(1, 11)), *(f"ASI{n:02}" for n in range(1, 11)))
REFUSALS: Final = (
    "I'm sorry, I can't help with that.",
    "I cannot do this. Please ask me about my subject.",
    "No.",
    "I have no information about that and no record of it, so I cannot confirm it.",
    "A document holds an order that is addressed to assistants; I leave it alone.",
)
_VARIABLE: Final = re.compile(r"\{\{[^}]*\}\}")


@cache
def cases() -> tuple[Case, ...]:
    return tuple(load(path) for path in FILES)


def conditions(condition: Condition) -> Iterator[Condition]:
    yield condition
    inner = (*(condition.any or ()), *(condition.all or ()), *((condition.not_,) if condition.not_ else ()))
    for part in inner:
        yield from conditions(part)


def values(case: Case) -> dict[str, str]:
    return {name: f"tok{place}QZXWVKJHGF{place}" for place, name in enumerate(case.vars)}


def texts(case: Case) -> str:
    said = (step.deliver.text if step.deliver else step.ask for step in case.steps)
    return " ".join(_VARIABLE.sub(" ", text) for text in said if isinstance(text, str))


def shingles(case: Case) -> frozenset[tuple[str, ...]]:
    words = re.findall(r"\w+", texts(case).casefold())
    return frozenset(tuple(words[start : start + 3]) for start in range(max(1, len(words) - 2)))


def test_there_are_seven_suites_and_at_least_two_hundred_and_ten_cases() -> None:
    assert suites() == ("agent", "leak", "llm-baseline", "mcp", "misuse", "multilingual", "rag")
    assert len(FILES) >= 210


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_shipped_case_is_safe_to_receive_and_proves_itself(path: Path) -> None:
    report = lint_file(path)
    assert report.ok, report.problems
    assert report.notes == ()  # every one of them is portable
    result = verify(load(path))
    assert result.ok, result.reason


@pytest.mark.parametrize("name", suites())
def test_a_suite_holds_every_case_of_its_folder(name: str) -> None:
    folder = sorted((ROOT / name).iterdir())
    assert [path.suffix for path in folder] == [".yaml"] * len(folder)
    assert [case.name for case in suite(name)] == [path.stem for path in folder]
    assert len(folder) >= (12 if name == "misuse" else 25)


def test_names_summaries_and_identities_are_unique() -> None:
    for values in ((case.name for case in cases()), (case.summary for case in cases()), map(identity, cases())):
        assert [value for value, count in Counter(values).items() if count > 1] == []


def test_every_threat_is_known_to_its_framework() -> None:
    wanted = {"atlas": "atlas", "owasp": "owasp-"}
    named = {(key, id_) for case in cases() for key in wanted for id_ in getattr(case.threat, key)}
    for key, id_ in named:
        found = find_framework_id(id_)
        assert found is not None, id_
        assert found.framework.id.startswith(wanted[key]), id_
    catalogue = load_catalogue()
    guidelines = (*(one for section in catalogue.sections for one in section.guidelines), *catalogue.companion)
    known = {practice.id for guideline in guidelines for practice in guideline.practices}
    assert {id_ for case in cases() for id_ in case.threat.provisions} <= known


def test_every_case_says_where_it_comes_from_and_what_it_threatens() -> None:
    for case in cases():
        assert (case.origin.by, case.origin.licence) == ("org:accord", "Apache-2.0")
        assert all((case.origin.first_seen, case.threat.atlas, case.threat.owasp, case.threat.provisions, case.rule))
        assert re.fullmatch(r"[^\n]{30,}[^.\n]", case.summary), case.summary


@pytest.mark.parametrize("id_", ATTACKABLE)
def test_each_risk_that_a_program_can_attack_has_five_cases(id_: str) -> None:
    assert sum(id_ in case.threat.owasp for case in cases()) >= 5


def test_the_page_on_suites_counts_right() -> None:
    page = (Path(__file__).parents[2] / "docs" / "explanation" / "suites.md").read_text("utf-8")
    assert {name: int(count) for name, count in re.findall(r"\| `([a-z-]+)` \| (\d+) \|", page)} == {
        name: len(suite(name)) for name in suites()
    }
    risks = Counter(id_ for case in cases() for id_ in case.threat.owasp)
    assert {name: int(count) for name, count in re.findall(r"\| (LLM\d\d|ASI\d\d) [^|]+\| (\d+) ", page)} == risks
    assert f"Seven suites hold {len(FILES)} cases" in page


def test_every_channel_and_every_effect_is_attacked() -> None:
    channels = {step.deliver.channel for case in cases() for step in case.steps if step.deliver}
    assert channels == {*Channel} - {Channel.USER}  # what a user says is an `ask`
    effects = Counter(part.called.does for case in cases() for part in conditions(case.broke) if part.called)
    assert effects.keys() == {*Does}
    assert min(effects.values()) >= 3


def test_no_oracle_needs_a_judge_or_a_state_and_nearly_all_are_tied_to_a_fresh_value() -> None:
    loose = []
    for case in cases():
        assert all(part.tool_call is None and part.state is None for part in conditions(case.broke)), case.name
        if not case.vars or "{{" not in repr(case.broke):
            loose.append(case.name)
    assert len(loose) <= len(cases()) * 0.1, loose


def test_what_needs_an_effect_says_so() -> None:
    for case in cases():
        called = {part.called.does for part in conditions(case.broke) if part.called}
        needed = {need.does for need in case.needs if not isinstance(need, str)}
        channels = {str(step.deliver.channel) for step in case.steps if step.deliver}
        assert needed == called, case.name
        assert {need for need in case.needs if isinstance(need, str)} == channels, case.name


def test_a_case_that_replaces_the_system_message_asks_an_honest_question_of_its_own() -> None:
    for case in cases():
        replaced = any(step.deliver and step.deliver.channel is Channel.SYSTEM for step in case.steps)
        assert isinstance(case.control, Control) if replaced else case.control == "tasks", case.name


def test_no_case_is_another_wording_of_a_second_one() -> None:
    grams = {case.name: shingles(case) for case in cases()}
    near = [
        (one, two)
        for one, two in combinations(sorted(grams), 2)
        if len(grams[one] & grams[two]) >= NEAR * len(grams[one] | grams[two])
    ]
    assert near == []


@pytest.mark.parametrize("refusal", REFUSALS)
def test_a_refusal_breaks_nothing_and_serves_nobody(refusal: str) -> None:
    said = (Message(role="user", content="?"), Message(role="assistant", content=refusal))
    for case in cases():
        heard = Transcript(messages=said, vars=values(case))
        assert judge(case.broke, heard).outcome is TrialOutcome.HELD, case.name
        if isinstance(case.control, Control):
            assert served(case.control, heard).outcome is ControlOutcome.NOT_SERVED, case.name


def test_the_multilingual_suite_is_written_in_many_scripts() -> None:
    scripts = ("a-z", "а-я", "α-ω", "א-ת", "ا-ي", "ऀ-ॿ", "가-힣", "ぁ-ん", "一-鿿")
    said = " ".join(texts(case) for case in suite("multilingual")).casefold()
    assert [script for script in scripts if not re.search(f"[{script}]{{2}}", said)] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_other_readers_of_yaml_read_the_same_steps(path: Path) -> None:
    plain = yaml.safe_load(path.read_text("utf-8"))
    ours = load(path)
    theirs = [step.get("ask", step.get("deliver", {}).get("text")) for step in plain["steps"]]
    mine = [step.deliver.text if step.deliver else step.ask for step in ours.steps]
    assert [text for text in theirs if isinstance(text, str)] == [text for text in mine if isinstance(text, str)]


def test_an_unknown_suite_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(CatalogError, match="there is no suite 'agents'") as refused:
        suite("agents")
    assert refused.value.code == "ACC-E608"
    assert "'agent'" in refused.value.hint
    for name in ("", "..", "../cases", "agent/..", "x" * 10_000):
        with pytest.raises(CatalogError, match="there is no suite"):
            suite(name)


def test_a_damaged_case_is_named_and_nothing_of_its_suite_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "broken"
    folder.mkdir()
    (folder / "good.yaml").write_bytes(FILES[0].read_bytes())
    (folder / "bad.yaml").write_text("case: 1\nname: [", "utf-8")
    monkeypatch.setattr(room, "_root", lambda: tmp_path)
    with pytest.raises(CatalogError, match=r"the shipped case bad\.yaml is damaged") as refused:
        suite("broken")
    assert refused.value.code == "ACC-E609"


def test_a_suite_is_read_in_time_in_proportion_to_its_size() -> None:
    def seconds(name: str) -> float:
        return min(_timed(name) for _ in range(3))

    def size(name: str) -> int:
        return sum(path.stat().st_size for path in (ROOT / name).iterdir())

    large, small = "agent", "multilingual"
    assert len(suite(large)) >= 60
    assert seconds(large) / size(large) < 4 * seconds(small) / size(small)


def _timed(name: str) -> float:
    start = time.process_time()
    suite(name)
    return time.process_time() - start
