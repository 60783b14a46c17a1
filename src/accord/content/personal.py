"""Recognising personal data in text: by form and, wherever there is one, by checksum."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache, partial
from typing import Final, NamedTuple

from accord.content.national import luhn, plausible
from accord.content.secrets import read_rules

__all__ = ["Personal", "luhn", "personal"]

_MOST = 5000
_NEAR = 60  # characters before a number in which a word may say what it is
_HEADER = 4000
_SHORT = 6  # letters of a word that may stand in another by chance
_CARDS: Final = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|5[1-5]\d{14}|2[2-7]\d{14}|3[47]\d{13}|3[068]\d{12}|6(?:011|5\d\d|4[4-9]\d)\d{12}|35\d{14}"
)


class Personal(NamedTuple):
    """A piece of personal data: what kind, where, only its first three characters, and whether it is sure.

    Not sure are addresses of a role, reserved example domains, and numbers without a checksum.
    """

    name: str
    start: int
    end: int
    line: int
    column: int
    masked: str
    sure: bool


class _Anchor(NamedTuple):
    """What must stand in a match, and how far the match may reach before and after it."""

    pattern: re.Pattern[str] | None
    before: int
    after: int


_ANCHORS: Final[Mapping[str, _Anchor]] = {
    "digits": _Anchor(re.compile(r"[0-9][0-9 ./-]{4,}"), 48, 64),
    "at": _Anchor(re.compile("@"), 80, 260),
    "none": _Anchor(None, 0, 0),
}


class _Found(NamedTuple):
    length: int
    sure: bool


_Check = Callable[[str], _Found | None]


class _Rule(NamedTuple):
    name: str
    pattern: re.Pattern[str]
    check: _Check
    near: tuple[str, ...] = ()
    anchor: str = "digits"


def personal(text: str) -> Iterator[Personal]:
    """Yield the personal data in `text`, in order, none overlapping; at most five thousand. Linear in the text."""
    small = text.lower()
    rules = [rule for rule in _rules() if not rule.near or any(word in small for word in rule.near)]
    windows = {name: tuple(_windows(text, anchor)) for name, anchor in _ANCHORS.items()}
    found = (hit for rule in rules for hit in _hits(text, rule, windows[rule.anchor]))
    hits = sorted(found, key=lambda hit: (hit[0], -hit[1]))
    starts = [0, *(match.end() for match in re.finditer("\n", text))] if hits else []
    reached = 0
    for start, end, name, sure in hits[:_MOST]:
        if start < reached:
            continue
        reached = end
        line = bisect_right(starts, start)
        yield Personal(name, start, end, line, start - starts[line - 1] + 1, text[start : start + 3] + "…", sure)


def _windows(text: str, anchor: _Anchor) -> Iterator[tuple[int, int]]:
    """Yield the stretches around what a rule cannot do without: most of a text is never looked at twice."""
    if anchor.pattern is None:
        yield 0, len(text)
        return
    begin = end = -1
    for match in anchor.pattern.finditer(text):
        if match.start() - anchor.before > end:
            if end >= 0:
                yield begin, end
            begin = max(0, match.start() - anchor.before)
        end = min(len(text), match.end() + anchor.after)
    if end >= 0:
        yield begin, end


def _hits(text: str, rule: _Rule, windows: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int, str, bool]]:
    count = 0
    known = not rule.near or _says(text[:_HEADER].partition("\n")[0], rule.near)  # tables name their columns there
    for match in (match for start, end in windows for match in rule.pattern.finditer(text, start, end)):
        near = known or _says(text[max(0, match.start(1) - _NEAR) : match.start(1)], rule.near)
        found = rule.check(match[1]) if near else None
        if found:
            count += 1
            yield match.start(1), match.start(1) + found.length, rule.name, found.sure
        if count >= _MOST:
            return


def _says(text: str, words: tuple[str, ...]) -> bool:
    """Tell whether a text has one of the words in it."""
    small = text.lower()
    return any(word in small and _alone(word).search(small) for word in words)


@cache
def _alone(word: str) -> re.Pattern[str]:
    """Return what finds a word; short ones only as words of their own: `tin` is in `rating`, `uid` in `guide`."""
    plain = re.escape(word)
    return re.compile(rf"(?<![^\W\d_]){plain}(?![^\W\d_])" if len(word) <= _SHORT else plain)


def _email(value: str) -> _Found | None:
    value = value.rstrip(".-")
    local, _, domain = value.partition("@")
    labels = domain.split(".")
    if (
        len(labels) < 2
        or not all(0 < len(one) <= 63 for one in labels)
        or not re.fullmatch(r"[A-Za-z]{2,24}", labels[-1])
    ):
        return None
    if local == "git" or labels[-1].lower() in {"png", "jpg", "jpeg", "gif", "svg", "webp", "js", "css", "py"}:
        return None  # git@host:path, icon@2x.png
    said = read_said()
    return _Found(len(value), not re.search(said.reserved, domain) and local.lower() not in said.roles)


def _phone(value: str) -> _Found | None:
    digits = _digits(value)
    plain = (
        8 <= len(digits) <= 15
        and len(set(digits)) > 2
        and "--" not in value
        and ".." not in value
        and "  " not in value
    )
    if not plain or re.match(r"\+(?:\d{4}-\d\d-\d\d|\d{1,2}\.\d+$)", value):  # a date or a number with a sign
        return None
    return _Found(len(value), sure=not re.fullmatch(r"1\d{3}55501\d\d", digits))  # kept for films, as 555-01xx


def _iban(value: str) -> _Found | None:
    length = read_said().iban_lengths.get(value[:2])
    count = 0
    for at, char in enumerate(value):
        count += char != " "
        if count == length:
            packed = value[: at + 1].replace(" ", "")
            number = "".join(str(int(one, 36)) for one in packed[4:] + packed[:4])
            ends = at + 1 == len(value) or not value[at + 1].isalnum()
            return _Found(at + 1, sure=True) if ends and int(number) % 97 == 1 else None
    return None


def _card(value: str) -> _Found | None:
    digits = _digits(value)
    spaced = "  " not in value and "--" not in value
    real = spaced and _CARDS.fullmatch(digits) and len(set(digits)) > 1 and luhn(digits)
    usual = len(digits) not in {13, 19} or not value.isdigit()  # as rare as numbers of that length are common
    return _Found(len(value), sure=usual) if real else None


def _nhs(value: str) -> _Found | None:
    digits = [int(one) for one in _digits(value)]
    rest = 11 - sum(weight * one for weight, one in zip(range(10, 1, -1), digits, strict=False)) % 11
    return _Found(len(value), sure=True) if rest % 11 == digits[9] and len(set(digits)) > 2 else None


def _dni(value: str) -> _Found | None:
    number = value[:-1].rstrip("-").translate(str.maketrans("XYZ", "012"))
    return _Found(len(value), sure=True) if "TRWAGMYFPDXBNJZSQVHLCKE"[int(number) % 23] == value[-1] else None


def _nir(value: str) -> _Found | None:
    packed = value.replace(" ", "")
    number = packed[:13].replace("2A", "19").replace("2B", "18") if packed[5:7] in {"2A", "2B"} else packed[:13]
    month = packed[3:5]
    real = len(packed) == 15 and number.isdigit() and ("01" <= month <= "12" or month >= "20")
    return _Found(len(value), sure=True) if real and 97 - int(number) % 97 == int(packed[13:]) else None


def _pesel(value: str) -> _Found | None:
    digits = [int(one) for one in value]
    month, day = int(value[2:4]) % 20, int(value[4:6])
    weighed = sum(weight * one for weight, one in zip((1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1), digits, strict=True))
    return _Found(11, sure=True) if 1 <= month <= 12 and 1 <= day <= 31 and weighed % 10 == 0 else None


def _cpf(value: str) -> _Found | None:
    digits = [int(one) for one in _digits(value)]
    if len(set(digits)) == 1:
        return None
    for length in (9, 10):
        total = sum(weight * one for weight, one in zip(range(length + 1, 1, -1), digits, strict=False))
        if total * 10 % 11 % 10 != digits[length]:
            return None
    return _Found(len(value), sure=True)


def _personnummer(value: str) -> _Found | None:
    digits = _digits(value)[-10:]  # the century may stand before, and luhn leaves it out
    month, day = int(digits[2:4]), int(digits[4:6]) % 60  # 60 is added for those who only stay a while
    real = 1 <= month <= 12 and 1 <= day <= 31 and luhn(digits)
    return _Found(len(value), sure=True) if real else None


def _ssn(value: str) -> _Found | None:
    digits = _digits(value)
    area, group, serial = digits[:3], digits[3:5], digits[5:]
    real = area not in {"000", "666"} and area < "900" and group != "00" and serial != "0000"
    return _Found(len(value), sure=False) if real else None


def _national(value: str, *, holds: Callable[[str], bool], sure: bool) -> _Found | None:
    return _Found(len(value), sure) if holds(value) else None


def _digits(value: str) -> str:
    return re.sub("[^0-9]", "", value)


_CHECKS: Final[Mapping[str, _Check]] = {
    "email": _email,
    "phone": _phone,
    "iban": _iban,
    "card": _card,
    "nhs": _nhs,
    "dni": _dni,
    "nir": _nir,
    "pesel": _pesel,
    "cpf": _cpf,
    "personnummer": _personnummer,
    "ssn": _ssn,
}


class Said(NamedTuple):
    """What the data file says besides the patterns."""

    reserved: re.Pattern[str]
    roles: frozenset[str]
    iban_lengths: Mapping[str, int]


@cache
def read_said() -> Said:
    """Return reserved domains, names of roles and lengths of IBANs, read once."""
    said = read_rules("personal.yaml")
    return Said(re.compile(said["reserved"]), frozenset(said["roles"]), said["iban_lengths"])


@cache
def _rules() -> tuple[_Rule, ...]:
    said = read_rules("personal.yaml")
    return tuple(
        _Rule(
            one["name"],
            re.compile(one["pattern"], re.ASCII),
            _CHECKS[one["check"]]
            if "check" in one
            else partial(_national, holds=plausible(one), sure=one.get("sure", True)),
            tuple(one.get("near", ())),
            one.get("anchor", "digits"),
        )
        for one in said["personal"]
    )
