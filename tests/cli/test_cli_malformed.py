"""A malformed manifest or side file is one clear message, and nothing is written."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

Accord = Callable[..., Any]
Break = Callable[[Path], object]

BASE: Final = """\
accord: 1
system: {id: sample, name: Sample, version: "1", purpose: answers questions, kind: [llm-app]}
owners: {system-owner: owner@example.org}
profile: {level: baseline}
"""
MESSAGE: Final = re.compile(
    r"error\[(ACC-E\d{3})\]: (.+)\n(?:  --> (.+)\n)?(?:  = hint: (.+)\n)?  = more: accord explain \1\n"
)
AS_ROOT: Final = os.geteuid() == 0


def manifest(text: str | bytes) -> Break:
    """Replace the whole manifest."""
    data = text.encode() if isinstance(text, str) else text
    return lambda root: (root / "accord.yaml").write_bytes(data)


def plus(text: str) -> Break:
    """Add to a manifest that is good."""
    return manifest(BASE + text)


def beside(key: str, name: str, content: str | bytes) -> Break:
    """Name a side file in the manifest and write it."""

    def broken(root: Path) -> None:
        plus(f"{key}: {name}\n")(root)
        (root / name).write_bytes(content.encode() if isinstance(content, str) else content)

    return broken


def attested(content: str | bytes) -> Break:
    def broken(root: Path) -> None:
        plus("attestations: attest/\n")(root)
        (root / "attest").mkdir()
        (root / "attest" / "1.1.a.json").write_bytes(content.encode() if isinstance(content, str) else content)

    return broken


def other(name: str, content: str | bytes) -> Break:
    """Write a file that the manifest need not name."""
    return lambda root: (root / name).write_bytes(content.encode() if isinstance(content, str) else content)


def instead(make: Callable[[Path], object], name: str = "accord.yaml") -> Break:
    """Put something that is no file in the place of one."""

    def broken(root: Path) -> None:
        (root / name).unlink(missing_ok=True)
        make(root / name)

    return broken


def linked(key: str, target: str) -> Break:
    def broken(root: Path) -> None:
        plus(f"{key}: side.yaml\n")(root)
        (root / "side.yaml").symlink_to(target)

    return broken


def linked_folder(root: Path) -> None:
    plus("attestations: attest/\n")(root)
    (root / "attest").symlink_to("..")


def bomb() -> str:
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]
    return "\n".join(rows) + "\n"


def models(*fallbacks: str) -> str:
    items = (f"{{id: m{n}, source: 'api:x/y', fallback: {fall}}}" for n, fall in enumerate(fallbacks))
    return f"components: {{models: [{', '.join(items)}]}}\n"


MANIFESTS: Final[dict[str, Break]] = {
    "no YAML": manifest("accord: [1\nsystem: }{\n"),
    "a tab for a space": manifest("accord: 1\nsystem:\n\tid: x\n"),
    "an unknown key": plus("colour: red\n"),
    "an unknown key inside": manifest(BASE.replace("kind:", "colour: red, kind:")),
    "a duplicate key": plus("accord: 1\n"),
    "a duplicate key inside": manifest(BASE.replace("id: sample", "id: sample, id: other")),
    "a wrong type": plus("flows: 7\n"),
    "a number for a text": manifest(BASE.replace("name: Sample", "name: [Sample]")),
    "a list for the whole": manifest("- accord\n- 1\n"),
    "a text for the whole": manifest("accord\n"),
    "an alias bomb": manifest(bomb()),
    "an alias": plus("threats: &t threats.yaml\nwaivers: *t\n"),
    "a tag": plus('threats: !!python/object/apply:os.system ["true"]\n'),
    "a second document": plus("---\naccord: 1\n"),
    "a merge key": plus("<<: {accord: 1}\n"),
    "50 MB": manifest(BASE.encode() + b"# " + b"x" * (50 << 20)),
    "NaN": plus("components: {prompts: [{id: p, path: a.md, line: .nan}]}\n"),
    "an infinity": plus("attack: {trials: .inf}\n"),
    "a huge number": plus(f"attack: {{trials: {'9' * 5000}}}\n"),
    "deep nesting": plus("flows: " + "[" * 5000 + "]" * 5000 + "\n"),
    "deep mappings": manifest("".join("  " * n + f"k{n}:\n" for n in range(600))),
    "a cyclic fallback": plus(models("m1", "m0")),
    "a fallback to itself": plus(models("m0")),
    "a fallback to nothing": plus(models("m7")),
    "not UTF-8": manifest(BASE.replace("Sample", "S\xe4mple").encode("latin-1")),
    "UTF-16": manifest(BASE.encode("utf-16")),
    "binary": manifest(bytes(range(256)) * 64),
    "zero bytes": manifest(b"\0" * 4096),
    "empty": manifest(""),
    "comments only": manifest("# nothing\n"),
    "version 2": manifest(BASE.replace("accord: 1", "accord: 2")),
    "no owner": manifest(BASE.replace("system-owner", "legal")),
    "an id twice": plus("components: {prompts: [{id: p, path: a.md}, {id: p, path: b.md}]}\n"),
    "an unknown catalogue": manifest(BASE.replace("{level: baseline}", "{catalogue: no-such}")),
    "an unknown level": manifest(BASE.replace("baseline", "extreme")),
    "a path out of the folder": plus("components: {prompts: [{id: p, path: ../../etc/passwd}]}\n"),
    "an absolute path": plus("components: {models: [{id: m, source: 'file:/etc/passwd'}]}\n"),
    "a huge list": plus("system_users: [" + "a," * 400_000 + "]\n"),
    "a huge known list": manifest(BASE.replace("kind: [llm-app]", "kind: [llm-app], users: [" + "a," * 600_000 + "]")),
    "control characters in an id": plus('components: {prompts: [{id: "p\\u001b[31m", path: a.md}]}\n'),
    "a lone surrogate": plus('threats: "\\ud800.yaml"\n'),
    "an impossible day": manifest(BASE.replace("kind:", "end_of_support: 2026-02-31, kind:")),
    "two ways to call": plus("targets: [{id: t, call: {python: x, openai: {url: 'http://h/v1', model: m}}}]\n"),
    "a folder": instead(lambda path: path.mkdir()),
    "a named pipe": instead(os.mkfifo),
    "a link to nothing": instead(lambda path: path.symlink_to("nothing.yaml")),
    "a link to itself": instead(lambda path: path.symlink_to("accord.yaml")),
    "a device": instead(lambda path: path.symlink_to("/dev/zero")),
}

SIDE_FILES: Final[dict[str, Break]] = {
    "threats are no YAML": beside("threats", "threats.yaml", "threats: [1\n"),
    "threats have an unknown key": beside("threats", "threats.yaml", "threats: 1\ncolour: red\n"),
    "threats have a wrong decision": beside(
        "threats", "threats.yaml", "threats: 1\nrisks: [{id: r, decision: shrug}]\n"
    ),
    "threats name a risk twice": beside(
        "threats", "t.yaml", "threats: 1\nrisks: [{id: r, decision: avoid}, {id: r, decision: avoid}]\n"
    ),
    "threats are a bomb": beside("threats", "threats.yaml", bomb()),
    "threats are 50 MB": beside("threats", "threats.yaml", b"#" * (50 << 20)),
    "threats are binary": beside("threats", "threats.yaml", bytes(range(256))),
    "threats are empty": beside("threats", "threats.yaml", ""),
    "waivers are no YAML": beside("waivers", "waivers.yaml", "waivers: {\n"),
    "waivers lack what they need": beside("waivers", "waivers.yaml", "waivers: 1\ngranted: [{id: w}]\n"),
    "waivers are a list": beside("waivers", "waivers.yaml", "- 1\n"),
    "waivers lead out by dots": plus("waivers: ../waivers.yaml\n"),
    "waivers lead out by a link": linked("waivers", "/etc/hostname"),
    "threats lead out by a link": linked("threats", "/etc/hostname"),
    "threats are a loop of links": linked("threats", "side.yaml"),
    "an attestation is no JSON": attested("hello"),
    "an attestation is no envelope": attested("{}"),
    "an attestation is empty": attested(""),
    "an attestation is large": attested(b" " * (5 << 20)),
    "an attestation is deep": attested("[" * 100_000),
    "an attestation is a statement of another kind": attested(
        '{"payload": "e30=", "payloadType": "application/vnd.in-toto+json", "signatures": []}'
    ),
    "attestations lead out by a link": linked_folder,
    "attestations are a file": beside("attestations", "attest", "x"),
    "the debt is no JSON": other("accord.debt.json", "debt"),
    "the debt is no envelope": other("accord.debt.json", '{"debt": 1}'),
    "the debt is a folder": instead(lambda path: path.mkdir(), "accord.debt.json"),
    "the debt is a pipe": instead(os.mkfifo, "accord.debt.json"),
    "the settings are no TOML": other("accord.toml", "workers = = 1\n"),
    "the settings have an unknown key": other("accord.toml", "colour = 'red'\n"),
    "the settings have a wrong type": other("accord.toml", "workers = 'many'\n"),
    "the settings are binary": other("accord.toml", bytes(range(256))),
    "the settings are 50 MB": other("accord.toml", b"#" * (50 << 20)),
    "the settings are deep": other("accord.toml", b"workers = " + b"[" * 20_000),
    "the settings are a pipe": instead(os.mkfifo, "accord.toml"),
    "the settings are a folder": instead(lambda path: path.mkdir(), "accord.toml"),
}


def listing(folder: Path) -> dict[str, tuple[int, int, int]]:
    """Return every entry below a folder with its kind, size and time of change."""
    found = (path.lstat() for path in folder.rglob("*"))
    names = (str(path.relative_to(folder)) for path in folder.rglob("*"))
    return {name: (one.st_mode, one.st_size, one.st_mtime_ns) for name, one in zip(names, found, strict=True)}


@pytest.fixture
def root(system: Path) -> Path:
    return system


def refused(accord: Accord, root: Path, *arguments: object) -> re.Match[str]:
    """Assess, expect a refusal that leaves no trace, and return its message."""
    before = listing(root.parent)
    done = accord("assess", ".", *arguments, cwd=root)
    assert (done.code, done.out) == (2, b""), done
    assert "Traceback" not in done.err
    found = MESSAGE.fullmatch(done.err)
    assert found, done.err
    assert len(found[2]) < 1000
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", done.err)
    assert listing(root.parent) == before
    return found


@pytest.mark.parametrize("name", MANIFESTS)
def test_a_malformed_manifest_is_one_message_with_place_and_hint(name: str, accord: Accord, root: Path) -> None:
    MANIFESTS[name](root)
    message = refused(accord, root, "--format", "json,html", "--out", root.parent / "out")
    assert message[3].startswith("accord.yaml"), "no place"
    assert message[4], "no hint"


@pytest.mark.parametrize("name", SIDE_FILES)
def test_a_malformed_side_file_is_one_message_with_place_and_hint(name: str, accord: Accord, root: Path) -> None:
    SIDE_FILES[name](root)
    message = refused(accord, root, "--format", "json")
    assert message[3], "no place"
    assert message[4], "no hint"


@pytest.mark.skipif(AS_ROOT, reason="root reads whatever it likes")
@pytest.mark.parametrize("name", ["accord.yaml", "accord.debt.json", "accord.toml"])
def test_a_file_that_may_not_be_read_is_refused(name: str, accord: Accord, root: Path) -> None:
    (root / name).touch()
    (root / name).chmod(0)
    assert refused(accord, root)[3]


def test_a_plug_in_that_is_missing_is_refused(accord: Accord, root: Path) -> None:
    other("accord.toml", "plugins = ['no-such-package']\n")(root)
    assert refused(accord, root)[4]


def test_a_folder_for_attestations_need_not_be_there_yet(accord: Accord, root: Path) -> None:
    plus("attestations: attest/\n")(root)
    assert accord("assess", ".", "--format", "json", cwd=root).code == 1


def test_the_place_has_line_and_column(accord: Accord, root: Path) -> None:
    plus("colour: red\n")(root)
    assert refused(accord, root)[3] == "accord.yaml:5:1"


def test_other_commands_refuse_the_same_manifest(accord: Accord, root: Path) -> None:
    plus("colour: red\n")(root)
    for command in (["gate", "."], ["attest", "3.3.a", "--statement", "x"], ["waive", "ACC101", "--as", "legal"]):
        before = listing(root)
        done = accord(*command, cwd=root)
        assert (done.code, done.out) == (2, b""), done
        assert MESSAGE.fullmatch(done.err), done.err
        assert listing(root) == before
