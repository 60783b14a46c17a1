"""Links and images in a final answer: an address that nobody vouches for can carry data out when it is drawn."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import Final, NamedTuple

from accord.core.trial import Message
from accord.guard.flow.addresses import Address, address_form, addresses, carries, host_of
from accord.guard.flow.markup import Loaded, named, refers
from accord.guard.flow.shapes import URL

_FENCE: Final = re.compile(r"^(```|~~~)([\w+#.-]{0,20})[ \t]*$", re.MULTILINE)
_ENDS: Final = " \n\t\r<>\"'`{}|^"
LEADS: Final = re.compile(r"[/\\\u3002\uff0e\uff61?]|\]\(|www", re.IGNORECASE)
"""What every text with an address in it holds."""
_ASCII_LEADS: Final = ("/", "?", "\\", "](")

_GAP: Final = re.compile(r"(?:[{<\[%]|(?<=/):)\w{0,40}[}>\]]?.*\Z")
_SPLIT = 4  # short links to one place over which data may be shared out
_SHORT = 4

FETCHED: Final = "an image or frame from an address that the user did not name"
CARRIES: Final = "a link that carries data to an address that nobody named"


class LinkOut(NamedTuple):
    """An address in an answer: where it stands, and why it may not leave."""

    start: int
    end: int
    reason: str


Links = Callable[[str], Iterable[LinkOut]]
"""Finds in a text the addresses that may not leave."""


class Vouched:
    """The addresses that a conversation vouches for, read once an answer, and only where an address asks for it.

    Those that the user or the operator wrote may be drawn; those that anybody showed may stand as links. One that the
    operator wrote with a gap in it (`https://shop.example/orders/{id}`) or with a slash at its end vouches for what
    begins like it.
    """

    def __init__(self, conversation: Sequence[Message]) -> None:
        self._conversation = conversation
        self._referred = False

    @cached_property
    def _own(self) -> list[Message]:
        said = (one for one in self._conversation if one.role in {"user", "system"})
        return [one for one in said if one.channel in {None, "user", "system"}]

    @cached_property
    def _named(self) -> frozenset[str]:
        return frozenset(form for message in self._own for form in address_forms(message.content))

    @cached_property
    def _shown(self) -> frozenset[str]:
        return frozenset(form for message in self._conversation for form in address_forms(message.content))

    @cached_property
    def _begin(self) -> tuple[str, ...]:
        return tuple(sorted(set(_prefixes(one.content for one in self._own if one.role == "system"))))

    def out(self, text: str) -> Iterator[LinkOut]:
        """Yield the addresses in a text that are drawn or loaded, or carry much, and that nobody named.

        A link that is only read stays, when a source shows it as it is; what is fetched without a click must have an
        address that the user or the operator wrote. What stands in a block of code is not fetched.
        """
        loaded = sorted(named(text, referred=self._referred))
        self._referred = self._referred or ("![" in text and refers(text))
        code = _fenced(text) if loaded else []
        spans = [(one.start, one.end) for one in loaded]
        free = [one for one in addresses(text) if not any(start <= one.start < end for start, end in _near(spans, one))]
        linked = (address_form(text[one.start : one.end]) for one in loaded if not one.fetched)
        many = _shared_out([*(one.form for one in free), *linked])
        found = [out for one in loaded if (out := self._loaded(text, one, code, many)) is not None]
        found += [LinkOut(one.start, one.end, CARRIES) for one in free if self._carries(one.form, many)]
        yield from _parted(sorted(found))

    def _loaded(self, text: str, one: Loaded, code: Sequence[tuple[int, int]], many: frozenset[str]) -> LinkOut | None:
        form = address_form(text[one.start : one.end])
        in_code = any(start <= one.start < end for start, end in code)
        if one.fetched and not in_code:
            drawn = form in self._named or self._begins(form)
            return None if drawn else LinkOut(one.start, one.end, FETCHED)
        return LinkOut(one.start, one.end, CARRIES) if self._carries(form, many) else None

    def _carries(self, form: str, many: frozenset[str]) -> bool:
        return (carries(form) or (bool(many) and host_of(form) in many)) and not self._vouches(form)

    def _vouches(self, form: str) -> bool:
        return form in self._named or form in self._shown or self._begins(form)

    def _begins(self, form: str) -> bool:
        return bool(self._begin) and form.startswith(self._begin)


def links_out(conversation: Sequence[Message], answer: str) -> Iterator[LinkOut]:
    """Yield the addresses in an answer that may not leave after a conversation; `Vouched` says which."""
    return Vouched(conversation).out(answer)


def open_address(text: str) -> int:
    """Return where an address begins that has not ended yet; the length of the text where none is.

    What stands before it may leave: a tag or a link whose address is taken out loads nothing.
    """
    begun = 1 + max(text.rfind(end) for end in _ENDS)
    return begun if LEADS.search(text, begun) else len(text)


def may_link(text: str) -> bool:
    """Tell whether a text holds what every text with an address in it holds."""
    if not text.isascii():
        return LEADS.search(text) is not None
    return any(map(text.__contains__, _ASCII_LEADS)) or "www" in text.lower()


def address_forms(text: str) -> Iterator[str]:
    """Yield all addresses in a text in the one form in which they are compared: written, linked to, and loaded."""
    if "." not in text and "/" not in text:
        return
    yield from (one.form for one in addresses(text))
    yield from (address_form(found) for found in URL.findall(text))
    if "](" in text or "<" in text:
        yield from (address_form(text[one.start : one.end]) for one in named(text))


def _prefixes(texts: Iterable[str]) -> Iterator[str]:
    """Yield how the addresses begin that the operator left open: up to a gap, or a folder."""
    for text in texts:
        for one in addresses(text):
            said = text[one.start : one.end + 60].split()[0].rstrip(".,;:!?)*")
            gap = _GAP.search(said)
            begins = address_form((said[: gap.start()] if gap else said) + "x")[:-1]
            if "/" in (begins if gap else begins[:-1]) and (gap or said.endswith("/")):
                yield begins


def _fenced(text: str) -> list[tuple[int, int]]:
    """Return where blocks of code stand that every reader takes for such: they are shown and never fetched from."""
    spans: list[tuple[int, int]] = []
    open_: re.Match[str] | None = None
    for match in _FENCE.finditer(text):
        if open_ is None:
            open_ = match
        elif match[1] == open_[1] and not match[2]:
            spans.append((open_.start(), match.end()))
            open_ = None
    return spans


def _near(spans: Sequence[tuple[int, int]], one: Address) -> Sequence[tuple[int, int]]:
    """Return the spans that can hold an address; there are few but in texts made of links."""
    from bisect import bisect_right

    at = bisect_right(spans, (one.start, 1 << 60))
    return spans[max(0, at - 3) : at]


def _shared_out(forms: Iterable[str]) -> frozenset[str]:
    """Return the places to which several links lead that differ in a few characters only."""
    short = {form for form in forms if len(form.rpartition("/")[2]) <= _SHORT}
    if len(short) < _SPLIT:
        return frozenset()
    ends = ((host_of(form), form) for form in short)
    counts = Counter(host for host, _ in ends)
    return frozenset(host for host, count in counts.items() if count >= _SPLIT)


def _parted(found: Sequence[LinkOut]) -> Iterator[LinkOut]:
    reached = -1
    for one in found:
        if one.start >= reached:
            yield one
            reached = one.end
