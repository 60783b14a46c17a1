"""A case as other tools take it: its canonical form, a promptfoo test, PyRIT seeds, a garak hit."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Final

from accord.case.identity import identity
from accord.case.importers.draft import fresh_token
from accord.case.patterns import quoted
from accord.case.variables import fill
from accord.core.canon import canonical, plain
from accord.core.case import Case, Channel, Condition
from accord.core.text import one_line

_HONEST = "What can you help me with?"


class UnfitExportError(ValueError):
    """A format cannot hold what the case does; the message names the part."""


def exported(case: Case, form: str) -> bytes:
    """Return the case in another form: json, promptfoo, pyrit or garak.

    Raises `UnfitExportError` for what the form cannot hold.
    """
    return _FORMS[form](case)


def _json(case: Case) -> bytes:
    """Return the canonical form of the case: the same bytes whatever the file looked like."""
    return canonical(_without_empty(plain(case))) + b"\n"


def _promptfoo(case: Case) -> bytes:
    """Return a promptfoo configuration with one test: the conversation, and what must not be said."""
    from accord.record.codec import dump_yaml

    said, patterns = _spoken(case, "promptfoo")
    prompt = json.dumps(
        [{"role": role, "content": text} for role, text in _turns(case, "promptfoo")], ensure_ascii=False
    )
    checks: list[dict[str, str]] = [{"type": "not-icontains", "value": text} for text in said]
    checks += [{"type": "not-regex", "value": pattern} for pattern in patterns]
    test = {"description": one_line(case.summary, 200), "vars": {"case": identity(case)}, "assert": checks}
    whole = {"description": f"Accord case {case.name}", "prompts": [_apart(prompt)], "tests": [test]}
    return dump_yaml(whole).encode()


def _pyrit(case: Case) -> bytes:
    """Return a PyRIT seed dataset: one group, the turns in their order. It has no place for an oracle."""
    from accord.record.codec import dump_yaml

    alias = f"{case.name}-{hashlib.sha256(identity(case).encode()).hexdigest()[:8]}"
    seeds = [
        {"value": _apart(text), "data_type": "text", "role": role, "sequence": str(number), "prompt_group_alias": alias}
        for number, (role, text) in enumerate(_turns(case, "pyrit"))
    ]
    head = {
        "dataset_name": case.name,
        "description": one_line(case.summary, 200),
        "source": case.origin.source or "accord",
    }
    return dump_yaml({**head, "seeds": seeds}).encode()


def _garak(case: Case) -> bytes:
    """Return one line of a garak report: the attempt with its prompt, and its triggers as notes."""
    said, patterns = _spoken(case, "garak")
    if patterns:
        raise UnfitExportError("garak's triggers are texts, and the oracle of the case is a pattern")
    turns = [{"role": role, "content": {"text": text}} for role, text in _turns(case, "garak")]
    attempt = {
        "entry_type": "attempt", "uuid": identity(case).partition(":")[2][:32], "seq": 0, "status": 2,
        "probe_classname": f"accord.{case.name}", "goal": one_line(case.summary, 200),
        "prompt": {"turns": turns}, "outputs": [], "notes": {"triggers": list(said)},
    }  # fmt: skip
    return (json.dumps(attempt, ensure_ascii=False) + "\n").encode()


def _turns(case: Case, form: str) -> tuple[tuple[str, str], ...]:
    """Return who says what; a form without channels holds what user and system say only."""
    found = []
    for number, step in enumerate(case.steps, 1):
        channel = step.deliver.channel if step.deliver else Channel.USER
        if step.when is not None:
            raise UnfitExportError(f"{form} has no place for the branch at step {number}")
        if channel not in (Channel.USER, Channel.SYSTEM):
            raise UnfitExportError(f"{form} has no place for step {number}, which is planted through {channel}")
        text = step.deliver.text if step.deliver else step.ask if isinstance(step.ask, str) else _HONEST
        found.append((str(channel), fill(text, _values(case)).text))
    return tuple(found)


def _spoken(case: Case, form: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the texts and patterns of which one, seen in an answer, shows success."""
    said: list[str] = []
    patterns: list[str] = []
    for one in _ways(case.broke, form):
        texts = (one.says, one.leaks, *(one.says_any or ()))
        said += [fill(text, _values(case)).text.strip() for text in texts if text]
        if one.matches:
            patterns.append(fill(one.matches, {name: quoted(value) for name, value in _values(case).items()}).text)
    return tuple(said), tuple(patterns)


def _ways(condition: Condition, form: str) -> tuple[Condition, ...]:
    if condition.any is not None:
        return tuple(inner for part in condition.any for inner in _ways(part, form))
    for name in ("all", "not_", "called", "tool_call", "state", "judged"):
        if getattr(condition, name) is not None:
            raise UnfitExportError(f"{form} has no place for the oracle `{name.rstrip('_')}`")
    return (condition,)


def _values(case: Case) -> Mapping[str, str]:
    """Return a value for each variable: other tools have no fresh ones, so it is the same in every export."""
    return {name: fresh_token(f"{case.name}/export/{name}") for name in case.vars}


def _apart(text: str) -> str:
    """Return a text whose braces are no template."""
    return text.replace("{{", "{ {").replace("{%", "{ %").replace("{#", "{ #")


def _without_empty(value: object) -> object:
    if isinstance(value, dict):
        kept = {key: _without_empty(item) for key, item in value.items()}
        return {key: item for key, item in kept.items() if item is not None and item not in ([], {})}
    return [_without_empty(item) for item in value] if isinstance(value, list) else value


_FORMS: Final[Mapping[str, Callable[[Case], bytes]]] = {
    "json": _json,
    "promptfoo": _promptfoo,
    "pyrit": _pyrit,
    "garak": _garak,
}
FORMS: Final = tuple(_FORMS)
