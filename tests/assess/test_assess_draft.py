"""A draft says what was found, marks its guesses, and always loads as it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.assess.draft import Draft, draft_files, draft_system, slug
from accord.core.asset import Asset
from accord.core.system import Level, Model, Prompt, Role, System
from accord.core.threats import ThreatModel
from accord.record.manifest import read_manifest, read_threats

API = Asset(
    id="api:openai/gpt-4o",
    kind="model.api",
    facts={"provider": "openai", "model": "gpt-4o", "base_url": "https://x.example/v1"},
)
WEIGHTS = Asset(id="m.gguf", kind="model.file", path="models/m.gguf", facts={"format": "gguf"})
HUB = Asset(id="hf:o/n@abc", kind="model.hub", facts={"model": "o/n", "revision": "abc"})
ROWS = Asset(id="d", kind="dataset", path="data/train.jsonl", facts={"used_for": "evaluation"})
NAMED = Asset(id="a.py#P", kind="prompt", path="a.py", facts={"symbol": "P", "line": "3"})
UNNAMED = Asset(id="a.py:9", kind="prompt", path="a.py", facts={"line": "9"})
TOOL = Asset(id="a.py#refund", kind="tool", path="a.py", facts={"name": "refund"})
STORE = Asset(id="kb", kind="retrieval", path="kb")
REMOTE = Asset(id="a.py:pinecone", kind="retrieval", facts={"provider": "pinecone"})
LOCK = Asset(id="uv.lock", kind="lockfile", path="uv.lock", facts={"format": "uv"})
ALL = (API, WEIGHTS, HUB, ROWS, NAMED, UNNAMED, TOOL, STORE, REMOTE, LOCK)


class Loaded:
    """What the codec makes of a draft."""

    def __init__(self, draft: Draft, folder: Path) -> None:
        (folder / "accord.yaml").write_text(draft.manifest, "utf-8")
        (folder / "threats.yaml").write_text(draft.threats, "utf-8")
        manifest = read_manifest(folder)
        assert manifest is not None
        threats = read_threats(folder, manifest.system)
        assert threats is not None
        self.system: System = manifest.system
        self.threats: ThreatModel = threats


def test_everything_that_was_found_is_in_the_draft(tmp_path: Path) -> None:
    parts = Loaded(draft_files(ALL, "shop"), tmp_path).system.components
    assert parts.models == (
        Model(id="gpt-4o", source="api:openai/gpt-4o", base_url="https://x.example/v1"),
        Model(id="m", source="file:models/m.gguf", format="gguf"),
        Model(id="n", source="hf:o/n@abc"),
    )
    assert [(one.id, one.path, one.used_for) for one in parts.datasets] == [
        ("data-train", "data/train.jsonl", ("evaluation",))
    ]
    assert parts.prompts == (Prompt(id="P", path="a.py", symbol="P"), Prompt(id="a", path="a.py", line=9))
    assert [(one.id, one.path) for one in parts.tools] == [("refund", "a.py")]
    assert [(one.id, one.path, one.store) for one in parts.retrieval] == [
        ("kb", "kb", None),
        ("pinecone", None, "pinecone"),
    ]
    assert parts.software.lockfile == "uv.lock"


def test_what_is_drafted_is_what_loads(tmp_path: Path) -> None:
    loaded = Loaded(draft_files(ALL, "shop"), tmp_path).system
    drafted = draft_system(ALL, "shop")
    assert (loaded.system, loaded.components, loaded.flows) == (drafted.system, drafted.components, drafted.flows)


def test_guesses_are_marked(tmp_path: Path) -> None:
    draft = draft_files(ALL, "shop")
    for key in ("system:", "owners:", "profile:", "components:", "flows:"):
        before = draft.manifest.partition(f"\n{key}")[0].rpartition("\n")[2]
        assert before.startswith("# guess:"), key
    assert Loaded(draft, tmp_path).system.owners == {Role.SYSTEM_OWNER: "security@example.org"}


def test_a_draft_asks_for_the_least() -> None:
    assert draft_system((), "x").profile.level is Level.BASELINE


@pytest.mark.parametrize(
    ("assets", "kinds"),
    [
        ((), ("other",)), ((API,), ("llm-app",)), ((WEIGHTS,), ("llm-app",)), ((API, TOOL), ("llm-app", "agent")),
        ((API, STORE), ("llm-app", "rag")),
        ((Asset(id="p", kind="model.file", path="p.pkl", facts={"format": "pickle"}),), ("classifier",)),
    ],
)  # fmt: skip
def test_the_kind_is_told_by_what_was_found(assets: tuple[Asset, ...], kinds: tuple[str, ...]) -> None:
    assert draft_system(assets, "x").system.kind == kinds


def test_data_flows_from_the_user_and_the_stores_to_the_model_and_on_to_the_tools() -> None:
    flows = draft_system(ALL, "x").flows
    assert [(flow.from_, flow.to) for flow in flows] == [
        ("user", "gpt-4o"), ("kb", "gpt-4o"), ("pinecone", "gpt-4o"), ("gpt-4o", "refund"),
    ]  # fmt: skip


def test_the_threat_model_names_every_component_and_flow_and_decides_nothing(tmp_path: Path) -> None:
    loaded = Loaded(draft_files(ALL, "x"), tmp_path)
    assert {part.id for part in loaded.threats.components} == {name for name, _ in loaded.system.named()}
    assert [(flow.from_, flow.to) for flow in loaded.threats.flows] == [
        (flow.from_, flow.to) for flow in loaded.system.flows
    ]
    assert loaded.threats.risks == ()


def test_the_threats_to_decide_about_stand_in_comments() -> None:
    agent = draft_files(ALL, "x").threats
    assert all(f"#   {name}  " in agent for name in ("LLM01", "LLM10", "ASI01", "AML.T0010", "AML.T0053"))
    plain = draft_files((ROWS,), "x").threats
    assert "LLM01" not in plain
    assert "#   AML.T0020  " in plain


@pytest.mark.parametrize(
    "path",
    [
        "a\nb.gguf",
        "a\udcff.gguf",
        "a\\b.gguf",
        "~/x.gguf",
        "C:x.gguf",
        " x.gguf",
        "a\u202eb.gguf",
        "x" * 3000,
        "http://x.gguf",
    ],
)
def test_a_path_that_no_manifest_may_name_is_counted_not_written(tmp_path: Path, path: str) -> None:
    draft = draft_files([Asset(id="x", kind="model.file", path=path), WEIGHTS], "x")
    assert [one.source for one in Loaded(draft, tmp_path).system.components.models] == ["file:models/m.gguf"]
    assert "# 1 more were found" in draft.manifest


def test_a_tool_that_is_defined_twice_is_one_tool() -> None:
    twice = (TOOL, Asset(id="b.py#refund", kind="tool", path="b.py", facts={"name": "refund"}))
    assert [one.id for one in draft_system(twice, "x").components.tools] == ["refund"]


def test_the_lock_file_nearest_to_the_root_is_taken() -> None:
    locks = [
        Asset(id=path, kind="lockfile", path=path, facts={"format": kind})
        for path, kind in (
            ("a/uv.lock", "uv"),
            ("dev-requirements.txt", "requirements"),
            ("requirements.txt", "requirements"),
        )
    ]
    assert draft_system(locks, "x").components.software.lockfile == "requirements.txt"


def test_a_folder_with_ten_thousand_models_still_gives_a_manifest_that_loads(tmp_path: Path) -> None:
    many = [Asset(id=str(n), kind="model.file", path=f"{'deep/' * 60}{n}.gguf") for n in range(10_000)]
    draft = draft_files(many, "x")
    assert Loaded(draft, tmp_path).system.components.models
    assert "more were found" in draft.manifest


HOSTILE = st.text(max_size=40) | st.sampled_from(
    [
        "no",
        "null",
        "1.0",
        "- x",
        "x: y",
        "#x",
        "'",
        '"',
        "{a}",
        "&a",
        "*a",
        "!!python/object:os.system",
        "%TAG",
        "---",
        "\x85x",
        "ünïcode",
        "日本語.gguf",
        "a b",
        "user",
        "2020-01-01",
        "=",
        "<<",
        "\ufeffx",
        "x\u2028y",
        "..",
        "[",
        "|",
        ">",
        "@x",
        "`",
    ]
)
FACTS = st.dictionaries(
    st.sampled_from(["symbol", "line", "name", "provider", "model", "revision", "base_url", "format", "used_for"]),
    HOSTILE,
)
KINDS = st.sampled_from(["model.file", "model.api", "model.hub", "dataset", "prompt", "tool", "retrieval", "lockfile"])
ASSETS = st.builds(Asset, id=HOSTILE, kind=KINDS, path=st.none() | HOSTILE, facts=FACTS)


@given(assets=st.lists(ASSETS, max_size=12), name=HOSTILE)
def test_any_discovery_gives_a_draft_that_loads(
    tmp_path_factory: pytest.TempPathFactory, assets: list[Asset], name: str
) -> None:
    loaded = Loaded(draft_files(assets, name), tmp_path_factory.mktemp("draft"))
    assert {part.id for part in loaded.threats.components} == {one for one, _ in loaded.system.named()}


@given(st.text(max_size=200))
def test_a_slug_is_an_id_or_nothing(text: str) -> None:
    made = slug(text)
    assert made == "" or (made[0].isalnum() and made.isascii() and len(made) <= 60)
