"""What people read is true and complete: pages, README, locks, and nothing that does not belong in the tree."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import fields
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from typing import Any, Final

from accord.cli import COMMANDS
from accord.core.check import Check
from accord.core.plugins import load_checks
from accord.core.settings import Settings
from accord.record.catalogue import load_catalogue

ROOT: Final = Path(__file__).parent.parent
LOCKS: Final = ROOT / "requirements"
FORBIDDEN: Final = (
    *("".join(parts).encode() for parts in (("py", "pi.org"), ("python", "hosted.org"), ("registry.", "npmjs"))),
    bytes(ROOT).lower() + b"/",
)
"""No registry's host, in pieces so that this file does not hold what it forbids, and no path of this very checkout."""


@cache
def pages() -> Mapping[str, str]:
    made: Mapping[str, str] = _module("docs_generate", ROOT / "docs" / "generate.py").pages()
    return made


def _module(name: str, path: Path, text: str | None = None) -> Any:
    if text is not None:
        path.write_text(text, "utf-8")
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def headings(page: str) -> set[str]:
    return set(re.findall(r"^#+ (.+)$", pages()[page], re.MULTILINE))


def test_every_check_has_a_page_with_all_its_headings() -> None:
    for code, loaded in load_checks(frozenset()).items():
        page = pages()[f"checks/{code}.md"]
        assert page.startswith(f"# {code}: {loaded.check.title}")
        wanted = ["What it does", "Why it matters", "Example", "Fix", "References"]
        assert re.findall(r"^## (.+)$", page, re.MULTILINE) == wanted, code
        assert f"[{code}]({code}.md)" in pages()["checks/index.md"]


def test_every_command_has_a_page() -> None:
    assert {f"accord {name}" for name in COMMANDS} - headings("commands.md") == set()


def test_every_setting_has_a_row_that_says_what_it_is() -> None:
    for field in fields(Settings):
        assert re.search(
            rf"^\| `{field.name}` \| `ACCORD_{field.name.upper()}` \| .+ \| \w.+ \|$",
            pages()["settings.md"],
            re.MULTILINE,
        )


def test_every_error_has_a_page() -> None:
    codes = {
        code
        for path in (ROOT / "src").rglob("*.py")
        for code in re.findall(r"\"(ACC-E\d{3})\"", path.read_text("utf-8"))
    }
    assert codes - headings("errors.md") == set()


def test_every_practice_has_a_row() -> None:
    listed = set(re.findall(r"^\| (\d\.\d\.[a-z]) \|", pages()["guidelines.md"], re.MULTILINE))
    assert {one.id for one in load_catalogue().provisions()} - listed == set()


def test_readme_shows_the_real_help() -> None:
    shown = re.search(r"```console\n\$ accord --help\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    real = subprocess.run(
        [sys.executable, "-c", "from accord.cli import main; main()", "--help"],
        env=os.environ | {"COLUMNS": "100", "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert shown is not None
    assert shown[1] == real.stdout.replace("Usage: -c ", "Usage: accord ")


def test_readme_names_no_command_that_does_not_exist() -> None:
    told = {path: set(re.findall(r"\baccord ([a-z]+)\b", _code(path))) for path in _prose()}
    assert {str(path): names - set(COMMANDS) for path, names in told.items() if names - set(COMMANDS)} == {}


def _code(path: Path) -> str:
    """The commands of a page: fenced blocks and inline code."""
    text = path.read_text("utf-8")
    return "\n".join(
        re.findall(r"```(?:console|sh|bash|yaml)\n(.*?)```", text, re.DOTALL) + re.findall(r"`(accord [^`\n]+)`", text)
    )


def _prose() -> list[Path]:
    guides = [path for path in (ROOT / "docs").rglob("*.md") if "reference" not in path.parts]
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *guides]


def test_the_example_of_the_how_to_is_a_check(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "how-to" / "add-a-check.md").read_text("utf-8")
    example = re.search(r"```python\n(.*?)```", text, re.DOTALL)
    assert example is not None
    made = _module("debug_server", tmp_path / "debug_server.py", example[1])
    known = {claim for practice in load_catalogue().provisions() for claim in practice.claims}
    assert isinstance(made.debug_server, Check)
    assert set(made.debug_server.bears_on) <= known


def test_links_between_pages_lead_somewhere() -> None:
    dead = [
        f"{path.relative_to(ROOT)}: {link}"
        for path in _prose()
        for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text("utf-8"))
        if not (path.parent / link).exists() and link.partition("reference/")[2] not in pages()
    ]
    assert dead == []


def test_decisions_are_short_and_numbered_without_gaps() -> None:
    decisions = sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))
    assert [path.name[:4] for path in decisions] == [f"{number:04}" for number in range(1, len(decisions) + 1)]
    for path in decisions:
        text = path.read_text("utf-8")
        assert len(text.splitlines()) <= 40, path.name
        assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["Context", "Choice", "Price"], path.name


def test_news_are_single_sentences() -> None:
    fragments = [path for path in (ROOT / "news").iterdir() if path.name != "README.md"]
    assert fragments
    for path in fragments:
        assert re.fullmatch(r"\d{4}\.(feature|fix|change|removal|security)\.md", path.name)
        assert len(path.read_text("utf-8").strip().splitlines()) == 1
        assert path.read_text("utf-8").strip().endswith(".")


def test_locks_hold_hashes_and_no_addresses_and_those_of_the_product_agree() -> None:
    pinned: dict[str, set[frozenset[str]]] = {}
    for path in (*LOCKS.glob("*.txt"), ROOT / "examples" / "helpdesk" / "requirements.txt"):
        text = path.read_text("utf-8")
        assert "://" not in text, path.name
        here: dict[str, set[str]] = {}
        for name, version, rest in re.findall(
            r"^([a-z0-9._-]+)==(\S+)(.*\n    --hash=sha256:[0-9a-f]{64})?", text, re.MULTILINE
        ):
            assert rest, f"{path.name} locks {name} without a hash"
            here.setdefault(name, set()).add(version)  # more than one where Python versions differ
        if path.name.startswith(("bench", "litellm")):
            continue  # other programs, and old versions on purpose, each in an environment of its own
        for name, versions in here.items():
            pinned.setdefault(name, set()).add(frozenset(versions))
    assert {name: versions for name, versions in pinned.items() if len(versions) > 1} == {}


def test_the_tree_holds_no_addresses_of_registries_and_no_paths_of_workplaces() -> None:
    found = [
        f"{path.relative_to(ROOT)} holds {word.decode()}"
        for path in _tracked()
        for word in FORBIDDEN
        if word in path.read_bytes().lower()
    ]
    assert found == []


def _tracked() -> Iterator[Path]:
    """Everything that git would take; told from `.gitignore`, because git need not be there."""
    ignored = {line.strip().rstrip("/") for line in (ROOT / ".gitignore").read_text("utf-8").splitlines()}
    skipped = ignored | {".git"}

    def is_kept(name: str, path: str) -> bool:
        return not any(fnmatch(name, pattern) or path == pattern for pattern in skipped)

    for folder, folders, files in os.walk(ROOT):
        here = Path(folder).relative_to(ROOT)
        folders[:] = [name for name in folders if is_kept(name, (here / name).as_posix())]
        for name in files:
            path = Path(folder) / name
            if path.is_file() and not path.is_symlink() and not path.match("*.db*"):
                yield path
