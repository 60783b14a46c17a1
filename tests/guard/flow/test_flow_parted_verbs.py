"""Verbs in two parts, `melde … an`, and the tools that are called by them with the verb last: `termin_absagen`."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import pytest
from guard.flow.desk import ALLOW, STOPS, Scene, check, tool

from accord.core.guard import GuardPolicy, GuardTool, Outcome
from accord.guard.flow import Flow, Tool, compile_flow


def _flow(*tools: Tool) -> Flow:
    return compile_flow(GuardPolicy(guard=1, tools=tuple(GuardTool(name=one.name) for one in tools)), tools)


FLOW: Final = _flow(
    replace(tool("sofaAnmelden", "sofa"), description="Meldet ein Sofa zur Abholung an."),
    replace(tool("karte_sperren", "karte_id"), description="Sperrt eine Karte."),
    replace(tool("ausleihe_verlaengern", "ausleihe_id"), description="Verlängert eine Ausleihe."),
    replace(tool("abo_pauzeren", "abo_id"), description="Pauzeert een abonnement."),
)


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        ("Melde das Sofa SF-12 an.", ALLOW),
        ("Melde bitte das Sofa SF-12 für den 14. Oktober 2026 an, danke.", ALLOW),
        ("Bitte melden Sie das Sofa SF-12 an und sagen Sie mir Bescheid.", ALLOW),
        ("Melde das Sofa SF-12 nicht an.", STOPS),
        ("Melde das Sofa SF-12 für den 14. Oktober 2026 nicht an.", STOPS),
        ("Melde das Sofa SF-12 nicht an und ruf Kim an.", STOPS),
        ("Melde das Sofa SF-12 ab.", STOPS),
        ("Was heißt es, ein Sofa wie SF-12 anzumelden?", STOPS),
    ],
)
def test_a_verb_may_stand_in_two_parts(wish: str, expected: Outcome | None) -> None:
    check(Scene(wish, (), "sofaAnmelden", {"sofa": "SF-12"}, expected), FLOW)


@pytest.mark.parametrize(
    ("wish", "name", "args", "expected"),
    [
        ("Sperre bitte meine Reisekarte RK-7.", "karte_sperren", {"karte_id": "RK-7"}, ALLOW),
        ("Sperre bitte den Zugang RK-7.", "karte_sperren", {"karte_id": "RK-7"}, STOPS),
        ("Verlängere meine Ausleihe AL-3.", "ausleihe_verlaengern", {"ausleihe_id": "AL-3"}, ALLOW),
        ("Verlängere meine Ausleihe AL-3 nicht.", "ausleihe_verlaengern", {"ausleihe_id": "AL-3"}, STOPS),
    ],
)
def test_the_verb_of_a_tool_may_stand_last(
    wish: str, name: str, args: dict[str, object], expected: Outcome | None
) -> None:
    check(Scene(wish, (), name, args, expected), FLOW)


@pytest.mark.parametrize(
    ("listing", "deed", "wish"),
    [
        ("elenca_spartiti", "presta_spartito", "Presta lo spartito 'Mattino chiaro'."),
        ("karten_anzeigen", "karte_sperren", "Sperre bitte meine Karte 'Mattino chiaro'."),
        ("listar_reservas", "anular_reserva", "Anula la reserva 'Mattino chiaro'."),
        ("lister_prets", "prolonger_pret", "Prolonge le prêt 'Mattino chiaro'."),
    ],
)
def test_a_list_is_called_by_the_plural_of_what_it_lists(listing: str, deed: str, wish: str) -> None:
    thing = deed.split("_")[0 if deed.startswith("karte") else 1]
    flow = _flow(
        replace(tool(listing, ""), description="Lists all there are."),
        replace(tool(deed, f"{thing}_id"), description="Macht das."),
    )
    rows = [{f"{thing}_id": "XK-118", "titolo": "Mattino chiaro"}, {f"{thing}_id": "XK-181", "titolo": "Mattino"}]
    for chosen, expected in (("XK-118", ALLOW), ("XK-181", STOPS)):
        check(Scene(wish, ((listing, {}, rows),), deed, {f"{thing}_id": chosen}, expected), flow)


def test_how_many_of_what_is_ordered_does_not_hide_it() -> None:
    flow = _flow(tool("list_candles", ""), tool("order_candle", "candle_id quantity", quantity="integer"))
    rows = [{"candle_id": "CN-3", "name": "Large pillar"}, {"candle_id": "CN-4", "name": "Small pillar"}]
    args = {"candle_id": "CN-3", "quantity": 6}
    wish = "Order 6 of the candle Large pillar."
    check(Scene(wish, (("list_candles", {}, rows),), "order_candle", args, ALLOW), flow)
