"""Hostile surroundings still give an assessment: bounded, honest about what was not looked at, clean to read."""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import socket
import subprocess
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Final

import pytest

Accord = Callable[..., Any]

AS_ROOT: Final = os.geteuid() == 0
BASE: Final = """\
accord: 1
system: {id: sample, name: Sample, version: "1", purpose: answers questions, kind: [llm-app]}
owners: {system-owner: owner@example.org}
profile: {level: baseline}
"""
ODD: Final = "\x1b[31mred\x1b]0;title\x07\x9b2J\u202eevil\u2066\u200b\ufeff\u2028<script>alert(1)</script>&\"'"
UNCLEAN: Final = frozenset(
    {*map(chr, range(9)), *map(chr, range(0xB, 0x20)), *map(chr, range(0x7F, 0xA0)), "\u061c", "\ufeff"}
    | {*map(chr, range(0x200B, 0x2010)), *map(chr, range(0x2028, 0x202F)), *map(chr, range(0x2060, 0x206A))}
)


class Page(HTMLParser):
    """The text and attribute values of a page, and the names of its elements."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.texts: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.texts += [value for _, value in attrs if value]
        assert not [name for name, _ in attrs if name.startswith("on")]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def assess(accord: Accord, root: Path, *, timeout: float = 120) -> Any:
    """Assess a folder into every format, look at each, and return the assessment."""
    out = root.parent / "out"
    done = accord("assess", root, "--format", "json,html,sarif,txt", "--out", out, cwd=root.parent, timeout=timeout)
    assert done.code in {0, 1}, done.err[-2000:]
    assert (done.out, "Traceback" in done.err) == (b"", False)
    said = json.loads((out / "assessment.json").read_bytes())
    assert len(said["provisions"]) == 104
    assert (done.code == 0) is said["gate"]["passed"]
    sarif = json.loads((out / "assessment.sarif").read_bytes())
    assert sarif["version"] == "2.1.0"
    assert UNCLEAN.isdisjoint((out / "assessment.txt").read_text("utf-8"))
    assert UNCLEAN.isdisjoint(done.err)
    page = Page((out / "assessment.html").read_text("utf-8"))
    assert "script" not in page.tags
    assert UNCLEAN.isdisjoint("".join(page.texts))
    for kind in ("json", "html", "sarif"):
        checked = accord("report", "--verify", out / f"assessment.{kind}", cwd=root.parent, timeout=timeout)
        assert checked.code == 0, checked.err
    return said


def left_out(said: Any) -> dict[str, str]:
    """Return everything that an assessment says it did not look at, with the reason."""
    skipped = {one["path"]: one["reason"] for one in said["skipped"]}
    for ref in said["evidence"]:
        skipped |= {one["path"]: one["reason"] for one in ref["skipped"]}
    return skipped


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "system"
    folder.mkdir()
    (folder / "accord.yaml").write_text(BASE)
    return folder


def sparse(path: Path, size: int, start: bytes = b"") -> None:
    with path.open("wb") as file:
        file.write(start)
        file.truncate(size)


def test_links_pipes_and_sockets_are_named_and_not_followed(accord: Accord, root: Path) -> None:
    (root / "loop").symlink_to("loop")
    (root / "a").symlink_to("b")
    (root / "b").symlink_to("a")
    (root / "up").symlink_to("..")
    (root / "etc").symlink_to("/etc")
    (root / "passwd.py").symlink_to("/etc/passwd")
    (root / "model.pkl").symlink_to("/dev/zero")
    os.mkfifo(root / "pipe.py")
    os.mkfifo(root / "requirements.txt")
    with socket.socket(socket.AF_UNIX) as server, contextlib.chdir(root):
        server.bind("sock.md")
        said = assess(accord, root)
    skipped = left_out(said)
    assert {"loop", "a", "b", "up", "etc", "passwd.py", "model.pkl"} <= {
        path for path, reason in skipped.items() if "link" in reason
    }
    assert (skipped["pipe.py"], skipped["requirements.txt"], skipped["sock.md"]) == (
        "named pipe",
        "named pipe",
        "socket",
    )
    assert "root:" not in json.dumps(said)


def test_declared_assets_that_are_no_files_are_not_read(accord: Accord, root: Path) -> None:
    (root / "accord.yaml").write_text(
        BASE + "components:\n  models: [{id: m, source: 'file:m.pkl'}, {id: gone, source: 'file:gone.pkl'}]\n"
        "  prompts: [{id: p, path: p.md}, {id: d, path: folder}]\n  datasets: [{id: rows, path: rows.jsonl}]\n"
        "  software: {lockfile: lock.txt}\n"
    )
    os.mkfifo(root / "m.pkl")
    (root / "p.md").symlink_to("/etc/passwd")
    (root / "folder").mkdir()
    (root / "rows.jsonl").symlink_to("rows.jsonl")
    (root / "lock.txt").symlink_to("/dev/zero")
    said = assess(accord, root)
    unread = {one["id"]: one["unread"] for one in said["assets"] if one["declared"]}
    assert all(unread[name] for name in ("m", "gone", "p", "rows", "lockfile")), unread
    assert {"m.pkl", "p.md", "rows.jsonl", "lock.txt"} <= set(left_out(said))


def test_names_of_any_bytes_are_shown_harmlessly(accord: Accord, root: Path) -> None:
    raw = os.fsencode(root)
    names = [
        b"caf\xe9.py",
        b"new\nline.py",
        b"esc\x1b[31m.py",
        "bidi\u202e.py".encode(),
        b"quote\"'<b>.py",
        b"\xff\xfe",
    ]
    names += [b"x" * 250 + b".py", b"back\\slash.py", b"-rf", b"$(true).py", b"\xf0\x90.pkl", "\U0010ffff.py".encode()]
    for name in names:
        Path(os.fsdecode(raw + b"/" + name)).write_bytes(b"import pickle\npickle.load(open('x', 'rb'))\n")
    said = assess(accord, root)
    found = {one["where"]["path"] for one in said["findings"] if "pickle" in one["message"]}
    assert len(found) == len([name for name in names if name.endswith(b".py")])
    assert "caf\\xe9.py" in found


def test_hostile_text_in_every_string_of_the_manifest_comes_out_clean(accord: Accord, root: Path) -> None:
    quoted = json.dumps(ODD)
    (root / "accord.yaml").write_text(f"""\
accord: 1
system: {{id: sample, name: {quoted}, version: {quoted}, purpose: {quoted}, kind: [llm-app, agent, {quoted}],
  jurisdictions: [{quoted}], users: [{quoted}], prohibited_uses: [{quoted}]}}
owners: {{system-owner: {quoted}, risk-owner: {quoted}}}
profile: {{level: baseline, also: [{quoted}]}}
components:
  models: [{{id: m, source: {json.dumps("api:" + ODD)}, role: {quoted}, licence: {quoted}, origin: {quoted}}}]
  datasets: [{{id: d, path: d.csv, origin: {quoted}, licence: {quoted}, sensitivity: {quoted}, used_for: [{quoted}]}}]
  prompts: [{{id: p, path: p.py, symbol: {quoted}}}]
  tools: [{{id: t, does: {quoted}, scopes: [{quoted}], description: {quoted}, args: {{{quoted}: {quoted}}}}}]
  tasks: [{{ask: {quoted}, served: {{says_any: [{quoted}]}}}}]
  retrieval: [{{id: r, store: {quoted}, authorisation: {quoted}, writers: [{quoted}]}}]
flows: [{{from: user, to: m, data: [{quoted}], boundary: {quoted}}}]
threats: threats.yaml
disclose: {{contact: {quoted}}}
""")
    (root / "threats.yaml").write_text(
        f"threats: 1\nby: {quoted}\nrisks: [{{id: {quoted}, decision: accept, reason: {quoted}, by: {quoted}}}]\n"
    )
    said = assess(accord, root)
    assert said["system"]["id"] == "sample"


def test_hostile_text_in_files_comes_out_clean(accord: Accord, root: Path) -> None:
    (root / "app.py").write_text(f"import pickle\nx = pickle.loads(y)  # {ODD.replace(chr(0x2028), '')}\n", "utf-8")
    (root / "requirements.txt").write_text(f"flask  # {ODD}\nevil\x1b[31m==1\n", "utf-8")
    (root / "prompt.py").write_text(f"SYSTEM_PROMPT = {ODD!a} + 'You are an assistant'\n", "utf-8")
    (root / "SECURITY.md").write_text(ODD, "utf-8")
    (root / "threats.yaml").write_text("\x00\x1b")
    assess(accord, root)


@pytest.mark.parametrize("declared", [True, False])
def test_a_model_of_a_hundred_gigabytes_is_not_read_whole(*, declared: bool, accord: Accord, root: Path) -> None:
    if declared:
        (root / "accord.yaml").write_text(BASE + "components: {models: [{id: m, source: 'file:m.safetensors'}]}\n")
    head = json.dumps({"w": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}).encode()
    sparse(root / "m.safetensors", 100 << 30, len(head).to_bytes(8, "little") + head)
    sparse(root / "m.gguf", 100 << 30, b"GGUF\x03\0\0\0")
    sparse(root / "m.bin", 100 << 30)
    started = time.monotonic()
    said = assess(accord, root)
    assert time.monotonic() - started < 60
    assert "larger than" in left_out(said)["m.safetensors"]


def test_huge_text_files_are_not_read_whole(accord: Accord, root: Path) -> None:
    (root / "accord.yaml").write_text(BASE + "components: {prompts: [{id: p, path: p.md}]}\n")
    for name in ("big.py", "p.md", "requirements.txt", "config.json", "data.jsonl"):
        sparse(root / name, 200 << 20, b"x = 1\n")
    line = json.dumps({"cells": [{"cell_type": "code", "source": ["x" * (9 << 20)]}]})
    (root / "wide.ipynb").write_text(line)
    (root / "wide.py").write_text("x = '" + "a" * (7 << 20) + "'\n")
    skipped = left_out(assess(accord, root))
    assert {"big.py", "wide.ipynb"} <= set(skipped)


def test_code_that_is_hard_to_parse_does_no_harm(accord: Accord, root: Path) -> None:
    (root / "deep.py").write_text("import pickle\npickle.load(f)\nx = " + "(" * 50_000 + ")" * 50_000)
    (root / "minus.py").write_text("import pickle\npickle.load(f)\nx = " + "-" * 200_000 + "1")
    (root / "chain.py").write_text("x = a" + ".b" * 100_000)
    (root / "sum.py").write_text("x = " + "+".join(["1"] * 50_000))
    (root / "nul.py").write_bytes(b"import pickle\npickle.load(f)\n\0\n")
    (root / "latin.py").write_bytes(b"# coding: latin-1\nx = '\xe9'\n")
    (root / "deep.json").write_text("[" * 200_000)
    (root / "deep.ipynb").write_text('{"cells": ' + "[" * 200_000)
    (root / "bomb.yaml").write_text("a: &a [x]\nb: &b [*a, *a]\n")
    (root / "pyproject.toml").write_text("x = " + "[" * 50_000)
    assert {"deep.py", "minus.py", "nul.py", "deep.ipynb"} <= set(left_out(assess(accord, root)))


def test_archives_and_pickles_that_lie_are_bounded(accord: Accord, root: Path) -> None:
    with zipfile.ZipFile(root / "bomb.pt", "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(20):
            archive.writestr(f"archive/data{number}.pkl", b"\0" * (50 << 20))
    with zipfile.ZipFile(root / "many.pt", "w") as archive:
        for number in range(5000):
            archive.writestr(f"archive/{number}", b"")
    with zipfile.ZipFile(root / "paths.pt", "w") as archive:
        archive.writestr("../../../../escaped.pkl", b"x")
    (root / "loop.pkl").write_bytes(b"\x80\x04" + b"(" * 2_000_000 + b".")
    (root / "memo.pkl").write_bytes(b"\x80\x04]\x94" + b"h\0" * 1_000_000 + b".")
    (root / "cut.pkl").write_bytes(pickle.dumps(list(range(1000)))[:-5])
    (root / "long.pkl").write_bytes(b"\x80\x04\x8b\xff\xff\xff\x7f.")
    (root / "cut.safetensors").write_bytes((1 << 60).to_bytes(8, "little") + b"{")
    (root / "cut.gguf").write_bytes(b"GGUF\x03\0\0\0" + b"\xff" * 64)
    (root / "cut.npy").write_bytes(b"\x93NUMPY\x01\0\xff\xff")
    (root / "not.h5").write_bytes(b"\x89HDF\r\n\x1a\n" + b"\xff" * 100)
    (root / "not.onnx").write_bytes(b"\xff" * 1000)
    started = time.monotonic()
    assess(accord, root)
    assert time.monotonic() - started < 90
    assert not (root.parent / "escaped.pkl").exists()


def test_folders_below_folders_end(accord: Accord, root: Path) -> None:
    with contextlib.chdir(root):
        for _ in range(3000):
            Path("d").mkdir()
            os.chdir("d")
        Path("model.pkl").write_bytes(pickle.dumps([]))
    said = assess(accord, root)
    assert any("deeper than" in reason for reason in left_out(said).values())
    subprocess.run(["rm", "-rf", str(root / "d")], check=True)  # rmtree of the test's folder would recurse


def test_junk_in_git_and_caches_is_named_and_left(accord: Accord, root: Path) -> None:
    for name in (".git", "node_modules", "__pycache__", ".accord"):
        (root / name).mkdir()
        (root / name / "evil.py").write_text("import pickle\npickle.loads(x)\n")
    (root / ".git" / "HEAD").write_bytes(b"\xff\0" * 1000)
    (root / ".git" / "config").symlink_to("/dev/zero")
    said = assess(accord, root)
    assert {".git", "node_modules", "__pycache__", ".accord"} <= set(left_out(said))
    assert not [one for one in said["findings"] if "evil.py" in str(one["where"]["path"])]


@pytest.mark.skipif(AS_ROOT, reason="root reads whatever it likes")
def test_what_may_not_be_read_is_named(accord: Accord, root: Path) -> None:
    (root / "shut").mkdir(mode=0)
    (root / "shut.py").touch(mode=0)
    try:
        assert {"shut", "shut.py"} <= set(left_out(assess(accord, root)))
    finally:
        (root / "shut").chmod(0o700)


@contextlib.contextmanager
def restless(path: Path) -> Iterator[None]:
    """Rewrite, cut, remove and replace a file all the time."""
    over = threading.Event()

    def change() -> None:
        number = 0
        while not over.is_set():
            number += 1
            with contextlib.suppress(OSError):
                match number % 4:
                    case 0:
                        path.write_bytes(pickle.dumps(list(range(number % 5000))))
                    case 1:
                        os.truncate(path, number % 7)
                    case 2:
                        path.unlink()
                    case _:
                        path.symlink_to("/etc/passwd")
                        path.unlink()

    thread = threading.Thread(target=change)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def test_files_that_change_while_they_are_read_are_no_crash(accord: Accord, root: Path) -> None:
    (root / "accord.yaml").write_text(
        BASE + "components: {models: [{id: m, source: 'file:m.pkl'}], prompts: [{id: p, path: p.md}]}\n"
    )
    with restless(root / "m.pkl"), restless(root / "p.md"), restless(root / "app.py"):
        said = assess(accord, root)
    assert "root:" not in json.dumps(said)


def test_ten_thousand_model_files_are_bounded_in_time_and_memory(accord: Accord, root: Path) -> None:
    (root / "models").mkdir()
    for number in range(10_000):
        (root / "models" / f"m{number}.pkl").write_bytes(pickle.dumps({"w": [number] * 10}, 2))
    said, seconds = timed(accord, root)
    assert len([one for one in said["assets"] if one["kind"] == "model.file"]) == 10_000
    assert seconds < 120  # near 15 on two idle cores


def test_ten_thousand_tools_are_bounded_in_time_and_memory(accord: Accord, root: Path) -> None:
    tools = "\n".join(f"    - {{id: t{number}, effect: irreversible}}" for number in range(10_000))
    (root / "accord.yaml").write_text(f"{BASE}components:\n  tools:\n{tools}\n")
    said, seconds = timed(accord, root)
    assert len([one for one in said["assets"] if one["kind"] == "tool"]) == 10_000
    assert seconds < 120


def test_time_grows_with_the_number_of_files_and_no_faster(accord: Accord, root: Path) -> None:
    def grown(count: int) -> float:
        for number in range(count):
            (root / f"m{number}.pkl").write_bytes(pickle.dumps({"w": [number] * 10}, 2))
        return timed(accord, root)[1]

    base, small, large = grown(0), grown(1000), grown(4000)
    assert (large - base) / max(small - base, 0.2) < 10  # 4 where it is linear, 16 where it is quadratic


def timed(accord: Accord, root: Path) -> tuple[Any, float]:
    """Assess with a state of its own and return the assessment and its CPU seconds; memory is bounded by 450 MiB."""
    home = root.parent / f"state-{time.monotonic()}"
    done = accord("assess", root, "--format", "json", cwd=root.parent, ACCORD_HOME=str(home), timeout=400)
    assert done.code in {0, 1}, done.err[-2000:]
    assert done.peak < 450 << 20
    return json.loads(done.out), done.cpu
