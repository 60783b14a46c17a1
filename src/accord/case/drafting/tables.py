"""What drafting knows of words: how transcripts name who speaks, how tools name effects, how attacks sound."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from accord.core.finding import Severity
from accord.core.shipped import DATA


@dataclass(frozen=True, slots=True, kw_only=True)
class Stems:
    """The beginnings of words that tell an effect: one of `verbs`, and one of `nouns` where there are any."""

    does: str
    verbs: tuple[str, ...]
    nouns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """How names of tools and arguments, and instructions, tell an effect."""

    tools: tuple[Stems, ...]
    texts: tuple[Stems, ...]
    arguments: Mapping[str, tuple[str, ...]]
    instead: Mapping[str, Mapping[str, tuple[str, ...]]]
    telling: Mapping[str, tuple[str, ...]]
    said: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """How transcripts and reports name what stands in them, and how attacks sound."""

    labels: Mapping[str, tuple[str, ...]]
    leads: Mapping[str, tuple[str, ...]]
    aside: tuple[str, ...]
    hostile: tuple[str, ...]
    say: tuple[str, ...]
    asks: tuple[str, ...]
    keep: tuple[str, ...]
    sources: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Ids of frameworks and a severity."""

    atlas: tuple[str, ...] = ()
    owasp: tuple[str, ...] = ()
    cwe: tuple[str, ...] = ()
    severity: Severity = Severity.MEDIUM


@dataclass(frozen=True, slots=True, kw_only=True)
class Classes:
    """What is said of a draft by what it does."""

    classes: Mapping[str, Standing]
    planted: Standing
    direct: Standing
    provisions: tuple[str, ...] = ()
    channels: Mapping[str, str] = field(default_factory=dict)
    grave: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """Given names, titles, and words that are no surname though a capital begins them."""

    given: tuple[str, ...]
    titles: tuple[str, ...]
    not_surnames: tuple[str, ...]


@cache
def effects() -> Effects:
    """Return the words of effects; they are read once."""
    from accord.record.codec import decode

    return decode(_data("effects.yaml"), Effects, path="effects.yaml")


@cache
def words() -> Words:
    """Return the words of transcripts and attacks; they are read once."""
    from accord.record.codec import decode

    return decode(_data("words.yaml"), Words, path="words.yaml")


@cache
def classes() -> Classes:
    """Return what is said of each class of draft; it is read once."""
    from accord.record.codec import decode

    return decode(_data("classes.yaml"), Classes, path="classes.yaml")


@cache
def names() -> Names:
    """Return the words by which names of persons are told; they are read once."""
    from accord.record.codec import decode

    return decode(_data("names.yaml"), Names, path="names.yaml")


@cache
def labels() -> Mapping[str, str]:
    """Return which part each label names."""
    return {label: part for part, told in words().labels.items() for label in told}


@cache
def either(name: str) -> re.Pattern[str]:
    """Return a pattern for any word or phrase of one list (`hostile`, `say`, `asks`, `keep`), as whole words."""
    return phrases(getattr(words(), name))


@cache
def command() -> re.Pattern[str]:
    """Return a pattern for a sentence that begins with what is to be done: `Transfer …`, `3. Delete …`."""
    verbs = sorted({verb for stems in effects().texts for verb in stems.verbs}, key=len, reverse=True)
    return re.compile(
        rf"(?:^|[.!?:>\n]\s*|\d\.\s+)[\"'*-]{{0,3}}\s*(?:{'|'.join(verbs)})[a-z]{{0,3}}\s+\w", re.IGNORECASE
    )


def phrases(told: tuple[str, ...]) -> re.Pattern[str]:
    """Return a pattern for any of these words or phrases, as whole words, whatever the case of letters."""
    longest = sorted(told, key=len, reverse=True)
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, longest))})(?!\w)", re.IGNORECASE)


def _data(name: str) -> bytes:
    return (DATA / "drafting" / name).read_bytes()
