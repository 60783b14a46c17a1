"""`conforms` refuses every way in which a check can break its contract, and only those."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from accord.core import Finding, Place, check
from accord.core.check import Check
from accord.core.errors import AccordError
from accord.testing import World, conforms
from accord.testing import conform as contract
from accord.testing.world import MANIFEST, NOON

Fn = Callable[[Any, Any], Iterable[Finding]]
PAGE = """Finds files that are bad.

## What it does
Looks.

## Why it matters
It does.

## Example
None.

## Fix
Mend it.

## References
- CWE-1
"""
GOOD = Finding(message="a.cfg says bad", where=Place(path="a.cfg", line=1), fix="say good")


def of(fn: Fn, *, page: str = PAGE, **changes: Any) -> Check:
    def look(subject: object, ctx: object) -> Iterable[Finding]:
        return fn(subject, ctx)

    look.__doc__ = page
    plain: dict[str, Any] = {"on": ("system",), "bears_on": ("1.1.a/one",), "since": "1.0"}
    return check("ACME001", **(plain | changes))(look)


def telling(**changes: Any) -> Fn:
    """Return a check that finds the bad file and tells it so."""

    def look(_subject: object, ctx: Any) -> Iterator[Finding]:
        for source in ctx.sources("*.cfg"):
            if "bad" in source.text:
                yield replace(GOOD, **changes)

    return look


@pytest.fixture
def examples(tmp_path: Path) -> Path:
    for name, text in (("bad", "bad"), ("good", "fine")):
        folder = tmp_path / "examples" / name
        folder.mkdir(parents=True)
        (folder / "accord.yaml").write_text(MANIFEST)
        (folder / "a.cfg").write_text(text)
    return tmp_path / "examples"


def refused(one: Check, examples: Path, told: str) -> None:
    with pytest.raises(AssertionError, match=told):
        conforms(one, examples)


def test_a_check_that_keeps_the_contract_conforms(examples: Path) -> None:
    conforms(of(telling()), examples)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"fix": None}, "gives no fix"),
        ({"fix": ""}, "gives no fix"),
        ({"message": "A.cfg says bad"}, "begins in lower case"),
        ({"message": "a.cfg says bad."}, "has no full stop"),
        ({"where": Place()}, "does not say where"),
        ({"where": Place(line=3)}, "does not say where"),
    ],
)
def test_a_finding_that_people_cannot_use_is_refused(examples: Path, changes: dict[str, Any], told: str) -> None:
    refused(of(telling(**changes)), examples, told)


@pytest.mark.parametrize(
    "changes", [{"message": "3 lines are bad"}, {"message": "'A' is bad"}, {"where": Place(url="x")}]
)
def test_what_only_looks_wrong_conforms(examples: Path, changes: dict[str, Any]) -> None:
    conforms(of(telling(**changes)), examples)


@pytest.mark.parametrize(
    "page",
    [
        "Finds files that are bad.",
        PAGE.replace("## Fix\nMend it.\n\n", ""),
        PAGE.replace("## Fix", "## Remedy"),
        PAGE.replace("## Example\nNone.\n\n## Fix\nMend it.", "## Fix\nMend it.\n\n## Example\nNone."),
        PAGE + "\n## More\nThings.\n",
    ],
)
def test_an_incomplete_page_is_refused(examples: Path, page: str) -> None:
    refused(of(telling(), page=page), examples, "has no page|the headings are")


def test_a_title_fits_on_a_line(examples: Path) -> None:
    refused(of(telling(), page=PAGE.replace("Finds", "Finds " + "x" * 80)), examples, "longer than 80 characters")


def test_a_check_that_misses_the_bad_folder_is_refused(examples: Path) -> None:
    refused(of(lambda _subject, _ctx: ()), examples, "finds nothing in its bad folder")


def test_a_check_that_cries_wolf_is_refused(examples: Path) -> None:
    refused(of(lambda _subject, _ctx: [GOOD]), examples, "cries wolf: a.cfg says bad")


def test_a_check_that_leaves_something_out_of_the_good_folder_is_refused(examples: Path) -> None:
    def look(subject: object, ctx: Any) -> Iterator[Finding]:
        ctx.skip("a.cfg", "tired")
        yield from telling()(subject, ctx)

    refused(of(look), examples, "left out a.cfg: tired")


def test_a_check_that_is_not_repeatable_is_refused(examples: Path) -> None:
    count = iter(range(100))

    def look(_subject: object, ctx: Any) -> Iterator[Finding]:
        if "bad" in ctx.text("a.cfg"):
            yield replace(GOOD, message=f"look number {next(count)}")

    refused(of(look), examples, "is not repeatable")


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (ValueError("out of luck"), "in bad: ValueError: out of luck"),
        (AccordError("cannot", code="ACC-E402"), "in bad: cannot"),
        (ModuleNotFoundError("no", name="nosuch"), "in bad: skipped: the package nosuch is not installed"),
    ],
)
def test_a_check_that_fails_is_refused_with_what_stopped_it(examples: Path, error: Exception, told: str) -> None:
    def look(_subject: object, _ctx: object) -> Iterable[Finding]:
        raise error

    refused(of(look), examples, told)


def test_a_check_that_takes_too_long_is_refused(examples: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contract, "_BOUND", -1.0)
    refused(of(telling()), examples, r"took [0-9.]+ s in bad")


@pytest.mark.parametrize("name", ["bad", "good"])
def test_both_folders_are_needed(examples: Path, name: str) -> None:
    (examples / name).rename(examples / "gone")
    refused(of(telling()), examples, f"has no folder {name}")


def test_a_check_that_is_about_nothing_in_a_folder_is_refused(examples: Path) -> None:
    refused(of(telling(), on=("model",)), examples, "is not about anything in bad")
    refused(of(telling(), applies=lambda _system: False), examples, "is not about anything in bad")


SERVED = '''
def app(environ, start_response):
    """Answer."""
    start_response("{status}", [("content-type", "text/plain")])
    return [b"hello"]
'''
TARGET = 'targets: [{id: live, call: {http: {url: "http://127.0.0.1:@PORT@/"}}}]\n'


def test_a_served_folder_is_asked_over_loopback(examples: Path) -> None:
    for name, status in (("bad", "500 Broken"), ("good", "200 OK")):
        (examples / name / "serve.py").write_text(SERVED.format(status=status))
        (examples / name / "accord.yaml").write_text(MANIFEST + TARGET)

    def look(system: Any, ctx: Any) -> Iterator[Finding]:
        assert "serve.py" not in ctx.files("**")
        url = system.targets[0].url
        if ctx.fetch(url).status != 200:
            yield replace(GOOD, where=Place(url="http://127.0.0.1/"))

    conforms(of(look, needs=("network",)), examples)


def test_the_examples_themselves_are_not_changed(examples: Path) -> None:
    def contents() -> dict[str, bytes]:
        return {str(one): one.read_bytes() for one in examples.rglob("*") if one.is_file()}

    before = contents()
    conforms(of(telling()), examples)
    assert contents() == before


def test_the_clock_of_a_world_moves_only_when_told(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.write("accord.yaml")
    assert world.assess().created == NOON
    assert world.assess().created == NOON
    world.wait(days=1, hours=2)
    assert (world.assess().created - NOON).total_seconds() == 26 * 3600


def test_a_world_writes_below_its_own_folder_only(tmp_path: Path) -> None:
    world = World(tmp_path / "w")
    file = world.write("deep/a.bin", b"\xff")
    world.write("accord.yaml")
    world.assess()
    assert file == tmp_path / "w" / "system" / "deep" / "a.bin"
    assert [one.name for one in tmp_path.iterdir()] == ["w"]
    assert sorted(one.name for one in (tmp_path / "w").iterdir()) == ["state", "system"]
    assert sorted(one.name for one in world.root.iterdir()) == ["accord.yaml", "deep"], "an assessment changes no file"
