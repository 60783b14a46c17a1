"""What form a value has: the one that the name of its argument asks for, or one that tells what the argument is."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from accord.guard.flow.dating import is_time
from accord.guard.flow.lexicon import Slot, lexicon, name_words, slot_named
from accord.guard.flow.shapes import days, ibans, mails, urls
from accord.guard.flow.values import Value

_NUMBERED: Final = frozenset({"street", "zip", "postcode"})
_CODED: Final = frozenset({"id", "code"})
_UNNUMBERED: Final = frozenset({"city", "town", "country"})
_LONGEST: Final = 40  # letters of a word in a street or a town: longer is a code
_LEAST: Final = 5  # digits of the shortest telephone

PLAIN: Final = frozenset(
    {"location", "place", "venue", "street", "city", "town", "zip", "postcode", "country", "state", "name", "firstname"}
)
"""Words of the names of arguments that take texts of any form."""


def typed(value: Value) -> bool:
    """Tell whether a value has the form that the name of its argument asks for: an account, a telephone, a street."""
    asked = set(name_words(value.sink.name))
    form = value.text.strip()
    if (asked & _NUMBERED or asked & _UNNUMBERED) and not asked & _CODED:
        spelled = all(len(word) <= _LONGEST for word in form.split())
        return spelled and any(map(str.isdigit, form)) is bool(asked & _NUMBERED)
    if form.isdigit() and not asked.isdisjoint(lexicon().small["naming"]) and not asked & _CODED:
        return False
    groups = re.split("[ -]", form) if ibans(form.upper()) else [form]
    if groups[1:] and not (all(len(group) == 4 for group in groups[:-1]) and len(groups[-1]) <= 4):
        return False
    if "agent" in asked and "@" in form:
        return False
    if "iban" in asked:
        numbered = sum(map(str.isdigit, form)) >= _LEAST and not any(map(str.isalpha, form.split()))
        return bool(ibans(form)) or bool(ibans(form.upper())) or numbered
    if asked & {"phone", "mobile", "telephone"}:
        return not any(map(str.isalpha, form)) and sum(map(str.isdigit, form)) >= _LEAST
    mailed = name_words(value.sink.name)[-1:] in (("email",), ("mail",))
    if (mailed or (asked & {"email", "mail"} and not asked & {"id", "name", "user"})) and "@" not in form:
        return False
    return not asked & {"wallet"} or any(map(str.isdigit, form))


def by_shape(value: Value, nouns: frozenset[str], *, timed: bool, told: bool) -> Value:
    """Return a value whose argument tells nothing with the slot that its own form tells: an address is an address.

    What is called by one of the `nouns` of a tool is what it works on, and no day.
    """
    slot, data = value.sink.slot, value.sink.name == "data"
    names = name_words(value.sink.name)
    nameless = nouns.isdisjoint(names) and lexicon().things.keys().isdisjoint(names)
    derived = slot is Slot.TARGET and slot_named(value.sink.name) is Slot.OTHER
    loose = derived and nameless and bool(days(value.text))
    if value.number or not (data or loose or slot is Slot.OTHER) or not PLAIN.isdisjoint(names):
        return value
    found, clocked = slot, not lexicon().small["timed"].isdisjoint(names)
    if (data and (timed or (told and value.text.isdigit()))) or (
        (data or told) and (days(value.text) or clocked) and is_time(value.text)
    ):
        found = Slot.DATE
    elif slot is Slot.OTHER and (mails(value.text) or ibans(value.text)):
        found = Slot.RECIPIENT
    elif slot is Slot.OTHER and urls(value.text):
        found = Slot.URL
    return value if found is slot else value._replace(sink=replace(value.sink, slot=found))
