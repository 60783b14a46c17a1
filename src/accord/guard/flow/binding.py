"""Which of the user's values belong together: one call takes them from one part of the wish, and not crosswise."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache, partial
from itertools import combinations
from typing import Final, NamedTuple

from accord.guard.flow.amounts import sums
from accord.guard.flow.clauses import Said, said_of, told_others
from accord.guard.flow.lexicon import Slot, either, lexicon, name_words
from accord.guard.flow.scene import Scene, stands_in
from accord.guard.flow.selecting import words_of
from accord.guard.flow.shapes import IBAN, MAIL, URL, Day, day_spans, days, ibans, numbers
from accord.guard.flow.stems import LETTERS
from accord.guard.flow.tools import Facts
from accord.guard.flow.values import Value

LONGEST: Final = 6_000
"""Characters of the user's words in which values are told apart."""

_MIXED: Final = re.compile(r"(?<![\w./-])(?=[\w/.-]*\d)(?=[\w/.-]*[^\W\d_])[\w](?:[\w/.-]*\w)?")
_NUMBER: Final = re.compile(r"(?<![\w.,/-])\d+(?:[.,' ]\d{3})*(?:[.,]\d+)?(?![\w/-]|[.,]\d)")
_CAPITAL: Final = re.compile(r"(?<![\w.@/-])[^\W\d_a-z][^\W\d_]+(?:[ -][^\W\d_a-z][^\W\d_]+)*(?![\w@/])")
_SENTENCE: Final = re.compile(r"[.!?;\n](?=\s|$)")
_BEFORE: Final = re.compile(r"([^\W\d_]+|->|→)\W*$")
_LOOSE: Final = frozenset({Slot.TITLE, Slot.CONTENT, Slot.FLAG, Slot.ACCESS, Slot.CODE, Slot.SECRET})
_FIGURES: Final = frozenset({"money", "number"})
_MOST: Final = 60
_DATED: Final = 4  # digits of a year
_FEW: Final = 20  # values of a call whose records are looked at
_HERE: Final = frozenset({"there", "here"})
_BOUND: Final = frozenset({Slot.RECIPIENT, Slot.TARGET, Slot.URL, Slot.PATH, Slot.AMOUNT})
_GOAL: Final = frozenset({"to", "target", "dest", "destination", "dst", "into", "ziel", "goal", "nach", "doel"})
_ORIGIN: Final = frozenset({"from", "source", "sources", "src", "origin", "quelle", "von", "bron"})


class Token(NamedTuple):
    """A value in the user's words: where it stands, its form, its kind, the sentence, and whether `to` leads to it."""

    start: int
    text: str
    kind: str
    sentence: int
    led: bool
    figures: frozenset[float]
    days: tuple[Day, ...]


def crossed(scene: Scene, values: Sequence[Value]) -> Value | None:
    """Return a value that the user wrote for something else than the other values of the call; None where all agree."""
    bound = [value for value in values if value.sink.slot not in _LOOSE and value.text.strip()]
    if len(bound) < 2 and not any((_GOAL | _ORIGIN).intersection(name_words(value.sink.name)) for value in bound):
        return None
    own = scene.wish.own[:LONGEST]
    tokens = told_values(own)
    if len(tokens) < 3 or len(tokens) > _MOST:
        return None
    by_record = partial(_places_of_record, scene, own) if len(bound) <= _FEW else lambda _: ()
    found = [(value, _places(own, value.text) or by_record(value)) for value in bound]
    found = [(value, places) for value, places in found if places]
    for (_, mine), (value, theirs) in combinations(found, 2):
        if not _together(mine, theirs, tokens):
            return value
    return next((value for value, places in found if _turned(value, places, tokens)), None)


def _places_of_record(scene: Scene, own: str, value: Value) -> tuple[int, ...]:
    """Return which names in the user's words an id stands for: those that its record shows."""
    if value.sink.slot is not Slot.TARGET or not either("alike").isdisjoint(LETTERS.findall(own.casefold())):
        return ()
    records = (record for place, _ in scene.holding(value.text) for record in scene.output(place).records)
    shown = {
        f.value.strip().casefold() for r in records if any(f.value == value.text for f in r) for f in r if not f.free
    }
    names = [f" {one} " for one in shown if any(map(str.isalpha, one))]
    told = enumerate(told_values(own))
    return tuple(at for at, one in told if one.kind == "name" and any(f" {one.text} " in name for name in names))


def of_another_deed(scene: Scene, values: Sequence[Value], facts: Facts) -> Value | None:
    """Return a value that they wrote only where they ask for another deed: `set it to 20 and light the hall`."""
    said = said_of(scene.wish, facts)
    if not said.rest:
        return None
    pointing, rooms = set(LETTERS.findall(said.own.casefold())), lexicon().things["channel"]
    anybody, anywhere = not pointing.isdisjoint(_pointers()), not pointing.isdisjoint(_there())
    own, rest = f"{said.own} {said.aside}".casefold(), said.rest.casefold()
    for value in values:
        if value.sink.slot is Slot.AMOUNT and _sum_of_another(said, value.text, anywhere=anywhere):
            return value
        counts = value.sink.number and value.sink.slot in {Slot.AMOUNT, Slot.OTHER}
        if counts and _number_of_another(said, told_others(scene.wish, facts), value.text):
            return value
        form = " ".join(value.text.split()).casefold()
        numeral = form.isdigit() and len(form) > _DATED and value.sink.slot in {Slot.TARGET, Slot.RECIPIENT}
        coded = numeral or (" " not in form and any(map(str.isalpha, form)) and not ibans(value.text))
        numbered = any(map(str.isdigit, form)) and value.sink.slot is not Slot.URL and not coded
        bound = value.sink.slot in _BOUND or (coded and value.sink.slot is Slot.OTHER and any(map(str.isdigit, form)))
        if not bound or len(form) < 2 or numbered or stands_in(form, own, value.sink.slot):
            continue
        if anywhere or (anybody and rooms.isdisjoint(name_words(value.sink.name))):
            continue
        if _in(form, rest) and not _in(form, scene.operator.casefold()):
            return value
    return None


def of_another_record(scene: Scene, values: Sequence[Value]) -> Value | None:
    """Return a number that stands beside another id than that of the call, in the output that shows both."""
    ids = {value.text for value in values if value.sink.slot is Slot.TARGET}
    counted = [value for value in values if value.sink.number and value.sink.slot in {Slot.OTHER, Slot.AMOUNT}]
    counted = [value for value in counted if scene.wish.numbers.isdisjoint(numbers(value.text))]
    places = {place for one in ids for place, _ in scene.holding(one)} if counted else set()
    for place in places:
        beside, elsewhere = set[float](), set[float]()
        for record in scene.output(place).records:
            mine = any(field.value in ids for field in record)
            (beside if mine else elsewhere).update(number for field in record for number in numbers(field.value))
        for value in counted:
            known = set(numbers(value.text))
            if known & elsewhere and not known & beside:
                return value
    return None


def turned_round(scene: Scene, values: Sequence[Value]) -> Value | None:
    """Return a goal whose record shows less of the user's words than that of where it starts: it goes the wrong way."""
    targets = [value for value in values if value.sink.slot is Slot.TARGET]
    goals = [value for value in targets if _GOAL & set(name_words(value.sink.name))]
    origins = [value for value in targets if _ORIGIN & set(name_words(value.sink.name))]
    if len(goals) != 1 or len(origins) != 1:
        return None
    return goals[0] if _shown(scene, goals[0]) < _shown(scene, origins[0]) else None


def _shown(scene: Scene, value: Value) -> int:
    """Return how many of the user's words stand beside a value, in the shortest record that has it."""
    records = [record for place, _ in scene.holding(value.text) for record in scene.output(place).records]
    found = [record for record in records if any(field.value == value.text for field in record)]
    return len(words_of(min(found, key=len)) & scene.wish.selectors) if found else 0


def _in(form: str, text: str) -> bool:
    return stands_in(form, text, Slot.OTHER)


def _sum_of(text: str, amount: str) -> bool:
    """Tell whether a text says an amount of money: `refund the 10.00`; a bare number may count something."""
    found = set(numbers(amount))
    return any(one.money and one.value in found for one in sums(text.upper()))


def _sum_of_another(said: Said, amount: str, *, anywhere: bool) -> bool:
    """Tell whether the user says an amount for something else: where a deed has a sum of its own, all others are."""
    if _sum_of(said.own, amount):
        return False
    if any(one.money for one in sums(said.own.upper())):
        return not set(numbers(amount)).isdisjoint(numbers(f"{said.aside}\n{said.rest}"))
    return _sum_of(said.rest, amount) and not anywhere and not _sum_of(said.aside, amount)


def _number_of_another(said: Said, others: str, text: str) -> bool:
    """Tell whether the user wrote a number only where they ask for what another tool does."""
    found = set(numbers(text)) if others else set[float]()
    return not found.isdisjoint(numbers(others)) and found.isdisjoint({*numbers(said.own), *numbers(said.aside)})


def _there() -> frozenset[str]:
    """Return those that may point at a room: nobody means one by `message them` or `note that`."""
    return either("alike") | _HERE | {"it"}


def _pointers() -> frozenset[str]:
    """Return the words with which a clause points at what stands in another one: `send it to her`."""
    return either("pointing", "alike") | _HERE


@lru_cache(maxsize=256)
def told_values(text: str) -> tuple[Token, ...]:
    """Return the values in the user's words in order: addresses, accounts, days, sums, numbers, ids and names."""
    ends = [match.start() for match in _SENTENCE.finditer(text)]
    taken: list[tuple[int, int]] = []
    found: list[Token] = []
    for kind, spans in _spans(text):
        for start, end in spans:
            if any(start < stop and begin < end for begin, stop in taken):
                continue
            taken.append((start, end))
            said, sentence = text[start:end].casefold(), sum(at < start for at in ends)
            figures = frozenset(numbers(said) if kind in _FIGURES else ())
            named = days(said) if kind == "day" else ()
            found.append(Token(start, said, kind, sentence, _led(text, start), figures, named))
    return tuple(sorted(found, key=lambda token: token.start))


def _spans(text: str) -> Iterator[tuple[str, list[tuple[int, int]]]]:
    yield "mail", [match.span() for match in MAIL.finditer(text)]
    yield "url", [match.span() for match in URL.finditer(text)]
    yield "account", [match.span() for match in IBAN.finditer(text)]
    yield "day", day_spans(text)
    yield "id", [match.span() for match in _MIXED.finditer(text)]
    figures = [match.span() for match in _NUMBER.finditer(text)]
    money = {start for start, end in figures if _moneyed(text, start, end)}
    yield "money", [span for span in figures if span[0] in money]
    yield "number", [span for span in figures if span[0] not in money]
    yield "name", [span for match in _CAPITAL.finditer(text) if (span := _named(text, match)) is not None]


def _named(text: str, match: re.Match[str]) -> tuple[int, int] | None:
    """Return where a name stands; of words that begin a sentence the first is none: `Invite Ann`."""
    if not _begins(text, match.start()):
        return match.span()
    first, blank, rest = match.group().partition(" ")
    return (match.start() + len(first + blank), match.end()) if rest else None


def _moneyed(text: str, start: int, end: int) -> bool:
    return any(one.money for one in sums(text[max(0, start - 6) : end + 9].strip()))


def _begins(text: str, start: int) -> bool:
    """Tell whether a capital letter only begins a sentence."""
    before = text[:start].rstrip(" \t\"'(")
    return not before or before[-1] in ".!?:\n" or before != before.rstrip()


def _led(text: str, start: int) -> bool:
    """Tell whether `to` or `into` stands before a value, with what it is called between at most."""
    small = lexicon().small
    rest = text[max(0, start - 60) : start].casefold()
    for _ in range(3):
        match = _BEFORE.search(rest)
        if match is None:
            return False
        word = match[1]
        if word in small["into"] or word in {"->", "→"}:
            return True
        if word not in small["determiner"] and word not in lexicon().things:
            return False
        rest = rest[: match.start()]
    return False


@lru_cache(maxsize=1024)
def _places(own: str, text: str) -> tuple[int, ...]:
    """Return which of the values in the user's words a value of the call is."""
    form = " ".join(text.split()).casefold()
    if not form or len(form) > 200:
        return ()
    figures = set(numbers(form)) if any(map(str.isdigit, form)) else set()
    meant = days(form)
    found = []
    for at, token in enumerate(told_values(own)):
        if token.kind in _FIGURES:
            same = bool(figures & token.figures) and len(figures) < 3 and form[:1] in "-0123456789$€£+"
        elif token.kind == "day":
            same = any(one.same(other) for one in meant for other in token.days)
        elif token.kind == "name":
            same = form == token.text or (f" {form} " in f" {token.text} ") or (f" {token.text} " in f" {form} ")
        else:
            same = form.replace(" ", "") == token.text.replace(" ", "") or (
                token.kind == "url" and form.endswith(token.text) and "//" in form
            )
        if same:
            found.append(at)
    return tuple(found)


def _together(mine: Sequence[int], theirs: Sequence[int], tokens: Sequence[Token]) -> bool:
    """Tell whether two values stand in one part of the wish: some place of one goes with some place of the other."""
    return any(one == other or _paired(one, other, tokens) for one in mine for other in theirs)


def _paired(one: int, other: int, tokens: Sequence[Token]) -> bool:
    """Tell whether nothing says that two values belong apart: another of its kind in the sentence of the other."""
    first, second = tokens[one], tokens[other]
    if first.kind == second.kind:
        return True
    if first.sentence != second.sentence:
        rivals = (t for t in tokens if t.sentence == first.sentence and _rival(t, second))
        others = (t for t in tokens if t.sentence == second.sentence and _rival(t, first))
        return next(rivals, None) is None and next(others, None) is None
    kinds = {first.kind, second.kind}
    line = [at for at, t in enumerate(tokens) if t.sentence == first.sentence and t.kind in kinds]
    row = [tokens[at].kind for at in line]
    even = len(line) > 3 and len(line) % 2 == 0
    if not even or any(row[at] == row[at + 1] or row[at] != row[at % 2] for at in range(len(row) - 1)):
        return True
    return line.index(one) // 2 == line.index(other) // 2


def _rival(one: Token, other: Token) -> bool:
    """Tell whether two values are of one kind, and not the same: sums and other numbers are of one."""
    return (one.kind == other.kind or {one.kind, other.kind} == _FIGURES) and one.text != other.text


def _turned(value: Value, places: Sequence[int], tokens: Sequence[Token]) -> bool:
    """Tell whether a value goes the wrong way: what the user wrote after `into` is a goal, and nothing else is."""
    roles = set(name_words(value.sink.name))
    goal, origin = bool(roles & _GOAL), bool(roles & _ORIGIN)
    if goal == origin or value.sink.slot in {Slot.DATE, Slot.AMOUNT}:
        return False
    sentences = {tokens[at].sentence for at in places}
    kinds = {tokens[at].kind for at in places}
    alike = [token for token in tokens if token.sentence in sentences and token.kind in kinds]
    if not any(token.led for token in alike) or all(token.led for token in alike):
        return False
    return any(tokens[at].led for at in places) is not goal
