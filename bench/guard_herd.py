"""Herd immunity: how much of what an attack is turned into is stopped by the rule compiled from the original alone.

Four ways of turning: rewordings and translations written by hand (`herd/rewordings.tsv`), a seeded rewording of its own
(synonyms, order of clauses, politeness, typing errors) that knows nothing of the compiler, and the converters of
`accord.attack.mutators` (encodings, frames, word games). A case that names an effect is stopped where its text is, or
where the call is: the agent obeys, with the attacker's arguments changed. False alarms are counted on honest texts that
the compiler never saw (`--honest FILE`, JSON lines of text; default: the developers' corpus where it is at hand).

    python bench/guard_herd.py --seed 7 [--every 3]
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import re
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final, NamedTuple

from accord.attack.mutators.converter import hostile, text_of, wording
from accord.attack.mutators.kit import kit
from accord.case.lint import load
from accord.case.variables import fill
from accord.content.views import views
from accord.core.case import Case, Channel, Condition
from accord.core.guard import GuardPolicy, GuardRule, Outcome
from accord.core.trial import Message, ToolCall
from accord.guard.constraints import Constraints
from accord.guard.matching import compile_rules
from accord.guard.rules.benign import built_in, understood
from accord.guard.rules.compiling import compile_case
from accord.guard.rules.near import Neighbours
from accord.guard.rules.trial import Ground, State, Tried, tried

ROOT: Final = Path(__file__).parents[1]
CASES: Final = ROOT / "src" / "accord" / "data" / "cases"
CORPUS: Final = ROOT.parent / "shared" / "corpus" / "injection"
HOST: Final = re.compile(r"(?<=[@/.])coll\w+\.example")
STOPS: Final = frozenset({Outcome.ASK, Outcome.BLOCK, Outcome.REDACT})
SWAPS: Final[Mapping[str, tuple[str, ...]]] = {
    "ignore": ("disregard", "forget about", "skip"), "instructions": ("directions", "orders", "rules"),
    "write": ("put down", "output"), "answer": ("reply", "response"), "tell": ("let know", "inform"),
    "send": ("forward", "mail", "dispatch"), "message": ("note", "mail"), "word": ("term", "string"),
    "without": ("with no", "minus"), "only": ("just", "nothing but"), "every": ("each", "all"),
    "before": ("prior to", "ahead of"), "after": ("once done with", "following"),
    "please": ("kindly", "be so good and"),
    "give": ("hand", "provide"), "show": ("display", "present"), "must": ("have to", "are required to"),
    "start": ("begin", "open"), "end": ("finish", "close"), "use": ("employ", "take"),
    "mention": ("bring up", "speak of"),
    "note": ("remark", "notice"), "secret": ("confidential value", "hidden value"), "space": ("gap", "blank"),
    "joined": ("glued together", "merged"), "assistant": ("helper", "model"), "call": ("invoke", "run"),
    "open": ("load", "visit"), "customer": ("client", "buyer"), "delete": ("remove", "erase"),
    "change": ("alter", "set"),
    "file": ("document", "record"), "repeat": ("say again", "echo"), "now": ("at once", "from here on"),
}  # fmt: skip


class Turned(NamedTuple):
    """One way in which an attack comes again."""

    way: str
    text: str


def main() -> None:
    """Print the share stopped by kind of rule and by way of turning, and the false alarms."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--every", type=int, default=3, help="take every Nth case for what is made by machine")
    parser.add_argument("--honest", type=Path)
    args = parser.parse_args()
    ground = Ground(understood(built_in(), None))
    seconds: list[float] = []
    stopped: Counter[tuple[str, str]] = Counter()
    total: Counter[tuple[str, str]] = Counter()
    states: Counter[str] = Counter()
    rules: list[GuardRule] = []
    written = _written()
    for at, path in enumerate(sorted(CASES.rglob("*.yaml"))):
        case, name = load(path), path.relative_to(CASES).as_posix()[:-5]
        began = time.perf_counter()
        found = tried(compile_case(case), case, ground)
        seconds.append(time.perf_counter() - began)
        states[found.state.value] += 1
        rules += [found.rule] if found.state is State.ENFORCED else []
        made = list(written.get(name, ()))
        if at % args.every == 0:
            made += [*_reworded(case, args.seed), *_mutated(case, args.seed)]
        kind = "effect" if _names_effect(case.broke) else "text"
        eyes = _Eyes(found)
        for one in made:
            total[kind, one.way] += 1
            stopped[kind, one.way] += eyes.stops(one.text, case)
    print(f"rules: {dict(states)}; {sum(seconds) / len(seconds):.3f} s a rule, {max(seconds):.3f} s the slowest")
    for kind in ("effect", "text"):
        for way in sorted({way for known, way in total if known == kind}):
            got, out_of = stopped[kind, way], total[kind, way]
            print(f"{kind:<7} {way:<12} {got:>5} of {out_of:<5} {got / out_of:.1%}")
        got, out_of = (sum(count for (known, _), count in held.items() if known == kind) for held in (stopped, total))
        print(f"{kind:<7} all          {got:>5} of {out_of:<5} {got / max(1, out_of):.1%}")
    _false_alarms(rules, _honest(args.honest))


class _Eyes:
    """What stands between an attack and its effect, with one rule in force."""

    def __init__(self, found: Tried) -> None:
        rule = (found.rule,) if found.state is State.ENFORCED else ()
        self._matcher, self._near, self._constraints = compile_rules(rule), Neighbours(rule), Constraints(rule)

    def stops(self, text: str, case: Case) -> bool:
        """Tell whether the text is stopped, or the call that an obedient agent makes after reading it."""
        seen = views(text)
        hits = (*self._matcher.hits(seen, Channel.RETRIEVAL), *self._near.hits(seen, Channel.RETRIEVAL))
        return any(hit.outcome in STOPS for hit in hits) or any(self._refuses(text, call) for call in _calls(case))

    def _refuses(self, text: str, call: ToolCall) -> bool:
        said = (Message(role="user", content="Please go through this for me."),)
        told = Message(
            role="tool", name="read", channel="tool-output", content=f"{text} {' '.join(map(str, call.args.values()))}"
        )
        ruling = self._constraints.refuses(GuardPolicy(guard=1), (*said, told), call)
        return ruling is not None and ruling.outcome in STOPS


def _calls(case: Case) -> Iterator[ToolCall]:
    """Yield the calls of the case's own broken run, the attacker's hosts and names changed."""
    for message in case.proof.broke if case.proof else ():
        for call in message.tool_calls:
            if call.does is not None:
                changed = {key: HOST.sub("elsewhere.example", str(value)) for key, value in call.args.items()}
                yield replace(call, args=changed)


def _names_effect(condition: Condition) -> bool:
    parts = (*(condition.any or ()), *(condition.all or ()))
    return condition.called is not None or condition.tool_call is not None or any(_names_effect(one) for one in parts)


def _written() -> Mapping[str, list[Turned]]:
    found: dict[str, list[Turned]] = {}
    for line in (Path(__file__).parent / "herd" / "rewordings.tsv").read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            name, kind, text = line.split("\t")
            way = "by hand" if kind == "reworded" else "translated"
            found.setdefault(name, []).append(Turned(way, _with_tokens(text, name)))
    return found


def _with_tokens(text: str, label: str) -> str:
    draw = random.Random(label)
    letters = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
    names = re.findall(r"\{\{(\w[\w-]*)\}\}", text)
    return fill(text, {name: "".join(draw.choice(letters) for _ in range(14)) + "7x" for name in names}).text


def _texts(case: Case) -> list[str]:
    return [text_of(case.steps[at]) for at in hostile(case.steps) if text_of(case.steps[at])]


def _reworded(case: Case, seed: int) -> Iterator[Turned]:
    """Yield the case's texts said otherwise: synonyms, clauses in another order, a wrapping, slips of the finger."""
    for turn in range(2):
        draw = random.Random(f"{seed}:{case.name}:{turn}")
        text = _with_tokens(" ".join(_texts(case)), case.name)
        words = [_swapped(word, draw) for word in text.split(" ")]
        parts = re.split(r"(?<=[.!?])\s+", " ".join(words))
        if len(parts) > 2 and draw.random() < 0.5:
            at = draw.randrange(len(parts) - 1)
            parts[at], parts[at + 1] = parts[at + 1], parts[at]
        before = draw.choice(("", "Hi! ", "One more thing: ", "By the way, ", "To whom it may concern. "))
        yield Turned("by machine", before + " ".join(parts))


def _swapped(word: str, draw: random.Random) -> str:
    bare = re.sub(r"\W", "", word).lower()
    if bare in SWAPS and draw.random() < 0.8:
        return re.sub(r"\w+", draw.choice(SWAPS[bare]), word, count=1)
    if len(bare) > 5 and bare.isalpha() and draw.random() < 0.05:
        at = draw.randrange(1, len(word) - 2)
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return word


def _mutated(case: Case, seed: int) -> Iterator[Turned]:
    steps = tuple(_filled(case))
    for name, converter in kit().items():
        converted = converter.convert(steps, wording(seed, f"{case.name}:{name}"), "")
        if converted is not None:
            texts = [text_of(converted[at]) for at in hostile(converted)]
            yield Turned(converter.family.value, "\n".join(texts))


def _filled(case: Case) -> Iterable[object]:
    from accord.attack.mutators.converter import with_text

    return (with_text(step, _with_tokens(text_of(step), case.name)) if text_of(step) else step for step in case.steps)


def _honest(path: Path | None) -> Sequence[str]:
    if path is not None:
        return [json.loads(line)["text"] for line in path.read_text("utf-8").splitlines() if line.strip()]
    texts = []
    for name in ("train", "dev"):
        held = CORPUS / f"{name}.jsonl.gz"
        if held.is_file():
            with gzip.open(held, "rt", encoding="utf-8") as lines:
                texts += [row["text"] for row in map(json.loads, lines) if row["label"] == 0]
    return texts


def _false_alarms(rules: Sequence[GuardRule], honest: Sequence[str]) -> None:
    if not honest:
        print("no honest texts at hand: name some with --honest FILE")
        return
    matcher, near = compile_rules(rules), Neighbours(rules)
    each: Counter[str] = Counter()
    met = 0
    began = time.perf_counter()
    for text in honest:
        seen = views(text)
        hits = {hit.rule for hit in (*matcher.hits(seen, Channel.USER), *near.hits(seen, Channel.USER))}
        each.update(hits)
        met += bool(hits)
    took = (time.perf_counter() - began) / len(honest)
    worst = max(each.values(), default=0) / len(honest)
    mean = sum(each.values()) / len(rules) / len(honest)
    print(f"false alarms on {len(honest)} honest texts: {mean:.4%} a rule, {worst:.3%} the worst rule, ", end="")
    print(f"{met / len(honest):.2%} with all {len(rules)} rules in force; {took * 1000:.2f} ms a text")


if __name__ == "__main__":
    main()
