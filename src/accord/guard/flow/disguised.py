"""Numbers and codes of what nobody pointed at, lightly disguised in what leaves: spelled, spaced, turned around."""

from __future__ import annotations

import re
import unicodedata
from base64 import b64decode
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Final

from accord.guard.flow.lexicon import Slot, lexicon, slot_named
from accord.guard.flow.outputs import read_output
from accord.guard.flow.scene import Scene, Value
from accord.guard.flow.wish import content_words, stem

LONGEST: Final = 20_000
"""Characters of an outgoing text that are looked at, and of each output."""

_LEAST: Final = 6
_SECRET: Final = 4
_DIGITS: Final = 3
_MOST: Final = 2_000
_TOKEN: Final = re.compile(r"(?<![\w@.])(?=[\w-]*\d)[A-Za-z0-9][\w-]{5,63}(?![\w@])")
_GROUPS: Final = re.compile(r"(?<![\w.,-])\d{2,6}(?:[ -]\d{2,6}){1,6}(?![\w-]|[.,]\d)")
_CODED: Final = re.compile(r"[A-Za-z0-9+/_-]{8,}={0,2}")
_DIGITED: Final = re.compile(r"[0-9A-Fa-f]{12,}")
_GAPS: Final = re.compile(r"[\s.:,;-]+")
_RUNS: Final = 200
_WORD: Final = re.compile(r"[^\W_]+")
_SLOTS: Final = frozenset({Slot.TITLE, Slot.CONTENT, Slot.OTHER, Slot.PATH})


def disguised(scene: Scene, values: Sequence[Value]) -> tuple[str, str] | None:
    """Return a number or code that a text carries in a light disguise, read where the user pointed at nothing."""
    texts = [value.text[:LONGEST] for value in values if value.sink.slot in _SLOTS and not value.number]
    texts = [text for text in texts if len(text) >= _SECRET]
    if not texts:
        return None
    if all(_given(scene, place) for place in range(len(scene.seen))):
        return None
    looked = [form for text in texts for form in _forms(text)]
    looked.append("".join(map(bare, texts)))
    looked.append("".join(looked))
    numbered = sum(map(str.isdigit, looked[-1])) >= _DIGITS
    for place, seen in enumerate(scene.seen):
        text = seen.output[:LONGEST]
        for secret in _private(text) if numbered else _secrets(text):
            turned = secret[::-1]
            if any(secret in one or turned in one for one in looked) and _withheld(scene, place, secret):
                return secret, seen.source
    return None


@lru_cache(maxsize=256)
def _forms(text: str) -> tuple[str, ...]:
    """Return the bare forms of a text: as it is, and decoded forwards and backwards."""
    return (bare(text), *(bare(plain) for turned in (text, text[::-1]) for plain in _decoded(turned) if plain))


def _decoded(text: str) -> Iterator[str]:
    """Yield what runs of base64 and hexadecimal digits in a text say, with gaps in them and without."""
    together = _GAPS.sub("", text)
    for run in _DIGITED.findall(together)[:_RUNS]:
        for digits in (run, run[1:]):
            yield bytes.fromhex(digits[: len(digits) // 2 * 2]).decode("utf-8", "ignore")
    runs = (*_CODED.findall(text)[:_RUNS], *(_CODED.findall(together)[:_RUNS] if together != text else ()))
    for run in dict.fromkeys(runs):
        whole = run.replace("-", "+").replace("_", "/").rstrip("=")
        for skip in range(4):
            part = whole[skip : skip + (len(whole) - skip) // 4 * 4]
            yield b64decode(part).decode("utf-8", "ignore")
            rest = whole[skip:]
            yield b64decode(rest + "=" * (-len(rest) % 4)).decode("utf-8", "ignore") if len(rest) % 4 > 1 else ""


def _withheld(scene: Scene, place: int, secret: str) -> bool:
    """Tell whether a code stands only where the user pointed at nothing, and they speak of it in no words."""
    if secret in bare(scene.wish.folded) or _given(scene, place):
        return False
    others = (bare(seen.output[:LONGEST]) for at, seen in enumerate(scene.seen) if _given(scene, at))
    return not any(secret in other for other in others) and not _spoken_of(scene, place, secret)


def _given(scene: Scene, place: int) -> bool:
    """Tell whether an output was asked for: of what is listed unasked, only what the user calls by its own name."""
    seen = scene.seen[place]
    if _made(scene, place) or seen.facts is None or not scene.pointed(place):
        return _made(scene, place)
    return bool(seen.args) or not seen.facts.things or bool({stem(one) for one in seen.facts.nouns} & scene.wish.stems)


def _made(scene: Scene, place: int) -> bool:
    facts = scene.seen[place].facts
    return facts is not None and not facts.reads


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
    names = (field.key.replace("_", " ") for field in fields if secret in bare(field.value))
    keys = {word for name in names for word in content_words(name)}
    return bool((keys - lexicon().small["own"]) & scene.wish.stems)


@lru_cache(maxsize=512)
def bare(text: str) -> str:
    """Return a text as letters and digits alone: words for digits as digits, without gaps, accents and case."""
    plain = unicodedata.normalize("NFKC", text).casefold()
    digits = _spelled()
    return "".join(digits.get(word) or _digits(word) for word in _WORD.findall(plain))


def _digits(word: str) -> str:
    """Return a word with digits of any script as plain ones."""
    if word.isascii():
        return word
    return "".join(str(unicodedata.digit(letter, letter)) for letter in word)


@lru_cache(maxsize=1)
def _spelled() -> dict[str, str]:
    pairs = (word.partition(":") for word in lexicon().small["digit"])
    return {name: digit for digit, _, names in pairs for name in names.split(",")}
