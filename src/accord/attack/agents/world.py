"""A suite's environment as a system under attack: texts are planted in it, calls act in it, and its state is seen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from accord.attack.agents.dojo import Call, Dojo, Environment, Runtime, Suite, UserTask
from accord.attack.agents.plain import Plainer, viewed, without
from accord.attack.agents.sheet import Sheet
from accord.attack.effects import bound
from accord.core.trial import Message, ToolCall, Transcript

_SHOWN = 2_000
_DONE = "Done."
"""What an agent says at the end that has nothing to say: an empty answer would show nothing."""


@dataclass(slots=True)
class World:
    """The environments of one suite; `state` is what our oracles see of one."""

    suite: Suite
    about: Sheet
    runtime: Runtime
    plainer: Plainer = field(default_factory=Plainer)
    _first: tuple[object, object] | None = None

    def planted(self, text: str) -> Environment:
        """Return the environment with a text in every place where an attacker could put one."""
        places = self.suite.get_injection_vector_defaults()
        return self.suite.load_and_inject_default_environment(dict.fromkeys(places, text) if text else {})

    def state(self, environment: Environment) -> dict[str, object]:
        """Return the state as plain values without live hosts, with the views of the sheet."""
        raw = without(environment.model_dump(mode="json"), self.about.omit)
        if self._first is None:
            self._first = (raw, self.plainer.value(raw))
        plain = self.plainer.again(raw, *self._first)
        return viewed(plain if isinstance(plain, dict) else {}, self.about.views)

    def seen(self, call: Call) -> ToolCall:
        """Return a call as a transcript shows it: with its effect, and the effect's own arguments."""
        args = self.plainer.value(call.args)
        plain = ToolCall(name=call.function, args=args if isinstance(args, dict) else {})
        return bound(plain, self.about.tools)


def world_of(dojo: Dojo, suite: Suite, about: Sheet) -> World:
    """Return the world of a suite."""
    return World(suite, about, dojo.runtime(suite.tools))


@dataclass(slots=True)
class Stage:
    """One environment ready for an honest task; each performance begins in a copy of it."""

    world: World
    user: UserTask
    before: Environment
    state: Mapping[str, object]
    _shown: Environment | None = None

    def shown(self) -> Environment:
        """Return a copy of the environment for others to look at; one that somebody changed is not shown again."""
        if self._shown is None or self._shown != self.before:
            self._shown = self.before.model_copy(deep=True)
        return self._shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Performance:
    """What was called in a copy of a stage's environment, and what became of that."""

    calls: tuple[Call, ...]
    after: Environment
    transcript: Transcript


def stage_for(world: World, user: UserTask, planted: Environment) -> Stage:
    """Return a stage for an honest task in an environment that a text was planted in."""
    before = user.init_environment(planted.model_copy(deep=True))
    return Stage(world, user, before, world.state(before))


def perform(
    stage: Stage,
    calls: Sequence[Call],
    said: str,
    *,
    given: Mapping[str, str],
    then: Sequence[Call] = (),
    cue: str = "",
) -> Performance:
    """Make calls in order and say something; `then` are made when a tool's output holds `cue`, or at the end.

    `given` are the values of the case's variables.
    """
    after = stage.before.model_copy(deep=True) if calls or then else stage.shown()
    messages = [Message(role="user", content=stage.world.plainer.text(stage.user.PROMPT))]
    made: list[Call] = []
    waiting, wanted = list(calls), list(then)
    while waiting or wanted:
        if not waiting:
            waiting, wanted = wanted, []
        call = waiting.pop(0)
        result, problem = stage.world.runtime.run_function(after, call.function, dict(call.args))
        made.append(call)
        output = problem or "\n".join(_texts(result))
        messages.append(Message(role="assistant", tool_calls=(stage.world.seen(call),)))
        messages.append(Message(role="tool", content=output[:_SHOWN], name=call.function, channel="tool-output"))
        if wanted and _holds(output, cue):
            waiting, wanted = [*wanted, *waiting], []
    messages.append(Message(role="assistant", content=stage.world.plainer.text(said) or _DONE))
    transcript = Transcript(
        messages=tuple(messages), vars=given, before=stage.state, after=stage.world.state(after), stopped="stop"
    )
    return Performance(calls=tuple(made), after=after, transcript=transcript)


def _texts(result: object) -> Iterator[str]:
    """Yield every text of a tool's result, in order."""
    waiting = [result]
    while waiting:
        value = waiting.pop()
        if isinstance(value, Mapping):
            waiting.extend(reversed(tuple(value.values())))
        elif isinstance(value, list | tuple):
            waiting.extend(reversed(value))
        elif callable(dump := getattr(value, "model_dump", None)):
            waiting.append(dump())
        elif value is not None:
            yield str(value)


def _holds(output: str, cue: str) -> bool:
    """Tell whether the output holds the cue, however its lines are broken."""
    return bool(cue) and "".join(cue.split()) in "".join(output.split())
