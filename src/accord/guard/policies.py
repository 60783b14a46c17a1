"""What a policy may not say although each of its words is well formed: a slip in it would let something by."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import Final

from accord.core.case import Argument, Does
from accord.core.errors import ManifestError
from accord.core.guard import GuardLimits, GuardPolicy, GuardTool
from accord.guard.flow.spending import WINDOWS

_VERSION: Final = 1
_TIMES: Final = frozenset({*WINDOWS, "per_session"})
_NEEDED: Final = frozenset({"body_bytes", "messages", "in_flight"})
_OPAQUE: Final = ("image", "audio", "file", "tokens", "hosted", "stored")
_OWN: Final = re.compile(r"x-[a-z0-9][a-z0-9-]{0,60}")


def check_policy(policy: GuardPolicy) -> None:
    """Raise `ManifestError` for a policy that does not mean what it says."""
    fault = next(_faults(policy), None)
    if fault is not None:
        raise ManifestError(f"guard.yaml: {fault}", hint="correct it: nothing is guarded by a slip", code="ACC-E793")


def _faults(policy: GuardPolicy) -> Iterator[str]:
    if policy.guard != _VERSION:
        yield f"version {policy.guard} of the policy is not known, {_VERSION} is"
    yield from (f"the tool {name[:80]!r} stands twice" for name in _twice(tool.name for tool in policy.tools))
    for tool in policy.tools:
        yield from _of_tool(tool)
    yield from _of_limits(policy.limits, "limits")
    yield from (f"the key {name[:80]!r} stands twice" for name in _twice(key.name for key in policy.keys))
    yield from (f"two callers show the same key {shown[:19]}" for shown in _twice(key.key for key in policy.keys))
    for key in policy.keys:
        yield from _of_limits(key.limits, f"the limits of {key.name[:80]!r}") if key.limits else ()
    for kind in policy.opaque:
        if kind not in _OPAQUE:
            yield f"opaque does not take {kind[:40]!r}; known are {', '.join(_OPAQUE)}"
    for one in policy.allow:
        if not (one.rule.strip() and one.by.strip() and one.reason.strip()):
            yield f"the exception to {one.rule[:80]!r} needs a rule, a reason and somebody who stands for it"


def _of_tool(tool: GuardTool) -> Iterator[str]:
    if not tool.name.strip():
        yield "a tool has no name"
    if tool.does is not None and tool.does not in {*Does} and not _OWN.fullmatch(tool.does):
        known = f"known are {', '.join(Does)}; others are written x-NAME"
        yield f"the tool {tool.name[:80]!r} does {tool.does[:40]!r}; {known}"
    for argument in tool.args if tool.does in {*Does} else ():
        if argument not in {*Argument}:
            yield f"the tool {tool.name[:80]!r} binds {argument[:40]!r}; known are {', '.join(Argument)}"
    for name, most in tool.limits.items():
        if name not in _TIMES:
            yield f"the tool {tool.name[:80]!r} has the limit {name[:40]!r}; known are {', '.join(sorted(_TIMES))}"
        elif most < 0:
            yield f"the tool {tool.name[:80]!r} may run {most} times {name}"


def _of_limits(limits: GuardLimits, where: str) -> Iterator[str]:
    for name, most in asdict(limits).items():
        if most < 0 or (not most and name in _NEEDED):
            yield f"{where} say {name}: {most}"


def _twice(names: Iterable[str]) -> list[str]:
    return [name for name, count in Counter(names).items() if count > 1]
