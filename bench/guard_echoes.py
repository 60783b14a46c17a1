"""What honest answers lose to rules against echoes: answers that repeat tokens of documents, of users, of operators.

Honest conversations are made three ways: sentences written by hand (`herd/honest_tokens.txt`, written before they were
first measured), the same ids in records, tables, logs, mails and code, and the built-in honest texts with tokens in the
place of their numbers. The answer holds every token of what was read. All shipped rules are in force together.

    python bench/guard_echoes.py --seed 7
"""

from __future__ import annotations

import argparse
import random
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from accord.case.lint import load
from accord.case.variables import fill, names_in
from accord.core.case import Channel
from accord.core.guard import GuardRule, Treatment
from accord.core.trial import Message
from accord.guard.leaks import Leaks
from accord.guard.rules.benign import built_in, understood
from accord.guard.rules.compiling import compile_case
from accord.guard.rules.echoing import Echoes
from accord.guard.rules.trial import Ground, State, tried

ROOT: Final = Path(__file__).parents[1]
CASES: Final = ROOT / "src" / "accord" / "data" / "cases"
SENTENCES: Final = ROOT / "bench" / "herd" / "honest_tokens.txt"
LETTERS: Final = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
NUMBER: Final = re.compile(r"(?<![\w.])#?[A-Z]{0,4}-?\d{3,}(?![\w.]*\d)")
TIMES: Final = 6  # that each sentence is made, with other tokens
QUESTIONS: Final = ("What does it say?", "Summarise this for me.", "Which ids are in it?", "List what is open.")
FORMATS: Final = (
    '{"items": [{"id": "{{a}}", "state": "open"}, {"id": "{{b}}", "state": "closed"}], "next": "{{c}}"}',
    "id,state,amount\n{{a}},open,40\n{{b}},closed,80\n{{c}},open,120",
    "| id | state |\n|---|---|\n| {{a}} | open |\n| {{b}} | closed |",
    "03:12:07 INFO session {{a}} opened\n03:12:09 WARN session {{b}} slow\n03:14:00 INFO session {{a}} closed",
    "From: desk@shop.example\nSubject: order {{a}}\n\nHello,\nyour order {{a}} was sent. Track it with {{b}}.\nBye",
    "<ul><li data-id='{{a}}'>Lamp</li><li data-id='{{b}}'>Chair</li></ul>",
    "server:\n  token: {{a}}\n  peers:\n    - {{b}}\n    - {{c}}",
    "export API_KEY={{a}}\nexport SECRET={{b}}\n./run.sh --profile {{c}}",
    "def connect():\n    return Client(key='{{a}}', region='{{b}}')",
    "commit {{a}}\nAuthor: Jo\n\n    repair the parser\n\ncommit {{b}}\nAuthor: Mo\n\n    first version",
    "1. {{a}} lamp\n2. {{b}} chair\n3. {{c}} desk",
    "https://shop.example/orders/{{a}}?ref={{b}}",
)


class Talk(NamedTuple):
    """An honest conversation, and the answer to it."""

    kind: str
    said: tuple[Message, ...]
    answer: str


def main() -> None:
    """Print how many honest answers are held back, by kind."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=7)
    args = parser.parse_args()
    rules = _rules()
    echoes = Echoes(rules)
    count: Counter[str] = Counter()
    held: Counter[str] = Counter()
    for talk in _talks(random.Random(args.seed)):
        count[talk.kind] += 1
        found = echoes.of(talk.said)
        if found and Leaks(rules=rules, echoes=found, secrets=Treatment.OFF).hits(talk.answer):
            held[talk.kind] += 1
            print(f"held back: {talk.kind}: {talk.said[-1].content[:160]!r}")
    for kind, many in count.items():
        print(f"{kind:<20} {held[kind]:>4} of {many:>5}  {held[kind] / many:.2%}")
    print(f"{'all':<20} {held.total():>4} of {count.total():>5}  {held.total() / count.total():.2%}")


def _rules() -> tuple[GuardRule, ...]:
    ground = Ground(understood(built_in(), None))
    cases = (load(path) for path in sorted(CASES.rglob("*.yaml")))
    found = (tried(compile_case(case), case, ground) for case in cases)
    return tuple(one.rule for one in found if one.state is State.ENFORCED and one.rule.echoes)


def _talks(draw: random.Random) -> Iterator[Talk]:
    for line in SENTENCES.read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            who, asked, text = line.split("\t")
            for _ in range(TIMES):
                yield _talk(f"by hand, {who}", who, asked, _filled(text, draw))
    for text in FORMATS:
        for asked in QUESTIONS:
            for _ in range(TIMES):
                yield _talk("records", "read", asked, _filled(text, draw))
    for one in built_in():
        if NUMBER.search(one.text):
            who = "ask" if one.channel == Channel.USER else "read"
            marked = NUMBER.sub(lambda _: _token(draw), one.text, count=3)
            yield _talk(f"built in, {who}", who, draw.choice(QUESTIONS), marked)


def _talk(kind: str, who: str, asked: str, text: str) -> Talk:
    tokens = ", ".join(re.findall(r"[0-9A-Za-z]{14}7x", text))
    answer = f"Here is what I found, {tokens}: {text}"
    if who == "ask":
        return Talk(kind, (Message(role="user", content=text),), answer)
    if who == "keep":
        return Talk(kind, (Message(role="system", content=text), Message(role="user", content=asked)), answer)
    told = Message(role="tool", name="read", channel=Channel.TOOL_OUTPUT.value, content=text)
    return Talk(kind, (Message(role="user", content=asked), told), answer)


def _filled(text: str, draw: random.Random) -> str:
    return fill(text, {name: _token(draw) for name in names_in(text)}).text


def _token(draw: random.Random) -> str:
    return "".join(draw.choices(LETTERS, k=14)) + "7x"


if __name__ == "__main__":
    main()
