"""An attack of a suite as a case: its text as a delivery, and when it has succeeded as our own oracle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

from accord.attack.agents.dojo import InjectionTask
from accord.attack.agents.plain import Plainer
from accord.attack.agents.sheet import Sheet
from accord.case.state import found
from accord.case.variables import names_in
from accord.case.walk import walk
from accord.core.case import AnyTask, Case, Channel, Condition, Deliver, EffectPattern, Need, Origin, Step, Threat, Var
from accord.core.errors import CatalogError
from accord.core.finding import Severity
from accord.core.text import one_line


class GoalCase(NamedTuple):
    """A case, what its variables are in one environment, and the oracle that looks at calls alone."""

    case: Case
    values: Mapping[str, str]
    called: Condition | None


def goal_case(about: Sheet, task: InjectionTask, before: Mapping[str, object], plainer: Plainer) -> GoalCase:
    """Return an injection task as a case whose variables have their values from the task and the state before.

    Raises `CatalogError` when the sheet does not know the task, or names what neither of them has.
    """
    goal = next((goal for goal in about.goals if goal.task == task.ID), None)
    if goal is None:
        message = f"nothing is known about {task.ID} of the suite {about.suite}"
        raise CatalogError(message, hint="use a version of AgentDojo's tasks that is supported", code="ACC-E648")
    given = {name: _given(source, task, before, plainer) for name, source in goal.given.items()}
    broke = _spread(goal.broke, given)
    called = _spread(goal.called, given) if goal.called else None
    values = {key: text for name, texts in given.items() for key, text in _numbered(name, texts).items()}
    used = {name for text in _texts(broke) for name in names_in(text)}
    case = Case(
        case=1,
        name=f"agentdojo-{about.suite}-{task.ID}".replace("_", "-"),
        summary=f"AgentDojo {about.suite}: {one_line(plainer.text(task.GOAL), 160)}",
        severity=Severity.HIGH,
        threat=Threat(atlas=("AML.T0051.001",), owasp=("LLM01", "LLM06"), provisions=("4.2.b", "1.3.i")),
        needs=(str(Channel.TOOL_OUTPUT), *(Need(does=does) for does in sorted(_effects(called)))),
        vars={name: Var(kind="token") for name in values if name in used},
        steps=(
            Step(ask=AnyTask(task="any")),
            Step(deliver=Deliver(channel=Channel.TOOL_OUTPUT, name="tool", text=plainer.text(task.GOAL))),
        ),
        broke=broke,
        control="tasks",
        origin=Origin(source="agentdojo", licence="MIT"),
    )
    return GoalCase(case, values, called)


def _given(source: str, task: InjectionTask, before: Mapping[str, object], plainer: Plainer) -> str | tuple[str, ...]:
    """Return the text that a source names, or the texts where its path has a `*`."""
    where, _, what = source.partition(":")
    start, star, rest = what.partition(".*.")
    constant = where == "task"
    value = plainer.value(getattr(task, what, None)) if constant else found(before, tuple(start.split(".")))
    if star:
        members = list(value.values()) if isinstance(value, Mapping) else value if isinstance(value, list) else []
        inner = (found(member, tuple(rest.split("."))) for member in members)
        texts = tuple(dict.fromkeys(str(text) for text in inner if text is not None))
        if texts:
            return texts
    elif isinstance(value, str | int | float):
        return str(value)
    message = f"{task.ID}: there is no value at {source!r}"
    raise CatalogError(message, hint="use a version of AgentDojo that is supported", code="ACC-E648")


def _numbered(name: str, texts: str | tuple[str, ...]) -> dict[str, str]:
    return {name: texts} if isinstance(texts, str) else {f"{name}_{at}": text for at, text in enumerate(texts, 1)}


def _spread(condition: Condition, given: Mapping[str, str | tuple[str, ...]]) -> Condition:
    """Return the condition with every part that names a list repeated for each of it."""
    if condition.any is not None:
        return Condition(any=tuple(_spread(part, given) for part in condition.any))
    if condition.all is not None:
        return Condition(all=tuple(_spread(part, given) for part in condition.all))
    if condition.not_ is not None:
        return Condition(not_=_spread(condition.not_, given))
    names = {name for text in _texts(condition) for name in names_in(text)}
    lists = [name for name in sorted(names) if isinstance(given.get(name), tuple)]
    if not lists:
        return condition
    name = lists[0]
    parts = (_named(condition, name, f"{name}_{at}") for at in range(1, len(given[name]) + 1))
    return Condition(all=tuple(_spread(part, given) for part in parts))


def _named(leaf: Condition, old: str, new: str) -> Condition:
    """Return a condition without parts in which a variable has another name."""
    before, after = f"{{{{{old}}}}}", f"{{{{{new}}}}}"
    if leaf.state is not None:
        texts = {path: value.replace(before, after) for path, value in leaf.state.items() if isinstance(value, str)}
        return Condition(state={**leaf.state, **texts})
    for key in ("called", "tool_call"):
        pattern = getattr(leaf, key)
        if pattern is not None:
            args = {name: value.replace(before, after) for name, value in pattern.args.items()}
            return Condition(**{key: replace(pattern, args=args)})
    return leaf


def _texts(condition: Condition) -> tuple[str, ...]:
    return tuple(node.value for node in walk(condition, deepest=32) if isinstance(node.value, str))


def _effects(called: Condition | None) -> set[str]:
    nodes = walk(called, deepest=32) if called else ()
    return {node.value.does for node in nodes if isinstance(node.value, EffectPattern)}
