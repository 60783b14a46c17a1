"""What is declared and what is discovered become one inventory, with a digest or a reason for each part."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.assess.files import Files
from accord.assess.inventory import Inventory, Surroundings, covers, subject_of, take_inventory
from accord.assess.prepare import Declared, prepare
from accord.core.asset import Asset
from accord.core.canon import Digest, digest_bytes
from accord.core.settings import MIB, Settings
from accord.core.system import About, Components, Model, Prompt, Role, System
from accord.testing import World
from accord.testing.world import MANIFEST

GGUF: Final = b"GGUF\x03\x00\x00\x00" + bytes(64)
ROWS: Final = '{"prompt": "where is it", "completion": "there"}\n' * 5
AGENT: Final = '''
from agents import function_tool
from openai import OpenAI
SYSTEM_PROMPT = """You are a helpful assistant for the orders of a shop. Never tell one customer what another bought."""
client = OpenAI()


@function_tool
def refund(order): ...


def answer(text):
    return client.chat.completions.create(
        model="gpt-4o",
        messages=[{"role": "system", "content": SYSTEM_PROMPT}, {"role": "user", "content": text}],
    )
'''
ABOUT: Final = About(id="s", name="S", version="1", purpose="answers", kind=("llm-app",))


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "w")


def declare(world: World, components: str = "", rest: str = "") -> Declared:
    world.write("accord.yaml", MANIFEST + (f"components:\n{components}\n" if components else "") + rest)
    return prepare(world.asked())


def undeclared(declared: Declared, kind: str) -> list[str]:
    return [one.id for one in declared.inventory.assets if one.is_a(kind) and not one.declared]


def the(declared: Declared, name: str) -> Asset:
    (one,) = [one for one in declared.inventory.assets if one.id == name]
    return one


def test_a_declared_model_file_is_the_one_that_was_found(world: World) -> None:
    file = world.write("models/m.gguf", GGUF)
    assert undeclared(declare(world), "model") == ["models/m.gguf"]
    found = declare(world, "  models: [{id: m1, source: 'file:./models/m.gguf'}]")
    assert not undeclared(found, "model")
    model = the(found, "m1")
    assert (model.kind, model.path, model.declared) == ("model.file", "models/m.gguf", True)
    assert (model.digest, model.size) == (digest_bytes(file.read_bytes()), file.stat().st_size)
    assert model.facts["format"] == "gguf", "what was recognised is kept beside what was declared"


def test_a_declared_folder_covers_every_file_in_it_and_none_beside_it(world: World) -> None:
    for name in ("data/a.jsonl", "data/deep/b.jsonl", "data2/c.jsonl"):
        world.write(name, ROWS)
    found = declare(world, "  datasets: [{id: d1, path: data/}]")
    assert undeclared(found, "dataset") == ["data2/c.jsonl"]
    assert the(found, "d1").digest is not None
    assert the(found, "d1").size == 2 * len(ROWS)


def test_a_hosted_model_is_declared_by_its_name(world: World) -> None:
    world.write("app.py", AGENT)
    assert undeclared(declare(world), "model") == ["api:openai/gpt-4o"]
    assert not undeclared(declare(world, "  models: [{id: m1, source: 'api:openai/gpt-4o'}]"), "model")
    assert undeclared(declare(world, "  models: [{id: m1, source: 'api:openai/gpt-3'}]"), "model") != []


def test_a_tool_is_declared_by_its_name(world: World) -> None:
    world.write("app.py", AGENT)
    assert [name.rpartition("#")[2] for name in undeclared(declare(world), "tool")] == ["refund"]
    assert not undeclared(declare(world, "  tools: [{id: refund}]"), "tool")
    assert undeclared(declare(world, "  tools: [{id: refunds}]"), "tool")


def test_a_prompt_in_code_is_declared_by_its_symbol_and_a_file_by_its_path(world: World) -> None:
    world.write("app.py", AGENT)
    world.write("prompts/system.md", "You are an assistant for orders.\n" * 4)
    assert undeclared(declare(world), "prompt") == ["app.py#SYSTEM_PROMPT", "prompts/system.md"]
    both = "  prompts: [{id: p1, path: prompts/system.md}, {id: p2, path: app.py, symbol: SYSTEM_PROMPT}]"
    assert not undeclared(declare(world, both), "prompt")
    other = "  prompts: [{id: p1, path: prompts/system.md}, {id: p2, path: app.py, symbol: OTHER}]"
    assert undeclared(declare(world, other), "prompt") == ["app.py#SYSTEM_PROMPT"]


def test_a_lock_file_is_declared_by_its_path(world: World) -> None:
    world.write("requirements.txt", "flask==3.0.0\n")
    assert undeclared(declare(world), "lockfile") == ["requirements.txt"]
    found = declare(world, "  software: {lockfile: requirements.txt}")
    assert not undeclared(found, "lockfile")
    assert the(found, "lockfile").digest == digest_bytes(b"flask==3.0.0\n")


@pytest.mark.parametrize(
    ("declared", "found", "covered"),
    [
        (Asset(id="m", kind="model.file", path="m"), Asset(id="x", kind="model.file", path="m/a.gguf"), True),
        (Asset(id="m", kind="model.file", path="m"), Asset(id="x", kind="model.file", path="m2/a.gguf"), False),
        (Asset(id="m", kind="model.file", path="m"), Asset(id="x", kind="dataset", path="m"), False),
        (
            Asset(id="m", kind="model.hub", facts={"model": "o/n", "provider": "huggingface"}),
            Asset(id="hf:o/n", kind="model.hub", facts={"model": "o/n"}),
            True,
        ),
        (
            Asset(id="m", kind="model.hub", facts={"model": "o/n"}),
            Asset(id="hf:o/other", kind="model.hub", facts={"model": "o/other"}),
            False,
        ),
        (
            Asset(id="m", kind="model.api", facts={"provider": "openai", "model": "gpt-4o"}),
            Asset(id="c", kind="model.api", facts={"provider": "openai"}),
            True,
        ),
        (
            Asset(id="m", kind="model.api", facts={"provider": "openai", "model": "gpt-4o"}),
            Asset(id="c", kind="model.api", facts={"provider": "anthropic"}),
            False,
        ),
        (Asset(id="kb", kind="retrieval", path="kb"), Asset(id="x", kind="retrieval", path="kb"), True),
        (
            Asset(id="kb", kind="retrieval", facts={"store": "Pinecone index orders"}),
            Asset(id="x", kind="retrieval", facts={"provider": "pinecone"}),
            True,
        ),
        (
            Asset(id="kb", kind="retrieval", facts={"store": "pgvector"}),
            Asset(id="x", kind="retrieval", facts={"provider": "pinecone"}),
            False,
        ),
        (Asset(id="kb", kind="retrieval", path="kb"), Asset(id="x", kind="retrieval", facts={"provider": "p"}), False),
        (
            Asset(id="p", kind="prompt", path="a.py", facts={"line": "9"}),
            Asset(id="x", kind="prompt", path="a.py", facts={"line": "9"}),
            True,
        ),
        (
            Asset(id="p", kind="prompt", path="a.py", facts={"line": "9"}),
            Asset(id="x", kind="prompt", path="a.py", facts={"line": "8"}),
            False,
        ),
        (
            Asset(id="p", kind="prompt", path="a.py"),
            Asset(id="x", kind="prompt", path="a.py", facts={"symbol": "P"}),
            False,
        ),
        (Asset(id="p", kind="prompt", path="prompts"), Asset(id="x", kind="prompt", path="prompts/a.md"), True),
        (Asset(id="refund", kind="tool"), Asset(id="a.py#refund", kind="tool", facts={"name": "refund"}), True),
    ],
)
def test_what_a_declaration_covers(declared: Asset, found: Asset, *, covered: bool) -> None:
    assert covers(declared, found) is covered


def test_a_found_part_never_takes_a_declared_id(world: World) -> None:
    world.write("a.gguf", GGUF)
    world.write("b.gguf", GGUF + b"b")
    found = declare(world, "  models: [{id: a.gguf, source: 'file:b.gguf'}]")
    models = [one for one in found.inventory.assets if one.is_a("model")]
    assert [(one.id, one.path, one.declared) for one in models] == [
        ("a.gguf", "b.gguf", True),
        ("a.gguf-2", "a.gguf", False),
    ]


@given(st.permutations(["a.gguf", "b.gguf", "c.gguf"]), st.sets(st.sampled_from(["a.gguf", "b.gguf", "c.gguf"])))
def test_every_part_stands_once_with_an_id_of_its_own_whatever_was_declared(order: list[str], said: set[str]) -> None:
    system = made(*(Model(id=name, source=f"file:{name}") for name in order if name in said))
    found = tuple(Asset(id=name, kind="model.file", path=name) for name in sorted(order))
    around = Surroundings(found, Files(Path("/nonexistent"), (), Settings()), ())
    assets = take_inventory(system, around, Settings()).assets
    assert len({one.id for one in assets}) == len(assets)
    assert sorted(str(one.path) for one in assets) == ["a.gguf", "b.gguf", "c.gguf"]
    assert [one.path for one in assets if one.declared] == [name for name in order if name in said]
    assert [one.path for one in assets if not one.declared] == sorted(set(order) - said)


def made(*models: Model, prompts: tuple[Prompt, ...] = ()) -> System:
    parts = Components(models=models, prompts=prompts)
    return System(accord=1, system=ABOUT, owners={Role.SYSTEM_OWNER: "a@example.org"}, components=parts)


def test_the_same_folder_gives_the_same_inventory(world: World, tmp_path: Path) -> None:
    other = World(tmp_path / "other")
    names = ("z.gguf", "a.gguf", "data/x.jsonl")
    for one, order in ((world, names), (other, names[::-1])):
        for name in order:
            one.write(name, ROWS if name.endswith("l") else GGUF)
    assert declare(world).inventory.assets == declare(other).inventory.assets


WHOLE: Final = """\
  models: [{id: m1, source: 'file:m.gguf'}, {id: m2, source: 'api:openai/gpt-4o'}]
  datasets: [{id: d1, path: data/x.jsonl}]
  prompts: [{id: p1, path: prompts/system.md}]
  tools: [{id: refund, does: pay, limits: {per_session: 1}}]
  software: {lockfile: requirements.txt}
"""
REST: Final = "guard: {id: g1, policy: guard.yaml}\n"
PARTS: Final[Mapping[str, bool]] = {
    "m.gguf": True,
    "prompts/system.md": True,
    "guard.yaml": True,
    "requirements.txt": True,
    "data/x.jsonl": False,
    "docs/notes.md": False,
    "README.md": False,
    "tests/test_app.py": False,
}


def _whole(world: World) -> Callable[[], Digest]:
    contents = {"m.gguf": GGUF, "guard.yaml": b"guard: 1\n", "data/x.jsonl": ROWS.encode()}
    for name in PARTS:
        world.write(name, contents.get(name, b"# something\n"))
    return lambda: declare(world, WHOLE, REST).subject


@given(changed=st.sets(st.sampled_from(sorted(PARTS))))
def test_the_subject_changes_exactly_when_a_part_that_counts_does(
    changed: set[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    world = World(tmp_path_factory.mktemp("w"))
    subject = _whole(world)
    before = subject()
    for name in changed:
        file = world.root / name
        file.write_bytes(file.read_bytes() + b"# more\n")
    assert (subject() != before) == any(PARTS[name] for name in changed)


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("answers questions", "answers questions and decides"),
        ("per_session: 1", "per_session: 2"),
        ("gpt-4o", "gpt-5"),
        ("does: pay", "does: order"),
    ],
)
def test_another_manifest_or_tool_is_another_subject(world: World, was: str, becomes: str) -> None:
    before = _whole(world)()
    manifest = world.root / "accord.yaml"
    world.write("accord.yaml", manifest.read_text().replace(was, becomes))
    assert prepare(world.asked()).subject != before


def test_how_the_manifest_is_laid_out_does_not_change_the_subject(world: World) -> None:
    before = _whole(world)()
    manifest = world.root / "accord.yaml"
    world.write("accord.yaml", "# a comment\n" + manifest.read_text().replace("{id: m1, ", "{ id:   m1, "))
    assert prepare(world.asked()).subject == before


def test_an_undeclared_model_is_part_of_the_subject(world: World) -> None:
    before = _whole(world)()
    world.write("more.gguf", GGUF)
    assert declare(world, WHOLE, REST).subject != before


@given(st.permutations(range(4)))
def test_the_subject_does_not_depend_on_the_order_of_assets(order: list[int]) -> None:
    assets = [Asset(id=str(one), kind=kind, digest=digest_bytes(kind.encode())) for one, kind in enumerate(
        ("model.file", "prompt", "tool", "dataset")
    )]  # fmt: skip
    stamp = digest_bytes(b"manifest")
    assert subject_of(stamp, [assets[one] for one in order]) == subject_of(stamp, assets)
    without = [replace(one, digest=None) if one.kind == "dataset" else one for one in assets]
    assert subject_of(stamp, without) == subject_of(stamp, assets)


def hashed(world: World, *paths: str, settings: Settings) -> dict[str, Asset]:
    from accord.assess.inventory import look_around

    system = made(*(Model(id=path, source=f"file:{path}") for path in paths))
    inventory: Inventory = take_inventory(system, look_around(world.root, settings), settings)
    return {one.id: one for one in inventory.assets}


def test_a_file_that_is_too_large_is_named_with_its_size(world: World) -> None:
    world.write("big.gguf", GGUF + bytes(MIB))
    one = hashed(world, "big.gguf", settings=Settings(max_hash=MIB))["big.gguf"]
    assert (one.digest, one.unread, one.size) == (None, "larger than 1 MiB: not hashed", MIB + len(GGUF))


def test_a_missing_file_is_named(world: World) -> None:
    one = hashed(world, "gone.gguf", settings=Settings())["gone.gguf"]
    assert one.digest is None
    assert one.unread == "gone.gguf cannot be read: No such file or directory"


def test_a_pipe_or_link_in_place_of_a_file_is_named_and_never_waited_for(world: World) -> None:
    os.mkfifo(world.root / "pipe.gguf")
    (world.root / "link.gguf").symlink_to("/etc/hostname")
    found = hashed(world, "pipe.gguf", "link.gguf", "../outside.gguf", settings=Settings())
    assert all(one.digest is None for one in found.values())
    assert "not a regular file" in str(found["pipe.gguf"].unread)
    assert "symbolic link" in str(found["link.gguf"].unread)
    assert "not a path below the root" in str(found["../outside.gguf"].unread)


@pytest.mark.parametrize("path", ["n" * 5000, "a/" * 3000 + "b", "m.gguf/below"], ids=["long", "deep", "below"])
def test_a_path_that_no_file_can_have_is_named(world: World, path: str) -> None:
    world.write("m.gguf", GGUF)
    (one,) = [one for one in hashed(world, path, settings=Settings()).values() if one.declared]
    assert one.digest is None
    assert one.unread


def test_when_the_time_for_hashing_is_up_the_rest_is_named(world: World) -> None:
    for name in ("a.gguf", "b.gguf"):
        world.write(name, GGUF)
    found = hashed(world, "a.gguf", "b.gguf", settings=Settings(hash_seconds=0))
    assert all(one.digest is None and "hash" in str(one.unread) for one in found.values())
    assert "used up" in str(found["b.gguf"].unread)
