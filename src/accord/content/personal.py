"""Recognising personal data in text: by form and, wherever there is one, by checksum."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Final, NamedTuple

from accord.content.secrets import read_rules

_MOST = 5000
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


class _Found(NamedTuple):
    length: int
    sure: bool


_Check = Callable[[str], _Found | None]


class _Rule(NamedTuple):
    name: str
    pattern: re.Pattern[str]
    check: _Check


def personal(text: str) -> Iterator[Personal]:
    """Yield the personal data in `text`, in order, none overlapping; at most five thousand. Linear in the text."""
    hits = sorted((hit for rule in _rules() for hit in _hits(text, rule)), key=lambda hit: (hit[0], -hit[1]))
    starts = [0, *(match.end() for match in re.finditer("\n", text))] if hits else []
    reached = 0
    for start, end, name, sure in hits[:_MOST]:
        if start < reached:
            continue
        reached = end
        line = bisect_right(starts, start)
        yield Personal(name, start, end, line, start - starts[line - 1] + 1, text[start : start + 3] + "…", sure)


def _hits(text: str, rule: _Rule) -> Iterator[tuple[int, int, str, bool]]:
    count = 0
    for match in rule.pattern.finditer(text):
        found = rule.check(match[1])
        if found:
            count += 1
            yield match.start(1), match.start(1) + found.length, rule.name, found.sure
        if count >= _MOST:
            return


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
    if labels[-1].lower() in {"png", "jpg", "jpeg", "gif", "svg", "webp", "js", "css", "py"}:
        return None  # icon@2x.png
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
    return _Found(len(value), sure=True) if plain else None


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
    return _Found(len(value), sure=True) if real else None


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
    month, day = int(value[2:4]), int(value[4:6])
    real = 1 <= month <= 12 and 1 <= day <= 31 and luhn(_digits(value))
    return _Found(len(value), sure=True) if real else None


def _ssn(value: str) -> _Found | None:
    area, group, serial = value.split("-")
    real = area not in {"000", "666"} and area < "900" and group != "00" and serial != "0000"
    return _Found(len(value), sure=False) if real else None


def luhn(digits: str) -> bool:
    """Tell whether the last digit is the right check digit (ISO/IEC 7812-1)."""
    total = 0
    for position, one in enumerate(reversed(digits)):
        value = int(one) * (1 + position % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


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
        _Rule(one["name"], re.compile(one["pattern"], re.ASCII), _CHECKS[one["check"]]) for one in said["personal"]
    )
