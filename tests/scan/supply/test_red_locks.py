"""Lock files that hide a package: other spellings, other forms, files taken in, shapes that no program writes."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from accord.core.assessment import EvidenceRef
from accord.scan.lockfiles import included, read_lock
from accord.scan.supply.feeds import import_feed
from accord.testing import World

Growth = Callable[[Callable[[int], Callable[[], object]], int], float]

COMMIT = "0123456789abcdef0123456789abcdef01234567"
HASH = "--hash=sha256:" + "0" * 64


def seen(path: str, text: str) -> set[tuple[str, str | None]]:
    lock = read_lock(path, text)
    assert lock.problem is None, lock.problem
    return {(one.name, one.version) for one in lock.packages}


@pytest.mark.parametrize(
    ("line", "package"),
    [
        ("evil==1.0", ("evil", "1.0")),
        ("  evil == 1.0  ", ("evil", "1.0")),
        ("evil===1.0", ("evil", "1.0")),
        ("evil (==1.0)", ("evil", "1.0")),
        ("evil[a,b]==1.0", ("evil", "1.0")),
        ("evil==1.0;python_version>'3'", ("evil", "1.0")),
        ("evil==1.0 # safe", ("evil", "1.0")),
        ("evil==1.0 \\\n  # nothing here\n", ("evil", "1.0")),
        ("evil==1.0 \\\n    --hash=sha256:00", ("evil", "1.0")),
        ("evil==1.0 --no-binary evil", ("evil", "1.0")),
        ("evil==1!2.0+cu118", ("evil", "1!2.0+cu118")),
        ("\ufeffevil==1.0", ("evil", "1.0")),
        ("evil==1.0\r", ("evil", "1.0")),
        ("evil==1.*", ("evil", None)),
        ("evil~=1.0", ("evil", None)),
        ("evil==1.0,>0", ("evil", None)),
        ("evil", ("evil", None)),
        (f"evil @ git+https://h.invalid/evil.git@{COMMIT}", ("evil", COMMIT)),
        ("evil @ https://h.invalid/evil.zip", ("evil", None)),
        ("https://h.invalid/evil-1.0-py3-none-any.whl", ("evil", "1.0")),
        ("./evil-1.0.tar.gz", ("evil", "1.0")),
    ],
)
def test_a_requirement_in_any_spelling_is_seen(line: str, package: tuple[str, str | None]) -> None:
    assert package in seen("requirements.txt", f"first==1.0\n{line}\nlast==1.0\n") | seen("requirements.txt", line)


@pytest.mark.parametrize("end", ["\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\r"])
def test_every_end_of_line_that_pip_knows_ends_a_line(end: str) -> None:
    assert ("evil", "1.0") in seen("requirements.txt", f"a==1.0{end}evil==1.0")


@pytest.mark.parametrize(
    "line",
    [
        "-r more.list",
        "--requirement more.list",
        "-rmore.list",
        "--requirement=more.list",
        '-r "more.list"',
        "-r more.list # the rest",
        "-r \\\n more.list",
    ],
)
def test_a_file_that_is_taken_in_is_named(line: str) -> None:
    assert list(included(f"a==1.0\n{line}\n")) == ["more.list"]


@pytest.mark.parametrize("line", ["-c limits.txt", "--require-hashes", "# -r no.txt", "-e ./here", "report==1.0"])
def test_no_other_option_takes_a_file_in(line: str) -> None:
    assert list(included(line)) == []


CONDA = [
    ("  - evil=1.0", ("evil", "1.0")),
    ("- evil==1.0=py_0", ("evil", "1.0")),
    ("  - 'evil=1.0'", ("evil", "1.0")),
    ("  - defaults::evil=1.0", ("evil", "1.0")),
    ("  - evil 1.0", ("evil 1.0", None)),
    ("  - evil=1.0,<2", ("evil", None)),
    ("  - evil[version='1.0']", ("evil[version='1.0']", None)),
    ("  - {pip: [evil==1.0]}", ("{pip: [evil==1.0]}", None)),
    ("  - conda-forge/linux-64::evil=1.0", ("conda-forge/linux-64::evil=1.0", None)),
    ("  - pip:\n      - evil==1.0", ("evil", "1.0")),
    ("  - pip:\n    - ./evil.whl", ("./evil.whl", None)),
    (f"  - pip:\n    - git+https://h.invalid/e.git@{COMMIT}", (f"git+https://h.invalid/e.git@{COMMIT}", COMMIT)),
    ("  - pip:\n    - -r more.txt", ("-r more.txt", None)),
    ("  - pip:\n    - evil>=1", ("evil", None)),
]


@pytest.mark.parametrize(("entry", "package"), CONDA)
def test_an_entry_of_conda_in_any_form_is_seen_or_told_as_loose(entry: str, package: tuple[str, str | None]) -> None:
    assert package in seen("environment.yml", f"name: x\ndependencies:\n  - a=1.0\n{entry}\n")


@pytest.mark.parametrize("key", ["dependencies", '"dependencies"', "'dependencies'", "dependencies "])
def test_a_quoted_key_of_conda_opens_its_list(key: str) -> None:
    assert seen("environment.yml", f"{key}:\n  - evil=1.0\n") == {("evil", "1.0")}


@pytest.mark.parametrize("value", ["[evil=1.0]", "*other", "!!seq [evil=1.0]", "&a [evil=1.0]", "[", "evil", "| x"])
def test_a_list_of_conda_in_another_form_is_a_problem(value: str) -> None:
    assert read_lock("environment.yml", f"dependencies: {value}\n").problem


@pytest.mark.parametrize("value", ["", " # none", " []", " null", " ~"])
def test_an_empty_list_of_conda_is_none(value: str) -> None:
    assert seen("environment.yml", f"name: x\ndependencies:{value}\n") == set()


def test_dependencies_beside_a_hollow_list_of_npm_are_seen() -> None:
    held = {"evil": {"version": "1.0.0", "dependencies": {"deep": {"version": "2.0.0"}}}}
    text = json.dumps({"lockfileVersion": 2, "packages": {"": {"name": "x"}}, "dependencies": held})
    assert seen("package-lock.json", text) == {("evil", "1.0.0"), ("deep", "2.0.0")}


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("package-lock.json", '{"packages": 3}'),
        ("package-lock.json", '{"dependencies": ["a"]}'),
        ("package-lock.json", '"x"'),
        ("Pipfile.lock", "3"),
        ("Pipfile.lock", '{"default": "a"}'),
        ("Cargo.lock", "package = 1"),
        ("Cargo.lock", "[package]\nname = 'a'\n"),
        ("pylock.toml", "packages = 'a'"),
        ("pylock.toml", "[[packages]]\nversion = '1'\n"),
        ("poetry.lock", "[[package]]\nname = ['a']\n"),
        ("uv.lock", "[[package]]\nname = ''\n"),
        ("yarn.lock", "evil@1: {}\n"),
        ("pnpm-lock.yaml", "packages: {evil@1.0.0: {}}\n"),
        ("conda-lock.yml", "package: [{name: evil}]\n"),
        ("go.sum", "evil v1.0.0\n"),
        ("poetry.lock", "\0"),
        ("uv.lock", "a = 1\na = 2\n"),
    ],
)
def test_a_shape_that_no_program_writes_is_a_problem(path: str, text: str) -> None:
    lock = read_lock(path, text)
    assert lock.problem, lock
    assert lock.packages == ()


@pytest.mark.parametrize(
    "path", ["requirements.txt", "environment.yml", "yarn.lock", "pnpm-lock.yaml", "conda-lock.yml"]
)
@pytest.mark.parametrize(
    "piece", ["-", "- ", "a==", " \\\n", "'", "- pip:\n", "  a:\n", "a@", "package:\n", "#", "[", "\t"]
)
def test_the_time_grows_no_faster_than_the_lock(path: str, piece: str, growth: Growth) -> None:
    def read(size: int) -> Callable[[], object]:
        text = "dependencies:\npackages:\npackage:\n" + piece * (size // len(piece))
        return lambda: read_lock(path, text)

    assert growth(read, 100_000) < 10


def world(folder: Path, **files: str) -> World:
    made = World(folder)
    made.write(
        "accord.yaml",
        "accord: 1\nsystem: {id: s, name: S, version: '1', purpose: p, kind: [llm-app]}\n"
        "owners: {system-owner: o@example.org}\nprofile: {level: baseline}\ncomponents: {}\n",
    )
    for name, text in files.items():
        made.write(name.replace("__", "."), text)
    return made


def bring(made: World, *records: object) -> None:
    source = made.root.parent / "feed.json"
    source.write_text(json.dumps(records), "utf-8")
    import_feed(source, made.state, name="mine", now=datetime(2026, 11, 22, tzinfo=UTC), progress=lambda *_: None)


def good(id_: str = "EX-1", **changes: object) -> dict[str, object]:
    affected = [{"package": {"ecosystem": "PyPI", "name": "evil"}, "versions": ["1.0"]}]
    return {"id": id_, "modified": "2026-11-20T00:00:00Z", "affected": affected} | changes


def judged(made: World) -> EvidenceRef:
    (found,) = [one for one in made.assess().evidence if one.check == "ACC230"]
    return found


def test_an_honest_lock_and_feed_pass(tmp_path: Path) -> None:
    made = world(tmp_path, requirements__txt=f"evil==2.0 {HASH}\n")
    bring(made, good())
    assert judged(made).state == "pass"


def test_a_feed_that_lost_a_record_is_never_no_known_vulnerability(tmp_path: Path) -> None:
    made = world(tmp_path, requirements__txt=f"evil==2.0 {HASH}\n")
    bring(made, good(), {"id": "EX-2"})
    found = judged(made)
    assert found.state != "pass"
    assert "1 of its records could not be read" in str(found)


def test_a_file_that_is_taken_in_and_not_read_is_never_no_known_vulnerability(tmp_path: Path) -> None:
    made = world(tmp_path, requirements__txt=f"a==1.0 {HASH}\n-r deps/more.list\n")
    made.write("deps/more.list", f"evil==1.0 {HASH}\n")
    bring(made, good())
    found = judged(made)
    assert found.state != "pass"
    assert "requirements.txt takes it in" in str(found)


def test_a_file_that_is_taken_in_and_read_is_no_complaint(tmp_path: Path) -> None:
    made = world(tmp_path, requirements__txt=f"a==1.0 {HASH}\n-r requirements-more.txt\n")
    made.write("requirements-more.txt", f"b==1.0 {HASH}\n")
    bring(made, good())
    assert judged(made).state == "pass"


def test_a_feed_of_withdrawn_records_alone_is_no_answer(tmp_path: Path) -> None:
    made = world(tmp_path, requirements__txt=f"evil==1.0 {HASH}\n")
    npm = [{"package": {"ecosystem": "npm", "name": "a"}, "versions": ["1.0.0"]}]
    bring(made, good(affected=npm), good("EX-2", withdrawn="2026-01-01T00:00:00Z"))
    assert judged(made).state == "error"


def test_a_lock_that_cannot_be_read_is_never_no_known_vulnerability(tmp_path: Path) -> None:
    made = world(tmp_path, poetry__lock="package = 3\n", requirements__txt=f"a==1.0 {HASH}\n")
    bring(made, good())
    assert judged(made).state != "pass"


@pytest.mark.parametrize("version", ["1.0", "1.0.0", "v1.0", "1.0+local"])
def test_an_affected_package_is_found_in_every_spelling(version: str, tmp_path: Path) -> None:
    made = world(tmp_path, requirements__txt=f"EVIL=={version} {HASH}\n")
    bring(made, good())
    assert judged(made).state == "fail"
