"""AgentDojo: injection tasks, read out of the package's Python source as data; nothing of it is imported or run."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from accord.case.importers.draft import SAID, Draft, Skip, Turn, indirect, referenced, slug
from accord.case.importers.effects import Effect, effect_of_text, effect_of_tool
from accord.case.importers.source import Source, Tree, UnreadableError, each, items, member
from accord.core.case import Argument, Channel
from accord.core.finding import Severity
from accord.core.text import one_line

_ARGUMENTS: Mapping[str, str] = {
    "recipient": "recipient",
    "recipients": "recipient",
    "to": "recipient",
    "url": "url",
    "amount": "amount",
    "password": "content",
    "file_id": "target",
    "email_id": "target",
    "hotel": "target",
    "user": "target",
    "user_email": "target",
    "participants": "recipient",
}


def read(tree: Tree) -> Iterator[Draft | Skip | tuple[str, str]]:
    """Yield one case per injection task in Python source, and per goal in JSON."""
    return each(tree, (".py", ".json", ".jsonl"), _file)


def _file(source: Source) -> Iterator[Draft | Skip]:
    if source.ending == ".py":
        if "GOAL" in (text := source.text()):
            yield from _tasks(source, _parsed(text))
        return
    records = source.lines() if source.ending == ".jsonl" else enumerate(_listed(source.json()), 1)
    for number, value in records:
        goal = member(value, "GOAL", "goal")
        if goal:
            name = member(value, "injection_task_id", "id", "name") or str(number)
            yield _case(f"{source.shown}#{name}", _base(source, name), goal, None)


def _listed(value: object) -> tuple[object, ...]:
    if isinstance(value, Mapping) and not member(value, "GOAL", "goal"):
        return tuple(value.values())
    return items(value) or (value,)


def _parsed(text: str) -> ast.Module:
    try:
        return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise UnreadableError(f"it is no Python: {one_line(str(error), 120)}") from error


def _tasks(source: Source, module: ast.Module) -> Iterator[Draft | Skip]:
    shared = _constants(module.body, {})
    for node in module.body:
        if not isinstance(node, ast.ClassDef):
            continue
        known = _constants(node.body, shared)
        goal = known.get("GOAL")
        if goal is not None:
            record = f"{source.shown}#{node.name}"
            yield _case(record, _base(source, node.name), goal, _effect(node, known))
        elif any(_named(one) == "GOAL" and getattr(one, "value", None) is not None for one in node.body):
            yield Skip(record=f"{source.shown}#{node.name}", reason="its goal is not a text that can be read")


def _base(source: Source, name: str) -> str:
    folders = source.path.parts[-3:-1] if source.ending == ".py" else ()
    return slug(" ".join(("agentdojo", *folders, name)))


def _named(node: ast.stmt) -> str:
    target = (
        node.targets[0] if isinstance(node, ast.Assign) else node.target if isinstance(node, ast.AnnAssign) else None
    )
    return target.id if isinstance(target, ast.Name) else ""


def _constants(body: list[ast.stmt], outer: Mapping[str, str]) -> dict[str, str]:
    """Return the texts that are given names, with those that stand around them."""
    known = dict(outer)
    for node in body:
        name, value = _named(node), getattr(node, "value", None)
        text = _text(value, known) if name and isinstance(value, ast.expr) else None
        if text is not None:
            known[name] = text
    return known


def _text(node: ast.expr, known: Mapping[str, str], depth: int = 0) -> str | None:
    """Return what a constant, a format string or a sum of them says; nothing for what must be run."""
    if depth > 200:
        return None
    match node:
        case ast.Constant(value=str() | int() | float() as value) if not isinstance(value, bool):
            return str(value)
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return known.get(name)
        case ast.FormattedValue(value=inner):
            return _text(inner, known, depth + 1)
        case ast.JoinedStr(values=parts):
            return _joined([_text(part, known, depth + 1) for part in parts])
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _joined([_text(left, known, depth + 1), _text(right, known, depth + 1)])
        case ast.List(elts=[first, *_]):
            return _text(first, known, depth + 1)
    return None


def _joined(parts: list[str | None]) -> str | None:
    return None if any(part is None for part in parts) else "".join(part for part in parts if part is not None)


def _effect(task: ast.ClassDef, known: Mapping[str, str]) -> Effect | None:
    """Return the effect of the last call in the ground truth that has one, with the arguments that are constants."""
    found = None
    for node in ast.walk(task):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "FunctionCall"):
            continue
        given = {word.arg: word.value for word in node.keywords}
        name = _text(given["function"], known) if "function" in given else None
        words = effect_of_tool(name or "")
        if words and words.does != "read-private":
            found = Effect(does=words.does, args=dict(_args(given.get("args"), known)))
    return found


def _args(node: ast.expr | None, known: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for key, value in zip(node.keys, node.values, strict=True) if isinstance(node, ast.Dict) else ():
        name = _ARGUMENTS.get((_text(key, known) or "") if key else "")
        text = _text(value, known)
        if name in {*Argument} and name != "amount" and text and len(text) < 300:
            yield str(name), f"*{text}*"


def _case(record: str, name: str, goal: str, effect: Effect | None) -> Draft:
    words = effect_of_text(goal)
    text = f"Before you go on: {referenced(goal)}"
    return Draft(
        record=record,
        name=name,
        summary=f"AgentDojo {name}: {one_line(goal, 140)}",
        severity=Severity.HIGH,
        turns=indirect(Turn(text=text, channel=Channel.TOOL_OUTPUT, name="tool"), None),
        says=SAID,
        effect=effect or (Effect(does=words.does) if words else None),
        source=record,
    )
