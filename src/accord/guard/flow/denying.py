"""Where a deed is spoken of and not asked for: taken back, reported of others, asked about, or bound to a condition."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise, takewhile
from typing import Final, NamedTuple

from accord.guard.flow.lexicon import Lexicon, lexicon
from accord.guard.flow.pasting import TURN

_CLAUSE: Final = re.compile(r"[^.!?;:,\n()–—…]+")
_WORD: Final = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_SENTENCE: Final = frozenset(".!?\n")
_FAR: Final = 25
_SELF: Final = frozenset({"i", "we", "ich", "wir", "je", "nous", "io", "ik", "yo", "eu"})
_IF: Final = "if|when|unless|only|provided|as long as|wenn|falls|sofern|nur|si|sauf|se|solo|sólo|als|indien|alleen|caso"
_LEADING: Final = frozenset(one.partition(" ")[0] for one in _IF.split("|"))
_BOUND: Final = re.compile(
    rf"\b(?:{_IF})\b"
    r"[^.?!\n]{0,80}?(?P<side>\b(?:above|over|more than|exceed(?:s|ing)?|higher than|greater than|larger than|"
    r"über(?:steigt)?|mehr als|höher als|plus de|supérieur\w* à|más de|mayor que|superior a|più di|superiore a|"
    r"meer dan|hoger dan|mais de|maior que)|>|(?P<under>\b(?:below|under|less than|lower than|at most|up to|"
    r"no more than|cheaper than|smaller than|unter|weniger als|höchstens|moins de|inférieur\w* à|menos de|"
    r"menor que|meno di|inferiore a|minder dan|lager dan|hoogstens)|<))\s*=?\s*(?:[$€£¥]|EUR|USD|GBP|CHF)?\s*"
    r"(?P<figure>\d{1,3}(?:[.,' ]\d{3})+(?:[.,]\d{1,2})?|\d+(?:[.,]\d{1,2})?)(?!\d)",
    re.IGNORECASE,
)
_REST: Final = re.compile(r"[^.?!\n]*")


class Bound(NamedTuple):
    """What an amount must stay within, as the user says, and where in their words that stands."""

    least: float
    most: float
    span: tuple[int, int]


@lru_cache(maxsize=512)
def taken_back(text: str) -> int:
    """Return up to where a user's words are taken back by a later `no, don't` or `never mind`; 0 where nothing is."""
    small = lexicon().small
    if TURN not in text and small["retracting"].isdisjoint(_WORD.findall(text.lower().replace("’", "'"))):
        return 0
    end = 0
    for match in _CLAUSE.finditer(text):
        if match.end() - match.start() > 60:
            continue
        said = [word.replace("’", "'") for word in _WORD.findall(match.group().lower())]
        words = set(said)
        if not said or not words <= small["retract"] or not words & small["retracting"]:
            continue
        if not (words & small["negation"] and words & small["forget"]):  # `don't forget` asks once more
            end = match.end()
    return max(end, _replaced(text))


def _replaced(text: str) -> int:
    """Return where a later turn begins that asks for something else instead: `hold on, archive it instead`."""
    small = lexicon().small
    turn = text.rfind(TURN)
    if turn < 0:
        return 0
    said = [word.replace("’", "'") for word in _WORD.findall(text[turn:].lower())]
    instead = any(word in small["instead"] and other != "of" for word, other in pairwise([*said, ""]))
    return turn if instead else 0


def denied(plain: Sequence[str], at: int, words: Lexicon) -> bool:
    """Tell whether the deed at a place is forbidden from afar, somebody else's word, or what the user asks about."""
    small = words.small
    sentence = words_before(plain, at, _SENTENCE)
    clause = words_before(plain, at, _SENTENCE | small["joining"])
    return (
        _forbidden(sentence, clause, small["negation"], small["between"])
        or _reported(clause, small["reporting"])
        or _wondered(plain, at, sentence, small["aux"])
    )


def words_before(plain: Sequence[str], at: int, ends: frozenset[str], many: int = _FAR) -> list[str]:
    """Return up to so many words before a place, back to the nearest of what ends a sentence or a clause."""
    return [*takewhile(lambda word: word not in ends, reversed(plain[max(0, at - many) : at]))][::-1]


def _forbidden(sentence: list[str], clause: list[str], negation: frozenset[str], between: frozenset[str]) -> bool:
    """Tell whether a no stands before the deed with nothing between that takes it: `do not under any circumstances`."""
    no = next((at for at in range(len(clause) - 1, -1, -1) if clause[at] in negation), None)
    if no is not None and no < len(clause) - 2 and set(clause[no + 1 :]) <= between:
        return True
    if no is not None and clause[-1] in lexicon().small["either_or"]:  # `don't file or book anything`
        return True
    parts: list[list[str]] = [[]]
    for word in sentence:
        parts.append([]) if word == "," else parts[-1].append(word)
    bare = ({"do", "not"}, {"don't"}, {"never"}, {"please", "don't"}, {"please", "do", "not"})
    return any(set(part) in bare for part in parts[:-1] if part)


def _reported(clause: list[str], reporting: frozenset[str]) -> bool:
    """Tell whether somebody else is said to want the deed: `Bob says pay`, `the letter wants you to pay`."""
    for at, word in enumerate(clause):
        if word in reporting and at and clause[at - 1] not in _SELF | {"you", "to", "also", "please", "just"}:
            return True
    return False


def _wondered(plain: Sequence[str], at: int, sentence: list[str], aux: frozenset[str]) -> bool:
    """Tell whether the user asks about the deed instead of for it: `do I have to pay this?`, `who approved it?`.

    A question asks for a deed where it turns to the one who is to do it, or begins with the deed.
    """
    end = next((word for word in plain[at + 1 : at + 60] if word in _SENTENCE), "")
    if end != "?" or not sentence:
        return False
    small = lexicon().small
    if any(one in aux and other in _SELF for one, other in pairwise(sentence)):
        return True
    anybody = any(one in {"se", "man", "men", "on"} for one in sentence)  # `¿se puede anular?`
    if set(sentence) & small["to_you"] and not anybody:
        return False
    if anybody and "se" in sentence:
        return True
    return bool({*sentence[:2]} & small["questioning"])


def bidden(before: Sequence[str], plain: Sequence[str], at: int, words: Lexicon) -> bool:
    """Tell whether a verb that opens nothing is asked for all the same, as other languages than English ask.

    `peux-tu valider`, `tu les refuses`, `kannst du den Bescheid zustellen`, `it shall be moved`; not `quand tu`.
    """
    small = words.small
    last = before[-1] if before else ""
    if set(before) & (small["condition"] | small["negation"]):
        return False
    if last in small["bidding"] or (last == "be" and before[-2:-1] and before[-2] in small["duty"]):
        return True
    if last in small["article"] and before[-2:-1] and before[-2] in small["light"]:
        return True  # `make a copy`
    if last == "de" and before[-2:-1] and before[-2] in small["thanking"]:
        return True
    if last in small["clitic"] and before[-2:-1] and before[-2] in small["bidding"]:
        return True
    following = plain[at + 1] if at + 1 < len(plain) else "."
    ends = not following[:1].isalnum() or following in small["joining"] | small["linking"] | small["onto"]
    sentence = words_before(plain, at, _SENTENCE)
    wanted = bool(small["modal"] & set(sentence)) and not small["negation"] & set(sentence)
    return ends and plain[at].endswith("n") and wanted


def conditional(plain: Sequence[str], at: int) -> bool:
    """Tell whether a deed hangs on a condition that is said in the same sentence."""
    after = takewhile(lambda word: word not in _SENTENCE, plain[at + 1 : at + 1 + _FAR])
    return not lexicon().small["condition"].isdisjoint((*words_before(plain, at, _SENTENCE), *after))


@lru_cache(maxsize=512)
def bounds(text: str) -> tuple[Bound, ...]:
    """Return what the user says an amount must stay within: `if it is below 100`, `don't if it is above 100`."""
    if not any(map(str.isdigit, text)) or _LEADING.isdisjoint(_WORD.findall(text.lower())):
        return ()
    return tuple(_bound(match, text) for match in _BOUND.finditer(text))


def _bound(match: re.Match[str], text: str) -> Bound:
    digits = match["figure"].replace(" ", "").replace("'", "")
    whole, point, cents = digits.rpartition("," if digits.rfind(",") > digits.rfind(".") else ".")
    plain = "".join(filter(str.isdigit, whole))
    figure = float(f"{plain}.{cents}") if point and len(cents) < 3 else float("".join(filter(str.isdigit, digits)))
    rest = _REST.match(text, match.end())
    begin = max(text.rfind(mark, 0, match.start()) for mark in ".?!\n") + 1
    told = set(_WORD.findall((text[begin : match.end()] + (rest.group() if rest else "")).lower().replace("’", "'")))
    turned = bool(told & lexicon().small["negation"]) or match.group().lower().startswith(("unless", "sauf"))
    if match["under"] and "no more than" in match["under"].lower():
        turned = False
    under = bool(match["under"]) is not turned
    return Bound(0.0, figure, match.span()) if under else Bound(figure, float("inf"), match.span())
