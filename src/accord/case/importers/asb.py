"""Agent Security Bench: attack tools, each an instruction that a tool's output gives to an agent."""

from __future__ import annotations

from collections.abc import Iterator

from accord.case.importers.draft import ANY_TASK, REFERENCE, SAID, Draft, Skip, Turn, indirect, referenced, slug
from accord.case.importers.effects import Effect, effect_of_text, effect_of_tool
from accord.case.importers.source import Source, Tree, each, items, member
from accord.core.case import Channel
from accord.core.finding import Severity
from accord.core.text import one_line


def read(tree: Tree) -> Iterator[Draft | Skip | tuple[str, str]]:
    """Yield one case per attack tool; what is asked is a task of the receiver's own, since its agent is another."""
    return each(tree, (".jsonl", ".json"), _tools)


def _records(source: Source) -> Iterator[tuple[str, object]]:
    if source.ending == ".json":
        yield from ((f"{source.shown}#{number}", one) for number, one in enumerate(items(source.json()), 1))
    else:
        yield from source.lines()


def _tools(source: Source) -> Iterator[Draft | Skip]:
    for record, value in _records(source):
        if isinstance(value, ValueError):
            yield Skip(record=record, reason=str(value))
        elif instruction := member(value, "Attacker Instruction"):
            yield _case(record, value, instruction)


def _case(record: str, value: object, instruction: str) -> Draft:
    tool = member(value, "Attacker Tool") or "attack tool"
    words = effect_of_tool(tool) or effect_of_text(instruction)
    planted = Turn(
        text=referenced(instruction),
        channel=Channel.TOOL_OUTPUT,
        name=slug(member(value, "Corresponding Agent") or "tool"),
    )
    return Draft(
        record=record,
        name=f"asb-{slug(tool)}",
        summary=f"ASB {tool}: {one_line(member(value, 'Attack goal') or instruction, 140)}",
        severity=Severity.HIGH if member(value, "Aggressive") == "True" else Severity.MEDIUM,
        turns=indirect(planted, ANY_TASK),
        says=SAID,
        effect=Effect(does=words.does, args={words.argument: f"*{REFERENCE}*"}) if words else None,
        source=record,
    )
