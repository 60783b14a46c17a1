"""The words of the house: what orders, counts, names or refuses by itself."""

from __future__ import annotations

from dataclasses import fields, replace
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accord.core.asset import Asset
from accord.core.call import CommandCall, HarnessCall, HttpCall, McpCall
from accord.core.canon import canonical, digest, plain, wire_name
from accord.core.case import Condition, Deliver, Need, Step
from accord.core.catalogue import Catalogue, Guideline, Proof, Provision, Section, Weighing
from accord.core.finding import Finding, Place, Severity, Tlp, TrustLevel
from accord.core.system import (
    About,
    Call,
    Components,
    Dataset,
    Flow,
    GuardSpec,
    Level,
    Model,
    OpenAiCall,
    Prompt,
    Retrieval,
    Role,
    System,
    TargetSpec,
    Tool,
)

LEVELS = st.sampled_from(list(Level))
KINDS = st.lists(st.sampled_from(["model", "file", "api", "dataset", "modelled", "prompt"]), min_size=1, max_size=3)
WAYS: tuple[dict[str, Any], ...] = (
    {"openai": OpenAiCall(url="http://127.0.0.1:8080/v1", model="m")},
    {"http": HttpCall(url="http://127.0.0.1:8080/ask")},
    {"python": "app:target"},
    {"mcp": McpCall(url="http://127.0.0.1:8080/mcp")},
    {"command": CommandCall(run=("bot",))},
    {"harness": HarnessCall(url="http://127.0.0.1:8080")},
)


def system(*, kind: tuple[str, ...] = ("classifier",), **changes: Any) -> System:
    about = About(id="s", name="S", version="1", purpose="answers", kind=kind)
    return System(accord=1, system=about, owners={Role.SYSTEM_OWNER: "a@example.org"}, **changes)


def practice(name: str) -> Provision:
    return Provision(
        id=name, asks="x", mode=Proof.AUTO, owner=Role.LEGAL, level=Level.BASELINE, gate=Weighing.WARN, fresh="P1D",
        claims=(f"{name}/x",),
    )  # fmt: skip


@given(LEVELS, LEVELS, LEVELS)
def test_levels_include_one_another_in_a_total_order(one: Level, other: Level, third: Level) -> None:
    assert one.includes(one)
    assert one.includes(other) or other.includes(one)
    if one.includes(other) and other.includes(one):
        assert one is other
    if one.includes(other) and other.includes(third):
        assert one.includes(third)


def test_critical_asks_the_most_and_baseline_the_least() -> None:
    assert all(Level.CRITICAL.includes(level) for level in Level)
    assert not any(Level.BASELINE.includes(level) for level in Level if level is not Level.BASELINE)


@pytest.mark.parametrize(
    ("word", "order"),
    [
        (Severity, ["low", "medium", "high", "critical"]),
        (TrustLevel, ["self", "pipeline", "independent"]),
        (Tlp, ["CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED"]),
    ],
)
def test_the_order_of_members_is_what_their_word_says(word: type[Severity], order: list[str]) -> None:
    assert [str(one) for one in word] == order


@pytest.mark.parametrize("way", WAYS)
def test_a_target_is_reached_in_one_way(way: dict[str, Any]) -> None:
    assert Call(**way) == Call(**way)


@pytest.mark.parametrize("ways", [(), *permutations(WAYS, 2), WAYS])
def test_a_target_without_a_way_or_with_several_is_refused(ways: tuple[dict[str, Any], ...]) -> None:
    with pytest.raises(ValueError, match="exactly one of openai, http, python, mcp"):
        Call(**{name: value for way in ways for name, value in way.items()})


@pytest.mark.parametrize(
    ("way", "url"),
    [
        (WAYS[0], "http://127.0.0.1:8080/v1"),
        (WAYS[1], "http://127.0.0.1:8080/ask"),
        (WAYS[2], None),
        (WAYS[3], "http://127.0.0.1:8080/mcp"),
        ({"mcp": McpCall(command=("server",))}, None),
    ],
)
def test_a_target_has_the_address_of_its_way(way: dict[str, Any], url: str | None) -> None:
    assert TargetSpec(id="t", call=Call(**way)).url == url


def test_everything_with_an_id_is_named_with_what_it_is() -> None:
    full = system(
        components=Components(
            models=(Model(id="m", source="file:m"),),
            datasets=(Dataset(id="d", path="d"),),
            prompts=(Prompt(id="p", path="p"),),
            tools=(Tool(id="t"),),
            retrieval=(Retrieval(id="r"),),
        ),
        targets=(TargetSpec(id="live", call=Call(python="a:b")),),
        guard=GuardSpec(id="g", policy="guard.yaml"),
    )
    assert dict(full.named()) == {
        "m": "model", "d": "dataset", "p": "prompt", "t": "tool", "r": "retrieval store", "live": "target",
        "g": "guard",
    }  # fmt: skip
    assert not list(system().named())


def test_every_component_with_an_id_is_named() -> None:
    with_ids = {"models", "datasets", "prompts", "tools", "retrieval"}
    assert {field.name for field in fields(Components)} - with_ids == {"tasks", "software", "sources"}


@pytest.mark.parametrize(
    ("kind", "parts", "agent", "talks"),
    [
        (("classifier",), Components(), False, False),
        (("agent",), Components(), True, True),
        (("classifier",), Components(tools=(Tool(id="t"),)), True, True),
        (("llm-app",), Components(), False, True),
        (("rag",), Components(), False, True),
        (("classifier",), Components(prompts=(Prompt(id="p", path="p"),)), False, True),
        (("classifier", "llm"), Components(), False, True),
    ],
)
def test_what_a_system_can_do_follows_from_its_kind_and_parts(
    *, kind: tuple[str, ...], parts: Components, agent: bool, talks: bool
) -> None:
    one = system(kind=kind, components=parts)
    assert (one.is_agent, one.talks) == (agent, talks)
    assert one.kinds == frozenset(kind)


@given(KINDS, KINDS)
def test_an_asset_is_of_its_kind_and_of_every_kind_above(kind: list[str], other: list[str]) -> None:
    asset = Asset(id="a", kind=".".join(kind))
    assert all(asset.is_a(".".join(kind[:depth])) for depth in range(1, len(kind) + 1))
    assert asset.is_a(".".join(other)) == (kind[: len(other)] == other)


def test_kinds_are_compared_by_whole_parts() -> None:
    assert not Asset(id="a", kind="modelled").is_a("model")
    assert not Asset(id="a", kind="model").is_a("model.file")


def test_a_catalogue_yields_guidelines_and_practices_in_order_without_the_companion() -> None:
    one, two, beyond = (
        Guideline(id=name, title="T", asks="x", practices=(practice(f"{name}.a"), practice(f"{name}.b")))
        for name in ("1.1", "2.1", "X.1")
    )
    whole = Catalogue(
        id="c", title="C", published="2023", licence="OGL", companion=(beyond,),
        sections=(Section(id="1", title="S", guidelines=(one,)), Section(id="2", title="S", guidelines=(two,))),
    )  # fmt: skip
    assert [guideline.id for guideline in whole.guidelines()] == ["1.1", "2.1"]
    assert [provision.id for provision in whole.provisions()] == ["1.1.a", "1.1.b", "2.1.a", "2.1.b"]
    assert {provision.guideline for provision in whole.provisions()} == {"1.1", "2.1"}


@pytest.mark.parametrize(
    ("name", "wire"), [("from_", "from"), ("not_", "not"), ("path", "path"), ("_odd", "_odd"), ("fix_days", "fix_days")]
)
def test_a_keyword_loses_its_underscore_on_the_wire(name: str, wire: str) -> None:
    assert wire_name(name) == wire


def test_fields_named_like_keywords_go_over_the_wire_as_the_keyword() -> None:
    assert set(plain(Flow(from_="user", to="m1"))) == {"from", "to", "data", "boundary", "guard"}
    assert plain(Condition(not_=Condition(says="x")))["not"]["says"] == "x"


@given(st.text(max_size=20), st.integers(1, 10**6), st.sampled_from(list(Severity)))
def test_equal_words_have_equal_digests_and_a_changed_field_another(path: str, line: int, severity: Severity) -> None:
    path = path.encode("utf-8", "replace").decode()
    one = Finding(message="m", where=Place(path=path, line=line), severity=severity)
    assert digest(one) == digest(replace(one))
    assert digest(one) != digest(replace(one, where=replace(one.where, line=line + 1)))
    assert canonical(one) == canonical(plain(one))


@pytest.mark.parametrize(
    "wrong",
    [
        Need,
        lambda: Need(does="pay", tool="refund"),
        Step,
        lambda: Step(ask="x", deliver=Deliver(channel="user", text="x")),  # type: ignore[arg-type]  # the count matters
        Condition,
        lambda: Condition(says="x", matches="x"),
    ],
)
def test_words_that_hold_one_of_several_refuse_none_and_two(wrong: Any) -> None:
    with pytest.raises(ValueError, match=r"either|exactly one"):
        wrong()


def test_what_a_check_needs_comes_from_the_room_itself() -> None:
    import accord.core

    assert all(getattr(accord.core, name).__name__ in {name, "check"} for name in accord.core.__all__)
    assert callable(accord.core.check)
    with pytest.raises(AttributeError, match="no attribute 'Nothing'"):
        _ = accord.core.Nothing  # type: ignore[attr-defined]  # the point
