"""Thirty ways in which an application was made to do what a stranger wanted, as its owner's logs would show them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final, NamedTuple

import yaml

from accord.core.trial import ToolCall

from .applications import Application


class Incident(NamedTuple):
    """What was planted or said, through what, and what the application then did or said."""

    channel: str
    text: str
    does: str = ""
    args: tuple[tuple[str, str], ...] = ()
    says: str = ""
    system: str = ""


def _incidents() -> tuple[Incident, ...]:
    told = yaml.safe_load((Path(__file__).parent / "incidents.yaml").read_text("utf-8"))
    return tuple(Incident(**{**one, "args": tuple(one.get("args", {}).items())}) for one in told)


INCIDENTS: Final = _incidents()


def log(incident: Incident, app: Application) -> str:
    """Return the incident as a message log of a chat API."""
    messages: list[dict[str, object]] = []
    if incident.system:
        messages.append({"role": "system", "content": incident.system})
    if incident.channel != "user":
        messages.append({"role": "user", "content": app.task})
        name = {"retrieval": "search_articles", "file": "read_file", "memory": "recall_memory"}.get(
            incident.channel, "get_thing"
        )
        lookup = {"id": "c0", "type": "function", "function": {"name": name, "arguments": "{}"}}
        messages += [
            {"role": "assistant", "content": None, "tool_calls": [lookup]},
            {"role": "tool", "tool_call_id": "c0", "content": incident.text},
        ]
    else:
        messages.append({"role": "user", "content": incident.text})
    for call in deeds(incident, app):
        function = {"name": call.name, "arguments": json.dumps(dict(call.args))}
        messages.append({"role": "assistant", "tool_calls": [{"id": "c1", "type": "function", "function": function}]})
        messages.append({"role": "tool", "tool_call_id": "c1", "content": "done"})
    messages.append({"role": "assistant", "content": incident.says or app.answer})
    return json.dumps({"messages": messages})


def pasted(incident: Incident, app: Application) -> str:
    """Return the incident as somebody copies it out of a window."""
    labels = {
        "retrieval": "Retrieved document",
        "file": "File (notes.md)",
        "memory": "Memory",
        "tool-output": "Tool output (thing)",
    }
    lines = [f"System: {incident.system}"] if incident.system else []
    lines += [f"User: {incident.text if incident.channel == 'user' else app.task}"]
    if incident.channel != "user":
        lines.append(f"{labels[incident.channel]}: {incident.text}")
    for call in deeds(incident, app):
        lines.append(f"Tool call: {call.name} {json.dumps(dict(call.args))}")
    return "\n".join([*lines, f"Assistant: {incident.says or app.answer}"])


def report(incident: Incident, app: Application) -> str:
    """Return the incident as an outsider reports it."""
    places = {
        "retrieval": "a knowledge base article",
        "file": "an attachment",
        "memory": "the memory",
        "tool-output": "a record that a tool returns",
    }
    lines = ["# Your assistant takes orders from strangers", "", "Severity: High", "", "## Steps to reproduce", ""]
    if incident.system:
        lines += ["The system prompt is:", "", "```", incident.system, "```", ""]
    if incident.channel == "user":
        lines += ["1. Send this message:", "", "```", incident.text, "```", ""]
    else:
        lines += [
            f"1. Put this text into {places[incident.channel]}:",
            "",
            "```",
            incident.text,
            "```",
            "",
            f'2. Ask: "{app.task}"',
            "",
        ]
    for call in deeds(incident, app):
        lines += [
            "3. The assistant made this tool call:",
            "",
            "```json",
            json.dumps({"name": call.name, "arguments": dict(call.args)}),
            "```",
            "",
        ]
    if incident.says:
        lines += ["3. The assistant answered:", "", f"> {incident.says}", ""]
    return "\n".join(
        [*lines, "## Impact", "", "A stranger decides what it does.", "", "## Expected", "", "It answers its user."]
    )


def deeds(incident: Incident, app: Application) -> tuple[ToolCall, ...]:
    return (app.call(incident.does, **dict(incident.args)),) if incident.does else ()


STYLES: Final = (log, pasted, report)
