"""Lock files of npm, yarn, pnpm, conda, Cargo, Go and PEP 751: names, versions, hashes, origins."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.scan.lockfiles import Lock, read_lock

KINDS = [
    "yarn.lock", "pnpm-lock.yaml", "conda-lock.yml", "environment.yml", "Cargo.lock", "go.sum", "pylock.toml",
    "pylock.dev.toml", "package-lock.json", "Pipfile.lock", "requirements.txt", "uv.lock",
]  # fmt: skip

YARN_CLASSIC = """# yarn lockfile v1


"@scope/a@^1.0.0", "@scope/a@^1.1.0":
  version "1.2.3"
  resolved "https://registry.example/@scope/a/-/a-1.2.3.tgz#0123"
  integrity sha512-abc
  dependencies:
    b "^2.0.0"

b@^2.0.0:
  version "2.0.1"
  resolved "https://registry.example/b/-/b-2.0.1.tgz#0123"

c@https://files.example/c.tgz:
  version "3.0.0"
  resolved "https://files.example/c.tgz"

d@git+https://code.example/d.git:
  version "4.0.0"
  resolved "git+https://code.example/d.git#%s"
""" % ("a" * 40)

YARN_BERRY = """__metadata:
  version: 8
  cacheKey: 10c0

"a@npm:^1.0.0, a@npm:^1.1.0":
  version: 1.2.3
  resolution: "a@npm:1.2.3"
  checksum: 10c0/abc
  languageName: node
  linkType: hard

"mine@workspace:.":
  version: 0.0.0-use.local
  resolution: "mine@workspace:."
  languageName: unknown
  linkType: soft
"""

PNPM_9 = """lockfileVersion: '9.0'

importers:

  .:
    dependencies:
      a:
        specifier: ^1.0.0
        version: 1.2.3

packages:

  '@scope/a@1.2.3':
    resolution: {integrity: sha512-abc}
    engines: {node: '>=8'}

  b@2.0.1:
    resolution: {tarball: https://files.example/b.tgz}
    version: 2.0.1

  c@https://code.example/c/tar.gz/%s:
    resolution: {tarball: https://code.example/c/tar.gz/x}
    version: 3.0.0

snapshots:

  b@2.0.1: {}
""" % ("a" * 40)

PNPM_6 = """lockfileVersion: '6.0'

packages:

  /@scope/a@1.2.3(react@18.0.0):
    resolution: {integrity: sha512-abc}
    requiresBuild: true

  /b/2.0.1_c@3.0.0:
    resolution: {integrity: sha512-abc}
"""

CONDA_LOCK = """version: 1
metadata:
  platforms: [linux-64]
package:
- name: numpy
  version: 1.26.4
  manager: conda
  platform: linux-64
  dependencies:
    name: '>=1'
  url: https://conda.example/numpy.conda
  hash:
    md5: 00
    sha256: 00
  category: main
- name: numpy
  version: 1.26.4
  manager: conda
  platform: osx-64
- name: requests
  version: 2.32.0
  manager: pip
  platform: linux-64
"""

PYLOCK = """lock-version = "1.0"
[[packages]]
name = "a"
version = "1.0"
[[packages.wheels]]
url = "https://files.example/a.whl"
hashes = {sha256 = "00"}
[[packages]]
name = "b"
vcs = {type = "git", url = "https://code.example/b", commit-id = "%s"}
[[packages]]
name = "me"
directory = {path = ".", editable = true}
""" % ("b" * 40)


def told(path: str, text: str) -> list[tuple[str, str | None, bool, str]]:
    lock = read_lock(path, text)
    assert lock.problem is None
    return [(one.name, one.version, one.hashed, one.ecosystem) for one in lock.packages]


def test_classic_yarn_names_versions_and_origins() -> None:
    assert told("yarn.lock", YARN_CLASSIC) == [
        ("@scope/a", "1.2.3", True, "npm"),
        ("b", "2.0.1", False, "npm"),
        ("c", "3.0.0", False, "npm"),
        ("d", "a" * 40, True, "npm"),
    ]
    origins = [one.origin for one in read_lock("yarn.lock", YARN_CLASSIC).packages]
    assert origins[:2] == [None, None]
    assert origins[2] == "https://files.example/c.tgz"


def test_berry_leaves_the_project_itself_out() -> None:
    assert told("yarn.lock", YARN_BERRY) == [("a", "1.2.3", True, "npm")]


def test_pnpm_is_read_in_all_its_versions() -> None:
    assert told("pnpm-lock.yaml", PNPM_9)[:2] == [("@scope/a", "1.2.3", True, "npm"), ("b", "2.0.1", False, "npm")]
    assert [one[0] for one in told("pnpm-lock.yaml", PNPM_9)] == ["@scope/a", "b", "c"]
    assert told("pnpm-lock.yaml", PNPM_6) == [("@scope/a", "1.2.3", True, "npm"), ("b", "2.0.1", True, "npm")]
    assert [one.scripts for one in read_lock("pnpm-lock.yaml", PNPM_6).packages] == [True, False]


def test_conda_lock_tells_its_own_packages_from_those_of_pip_once_for_all_platforms() -> None:
    assert told("conda-lock.yml", CONDA_LOCK) == [
        ("numpy", "1.26.4", True, "conda"),
        ("requests", "2.32.0", False, "PyPI"),
    ]


def test_an_environment_file_tells_what_pip_installs() -> None:
    text = "dependencies:\n  - numpy=1.26\n  - pip:\n    - requests==2.32.0\n    - flask\n  - scipy\n"
    assert told("environment.yml", text) == [
        ("numpy", "1.26", False, "conda"),
        ("requests", "2.32.0", False, "PyPI"),
        ("flask", None, False, "PyPI"),
        ("scipy", None, False, "conda"),
    ]


def test_pep_751_names_archives_and_commits() -> None:
    assert told("pylock.toml", PYLOCK) == [("a", "1.0", True, "PyPI"), ("b", "b" * 40, True, "PyPI")]
    assert told("pylock.dev.toml", PYLOCK) == told("pylock.toml", PYLOCK)


def test_cargo_and_go_are_read() -> None:
    own = '[[package]]\nname = "me"\nversion = "0.1.0"\n'
    cargo = own + '[[package]]\nname = "serde"\nversion = "1.0.0"\nsource = "registry+x"\nchecksum = "00"\n'
    assert told("Cargo.lock", cargo) == [("serde", "1.0.0", True, "crates.io")]
    go = f"code.example/a v1.2.3 h1:{'a' * 43}=\ncode.example/a v1.2.3/go.mod h1:{'a' * 43}=\n"
    assert told("go.sum", go) == [("code.example/a", "1.2.3", True, "Go")]


def test_nested_locks_of_npm_are_read_and_tell_scripts_and_aliases() -> None:
    old = {"dependencies": {"a": {"version": "1.0.0", "dependencies": {"b": {"version": "2.0.0"}}}}}
    assert [one[0] for one in told("package-lock.json", json.dumps(old))] == ["a", "b"]
    new = {"packages": {"node_modules/x": {"name": "real", "version": "1.0.0", "hasInstallScript": True}}}
    (package,) = read_lock("package-lock.json", json.dumps(new)).packages
    assert (package.name, package.scripts) == ("real", True)


def test_a_repository_in_a_lock_of_npm_is_its_origin_and_its_commit_the_version() -> None:
    address = f"git+ssh://git@code.example/a.git#{'c' * 40}"
    (package,) = read_lock("package-lock.json", json.dumps({"dependencies": {"a": {"version": address}}})).packages
    assert (package.version, package.origin, package.hashed) == ("c" * 40, address, True)


def test_requirements_by_address_have_an_origin() -> None:
    lock = read_lock(
        "requirements.txt", "https://files.example/pkg-1.2.3-py3-none-any.whl\n./local\ngit+https://code.example/x\n"
    )
    assert lock.packages[0][:2] == ("pkg", "1.2.3")
    assert all(one.origin for one in lock.packages)


def test_sources_of_uv_poetry_and_pipenv_are_origins() -> None:
    uv = '[[package]]\nname = "a"\nversion = "1"\nsource = { git = "https://code.example/a#%s" }\n' % ("d" * 40)
    poetry = (
        '[[package]]\nname = "a"\nversion = "1"\n[package.source]\ntype = "legacy"\nurl = "https://index.example"\n'
    )
    pipenv = json.dumps({"default": {"a": {"git": "https://code.example/a", "ref": "e" * 40}}})
    assert read_lock("uv.lock", uv).packages[0].origin
    assert read_lock("poetry.lock", poetry).packages[0].origin is None
    (package,) = read_lock("Pipfile.lock", pipenv).packages
    assert (package.origin, package.version) == ("https://code.example/a", "e" * 40)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("pnpm-lock.yaml", "packages: {lodash@4.17.20: {}}\n"),
        ("pnpm-lock.yaml", "packages:\n  ? lodash@4.17.20\n  : {}\n"),
        ("yarn.lock", "lodash@4: {version: 4.17.20}\n"),
        ("conda-lock.yml", "package: [{name: a}]\n"),
        ("go.sum", "what is this\n"),
    ],
)
def test_a_form_that_no_program_writes_is_a_problem_and_not_an_empty_lock(path: str, text: str) -> None:
    assert read_lock(path, text).problem


@given(path=st.sampled_from(KINDS), text=st.text(max_size=200) | st.text("ab@/:'\"-#.1 \n{}[]=,", max_size=200))
def test_no_text_makes_a_reader_fail(path: str, text: str) -> None:
    assert isinstance(read_lock(path, text), Lock)


def test_ten_thousand_packages_are_read_in_a_moment() -> None:
    text = "packages:\n\n" + "".join(
        f"  pkg-{number}@1.0.{number}:\n    resolution: {{integrity: sha512-a}}\n\n" for number in range(10_000)
    )
    assert len(told("pnpm-lock.yaml", text)) == 10_000
