"""Whether a field of a table is called like an argument, and holds its value."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from functools import lru_cache
from typing import Final, NamedTuple

from accord.guard.flow.amounts import is_amount
from accord.guard.flow.lexicon import Slot, identifies, lexicon, name_words, slot_named
from accord.guard.flow.limits import until_end
from accord.guard.flow.outputs import Field
from accord.guard.flow.rows import Row, numbered
from accord.guard.flow.scene import Value
from accord.guard.flow.shapes import days, form_of, numbers, without_accents
from accord.guard.flow.stems import stem
from accord.guard.flow.tools import Facts

_WORD: Final = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+(?:['’-][^\W\d_]+)*|[^\s\w]")
_ROLES: Final = frozenset(
    {"from", "to", "source", "target", "new", "old", "current", "src", "dst", "dest", "for", "of"}
)
_GENERIC: Final = frozenset({"id", "name", "title", "n", "value"})
_GOALS: Final = frozenset({"to", "new", "target", "dest", "dst", "destination"})


class Table(NamedTuple):
    """The rows of a source, what hands them out, and what a value of them is for."""

    rows: Sequence[Row]
    source: Facts
    facts: Facts
    text: str

    def holds(self, row: Row, value: Value) -> bool:
        """Tell whether a row has a value in a field that is called like the argument."""
        return any(
            not field.free
            and self.called_alike(field.key, row.group, value)
            and _equal(field, value, factor_for(self.text, row) if _counting(value) else 1)
            for field in row.fields
        )

    def columns(self, value: Value) -> frozenset[str]:
        """Return the columns that are called like an argument."""
        keys = {(field.key, row.group) for row in self.rows for field in row.fields}
        return frozenset(key for key, group in keys if self.called_alike(key, group, value))

    def beside(self, row: Row, value: Value, others: Sequence[Value]) -> bool:
        """Tell whether what else the call takes from this table stands in the same row."""
        for other in others:
            kin = bare_name(other.sink.name) == bare_name(
                value.sink.name
            )  # the old stage is in another row than the new one
            if kin or not other.text.strip() or other.sink.slot is Slot.CONTENT:
                continue
            near = (one for one in self.rows if one.group == row.group and one is not row)
            if not self.holds(row, other) and any(self.holds(one, other) for one in near):
                return False
        return True

    def called_alike(self, key: str, group: str, value: Value) -> bool:
        """Tell whether a field is called like an argument, or is the id of a list whose things the argument names."""
        asked, mine = bare_name(value.sink.name), bare_name(key)
        goal = _GOALS & set(name_words(value.sink.name)) and not _GOALS & set(name_words(key))
        if goal and len(name_words(key)) > 1 and asked == mine:
            return False  # the stage that something is in is not the one it goes to
        if value.sink.slot is Slot.AMOUNT and sized(key):
            if asked == mine:
                return True
            others = (sized(f.key) and f.key != key for f in self.rows[0].fields)
            return bool(asked & mine) or not any(others)
        if asked and asked == mine and not mine <= _GENERIC:
            return True
        whose = set(name_words(value.sink.name)) & (lexicon().small["person"] | {"holder", "student", "patient"})
        persons = whose and self.source.nouns & lexicon().small["listed"] and slot_named(value.sink.name) is Slot.OTHER
        if persons and mine & lexicon().small["naming"] and not identifies(value.sink.name):
            return True
        if not (identifies(key) or numbered(key) or key.casefold() in {"id", "code"}):
            return False
        idlike = lexicon().small["idlike"]
        kinds = {one_form(word) for word in asked} - idlike
        theirs = {one_form(word) for word in mine} - idlike - _GENERIC
        if theirs:
            return bool(kinds) and (kinds <= theirs or theirs < kinds)
        source = {one_form(word) for word in self.source.nouns}
        about = {one_form(word) for word in name_words(group)} or source
        if kinds:
            single = len({one.group for one in self.rows}) == 1
            return kindred(kinds, about) or (single and kindred(kinds, source))
        return bool({one_form(word) for word in self.facts.nouns} & (about | source))


def sized(key: str) -> bool:
    """Tell whether a column is headed by a word for amounts: `AmountDue`."""
    return any(slot_named(word) is Slot.AMOUNT for word in name_words(key))


def kindred(kinds: AbstractSet[str], others: AbstractSet[str]) -> bool:
    """Tell whether two names of things are one, but for the ending of a plural: `commento` and `commenti`."""
    return any(one == other or (len(one) > 4 and one[:-1] == other[:-1]) for one in kinds for other in others)


def _equal(field: Field, value: Value, factor: float) -> bool:
    """Tell whether a field holds a value; of a number the user may have said how many times it."""
    if form_of(field.value, value.sink.slot) == form_of(value.text, value.sink.slot):
        return factor == 1
    if not _counting(value) or not is_amount(field.value) or value.text.strip()[:1] in "-+":
        return False
    mine, theirs = set(numbers(value.text)), {number * factor for number in numbers(field.value)}
    return len(theirs) == 1 == len(mine) and mine == theirs


def _counting(value: Value) -> bool:
    return value.sink.slot is Slot.AMOUNT or (value.number and value.sink.slot is Slot.OTHER)


def bare_name(name: str) -> frozenset[str]:
    """Return the words of a name without those that say which way: `to_stage_id` is the id of a stage."""
    words = frozenset(name_words(name))
    return words - _ROLES or words


def one_form(word: str) -> str:
    """Return a word without the ending of a plural."""
    return stem(word) if word.isascii() else word


@lru_cache(maxsize=1024)
def factor_for(text: str, row: Row) -> float:
    """Return how many times what a row says the user wants of it: 2 for `twice as many gloves`."""
    words = [*_WORD.findall(text.casefold())]
    shown = words_of(row)
    for at, word in enumerate(words):
        factor = next((float(n) for n, names in factors() if word in names), 0)
        near = {form for one in until_end(words[at + 1 : at + 6]) for form in (stem(one), without_accents(stem(one)))}
        if factor and shown & {one for one in near if len(one) > 2 and one not in lexicon().small["stop"]}:
            return factor
    return 1


def factors() -> Iterator[tuple[str, frozenset[str]]]:
    """Yield how many times words say that something is wanted: 2 for `twice`."""
    for pair in lexicon().small["factor"]:
        number, _, names = pair.partition(":")
        yield number, frozenset(names.split(","))


def words_of(row: Row) -> frozenset[str]:
    """Return the stems of the words in the fields of a row that are no running text."""
    return frozenset(_cells(row.fields))


@lru_cache(maxsize=4096)
def _cells(fields: tuple[Field, ...]) -> tuple[str, ...]:
    told = (field.value for field in fields if not field.free and slot_named(field.key) is Slot.DATE)
    months = (f"month{one.month}" for text in told for one in days(text))
    return (
        *months,
        *_plain_words(fields),
    )


def _plain_words(fields: tuple[Field, ...]) -> tuple[str, ...]:
    return tuple(
        form
        for field in fields
        if not field.free and "@" not in field.value
        for word in _WORD.findall(field.value.casefold())
        if word[0].isalnum()
        for form in {stem(word), without_accents(stem(word))}
    )
