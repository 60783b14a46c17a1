"""National identity numbers: checksums that many countries share, with what each country puts in as data."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final, NamedTuple

_VERHOEFF_D: Final = (
    "0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
    "5987604321", "6598710432", "7659821043", "8765932104", "9876543210",
)  # fmt: skip
_VERHOEFF_P: Final = (
    "0123456789", "1576283094", "5803796142", "8916043527", "9453126870", "4286573901", "2793806415", "7046913258",
)  # fmt: skip
_FISCAL_ODD: Final = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23)
_HETU: Final = "0123456789ABCDEFHJKLMNPRSTUVWXY"
_CURP: Final = "0123456789ABCDEFGHIJKLMNÑOPQRSTUVWXYZ"
_TAIWAN: Final = "ABCDEFGHJKLMNPQRSTUVXYWZIO"


class Sum(NamedTuple):
    """A weighted sum and the digit it must give: `take` is rest, minus or minus-ten; `ten` is what 10 is written as."""

    weights: tuple[int, ...]
    modulo: int
    take: str = "minus"
    offset: int = 0
    ten: int | None = None
    at: int | None = None


def plausible(said: Mapping[str, Any]) -> Callable[[str], bool]:
    """Return the test that a recogniser's data asks for: a named checksum or sums, and a date inside."""
    sums = tuple(
        Sum(tuple(one["weights"]), **{key: one[key] for key in one if key != "weights"}) for one in said.get("sums", ())
    )
    named = _NAMED[said["algorithm"]] if "algorithm" in said else None
    return partial(_holds, named=named, sums=sums, date=said.get("date"))


def _holds(
    value: str, *, named: Callable[[str], bool] | None, sums: Sequence[Sum], date: Mapping[str, Any] | None
) -> bool:
    digits = [int(one) for one in re.sub("[^0-9]", "", value)]
    if named is not None and not named(value):
        return False
    if (len(digits) > 8 and len(set(digits)) <= 2) or (date is not None and not _dated(digits, date)):
        return False
    return all(_adds_up(digits, one) for one in sums)


def _dated(digits: Sequence[int], date: Mapping[str, Any]) -> bool:
    """Tell whether two digits are a day and two a month; countries may add `fold` to months, `day_fold` to days."""
    month: int = digits[date["month"]] * 10 + digits[date["month"] + 1]
    day: int = digits[date["day"]] * 10 + digits[date["day"] + 1]
    fold: int = date.get("fold", 100)
    day_fold: int = date.get("day_fold", 100)
    return 1 <= month % fold <= 12 and 1 <= day % day_fold <= 31


def _adds_up(digits: Sequence[int], one: Sum) -> bool:
    at = len(one.weights) if one.at is None else one.at
    if len(digits) <= at:
        return False
    total = sum(weight * digit for weight, digit in zip(one.weights, digits, strict=False)) - one.offset
    rest = total % one.modulo
    if one.take == "minus-ten":
        return (one.modulo - rest) % 10 == digits[at]
    value = rest if one.take == "rest" else -total % one.modulo
    wanted = one.ten if value == 10 else value
    return wanted == digits[at]


def luhn(digits: str) -> bool:
    """Tell whether the last digit is the right check digit (ISO/IEC 7812-1)."""
    total = 0
    for position, one in enumerate(reversed(re.sub("[^0-9]", "", digits))):
        value = int(one) * (1 + position % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _verhoeff(value: str) -> bool:
    check = 0
    for place, digit in enumerate(reversed(re.sub("[^0-9]", "", value))):
        check = int(_VERHOEFF_D[check][int(_VERHOEFF_P[place % 8][int(digit)])])
    return check == 0


def _mod_11_10(value: str) -> bool:
    """Tell whether ISO/IEC 7064 MOD 11,10 holds."""
    check = 5
    for digit in re.sub("[^0-9]", "", value):
        check = ((check or 10) * 2 % 11 + int(digit)) % 10
    return check == 1


def _german(value: str) -> bool:
    """Tell whether one digit stands twice or three times among the first ten, as the tax id wants it."""
    digits = re.sub("[^0-9]", "", value)
    counts = sorted(digits[:10].count(one) for one in set(digits[:10]))
    return digits[:1] != "0" and counts[-1] in {2, 3} and counts[-2] == 1 and _mod_11_10(value)


def _fiscal(value: str) -> bool:
    day = int("".join(str("LMNPQRSTUV".find(char)) if char.isalpha() else char for char in value[9:11]))
    if not 1 <= day % 40 <= 31:
        return False
    total = 0
    for place, char in enumerate(value[:15]):
        number = int(char) if char.isdigit() else ord(char) - 65
        total += number if place % 2 else _FISCAL_ODD[number]
    return chr(65 + total % 26) == value[15]


def _chinese(value: str) -> bool:
    total = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(value[:17]))
    dated = "1900" <= value[6:10] <= "2099" and 1 <= int(value[10:12]) <= 12 and 1 <= int(value[12:14]) <= 31
    return dated and "10X98765432"[total % 11] == value[17].upper()


def _finnish(value: str) -> bool:
    return (
        1 <= int(value[2:4]) <= 12
        and 1 <= int(value[:2]) <= 31
        and _HETU[int(value[:6] + value[7:10]) % 31] == value[10]
    )


def _belgian(value: str) -> bool:
    digits = re.sub("[^0-9]", "", value)
    check = int(digits[9:])
    return any(97 - int(born + digits[:9]) % 97 == check for born in ("", "2")) and int(digits[2:4]) <= 12


def _ean(value: str) -> bool:
    digits = re.sub("[^0-9]", "", value)
    return sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits)) % 10 == 0


def _irish(value: str) -> bool:
    total = sum(int(digit) * weight for digit, weight in zip(value[:7], range(8, 1, -1), strict=True))
    total += 9 * (ord(value[8]) - 64) if len(value) > 8 and value[8] != "W" else 0
    return "WABCDEFGHIJKLMNOPQRSTUV"[total % 23] == value[7]


def _mexican(value: str) -> bool:
    total = sum((18 - place) * _CURP.index(char) for place, char in enumerate(value[:17]))
    return 1 <= int(value[6:8]) <= 12 and 1 <= int(value[8:10]) <= 31 and str(-total % 10) == value[17]


def _chilean(value: str) -> bool:
    number, check = re.sub("[^0-9kK]", "", value)[:-1], value[-1].upper()
    total = sum(int(digit) * (2 + place % 6) for place, digit in enumerate(reversed(number)))
    return "0123456789K"[-total % 11] == check


def _turkish(value: str) -> bool:
    digits = [int(one) for one in value]
    tenth = (sum(digits[0:9:2]) * 7 - sum(digits[1:8:2])) % 10
    return digits[0] != 0 and tenth == digits[9] and sum(digits[:10]) % 10 == digits[10]


def _singaporean(value: str) -> bool:
    total = sum(int(digit) * weight for digit, weight in zip(value[1:8], (2, 7, 6, 5, 4, 3, 2), strict=True))
    letters = {"S": "JZIHGFEDCBA", "T": "GFEDCBAJZIH", "F": "XWUTRQPNMLK", "G": "RQPNMLKXWUT", "M": "TRQPNJLKXWU"}
    return value[0] in letters and letters[value[0]][total % 11] == value[8]


def _of_hong_kong(value: str) -> bool:
    plain = re.sub("[^0-9A-Z]", "", value).rjust(9)
    total = sum((9 - place) * (36 if char == " " else int(char, 36)) for place, char in enumerate(plain[:8]))
    return "0123456789A"[-total % 11] == plain[8]


def _taiwanese(value: str) -> bool:
    area = _TAIWAN.index(value[0]) + 10
    total = area // 10 + area % 10 * 9
    total += sum(int(digit) * weight for digit, weight in zip(value[1:9], range(8, 0, -1), strict=True))
    return (total + int(value[9])) % 10 == 0


def _czech(value: str) -> bool:
    digits = value.replace("/", "")
    month = int(digits[2:4]) % 50 % 20
    dated = 1 <= month <= 12 and 1 <= int(digits[4:6]) <= 31
    return dated and (len(digits) == 9 or int(digits) % 11 == 0 or (int(digits[:9]) % 11 == 10 and digits[9] == "0"))


def _baltic(value: str) -> bool:
    digits = [int(one) for one in value]
    for weights in ((1, 2, 3, 4, 5, 6, 7, 8, 9, 1), (3, 4, 5, 6, 7, 8, 9, 1, 2, 3)):
        rest = sum(weight * digit for weight, digit in zip(weights, digits, strict=False)) % 11
        if rest < 10:
            return rest == digits[10]
    return digits[10] == 0


def _russian(value: str) -> bool:
    digits = re.sub("[^0-9]", "", value)
    return sum(int(digit) * (9 - place) for place, digit in enumerate(digits[:9])) % 101 % 100 == int(digits[9:])


_NAMED: Final[Mapping[str, Callable[[str], bool]]] = {
    "luhn": luhn, "verhoeff": _verhoeff, "mod-11-10": _mod_11_10, "german": _german, "fiscal": _fiscal,
    "chinese": _chinese, "finnish": _finnish, "belgian": _belgian, "ean": _ean, "irish": _irish, "mexican": _mexican,
    "chilean": _chilean, "turkish": _turkish, "singaporean": _singaporean, "hong-kong": _of_hong_kong,
    "taiwanese": _taiwanese, "czech": _czech, "baltic": _baltic, "russian": _russian,
}  # fmt: skip
