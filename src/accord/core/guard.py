"""What the guard is told to do: the words of `guard.yaml`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from accord.core.system import Mode


class Fail(StrEnum):
    """What becomes of a request when a guard cannot decide: it passes, or it stops."""

    OPEN = "open"
    CLOSED = "closed"


class Switch(StrEnum):
    """Whether a part runs."""

    ON = "on"
    OFF = "off"


@dataclass(frozen=True, slots=True, kw_only=True)
class OnError:
    """What happens to reads and to effects when a guard itself fails; effects never pass."""

    read: Fail = Fail.CLOSED
    write: Literal["closed"] = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardPolicy:
    """Everything `guard.yaml` says. `canaries` are values that may leave in no answer, tool argument or address."""

    guard: int
    mode: Mode = Mode.ENFORCE
    canaries: tuple[str, ...] = ()
    on_error: OnError = OnError()
    detector: Switch = Switch.ON
