"""What is asked of a campaign: the cases, the target, the system it stands for, and how."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from accord.attack.campaign.budget import Spending
from accord.attack.standins import standins
from accord.case.receiver import received
from accord.core.canon import Digest
from accord.core.case import Case, Channel
from accord.core.system import System, TargetSpec, Task, Tool
from accord.core.trial import Capability

TRIALS = 5
"""Trials of a case where nobody asks for a number; pools of few cases get more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How a campaign is run. `trials` None asks for sequential stopping; `mutate` lets converters and search work.

    `judge` is the `URL#MODEL` that is asked where no oracle can tell, `attacker` the one that leads conversations.
    """

    seed: int
    trials: int | None = None
    mutate: bool = False
    max_asr: float = 0.05
    concurrency: int = 64
    timeout: float = 60.0
    judge: str | None = None
    attacker: str | None = None
    spending: Spending = field(default_factory=Spending)


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Everything that a campaign needs to begin, or to go on in another process; it holds no credential."""

    target: TargetSpec
    options: Options
    cases: tuple[Case, ...]
    system: System | None = None
    subject: Digest | None = None
    root: str | None = None


def attacks(order: Order) -> tuple[Case, ...]:
    """Return what an order's cases are to its system: one that asks for a prohibited use becomes one for each."""
    return received(order.cases, order.system.system.prohibited_uses if order.system else ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a campaign may count on: what the target lets us do, and what the manifest says of the system.

    `bare` says that there is no manifest, so that tools and honest tasks are stood in for. `offers` says that tools
    are offered in each request, so that one turn may need more than one.
    """

    target: str
    capabilities: frozenset[Capability]
    simulated: frozenset[Channel] = frozenset()
    tools: tuple[Tool, ...] = ()
    tasks: tuple[Task, ...] = ()
    bare: bool = True
    retrieval: bool = True
    rounds_of_tools: int = 0
    model: str = ""


def scope_of(
    system: System | None,
    *,
    target: str,
    capabilities: Iterable[Capability],
    simulated: Iterable[Channel],
    rounds_of_tools: int = 0,
    model: str = "",
) -> Scope:
    """Return what a campaign on a system, reached by a target, may count on."""
    parts = system.components if system else None
    return Scope(
        target=target,
        capabilities=frozenset(capabilities),
        simulated=frozenset(simulated),
        tools=parts.tools if parts else standins().tools,
        tasks=parts.tasks if parts else (),
        bare=system is None,
        retrieval=parts is None or bool(parts.retrieval),
        rounds_of_tools=rounds_of_tools,
        model=model or _only_model(system),
    )


def _only_model(system: System | None) -> str:
    """Return the name of the model of a system that has one, and that others know by a name."""
    models = system.components.models if system else ()
    if len(models) != 1 or models[0].source.startswith("file:"):
        return ""
    return models[0].source.partition(":")[2].rpartition("/")[2].partition("@")[0]
