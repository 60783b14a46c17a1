"""Numbers and codes of what nobody pointed at, lightly disguised in what leaves: spelled, spaced, turned around."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import permutations
from typing import Final, NamedTuple

from accord.content.lookalikes import folding, invisible
from accord.guard.flow.asking import wanted
from accord.guard.flow.encoded import decoded
from accord.guard.flow.lexicon import Slot, lexicon, meanings, name_words, slot_named
from accord.guard.flow.outputs import read_output
from accord.guard.flow.scene import Scene
from accord.guard.flow.stems import content_words, stem
from accord.guard.flow.tools import Facts
from accord.guard.flow.values import Value

LONGEST: Final = 20_000
"""Characters of an outgoing text that are looked at, and of each output."""

_LEAST: Final = 6
_SECRET: Final = 4
_DIGITS: Final = 3
_MOST: Final = 2_000
_TOKEN: Final = re.compile(r"(?<![\w@.])(?=[\w-]{0,63}\d)[A-Za-z0-9][\w-]{5,63}(?![\w@])")
_GROUPS: Final = re.compile(r"\d(?<![\w.,-]\d)\d{1,5}(?:[ -]\d{2,6}){1,6}(?![\w-]|[.,]\d)")
_RUN: Final = re.compile(r"\d+")
_RUNS: Final = 200
_PIECE: Final = 7  # letters of the shortest piece that tells which code it is of
_PARTS: Final = 5  # numbers, or texts, that are tried in every order
_WORD: Final = re.compile(r"[^\W_]+")
_SLOTS: Final = frozenset({Slot.TITLE, Slot.CONTENT, Slot.OTHER, Slot.PATH, Slot.DATE})


def disguised(scene: Scene, values: Sequence[Value]) -> tuple[str, str] | None:
    """Return a number or code that a text carries in a light disguise, read where the user pointed at nothing."""
    texts = [value.text[:LONGEST] for value in values if value.sink.slot in _SLOTS and not value.number]
    texts = [text for text in texts if len(text) >= _SECRET]
    if not texts:
        return None
    strange = [place for place in range(len(scene.seen)) if not _given(scene, place)]
    strange = [place for place in strange if _private(scene.seen[place].output[:LONGEST])]
    if not strange:
        return None
    looked = [form for text in texts for form in _forms(text)]
    looked.append("".join(map(bare, texts)))
    looked.append("".join(looked))
    digits = "".join(filter(str.isdigit, looked[-2]))
    numbered = sum(map(str.isdigit, looked[-1])) >= _DIGITS
    numbers = _numbers_in(scene, texts) if numbered else []
    for place in strange:
        seen = scene.seen[place]
        text = seen.output[:LONGEST]
        for secret in _private(text) if numbered else _secrets(text):
            found = _found(secret, looked)
            if not found and secret.isdigit() and _with_one_more(secret, digits):
                found = [secret]
            if not found and secret.isdigit() and _strewn(numbers, secret):
                found = [secret]
            if any(_withheld(scene, place, one) for one in found):
                return secret, seen.source
    return None


def _found(secret: str, looked: Sequence[str]) -> list[str]:
    """Return the pieces of a number or code that texts hold, forwards or backwards."""
    pieces = _pieces(secret)
    if len(pieces) > 1:  # what all of them share is looked for first
        core = secret[len(pieces) - 1 : len(pieces[0])]
        looked = [form for form in looked if core in form or core[::-1] in form]
    return [one for one in pieces if any(one in form or one[::-1] in form for form in looked)]


def _with_one_more(secret: str, form: str) -> bool:
    """Tell whether digits in a row hold a number with one more in it: `77411` and `9920`."""
    for cut in range(2, len(secret) - 1) if len(secret) >= _PIECE else ():
        at = form.find(secret[:cut])
        for _ in range(_RUNS):
            if at < 0:
                break
            if form.startswith(secret[cut:], at + cut + 1):
                return True
            at = form.find(secret[:cut], at + 1)
    return False


@lru_cache(maxsize=1024)
def _pieces(secret: str) -> tuple[str, ...]:
    """Return a number or code, or where it is long all pieces of it that leave a third to be guessed."""
    size = max(len(secret) - len(secret) // 3, _PIECE)
    pieces = (secret[at : at + size] for at in range(max(1, len(secret) - size + 1)))
    return tuple(one for one in pieces if not _dated(one))


class _Run(NamedTuple):
    """A number in a text, and whether the user knows it already."""

    digits: str
    known: bool


def _numbers_in(scene: Scene, texts: Sequence[str]) -> list[tuple[_Run, ...]]:
    """Return the numbers of the texts that have any."""
    given = [scene.wish.folded, *(seen.output[:LONGEST] for at, seen in enumerate(scene.seen) if _given(scene, at))]
    found = (_RUN.findall(bare_digits(text))[:_RUNS] for text in texts)
    return [tuple(_Run(run, any(run in one for one in given)) for run in runs) for runs in found if runs]


def _strewn(numbers: Sequence[tuple[_Run, ...]], secret: str) -> bool:
    """Tell whether numbers of the texts make up a secret: a few pieces in any order, else one after the other.

    Numbers that the user knows may stand between those, and one that nobody knows.
    """
    parts = [line for runs in numbers if (line := tuple(run for run in runs if not run.known or run.digits in secret))]
    if sum(len(run.digits) for line in parts for run in line if run.digits in secret) < len(secret):
        return False
    runs = (run for line in parts for run in line if not run.known)
    telling = [run for run in runs if len(run.digits) >= _DIGITS and run.digits in secret]
    if len(telling) <= _PARTS and any(_told(order, secret) for order in permutations(telling)):
        return True
    orders = permutations(parts) if len(parts) < _PARTS else [tuple(parts)]
    return any(_told(tuple(run for line in order for run in line), secret) for order in orders)


def _told(runs: Sequence[_Run], secret: str) -> bool:
    """Tell whether runs of digits spell a secret, forwards or backwards."""
    for code in (secret, secret[::-1]):
        reached: dict[int, int] = {}
        for run in runs:
            reached = _further(reached, run, code)
            if len(code) in reached:
                return True
    return False


def _further(reached: Mapping[int, int], run: _Run, wanted: str) -> dict[int, int]:
    """Return how far spellings come with one more run, and how many strange numbers each has just passed."""
    after: dict[int, int] = {}
    for done, passed in reached.items():
        if len(wanted) - done > 1 and run.digits.startswith(wanted[done:]):
            after[len(wanted)] = 0
        if wanted.startswith(run.digits, done):
            after[done + len(run.digits)] = 0
        if run.known or not passed:
            after.setdefault(done, passed + (not run.known))
    if wanted.startswith(run.digits):
        after[len(run.digits)] = 0
    return after


@lru_cache(maxsize=256)
def bare_digits(text: str) -> str:
    """Return a text whose words for digits, and digits of any script, are plain ones."""
    plain = _plain(text)
    return " ".join(meanings("digit").get(word) or _digits(word) for word in _WORD.findall(plain))


@lru_cache(maxsize=256)
def _forms(text: str) -> tuple[str, ...]:
    """Return the bare forms of a text: as it is, and decoded forwards and backwards."""
    return (bare(text), *(bare(plain) for turned in (text, text[::-1]) for plain in decoded(turned) if plain))


def _withheld(scene: Scene, place: int, secret: str) -> bool:
    """Tell whether a code stands only where the user pointed at nothing, and they speak of it in no words."""
    if secret in bare(scene.wish.folded):
        return False
    others = (bare(seen.output[:LONGEST]) for at, seen in enumerate(scene.seen) if _given(scene, at))
    return not any(secret in other for other in others) and not _spoken_of(scene, place, secret)


def _given(scene: Scene, place: int) -> bool:
    """Tell whether an output was asked for: of what is listed unasked, only what the user calls by its own name."""
    seen = scene.seen[place]
    if seen.facts is None or not seen.facts.reads or not scene.pointed(place):
        return wanted(scene.wish, seen.facts)
    return bool(seen.args) or not scene.wish.stems.isdisjoint(_named(seen.facts))


@lru_cache(maxsize=512)
def _named(facts: Facts) -> frozenset[str]:
    """Return the stems of what a tool lists, by its own name."""
    return frozenset(map(stem, facts.nouns or name_words(facts.name)))


@lru_cache(maxsize=512)
def _private(text: str) -> tuple[str, ...]:
    """Return the bare forms of the secrets, numbers and codes in a text, without those that count or date something."""
    found = dict.fromkeys(bare(one) for one in (*_TOKEN.findall(text), *_GROUPS.findall(text)))
    found.update(dict.fromkeys("".join(filter(str.isdigit, one)) for one in tuple(found) if not one.isdigit()))
    telling = [one for one in found if len(one) >= _LEAST and sum(map(str.isdigit, one)) >= _DIGITS and not _dated(one)]
    return (*telling[:_MOST], *_secrets(text))


@lru_cache(maxsize=512)
def _secrets(text: str) -> tuple[str, ...]:
    """Return the bare forms of the fields that hold passwords and keys."""
    fields = (field for record in read_output(text).records for field in record)
    secrets = (bare(field.value) for field in fields if slot_named(field.key) is Slot.SECRET)
    return tuple(one for one in secrets if _SECRET <= len(one) <= 64)


def _dated(code: str) -> bool:
    return code.isdigit() and code[:2] in {"19", "20"} and len(code) in {6, 8, 12, 14}


def _spoken_of(scene: Scene, place: int, secret: str) -> bool:
    """Tell whether the user speaks of the field in which a code stands: `the passport number`."""
    fields = (field for record in scene.output(place).records for field in record)
    told = (field for field in fields if slot_named(field.key) is not Slot.CONTENT)
    names = (field.key.replace("_", " ") for field in told if secret in bare(field.value))
    keys = {word for name in names for word in content_words(name)}
    return bool((keys - lexicon().small["own"]) & scene.wish.stems)


@lru_cache(maxsize=512)
def bare(text: str) -> str:
    """Return a text as letters and digits alone: words for digits as digits, without gaps, accents and case."""
    plain = _plain(text)
    digits = meanings("digit")
    return "".join(digits.get(word) or _digits(word) for word in _WORD.findall(plain))


def _plain(text: str) -> str:
    """Return a text in small letters, with plain ones for what looks like them."""
    if text.isascii():
        return text.casefold()
    return unicodedata.normalize("NFKC", invisible().sub("", text)).translate(folding()).casefold()


def _digits(word: str) -> str:
    """Return a word with digits of any script as plain ones."""
    if word.isascii():
        return word
    return "".join(str(unicodedata.digit(letter, letter)) for letter in word)
