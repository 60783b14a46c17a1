"""What a draft understood, in a few lines for the person who has to agree with it."""

from __future__ import annotations

from collections.abc import Iterator

from accord.core.case import Case, Condition


def said(case: Case) -> Iterator[str]:
    """Yield how a draft was understood: what attacks, what shows it, and what to look at again."""
    for step in case.steps:
        if step.deliver:
            yield f"delivers through {step.deliver.channel}: {step.deliver.text[:120]}"
        elif isinstance(step.ask, str):
            yield f"asks: {step.ask[:120]}"
        else:
            yield "asks any honest task of the receiver"
    yield f"broken when {_seen(case.broke)}"
    if case.broke.all:
        yield "look again: nothing in the attack tells its deed from an honest one, so it asks for a reference now"
    if case.broke.says and "{{" not in case.broke.says and len(case.broke.says.split()) < 3:
        yield "look again: an honest answer may hold these words"


def _seen(condition: Condition) -> str:
    if condition.all:
        return " and ".join(_seen(part) for part in condition.all)
    if condition.called:
        args = ", ".join(f"{name} {value}" for name, value in condition.called.args.items())
        return f"something is called that does {condition.called.does}" + (f" with {args}" if args else "")
    if condition.leaks is not None:
        return f"an answer or an argument gives away {condition.leaks[:120]}"
    return f"an answer says {(condition.says or '')[:120]}"
