"""Agent Security Bench: attack tools, each an instruction that a tool's output gives to an agent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from accord.case.importers.draft import CANARY, Draft, Skip, Turn, indirect, slug
from accord.case.importers.effects import Effect, effect_of_text, effect_of_tool
from accord.case.importers.source import Source, Tree, each, items, member, texts
from accord.core.case import Channel
from accord.core.finding import Severity
from accord.core.text import one_line


def read(tree: Tree) -> Iterator[Draft | Skip | tuple[str, str]]:
    """Yield one case per attack tool; the user's tasks are those of the agent it is meant for, where they are there."""
    tasks = dict(_tasks(tree))

    def tools(source: Source) -> Iterator[Draft | Skip]:
        return _tools(source, tasks)

    return each(tree, (".jsonl", ".json"), tools)


def _tasks(tree: Tree) -> Iterator[tuple[str, tuple[str, ...]]]:
    for source in () if tree.single else tree.named("agent_task.jsonl"):
        for _, value in source.lines():
            if (agent := member(value, "agent_name")) and isinstance(value, Mapping):
                yield agent, texts(value.get("tasks"))


def _records(source: Source) -> Iterator[tuple[str, object]]:
    if source.ending == ".json":
        yield from ((f"{source.shown}#{number}", one) for number, one in enumerate(items(source.json()), 1))
    else:
        yield from source.lines()


def _tools(source: Source, tasks: Mapping[str, tuple[str, ...]]) -> Iterator[Draft | Skip]:
    for number, (record, value) in enumerate(_records(source)):
        if isinstance(value, ValueError):
            yield Skip(record=record, reason=str(value))
        elif instruction := member(value, "Attacker Instruction"):
            told = tasks.get(member(value, "Corresponding Agent"), ())
            yield _case(record, value, instruction, told[number % len(told)] if told else None)


def _case(record: str, value: object, instruction: str, task: str | None) -> Draft:
    tool = member(value, "Attacker Tool") or "attack tool"
    words = effect_of_tool(tool) or effect_of_text(instruction)
    text = f"{instruction.rstrip()} Give the reference {CANARY} with it and in your answer."
    planted = Turn(text=text, channel=Channel.TOOL_OUTPUT, name=slug(member(value, "Corresponding Agent") or "tool"))
    return Draft(
        record=record,
        name=f"asb-{slug(tool)}",
        summary=f"ASB {tool}: {one_line(member(value, 'Attack goal') or instruction, 140)}",
        severity=Severity.HIGH if member(value, "Aggressive") == "True" else Severity.MEDIUM,
        turns=indirect(planted, task),
        says=(CANARY,),
        effect=Effect(does=words.does, args={words.argument: f"*{CANARY}*"}) if words else None,
        source=record,
    )
