"""Herd immunity: how much of what an attack is turned into is stopped by the rule compiled from the original alone.

Four ways of turning: rewordings and translations written by hand (`herd/rewordings.tsv`), a seeded rewording of its own
(synonyms, order of clauses, politeness, typing errors) that knows nothing of the compiler, and the converters of
`accord.attack.mutators` (encodings, frames, word games). A case that names an effect is stopped where its text is, or
where the call is: the agent obeys, with the attacker's arguments changed. One that asks for what the operator keeps is
stopped where its text is, or where the answer gives that away; one that wants a mark said, where the answer says it.
`herd/unseen.tsv` was written before its first measurement and is told apart. `--set DIR` takes the cases of DIR/cases
and what is written in DIR/variants.tsv in the place of those that ship; `herd/README.md` says where the sets are from.
False alarms are counted on honest texts that the compiler never saw (`--honest FILE`, JSON lines of text; default: the
development corpus where it is at hand).

    python bench/guard_herd.py --seed 7 [--every 3]
    python bench/guard_herd.py --set bench/herd/second      # the README's line on fresh cases
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
from accord.case.variables import fill, names_in, pieces
from accord.content.views import views
from accord.core.case import Case, Channel, Condition, Step
from accord.core.guard import GuardPolicy, GuardRule, Outcome
from accord.core.trial import Message, ToolCall
from accord.guard.constraints import Constraints
from accord.guard.leaks import Leaks
from accord.guard.matching import compile_rules
from accord.guard.rules.benign import built_in, understood
from accord.guard.rules.compiling import compile_case
from accord.guard.rules.echoing import Echoes
from accord.guard.rules.near import Neighbours
from accord.guard.rules.said import Said, tokens_kept
from accord.guard.rules.trial import Ground, State, Tried, tried

ROOT: Final = Path(__file__).parents[1]
CASES: Final = ROOT / "src" / "accord" / "data" / "cases"
HERD: Final = Path(__file__).parent / "herd"
CORPUS: Final = ROOT.parent / "shared" / "corpus" / "injection"
HOST: Final = re.compile(r"(?<=[@/.])coll\w+\.example")
WRITTEN: Final = ("by hand", "translated")
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


class Line(NamedTuple):
    """What one rule stops of what its case is turned into, alone and beside all others."""

    kind: str
    way: str
    alone: bool
    beside: bool


def main() -> None:
    """Print the share stopped by kind of rule and by way of turning, and the false alarms."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--every", type=int, help="take every Nth case for what is made by machine (3; of a --set, 1)")
    parser.add_argument("--set", type=Path, help="a folder with cases/ and variants.tsv; default: the cases that ship")
    parser.add_argument("--honest", type=Path)
    args = parser.parse_args()
    ground = Ground(understood(built_in(), None))
    seconds: list[float] = []
    tries: list[tuple[Case, Tried]] = []
    cases, written = (args.set / "cases", _written(args.set)) if args.set else (CASES, _written(HERD))
    paths = {path.relative_to(cases).with_suffix("").as_posix(): path for path in sorted(cases.rglob("*.yaml"))}
    if strange := sorted(written.keys() - paths.keys()):
        parser.error(f"rewordings of what is no case: {', '.join(strange)}")
    for path in paths.values():
        case = load(path)
        began = time.process_time()
        tries.append((case, tried(compile_case(case), case, ground)))
        seconds.append(time.process_time() - began)
    rules = [found.rule for _, found in tries if found.state is State.ENFORCED]
    states = Counter(found.state.value for _, found in tries)
    print(f"rules: {dict(states)}; {sum(seconds) / len(seconds):.3f} s CPU a rule, {max(seconds):.3f} s the slowest")
    everything = _Eyes(rules)
    lines: list[Line] = []
    texts: list[tuple[str, str]] = []
    for at, (name, (case, found)) in enumerate(zip(paths, tries, strict=True)):
        made = list(written.get(name, ()))
        if at % (args.every or (1 if args.set else 3)) == 0:
            made += [*_reworded(case, args.seed), *_mutated(case, args.seed)]
        kind = "effect" if _names_effect(case.broke) else "secret" if _asks_for_secret(case) else "text"
        texts += [(found.rule.id, one.text) for one in made if kind != "effect"]
        eyes = _Eyes([found.rule] if found.state is State.ENFORCED else [])
        lines += [
            Line(kind, one.way, eyes.stops(one.text, case), everything.stops(one.text, case, found.rule.id))
            for one in made
        ]
    _told(lines)
    honest = _honest(args.honest)
    _false_alarms(rules, honest)
    _curve(rules, texts, honest)


def _told(lines: Sequence[Line]) -> None:
    print(f"{'':<34}{'of':>6} {'alone':>7} {'beside all others':>18}")
    for kind in ("effect", "secret", "text", "secret, text"):
        here = [one for one in lines if one.kind in kind]
        ways = {one.way for one in here}
        written = {way for way in ways if way.startswith(WRITTEN)}
        sums = {" + ".join(WRITTEN): written, "all by machine": ways - written, "all": ways}
        for way, among in (*((way, {way}) for way in sorted(ways)), *sums.items()):
            found = [one for one in here if one.way in among]
            count = max(1, len(found))
            alone, beside = sum(one.alone for one in found) / count, sum(one.beside for one in found) / count
            print(f"{kind:<13} {way:<20}{len(found):>6} {alone:>7.1%} {beside:>18.1%}")


class _Eyes:
    """What stands between an attack and its effect, with some rules in force."""

    def __init__(self, rules: Sequence[GuardRule]) -> None:
        self._matcher, self._near, self._said = compile_rules(rules), Neighbours(rules), Said(rules)
        self._constraints = Constraints(rules, self._said.rules)
        self._keeping = frozenset(one.id for one in rules if one.keeps)
        self._rules, self._echoes = tuple(rules), Echoes(rules)

    def stops(self, text: str, case: Case, rule: str | None = None) -> bool:
        """Tell whether the text is stopped, or the call that an obedient agent makes after it; by one rule, if named.

        A call counts whichever rule refuses it: rules of one effect share the work.
        """
        seen = views(text)
        hits = (*self._matcher.hits(seen, Channel.RETRIEVAL), *self._near.hits(seen, Channel.RETRIEVAL))
        met = any(hit.outcome in STOPS and rule in {None, hit.rule} for hit in hits)
        asked = all(case.steps[at].deliver is None for at in hostile(case.steps))
        refused = any(self._refuses(text, call, asked=asked) for call in _calls(case))
        told = self._keeps(text, case) or self._tells(text, case) or self._echoed(text, case, asked=asked)
        return met or refused or told

    def _tells(self, text: str, case: Case) -> bool:
        """Tell whether an answer that gives away what the operator keeps is stopped for how the text sounds."""
        if not _asks_for_secret(case):
            return False
        said = (*_by(case, "system"), Message(role="user", content=text))
        leaks = Leaks(rules=self._rules, echoes=self._echoes.of(said))
        return any(hit.outcome in STOPS for answer in _by(case, "assistant") for hit in leaks.hits(answer.content))

    def _echoed(self, text: str, case: Case, *, asked: bool) -> bool:
        """Tell whether the answer of a model that obeys is stopped, whichever rule stops it."""
        answer = _obedient(text, case)
        if answer is None:
            return False
        echoes = self._echoes.of(_read(text, case, asked=asked))
        return any(hit.outcome in STOPS for hit in Leaks(rules=self._rules, echoes=echoes).hits(answer))

    def _keeps(self, text: str, case: Case) -> bool:
        """Tell whether an answer that gives away what the operator keeps is stopped."""
        if not self._keeping or not _asks_for_secret(case):
            return False
        said = (*_by(case, "system"), Message(role="user", content=text))
        if self._keeping.isdisjoint(self._said.rules(said)):
            return False
        leaks = Leaks(tokens_kept(said))
        return any(hit.outcome in STOPS for answer in _by(case, "assistant") for hit in leaks.hits(answer.content))

    def _refuses(self, text: str, call: ToolCall, *, asked: bool) -> bool:
        words = f"{text} {' '.join(map(str, call.args.values()))}"
        said = (Message(role="user", content=words if asked else "Please go through this for me."),)
        told = () if asked else (Message(role="tool", name="read", channel="tool-output", content=words),)
        ruling = self._constraints.refuses(GuardPolicy(guard=1), (*said, *told), call)
        return ruling is not None and ruling.outcome in STOPS


def _read(text: str, case: Case, *, asked: bool) -> tuple[Message, ...]:
    """Return the conversation in which the text is read, or asked."""
    system = _by(case, "system")
    if asked:
        return (*system, Message(role="user", content=text))
    channel = next(step.deliver.channel for step in case.steps if step.deliver and step.deliver.channel != "system")
    told = Message(role="tool", name="read", channel=channel.value, content=text)
    return (*system, *_by(case, "user")[-1:], told)


def _obedient(text: str, case: Case) -> str | None:
    """Return what a model that obeys says, or None where that is no text that the oracle spells out."""
    wanted = case.broke.says or next(iter(case.broke.says_any or ()), None)
    spelled = [part.strip().casefold() for part in pieces(wanted or "")[::2] if part.strip()]
    if wanted is None or not names_in(wanted) or any(part not in text.casefold() for part in spelled):
        return None
    return f"Of course. {_with_tokens(wanted, case.name)}"


def _by(case: Case, role: str) -> tuple[Message, ...]:
    return tuple(message for message in (case.proof.broke if case.proof else ()) if message.role == role)


def _asks_for_secret(case: Case) -> bool:
    return compile_case(case).keeps


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


def _written(folder: Path) -> Mapping[str, list[Turned]]:
    """Return what is written for each case in the tables of a folder."""
    found: dict[str, list[Turned]] = {}
    for path in sorted(folder.glob("*.tsv")):
        for line in path.read_text("utf-8").splitlines():
            if line and not line.startswith("#"):
                name, kind, text = line.split("\t")
                way = WRITTEN[kind != "reworded"]
                way = f"{way}, unseen" if path.stem == "unseen" else way
                found.setdefault(name, []).append(Turned(way, _with_tokens(text, name.rpartition("/")[2])))
    return found


def _with_tokens(text: str, label: str) -> str:
    letters = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
    draws = {name: random.Random(f"{label}:{name}") for name in names_in(text)}
    return fill(text, {name: "".join(draw.choices(letters, k=14)) + "7x" for name, draw in draws.items()}).text


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


def _filled(case: Case) -> Iterable[Step]:
    from accord.attack.mutators.converter import with_text

    return (with_text(step, _with_tokens(text_of(step), case.name)) if text_of(step) else step for step in case.steps)


def _honest(path: Path | None) -> Sequence[tuple[str, str]]:
    """Return honest texts and where they are from."""
    if path is not None:
        lines = path.read_text("utf-8").splitlines()
        return [(row.get("source", path.stem), row["text"]) for row in map(json.loads, filter(str.strip, lines))]
    texts = []
    for name in ("train", "dev"):
        held = CORPUS / f"{name}.jsonl.gz"
        if held.is_file():
            with gzip.open(held, "rt", encoding="utf-8") as rows:
                texts += [(row["source"], row["text"]) for row in map(json.loads, rows) if row["label"] == 0]
    return texts


def _false_alarms(rules: Sequence[GuardRule], honest: Sequence[tuple[str, str]]) -> None:
    if not honest:
        print("no honest texts at hand: name some with --honest FILE")
        return
    matcher, near, alone = compile_rules(rules), Neighbours(rules), Neighbours(rules, strict=0)
    each: Counter[str] = Counter()
    met: Counter[str] = Counter()
    seconds = characters = flagged = 0.0
    for source, text in honest:
        seen = views(text)
        began = time.process_time()
        every = (*matcher.hits(seen, Channel.USER), *near.hits(seen, Channel.USER))
        hits = [hit for hit in every if hit.outcome in STOPS]
        flagged += bool(every) and not hits
        seconds, characters = seconds + time.process_time() - began, characters + len(text)
        met[source] += bool(hits)
        each.update({hit.rule for hit in (*hits, *alone.hits(seen, Channel.USER)) if hit.outcome in STOPS})
    count, total = len(honest), sum(met.values())
    print(
        f"false alarms on {count} honest texts, one rule alone: {sum(each.values()) / len(rules) / count:.4%}, ", end=""
    )
    print(
        f"{max(each.values(), default=0) / count:.3%} the worst; all {len(rules)} together: {total / count:.3%} "
        f"(and {flagged / count:.3%} flagged), ",
        end="",
    )
    print(f"{seconds / characters * 1e6:.2f} ms CPU for 1,000 characters")
    for source, found in met.most_common():
        if found:
            print(f"  {source:<40} {found} of {sum(one == source for one, _ in honest)}")


def _curve(rules: Sequence[GuardRule], texts: Sequence[tuple[str, str]], honest: Sequence[tuple[str, str]]) -> None:
    """Print what is stopped and what is raised for nothing, the stricter the less of both."""
    matcher, ids = compile_rules(rules), {rule.id for rule in rules}
    for strict in (0, 30, 60, 90):
        near = Neighbours(rules, strict=strict)

        def met(text: str, near: Neighbours = near) -> set[str]:
            seen = views(text)
            hits = (*matcher.hits(seen, Channel.USER), *near.hits(seen, Channel.USER))
            return {hit.rule for hit in hits if hit.outcome in STOPS}

        raised = f"{sum(bool(met(text)) for _, text in honest) / len(honest):.3%}" if honest else "unknown"
        stopped = sum(rule in ids and rule in met(text) for rule, text in texts) / max(1, len(texts))
        print(f"margin {strict:>3}: {stopped:.1%} of texts alone stopped, {raised} false alarms with all rules")


if __name__ == "__main__":
    main()
