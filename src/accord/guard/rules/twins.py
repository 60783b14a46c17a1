"""A case that comes again: what is in force for its attack is never loosened by another file about it.

The identity of a case is its attack alone: its pattern, its proof and its honest run are not part of it, and whoever
shares the same attack with others of them must not replace the rule that stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import chain
from typing import Final

from accord.core.canon import digest, plain
from accord.core.guard import GuardRule, Likeness, Outcome
from accord.core.system import Mode
from accord.guard.rules.adding import Added, shelved

_LISTS: Final = ("texts", "regex", "outputs", "effects", "guarded", "after", "echoes")


def settled(found: Iterable[Added], held: Iterable[GuardRule]) -> tuple[Added, ...]:
    """Return what there is to lay beside the rules that are `held`, and to tell; what covers a new rule stays as it is.

    A rule that covers the one that is held takes its place. One that does neither gets an id of its own.
    """
    standing = list(held)
    done = []
    for one in found:
        twins = [rule for rule in standing if rule.case == one.told.case]
        done.append(one if not twins else _refused(one, twins) if one.rule is None else _laid(one, one.rule, twins))
        standing = [rule for rule in standing if done[-1].rule is None or rule.id != done[-1].rule.id]
        standing += [rule for rule in (done[-1].rule,) if rule is not None]
    return tuple(done)


def covers(rule: GuardRule, other: GuardRule) -> bool:
    """Tell whether a rule stops at least what the other stops, at least as hard and as long."""
    firm = rule.mode is Mode.ENFORCE or other.mode is Mode.SHADOW
    hard = Outcome(rule.action.value).worse(Outcome(other.action.value)) is Outcome(rule.action.value)
    wary = other.is_wary or not rule.is_wary
    wide = not rule.channels or (bool(other.channels) and set(other.channels) <= set(rule.channels))
    lasting = rule.expires is None or (other.expires is not None and rule.expires >= other.expires)
    whole = all(one in getattr(rule, name) for name in _LISTS for one in getattr(other, name))
    near = all(any(_is_nearer(mine, theirs) for mine in rule.alike) for theirs in other.alike)
    return firm and hard and wary and wide and lasting and whole and near and rule.keeps >= other.keeps


def _is_nearer(mine: Likeness, theirs: Likeness) -> bool:
    """Tell whether a passage meets whatever the other meets."""
    ours = (mine.near, mine.enough, mine.near_abroad, mine.abroad)
    others = (theirs.near, theirs.enough, theirs.near_abroad, theirs.abroad)
    return mine.text == theirs.text and all(one <= other for one, other in zip(ours, others, strict=True))


def _refused(one: Added, twins: Sequence[GuardRule]) -> Added:
    names = ", ".join(rule.id for rule in twins)
    return one._replace(told=one.told._replace(reason=f"{one.told.reason}; what is in force of it stays: {names}"))


def _laid(one: Added, rule: GuardRule, twins: Sequence[GuardRule]) -> Added:
    stands = next((twin for twin in twins if covers(twin, rule)), None)
    if stands is not None:
        told = shelved(stands)
        return Added(told._replace(reason=told.reason or "it is in force already"))
    same = next((twin for twin in twins if twin.id == rule.id), None)
    if same is None or covers(rule, same):
        return one
    own = replace(rule, id=f"{rule.id}-{_own(rule)}")
    names = ", ".join(twin.id for twin in twins)
    reason = "; ".join(chain(filter(None, (one.told.reason,)), (f"{names} of the same case stays in force beside it",)))
    return Added(one.told._replace(rule=own.id, reason=reason), own)


def _own(rule: GuardRule) -> str:
    return digest(plain(replace(rule, name="", made=None))).removeprefix("sha256:")[:8]
