"""What a tool's description tells where its name tells no deed: that it hands something out and changes nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import takewhile
from typing import Final

from accord.guard.flow.lexicon import Lexicon, Slot, lexicon

_WORD: Final = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_SENTENCE: Final = re.compile(r"[^.!?\n;:(,]*")
_PREAMBLE: Final = re.compile(
    r"\A\s*(?:this|the) (?:tool |function |endpoint |method |command |action )?"
    r"(?:will |can be used to |is used to |allows you to |lets you )",
    re.IGNORECASE,
)
_DEFAULT: Final = re.compile(r"(?i)\bdefaults?(?: (?:value|setting))?(?:\s*[:=]|\s+(?:to|is))?\s+[`'\"]?(true|false)\b")
_READ: Final = 400  # characters of a description that are read
_AND: Final = re.compile(r"(?:\b(?:and|then|und|dann|et|puis|y|luego|e|poi|en|dan|och|og|oraz)|,)\s+([^\W\d_]{3,})")
_KEYS: Final = frozenset({Slot.TARGET, Slot.DATE, Slot.PATH, Slot.OTHER, Slot.RECIPIENT, Slot.AMOUNT})


def said_of(description: str) -> list[str]:
    """Return the words of the first sentence of a description."""
    begun = _SENTENCE.match(_PREAMBLE.sub("", description[:_READ]).strip())
    return [word.casefold() for word in _WORD.findall(begun.group() if begun else "")]


def shows(parts: tuple[str, ...], description: str, slots: Iterable[Slot]) -> bool:
    """Tell whether a tool whose name tells no deed hands something out and changes nothing, by its description.

    It begins with a verb that shows; no word of an effect stands beside that or in the name, and the arguments only say
    which. A shell's own reads are known by their names.
    """
    words, said = lexicon(), said_of(description)
    if len(parts) == 1 and parts[0] in words.small["shell"]:
        return True
    if not said or not set(slots) <= _KEYS or not _begins_showing(parts, said, words):
        return False
    if any(_acts(after, words) for after in _AND.findall(description[:_READ].casefold())):
        return False
    nouns = _singular(said[1:])
    acting = (part for part in parts if _is_deed(part, words) and part not in words.small["informing"])
    return all(part in nouns or part in words.things for part in acting)


def usual(said: object) -> str:
    """Return what a switch is where nobody sets it, as its schema or its description declares: `Defaults to true`."""
    declared = said if isinstance(said, Mapping) else {}
    told = _DEFAULT.search(str(declared.get("description", ""))[:_READ])
    return str(declared.get("default", told[1] if told is not None else "")).casefold()


def _begins_showing(parts: tuple[str, ...], said: list[str], words: Lexicon) -> bool:
    """Tell whether a description begins with a verb that shows; what a tool `returns` has to be its own name."""
    small = words.small
    if said[0] in small["shown"] or said[0] in small["showing"]:
        return set(words.deeds.get(said[0], ("read",))) == {"read"}
    if said[0] in small["returning_it"]:
        return bool(_singular(parts) & _singular(said[1:]))
    what = takewhile(lambda word: word not in small["linking"] and word not in small["origin"], said[1:])
    return said[0] in small["handing_out"] and bool(_singular(what) & small["informing"])  # and no rights to a list


def _singular(said: Iterable[str]) -> set[str]:
    return {form for word in said for form in (word, word.removesuffix("s"))}


def _acts(word: str, words: Lexicon) -> bool:
    """Tell whether a word beside the first verb is one for an effect as well: `lists and deletes`."""
    forms = (word, word.removesuffix("s"), word.removesuffix("es"))
    return any(_is_deed(f, words) and f not in words.things and f not in words.small["informing"] for f in forms)


def _is_deed(word: str, words: Lexicon) -> bool:
    """Tell whether a word is one for an effect."""
    return set(words.deeds.get(word, ("read",))) != {"read"}
