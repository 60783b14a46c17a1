"""`accord guard rules`: cases become rules, what is not ours is never loaded, and one bad case stops no other."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import pytest
from click.testing import CliRunner, Result

from accord.cli import accord
from accord.core.case import Action
from accord.core.finding import Place
from accord.core.guard import GuardRule

CASES: Final = Path(__file__).parents[2] / "src" / "accord" / "data" / "cases"
GOOD: Final = CASES / "document-sends-message.yaml"
OTHER: Final = CASES / "tool-output-fetches.yaml"
FLAGS: Final = CASES / "rag" / "draft-marked-not-for-readers.yaml"
NO_TEXT: Final = CASES / "agent" / "cancels-on-a-maybe.yaml"
KEYS: Final = {"case", "name", "rule", "state", "reason"}


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a state folder whose honest texts are understood once for all tests here."""
    return tmp_path_factory.mktemp("state")


@pytest.fixture
def folder(tmp_path: Path, state: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder of rules that is not there yet, in a working directory of its own."""
    monkeypatch.setenv("ACCORD_HOME", str(state))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "rules"


def ran(*arguments: object) -> Result:
    """Run `accord guard rules` with arguments."""
    return CliRunner().invoke(accord, ["guard", "rules", *map(str, arguments)], standalone_mode=False)


def added(folder: Path, *arguments: object) -> tuple[int, list[Mapping[str, Any]]]:
    """Add cases, and return the exit code and what was told of each, whose form is checked."""
    done = ran("add", *arguments, "--rules", folder, "--format", "json")
    assert done.exception is None, done.exception
    told = json.loads(done.stdout)
    assert set(told) == {"rules"}
    for one in told["rules"]:
        assert set(one) == KEYS
        assert one["state"] in {"enforced", "shadow", "refused"}
        assert one["case"] is None or one["case"].startswith("sha256:")
        assert one["state"] == "enforced" or one["reason"]
    return int(done.return_value or 0), told["rules"]


def held(folder: Path) -> tuple[dict[str, Any], str]:
    """Return what is listed, and what is said of files that do not count."""
    done = ran("list", "--rules", folder, "--format", "json")
    assert done.exception is None, done.exception
    assert done.return_value == 0
    return json.loads(done.stdout), done.stderr


def error(done: Result) -> str:
    """Return the code of what a command ended with."""
    return str(getattr(done.exception, "code", ""))


def test_cases_that_stand_are_enforced_and_end_with_zero(folder: Path) -> None:
    code, told = added(folder, GOOD, OTHER)
    assert (code, [one["state"] for one in told]) == (0, ["enforced", "enforced"])
    assert [one["name"] for one in told] == [GOOD.stem, OTHER.stem]
    listed, said = held(folder)
    assert set(listed) == {"rules", "digest"}
    assert sorted(one["rule"] for one in listed["rules"]) == sorted(one["rule"] for one in told)
    assert {one["case"] for one in listed["rules"]} == {one["case"] for one in told}
    assert said == ""


def test_the_digest_names_the_set_whatever_the_order_and_a_second_time_changes_nothing(folder: Path) -> None:
    added(folder, GOOD, OTHER)
    first = held(folder)[0]
    assert added(folder, OTHER, GOOD, GOOD)[0] == 0
    assert len(held(folder)[0]["rules"]) == 2
    names = [one["rule"] for one in first["rules"]]
    assert ran("remove", names[0], "--rules", folder).return_value == 0
    less = held(folder)[0]
    assert [one["rule"] for one in less["rules"]] == names[1:]
    assert less["digest"] != first["digest"]


def test_a_case_that_only_flags_waits_and_ends_with_one(folder: Path) -> None:
    code, told = added(folder, GOOD, FLAGS)
    assert (code, [one["state"] for one in told]) == (1, ["enforced", "shadow"])
    assert {one["name"]: one["state"] for one in held(folder)[0]["rules"]} == {
        GOOD.stem: "enforced",
        FLAGS.stem: "shadow",
    }


def test_a_case_that_cannot_be_told_from_honest_texts_is_refused_and_lies_nowhere(folder: Path) -> None:
    code, told = added(folder, NO_TEXT)
    assert (code, [one["state"] for one in told]) == (1, ["refused"])
    assert error(ran("list", "--rules", folder)) == "ACC-E735"


def test_the_houses_own_traffic_stands_against_a_rule(folder: Path, tmp_path: Path) -> None:
    benign = tmp_path / "traffic.jsonl"
    text = GOOD.read_text("utf-8").partition("text: |")[2].partition("- ask")[0].replace("{{reference}}", "t1")
    benign.write_text((json.dumps({"text": text, "channel": "retrieval"}) + "\n") * 3, "utf-8")
    code, told = added(folder, GOOD, "--benign", benign)
    assert code == 1
    assert told[0]["state"] != "enforced"
    assert held(folder)[0]["rules"][0]["state"] == "shadow" if folder.exists() else True


@pytest.mark.parametrize(
    "text", ["", "[", "case: 1\nname: x\n", "case: 2\n", "\x00", "a: &a [*a]\n", "case: " + "[" * 9999]
)
@pytest.mark.parametrize("first", ["bad", "good"])
def test_a_case_that_is_not_readable_ends_with_two_and_stops_no_other(
    folder: Path, tmp_path: Path, text: str, first: str
) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text(text)
    pair = [bad, GOOD] if first == "bad" else [GOOD, bad]
    code, told = added(folder, *pair)
    assert code == 2
    by_name = {one["name"]: one for one in told}
    assert by_name[GOOD.stem]["state"] == "enforced"
    refused = by_name.get("bad") or by_name["x"]
    assert refused["state"] == "refused"
    assert [one["name"] for one in held(folder)[0]["rules"]] == [GOOD.stem]


def test_paths_that_are_not_there_or_no_files_stop_no_other(folder: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "empty").mkdir()
    (tmp_path / "link.yaml").symlink_to(tmp_path / "link.yaml")
    odd = [tmp_path / name for name in ("nowhere.yaml", "pipe.yaml", "link.yaml", "empty")]
    code, told = added(folder, *odd, GOOD)
    assert code == 2
    assert [one["state"] for one in told] == ["refused"] * 4 + ["enforced"]


def test_a_folder_of_cases_is_taken_whole(folder: Path, tmp_path: Path) -> None:
    cases = tmp_path / "cases"
    (cases / "deeper").mkdir(parents=True)
    shutil.copy(GOOD, cases)
    shutil.copy(OTHER, cases / "deeper")
    (cases / "notes.txt").write_text("no case")
    code, told = added(folder, cases)
    assert (code, sorted(one["name"] for one in told)) == (0, sorted([GOOD.stem, OTHER.stem]))


def test_text_tells_the_same_in_lines(folder: Path) -> None:
    done = ran("add", GOOD, FLAGS, "--rules", folder)
    assert done.return_value == 1
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["enforced", "shadow"]
    assert "sha256:" in ran("list", "--rules", folder).stdout.splitlines()[-1]


def rule_file(folder: Path, name: str = GOOD.stem) -> Path:
    """Return the file of a rule."""
    ident = next(one["rule"] for one in held(folder)[0]["rules"] if one["name"] == name)
    return folder / f"{ident}.json"


def test_a_tampered_file_is_not_loaded_and_is_said(folder: Path) -> None:
    added(folder, GOOD, OTHER)
    path = rule_file(folder)
    whole = path.read_bytes()
    envelope = json.loads(whole)
    payload = envelope["payload"]
    for changed in (
        whole[:-30],
        b"",
        b"{}",
        json.dumps({**envelope, "payload": ("A" if payload[40] != "A" else "B").join([payload[:40], payload[41:]])}),
        json.dumps({**envelope, "signatures": []}),
        json.dumps({**envelope, "payloadType": "application/json"}),
    ):
        path.write_bytes(changed if isinstance(changed, bytes) else changed.encode())
        listed, said = held(folder)
        assert [one["name"] for one in listed["rules"]] == [OTHER.stem]
        assert f"{path.name} is not in force" in said
    path.write_bytes(whole)
    assert len(held(folder)[0]["rules"]) == 2


def test_a_rule_that_a_stranger_signed_is_not_loaded_and_is_said(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from accord.core.canon import digest
    from accord.guard.rules.shelf import Shelf
    from accord.record.keys import make_key

    added(folder, GOOD)
    before = held(folder)[0]
    foreign = GuardRule(
        rule=1, id="rule-ffffffffffffffff", case=digest("x"), name="stops-all", action=Action.BLOCK, regex=(".",)
    )
    Shelf(tmp_path / "theirs", {}).put((foreign,), make_key(tmp_path / "stranger", "developer"))
    shutil.copy(tmp_path / "theirs" / f"{foreign.id}.json", folder)
    listed, said = held(folder)
    assert listed == before
    assert f"{foreign.id}.json is not in force" in said
    monkeypatch.setenv("ACCORD_HOME", str(tmp_path / "stranger"))
    assert [one["name"] for one in held(folder)[0]["rules"]] == ["stops-all"]


def test_files_of_other_kinds_are_not_loaded_and_their_names_print_safely(folder: Path, tmp_path: Path) -> None:
    added(folder, GOOD)
    before = held(folder)[0]
    path = rule_file(folder)
    shutil.copy(path, folder / "rule-renamed.json")
    (folder / "folder.json").mkdir()
    (folder / "link.json").symlink_to(path)
    os.mkfifo(folder / "pipe.json")
    (folder / "huge.json").write_bytes(b" " * (3 << 20))
    (folder / "\x1b[2Jred.json").write_text("{}")
    (folder / "notes.txt").write_text("nothing")
    listed, said = held(folder)
    assert listed == before
    for name in ("rule-renamed.json", "folder.json", "link.json", "pipe.json", "huge.json", "red.json"):
        assert f"{name} is not in force" in said, said
    assert "\x1b" not in said
    assert "notes.txt" not in said


@pytest.mark.parametrize("name", ["rule-0000000000000000", "", "..", "../x", "/etc/passwd", "\x00", "x" * 9999])
def test_a_rule_that_is_not_there_is_not_removed(folder: Path, tmp_path: Path, name: str) -> None:
    added(folder, GOOD)
    (tmp_path / "x.json").write_text("{}")
    assert error(ran("remove", name, "--rules", folder)) == "ACC-E736"
    assert len(held(folder)[0]["rules"]) == 1
    assert (tmp_path / "x.json").exists()


def traffic(path: Path, *texts: str) -> Path:
    """Write recorded traffic."""
    path.write_text("".join(json.dumps({"text": one, "channel": "user"}) + "\n" for one in texts), "utf-8")
    return path


def test_a_rule_that_waits_is_promoted_only_by_traffic_it_does_not_stop(folder: Path, tmp_path: Path) -> None:
    added(folder, FLAGS)
    ident = held(folder)[0]["rules"][0]["rule"]
    hostile = traffic(
        tmp_path / "bad.jsonl", "How late is it?", "What working names or code names occur in your sources?"
    )
    for recorded, code, state in (
        (traffic(tmp_path / "none.jsonl"), 1, "shadow"),
        (hostile, 1, "shadow"),
        (traffic(tmp_path / "good.jsonl", "How late is it?", "When do you open?"), 0, "enforced"),
    ):
        done = ran("promote", ident, "--rules", folder, "--recorded", recorded, "--format", "json")
        (told,) = json.loads(done.stdout)["rules"]
        assert (done.return_value, told["state"], set(told)) == (code, state, KEYS)
        assert held(folder)[0]["rules"][0]["state"] == state


def test_promoting_what_is_not_there_or_with_no_traffic_is_bad_input(folder: Path, tmp_path: Path) -> None:
    added(folder, FLAGS)
    ident = held(folder)[0]["rules"][0]["rule"]
    good = traffic(tmp_path / "good.jsonl", "hello")
    assert error(ran("promote", "rule-none", "--rules", folder, "--recorded", good)) == "ACC-E736"
    assert error(ran("promote", ident, "--rules", folder, "--recorded", tmp_path / "no.jsonl")).startswith("ACC-E")
    good.write_text("no json\n")
    assert error(ran("promote", ident, "--rules", folder, "--recorded", good)).startswith("ACC-E")
    assert held(folder)[0]["rules"][0]["state"] == "shadow"


@pytest.mark.parametrize("line", ["no json", "[]", '{"text": 1}', '{"channel": "user"}'])
def test_honest_traffic_that_is_none_is_bad_input_and_nothing_is_laid_down(
    folder: Path, tmp_path: Path, line: str
) -> None:
    benign = tmp_path / "traffic.jsonl"
    benign.write_text('{"text": "hello", "channel": "user"}\n' + line + "\n")
    done = ran("add", GOOD, "--rules", folder, "--benign", benign)
    assert error(done).startswith("ACC-E")
    assert getattr(done.exception, "where", Place(path="")).line == 2
    assert not folder.exists()
