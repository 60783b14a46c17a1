"""Finding pickles at any offset of other bytes: only what would run something is told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from accord.scan.look import Look, OverError
from accord.scan.part import Part
from accord.scan.pickles.blame import blame
from accord.scan.pickles.judge import sights
from accord.scan.pickles.lists import is_listed
from accord.scan.pickles.machine import Story, run
from accord.scan.pickles.values import Call, Change, Import
from accord.scan.rating import Sight

_START: Final = re.compile(
    rb"\x80[\x00-\x05][\x95\](}cK\x8cX)\x8a]"
    rb"|c[A-Za-z_][\w.]{0,80}\n[A-Za-z_][\w.]{0,80}\n"
    rb"|i(?P<inst>[A-Za-z_][\w.]{0,80})\n[A-Za-z_][\w.]{0,80}\n"
    rb"|\x8c[\x01-\x50][A-Za-z_][\w.]{0,80}[\x94q]?.{0,2}?\x8c[\x01-\x50][A-Za-z_][\w.]{0,80}[\x94q]?.{0,2}?\x93",
    re.DOTALL,
)
_MOST_BYTES: Final = 64 << 20
_MOST_STARTS: Final = 2_000
_MOST_STREAM: Final = 1 << 20
_LEAST_STREAM: Final = 512
_MOST_FOLLOWED: Final = 2 << 20
_MOST_TOLD: Final = 8
_WINDOW: Final = 4 << 20
_OVERLAP: Final = 512
_MOST_ARGUMENTS: Final = 300
_MOST_MARKS: Final = 8
_MARK: Final = 0x28


class _Bounds(NamedTuple):
    starts: int
    followed: int
    strict: bool = False


def carve(part: Part, look: Look, *, offset: int = 0) -> Iterator[Sight]:
    """Yield what pickles in a part would run, wherever they start; `offset` is added to their places.

    It looks at a part of big or crowded content only: for what is refused anyway, and has to be named.
    """
    yield from _carved(part, look, _Bounds(_MOST_STARTS, _MOST_FOLLOWED), offset)


def carve_all(part: Part, look: Look) -> Iterator[Sight]:
    """Yield the same where nothing else refuses the part.

    Raises `OverError` when not all of it can be looked at.
    """
    if part.size > _MOST_BYTES:
        raise OverError(f"{part.size} bytes are more than the {_MOST_BYTES} in which pickles are looked for")
    yield from _carved(part, look, _Bounds(_MOST_STARTS * 100, _MOST_BYTES, strict=True), 0)


def _carved(part: Part, look: Look, bounds: _Bounds, offset: int) -> Iterator[Sight]:
    behind, found, budget = 0, 0, bounds.followed
    for starts, at in enumerate(_starts(part)):
        if found >= _MOST_TOLD:
            return
        if starts >= bounds.starts or (bounds.strict and budget <= 0):
            if bounds.strict:
                raise OverError(f"more than {starts} pickles may start in it: the rest was not looked at")
            return
        if at < behind:
            continue
        look.tick()
        story = run(part, at, look, size=min(max(budget, _LEAST_STREAM), _MOST_STREAM))
        budget -= story.end - at
        if story.stopped:
            behind = story.end
        if bounds.strict and story.stopped and part.read(at, 1) == b"\x80":
            yield from sights(story, part, look)
        for sight in _told(story, part, at + offset):
            found += 1
            yield sight


def _starts(part: Part) -> Iterator[int]:
    """Yield offsets at which a stream may start, in what is read of the part."""
    for window in range(0, min(part.size, _MOST_BYTES), _WINDOW):
        block = part.read(window, _WINDOW + _OVERLAP)
        for match in _START.finditer(block):
            if match.start() >= _WINDOW:
                break
            if match["inst"]:
                yield from (window + at for at in _marks(block, match.start()))
            else:
                yield window + match.start()


def _marks(block: bytes, before: int) -> Iterator[int]:
    """Yield the places of marks that arguments of an INST may follow, the farthest first."""
    places = [at for at in range(max(before - _MOST_ARGUMENTS, 0), before) if block[at] == _MARK]
    yield from places[-_MOST_MARKS:]


def _told(story: Story, part: Part, at: int) -> Iterator[Sight]:
    """Yield the names of a stream that would run things; half a stream without a call may be chance."""
    called = {id(deed.target) for deed in story.deeds if isinstance(deed, Call)}
    changed = {id(deed.subject) for deed in story.deeds if isinstance(deed, Change)}
    for one in story.imports:
        if one.uses or not (id(one) in called | changed or (story.stopped and story.steps >= 1)):
            continue
        doubt = blame(one.named, called=id(one) in called, args=_args(story, one))
        if doubt.kind.startswith("pickle-dangerous") and _is_likely(story, one):
            yield part.sees("pickle-hidden", f"a pickle at {at} {doubt.message}", name=one.named.full, offset=at)


def _args(story: Story, one: Import) -> object:
    for deed in story.deeds:
        if isinstance(deed, Call) and deed.target is one:
            return story.plain(deed.args)
    return ()


def _is_likely(story: Story, one: Import) -> bool:
    """Tell a name from letters of chance: its package is known, or the stream was whole."""
    return is_listed(one.named.package) or story.stopped
