"""Evidence holds while everything it rests on has the digest it had, and never when that cannot be told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.assess.files import ABSENT, Files
from accord.assess.inputs import Inputs
from accord.core.asset import Asset
from accord.core.canon import Digest, digest_bytes
from accord.core.finding import Input
from accord.core.settings import Settings
from accord.scan.walk import walk

MODEL = Asset(id="m", kind="model.file", path="m", digest=digest_bytes(b"m"), facts={"format": "gguf"})
KINDS = ("manifest", "inventory", "file", "files", "sources")


def inputs(folder: Path, *, manifest: bytes = b"1", assets: tuple[Asset, ...] = (MODEL,)) -> Inputs:
    walked = walk(folder, max_files=100, max_depth=9, seconds=9)
    return Inputs(manifest=digest_bytes(manifest), assets=assets, files=Files(folder, walked.files, Settings()))


def seen(folder: Path, kind: str, name: str) -> Input:
    return Input(kind=kind, name=name, digest=inputs(folder).current(kind, name))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.cfg").write_text("a")
    (tmp_path / "b.cfg").write_text("b")
    (tmp_path / "c.txt").write_text("c")
    return tmp_path


def named(kind: str) -> str:
    return {"file": "a.cfg", "files": "*.cfg", "sources": "*.cfg\n*.ini"}.get(kind, "")


@pytest.mark.parametrize("kind", KINDS)
def test_what_did_not_change_holds(folder: Path, kind: str) -> None:
    assert inputs(folder).hold([seen(folder, kind, named(kind))])


@pytest.mark.parametrize("kind", ["clock", "live", "weather", ""])
def test_what_cannot_be_looked_up_again_never_holds_by_its_look(folder: Path, kind: str) -> None:
    one = seen(folder, kind, "")
    assert one.digest == ABSENT
    assert inputs(folder).hold([one]) is (kind not in {"clock", "live"})


@pytest.mark.parametrize("kind", ["clock", "live"])
def test_one_look_at_the_clock_or_the_network_is_enough_to_look_again(folder: Path, kind: str) -> None:
    rest = [seen(folder, one, named(one)) for one in KINDS]
    assert inputs(folder).hold(rest)
    assert not inputs(folder).hold([*rest, seen(folder, kind, "http://127.0.0.1/")])


@pytest.mark.parametrize("kind", ["file", "files", "sources"])
def test_a_name_with_odd_bytes_never_holds(folder: Path, kind: str) -> None:
    assert not inputs(folder).hold([seen(folder, kind, "\\xff.cfg")])


CHANGES: dict[str, tuple[Callable[[Path], object], set[str]]] = {
    "content": (lambda root: (root / "a.cfg").write_text("other"), {"file", "sources"}),
    "addition": (lambda root: (root / "d.cfg").write_text("d"), {"files", "sources"}),
    "removal": (lambda root: (root / "b.cfg").unlink(), {"files", "sources"}),
    "own removal": (lambda root: (root / "a.cfg").unlink(), {"file", "files", "sources"}),
    "rename": (lambda root: (root / "b.cfg").rename(root / "e.cfg"), {"files", "sources"}),
    "second pattern": (lambda root: (root / "x.ini").write_text("x"), {"sources"}),
    "something else": (lambda root: (root / "c.txt").write_text("other"), set()),
    "touched": (lambda root: (root / "a.cfg").touch(), set()),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_change_reaches_exactly_the_inputs_that_saw_it(folder: Path, kind: str, change: str) -> None:
    before = seen(folder, kind, named(kind))
    make, reached = CHANGES[change]
    make(folder)
    assert inputs(folder).hold([before]) is (kind not in reached)


def test_another_manifest_reaches_only_who_read_it(folder: Path) -> None:
    other = inputs(folder, manifest=b"2")
    assert [kind for kind in KINDS if not other.hold([seen(folder, kind, named(kind))])] == ["manifest"]


@pytest.mark.parametrize(
    "other",
    [
        (),
        (MODEL, replace(MODEL, id="n")),
        (replace(MODEL, id="n"),),
        (replace(MODEL, digest=digest_bytes(b"n")),),
        (replace(MODEL, digest=None, unread="too large"),),
        (replace(MODEL, declared=True),),
        (replace(MODEL, facts={"format": "onnx"}),),
    ],
)
def test_another_inventory_reaches_only_who_read_it(folder: Path, other: tuple[Asset, ...]) -> None:
    now = inputs(folder, assets=other)
    assert [kind for kind in KINDS if not now.hold([seen(folder, kind, named(kind))])] == ["inventory"]


def test_a_file_that_was_absent_and_still_is_holds_until_it_comes(folder: Path) -> None:
    absent = seen(folder, "file", "later.cfg")
    assert absent.digest == ABSENT
    assert inputs(folder).hold([absent])
    (folder / "later.cfg").write_text("x")
    assert not inputs(folder).hold([absent])


@given(st.lists(st.sampled_from(KINDS)), st.sampled_from(KINDS))
def test_evidence_holds_only_if_every_input_does(
    tmp_path_factory: pytest.TempPathFactory, kinds: list[str], broken: str
) -> None:
    folder = tmp_path_factory.mktemp("f")
    (folder / "a.cfg").write_text("a")
    now = inputs(folder)
    all_equal = [Input(kind=kind, name=named(kind), digest=now.current(kind, named(kind))) for kind in kinds]
    wrong = Input(kind=broken, name=named(broken), digest=Digest("sha256:" + "1" * 64))
    assert now.hold(all_equal)
    assert not now.hold([*all_equal, wrong])
    assert not now.hold([wrong, *all_equal])
