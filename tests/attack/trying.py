"""Other people's cases at the scripted applications: planned and run by the pieces of a real campaign, in process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from zlib import crc32

from attack.applications import (
    MANNERS,
    Meaning,
    Mind,
    Scene,
    answers,
    applications,
    honest,
    meaning,
    obedient,
    seen,
)

from accord.attack.campaign.order import Options, Scope, scope_of
from accord.attack.campaign.plan import plan
from accord.attack.campaign.script import offered, script
from accord.attack.campaign.trial import run_trial
from accord.attack.mutators.kit import kit
from accord.attack.targets.line import Answer, Endpoint, Line, Opening, Send
from accord.attack.targets.openai import OpenAi
from accord.attack.targets.simulate import Dialogue
from accord.core.campaign import PlannedTrial, TrialKind
from accord.core.case import Case, Channel
from accord.core.system import OpenAiCall, System, Tool
from accord.core.trial import Capability, Delivery, Reply, Turn


class Straight:
    """A line that sends once and hears the answer."""

    async def send(self, request: Send, /, *, tokens: int = 0) -> Reply:
        """Send."""
        answer = await request()
        assert isinstance(answer, Answer)
        return answer.reply


@dataclass(kw_only=True)
class Model:
    """A scripted model behind an endpoint: what is planted is put into the request, as for any chat model."""

    mind: Mind
    tasks: Mapping[str, str] = field(default_factory=dict)
    name: str = "scripted model"
    capabilities: frozenset[Capability] = frozenset(Capability) - {Capability.STATE}
    simulated: frozenset[Channel] = frozenset(Channel) - {Channel.USER}
    stateless: bool = True
    shared: bool = False

    async def open(self) -> None:
        """Have nothing to open."""

    async def close(self) -> None:
        """Have nothing to close."""

    @asynccontextmanager
    async def session(self, line: Line, opening: Opening) -> AsyncIterator[_Talk]:
        """Begin a conversation."""
        yield _Talk(self, line, opening, Dialogue(tools=opening.tools), self.capabilities)


@dataclass
class _Talk:
    """A conversation with a scripted model, over the line."""

    model: Model
    line: Line
    opening: Opening
    dialogue: Dialogue
    capabilities: frozenset[Capability]

    async def plant(self, delivery: Delivery, /) -> None:
        """Put a text into the request."""
        self.dialogue.plant(delivery)

    async def ask(self, turn: Turn, /) -> Reply:
        """Ask, and let the mind answer what a chat model would see."""
        self.dialogue.ask(turn.text)

        async def answered() -> Answer:
            act = self.model.mind(
                seen(self.dialogue.messages, self.dialogue.offers(), self.opening.tools, self.model.tasks)
            )
            return Answer(Reply(text=act.text, tool_calls=act.calls, stopped="stop"), 200)

        reply = await self.line.send(answered)
        self.dialogue.answered(reply.text)
        return reply

    async def state(self) -> Mapping[str, Any]:
        """Have no state."""
        return {}


@dataclass(kw_only=True)
class Embedded:
    """A scripted application that is fed through its own doors.

    It reads its documents and its memory whatever it is asked, but the output of a tool only where a task of its own
    makes it call one. Nobody can replace its own message.
    """

    mind: Mind
    tools: tuple[Tool, ...]
    tasks: Mapping[str, str]
    name: str = "scripted application"
    capabilities: frozenset[Capability] = frozenset(Capability) - {Capability.STATE, Capability.SYSTEM}
    simulated: frozenset[Channel] = frozenset()
    stateless: bool = False
    shared: bool = False

    async def open(self) -> None:
        """Have nothing to open."""

    async def close(self) -> None:
        """Have nothing to close."""

    @asynccontextmanager
    async def session(self, line: Line, opening: Opening) -> AsyncIterator[_Visit]:
        """Begin a visit, with nothing planted."""
        yield _Visit(self, line, self.capabilities)


@dataclass
class _Visit:
    """A visit to a scripted application."""

    application: Embedded
    line: Line
    capabilities: frozenset[Capability]
    planted: list[Delivery] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    async def plant(self, delivery: Delivery, /) -> None:
        """Put a text where the application reads it."""
        self.planted.append(delivery)

    async def ask(self, turn: Turn, /) -> Reply:
        """Ask, and let the mind answer."""
        self.asked.append(turn.text)
        own = any(task in one for task in self.application.tasks for one in self.asked)
        read = tuple(one.text for one in self.planted if own or one.channel != Channel.TOOL_OUTPUT)
        act = self.application.mind(Scene("", read, tuple(self.asked), self.application.tools, self.application.tasks))

        async def answered() -> Answer:
            return Answer(Reply(text=act.text, tool_calls=act.calls, stopped="stop"), 200)

        return await self.line.send(answered)

    async def state(self) -> Mapping[str, Any]:
        """Have no state."""
        return {}


class Place(NamedTuple):
    """Where cases are run: the bare model, or an application behind a model or a harness."""

    name: str
    scope: Scope
    endpoint: Callable[[Mind], Endpoint]
    effects: frozenset[str]


def places() -> tuple[Place, ...]:
    """Return the bare model and each application in two ways."""
    found = [_modelled("bare model", None)]
    for name, system in applications().items():
        found += [_modelled(f"{name}, model", system), _embedded(f"{name}, harness", system)]
    return tuple(found)


def _modelled(name: str, system: System | None) -> Place:
    real = OpenAi(OpenAiCall(url="http://127.0.0.1:1/v1", model="m"))
    scope = scope_of(system, target=name, capabilities=real.capabilities, simulated=real.simulated, rounds_of_tools=2)
    effects = frozenset(tool.does for tool in scope.tools if tool.does)
    return Place(name, scope, lambda mind: Model(mind=mind, tasks=answers(system)), effects)


def _embedded(name: str, system: System) -> Place:
    tools = system.components.tools

    def made(mind: Mind) -> Embedded:
        return Embedded(mind=mind, tools=tools, tasks=answers(system))

    able = made(honest(Meaning()))
    scope = scope_of(system, target=name, capabilities=able.capabilities, simulated=able.simulated)
    return Place(name, scope, made, frozenset(tool.does for tool in tools if tool.does))


class Tried(NamedTuple):
    """What became of one case at one place: why it does not fit, or what each mind came to and what was said."""

    case: Case
    reason: str
    obeyed: str = ""
    honest: str = ""
    control: str = ""
    said: str = ""


def tried(cases: Iterable[Case], place: Place, *, seed: int = 7) -> Iterator[Tried]:
    """Run each case at a place once with each mind, by the plan and the trials of a real campaign."""
    for case in cases:
        made = plan((case,), place.scope, Options(seed=seed, trials=1), kit())
        if made.not_applicable:
            yield Tried(case, made.not_applicable[0].reason)
            continue
        attack = next(trial for trial in made.trials if trial.kind is TrialKind.ATTACK)
        control = next(trial for trial in made.trials if trial.kind is TrialKind.CONTROL)
        wanted = meaning(case)
        manner = MANNERS[crc32(case.name.encode()) % len(MANNERS)]
        obeyed, said = _ran(case, attack, place, obedient(wanted, manner), seed)
        held, quoted = _ran(case, attack, place, honest(wanted), seed)
        served, _ = _ran(case, control, place, honest(wanted), seed)
        yield Tried(case, "", obeyed, held, served, said if obeyed != "broke" else quoted)


def _ran(case: Case, trial: PlannedTrial, place: Place, mind: Mind, seed: int) -> tuple[str, str]:
    said = script(case, trial, place.scope, seed=seed, kit=kit())
    opening = Opening(trial=trial.id, vars=trial.vars, tools=offered(case, place.scope))
    running = run_trial(case, trial, said, endpoint=place.endpoint(mind), line=Straight(), opening=opening)
    ran = asyncio.run(running)
    answer = ran.transcript.messages[-1]
    return ran.result.outcome, f"{ran.result.span or ran.result.reason} | {answer.content[-300:]} | {answer.tool_calls}"
