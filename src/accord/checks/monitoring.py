"""What the checks on monitoring share: the log of decisions as it was decided, and the drills on it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final, NamedTuple

from accord.checks.guards import lapse, policy_of
from accord.core import Context, Finding, Severity

if TYPE_CHECKING:
    from accord.core.guard import GuardPolicy
    from accord.guard.monitor.entries import Entry

_MOST: Final = 20_000  # decisions that a drill looks at, the latest


class Logged(NamedTuple):
    """The documented policy, the path of its log, and its decisions with the numbers of their lines."""

    policy: GuardPolicy
    path: str
    lines: tuple[tuple[int, Entry], ...]


def logged(ctx: Context) -> Logged | None:
    """Return what was decided; where there is no log that can be read, record that nobody could look."""
    from accord.guard.monitor.entries import entry_of

    policy, spec = policy_of(ctx), ctx.system.guard
    if policy is None or spec is None:
        return None
    text = ctx.text(spec.log) if spec.log else None
    if spec.log is None or text is None:
        ctx.skip(spec.log or "accord.yaml", "there is no log of decisions (ACC280)")
        return None
    read = ((number, entry_of(line.encode())) for number, line in enumerate(io.StringIO(text), 1) if line.strip())
    return Logged(policy, spec.log, tuple((number, entry) for number, entry in read if entry is not None))


def undrilled(ctx: Context, *, slow: bool, within: int) -> Iterator[Finding]:
    """Yield the streams of the house's own log in which a planted change is not noticed in time."""
    from accord.guard.monitor.watching import FEWEST, counted, drilled

    kept = logged(ctx)
    if kept is None:
        return
    log = tuple(entry for _, entry in kept.lines)[-_MOST:]
    streams = [name for name, count in counted(log).items() if count >= FEWEST]
    if not streams:
        ctx.skip(kept.path, f"no stream has the {FEWEST} values that a drill needs")
    for name in streams:
        noticed = drilled(log, name, slow=slow)
        if noticed is None or noticed > within:
            said = "is not noticed" if noticed is None else f"is noticed after {noticed} values, not {within}"
            how = "that grows to" if slow else "of"
            fix = "see which callers or routes make the stream so uneven, and watch them apart"
            message = f"a planted change {how} three values in ten of {name} {said}"
            yield lapse(ctx, message, fix=fix, severity=Severity.MEDIUM)
