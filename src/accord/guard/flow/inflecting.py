"""One stem for the forms of a word: endings of a few families of languages, and prefixes that part from their verb."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, lru_cache
from typing import Final, NamedTuple

from accord.guard.flow.lexicon import lexicon

_LEAST: Final = 3
_CLITICS: Final = re.compile(r"(?<=[aeir])(?:[mts]e|ce|gli?e?)?(?:l[aeo]s?|les?|li|me|mi|nos|ne|ci)$")
_CLITIC_ENDS: Final = frozenset("aeios")
_PAIRS: Final = {"qu": "s", "gu": "g", "gh": "g", "ch": "s"}
_LETTERS: Final = {"v": "f", "z": "s", "c": "s", "y": "i", "j": "g"}
_VOWELS: Final = re.compile("[iuao]e")
_LIGATURES: Final = str.maketrans({"ß": "ss", "ł": "l", "ø": "o", "æ": "ae", "œ": "oe", "ı": "i"})
_DOUBLE: Final = re.compile(r"(.)\1")
_COMPOUND: Final = 4  # letters that a compound shares with its head


class _Endings(NamedTuple):
    """Endings of verbs with the letters they leave at least, of persons, of nouns for deeds, and of plurals."""

    verb: tuple[tuple[str, int], ...]
    person: tuple[str, ...]
    deed: tuple[str, ...]
    plural: tuple[str, ...]
    strong: Mapping[str, str]


@cache
def _endings() -> _Endings:
    small = lexicon().small
    person, deed, plural = (tuple(sorted(small[kind])) for kind in ("person_ending", "deed_ending", "plural_ending"))
    verb = tuple((end, _LEAST + (len(end) >= _LEAST)) for end in sorted(small["verb_ending"]))  # `delete`, not `delen`
    return _Endings(verb, person, deed, plural, dict(pair.split(":") for pair in sorted(small["strong"])))


@cache
def particles() -> frozenset[str]:
    """Return the words that part from their verb, or join it: `stellen Sie ... zu`, `zustellen`, `call off`."""
    return lexicon().small["particle"]


@lru_cache(maxsize=8192)
def folded(word: str) -> str:
    """Return a word in lower case without accents."""
    plain = unicodedata.normalize("NFKD", word.casefold().translate(_LIGATURES))
    return plain if plain.isascii() else "".join(one for one in plain if not unicodedata.combining(one))


@lru_cache(maxsize=8192)
def stems(word: str, *, persons: bool = False) -> frozenset[str]:
    """Return the stems that a form of a verb may have: infinitives, commands and, with `persons`, `sends` and `stelt`.

    What has happened is no command: `validé`, `approved` and `genehmigt` keep their endings.
    """
    whole = word.casefold().partition("-")[0]
    plain = folded(whole)
    if whole.endswith(("é", "ée", "és", "ées")):
        return frozenset({plain})
    forms, endings = [plain], _endings()
    bare = _CLITICS.sub("", plain) if plain[-1:] in _CLITIC_ENDS else plain
    if bare != plain and len(bare) > _LEAST:
        forms.append(bare)
    if persons:
        forms += [form[: -len(end)] for form in forms for end in endings.person if form.endswith(end)]
    found = set(forms)
    for form in forms:
        for end, kept in endings.verb:
            if form.endswith(end) and len(form) - len(end) >= kept:
                found.add(form[: -len(end)])
    return frozenset(one for stem in found if len(stem) >= _LEAST for one in _normal(stem) if len(one) >= _LEAST)


def _normal(stem: str) -> tuple[str, ...]:
    """Return a stem as it is compared: one letter for two, and letters that change before an ending made one."""
    plain = _DOUBLE.sub(r"\1", stem)
    last = plain[-2:]
    if last in _PAIRS:
        plain = plain[:-2] + _PAIRS[last]
    if plain[-1:] in _LETTERS:
        plain = plain[:-1] + _LETTERS[plain[-1]]
    plain = _endings().strong.get(plain, plain)
    if "e" not in plain or _VOWELS.search(plain) is None:
        return (plain,)
    spanish, german = plain.replace("ie", "e").replace("ue", "o"), plain
    for pair, one in (("ae", "a"), ("oe", "o"), ("ue", "u")):
        german = german.replace(pair, one)
    return (plain, spanish, german)


@lru_cache(maxsize=2048)
def acts_of(noun: str) -> frozenset[str]:
    """Return the stems of the verb that a noun for a deed is made of: `shipment` of `ship`, `Überweisung`."""
    form = folded(noun)
    cut = (form.removesuffix(end) for end in _endings().deed if form.endswith(end))
    return frozenset(stem for verb in (form, *cut) if len(verb) >= _LEAST for stem in stems(verb))


def joined(word: str, particle: str, *, persons: bool = False) -> frozenset[str]:
    """Return the stems of a verb that a particle belongs to."""
    return frozenset(f"{folded(particle)}|{stem}" for stem in stems(word, persons=persons))


@lru_cache(maxsize=8192)
def deeds_of(word: str) -> frozenset[str]:
    """Return the stems of a word for a deed, with the particle that it begins with, or ends with after a line."""
    verb, _, after = word.partition("_")
    if after:
        return joined(verb, after) if after in particles() else frozenset()
    return stems(word).union(*(joined(rest, particle) for particle, rest in _parted(word)))


def _parted(word: str) -> Iterator[tuple[str, str]]:
    for length in range(2, min(9, len(word) - _LEAST)):
        particle, rest = word[:length], word[length:]
        if particle in particles() or any(folded(one) == particle for one in ("zurück",)):
            yield particle, rest
            if rest.startswith("zu") and len(rest) > _LEAST + 2:  # `zuzustellen`
                yield particle, rest[2:]


@lru_cache(maxsize=8192)
def noun_stems(word: str) -> frozenset[str]:
    """Return the stems that a noun may have, without the endings of plurals."""
    form = folded(word)
    found = {form, *(form.removesuffix(end) for end in _endings().plural)}
    if form.endswith("ies"):
        found.add(form[:-3] + "y")
    found.update([one.replace("ae", "a").replace("oe", "o").replace("ue", "u") for one in found])
    return frozenset(one for one in found if len(one) >= _LEAST) | {form}


def same_noun(one: str, other: str) -> bool:
    """Tell whether two words name one thing: another number of it, or a compound with it as its head."""
    first, second = noun_stems(one), noun_stems(other)
    if first & second:
        return True
    short, long = sorted((folded(one), folded(other)), key=len)
    return len(short) >= _COMPOUND and len(long) - len(short) >= _LEAST and any(long.endswith(s) for s in (short,))


def any_noun(ones: Iterable[str], others: Iterable[str]) -> bool:
    """Tell whether two groups of words name one thing in common."""
    known = tuple(others)
    return any(same_noun(one, other) for one in ones for other in known)
