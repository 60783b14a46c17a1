from __future__ import annotations

import posixpath
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.scan.containers import layouts
from accord.scan.containers.archive import Archive, Entry, Openers
from accord.scan.containers.paths import leads_out, link_leads_out, name_sights, tidy
from accord.scan.look import Look
from accord.scan.part import BrokenError, Part
from accord.scan.rating import Sight

NAMES = st.text("ab./\\:~ ", max_size=12)


def nothing(part: Part, look: Look) -> Iterator[Sight]:
    yield part.sees("malformed", f"looked inside {part.name}")


def archive(*names: str, broken: str = "") -> tuple[Archive, Look]:
    whole = Part(b"x" * 10, name="an.archive")
    look = Look(nothing)

    def opened(entry: Entry) -> Part:
        if entry.name == broken:
            raise BrokenError("it cannot be unpacked")
        return whole.child(entry.name, b"some bytes")

    entries = [Entry(name, 10, 10, plain=True, number=number) for number, name in enumerate(names)]
    return Archive(
        whole, "zip", entries, look, Openers(opened, lambda entry, count: opened(entry).read(0, count))
    ), look


def format_of(*names: str) -> str:
    found = layouts.shown(archive(*names)[0])
    return found[0].format if found else ""


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("config.json", "metadata.json", "model.weights.h5"), "keras"),
        (("m/data.pkl", "m/constants.pkl", "m/code/a.py", "m/version"), "torchscript"),
        (("m/archive_format", "m/models/model.json"), "torch-export"),
        (("m/.data/extern_modules", "m/model/model.pkl"), "torch-package"),
        (("archive/data.pkl", "archive/data/0", "archive/version"), "torch"),
        (("data.pkl", "data/0"), "torch"),
        (("sys_info", "pickle", "storages", "tensors"), "torch-tar"),
        (("schema.json", "1.npy"), "skops"),
        (("MAR-INF/MANIFEST.json", "handler.py"), "torchserve"),
        (("model_config.yaml", "model_weights.ckpt"), "nemo"),
        (("a.npy", "b/c.npy"), "npz"),
        (("a.txt", "b.npy"), ""),
        ((), ""),
    ],
)
def test_the_names_show_what_an_archive_is(names: tuple[str, ...], expected: str) -> None:
    assert format_of(*names) == expected


def test_of_one_family_only_the_first_layout_is_read_and_of_two_both() -> None:
    script, _ = archive("m/data.pkl", "m/constants.pkl", "m/code/a.py")
    both, _ = archive("data.pkl", "schema.json")
    assert [one.format for one in layouts.shown(script)] == ["torchscript"]
    assert [one.format for one in layouts.shown(both)] == ["torch", "skops"]


def test_the_top_folder_is_the_one_that_all_share() -> None:
    assert archive("m/a", "m/b/c")[0].root == "m/"
    assert archive("m/a", "n/b")[0].root == ""
    assert archive("a")[0].root == ""
    assert archive()[0].root == ""


def test_an_entry_is_found_by_its_whole_name_or_below_the_top_folder() -> None:
    made, _ = archive("m/a", "m/b", "m/a")
    last = made.find("m/a")
    assert last is not None
    assert (last.number, made.under("a"), made.find("a")) == (2, last, None)


def test_what_was_opened_or_taken_is_dealt_with_and_the_rest_is_left() -> None:
    made, _ = archive("a", "b", "c", "d")
    first, second, third, fourth = made.entries
    assert made.open(first).read(0, 4) == b"some"
    made.take(second)
    assert made.head(third, 2) == b"so"
    assert list(made.left()) == [third, fourth]
    assert [one.message for one in made.inside(third)] == ["looked inside c"]
    assert list(made.left()) == [fourth]


def test_what_a_layout_leaves_is_looked_inside_and_what_breaks_is_said() -> None:
    made, look = archive("a.txt", "b.txt", "c.txt", broken="b.txt")
    found = [one.message for one in layouts.read_members(made, look)]
    assert found == ["looked inside a.txt", "the member b.txt: it cannot be unpacked", "looked inside c.txt"]


def test_a_layout_that_breaks_hides_nothing() -> None:
    made, look = archive("MAR-INF/MANIFEST.json", "b.bin", broken="MAR-INF/MANIFEST.json")
    found = []
    with pytest.raises(BrokenError, match="cannot be unpacked"):
        for one in layouts.read_members(made, look):
            found.append(one.message)
    assert "looked inside b.bin" in found


@pytest.mark.parametrize(
    ("name", "expected"),
    [("./a", "a"), ("a//b", "a/b"), ("a/./b", "a/b"), ("a/", "a/"), (".//a/./", "a/"), ("a.b", "a.b"), (".a", ".a")],
)
def test_a_tidy_name_means_the_same_file(name: str, expected: str) -> None:
    assert tidy(name) == expected


@given(name=NAMES)
def test_a_name_that_a_file_system_would_put_outside_leads_out(name: str) -> None:
    reached = posixpath.normpath(posixpath.join("/folder", name))
    if reached != "/folder" and not reached.startswith("/folder/"):
        assert leads_out(name)


@given(name=NAMES, target=NAMES)
def test_a_link_that_points_outside_leads_out(name: str, target: str) -> None:
    if leads_out(name):
        return
    reached = posixpath.normpath(posixpath.join("/folder", posixpath.dirname(name), target))
    if reached != "/folder" and not reached.startswith("/folder/"):
        assert link_leads_out(name, target)


@given(names=st.lists(st.text("abAB", min_size=1, max_size=3), max_size=6, unique=True))
def test_distinct_plain_names_are_fine(names: list[str]) -> None:
    assert list(name_sights(Part(b"", name="a.zip"), names)) == []


def test_names_that_look_alike_are_duplicates() -> None:
    alike = ["caf\u00e9", "cafe\u0301"]
    assert [one.kind for one in name_sights(Part(b"", name="a.zip"), alike)] == ["duplicate"]
