"""Replays every honest task with every attack, and compares our oracle with AgentDojo's own verdict. No model."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from typing import NamedTuple

from accord.attack.agents.dojo import Call, Dojo, InjectionTask, UserTask
from accord.attack.agents.goals import GoalCase, goal_case
from accord.attack.agents.scripts import bent, changed
from accord.attack.agents.sheet import Sheet, sheet
from accord.attack.agents.world import Performance, Stage, perform, stage_for, world_of
from accord.case.oracles import judge
from accord.core.errors import CatalogError
from accord.core.text import clean
from accord.core.trial import Judgement, TrialOutcome

KINDS = ("user", "attack", "both")
"""The runs of every pair: the honest calls, the attacker's, and the attacker's as soon as the agent reads them."""


class Disagreement(NamedTuple):
    """A run on which the two judges differ: AgentDojo's verdict (None: it failed), ours, and why."""

    user_task: str
    injection_task: str
    run: str
    agentdojo: bool | None
    accord: str
    reason: str


@dataclass(slots=True, kw_only=True)
class Tally:
    """How the runs of one kind came out: in how many the attack succeeded by AgentDojo, and where we differ."""

    runs: int = 0
    broke: int = 0
    differ: list[Disagreement] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class SuiteReplay:
    """What the replay of one suite came to.

    `calls` is the oracle that looks at calls alone, over the same runs; `changed` are scripts with other arguments;
    `bent` are those on which judges may rightly differ.
    """

    suite: str
    pairs: int = 0
    agree: int = 0
    seconds: float = 0.0
    by_run: dict[str, Tally] = field(default_factory=lambda: {kind: Tally() for kind in KINDS})
    calls: Tally = field(default_factory=Tally)
    changed: Tally = field(default_factory=Tally)
    bent: Tally = field(default_factory=Tally)

    @property
    def disagree(self) -> tuple[Disagreement, ...]:
        """Return where the two judges differ on a pair."""
        return tuple(one for tally in self.by_run.values() for one in tally.differ)


class Depth(NamedTuple):
    """Which changed scripts are replayed beside the ground truths."""

    changed: bool = False
    bent: bool = False


def replay(
    dojo: Dojo,
    name: str,
    *,
    depth: Depth | None = None,
    about: Sheet | None = None,
    tell: Callable[[int, int], None] | None = None,
) -> SuiteReplay:
    """Replay one suite; `tell` hears after each attack how many pairs are done, of how many.

    Raises `CatalogError` where there is no such suite, or we know nothing about it.
    """
    started = time.perf_counter()
    if name not in dojo.suites:
        message, hint = f"AgentDojo has no suite {clean(name[:40])!r}", f"known are {', '.join(dojo.suites)}"
        raise CatalogError(message, hint=hint, code="ACC-E648")
    suite = dojo.suites[name]
    world = world_of(dojo, suite, about or sheet(name))
    done = SuiteReplay(suite=name)
    for attack in suite.injection_tasks.values():
        planted = world.planted(attack.GOAL)
        goal = goal_case(world.about, attack, world.state(planted), world.plainer)
        for user in suite.user_tasks.values():
            _replay_pair(_Pair(user, attack, goal, stage_for(world, user, planted)), done, depth or Depth(), dojo)
        if tell:
            tell(done.pairs, len(suite.user_tasks) * len(suite.injection_tasks))
    done.seconds = time.perf_counter() - started
    return done


class _Pair(NamedTuple):
    """An honest task and an attack, on one stage."""

    user: UserTask
    attack: InjectionTask
    goal: GoalCase
    stage: Stage


def _replay_pair(pair: _Pair, done: SuiteReplay, depth: Depth, dojo: Dojo) -> None:
    before = len(done.disagree)
    honest, hostile = pair.user.ground_truth(pair.stage.shown()), pair.attack.ground_truth(pair.stage.shown())
    for kind, act in _acts(pair, honest, hostile):
        theirs = verdict(pair.attack, act, pair.stage, _said(pair, kind))
        _count(done.by_run[kind], pair, kind, (theirs, judge(pair.goal.case.broke, act.transcript)))
        if pair.goal.called:
            _count(done.calls, pair, kind, (theirs, judge(pair.goal.called, act.transcript)))
    done.pairs += 1
    done.agree += len(done.disagree) == before
    if depth.changed:
        for mutant in changed(hostile, dojo.call):
            _replay_mutant(done.changed, pair, mutant.change, mutant.calls)
    if depth.bent:
        for mutant in bent(hostile, dojo.call):
            _replay_mutant(done.bent, pair, mutant.change, mutant.calls)


def _acts(pair: _Pair, honest: Sequence[Call], hostile: Sequence[Call]) -> Iterator[tuple[str, Performance]]:
    values = pair.goal.values
    alone = perform(pair.stage, honest, _said(pair, "user"), given=values)
    yield "user", alone
    yield "attack", perform(pair.stage, hostile, _said(pair, "attack"), given=values)
    if hostile or _said(pair, "both") != _said(pair, "user"):
        alone = perform(pair.stage, honest, _said(pair, "both"), then=hostile, cue=pair.attack.GOAL, given=values)
    yield "both", alone


def _said(pair: _Pair, kind: str) -> str:
    texts = {"user": (pair.user.GROUND_TRUTH_OUTPUT,), "attack": (pair.attack.GROUND_TRUTH_OUTPUT,)}
    both = (pair.user.GROUND_TRUTH_OUTPUT, pair.attack.GROUND_TRUTH_OUTPUT)
    return "\n".join(text for text in texts.get(kind, both) if text)


def _replay_mutant(tally: Tally, pair: _Pair, change: str, calls: tuple[Call, ...]) -> None:
    said = pair.attack.GROUND_TRUTH_OUTPUT
    act = perform(pair.stage, calls, said, given=pair.goal.values)
    theirs = verdict(pair.attack, act, pair.stage, said)
    _count(tally, pair, change, (theirs, judge(pair.goal.case.broke, act.transcript)))


def verdict(attack: InjectionTask, act: Performance, stage: Stage, said: str) -> bool | None:
    """Return what AgentDojo itself says: its predicate on calls where there is one, else on the environments.

    None where its predicate failed. What it prints is dropped.
    """
    before = stage.shown()
    try:
        with redirect_stdout(io.StringIO()):
            traced = attack.security_from_traces(said, before, act.after, act.calls)
            return bool(attack.security(said, before, act.after) if traced is None else traced)
    except (LookupError, ValueError, TypeError, AttributeError, NotImplementedError):
        return None


def _count(tally: Tally, pair: _Pair, run: str, verdicts: tuple[bool | None, Judgement]) -> None:
    theirs, ours = verdicts
    tally.runs += 1
    tally.broke += theirs is True
    wanted = {True: TrialOutcome.BROKE, False: TrialOutcome.HELD, None: None}[theirs]
    if ours.outcome is not wanted:
        reason = ours.reason or ours.span
        tally.differ.append(Disagreement(pair.user.ID, pair.attack.ID, run, theirs, str(ours.outcome), reason))
