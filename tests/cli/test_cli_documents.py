"""Documents go to a folder, or one of them to stdout; colour only where a terminal takes it."""

from __future__ import annotations

import io
import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.cli.documents import print_document, render, write_documents, writers
from accord.cli.options import split_formats
from accord.cli.world import now, progress
from accord.core.assessment import Assessment
from accord.core.errors import AccordError
from accord.testing import World

NONE: frozenset[str] = frozenset()
NAMES = st.sampled_from(["txt", "json", "html", "sarif", "md", "junit.xml"])


@pytest.fixture(scope="module")
def assessment(tmp_path_factory: pytest.TempPathFactory) -> Assessment:
    world = World(tmp_path_factory.mktemp("w"))
    world.write("accord.yaml")
    return world.assess()


class Screen(io.TextIOWrapper):
    """A stream that says whether it is a terminal, and keeps what is written."""

    def __init__(self, *, terminal: bool) -> None:
        self.kept = io.BytesIO()
        self._terminal = terminal
        super().__init__(self.kept, encoding="utf-8")

    def isatty(self) -> bool:
        return self._terminal

    def text(self) -> str:
        self.flush()
        return self.kept.getvalue().decode()


@given(names=st.lists(NAMES), joined=st.booleans())
def test_formats_are_a_list_or_repeated_and_each_counts_once(*, names: list[str], joined: bool) -> None:
    given_as = [",".join(names)] if joined else names
    assert split_formats(given_as) == tuple(dict.fromkeys(names))


@pytest.mark.parametrize(
    ("given_as", "names"),
    [
        (("text",), ("txt",)),
        (("junit,markdown",), ("junit.xml", "md")),
        (("txt,text",), ("txt",)),
        ((" html , json ",), ("html", "json")),
        ((",,", ""), ()),
        (("HTML",), ("HTML",)),
    ],
)
def test_plain_words_stand_for_extensions(given_as: tuple[str, ...], names: tuple[str, ...]) -> None:
    assert split_formats(given_as) == names


def test_every_format_of_ours_can_be_written() -> None:
    names = ("txt", "json", "html", "sarif", "md", "junit.xml")
    assert tuple(writers(names, NONE, single=False)) == names


@pytest.mark.parametrize("wanted", [("pdf",), ("json", "pdf"), ("../json",), ("HTML",)])
def test_an_unknown_format_is_refused_and_the_known_ones_named(wanted: tuple[str, ...]) -> None:
    with pytest.raises(AccordError, match="there is no format") as caught:
        writers(wanted, NONE, single=False)
    assert caught.value.code == "ACC-E132"
    assert "html, json" in caught.value.hint


def test_exactly_one_format_goes_to_stdout() -> None:
    with pytest.raises(AccordError, match="only one format can go to stdout") as caught:
        writers(("json", "html"), NONE, single=True)
    assert "--out" in caught.value.hint


@pytest.mark.parametrize("single", [True, False])
def test_no_format_at_all_is_refused(*, single: bool) -> None:
    with pytest.raises(AccordError, match="no format is named"):
        writers((), NONE, single=single)


def test_a_folder_gets_one_file_for_each_format_and_is_made(assessment: Assessment, tmp_path: Path) -> None:
    chosen = writers(("json", "txt"), NONE, single=False)
    documents = write_documents(assessment, chosen, tmp_path / "deep" / "out")
    assert {one.name: one.read_bytes() for one in (tmp_path / "deep" / "out").iterdir()} == documents
    assert set(documents) == {"assessment.json", "assessment.txt"}
    assert documents["assessment.json"] == render(assessment, chosen["json"])


def test_writing_twice_writes_the_same(assessment: Assessment, tmp_path: Path) -> None:
    chosen = writers(("json", "html", "sarif", "md", "junit.xml", "txt"), NONE, single=False)
    assert write_documents(assessment, chosen, tmp_path) == write_documents(assessment, chosen, tmp_path)


@pytest.mark.parametrize("where", ["file", "file/below", "taken"])
def test_a_place_that_cannot_be_written_is_bad_input(assessment: Assessment, tmp_path: Path, where: str) -> None:
    (tmp_path / "file").write_text("kept")
    (tmp_path / "taken" / "assessment.json").mkdir(parents=True)
    with pytest.raises(AccordError, match="cannot be written") as caught:
        write_documents(assessment, writers(("json",), NONE, single=False), tmp_path / where)
    assert caught.value.code == "ACC-E133"
    assert (tmp_path / "file").read_text() == "kept"


def printed(assessment: Assessment, name: str, monkeypatch: pytest.MonkeyPatch, *, terminal: bool) -> str:
    screen = Screen(terminal=terminal)
    monkeypatch.setattr(sys, "stdout", screen)
    print_document(assessment, writers((name,), NONE, single=True))
    return screen.text()


def test_colour_is_for_terminals_that_want_it(assessment: Assessment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b[" in printed(assessment, "txt", monkeypatch, terminal=True)
    assert "\x1b" not in printed(assessment, "txt", monkeypatch, terminal=False)
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in printed(assessment, "txt", monkeypatch, terminal=True)


def test_json_is_one_document_without_colour_even_on_a_terminal(
    assessment: Assessment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    text = printed(assessment, "json", monkeypatch, terminal=True)
    assert json.loads(text)["id"] == assessment.id
    assert "\x1b" not in text


def test_lone_surrogates_do_not_stop_a_document(assessment: Assessment) -> None:
    assert render(assessment, lambda _assessment, out: out.write("a\udcffb") and None) == b"a\\udcffb"


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-22T12:00:00Z", datetime(2026, 11, 22, 12, tzinfo=UTC)),
        ("2026-11-22T13:00:00+01:00", datetime(2026, 11, 22, 12, tzinfo=UTC)),
        ("2026-11-22T12:00:00", datetime(2026, 11, 22, 12, tzinfo=UTC)),
    ],
)
def test_the_time_may_be_fixed(text: str, moment: datetime) -> None:
    assert now({"ACCORD_NOW": text}) == moment


def test_without_a_fixed_time_the_clock_counts() -> None:
    before = datetime.now(UTC)
    assert before <= now({}) <= datetime.now(UTC)


def test_progress_is_drawn_on_terminals_only_and_leaves_nothing_behind() -> None:
    pipe, screen = Screen(terminal=False), Screen(terminal=True)
    for stream in (pipe, screen):
        draw = progress(stream)
        draw(1, 3, "ACC101 \x1b[31msystem\nnext")
        draw(3, 3, "done")
    assert pipe.text() == ""
    assert screen.text() == "\r\x1b[2K1/3 ACC101 system next\r\x1b[2K"
