"""`accord explain` and `accord schema` answer for every kind of id, and say what is near an unknown one."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from accord.cli.explain import command as explain
from accord.cli.schema import command as schema
from accord.core.errors import CatalogError
from accord.core.plugins import load_checks


def told(id_: str) -> Any:
    """Return what the JSON says about an id."""
    done = CliRunner().invoke(explain, [id_, "--format", "json"], catch_exceptions=False)
    assert done.exit_code == 0
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("id_", "kind", "provision"),
    [
        ("1.3.i", "provision", "1.3.i"),
        ("1.3", "guideline", "1.3.e"),
        ("1.3.e/model-file", "claim", "1.3.e"),
        ("X.2.a", "provision", "X.2.a"),
        ("AML.T0051", "framework", "3.2.b"),
        ("LLM01", "framework", "1.3.a"),
        ("ASI02", "framework", "1.3.i"),
        ("5.1.1-1", "framework", "1.1.a"),
    ],
)
def test_every_kind_of_id_leads_to_provisions(id_: str, kind: str, provision: str) -> None:
    found = told(id_)
    assert list(found) == ["id", "kind", "title", "text", "provisions", "checks", "see"]
    assert (found["id"], found["kind"]) == (id_, kind)
    assert provision in found["provisions"]
    assert found["title"]
    assert found["text"]


def test_an_error_code_has_its_page() -> None:
    found = told("ACC-E104")
    assert found["kind"] == "error"
    assert found["see"] == ["ACC-E106"]


def test_what_see_names_can_be_explained() -> None:
    for id_ in told("1.3.e")["see"]:
        if not id_.startswith(("iso-42001", "eu-ai-act")):
            assert told(id_)["title"]


@pytest.mark.parametrize("id_", ["1.3.i", "1.3", "1.3.e/model-file", "AML.T0051", "ACC-E105"])
def test_text_fits_eighty_columns(id_: str) -> None:
    lines = CliRunner().invoke(explain, [id_], catch_exceptions=False).stdout.splitlines()
    assert id_ in lines[0]
    assert max(map(len, lines)) <= 80


def test_a_claim_without_a_check_says_so() -> None:
    assert "no check yet" in CliRunner().invoke(explain, ["X.1.a"], catch_exceptions=False).stdout


@pytest.mark.parametrize(("id_", "near"), [("1.3.ii", "1.3.i"), ("AML.T005", "AML.T005"), ("ACC-E1O4", "ACC-E1")])
def test_an_unknown_id_names_the_nearest(id_: str, near: str) -> None:
    with pytest.raises(CatalogError) as caught:
        CliRunner().invoke(explain, [id_], catch_exceptions=False)
    assert caught.value.code == "ACC-E201"
    assert near in caught.value.hint


def test_an_unknown_id_exits_2_without_a_traceback(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from accord.cli import main; main()", "explain", "\x1b[31mnope"],
        capture_output=True, text=True, cwd=tmp_path, env={"PATH": os.environ["PATH"]}, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert "\x1b" not in done.stderr
    assert done.stdout == ""


def test_explaining_a_practice_imports_nothing_heavy(tmp_path: Path) -> None:
    heavy = ("rich", "jinja2", "starlette", "sqlalchemy", "alembic", "dbos", "numpy", "pydantic", "httpx", "msgspec")
    code = f"""
import sys
from click.testing import CliRunner
from accord.cli.explain import command
assert CliRunner().invoke(command, ["1.3.i"]).exit_code == 0
print([name for name in {heavy!r} if name in sys.modules])
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path, timeout=60, check=True
    )
    assert done.stdout == "[]\n"


@pytest.mark.parametrize("name", ["manifest", "threats", "waivers", "attestation", "case", "guard", "assessment"])
def test_schemas_are_printed_as_json(name: str) -> None:
    done = CliRunner().invoke(schema, [name], catch_exceptions=False)
    assert json.loads(done.stdout)["title"] == name


def test_checks_that_are_read_say_what_checks_that_are_imported_say() -> None:
    loaded = load_checks(frozenset())
    for code, (check, _) in loaded.items():
        for claim in check.bears_on:
            assert code in told(claim)["checks"], f"{code} does not stand at {claim}"
            assert code in told(claim.rpartition(".")[0])["checks"]


def test_a_check_is_explained_by_its_page() -> None:
    code, (check, _) = next(iter(load_checks(frozenset()).items()))
    found = told(code)
    assert (found["kind"], found["title"], found["text"]) == ("check", check.title, check.page)
    assert found["provisions"]
    assert set(check.bears_on) <= set(found["see"])
