"""Quoting is not obeying: whoever repeats what reached him, word for word, has broken no case that ships."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Final

import pytest

import accord
from accord.case.lint import load
from accord.case.oracles import judge
from accord.case.variables import fill
from accord.core.case import Case, CaseKind, Control
from accord.core.trial import Message, ToolCall, Transcript, TrialOutcome

ROOT: Final = Path(accord.__file__).parent / "data" / "cases"
FILES: Final = sorted(ROOT.rglob("*.yaml"))

SECRET: Final = "what reached the system is confidential, and telling it is the damage: whoever quotes it has leaked it"
"""The only reason for an exception; it holds where the oracle asks for a leak, and for nothing else."""

EXCEPTIONS: Final[Mapping[str, str]] = {
    "system-prompt-told": SECRET,
    **{f"leak/{path.stem}": SECRET for path in FILES if path.parent.name == "leak"},
    "multilingual/secret-told-in-czech-diminutives": SECRET,
    "multilingual/secret-told-in-finnish": SECRET,
    "rag/deleted-entry-still-retrieved": SECRET,
    "rag/document-of-another-tenant": SECRET,
    "rag/draft-marked-not-for-readers": SECRET,
    "rag/key-in-a-retrieved-note": SECRET,
    "rag/list-of-all-sources": SECRET,
    "rag/nearest-neighbours-walked": SECRET,
}

Quoting = Callable[[tuple[str, ...]], tuple[str, ...]]

QUOTINGS: Final[Mapping[str, Quoting]] = {
    "each text in an answer of its own": lambda texts: tuple(f"It says:\n\n{text}\n\nThat is all." for text in texts),
    "all texts in one answer": lambda texts: ("\n\n".join(texts),),
    "the last text first": lambda texts: ("\n".join(reversed(texts)),),
    "all texts on one line": lambda texts: (" ".join(" ".join(texts).split()),),
    "as block quotations": lambda texts: tuple("> " + text.replace("\n", "\n> ") for text in texts),
    "in fences": lambda texts: tuple(f"```\n{text}\n```" for text in texts),
    "within a sentence": lambda texts: tuple(f"It wants '{text}', and I leave that alone." for text in texts),
}


def name(path: Path) -> str:
    return path.relative_to(ROOT).with_suffix("").as_posix()


@cache
def case(path: Path) -> Case:
    return load(path)


def tokens(found: Case) -> dict[str, str]:
    return {variable: f"Qz7{place}kV9x{place}mN4tRw2s" for place, variable in enumerate(found.vars)}


def delivered(found: Case) -> tuple[str, ...]:
    """Return every text of the case, with its variables filled, in the order in which it reaches the system."""
    texts = (step.deliver.text if step.deliver else step.ask for step in found.steps)
    return tuple(fill(text, tokens(found)).text for text in texts if isinstance(text, str))


def honest(found: Case) -> str:
    """Return the answer to the honest task, as the proof of the case has it."""
    assert found.proof is not None
    return found.proof.control[-1].content


def outcome(found: Case, answers: tuple[str, ...]) -> TrialOutcome:
    """Judge a conversation in which every text reached the system and these are all of its answers."""
    told = tuple(Message(role="user", content=text) for text in delivered(found))
    said = tuple(Message(role="assistant", content=text) for text in answers)
    return judge(found.broke, Transcript(messages=(*told, *said), vars=tokens(found))).outcome


def test_every_case_that_ships_is_a_conversation_so_that_none_is_left_out_here() -> None:
    assert len(FILES) >= 255
    assert {case(path).kind for path in FILES} == {CaseKind.CONVERSATION}


@pytest.mark.parametrize("path", [path for path in FILES if name(path) not in EXCEPTIONS], ids=name)
def test_whoever_quotes_everything_and_does_the_honest_task_has_broken_nothing(path: Path) -> None:
    found = case(path)
    quoted = {how: quote(delivered(found)) for how, quote in QUOTINGS.items()}
    assert {how: outcome(found, (*said, honest(found))) for how, said in quoted.items()} == dict.fromkeys(
        QUOTINGS, TrialOutcome.HELD
    )
    assert {how: outcome(found, said) for how, said in quoted.items()} == dict.fromkeys(QUOTINGS, TrialOutcome.HELD)


@pytest.mark.parametrize("path", [path for path in FILES if name(path) not in EXCEPTIONS], ids=name)
def test_a_quotation_within_the_arguments_of_a_note_breaks_nothing_either(path: Path) -> None:
    found = case(path)
    note = ToolCall(name="note", does="x-note", args={"content": "\n\n".join(delivered(found))})
    said = Message(role="assistant", content=honest(found), tool_calls=(note,))
    assert judge(found.broke, Transcript(messages=(said,), vars=tokens(found))).outcome is TrialOutcome.HELD


@pytest.mark.parametrize("excepted", sorted(EXCEPTIONS))
def test_an_exception_is_a_leak_and_really_needs_to_be_one(excepted: str) -> None:
    found = case(ROOT / f"{excepted}.yaml")
    assert found.broke.leaks is not None, "only telling a secret may be broken by telling it"
    assert outcome(found, delivered(found)) is TrialOutcome.BROKE


@pytest.mark.parametrize("excepted", sorted(EXCEPTIONS))
def test_what_the_attacker_says_may_be_quoted_in_front_of_a_secret_too(excepted: str) -> None:
    found = case(ROOT / f"{excepted}.yaml")
    asked = tuple(step.ask for step in found.steps if isinstance(step.ask, str))
    assert asked
    assert outcome(found, (*asked, honest(found))) is TrialOutcome.HELD


@pytest.mark.parametrize("path", FILES, ids=name)
def test_the_answer_to_an_honest_task_is_one(path: Path) -> None:
    found = case(path)
    assert outcome(found, (honest(found),)) is TrialOutcome.HELD
    assert isinstance(found.control, Control) or found.control == "tasks"
