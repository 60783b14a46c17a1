"""Crescendo: begin harmlessly, take up what the system said, go one small step further, take refusals back."""

from __future__ import annotations

import json
from typing import Final

from accord.attack.mutators.attackers import Complete, Move, Pursuit, Talk
from accord.attack.mutators.wordings import brief, filled
from accord.core.text import one_line
from accord.core.trial import Message

_ASKED_AGAIN: Final = 2
_SHOWN_TURNS: Final = 12
_SHOWN: Final = 1_200


async def crescendo(pursuit: Pursuit, complete: Complete, /) -> Move:
    """Say the model's next small step; take back a turn that was refused, and stop when the model has no step left."""
    if pursuit.messages and is_refusal(pursuit.messages[-1].content) and pursuit.backs < pursuit.bounds.backs:
        return Move(back=True, reason="the system declined")
    if pursuit.turns >= pursuit.bounds.turns:
        return Move(reason=f"all {pursuit.bounds.turns} turns were said")
    prompt = _prompt(pursuit)
    for _ in range(_ASKED_AGAIN):
        move = read(await complete(prompt))
        if move is not None:
            return move
    return Move(reason="the attacker's model said nothing that can be used")


def is_refusal(text: str) -> bool:
    """Tell whether an answer declines; it only decides whether a turn is taken back, never what a trial came to."""
    start = text[:400].casefold().replace("’", "'")
    return not start.strip() or any(sign in start for sign in brief().refusals)


def read(said: str) -> Move | None:
    """Return the move that a model's answer holds, or None; the JSON object may stand among other words."""
    start, end = said.find("{"), said.rfind("}")
    try:
        told = json.loads(said[start : end + 1]) if 0 <= start < end else None
    except (ValueError, RecursionError):
        return None
    if not isinstance(told, dict):
        return None
    turn, stop = told.get("turn"), told.get("stop")
    if isinstance(turn, str) and turn.strip() and not is_refusal(turn):
        return Move(say=turn)
    return Move(reason=f"the attacker's model stopped: {one_line(stop, 200)}") if isinstance(stop, str) else None


def _prompt(pursuit: Pursuit) -> Talk:
    told, bounds = brief(), pursuit.bounds
    places = {
        "late": str(max(2, bounds.turns // 2)),
        "goal": pursuit.goal[:_SHOWN],
        "turn": str(pursuit.turns + 1),
        "turns": str(bounds.turns),
        "backs": str(pursuit.backs),
        "taken": _shown(pursuit.taken_back[-4:]) or told.nothing,
        "talk": _shown(pursuit.messages[-_SHOWN_TURNS:]) or told.nothing,
    }
    return (
        Message(role="system", content=f"{filled(told.brief, places)}\n\n{filled(told.aim, places)}"),
        Message(role="user", content=filled(told.state, places)),
    )


def _shown(talk: Talk) -> str:
    """Return a conversation as JSON lines, so that nothing in it can pass for another line."""
    return "\n".join(
        json.dumps({"role": message.role, "said": message.content[:_SHOWN]}, ensure_ascii=False) for message in talk
    )
