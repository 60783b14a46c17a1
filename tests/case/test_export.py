"""What a case is exported to is read back by the importer of that tool, or refused with the part that does not fit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from accord.case.export import FORMS, UnfitExportError, exported
from accord.case.identity import identity
from accord.case.importers.draft import Skip
from accord.case.importers.run import Wanted, imported
from accord.case.suites import suite, suites
from accord.case.verify import verify
from accord.core.case import Case, Channel
from accord.record.codec import decode

EVERY = tuple(case for name in suites() for case in suite(name))
ENDINGS = {"promptfoo": "yaml", "pyrit": "yaml", "garak": "report.jsonl"}


def spoken(case: Case) -> list[str]:
    return [step.deliver.text if step.deliver else str(step.ask) for step in case.steps]


def again(case: Case, form: str, folder: Path) -> Case:
    path = folder / f"case.{ENDINGS[form]}"
    path.write_bytes(exported(case, form))
    found = list(imported(Wanted(form=form, path=path)))
    assert len(found) == 1
    assert not isinstance(found[0], Skip), found[0].reason
    return found[0]


def fitting(form: str) -> list[Case]:
    kept = []
    for case in EVERY:
        try:
            exported(case, form)
        except UnfitExportError:
            continue
        kept.append(case)
    return kept


def test_json_is_the_case_itself() -> None:
    for case in EVERY:
        data = exported(case, "json")
        back = decode(data, Case, path="case.json")
        assert identity(back) == identity(case)
        assert verify(back) == verify(case)
        assert exported(back, "json") == data


@pytest.mark.parametrize("form", [form for form in FORMS if form != "json"])
def test_what_is_exported_is_imported_again_with_its_words(form: str, tmp_path: Path) -> None:
    cases = fitting(form)
    assert len(cases) >= 20
    for case in cases[:40]:
        back = again(case, form, tmp_path)
        assert verify(back).ok
        longest = max((word for text in spoken(case) for word in text.split() if word.isalpha()), key=len)
        assert longest in " ".join(spoken(back))


@pytest.mark.parametrize("form", ["promptfoo", "pyrit", "garak"])
def test_a_planted_document_is_refused_where_there_is_no_place_for_it(form: str) -> None:
    planted = next(
        case for case in EVERY if any(step.deliver and step.deliver.channel is Channel.RETRIEVAL for step in case.steps)
    )
    with pytest.raises(UnfitExportError, match=r"retrieval|oracle"):
        exported(planted, form)


def test_a_garak_line_is_one_json_object_with_its_triggers() -> None:
    line = exported(fitting("garak")[0], "garak")
    assert line.count(b"\n") == 1
    assert json.loads(line)["notes"]["triggers"]
