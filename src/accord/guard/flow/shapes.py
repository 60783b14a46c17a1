"""Values by their shape: addresses, account numbers, URLs, numbers and dates, each brought to one form."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Final, NamedTuple

from accord.guard.flow.lexicon import Slot, lexicon

MAIL: Final = re.compile(r"(?<![\w.+@-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![\w@-])")
IBAN: Final = re.compile(r"(?<![\w])[A-Z]{2}[ -]?\d{2}(?:[ -]?[A-Z0-9]){10,30}(?![\w])")
URL: Final = re.compile(
    r"(?<![\w@./-])(?:https?://|ftp://|www\.)[^\s<>\"'`{}|\\^\[\]]{3,2000}"
    r"|(?<![\w@./:-])(?:[a-z0-9-]{1,63}\.){1,6}(?:com|org|net|io|co|eu|de|fr|uk|info|example|test|ai|dev|app|ru|cn|xyz|me|site|online)"
    r"(?:/[^\s<>\"'`{}|\\^\[\]]{0,2000})?(?![\w@-])",
    re.IGNORECASE,
)
NUMBER: Final = re.compile(r"(?<![\w.,@/-])[-+]?[$€£¥]?\s?(\d[\d., ]{0,24}\d|\d)(?![\w@])(?!-\d)")
ISO: Final = re.compile(r"(?<!\d)(\d{4})-(\d{1,2})-(\d{1,2})(?!\d)")
_DOTTED: Final = re.compile(r"(?<!\d)(\d{1,2})([./])(\d{1,2})\2(\d{4}|\d{2})(?!\d)")
_NAMED: Final = re.compile(
    r"(?<!\w)(\d{1,2})(?:st|nd|rd|th|\.|er|º)?(?:\s+(?:of|de|the)){0,2}\s+([^\W\d_]{3,12})(?:,?\s+(?:de\s+)?(\d{4}))?"
    r"|(?<!\w)([^\W\d_]{3,12})\.?\s+(?:the\s+)?(\d{1,2})(?:st|nd|rd|th)?(?![\w:])(?:,?\s+(\d{4}))?",
    re.IGNORECASE,
)
_DIGIT: Final = re.compile(r"\d")
_SPAN: Final = re.compile(
    r"(?<!\w)(\d{1,2})(?:st|nd|rd|th)?\s+(?:to|until|till|-|–)\s+(?:the\s+)?(\d{1,2})(?:st|nd|rd|th)?\s+(?:of\s+)?([^\W\d_]{3,12})",
    re.IGNORECASE,
)
_JOINED: Final = re.compile(r"(?<=[a-z])\.[A-Z][a-z]{1,20}$")  # a sentence that begins without a blank
_POINTED: Final = re.compile(r"\d{1,15}(?:\.\d{1,9})?|\d{1,3}(?:,\d{3}){1,4}(?:\.\d{1,9})?")
_COMMAED: Final = re.compile(r"\d{1,15},\d{1,2}|\d{1,3}(?:\.\d{3}){1,4}(?:,\d{1,9})?")
_TAIL: Final = ".,;:!?)»”’\"'"


class Day(NamedTuple):
    """A day of the calendar; year 0 where nobody said one."""

    year: int
    month: int
    day: int

    def same(self, other: Day) -> bool:
        """Tell whether both can be the same day."""
        years = 0 in {self.year, other.year} or self.year == other.year
        return years and (self.month, self.day) == (other.month, other.day)


def mails(text: str) -> list[str]:
    """Return the mail addresses in a text, in lower case."""
    return [found.lower() for found in MAIL.findall(text)] if "@" in text else []


def ibans(text: str) -> list[str]:
    """Return what has the form of an international account number, without blanks and hyphens."""
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text)
    return [found.replace(" ", "").replace("-", "") for found in IBAN.findall(plain)]


def urls(text: str) -> list[str]:
    """Return the addresses of the web in a text, in one form."""
    if "." not in text:
        return []
    return [one_url(found) for found in URL.findall(text)]


def one_url(text: str) -> str:
    """Return an address without scheme, trailing slash and the punctuation of the sentence it stands in."""
    bare = text.strip().rstrip(_TAIL)
    scheme, mark, rest = bare.partition("://")
    bare = rest if mark and scheme.lower() in {"http", "https"} else bare
    host, slash, path = bare.partition("/")
    host = _JOINED.sub("", host) if not slash else host
    return (host.lower() + slash + path).rstrip("/")


def numbers(text: str) -> list[float]:
    """Return the numbers in a text; one that can be read in two ways is there in both."""
    return [value for found in NUMBER.findall(text) for value in _readings(found)]


def _readings(text: str) -> Iterator[float]:
    compact = text.replace(" ", "")
    if _POINTED.fullmatch(compact):
        yield float(compact.replace(",", ""))
    if _COMMAED.fullmatch(compact):
        yield float(compact.replace(".", "").replace(",", "."))


@lru_cache(maxsize=1024)
def days(text: str) -> tuple[Day, ...]:
    """Return the days that a text names with day and month."""
    if not _DIGIT.search(text):
        return ()
    found = [Day(int(y), int(m), int(d)) for y, m, d in ISO.findall(text)]
    for first, _, second, year in _DOTTED.findall(text):
        full = int(year) + (2000 if len(year) == 2 else 0)
        found += [Day(full, int(second), int(first)), Day(full, int(first), int(second))]
    months = lexicon().months
    for match in _NAMED.finditer(text):
        day, name, year = (match[1], match[2], match[3]) if match[1] else (match[5], match[4], match[6])
        month = months.get(name.lower())
        if month:
            found.append(Day(int(year or 0), month, int(day)))
    for begin, _, name in _SPAN.findall(text):
        month = months.get(name.lower())
        if month:
            found.append(Day(0, month, int(begin)))
    return tuple(one for one in found if 1 <= one.month <= 12 and 1 <= one.day <= 31)


def shaped(text: str, slot: Slot) -> list[str]:
    """Return the values in a text whose form alone tells what they are, for this slot."""
    if slot is Slot.RECIPIENT:
        return mails(text) + ibans(text)
    return urls(text) if slot is Slot.URL else []


def form_of(value: str, slot: Slot) -> str:
    """Return the one form in which values of a slot are compared."""
    if slot is Slot.URL:
        return one_url(value)
    compact = value.strip()
    if slot is Slot.RECIPIENT and IBAN.fullmatch(compact):
        return compact.replace(" ", "").replace("-", "")
    return " ".join(compact.split()).casefold()
