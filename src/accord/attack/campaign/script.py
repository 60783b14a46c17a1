"""What one trial says and plants, word by word: the case with its variables filled in and its mutation applied."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final, NamedTuple

from accord.attack.campaign.applicable import is_system, keeps_own_message
from accord.attack.campaign.order import Scope
from accord.attack.mutators.converter import Converter, compose, wording
from accord.attack.standins import standin, standins
from accord.case.variables import fill
from accord.case.walk import walk
from accord.core.campaign import PlannedTrial, TrialKind
from accord.core.canon import Digest, digest_bytes
from accord.core.case import AnyTask, Case, Channel, Condition, Control, EffectPattern, Need, Step
from accord.core.system import Served, Task, Tool

_ALPHABET: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_LETTERS: Final = 16  # log2(62^16) = 95 bits


class Script(NamedTuple):
    """The steps of a trial, every text as it is sent, and how a control run is told to be served.

    `mutation` is what was applied: nothing where what was planned does not fit the filled text.
    """

    steps: tuple[Step, ...]
    served: Control | Served | None = None
    mutation: tuple[str, ...] = ()

    @property
    def turns(self) -> int:
        """Return how often the target is asked."""
        return sum(is_said(step) for step in self.steps)

    @property
    def sends(self) -> Digest:
        """Return the digest of every text, in order, with the channel it enters through."""
        parts = [text for step in self.steps for text in _texts(step)]
        return digest_bytes("\x1f".join(parts).encode("utf-8", "surrogatepass"))


def tokens_of(case: Case, seed: int, trial: str) -> dict[str, str]:
    """Return a fresh value for each variable of a case, derived from the campaign's seed and the trial's id alone."""
    key = str(seed).encode()
    return {name: _token(hmac.digest(key, f"{trial}/{name}".encode(), "sha256")) for name in sorted(case.vars)}


def script(case: Case, trial: PlannedTrial, scope: Scope, *, seed: int, kit: Mapping[str, Converter]) -> Script:
    """Return what a planned trial says."""
    own_message = keeps_own_message(case, scope)
    if trial.kind is TrialKind.CONTROL:
        return _control(case, trial, scope, own_message=own_message)
    steps = tuple(_filled(step, trial.vars) for step in case.steps if not (own_message and is_system(step)))
    mutation = trial.mutation
    if mutation:
        draws = wording(seed, trial.id, keep=tuple(trial.vars.values()), model=scope.model)
        converted = compose(mutation, steps, draws, kit)
        steps, mutation = (converted, mutation) if converted is not None else (steps, ())
    ask = task_of(scope, trial).ask
    return Script(_heard(tuple(_asked(step, ask) for step in steps)), mutation=mutation)


def is_said(step: Step) -> bool:
    """Tell whether a step is a turn that is answered: a question, or a text delivered as the user's own."""
    return step.deliver is None or step.deliver.channel is Channel.USER


def task_of(scope: Scope, trial: PlannedTrial) -> Task:
    """Return the honest task of a trial: the manifest's, in turn, or one that any assistant can serve."""
    number = trial.task or 0
    if scope.tasks:
        return scope.tasks[number % len(scope.tasks)]
    asks = standins().tasks
    return Task(ask=asks[number % len(asks)], served=Served(says_any=()))


def offered(case: Case, scope: Scope) -> tuple[Tool, ...]:
    """Return the tools that the model is offered: the system's own, or stand-ins for the effects of the case."""
    if not scope.bare:
        return scope.tools
    return tuple(standin(does) for does in dict.fromkeys(_effects(case)))


def _effects(case: Case) -> Iterator[str]:
    yield from (need.does for need in case.needs if isinstance(need, Need) and need.does is not None)
    yield from (node.value.does for node in walk(case.broke) if isinstance(node.value, EffectPattern))


def _control(case: Case, trial: PlannedTrial, scope: Scope, *, own_message: bool) -> Script:
    """Return the honest run: the system message of the case, where it brings one, and one honest question.

    Where the system keeps its own message, it is asked one of its own tasks.
    """
    task = task_of(scope, trial)
    own = case.control if isinstance(case.control, Control) and not own_message else None
    ask = task.ask if own is None or own.ask is None else fill(own.ask, trial.vars).text
    system = [_filled(step, trial.vars) for step in case.steps if is_system(step)] if own else []
    served: Control | Served = own or (task.served if scope.tasks else _ANSWERED)
    return Script((*system, Step(ask=ask)), served)


_ANSWERED: Final = Control(served=Condition(matches=r"\pL{2}"))
"""Where no manifest says what serving means: the assistant answers in words."""


def _heard(steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """Return the steps with what is planted last before the last turn, since a text that no turn follows is not read.

    So stands the output of a tool: a case tells of it after the question for which the tool is called.
    """
    last = max((at for at, step in enumerate(steps) if is_said(step)), default=len(steps))
    early = tuple(step for step in steps[last + 1 :] if step.when is None)
    late = tuple(step for step in steps[last + 1 :] if step.when is not None)
    return (*steps[:last], *early, *steps[last : last + 1], *late)


def _filled(step: Step, values: Mapping[str, str]) -> Step:
    if step.deliver is not None:
        name = step.deliver.name and fill(step.deliver.name, values).text
        return replace(step, deliver=replace(step.deliver, text=fill(step.deliver.text, values).text, name=name))
    return step if isinstance(step.ask, AnyTask) else replace(step, ask=fill(step.ask or "", values).text)


def _asked(step: Step, ask: str) -> Step:
    return replace(step, ask=ask) if isinstance(step.ask, AnyTask) else step


def _texts(step: Step) -> Iterable[str]:
    if step.deliver is not None:
        return (step.deliver.channel, step.deliver.name or "", step.deliver.text)
    return ("ask", str(step.ask))


def _token(digest: bytes) -> str:
    number = int.from_bytes(digest, "big")
    letters = []
    for _ in range(_LETTERS):
        number, letter = divmod(number, len(_ALPHABET))
        letters.append(_ALPHABET[letter])
    return "".join(letters)
