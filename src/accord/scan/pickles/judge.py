"""From what a stream would do to the reasons against it: whatever no list allows is one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final

from accord.core.text import one_line
from accord.scan.look import Look
from accord.scan.part import Part
from accord.scan.pickles.blame import blame
from accord.scan.pickles.lists import NAME, NEW, SPECIAL, is_stdlib
from accord.scan.pickles.machine import Story
from accord.scan.pickles.payloads import payloads
from accord.scan.pickles.values import Call, Change, Doubt, Extension, Import, Persistent, Value
from accord.scan.rating import Sight

Accept = Callable[[object], str | None]
"""Judges a persistent id: None when it is fine, else what is wrong with it."""

_MOST_ALIKE: Final = 16


def sights(story: Story, part: Part, look: Look, *, persistent: Accept | None = None) -> Iterator[Sight]:
    """Yield the reasons of one stream; none when all that it would do is listed."""
    said: set[tuple[str, str]] = set()
    for sight in _all(story, part, look, persistent):
        key = (sight.kind, sight.name or sight.message)
        if key not in said:
            said.add(key)
            yield sight


def _all(story: Story, part: Part, look: Look, persistent: Accept | None) -> Iterator[Sight]:
    seen: Counter[int] = Counter()
    for deed in story.deeds:
        target = id(deed.target) if isinstance(deed, Call) and not deed.listed else 0
        seen[target] += 1
        if target and seen[target] > _MOST_ALIKE:  # refused already, and said often enough
            continue
        yield from _of_deed(deed, story, part)
        if isinstance(deed, Call):
            yield from payloads(deed, story, part, look)
    targets = {id(deed.target) for deed in story.deeds if isinstance(deed, Call) and not deed.listed}
    look.uses(*(one.named.full for one in story.imports))
    for one in story.imports:
        if not one.uses and id(one) not in targets:
            doubt = blame(one.named, called=False)
            yield part.sees(doubt.kind, doubt.message, name=one.named.full, offset=story.place(one.at))
    for message, at in story.bombs:
        yield part.sees("pickle-bomb", message, offset=story.place(at) if at else None)
    for message, at in story.lies:
        yield part.sees("pickle-lies", message, offset=story.place(at))
    yield from _of_ids(story, part, persistent)
    if not story.stopped:
        yield part.sees("pickle-broken", f"the stream breaks off: {story.why}", offset=story.end)


def _of_deed(deed: Call | Change | Extension, story: Story, part: Part) -> Iterator[Sight]:
    at = story.place(deed.at)
    if isinstance(deed, Extension):
        yield part.sees(
            "pickle-extension", f"extension code {deed.code} stands for a name that only the receiver knows", offset=at
        )
    elif isinstance(deed, Change):
        yield from _of_change(deed, part, at)
    elif not deed.listed:
        doubt, name = _of_call(deed, story)
        yield part.sees(doubt.kind, doubt.message, name=name, offset=at)


def _of_change(deed: Change, part: Part, at: int) -> Iterator[Sight]:
    name = name_of(deed.subject)
    if deed.doubt:
        yield part.sees(
            deed.doubt.kind, f"{deed.doubt.message} ({name})" if name else deed.doubt.message, name=name, offset=at
        )
    elif isinstance(deed.subject, Import):
        yield part.sees("pickle-patches", f"calls a method of {name} itself, with items", name=name, offset=at)
    elif isinstance(deed.subject, Persistent | Extension):
        yield part.sees("pickle-unclear-state", "changes what only the reader knows", offset=at)


def _of_call(deed: Call, story: Story) -> tuple[Doubt, str]:
    name = name_of(deed.target)
    if deed.doubt:
        return Doubt(deed.doubt.kind, f"{name} {deed.doubt.message}"), name
    target = deed.target
    if not isinstance(target, Import):
        return Doubt("pickle-computed-call", f"calls what {name or 'something else'} returns"), name
    if not target.uses:
        return blame(target.named, called=True, args=story.plain(deed.args)), name
    return _of_listed(target, deed, story), name


def _of_listed(target: Import, deed: Call, story: Story) -> Doubt:
    """Tell what is wrong with a call of a name that is listed, but not for this."""
    full = target.named.full
    if SPECIAL in target.uses:
        wrong = (
            blame(target.named, called=True, args=story.plain(deed.args)) if is_stdlib(target.named.package) else None
        )
        return wrong or Doubt("pickle-unlisted-call", f"calls {full} with arguments that are not understood")
    if NEW in target.uses:
        return Doubt("pickle-unlisted-call", f"calls {full} with arguments, and only bare instances are listed")
    if NAME in target.uses and is_stdlib(target.named.package):
        return Doubt("pickle-dangerous-call", f"calls {full}, which data may name but never calls")
    return blame(target.named, called=True, args=story.plain(deed.args))


def _of_ids(story: Story, part: Part, accept: Accept | None) -> Iterator[Sight]:
    for one in story.persistent:
        wrong = accept(story.plain(one.pid)) if accept else "no reader of this format knows such ids"
        if wrong:
            yield part.sees("pickle-persistent-id", wrong, name="persistent_load", offset=story.place(one.at))
            if not accept:
                return


def name_of(value: Value) -> str:
    """Return what a value is called by: the name it was made from."""
    for _ in range(8):
        if isinstance(value, Import):
            return one_line(value.named.full)
        if not isinstance(value, Call):
            break
        value = value.target
    return ""
