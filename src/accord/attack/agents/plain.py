"""An environment as plain values in which every live host is a reserved example name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from accord.attack.agents.sheet import View
from accord.case.hosts import live_hosts
from accord.case.state import found

_DEEPEST = 64


@dataclass(slots=True)
class Plainer:
    """Makes values plain, remembering each text that it has seen.

    A live host gets the ending `.example`: the same name is the same afterwards, in the state, in calls and in cases.
    """

    _known: dict[str, str] = field(default_factory=dict)

    def text(self, text: str) -> str:
        """Return a text without live hosts."""
        done = self._known.get(text)
        if done is None:
            done = self._known[text] = _reserved(text)
        return done

    def value(self, value: object, depth: int = 0) -> object:
        """Return a value as mappings, lists, texts, numbers and nothing else."""
        if isinstance(value, str):
            return self.text(str(value))
        if value is None or isinstance(value, bool | int | float) or depth > _DEEPEST:
            return value if depth <= _DEEPEST else None
        if isinstance(value, Mapping):
            return {self.text(str(key)): self.value(item, depth + 1) for key, item in value.items()}
        if isinstance(value, Sequence | set | frozenset) and not isinstance(value, bytes | bytearray):
            return [self.value(item, depth + 1) for item in value]
        dump = getattr(value, "model_dump", None)
        return self.value(dump(mode="json"), depth + 1) if callable(dump) else self.text(str(value))

    def again(self, value: object, old: object, done: object) -> object:
        """Return `value` plain, where `done` is `old` made plain: what is the same in both is not done again."""
        if value == old:
            return done
        if isinstance(value, dict) and isinstance(old, dict) and isinstance(done, dict):
            return {
                (name := self.text(str(key))): self.again(item, old[key], done.get(name))
                if key in old
                else self.value(item)
                for key, item in value.items()
            }
        return self.value(value)


def without(state: Mapping[str, object], paths: Sequence[str]) -> dict[str, object]:
    """Return the state without what stands at some paths of two parts."""
    left = {key: dict(value) if isinstance(value, Mapping) else value for key, value in state.items()}
    for path in paths:
        start, _, end = path.partition(".")
        part = left.get(start)
        if isinstance(part, dict):
            part.pop(end, None)
    return left


def viewed(state: dict[str, object], views: Sequence[View]) -> dict[str, object]:
    """Return the state with its views in it."""
    shown = dict(state)
    for view in views:
        start, _, end = view.name.partition(".")
        part = shown.get(start)
        shown[start] = (
            {**part, end: _members(state, view)} if isinstance(part, Mapping) else {end: _members(state, view)}
        )
    return shown


def _members(state: Mapping[str, object], view: View) -> list[object]:
    of = found(state, tuple(view.of.split(".")))
    pairs = list(of.items()) if isinstance(of, Mapping) else list(enumerate(of)) if isinstance(of, list) else []
    if view.by and view.add:
        return _sums([member for _, member in pairs if isinstance(member, Mapping)], view.by, view.add)
    if view.join:
        kept = [member for _, member in pairs if isinstance(member, Mapping)]
        return [{**member, "text": "\n".join(str(member.get(key)) for key in view.join)} for member in kept]
    if view.where:
        return [member for _, member in pairs if isinstance(member, Mapping) and _so(member, view.where)]
    return [{"key": key, "value": member} for key, member in pairs]


def _so(member: Mapping[str, object], where: Mapping[str, str | int | bool]) -> bool:
    return all(type(member.get(key)) is type(value) and member[key] == value for key, value in where.items())


def _sums(members: Sequence[Mapping[str, object]], by: str, add: str) -> list[object]:
    sums: dict[str, float] = {}
    for member in members:
        amount = member.get(add)
        if isinstance(amount, int | float):
            key = str(member.get(by))
            sums[key] = sums.get(key, 0) + amount
    return [{"key": key, "sum": total} for key, total in sums.items()]


def _reserved(text: str) -> str:
    for host in reversed(live_hosts(text)):
        name = host.name.rstrip(".")
        if text.startswith(name, host.start):
            end = host.start + len(name)
            text = f"{text[:end]}.example{text[end:]}"
    return text
