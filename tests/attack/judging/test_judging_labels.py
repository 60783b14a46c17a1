"""Labelled sets are read strictly, ours is what it says, and canaries show a judge that does not look."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.attack.judging.calibration import Calibration, Confusion
from accord.attack.judging.canaries import PLANTED, fault_of, probe
from accord.attack.judging.judge import Judge, identity_of
from accord.attack.judging.labels import SHIPPED, LabelRow, Labels, calibrate, canaries, read_labels
from accord.attack.judging.prompt import messages
from accord.attack.judging.records import read_calibration, write_calibration
from accord.core.canon import digest
from accord.core.errors import AccordError, ManifestError, RecordError, TamperError, TargetError
from accord.core.shipped import DATA
from accord.core.trial import Message
from accord.record.keys import make_key

NOW: Final = datetime(2026, 11, 20, tzinfo=UTC)
ROW: Final = {"answer": "yes", "objective": "it says yes", "label": "broke"}

Answer = Callable[[str], str]


def ours() -> Labels:
    return read_labels(DATA / SHIPPED, shown=SHIPPED)


def judge_that(answer: Answer) -> Judge:
    """A judge that answers what a function makes of the evidence."""

    async def complete(asked: tuple[Message, ...]) -> str:
        return answer(asked[1].content)

    return Judge(identity=identity_of("http://127.0.0.1:1/v1", "m"), complete=complete)


def knowing(labels: Labels, *, error: float = 0.0, seed: int = 0) -> Judge:
    """A judge that knows the labels and errs in a share of them."""
    rng = random.Random(seed)
    known = {_evidence(messages(row.question(), "T0KEN")[1].content): row.label for row in labels.rows}

    def answer(asked: str) -> str:
        found, wrong = known[_evidence(asked)], rng.random() < error
        return json.dumps({"verdict": ("held" if found == "broke" else "broke") if wrong else found})

    return judge_that(answer)


def _evidence(asked: str) -> str:
    return asked.split("\n")[1]


def write(folder: Path, *rows: object) -> Path:
    path = folder / "labels.jsonl"
    path.write_text("".join((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows), "utf-8")
    return path


# ---- our own set


def test_our_set_has_both_labels_in_every_class() -> None:
    rows = ours().rows
    assert len(rows) >= 60
    classes = Counter((row.class_, row.label) for row in rows)
    assert len({class_ for class_, _ in classes}) >= 8
    assert {label for _, label in classes} == {"broke", "held"}
    assert all(classes[class_, label] for class_, _ in classes for label in ("broke", "held"))


def test_every_row_of_our_set_has_an_id_of_its_own_and_says_something_of_its_own() -> None:
    rows = ours().rows
    assert len({row.id for row in rows}) == len(rows)
    assert len({digest([row.answer, row.transcript, row.ask]) for row in rows}) == len(rows)


def test_our_canaries_are_enough_for_a_batch() -> None:
    assert len(canaries(ours().rows)) >= 3 * PLANTED


def test_our_set_names_reserved_hosts_only() -> None:
    from accord.case.hosts import live_hosts

    assert live_hosts((DATA / SHIPPED).read_text("utf-8").replace("\\n", " ")) == ()


# ---- reading


def test_rows_with_answers_and_with_transcripts_are_read(tmp_path: Path) -> None:
    talk = [{"role": "user", "content": "?"}, {"role": "assistant", "content": "yes"}]
    labels = read_labels(
        write(tmp_path, ROW, "", {"transcript": talk, "objective": "o", "label": "held", "class": "c"}), shown="l"
    )
    assert [row.label for row in labels.rows] == ["broke", "held"]
    assert labels.rows[0].question().transcript.messages == (Message(role="assistant", content="yes"),)
    assert labels.rows[1].question().transcript.messages[0].role == "user"


def test_what_was_asked_stands_before_the_answer() -> None:
    row = LabelRow(objective="o", label="held", answer="no", ask="?")
    assert [message.role for message in row.question().transcript.messages] == ["user", "assistant"]


@pytest.mark.parametrize(
    "row",
    [
        {"objective": "o", "label": "broke"},
        ROW | {"transcript": [{"role": "assistant", "content": "x"}]},
        ROW | {"label": "maybe"},
        ROW | {"label": None},
        ROW | {"objective": "  "},
        ROW | {"extra": 1},
        ROW | {"answer": 5},
        {"objective": "o", "label": "broke", "transcript": [{"role": "user", "content": "x"}]},
        {"objective": "o", "label": "broke", "transcript": []},
        {"objective": "o", "label": "broke", "transcript": "text"},
        [],
        "not json",
        '{"answer": "a", "answer": "b", "objective": "o", "label": "held"}',
        '{"answer": "\\ud800", "objective": "o", "label": "held"}',
        "[" * 100_000,
        "\x00",
    ],
)
def test_a_line_that_is_no_row_is_refused_with_its_number(tmp_path: Path, row: object) -> None:
    with pytest.raises(ManifestError) as caught:
        read_labels(write(tmp_path, ROW, row), shown="labels.jsonl")
    assert caught.value.code == "ACC-E639"
    assert caught.value.where is not None
    assert caught.value.where.line == 2


def test_an_empty_set_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="holds 0 rows"):
        read_labels(write(tmp_path, "", ""), shown="l")


def test_too_many_rows_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "l"
    path.write_bytes(b"{}\n" * 20_001)
    with pytest.raises(ManifestError, match="holds 20,001 rows"):
        read_labels(path, shown="l")


def test_a_folder_is_no_set(tmp_path: Path) -> None:
    with pytest.raises(ManifestError, match="is not a regular file"):
        read_labels(tmp_path, shown="l")


@given(data=st.binary(max_size=300))
def test_no_bytes_make_reading_crash(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "fuzz.jsonl"
    path.write_bytes(data)
    try:
        assert read_labels(path, shown="l").rows
    except AccordError as error:
        code = error.code
    else:
        code = "ACC-E639"
    assert code in {"ACC-E101", "ACC-E639"}


# ---- calibrating


def test_a_judge_that_knows_is_perfect_on_our_set() -> None:
    labels = ours()
    found = asyncio.run(calibrate(knowing(labels), labels, now=NOW))
    seen = found.confusion
    assert (seen.broke_broke + seen.held_held, found.unanswered) == (len(labels.rows), 0)
    assert (found.labels, found.made) == (labels.digest, NOW)


def test_rows_without_an_answer_are_counted_apart() -> None:
    async def silent(asked: tuple[Message, ...]) -> str:
        raise TargetError("down", code="ACC-E638")

    one = Judge(identity=identity_of("http://127.0.0.1:1/v1", "m"), complete=silent)
    found = asyncio.run(calibrate(one, ours(), now=NOW))
    assert (found.unanswered, found.confusion) == (len(ours().rows), Confusion())


def test_calibrating_asks_anew_and_tells_how_far_it_is() -> None:
    asked: list[str] = []
    drawn: list[int] = []

    def answer(evidence: str) -> str:
        asked.append(evidence)
        return '{"verdict": "abstain"}'

    one = judge_that(answer)
    asyncio.run(calibrate(one, ours(), now=NOW))
    found = asyncio.run(calibrate(one, ours(), now=NOW, progress=lambda done, _total, _what: drawn.append(done)))
    assert len(asked) == 2 * len(ours().rows)
    assert max(drawn) == len(ours().rows)
    assert found.confusion.broke_abstain + found.confusion.held_abstain == len(ours().rows)


def test_no_more_questions_are_in_flight_than_allowed() -> None:
    flying = [0, 0]

    async def complete(asked: tuple[Message, ...]) -> str:
        flying[0] += 1
        flying[1] = max(flying)
        await asyncio.sleep(0)
        flying[0] -= 1
        return "{}"

    one = Judge(identity=identity_of("http://127.0.0.1:1/v1", "m"), complete=complete)
    asyncio.run(calibrate(one, ours(), now=NOW, concurrency=3))
    assert flying[1] == 3


# ---- canaries


def calibrated(broke: int, missed: int) -> Calibration:
    seen = Confusion(broke_broke=broke, broke_held=missed, held_held=50)
    return Calibration(judge=identity_of("http://127.0.0.1:1/v1", "m"), labels=digest("l"), made=NOW, confusion=seen)


def test_a_judge_that_looks_finds_its_canaries() -> None:
    found = asyncio.run(probe(knowing(ours()), seed=7, calibration=calibrated(50, 0)))
    assert found == (PLANTED, 0, "")


def test_a_judge_that_says_held_to_everything_is_found_out() -> None:
    found = asyncio.run(probe(judge_that(lambda _: '{"verdict": "held"}'), seed=7, calibration=calibrated(45, 5)))
    assert (found.planted, found.missed) == (PLANTED, PLANTED)
    assert found.fault == "the judge missed 5 of 5 planted canaries, and its sensitivity was measured as 0.90"


def test_a_judge_that_abstains_from_everything_is_found_out() -> None:
    assert asyncio.run(probe(judge_that(lambda _: "no comment"), seed=7, calibration=None)).fault


def test_a_judge_that_answers_no_canary_shows_nothing() -> None:
    async def silent(asked: tuple[Message, ...]) -> str:
        raise TargetError("down", code="ACC-E638")

    one = replace(knowing(ours()), complete=silent)
    assert "answered no planted canary" in asyncio.run(probe(one, seed=7, calibration=None)).fault


def test_canaries_are_never_answered_from_memory() -> None:
    one = judge_that(lambda _: '{"verdict": "broke"}')
    asyncio.run(probe(one, seed=7, calibration=None))
    assert one.memory == {}


def test_the_seed_chooses_the_canaries() -> None:
    def asked_with(seed: int) -> set[str]:
        seen: set[str] = set()

        def answer(evidence: str) -> str:
            seen.add(evidence.split("\n")[1])
            return '{"verdict": "broke"}'

        asyncio.run(probe(judge_that(answer), seed=seed, calibration=None))
        return seen

    assert asked_with(1) == asked_with(1)
    assert asked_with(1) != asked_with(2)


@pytest.mark.parametrize(
    ("planted", "missed", "calibration", "is_fault"),
    [
        (5, 0, None, False),
        (5, 1, None, True),
        (5, 1, calibrated(50, 0), True),
        (5, 1, calibrated(45, 5), False),
        (5, 2, calibrated(45, 5), False),
        (5, 3, calibrated(45, 5), True),
        (50, 12, calibrated(45, 5), True),
        (0, 0, calibrated(45, 5), True),
    ],
)
def test_a_miss_is_forgiven_only_as_far_as_the_calibration_explains_it(
    planted: int, missed: int, calibration: Calibration | None, *, is_fault: bool
) -> None:
    assert bool(fault_of(planted, missed, calibration)) is is_fault


# ---- the record


def test_a_calibration_is_kept_signed_and_read_back(tmp_path: Path) -> None:
    signer, known = make_key(tmp_path / "state", "developer"), calibrated(45, 5)
    path = write_calibration(tmp_path / "state", known, signer)
    assert read_calibration(tmp_path / "state", known.judge, {signer.keyid: signer.public}) == known
    assert oct(path.stat().st_mode & 0o777) == "0o600"


def test_the_newest_calibration_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    signer = make_key(tmp_path, "developer")
    for known in (calibrated(45, 5), calibrated(50, 0)):
        write_calibration(tmp_path, known, signer)
        assert read_calibration(tmp_path, known.judge, {signer.keyid: signer.public}) == known


def test_a_judge_without_a_calibration_has_none(tmp_path: Path) -> None:
    assert read_calibration(tmp_path, calibrated(1, 1).judge, {}) is None


def test_a_calibration_that_no_known_key_signed_is_refused(tmp_path: Path) -> None:
    known = calibrated(45, 5)
    write_calibration(tmp_path, known, make_key(tmp_path, "stranger"))
    with pytest.raises(TamperError):
        read_calibration(tmp_path, known.judge, {})


def test_a_changed_calibration_is_refused(tmp_path: Path) -> None:
    signer, known = make_key(tmp_path, "developer"), calibrated(45, 5)
    path = write_calibration(tmp_path, known, signer)
    envelope = json.loads(path.read_bytes())
    envelope["payload"] = envelope["payload"][:-8] + "AAAAAAA="
    path.write_text(json.dumps(envelope), "utf-8")
    with pytest.raises(RecordError):
        read_calibration(tmp_path, known.judge, {signer.keyid: signer.public})


def test_a_calibration_moved_to_another_judge_is_refused(tmp_path: Path) -> None:
    signer, known = make_key(tmp_path, "developer"), calibrated(45, 5)
    other = replace(known, judge=replace(known.judge, model="better"))
    source = write_calibration(tmp_path, known, signer)
    target = write_calibration(tmp_path, other, signer)
    target.write_bytes(source.read_bytes())
    with pytest.raises(TamperError) as caught:
        read_calibration(tmp_path, other.judge, {signer.keyid: signer.public})
    assert caught.value.code == "ACC-E640"


def test_the_verdicts_of_an_erring_judge_are_counted_as_they_are() -> None:
    labels = ours()
    found = asyncio.run(calibrate(knowing(labels, error=0.3, seed=2), labels, now=NOW)).confusion
    assert found.broke_held > 0
    assert found.held_broke > 0
