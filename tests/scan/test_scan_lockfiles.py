"""Lock files: what is pinned, what is hashed, and hostile ones."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.scan.lockfiles import Lock, Package, read_lock

HASH = "sha256:" + "a" * 64


def test_requirements_say_what_is_pinned_and_hashed() -> None:
    text = f"""# a comment
--index-url https://packages.example/simple
a==1.0 \\
    --hash={HASH} \\
    --hash={HASH}
    # via b
b==2.*
c>=1  # why
d[extra]==3.0 ; python_version < "3.12"
e @ git+https://code.example/e@{"0" * 40}
f @ git+https://code.example/f@main
-e ./local
-r other.txt
"""
    assert read_lock("requirements.txt", text) == Lock(
        "requirements",
        (
            Package("a", "1.0", hashed=True, line=3),
            Package("b", None, hashed=False, line=7),
            Package("c", None, hashed=False, line=8),
            Package("d", "3.0", hashed=False, line=9),
            Package("e", "0" * 40, hashed=False, line=10, origin=f"git+https://code.example/e@{'0' * 40}"),
            Package("f", None, hashed=False, line=11, origin="git+https://code.example/f@main"),
            Package("./local", None, hashed=False, line=12, origin="./local"),
        ),
    )


def test_loose_and_unhashed_packages_are_named() -> None:
    lock = read_lock("requirements.txt", f"a==1 --hash={HASH}\nb==1\nc\n")
    assert [one.name for one in lock.loose] == ["c"]
    assert [one.name for one in lock.unhashed] == ["b", "c"]


def test_uv_locks_leave_the_project_itself_out() -> None:
    text = """version = 1
[[package]]
name = "me"
version = "0.1"
source = { editable = "." }
[[package]]
name = "a"
version = "1.0"
sdist = { url = "x", hash = "sha256:00" }
[[package]]
name = "b"
version = "2.0"
"""
    assert read_lock("sub/uv.lock", text).packages == (
        Package("a", "1.0", hashed=True, line=7),
        Package("b", "2.0", hashed=False, line=11),
    )


@pytest.mark.parametrize(
    ("path", "text", "package"),
    [
        (
            "poetry.lock",
            '[[package]]\nname = "a"\nversion = "1"\nfiles = [{file = "f", hash = "h"}]\n',
            Package("a", "1", hashed=True, line=2),
        ),
        (
            "poetry.lock",
            '[[package]]\nname = "a"\nversion = "1"\n[metadata.files]\na = []\n',
            Package("a", "1", hashed=True, line=2),
        ),
        (
            "Pipfile.lock",
            json.dumps({"default": {"a": {"version": "==1", "hashes": [HASH]}}}),
            Package("a", "1", hashed=True, line=None),
        ),
        (
            "package-lock.json",
            json.dumps({"packages": {"": {}, "node_modules/@x/a": {"version": "1", "integrity": "s"}}}),
            Package("@x/a", "1", hashed=True, line=None, ecosystem="npm"),
        ),
        (
            "package-lock.json",
            json.dumps({"dependencies": {"a": {"version": "1"}}}),
            Package("a", "1", hashed=False, line=None, ecosystem="npm"),
        ),
        (
            "environment.yml",
            "name: x\ndependencies:\n  - a=1.2=py_0\n",
            Package("a", "1.2", hashed=False, line=3, ecosystem="conda"),
        ),
        (
            "environment.yml",
            "dependencies:\n  - a>=1.2\nother:\n  - b\n",
            Package("a", None, hashed=False, line=2, ecosystem="conda"),
        ),
    ],
)
def test_other_kinds_are_read(path: str, text: str, package: Package) -> None:
    lock = read_lock(path, text)
    assert (lock.packages, lock.problem) == ((package,), None)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("uv.lock", "not [ toml"), ("Pipfile.lock", "{"), ("package-lock.json", "[" * 100_000), ("unknown.lock", "x"),
        ("requirements.txt", "x" * (17 << 20)), ("uv.lock", "[" * 5000), ("requirements.txt", "a==1\n" * 50_001),
        ("uv.lock", "package = 3"), ("uv.lock", "[[package]]\nname = 4\n"), ("Pipfile.lock", '{"default": [1]}'),
        ("poetry.lock", "[package]\nname = 'a'\n"), ("pylock.toml", "packages = 3"), ("Cargo.lock", "package = [1]"),
        ("Pipfile.lock", "[]"), ("package-lock.json", "[]"), ("package-lock.json", '{"packages": []}'),
        ("environment.yml", "dependencies: [a=1]\n"), ("environment.yml", "dependencies: &x\n  - a=1\n"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_said(path: str, text: str) -> None:
    assert read_lock(path, text).problem


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("Pipfile.lock", '{"default": {"a": 7}}'), ("package-lock.json", '{"packages": {"node_modules/a": null}}'),
        ("uv.lock", '[[package]]\nname = "a"\nwheels = 3\nsource = "x"\n'),
    ],
)  # fmt: skip
def test_unexpected_shapes_change_nothing(path: str, text: str) -> None:
    assert read_lock(path, text).problem is None


@given(
    path=st.sampled_from(
        ["requirements.txt", "uv.lock", "poetry.lock", "Pipfile.lock", "package-lock.json", "environment.yml"]
    ),
    text=st.text(max_size=200) | st.text('a=1.\\\n[]{}":-# ;@<>', max_size=80),
)
def test_no_text_makes_the_reader_fail(path: str, text: str) -> None:
    read_lock(path, text)


@given(names=st.lists(st.from_regex(r"[a-z][a-z0-9-]{0,10}", fullmatch=True), max_size=20))
def test_what_is_written_as_pinned_and_hashed_is_read_so(names: list[str]) -> None:
    lock = read_lock("requirements.txt", "".join(f"{name}==1.0 \\\n    --hash={HASH}\n" for name in names))
    assert [one.name for one in lock.packages] == names
    assert lock.loose == ()
    assert lock.unhashed == ()
