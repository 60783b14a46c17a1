"""Where a finding about something declared points: the line of the manifest, or of the threat model, that says it."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from accord.core import Context, Place

MANIFEST = "accord.yaml"
"""The file that declares the system."""

_ID = re.compile(r"\bid[\"']?:[ \t]*[\"']?([\w.-]+)")
_KEY = re.compile(r"^[\"']?(\w[\w-]*)[\"']?[ \t]*:", re.MULTILINE)
_FLOW = re.compile(r"\bfrom[\"']?:[ \t]*[\"']?([\w.-]+)[\"']?[\s,]{1,80}[\"']?to[\"']?:[ \t]*[\"']?([\w.-]+)")


class _Lines(NamedTuple):
    """The first line of each id, of each key on the left margin, and of each flow by its ends."""

    ids: Mapping[tuple[str, ...], int]
    keys: Mapping[tuple[str, ...], int]
    flows: Mapping[tuple[str, ...], int]


def manifest_place(ctx: Context, name: str) -> Place:
    """Return where the manifest says `id: NAME`, else where its section of that name begins, else the file alone."""
    return _place(ctx, MANIFEST, name)


def section_place(ctx: Context, section: str) -> Place:
    """Return where a section of the manifest (`system`, `owners`) begins, else the file alone."""
    return Place(path=MANIFEST, line=_read(ctx, MANIFEST).keys.get((section,)))


def threats_place(ctx: Context, name: str) -> Place:
    """Return where the threat model says `id: NAME`, else where its section of that name begins, else the file."""
    return _place(ctx, ctx.system.threats or MANIFEST, name)


def flow_place(ctx: Context, from_: str, to: str) -> Place:
    """Return where the manifest declares a flow, else where its flows begin."""
    lines = _read(ctx, MANIFEST)
    return Place(path=MANIFEST, line=lines.flows.get((from_, to), lines.keys.get(("flows",))))


def _place(ctx: Context, path: str, name: str) -> Place:
    lines = _read(ctx, path)
    return Place(path=path, line=lines.ids.get((name,), lines.keys.get((name,))))


def _read(ctx: Context, path: str) -> _Lines:
    return _lines(ctx.text(path) or "")


@lru_cache(maxsize=4)
def _lines(text: str) -> _Lines:
    """Read a text once, however many findings point into it."""
    starts = [match.end() for match in re.finditer("\n", text)]

    def first(pattern: re.Pattern[str]) -> Mapping[tuple[str, ...], int]:
        found: dict[tuple[str, ...], int] = {}
        for match in pattern.finditer(text):
            found.setdefault(match.groups(), bisect_right(starts, match.start(1)) + 1)
        return found

    return _Lines(first(_ID), first(_KEY), first(_FLOW))
