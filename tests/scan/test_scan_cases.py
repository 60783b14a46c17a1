"""Cases of kind `artifact`: what one organisation found in a model file is found by everybody's scan."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from accord.case.lint import load
from accord.case.verify import verify
from accord.cli import main
from accord.core.errors import AccordError
from accord.scan.cases import QUESTION, artifact_cases
from accord.scan.engine import Target, Terms, rate
from accord.scan.rating import Rated, Rating

CASE: Final = """\
case: 1
name: order-in-a-dictionary
summary: a checkpoint that looks like plain weights and holds a marker of a known bad publisher
severity: high
kind: artifact
steps: [{{ask: "{question}"}}]
broke: {broke}
control: {{served: {{says: format}}}}
origin: {{by: "org:example", licence: Apache-2.0}}
proof:
  broke:
    - {{role: user, content: "{question}"}}
    - {{role: assistant, content: "format pickle\\nuses collections.OrderedDict"}}
  control:
    - {{role: user, content: "{question}"}}
    - {{role: assistant, content: "format safetensors"}}
"""
ORDERED: Final = b"ccollections\nOrderedDict\n)R."
Rate = Callable[..., Rated]


def written(folder: Path, broke: str = '{says: "uses collections.OrderedDict"}') -> Path:
    path = folder / "case.yaml"
    path.write_text(CASE.format(question=QUESTION, broke=broke))
    return path


def test_a_case_makes_a_file_dangerous_that_no_list_refuses(tmp_path: Path, rated: Rate) -> None:
    assert rated("m.pkl", ORDERED).rating is Rating.SAFE
    cases = artifact_cases([written(tmp_path)])
    found = rate(Target(tmp_path, "m.pkl", "m.pkl"), Terms(cases=cases))
    assert found.rating is Rating.DANGEROUS
    assert found.reasons[-1].name == "order-in-a-dictionary"


def test_a_case_leaves_other_files_alone(tmp_path: Path) -> None:
    (tmp_path / "m.pkl").write_bytes(b"]q\x00(K\x01K\x02e.")
    cases = artifact_cases([written(tmp_path)])
    assert rate(Target(tmp_path, "m.pkl", "m.pkl"), Terms(cases=cases)).rating is Rating.SAFE


def test_a_pattern_and_a_format_can_be_asked_for_together(tmp_path: Path) -> None:
    broke = "{all: [{says: format pickle}, {matches: '(?m)^uses collections\\.\\w+Dict$'}]}"
    (tmp_path / "m.pkl").write_bytes(ORDERED)
    cases = artifact_cases([written(tmp_path, broke)])
    assert rate(Target(tmp_path, "m.pkl", "m.pkl"), Terms(cases=cases)).rating is Rating.DANGEROUS


def test_an_artifact_case_proves_itself_offline(tmp_path: Path) -> None:
    result = verify(load(written(tmp_path)))
    assert result.ok, result.reason


def test_cases_of_other_kinds_are_passed_over_and_broken_ones_refused(tmp_path: Path) -> None:
    path = written(tmp_path)
    path.write_text(path.read_text().replace("kind: artifact", "kind: conversation"))
    assert artifact_cases([tmp_path]) == ()
    path.write_text(path.read_text().replace("case: 1", "case: 9"))
    with pytest.raises(AccordError):
        artifact_cases([path])


def test_the_command_takes_a_folder_of_cases(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "cases").mkdir()
    written(tmp_path / "cases")
    (tmp_path / "m.pkl").write_bytes(ORDERED)
    command = ["accord", "scan", str(tmp_path / "m.pkl"), "--cases", str(tmp_path / "cases"), "--format", "json"]
    monkeypatch.setattr("sys.argv", command)
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    said = json.loads(capsys.readouterr().out)
    assert said["files"][0]["findings"][-1]["name"] == "order-in-a-dictionary"
