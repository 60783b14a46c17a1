"""The weights that ship are those that their cards speak of, made by a program that is here from fixed texts."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest

from accord.core.shipped import DATA
from accord.guard.detector import load

WEIGHTS = DATA / "guard" / "weights"
ROOT = Path(__file__).parents[3]
TRAIN = ROOT / "train" / "guard"
CORPUS = ROOT.parent / "shared" / "corpus" / "injection" / "dev.jsonl.gz"
TAUGHT = "## Development rows of sources that were taught"


class Row(NamedTuple):
    """A row of a published file of scores."""

    id: str
    attack: bool
    source: str
    channel: str
    lang: str
    score: float


def published(name: str) -> list[Row]:
    """Return the scores that ship with the weights."""
    lines = (WEIGHTS / f"{name}.scores.tsv").read_text("utf-8").splitlines()[1:]
    return [
        Row(told[0], told[1] == "1", told[2], told[3], told[4], float(told[5]))
        for told in (line.split("\t") for line in lines)
    ]


def header(name: str) -> dict[str, str]:
    """Return what a file of weights says of itself."""
    data = (WEIGHTS / name).read_bytes()
    size = int.from_bytes(data[:8], "little")
    about: dict[str, str] = json.loads(data[8 : 8 + size])["__metadata__"]
    return about


def listed(name: str) -> list[str]:
    """Return the lines of a list of the programs that train, or skip."""
    if not TRAIN.is_dir():
        pytest.skip("the programs that train are not here")
    return [line for line in (TRAIN / name).read_text("utf-8").splitlines() if line and line[0] != "#"]


@pytest.mark.parametrize(
    ("card", "file"),
    [
        ("front.md", "front.safetensors"),
        ("orders.md", "orders.safetensors"),
        *(("detector.md", name) for name in ("front.safetensors", "orders.safetensors", "encoder.onnx", "front.json")),
    ],
)
def test_a_card_names_the_digest_of_the_file_that_it_speaks_of(card: str, file: str) -> None:
    digest = hashlib.sha256((WEIGHTS / file).read_bytes()).hexdigest()
    assert digest in (WEIGHTS / card).read_text("utf-8")


@pytest.mark.parametrize("name", ["front.safetensors", "orders.safetensors"])
def test_weights_say_which_program_seed_and_texts_made_them(name: str) -> None:
    told = header(name)
    assert re.fullmatch("[0-9a-f]{64}", told["texts"])
    assert told["seed"].isdecimal()
    if TRAIN.is_dir():
        assert (ROOT / told["made_by"]).is_file()
        assert told["made_by"].removeprefix("train/guard/") in (TRAIN / "README.md").read_text("utf-8")


def test_the_cases_that_taught_the_front_are_all_there() -> None:
    assert all((DATA / "cases" / f"{name}.yaml").is_file() for name in listed("cases.txt"))


def test_the_packages_that_taught_orders_are_locked_as_they_were() -> None:
    locked = {
        plainly(line.split(" ")[0]) for line in (ROOT / "requirements" / "dev.txt").read_text("utf-8").splitlines()
    }
    wanted = {plainly(line) for line in listed("packages.txt")}
    assert len(wanted) > 100
    assert wanted <= locked


def plainly(line: str) -> str:
    """Return a name and a version as every tool writes them."""
    name, _, version = line.partition("==")
    return f"{re.sub('[-_.]+', '-', name).lower()}=={version}"


@pytest.mark.parametrize("field", ["source", "channel", "lang"])
def test_the_confusion_of_the_card_is_that_of_the_published_scores(field: str) -> None:
    never, told = (WEIGHTS / "detector.md").read_text("utf-8").split(TAUGHT)
    rows = [
        row
        for row in published("detector")
        if f"\n| {row.source} |" not in never and not (row.attack and row.source.startswith("BIPIA"))
    ]
    good = sorted(row.score for row in rows if not row.attack)
    threshold = good[-1 - int(0.01 * len(good))]
    table = told.split(f"| {'language' if field == 'lang' else field} | attacks")[1].split("\n\n")[0]
    for value in sorted({str(getattr(row, field)) for row in rows}):
        own = [row for row in rows if getattr(row, field) == value]
        found = re.search(rf"(?m)^\| {re.escape(value)} \| (.*) \|$", table)
        assert found, value
        attacks, _, caught, honest, flagged = found[1].split(" | ")
        assert (int(attacks), int(honest)) == (sum(row.attack for row in own), sum(not row.attack for row in own))
        for share, label in ((caught, True), (flagged, False)):
            assert share == said([row for row in own if row.attack is label], threshold), (value, label)


def said(rows: Sequence[Row], threshold: float) -> str:
    """Return the share of rows above a threshold as a card says it."""
    return f"{sum(row.score > threshold for row in rows) / len(rows):.3f}" if rows else "-"


@pytest.mark.parametrize("name", ["front", "detector"])
def test_the_published_scores_are_those_that_the_weights_give(name: str) -> None:
    if not CORPUS.is_file():
        pytest.skip("the corpus ../shared/corpus/injection is absent")
    scorer = load()
    if scorer.encoder is None:
        pytest.skip("needs the extra guard")
    if name == "front":
        scorer = replace(scorer, orders=None, encoder=None)
    with gzip.open(CORPUS, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines][::20]
    told = {row.id: row.score for row in published(name)}
    scored = [(told[row["id"]], scorer.score(row["text"], row["channel"]).score) for row in rows]
    assert len(scored) > 50
    assert max(abs(one - other) for one, other in scored) < 2e-3
