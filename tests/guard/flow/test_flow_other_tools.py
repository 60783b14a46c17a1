"""The other tools of a set tell what a wish means: whose deed a clause asks for, and which tool takes what is said."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import pytest
from guard.flow.desk import ALLOW, STOPS, Scene, Step, check, tool

from accord.core.guard import GuardPolicy, GuardTool, Outcome
from accord.guard.flow import Flow, Tool, compile_flow


def _flow(*tools: Tool) -> Flow:
    return compile_flow(GuardPolicy(guard=1, tools=tuple(GuardTool(name=one.name) for one in tools)), tools)


def _batch(name: str, says: str) -> Tool:
    return replace(tool(name, "batch"), description=says)


HOUSE: Final = _flow(
    _batch("unfreeze_batch", "Unfreezes a batch."),
    _batch("quarantine_batch", "Quarantines a batch."),
    tool("set_heating", "room celsius", celsius="number"),
    tool("switch_fan", "room on", on="boolean"),
)
DOORS: Final = _flow(
    tool("list_rules", ""),
    tool("set_rule_default", "ruleKey state"),
    tool("set_rule_for_tenant", "ruleKey tenantKey"),
)
RULES: Final[Step] = ("list_rules", {}, [{"ruleKey": "dark-mode", "state": "off"}])


@pytest.mark.parametrize(
    ("name", "batch", "expected"),
    [
        ("quarantine_batch", "batch-77-b", ALLOW),
        ("quarantine_batch", "batch-77", STOPS),
        ("unfreeze_batch", "batch-77", ALLOW),
        ("unfreeze_batch", "batch-77-b", STOPS),
    ],
)
def test_deeds_that_only_the_tools_know_part_a_wish(name: str, batch: str, expected: Outcome | None) -> None:
    wish = "Unfreeze the batch batch-77 and quarantine the batch batch-77-b."
    check(Scene(wish, (), name, {"batch": batch}, expected), HOUSE)


@pytest.mark.parametrize(("room", "expected"), [("cellar", ALLOW), ("nursery", STOPS)])
def test_of_two_deeds_of_a_kind_the_thing_tells_which_is_meant(room: str, expected: Outcome | None) -> None:
    wish = "Set the nursery to 21 degrees and turn off the fan in the cellar."
    check(Scene(wish, (), "switch_fan", {"room": room, "on": False}, expected), HOUSE)


@pytest.mark.parametrize(
    ("wish", "expected"),
    [("Set the rule dark-mode to on for the tenant north.", STOPS), ("Set the rule dark-mode to 'on'.", ALLOW)],
)
def test_what_only_another_tool_takes_is_asked_of_that_one(wish: str, expected: Outcome | None) -> None:
    args = {"ruleKey": "dark-mode", "state": "on"}
    check(Scene(wish, (RULES,), "set_rule_default", args, expected), DOORS)


@pytest.mark.parametrize(
    ("visitor", "expected"), [("Nuno Faria", ALLOW), ("Inês Prado", STOPS), ("dia", STOPS)], ids=str
)
def test_articles_of_other_languages_point_at_nobody(visitor: str, expected: Outcome | None) -> None:
    opening = replace(tool("liberar_acesso", "nome"), description="Libera o acesso de alguém.")
    flow = _flow(opening, tool("cancelar_reserva", "reserva_id"))
    wish = "Libera o acesso de Nuno Faria no dia 3 e cancela a reserva da Inês Prado."
    check(Scene(wish, (), "liberar_acesso", {"nome": visitor}, expected), flow)
