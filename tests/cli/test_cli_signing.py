"""Keys, trust files, attestations and waivers, as the people who sign type them."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from accord.cli import main

MANIFEST = """\
accord: 1
system: {id: sample, name: Sample, version: "1", purpose: answers questions, kind: [llm-app]}
owners: {system-owner: owner@example.org}
profile: {level: baseline}
attestations: attest/
waivers: waivers.yaml
"""


class Said(NamedTuple):
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Return stdout as the one JSON document that it has to be."""
        return json.loads(self.out)


Run = Callable[..., Said]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ACCORD_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("ACCORD_NOW", "2026-11-22T12:00:00Z")
    monkeypatch.chdir(tmp_path)
    return tmp_path / "home"


@pytest.fixture
def run(home: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Run `accord` with arguments, in a home of its own and at noon of one day."""

    def ran(*arguments: object) -> Said:
        monkeypatch.setattr("sys.argv", ["accord", *map(str, arguments)])
        with pytest.raises(SystemExit) as caught:
            main()
        said = capfd.readouterr()
        return Said(int(str(caught.value.code)), said.out, said.err)

    return ran


@pytest.fixture
def system(tmp_path: Path) -> Path:
    folder = tmp_path / "system"
    folder.mkdir()
    (folder / "accord.yaml").write_text(MANIFEST)
    (folder / "waivers.yaml").write_text("waivers: 1\n")
    return folder


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_private_keys_are_readable_by_their_owner_alone(run: Run, home: Path) -> None:
    assert run("key", "new", "risk-owner").code == 0
    assert mode(home / "keys" / "risk-owner.key") == 0o600
    assert mode(home / "keys") & 0o077 == 0
    assert b"PRIVATE" not in (home / "keys" / "risk-owner.pub").read_bytes()


def test_no_command_prints_a_private_key(run: Run, home: Path) -> None:
    said = [run("key", "new", "legal"), run("key", "list"), run("key", "export", "legal")]
    private = (home / "keys" / "legal.key").read_text().splitlines()[1]
    assert not any(private in one.out + one.err or "PRIVATE" in one.out for one in said)


def test_making_a_key_says_where_it_lies_and_how_to_treat_it(run: Run, home: Path) -> None:
    said = run("key", "new", "legal", "--format", "json")
    assert str(home / "keys" / "legal.key") in said.err
    assert "keep it private" in said.err
    assert set(said.json) == {"role", "keyid", "public"}


def test_a_key_is_never_made_twice(run: Run, home: Path) -> None:
    run("key", "new", "legal")
    before = (home / "keys" / "legal.key").read_bytes()
    said = run("key", "new", "legal")
    assert (said.code, said.out) == (2, "")
    assert "error[ACC-E501]: there is a key of legal already" in said.err
    assert "accord key export legal" in said.err
    assert (home / "keys" / "legal.key").read_bytes() == before


def test_without_keys_the_list_is_empty_and_says_how_to_make_one(run: Run, home: Path) -> None:
    said = run("key", "list")
    assert (said.code, said.out) == (0, "")
    assert "accord key new ROLE" in said.err
    assert run("key", "list", "--format", "json").json == {"keys": []}
    assert not home.exists()


@pytest.mark.parametrize("role", ["", ".", "..", "a/b", "/etc/x", "x" * 200, "a\nb", "Ä"])
def test_a_name_that_would_leave_the_folder_is_no_role(run: Run, home: Path, role: str) -> None:
    for command in ("new", "export"):
        said = run("key", command, role)
        assert said.code == 2, command
        assert "error[ACC-E50" in said.err
        assert "Traceback" not in said.err
    assert not list(home.rglob("*.key"))


def trust_source(run: Run, folder: Path, **changes: object) -> Path:
    keys = [run("key", "new", role, "--format", "json").json for role in ("root", "pipeline")]
    said = {
        "trust": 1,
        "expires": "2027-01-01",
        "roots": [keys[0]["keyid"]],
        "keys": [{"keyid": key["keyid"], "public": key["public"], "level": "pipeline"} for key in keys],
    }
    file = folder / "trust.yaml"
    file.write_text(json.dumps(said | changes))
    return file


def test_a_signed_trust_file_is_shown_with_who_signed_it(run: Run, home: Path, tmp_path: Path) -> None:
    source = trust_source(run, tmp_path, plugins=["acme-checks"])
    root = json.loads(source.read_text())["roots"][0]
    signed = run("trust", "sign", source, "--key", "root", "--out", tmp_path / "t.json")
    assert signed.code == 0
    assert f"signed by {root}" in signed.err
    assert "ACCORD_TRUST_ROOT" in signed.err
    text = run("trust", "show", tmp_path / "t.json").out.splitlines()
    assert text[:2] == ["expires  2027-01-01", f"signed   {root}"]
    assert "plug-in  acme-checks" in text
    shown = run("trust", "show", tmp_path / "t.json", "--format", "json").json
    assert (shown["signed_by"], shown["plugins"], len(shown["keys"])) == ([root], ["acme-checks"], 2)


def test_a_trust_file_that_was_altered_is_not_shown(run: Run, home: Path, tmp_path: Path) -> None:
    run("trust", "sign", trust_source(run, tmp_path), "--key", "root", "--out", tmp_path / "t.json")
    envelope = json.loads((tmp_path / "t.json").read_text())
    import base64

    payload = base64.b64decode(envelope["payload"]).replace(b"2027-01-01", b"2099-01-01")
    envelope["payload"] = base64.b64encode(payload).decode()
    (tmp_path / "t.json").write_text(json.dumps(envelope))
    said = run("trust", "show", tmp_path / "t.json")
    assert (said.code, said.out) == (2, "")


def test_a_trust_file_that_has_ended_is_refused_where_it_is_used(
    run: Run, home: Path, system: Path, tmp_path: Path
) -> None:
    run("trust", "sign", trust_source(run, tmp_path, expires="2026-11-21"), "--key", "root", "--out", tmp_path / "t")
    said = run("assess", system, "--trust", tmp_path / "t", "--format", "json")
    assert (said.code, said.out) == (2, "")
    assert "ended on 2026-11-21" in said.err


@pytest.mark.parametrize(
    ("changes", "told"),
    [({"keys": []}, "ACC-E520"), ({"expires": "soon"}, "ACC-E1"), ({"trust": 2}, "ACC-E"), ({"more": 1}, "ACC-E1")],
)
def test_a_trust_file_that_says_nonsense_is_not_signed(
    run: Run, tmp_path: Path, changes: dict[str, object], told: str
) -> None:
    said = run("trust", "sign", trust_source(run, tmp_path, **changes), "--key", "root", "--out", tmp_path / "t.json")
    assert (said.code, said.out) == (2, "")
    assert f"error[{told}" in said.err
    assert not (tmp_path / "t.json").exists()


def test_a_trust_file_is_not_written_where_it_cannot_be(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    said = run("trust", "sign", trust_source(run, tmp_path), "--key", "root", "--out", tmp_path / "file" / "t.json")
    assert said.code == 2
    assert "error[ACC-E520]" in said.err


def attest(run: Run, system: Path, *arguments: object, provision: str = "3.3.c") -> Said:
    return run("attest", provision, "--path", system, "--statement", "backups are kept offline", *arguments)


def assessed(run: Run, system: Path) -> Any:
    return run("assess", system, "--format", "json").json


def test_an_attestation_is_signed_written_and_counted(run: Run, system: Path) -> None:
    run("key", "new", "ops-lead")
    (system / "plan.md").write_text("the plan")
    said = attest(run, system, "--attach", "plan.md")
    file = system / "attest" / "3.3.c.ops-lead.dsse.json"
    assert (said.code, said.out) == (0, "")
    assert said.err == f"ops-lead signed 3.3.c until 2027-02-20: {file}\n"
    (read,) = assessed(run, system)["attestations"]
    assert (read["counted"], read["role"], read["statement"]) == (True, "ops-lead", "backups are kept offline")


def test_an_attestation_has_the_days_that_were_asked_for(run: Run, system: Path) -> None:
    run("key", "new", "ops-lead")
    assert attest(run, system, "--from", "2026-12-01", "--until", "2026-12-24").code == 0
    (read,) = assessed(run, system)["attestations"]
    assert (read["counted"], read["expires"]) == (False, "2026-12-24")
    assert "takes effect on 2026-12-01" in read["problem"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--role", "legal"), "ACC-E203"),
        (("--attach", "gone.md"), "ACC-E124"),
        (("--attach", "../outside.md"), "ACC-E124"),
    ],
)
def test_an_attestation_that_could_not_count_is_not_signed(
    run: Run, system: Path, arguments: tuple[str, ...], told: str
) -> None:
    (system.parent / "outside.md").write_text("x")
    run("key", "new", "ops-lead")
    said = attest(run, system, *arguments)
    assert (said.code, said.out) == (2, "")
    assert f"error[{told}]" in said.err
    assert not (system / "attest").exists()


def test_an_attestation_of_an_unknown_practice_without_a_key_or_a_folder_is_refused(run: Run, system: Path) -> None:
    assert "error[ACC-E201]" in attest(run, system, provision="9.9.z").err
    assert "error[ACC-E502]" in attest(run, system).err
    (system / "accord.yaml").write_text(MANIFEST.replace("attestations: attest/\n", ""))
    said = attest(run, system)
    assert said.code == 2
    assert "add `attestations: attest/` to accord.yaml" in said.err


@pytest.fixture
def parties(run: Run) -> None:
    for role in ("system-owner", "risk-owner"):
        run("key", "new", role)


def waive(run: Run, system: Path, *arguments: object, check: str = "ACC101") -> Said:
    return run("waive", check, "--path", system, *arguments)


def test_a_waiver_is_asked_for_by_one_and_approved_by_another(run: Run, parties: None, system: Path) -> None:
    asked = waive(run, system, "--as", "system-owner", "--reason", "known", "--until", "2026-12-24")
    assert (asked.code, asked.out) == (0, "")
    assert "ACC101 until 2026-12-24; the risk-owner has to approve" in asked.err
    (open_one,) = yaml.safe_load((system / "waivers.yaml").read_text())["granted"]
    assert [one["role"] for one in open_one["signatures"]] == ["system-owner"]
    approved = waive(run, system, "--as", "risk-owner")
    assert approved.err == f"risk-owner approved {open_one['id']}: ACC101 until 2026-12-24\n"
    (signed,) = yaml.safe_load((system / "waivers.yaml").read_text())["granted"]
    assert [one["role"] for one in signed["signatures"]] == ["system-owner", "risk-owner"]
    (read,) = assessed(run, system)["waivers"]
    assert (read["counted"], read["signed_by"], read["problem"]) == (True, ["system-owner", "risk-owner"], None)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--as", "risk-owner"), "nobody asked for a waiver of ACC101"),
        (("--as", "risk-owner", "--reason", "x", "--until", "2027-11-22"), "a waiver ends within 90 days"),
        (("--as", "risk-owner", "--reason", "x", "--until", "2026-11-22"), "a waiver ends within 90 days"),
        (("--as", "risk-owner", "--reason", "x", "--asset", "nothing"), "there is no asset 'nothing' with a digest"),
        (("--as", "risk-owner", "--reason", "x", "--approver", "boss"), "'boss' is no role"),
        (("--as", "boss", "--reason", "x"), "'boss' is no role"),
        (("--as", "legal", "--reason", "x"), "legal"),
    ],
)
def test_a_waiver_that_could_not_count_is_refused_and_nothing_written(
    run: Run, parties: None, system: Path, arguments: tuple[str, ...], told: str
) -> None:
    said = waive(run, system, *arguments)
    assert (said.code, said.out) == (2, "")
    assert told in said.err
    assert (system / "waivers.yaml").read_text() == "waivers: 1\n"


def test_a_check_that_can_never_be_waived_or_is_none_is_refused(run: Run, parties: None, system: Path) -> None:
    said = waive(run, system, "--as", "system-owner", "--reason", "x", check="ACC999")
    assert (said.code, "ACC999 is no check" in said.err) == (2, True)


def test_without_a_file_for_waivers_nothing_is_granted(run: Run, parties: None, system: Path) -> None:
    (system / "accord.yaml").write_text(MANIFEST.replace("waivers: waivers.yaml\n", ""))
    said = waive(run, system, "--as", "system-owner", "--reason", "x")
    assert said.code == 2
    assert "the manifest names no file for waivers" in said.err
    assert "--> accord.yaml" in said.err


def test_who_signs_has_to_be_said(run: Run, system: Path) -> None:
    said = waive(run, system, "--reason", "x")
    assert (said.code, said.out) == (2, "")
    assert "--as" in said.err


@pytest.mark.parametrize("moment", ["yesterday", "", "2026-13-01"])
def test_a_time_that_is_none_is_bad_input(run: Run, system: Path, monkeypatch: pytest.MonkeyPatch, moment: str) -> None:
    monkeypatch.setenv("ACCORD_NOW", moment)
    said = run("assess", system)
    assert (said.code, said.out) == (2, "")
    assert "error[ACC-E131]: ACCORD_NOW is no time" in said.err
