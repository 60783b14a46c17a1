"""The fail policy: what becomes of a request when the guard itself breaks. Effects never pass."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, NamedTuple

from accord.core.guard import Decision, Fail, GuardPolicy, Hit, Outcome
from accord.guard.gateway.words import AsideError, Guarding, Passed, Watched

FAILED: Final = "ACC-E760"
"""The code of a decision that stands for one the guard could not make."""


class Broken(NamedTuple):
    """What a stream lets go after the guard broke."""

    text: str
    hit: Hit | None


def decided(action: Callable[[], Decision], policy: GuardPolicy, *, effect: bool = False) -> Decision:
    """Return what is decided; where the guard breaks, what `on_error` says: an effect is always blocked."""
    try:
        return action()
    except AsideError:
        raise
    except Exception as error:  # noqa: BLE001  # the guard's fail policy: whatever broke is named in the decision
        return _instead(error, policy, effect=effect)


def is_clear(guard: Guarding, texts: Sequence[str]) -> bool:
    """Tell at a glance that texts may leave; a guard that breaks on them will say so when it is asked to decide."""
    try:
        return guard.is_clear(texts)
    except Exception:  # noqa: BLE001  # the same
        return False


def lived(work: Callable[[], int], broke: Callable[[BaseException], int]) -> int:
    """Return what a process that nobody calls ends with: the code of its work, or of what broke it."""
    try:
        return work()
    except BaseException as error:  # noqa: BLE001  # the same: there is nobody else to say it
        return broke(error)


async def answered(work: Awaitable[None], broke: Callable[[Exception], Awaitable[None]]) -> None:
    """Do the work of one request; what breaks it is answered in its place, so that it is on record and nobody waits."""
    try:
        await work
    except Exception as error:  # noqa: BLE001  # the same: whatever broke, nothing of it passes
        await broke(error)


def fed(stream: Watched, action: Callable[[], Passed], policy: GuardPolicy, chunk: str) -> Passed:
    """Return what a stream lets go; where it breaks, the text as it came or a cut, as `on_error` says."""
    try:
        return action()
    except Exception as error:  # noqa: BLE001  # the same
        if policy.on_error.read is Fail.OPEN:
            return Broken(chunk, None)
        message = f"the guard failed on an answer: {type(error).__name__}"
        return Broken("", Hit(rule=FAILED, outcome=Outcome.BLOCK, start=0, end=0, message=message))


def masked(guard: Guarding, text: str) -> str:
    """Return a text with what may not leave taken out; nothing of it where the guard cannot tell."""
    if not text or is_clear(guard, [text]):
        return text
    try:
        hits = guard.release(text).hits
        return guard.redacted(text, hits) if hits else text
    except Exception as error:  # noqa: BLE001  # the same
        return f"({type(error).__name__})"


def _instead(error: Exception, policy: GuardPolicy, *, effect: bool) -> Decision:
    passes = policy.on_error.read is Fail.OPEN and not effect
    return Decision(
        id=secrets.token_hex(12),
        outcome=Outcome.FLAG if passes else Outcome.BLOCK,
        code=FAILED,
        message=f"the guard failed: {type(error).__name__}: {str(error)[:120]}",
    )


def is_bypass(decision: Decision) -> bool:
    """Tell whether something went on although the guard could not look at it."""
    return decision.code == FAILED and not decision.stops
