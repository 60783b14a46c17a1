"""Which rows of a table the user means, and whether the values of a call stand in one of them, under such names."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import date
from functools import lru_cache
from itertools import pairwise
from typing import Final, NamedTuple

from accord.guard.flow.amounts import is_amount
from accord.guard.flow.calling import stands_alone
from accord.guard.flow.dating import plain_day, today
from accord.guard.flow.lexicon import Slot, identifies, lexicon, name_words, slot_named
from accord.guard.flow.limits import Bound, bounds_in, excluded_words
from accord.guard.flow.meeting import hints_of, said_otherwise
from accord.guard.flow.outputs import Field
from accord.guard.flow.rows import Row, read_rows
from accord.guard.flow.scene import Scene, Seen, Value, stands_in
from accord.guard.flow.shapes import days, numbers, without_accents
from accord.guard.flow.stems import stem
from accord.guard.flow.tables import Table, bare_name, kindred, one_form, sized, words_of
from accord.guard.flow.tools import Facts
from accord.guard.flow.wish import Wish

_WORD: Final = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+(?:['’-][^\W\d_]+)*|[^\s\w]")
_SENTENCE: Final = re.compile(r"(?:[^.!?;\n]|[.](?=\S))+")
_TOKEN: Final = re.compile(r"[\w][\w./-]*[\w]")
_ENDS: Final = frozenset(".!?;\n")
_ROLES: Final = frozenset(
    {"from", "to", "source", "target", "new", "old", "current", "src", "dst", "dest", "for", "of"}
)
_GOALS: Final = frozenset({"to", "new", "target", "dest", "dst", "destination"})
_GENERIC: Final = frozenset({"id", "name", "title", "n", "value"})
_NEGATIVE: Final = frozenset({"no", "non", "nein", "false", "0", "none", "missing", "nee", "não", "-", "n"})
_PREFIX: Final = 5  # letters of a word that longer ones are made of
MOST_ROWS: Final = 500
"""Rows of an output that are looked at."""


class Meant(NamedTuple):
    """The rows that the user means; `many` where their words mean several.

    `said` where a limit, an exception, an id or names of their own say it, and no likeness. `shown` is what stands in
    the fields of those that have a value.
    """

    rows: frozenset[int]
    many: bool
    said: bool = False
    shown: tuple[frozenset[str], ...] = ()


class Said(NamedTuple):
    """What the user says of a deed, of other deeds, and beside them: limits and names choose rows in their own part."""

    own: str
    rest: str
    aside: str


def said_of(scene: Scene, facts: Facts) -> Said:
    """Return the clauses in which the user asks for a tool's deed, those of other deeds, and sentences without one."""
    return _said_of(scene.wish, facts)


@lru_cache(maxsize=1024)
def _said_of(wish: Wish, facts: Facts) -> Said:
    reading = lexicon().groups["read"].asks
    mine = {one.start for one in wish.requests if one.verb == facts.verb}
    mine = mine or {one.start for one in (*wish.asks(facts.asks), *said_otherwise(wish, hints_of(facts)))}
    others = frozenset(one.start for one in wish.requests if one.verb not in reading)
    return _parted(wish.own, frozenset(mine), others - mine)


def _parted(text: str, mine: frozenset[int], others: frozenset[int]) -> Said:
    own, rest, aside = list[str](), list[str](), list[str]()
    for match in _SENTENCE.finditer(text):
        begin, end = match.span()
        said = sorted(start for start in mine | others if begin <= start < end)
        if not said:
            aside.append(match.group())
            continue
        edges = [begin, *(start for start in said[1:] if _joined(text[begin:start])), end]
        for start, stop in pairwise(edges):
            (own if any(start <= one < stop for one in mine) else rest).append(text[start:stop])
    return Said("\n".join(own), "\n".join(rest), "\n".join(aside)) if own else Said(text, "", "")


def _joined(before: str) -> bool:
    """Tell whether a new deed can begin after these words: `..., and`, `then`."""
    words = _WORD.findall(before.casefold())
    return not words or words[-1] in lexicon().small["joining"] or words[-1] in ",:()"


def stands_in_row(scene: Scene, value: Value, facts: Facts, others: Sequence[Value]) -> Meant | None:
    """Return the rows that the user means, of which one has a value, called as asked, beside the other values.

    None where none has it, or where the user's words leave more than one.
    """
    for place, seen in enumerate(scene.seen):
        if seen.facts is None or (value.text not in seen.output and not value.number):
            continue
        if not scene.pointed(place) and not lists_such(seen, value):
            continue
        if seen.facts.opaque and not _named_table(scene, place, facts):
            continue
        rows = read_rows(seen.output)[:MOST_ROWS]
        table = Table(rows, seen.facts, facts, scene.wish.own)
        holding = [at for at, row in enumerate(rows) if table.holds(row, value)]
        if not holding or _typed_instead(scene, value, table):
            continue
        kin = rows_of_kin(rows, holding)
        picked = meant(scene, [rows[at] for at in kin], said_of(scene, facts), table.columns(value))
        chosen = [kin[at] for at in picked.rows]
        fit = [at for at in holding if at in chosen and table.beside(rows[at], value, others)]
        same = {rows[at].fields for at in holding} >= {rows[at].fields for at in chosen}
        if fit and (picked.said or scene.pointed(place)) and (picked.many or len(chosen) == 1 or same):
            return picked._replace(shown=tuple(_shown(rows[at]) for at in fit))
    return None


def lists_such(seen: Seen, value: Value) -> bool:
    """Tell whether a source lists, unasked, just what an argument names: `list_schedules` for `schedule_id`."""
    facts = seen.facts
    if facts is None or not facts.reads or facts.opaque or facts.strange:
        return False
    if any(isinstance(said, str) and said.strip() for said in seen.args.values()):
        return False
    kinds = {one_form(word) for word in bare_name(value.sink.name)} - lexicon().small["idlike"]
    return kindred(kinds, {one_form(word) for word in facts.nouns})


def _shown(row: Row) -> frozenset[str]:
    return frozenset(field.value.casefold() for field in row.fields if not field.free)


def rows_of_kin(rows: Sequence[Row], holding: Sequence[int]) -> list[int]:
    """Return the rows of the lists in which some row holds a value."""
    groups = {rows[at].group for at in holding}
    return [at for at, row in enumerate(rows) if row.group in groups]


def _named_table(scene: Scene, place: int, facts: Facts) -> bool:
    """Tell whether a file that the user named is read for what goes nowhere."""
    values = [value for value in scene.values(place) if value.text.strip()]
    named = bool(values) and all(scene.wrote(value, value.sink.slot) for value in values)
    return named and not facts.groups & {"send", "share", "invite", "post"}


def meant(scene: Scene, rows: Sequence[Row], said: Said, ids: frozenset[str]) -> Meant:
    """Return the rows that the user's words mean: those within the limits, without the exceptions, else by name."""
    limits = bounds_in(said.own)
    keys = {stem(word): field.key for row in rows for field in row.fields for word in _key_words(field.key)}
    columns = columns_in(said.own, frozenset(keys))
    left = frozenset(range(len(rows)))
    elsewhere = columns_in(said.rest + "\n" + said.aside, frozenset(keys))
    for wanted, sign in ((columns, True), (elsewhere, False)):
        for key, full in wanted:
            left = frozenset(at for at in left if (_filled(rows[at], keys[key]) is full) is sign)
    if limits:
        kept = [within(row, limits, today(scene)) for row in rows]
        if any(one is None for one in kept):
            return Meant(frozenset(), many=False)
        left = frozenset(at for at in left if kept[at])
    out = excluded_words(scene.wish.own)
    shown = [words_of(row) for row in rows]
    counts = Counter(word for words in shown for word in words)
    usual = frozenset(word for word, count in counts.items() if count == len(rows) > 1)
    gone = frozenset(at for at in left if out & (shown[at] - usual))
    left -= gone
    if limits or columns or (gone and _alike(scene)):
        return Meant(left, many=True, said=True)
    typed = frozenset(at for at in left if any(_typed_id(scene, f, ids) for f in rows[at].fields))
    if typed:
        return Meant(typed, many=len(typed) > 1, said=True)
    named = _marked(shown, left, usual, said.own, out)
    if (named or not said.rest) and said.own != scene.wish.own:
        named = _marked(shown, left, usual, said.own + "\n" + said.aside, out)
    if not named:
        return Meant(left, many=False) if len(left) == 1 else Meant(frozenset(), many=False)
    whole = frozenset(at for at in named if any(_written_whole(scene, field) for field in rows[at].fields))
    if len(whole) == 1:
        return Meant(whole, many=False, said=True)
    best = max(len(words) for words in named.values())
    top = frozenset(at for at, words in named.items() if len(words) == best)
    if len(top) > 1 and _apart(scene, [named[at] for at in top]):
        return Meant(top, many=True, said=True)
    others = frozenset(word for at, words in named.items() if at not in top for word in words)
    alone = len(top) == 1 and others <= frozenset().union(*(named[at] for at in top))
    return Meant(top, many=False) if alone or len(named) == 1 else Meant(frozenset(named), many=False)


@lru_cache(maxsize=256)
def columns_in(text: str, keys: frozenset[str]) -> tuple[tuple[str, bool], ...]:
    """Return the columns of which the user says that something is in them, or missing: `sans justificatif`."""
    words = _WORD.findall(text.casefold())
    small = lexicon().small
    found = []
    for at, said in enumerate(words):
        word, before = stem(said), set(words[max(0, at - 3) : at])
        if word in keys and before & small["without"]:
            found.append((word, False))
        elif (
            word in keys
            and word not in small["idlike"]
            and at
            and words[at - 1] in small["having"]
            and _ends(words, at)
        ):
            found.append((word, True))
    return tuple(found)


def _ends(words: Sequence[str], at: int) -> bool:
    """Tell whether a clause ends after a word, so that nothing says what stands in the column."""
    return at + 1 == len(words) or not words[at + 1][0].isalnum() or words[at + 1] in lexicon().small["joining"]


def _key_words(key: str) -> list[str]:
    return [word for word in _WORD.findall(key.casefold()) if word[0].isalpha()] + list(name_words(key))


def _filled(row: Row, key: str) -> bool:
    """Tell whether a row says something else than no in a column."""
    said = [field.value.strip().casefold() for field in row.fields if field.key == key]
    return bool(said) and not all(one in _NEGATIVE for one in said)


def _marked(
    shown: Sequence[frozenset[str]], left: frozenset[int], usual: frozenset[str], text: str, out: frozenset[str]
) -> dict[int, frozenset[str]]:
    """Return the rows of which a text says words that not all rows have, with those words."""
    words = frozenset(stem(word) for word in _WORD.findall(text.casefold().replace("’", "'")) if word[0].isalnum())
    wanted = words | {part for word in words for part in word.split("-")}
    wanted |= {f"month{lexicon().months[word]}" for word in words if word in lexicon().months}
    wanted = wanted - lexicon().small["stop"] - out
    long = tuple(word for word in wanted if len(word) > _PREFIX)
    marks = {at: frozenset(_marks(shown[at] - usual, wanted, long)) for at in left}
    return {at: found for at, found in marks.items() if found}


def _written_whole(scene: Scene, field: Field) -> bool:
    """Tell whether the user wrote a name of several words as it stands in a field."""
    form = " ".join(field.value.split()).casefold()
    if field.free or not form or not form[0].isalpha():
        return False
    if " " in form:
        return stands_in(form, scene.wish.named, Slot.OTHER)
    return not form.isalpha() and stands_alone(form, scene.wish.own)


def _marks(words: frozenset[str], wanted: frozenset[str], long: Sequence[str]) -> Iterator[str]:
    """Yield the words of a row that the user says, also as the begin of a longer one: `stroom` of `stroomstand`."""
    for word in words:
        if (word in wanted and not _small(word)) or (
            len(word) >= _PREFIX and any(one.startswith(word) for one in long)
        ):
            yield word


def _alike(scene: Scene) -> bool:
    """Tell whether all of a list is meant: `exactly like our January order`."""
    return bool(scene.wish.words & (lexicon().small["plural"] | lexicon().small["alike"]))


def _typed_id(scene: Scene, field: Field, ids: frozenset[str]) -> bool:
    return (field.key in ids or identifies(field.key)) and _typed(scene, field.value)


def _typed(scene: Scene, value: str) -> bool:
    """Tell whether the user wrote an id: a short number only where they call it one."""
    if not any(map(str.isdigit, value)) or len(value) < 2 or not stands_alone(value, scene.wish.own):
        return False
    if not value.isdigit() or len(value) > 3:
        return True
    words = _WORD.findall(scene.wish.own.casefold())
    return any(word == value and at and words[at - 1] in lexicon().small["labels"] for at, word in enumerate(words))


def _typed_instead(scene: Scene, value: Value, table: Table) -> bool:
    """Tell whether the user wrote a value of the same form that the table does not have: it is theirs that counts."""
    form = value.text.strip()
    if len(form) < 3 or not any(map(str.isdigit, form)) or value.sink.slot is Slot.TARGET:
        return False
    keys = table.columns(value)
    known = {f.value.casefold() for row in table.rows for f in row.fields}
    said = {token for token in _TOKEN.findall(scene.wish.own) if _form(token) == _form(form)}
    limits = {one.number for one in bounds_in(scene.wish.own)}
    said = {one for one in said if not (one.isdigit() and float(one) in limits) and stands_alone(one, scene.wish.own)}
    return bool(keys) and bool(said) and not any(one.casefold() in known for one in said)


def _form(text: str) -> str:
    return "".join("9" if letter.isdigit() else "a" if letter.isalpha() else letter for letter in text)


def _apart(scene: Scene, named: Sequence[frozenset[str]]) -> bool:
    """Tell whether each row is called by a name of its own: `Priya and Tomás`."""
    names = {without_accents(word) for word in scene.wish.proper | scene.wish.telling}
    own = [frozenset(word for word in words if word in names) for words in named]
    return all(own) and sum(map(len, own)) == len(frozenset().union(*own))


def _small(word: str) -> bool:
    return len(word) < 2 or (word.isdigit() and len(word) < 3)


def within(row: Row, limits: Sequence[Bound], now: date | None) -> bool | None:
    """Tell whether a row keeps all limits; None where it has no column, or more than one, that a limit can be on."""
    for limit in limits:
        values = list(_ages(row, now) if limit.days else _sizes(row))
        if len(set(values)) != 1:
            return None
        if values[0] <= limit.number if limit.over else values[0] >= limit.number:
            return False
    return True


def _sizes(row: Row) -> Iterator[float]:
    for field in row.fields:
        if sized(field.key) and not field.free and is_amount(field.value):
            yield from set(numbers(field.value))


def _ages(row: Row, now: date | None) -> Iterator[float]:
    for field in row.fields if now is not None else ():
        if slot_named(field.key) is not Slot.DATE or field.free:
            continue
        for one in days(plain_day(field.value)):
            if one.year and now is not None:
                yield float((now - date(one.year, one.month, one.day)).days)
