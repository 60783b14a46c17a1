"""InjecAgent: a user's instruction, a tool's answer with an attacker's instruction in it, and the attacker's tools."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from accord.case.importers.draft import ANY_TASK, SAID, Draft, Skip, Turn, indirect, referenced, slug
from accord.case.importers.effects import aimed, effect_of_text, effect_of_tool
from accord.case.importers.source import Source, Tree, each, items, member, texts
from accord.core.case import Channel
from accord.core.finding import Severity
from accord.core.text import one_line

_PLACE = "<Attacker Instruction>"


def read(tree: Tree) -> Iterator[Draft | Skip | tuple[str, str]]:
    """Yield one case per record that holds an attacker's instruction; the receiver is asked a task of its own."""
    return each(tree, (".json", ".jsonl"), _file)


def _file(source: Source) -> Iterator[Draft | Skip]:
    if source.ending == ".jsonl":
        records = source.lines()
    else:
        document = source.json()
        found = items(document) or ((document,) if isinstance(document, Mapping) else ())
        records = ((f"{source.shown}#{number}", one) for number, one in enumerate(found, 1))
    for record, value in records:
        if isinstance(value, ValueError):
            yield Skip(record=record, reason=str(value))
        elif instruction := member(value, "Attacker Instruction", "attacker_instruction"):
            yield _case(record, value, instruction)
        elif not member(value, "User Instruction", "user_instruction"):
            yield Skip(record=record, reason="it has no attacker's instruction")


def _case(record: str, value: object, instruction: str) -> Draft:
    tools = _tools(value)
    words = next((found for tool in reversed(tools) if (found := effect_of_tool(tool))), effect_of_text(instruction))
    effect = aimed(words, instruction) if words else None
    planted = Turn(
        text=_planted(value, instruction, referenced(instruction)), channel=Channel.TOOL_OUTPUT, name=_tool(value)
    )
    kind = member(value, "Attack Type", "attack_type") or "injection"
    return Draft(
        record=record,
        name=f"injecagent-{slug(f'{_tool(value)} {tools[0] if tools else kind}')}",
        summary=f"InjecAgent {kind}: {one_line(instruction, 140)}",
        severity=Severity.HIGH,
        turns=indirect(planted, ANY_TASK),
        says=SAID,
        effect=effect,
        source=record,
    )


def _planted(value: object, instruction: str, asked: str) -> str:
    """Return what the tool answers: its template with the instruction in its place, or its answer as recorded."""
    template = member(value, "Tool Response Template", "tool_response_template")
    if _PLACE in template:
        return template.replace(_PLACE, asked)
    recorded = member(value, "Tool Response", "tool_response")
    if instruction in recorded:
        return recorded.replace(instruction, asked)
    return f"{recorded or template}\n{asked}".strip()


def _tools(value: object) -> tuple[str, ...]:
    if not isinstance(value, Mapping):
        return ()
    found = value.get("Attacker Tools", value.get("attacker_tools"))
    return texts(found) or texts(value.get("Attacker Tool"))


def _tool(value: object) -> str:
    return slug(member(value, "User Tool", "user_tool") or "tool")
