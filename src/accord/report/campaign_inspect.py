"""A campaign as a log of inspect_ai (`EvalLog`, version 2): one sample a trial or control run, with its messages."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any, Final

from accord import __version__
from accord.core.campaign import Campaign, TrialKind
from accord.core.canon import plain
from accord.core.text import one_line
from accord.core.trial import Message, ToolCall
from accord.report.campaign_json import escaped
from accord.report.campaign_outline import Said, marking

_ROLES: Final = frozenset({"system", "user", "assistant", "tool"})
_STOPS: Final = {"length": "max_tokens", "content_filter": "content_filter", "tool_calls": "tool_calls"}
_MOST: Final = 256
_LONGEST: Final = 1 << 16
_WORTH: Final = {"broke": 1, "held": 0, "served": 1, "not-served": 0}


def pieces(campaign: Campaign, trials: Iterable[Said], *, samples: int) -> Iterator[str]:
    """Yield the log piece by piece, the samples last; `samples` is how many there will be."""
    head = json.dumps(_head(campaign, samples), allow_nan=False)
    yield escaped(head[:-1] + ', "samples": [\n')
    for number, said in enumerate(trials):
        yield escaped((",\n" if number else "") + json.dumps(_sample(campaign, said), allow_nan=False))
    yield "\n]}\n"


def _head(campaign: Campaign, samples: int) -> dict[str, object]:
    begun = campaign.created
    times = {"started_at": begun, "completed_at": begun + timedelta(seconds=campaign.seconds)}
    spec = {
        "eval_id": campaign.campaign,
        "run_id": campaign.campaign,
        "created": begun,
        "task": "accord attack",
        "task_id": campaign.plan,
        "task_version": 1,
        "dataset": {"name": "accord cases", "samples": samples, "shuffled": False},
        "model": one_line(campaign.target, 200),
        "config": {},
        "packages": {"accord": __version__},
        "metadata": _about(campaign),
    }
    said: dict[str, object] = plain(
        {
            "version": 2,
            "status": "cancelled" if campaign.stopped else "success",
            "eval": spec,
            "plan": {"name": "plan", "steps": [], "config": {}},
            "results": {"total_samples": samples, "completed_samples": samples, "scores": list(_scores(campaign))},
            "stats": {**times, "model_usage": {}},
        }
    )
    return said


def _about(campaign: Campaign) -> dict[str, object]:
    return {
        "plan": campaign.plan,
        "seed": campaign.seed,
        "tlp": marking(campaign),
        "system": campaign.system,
        "subject": campaign.subject,
        "gate": "passed" if campaign.gate.passed else "undecided" if campaign.gate.undecided else "failed",
        "stopped": campaign.stopped,
        "requests": campaign.requests,
    }


def _scores(campaign: Campaign) -> Iterator[dict[str, object]]:
    served = sum(case.served for case in campaign.cases)
    not_served = sum(case.not_served for case in campaign.cases)
    for name, hits, missed in (
        ("broke", campaign.outcomes.broke, campaign.outcomes.held),
        ("served", served, not_served),
    ):
        if hits + missed:
            mean = {"name": "mean", "value": round(hits / (hits + missed), 6), "params": {}}
            yield {
                "name": name,
                "scorer": "accord",
                "scored_samples": hits + missed,
                "params": {},
                "metrics": {"mean": mean},
            }


def _sample(campaign: Campaign, said: Said) -> dict[str, object]:
    trial, result, transcript = said
    messages = [_message(message, at) for at, message in enumerate(transcript.messages[:_MOST])]
    first = next((at for at, one in enumerate(messages) if one["role"] == "assistant"), len(messages))
    about = {"trial": trial.id, "kind": trial.kind, "mutation": result.mutation, "reason": result.reason}
    counted = {"span": result.span, "message": result.message, "partial": result.partial, "tries": result.tries}
    sample: dict[str, object] = {
        "id": trial.case if trial.kind is TrialKind.ATTACK else f"{trial.case} (control)",
        "epoch": trial.number + 1,
        "input": messages[:first],
        "target": "",
        "messages": messages,
        "output": _output(campaign, messages, transcript.stopped),
        "scores": _judged(said),
        "metadata": plain(
            {**about, **counted, "vars": transcript.vars, "cut": max(0, len(transcript.messages) - _MOST)}
        ),
        "total_time": round(sum(one.seconds for one in result.tries), 6),
        "uuid": trial.id,
    }
    if result.outcome == "error":
        sample["error"] = {"message": result.reason or "never answered", "traceback": "", "traceback_ansi": ""}
    return sample


def _judged(said: Said) -> dict[str, object]:
    """Return what a trial came to, in a word, and as a number where it was decided."""
    outcome = said.result.outcome
    name = "broke" if said.trial.kind is TrialKind.ATTACK else "served"
    word = {"value": outcome, "answer": said.result.span or None, "explanation": said.result.reason or None}
    decided = {name: {"value": _WORTH[outcome]}} if outcome in _WORTH else {}
    return {"outcome": word, **decided}


def _output(campaign: Campaign, messages: list[dict[str, Any]], stopped: str | None) -> dict[str, object]:
    model = one_line(campaign.target, 200)
    last = next((one for one in reversed(messages) if one["role"] == "assistant"), None)
    if last is None:
        return {"model": model, "choices": []}
    reason = "stop" if stopped in {None, "stop"} else _STOPS.get(str(stopped), "unknown")
    return {"model": model, "choices": [{"message": last, "stop_reason": reason}]}


def _message(message: Message, at: int) -> dict[str, Any]:
    role = message.role if message.role in _ROLES else "user"
    said: dict[str, Any] = {"id": f"m{at}", "role": role, "content": _cut(message.content)}
    if role == "tool":
        said["function"] = message.name
    if message.channel:
        said["metadata"] = {"channel": message.channel, "name": message.name}
    if role == "assistant" and message.tool_calls:
        said["tool_calls"] = [_called(call, f"m{at}-{number}") for number, call in enumerate(message.tool_calls)]
    return said


def _called(call: ToolCall, name: str) -> dict[str, object]:
    given: Mapping[str, object] = plain(call.args)
    size = len(json.dumps(given))
    return {
        "id": name,
        "function": call.name,
        "arguments": given if size <= _LONGEST else {"cut": f"{size} characters"},
        "type": "function",
    }


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[:_LONGEST] + "…"
