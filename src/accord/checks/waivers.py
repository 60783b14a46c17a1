"""What the checks on waivers share: the waivers themselves, and where each stands."""

from __future__ import annotations

import re

from accord.core import Context, Place, System
from accord.core.assessment import Waiver, Waivers


def has_waivers(system: System) -> bool:
    """Tell whether the manifest names a file of waivers."""
    return system.waivers is not None


def waivers(ctx: Context) -> tuple[Waiver, ...]:
    """Return the waivers that were granted; a file that cannot be read is recorded."""
    from accord.record.codec import decode

    path = ctx.system.waivers
    text = ctx.text(path) if path else None
    if path is None or text is None:
        ctx.skip(path or "accord.yaml", "there are no waivers to read")
        return ()
    return decode(text.encode(), Waivers, path=path).granted


def waiver_place(ctx: Context, waiver: Waiver) -> Place:
    """Return where a waiver begins in its file."""
    path = ctx.system.waivers or "accord.yaml"
    text = ctx.text(path) or ""
    match = re.search(rf"\bid[\"']?:[ \t]*[\"']?{re.escape(waiver.id)}(?![\w.-])", text)
    return Place(path=path, line=text.count("\n", 0, match.start()) + 1 if match else None)
