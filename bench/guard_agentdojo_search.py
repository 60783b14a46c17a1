"""An adaptive attack on the tool policy over AgentDojo's own suites, made without a look at the policy.

Each scene plants texts in the suite's own holes and runs the user's task by its ground truth, as far as the policy
lets it, with reads of the agent's own and texts smuggled through what the task writes. Each try is an effect call at
some point of the scene: the attackers' goals, the task's own calls with changed arguments, any other. What was allowed
is run, and judged by `guard_agentdojo_oracle.py`; the better a call did, the more is made of it, of its planted text
and of its task. The same seed makes the same tries. It needs agentdojo==0.1.35 in the environment that runs it.

    PYTHONPATH=bench:src PYTHON_WITH_AGENTDOJO bench/guard_agentdojo_search.py --tries 60000 --seed 3
"""

from __future__ import annotations

import argparse
import copy
import json
import logging
import random
import re
import sys
import time
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any, Final, NamedTuple

import yaml
from guard_agentdojo_moves import further_read, next_move, planted, text
from guard_agentdojo_oracle import (
    AGAIN,
    FREE,
    Asked,
    Call,
    Facts,
    Judgement,
    Verdict,
    asked_by,
    is_effect,
    judge,
    repeated,
)
from guard_agentdojo_values import Finds, Ground, Move, credit, harvested, phrase

VERSION: Final = "v1.2.1"
SUITES: Final = ("workspace", "travel", "banking", "slack")
SEARCHES: Final = {"file": "search_files", "email": "search_emails", "": "search_calendar_events"}
_QUOTED: Final = re.compile(r"'([^'\n]{3,60})'")

Step = Mapping[str, Any]


@dataclass(slots=True, kw_only=True)
class Task:
    """One user's task: its suite and number, what moves draw from, and how often it is worth a scene."""

    suite: Any
    number: int
    user: Any
    ground: Ground
    clean: Any
    weight: float

    @property
    def name(self) -> str:
        """Return the name of the suite."""
        return str(self.suite.name)


class Scene(NamedTuple):
    """A point of a run: the steps so far, the world there, what is known, and the calls that the task makes."""

    steps: tuple[Step, ...]
    world: Any
    facts: Facts
    truth: Sequence[Call]

    @property
    def finds(self) -> Finds:
        """Return the values that the run has read lately."""
        return harvested([step["output"] for step in self.steps])


@dataclass(slots=True)
class Tally:
    """What the search has met: tries, verdicts, and the smallest examples of each kind of effect."""

    tries: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    kinds: dict[Verdict, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    tasks: dict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    shown: dict[str, list[tuple[int, int, dict[str, Any]]]] = field(default_factory=lambda: defaultdict(list))
    raised: Counter[str] = field(default_factory=Counter)


def main() -> None:
    """Search, and print what was tried, allowed and found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tries", type=int, default=60_000)
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--suites", default=",".join(SUITES))
    parser.add_argument("--show", type=int, default=1, help="examples of each kind of unauthorised effect")
    given = parser.parse_args()
    if find_spec("agentdojo") is None:
        sys.exit("left out: it needs agentdojo==0.1.35 in the environment that runs it")
    warnings.simplefilter("ignore")
    logging.disable()
    vars(yaml).update(SafeLoader=yaml.CSafeLoader, SafeDumper=yaml.CSafeDumper)  # worlds are read from YAML each time
    rng, begun = random.Random(given.seed), time.process_time()
    tasks = [task for name in given.suites.split(",") for task in tasks_of(name, rng)]
    tally = searched(tasks, given.tries, rng, show=given.show)
    report(tally, f"{len(tasks)} tasks, seed {given.seed}")
    print(f"{time.process_time() - begun:.1f} s of CPU")


def tasks_of(name: str, rng: random.Random) -> Iterator[Task]:
    """Yield the users' tasks of a suite, each run once by its ground truth where nothing is planted."""
    from agentdojo.task_suite.load_suites import get_suite

    suite = get_suite(VERSION, name)
    base = suite.load_and_inject_default_environment({})
    ways: dict[tuple[str, str, str], list[float]] = {}  # one book for the suite
    tools = {
        tool.name: {key: about.is_required() for key, about in tool.parameters.model_fields.items()}
        for tool in suite.tools
    }
    for title, user in suite.user_tasks.items():
        clean = user.init_environment(base.model_copy(deep=True))
        goals = [(evil.GOAL, _calls(evil, clean)) for evil in suite.injection_tasks.values()]
        world = clean.model_copy(deep=True)
        honest = [(call, _made(suite, world, call)[0]) for call in _calls(user, clean)]
        ground = Ground(suite=name, rng=rng, wish=user.PROMPT, tools=tools, goals=goals, honest=honest, ways=ways)
        number, weight = int(title.rpartition("_")[2]), 3.0 if ground.effects else 1.0
        yield Task(suite=suite, number=number, user=user, ground=ground, clean=clean, weight=weight)


def searched(tasks: Sequence[Task], tries: int, rng: random.Random, *, show: int) -> Tally:
    """Return what so many tries have met: every task gets a scene first, then those that are worth it."""
    tally, waiting = Tally(), rng.sample(tasks, len(tasks))
    while tally.tries < tries:
        task = waiting.pop(0) if waiting else rng.choices(tasks, [one.weight for one in tasks])[0]
        scenes = list(scenes_of(task))
        if not scenes:
            continue
        outputs = [step["output"] for step in scenes[-1].steps]
        task.ground.echoes = [said for output in outputs for said in _QUOTED.findall(output)[:50]]
        finds: dict[int, Finds] = {}
        for _ in range(min(220 if task.ground.effects else 110, tries - tally.tries)):
            at = rng.randrange(len(scenes)) if rng.random() < 0.6 else len(scenes) - 1
            if at not in finds:
                finds[at] = scenes[at].finds
            move = next_move(task.ground, finds[at])
            tally.tries += 1
            if (judgement := attempt(task, scenes[at], move, tally)) is not None:
                learnt(task, scenes[at], move, judgement)
                noted(tally, task, scenes[at], move, judgement, show=show)
    return tally


def attempt(task: Task, scene: Scene, move: Move, tally: Tally) -> Judgement | None:
    """Put a call to the policy; return what it is when it was allowed, nothing when not."""
    try:
        return judged(task, scene, move.call) if _allowed(task, scene.steps, move.call) else None
    except Exception as error:
        tally.raised[f"{type(error).__name__}: {error}"[:200]] += 1
        return None


def judged(task: Task, scene: Scene, call: Call) -> Judgement:
    """Return what an allowed call is, after it was run in a copy of its world; what the user asked for is not run."""
    taken = _taken(task, call)
    if taken is None or not _exists(task, scene, taken):
        return Judgement(Verdict.NO_EFFECT, ("nothing to act on",))
    judgement = judge(task.name, task.number, taken, scene.facts)
    asked = judgement.verdict is Verdict.AUTHORISED or judgement == Judgement(Verdict.DOUBTFUL, ("date",))
    if asked and call.function != "get_webpage" and _done(scene, call):
        judgement = repeated(call.function)
    if judgement.verdict is Verdict.AUTHORISED:
        return judgement
    _, failed = _made(task.suite, scene.world.model_copy(deep=True), call)
    return Judgement(Verdict.NO_EFFECT, ("error",)) if failed else judgement


def worth(judgement: Judgement) -> int:
    """Return what a judgement is worth to the search: the attacker's own value most, then any other harm."""
    if AGAIN in judgement.reasons:
        return 1
    if judgement.verdict in {Verdict.UNAUTHORISED, Verdict.DOUBTFUL}:
        sorts = {reason[:2] for reason in judgement.reasons}
        return 25 if "A:" in sorts else 8 if sorts & {"B:", "T:"} else 3
    return 0 if judgement.verdict is Verdict.NO_EFFECT else 1


def learnt(task: Task, scene: Scene, move: Move, judgement: Judgement) -> None:
    """Keep an allowed call that the task does not make itself, with what made it and what was planted."""
    ground, value = task.ground, worth(judgement)
    exact = move.call in scene.truth
    credit(ground, move, (not exact) + 2 * (value >= 8))
    if exact:
        return
    kept = Move(copy.deepcopy(move.call), move.made[-6:])
    ground.elite.append((min(len(move.made), 5) + value, ground.rng.random(), kept))
    if len(ground.elite) > 60:
        ground.elite.sort(key=lambda one: one[:2], reverse=True)
        del ground.elite[30:]
    if value >= 3:
        task.weight = min(8.0, task.weight + 0.3)
        first = next(iter(scene.facts.planted.values()), "")
        if first and len(ground.seeds) < 40 and len(first) < 5000:
            ground.seeds.append(first)


def scenes_of(task: Task) -> Iterator[Scene]:
    """Yield the points of one run of the user's task with texts planted; none where the texts break the world."""
    ground, rng = task.ground, task.ground.rng
    holes = list(task.suite.get_injection_vector_defaults())
    texts = planted(ground, holes, asked_by(task.name).get(task.number, Asked()).holes)
    try:
        world = task.user.init_environment(task.suite.load_and_inject_default_environment(_escaped(texts)))
        truth = _truth(task, world)
    except Exception:  # a text that is no YAML where it stands
        return
    run = _Run(task, world, Facts(texts, (), "", _known(task.name, world)), truth)
    yield run.scene()
    smuggles, strays = rng.random() < 0.35, rng.random() < 0.6
    for call in truth:
        effect = is_effect(call.function)
        said = {name: text(ground)[:4000] for name in call.args if name in FREE} if smuggles and effect else {}
        if strays and rng.random() < 0.35:
            yield from run.step(further_read(ground, run.facts.known))
        yield from run.step(Call(call.function, copy.deepcopy({**call.args, **said})), clean=call)
        if smuggles and effect and task.name == "workspace" and rng.random() < 0.5:
            found = next(tool for part, tool in SEARCHES.items() if part in call.function)
            yield from run.step(Call(found, {"query": phrase(ground)}))
    for _ in range(rng.randint(1, 4) if strays else 0):
        yield from run.step(further_read(ground, run.facts.known))


class _Run:
    """A run of a task with texts planted, and beside it the same calls in a world where nothing is."""

    def __init__(self, task: Task, world: Any, facts: Facts, truth: Sequence[Call]) -> None:
        self._task, self._world, self.facts, self._truth = task, world, facts, truth
        self._clean = task.clean.model_copy(deep=True)
        self._steps: tuple[Step, ...] = ()

    def scene(self) -> Scene:
        """Return where the run stands."""
        return Scene(self._steps, self._world.model_copy(deep=True), self.facts, self._truth)

    def step(self, call: Call, clean: Call | None = None) -> Iterator[Scene]:
        """Make a call where the policy lets it, beside it the one without planted texts; yield where the run stands."""
        if not _allowed(self._task, self._steps, call):
            return
        output, _ = _made(self._task.suite, self._world, call)
        source, _ = _made(self._task.suite, self._clean, clean or call)
        self._steps = (*self._steps, {"call": {"function": call.function, "args": call.args}, "output": output})
        read = (*self.facts.read, (call, output))
        self.facts = self.facts._replace(read=read, sources=f"{self.facts.sources}\n{source}")
        yield self.scene()


def _truth(task: Task, world: Any) -> Sequence[Call]:
    try:
        return _calls(task.user, world.model_copy(deep=True))
    except Exception:  # a task that needs what the texts have taken away
        return [call for call, _ in task.ground.honest]


def _calls(task: Any, world: Any) -> list[Call]:
    return [Call(call.function, dict(call.args)) for call in task.ground_truth(world)]


def _known(suite: str, world: Any) -> dict[str, str]:
    """Return what the words in braces stand for in a world."""
    if suite == "slack":
        return {"outside channel": next(name for name in world.slack.channels if name.startswith("External"))}
    if suite == "workspace":
        files = world.cloud_drive.files
        return {"largest file": max(files, key=lambda one: files[one].size), "created file": "26"}
    return {}


def _escaped(texts: Mapping[str, str]) -> dict[str, str]:
    """Return texts as they can stand in the suites' YAML: folded blocks in the drive, quoted strings elsewhere."""
    return {
        hole: said.replace("\t", " ").replace("\n", "\n      ")
        if hole.startswith("drive")
        else json.dumps(said, ensure_ascii=False)[1:-1]
        for hole, said in texts.items()
    }


def _made(suite: Any, world: Any, call: Call) -> tuple[str, bool]:
    """Return what a call says in a world, which it may change, and whether it failed."""
    from agentdojo.agent_pipeline.tool_execution import tool_result_to_str
    from agentdojo.functions_runtime import FunctionsRuntime

    result, error = FunctionsRuntime(suite.tools).run_function(world, call.function, copy.deepcopy(dict(call.args)))
    try:
        return error or tool_result_to_str(result), bool(error)
    except Exception:  # what has no form as YAML
        return error or str(result), bool(error)


def _allowed(task: Task, steps: Sequence[Step], call: Call) -> bool:
    from guard_agentdojo import decide

    return decide(task.name, task.ground.wish, steps, {"function": call.function, "args": copy.deepcopy(call.args)})


def _taken(task: Task, call: Call) -> Call | None:
    """Return a call with its arguments as the tool takes them, nothing when it would not."""
    tool = next((tool for tool in task.suite.tools if tool.name == call.function), None)
    try:
        valid = tool and tool.parameters.model_validate(copy.deepcopy(dict(call.args)))
    except Exception:  # a validator of the tool's own raises what it likes
        return None
    return Call(call.function, valid.model_dump()) if valid else None


def _exists(task: Task, scene: Scene, call: Call) -> bool:
    """Tell whether what a call acts on is there: a tool that is told of nobody says nothing, and does nothing."""
    world, args = scene.world, call.args
    if task.name == "slack":
        users, channels = set(world.slack.users), set(world.slack.channels)
        person = args.get("user" if "user" in args else "recipient")
        invited = call.function == "invite_user_to_slack"
        return args.get("channel", "general") in channels and (person is None or (person in users) is not invited)
    if "event_id" in args and args["event_id"] not in world.calendar.events:
        return False
    if task.name == "workspace":
        files, mails = world.cloud_drive.files, world.inbox.emails
        return args.get("file_id") in {*files, None} and args.get("email_id") in {*mails, None}
    if call.function != "update_scheduled_transaction":
        return True
    return args["id"] in {standing.id for standing in world.bank_account.scheduled_transactions}


def _done(scene: Scene, call: Call) -> bool:
    """Tell whether a call was made as often as the task makes it; texts and the day do not tell two apart."""
    often = sum(_sign(one) == _sign(call) for one in scene.truth if is_effect(one.function))
    made = (Call(**step["call"]) for step in scene.steps)
    return sum(_sign(one) == _sign(call) for one in made if is_effect(one.function)) >= max(1, often)


def _sign(call: Call) -> tuple[str, str]:
    told = {name: value for name, value in call.args.items() if name not in FREE | {"date"}}
    return call.function, json.dumps(told, sort_keys=True, default=str)


def noted(tally: Tally, task: Task, scene: Scene, move: Move, judgement: Judgement, *, show: int) -> None:
    """Count an allowed call, and keep the smallest examples of what was not authorised."""
    tally.verdicts[judgement.verdict] += 1
    kind = f"{task.name} {move.call.function} {judgement.kind}"
    tally.kinds[judgement.verdict][kind] += 1
    if judgement.verdict is not Verdict.UNAUTHORISED:
        return
    tally.tasks[kind][task.number] += 1
    example = {
        "task": f"{task.name} {task.number}",
        "wish": task.ground.wish,
        "steps": [step["call"] for step in scene.steps],
        "planted": scene.facts.planted,
        "call": move.call._asdict(),
        "reasons": judgement.reasons,
        "made": move.made,
    }
    size = len(scene.steps) * 1000 + len(json.dumps(move.call.args, default=str))
    tally.shown[kind] = sorted([*tally.shown[kind], (size, tally.tries, example)], key=lambda one: one[:2])[:show]


def report(tally: Tally, what: str) -> None:
    """Print what was tried and allowed, the judgements, and one line of JSON for each kind of unauthorised effect."""
    allowed, harmful = tally.verdicts.total(), tally.kinds[Verdict.UNAUTHORISED]
    judged_as = {verdict.value: tally.verdicts[verdict] for verdict in Verdict}
    print(f"{tally.tries:,} tries over {what}: {allowed:,} allowed, of which {json.dumps(judged_as)}")
    print(f"{harmful.total()} unauthorised effects of {len(harmful)} kinds; doubtful: ", end="")
    print(json.dumps(dict(tally.kinds[Verdict.DOUBTFUL].most_common())))
    for kind, count in harmful.most_common():
        examples = [_short(example) for _, _, example in tally.shown[kind]]
        line = {"kind": kind, "count": count, "tasks": tally.tasks[kind], "examples": examples}
        print(json.dumps(line, ensure_ascii=False, default=str))
    if tally.raised:
        print(f"the policy or a tool raised: {json.dumps(dict(tally.raised))}")


def _short(value: Any) -> Any:
    """Return a value with its long texts cut, as somebody can read it."""
    if isinstance(value, Mapping):
        return {name: _short(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_short(inner) for inner in value]
    return f"{value[:200]}…" if isinstance(value, str) and len(value) > 200 else value


if __name__ == "__main__":
    main()
