"""Values by their shape: addresses, account numbers, URLs, numbers and dates, each brought to one form."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final, NamedTuple

from accord.guard.flow.lexicon import Slot, lexicon

# What begins with its own first letter or digit, and looks behind that then, is searched for in half the time
MAIL: Final = re.compile(r"(?<![\w.+@-])[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![\w@-])")
IBAN: Final = re.compile(r"[A-Z](?<!\w[A-Z])[A-Z][ -]?\d{2}(?:[ -]?[A-Z0-9]){10,30}(?![\w])")
_LAST: Final = r"(?:com|org|net|io|co|eu|de|fr|uk|info|example|test|ai|dev|app|ru|cn|xyz|me|site|online)"
URL: Final = re.compile(
    r"(?<![\w@./-])(?:https?://|ftp://|www\.)[^\s<>\"'`{}|\\^\[\]]{3,2000}"
    rf"|(?<![\w./:-])(?<!\w@)(?:[a-z0-9-]{{1,63}}\.){{1,6}}{_LAST}"
    r"(?:/[^\s<>\"'`{}|\\^\[\]]{0,2000})?(?![\w@-])",
    re.IGNORECASE,
)
_DOTTED_NAME: Final = re.compile(rf"\.(?:(?<=www\.)|{_LAST}(?![\w@-]))", re.IGNORECASE)
NUMBER: Final = re.compile(r"(?<![\w.,@/-])[-+]?[$€£¥]?\s?(\d[\d., ]{0,24}\d|\d)(?![\w@])(?!-\d)")
CLOCK: Final = re.compile(
    r"(?<![\w.,/-])T?\d{1,2}:\d\d(?::\d\d(?:\.\d{1,9})?)?\s*(?:Z\b|[+-]\d\d:?\d\d\b)?|"
    r"(?<![\w.,/-])\d{1,2}\s?(?:[ap]\.?m\b\.?|uhr\b|h(?:\d\d)?\b|o'clock\b)|"
    r"(?<![\w.,/:-])(?:19|20)\d{6}T?\d{4}(?:\d\d)?(?!\d)",
    re.IGNORECASE,
)
"""What tells a time of day."""

ISO: Final = re.compile(r"(\d(?<!\d\d)\d{3})-(\d{1,2})-(\d{1,2})(?!\d)")
_DOTTED: Final = re.compile(r"(\d(?<!\d\d)\d?)([./])(\d{1,2})\2(\d{4}|\d{2})(?!\d)")
_DAY_FIRST: Final = re.compile(
    r"(\d(?<!\w\d)\d?)(?:st|nd|rd|th|\.|er|º)?(?:\s+(?:of|de|the)){0,2}\s+([^\W\d_]{3,12})(?:,?\s+(?:de\s+)?(\d{4}))?",
    re.IGNORECASE,
)
_DAY_LAST: Final = re.compile(r"(\d(?<=\s\d)\d?)(?:st|nd|rd|th)?(?![\w:])(?:,?\s+(\d{4}))?", re.IGNORECASE)
_MONTH: Final = re.compile(r"(?<!\w)([^\W\d_]{3,12}+)\.?\s++(?:the\s+)?$", re.IGNORECASE)
_NEAR: Final = 40  # characters before a day in which its month is looked for
_DIGIT: Final = re.compile(r"\d")
_GAPS: Final = re.compile(r"(?<=\d)['’\u00a0\u202f](?=\d{3}(?!\d))")
_SPAN: Final = re.compile(
    r"(\d(?<!\w\d)\d?)(?:st|nd|rd|th)?\s+(?:to|until|till|-|–)\s+(?:the\s+)?(\d{1,2})(?:st|nd|rd|th)?\s+(?:of\s+)?([^\W\d_]{3,12})",
    re.IGNORECASE,
)
_JOINED: Final = re.compile(r"(?<=[a-z])\.[A-Z][a-z]{1,20}$")  # a sentence that begins without a blank
_POINTED: Final = re.compile(r"\d{1,15}(?:\.\d{1,9})?|\d{1,3}(?:,\d{3}){1,4}(?:\.\d{1,9})?")
_COMMAED: Final = re.compile(r"\d{1,15},\d{1,2}|\d{1,3}(?:\.\d{3}){1,4}(?:,\d{1,9})?")
_TAIL: Final = ".,;:!?)»”’\"'"
_NO_SUMS: Final = re.compile(  # times, months with a year, numbers of telephones and cards
    r"(?<!\d)\d{1,2}:\d{2}(?::\d{2})?(?!\d)|\+\d[\d ()./-]{6,20}\d|(?<!\d)(?:\d{4}[ -]){3}\d{1,7}(?!\d)"
    r"|\b[A-Z]{2} \d{5}(?:-\d{4})?(?![\d.,])"
    r"|(?<![\d.,])0\d{2,5}[ /-]\d{3,10}(?:[ -]\d{2,6})*(?![\d.,])"
)
_RUNS: Final = re.compile(r"(?<![\w.,@/+-])\+?\(?\d(?:[ ().\u00a0\u202f/-]{0,2}\d){6,29}(?![\w@])")
_SHORTEST: Final = 15  # of an account number, ISO 13616
_ACCENTS: Final = re.compile(r"[\u0300-\u036f]")
_STROKES: Final = str.maketrans("łøđŁØĐ", "lodLOD")  # letters that no normal form takes apart


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
    return [_account(found) for found in IBAN.findall(plain)]


def _account(text: str) -> str:
    """Return an account number without blanks; words and numbers that follow it are no part of it.

    Groups have four letters and digits, and only the last may be shorter (ISO 13616); where that leaves a choice, the
    check digits tell.
    """
    groups = text.replace("-", " ").split()
    if len(groups[0]) >= _SHORTEST:
        return groups[0]
    if len(groups) < 3 or any(len(group) != 4 for group in groups[:3]):
        return "".join(groups)
    short = next((at for at, group in enumerate(groups) if len(group) != 4), len(groups) - 1)
    least = next((at for at in range(1, short + 2) if sum(map(len, groups[:at])) >= _SHORTEST), short + 1)
    ends = range(least, short + 2)
    checked = next((end for end in ends if _checks("".join(groups[:end]))), short + 1)
    return "".join(groups[:checked])


def _checks(account: str) -> bool:
    """Tell whether the check digits of an account number hold (ISO 7064, 97-10)."""
    turned = account[4:] + account[:4]
    return int("".join(str(int(letter, 36)) for letter in turned)) % 97 == 1


def urls(text: str) -> list[str]:
    """Return the addresses of the web in a text, in one form."""
    return [one_url(found) for found in URL.findall(text)] if may_hold_url(text) else []


def may_hold_url(text: str) -> bool:
    """Tell at a glance whether an address of the web can stand in a text."""
    return "." in text and ("://" in text or _DOTTED_NAME.search(text) is not None)


def one_url(text: str) -> str:
    """Return an address without scheme, trailing slash and the punctuation of the sentence it stands in."""
    bare = text.strip().rstrip(_TAIL)
    scheme, mark, rest = bare.partition("://")
    bare = rest if mark and scheme.lower() in {"http", "https"} else bare
    host, slash, path = bare.partition("/")
    host = _JOINED.sub("", host) if not slash else host
    return (host.lower() + slash + path).rstrip("/")


def clean_url(text: str) -> bool:
    """Tell whether a text is an address and no more: nothing of the sentence that it was taken from hangs on it."""
    host = text.partition("://")[2].partition("/")[0] or text.partition("/")[0]
    return text == text.strip() == text.rstrip(_TAIL) and _JOINED.search(host) is None


def numbers(text: str) -> list[float]:
    """Return the numbers in a text; one that can be read in two ways is there in both."""
    plain = text if text.isascii() and "'" not in text else _GAPS.sub(" ", text)
    return [value for found in NUMBER.findall(plain) for value in _readings(found)]


def figure_spans(text: str) -> list[tuple[int, int]]:
    """Return where numbers stand that are no amounts by their form: days, times, accounts, cards and telephones."""
    if not _DIGIT.search(text):
        return []
    spans = [match.span() for pattern in (ISO, _DOTTED, _NO_SUMS, _SPAN) for match in pattern.finditer(text)]
    spans += account_spans(text)
    return [*spans, *((start, end) for start, end, _ in _named_days(text))]


def account_spans(text: str) -> list[tuple[int, int]]:
    """Return where account numbers stand, without the words and numbers that follow them."""
    found = []
    for match in IBAN.finditer(text):
        left, end = len(_account(match.group())), match.start()
        while left:
            left -= text[end] not in " -"
            end += 1
        found.append((match.start(), end))
    return found


def _numbered_spans(text: str) -> list[tuple[int, int]]:
    """Return where account numbers stand; those in small letters only where their check digits hold."""
    upper = text.upper()
    if len(upper) != len(text):
        return account_spans(text)
    small = [(start, end) for start, end in account_spans(upper) if _checks(_account(upper[start:end]))]
    return [*account_spans(text), *small]


def blanked(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """Return a text with blanks for some of its places; every other letter keeps its own."""
    for start, end in spans:
        text = text[:start] + " " * (end - start) + text[end:]
    return text


def without_runs(text: str) -> str:
    """Return a text with blanks for its account numbers, telephones and cards: a part of one is nothing by itself."""
    if not _DIGIT.search(text):
        return text
    return blanked(text, [*_numbered_spans(text), *(match.span() for match in _RUNS.finditer(text))])


def digit_runs(text: str) -> frozenset[str]:
    """Return the long numbers in a text, of telephones, cards and accounts, as digits alone."""
    if not _DIGIT.search(text):
        return frozenset()
    return frozenset(run_form(found) for found in _RUNS.findall(blanked(text, _numbered_spans(text))))


def run_form(text: str) -> str:
    """Return the digits of a number of a telephone, card or account; empty for what is none."""
    if not _RUNS.fullmatch(text.strip()):
        return ""
    digits = "".join(letter for letter in text if letter.isascii() and letter.isdigit())
    return "+" + digits if text.strip().startswith("+") else "+" + digits[2:] if digits.startswith("00") else digits


def without_accents(text: str) -> str:
    """Return a text without the accents on its letters."""
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", _ACCENTS.sub("", unicodedata.normalize("NFD", text.translate(_STROKES))))


def _readings(text: str) -> Iterator[float]:
    compact = text.replace(" ", "")
    if _POINTED.fullmatch(compact):
        yield float(compact.replace(",", ""))
    if _COMMAED.fullmatch(compact):
        yield float(compact.replace(".", "").replace(",", "."))


def day_spans(text: str) -> list[tuple[int, int]]:
    """Return where days stand in a text, each with its year."""
    if not _DIGIT.search(text):
        return []
    spans = [match.span() for pattern in (ISO, _DOTTED) for match in pattern.finditer(text)]
    return [*spans, *((start, end) for start, end, _ in _named_days(text))]


def spans_of_time(text: str) -> list[tuple[int, int]]:
    """Return where days and times of day stand in a text."""
    return [*day_spans(text), *(match.span() for match in CLOCK.finditer(text))]


def _named_days(text: str) -> Iterator[tuple[int, int, Day]]:
    """Yield the days whose month has its name, and where they stand: `5 June 2026`, `June 5th`."""
    months = lexicon().months
    for match in _DAY_FIRST.finditer(text):
        month = months.get(match[2].lower())
        if month:
            yield *match.span(), Day(int(match[3] or 0), month, int(match[1]))
    for match in _DAY_LAST.finditer(text):
        before = _MONTH.search(text, max(0, match.start() - _NEAR), match.start())
        month = months.get(before[1].lower()) if before is not None else None
        if before is not None and month:
            yield before.start(), match.end(), Day(int(match[2] or 0), month, int(match[1]))


@lru_cache(maxsize=1024)
def days(text: str) -> tuple[Day, ...]:
    """Return the days that a text names with day and month."""
    if not _DIGIT.search(text):
        return ()
    found = [Day(int(y), int(m), int(d)) for y, m, d in ISO.findall(text)]
    for first, _, second, year in _DOTTED.findall(text):
        full = int(year) + (2000 if len(year) == 2 else 0)
        found += [Day(full, int(second), int(first)), Day(full, int(first), int(second))]
    found += (day for _, _, day in _named_days(text))
    for begin, _, name in _SPAN.findall(text):
        month = lexicon().months.get(name.lower())
        if month:
            found.append(Day(0, month, int(begin)))
    return tuple(one for one in found if 1 <= one.month <= 12 and 1 <= one.day <= 31)


@lru_cache(maxsize=8192)
def mails_and_accounts(text: str) -> tuple[str, ...]:
    """Return the mail addresses and account numbers in a text: their form alone tells what they are."""
    return (*mails(text), *ibans(text))


def one_account(text: str) -> str:
    """Return the one form of an account number; empty for what is none."""
    compact = text.strip()
    if len(compact) < _SHORTEST or not compact[:2].isalpha() or "@" in compact:
        return ""
    return compact.upper().replace(" ", "").replace("-", "") if IBAN.fullmatch(compact.upper()) else ""


@lru_cache(maxsize=4096)
def form_of(value: str, slot: Slot) -> str:
    """Return the one form in which values of a slot are compared."""
    if slot is Slot.URL:
        return one_url(value)
    compact = value.strip()
    if slot is Slot.RECIPIENT and (account := one_account(compact)):
        return account
    return " ".join(compact.split()).casefold()
