"""A campaign as a hit log as garak writes it: one JSON line for each trial in which the attack succeeded."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from accord.core.campaign import Campaign, TrialKind
from accord.core.text import one_line
from accord.core.trial import Message
from accord.report.campaign_json import escaped
from accord.report.campaign_outline import Said, called

_MOST = 256
_LONGEST = 1 << 16


def pieces(campaign: Campaign, trials: Iterable[Said]) -> Iterator[str]:
    """Yield a line for each attack that broke the system, in plan order.

    The format knows no channels: what was planted stands in the prompt as a turn of the user, its channel in `notes`.
    """
    goals = {case.name: case.summary for case in campaign.cases}
    for said in trials:
        if said.result.outcome == "broke" and said.trial.kind is TrialKind.ATTACK:
            yield escaped(json.dumps(_hit(campaign, said, goals.get(said.trial.case, "")))) + "\n"


def _hit(campaign: Campaign, said: Said, goal: str) -> dict[str, object]:
    messages = said.transcript.messages[:_MOST]
    at = _decisive(messages, said.result.message)
    output = messages[at] if at < len(messages) else Message(role="assistant")
    span = said.result.span
    return {
        "goal": one_line(goal or said.trial.case),
        "prompt": {"turns": [_turn(message) for message in messages[:at]], "notes": {"mutation": said.result.mutation}},
        "output": _content(output),
        "triggers": [span] if span else None,
        "score": 1.0,
        "run_id": campaign.campaign,
        "attempt_id": said.trial.id,
        "attempt_seq": said.trial.number,
        "attempt_idx": 0,
        "generator": one_line(campaign.target, 200),
        "probe": f"accord.{said.trial.case}",
        "detector": "accord.oracle",
        "generations_per_prompt": 1,
    }


def _decisive(messages: tuple[Message, ...], shown: int | None) -> int:
    """Return the position of the answer that shows it, or of the last answer."""
    if shown is not None and 0 <= shown < len(messages):
        return shown
    answers = [at for at, message in enumerate(messages) if message.role == "assistant"]
    return answers[-1] if answers else len(messages)


def _turn(message: Message) -> dict[str, object]:
    role = message.role if message.role in {"system", "assistant"} and message.channel is None else "user"
    return {"role": "system" if message.channel == "system" else role, "content": _content(message)}


def _content(message: Message) -> dict[str, object]:
    calls = [called(call.name, call.args.items()) for call in message.tool_calls]
    text = "\n".join(filter(None, (message.content, *calls)))
    notes = {"channel": message.channel, "name": message.name} if message.channel else {}
    return {"text": text[:_LONGEST], "lang": "*", "data_path": None, "data_type": None, "notes": notes}
