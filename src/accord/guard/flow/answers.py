"""Links and images in a final answer: an address that nobody vouches for can carry data out when it is drawn."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from accord.core.trial import Message
from accord.guard.flow.shapes import URL, one_url

_IMAGE: Final = re.compile(
    r"!\[[^\]\n]{0,200}\]\(\s*<?([^\s)>]{1,2000})|<(?:img|iframe|object|embed|link|script)\b[^>]{0,400}?(?:src|href|data)\s*=\s*[\"']?([^\s\"'>]{1,2000})",
    re.IGNORECASE,
)
_LONG: Final = 40


class LinkOut(NamedTuple):
    """An address in an answer: where it stands, and why it may not leave."""

    start: int
    end: int
    reason: str


def links_out(conversation: Sequence[Message], answer: str) -> Iterator[LinkOut]:
    """Yield the addresses in an answer that are drawn or loaded, or carry much, and that nobody named.

    A link that is only read stays, when a source shows it as it is; an image is fetched without a click, so that its
    address must be one the user or the operator wrote.
    """
    own = "\n".join(
        m.content for m in conversation if m.role in {"user", "system"} and m.channel in {None, "user", "system"}
    )
    seen = "\n".join(m.content for m in conversation)
    named = {one_url(found) for found in URL.findall(own)}
    shown = {one_url(found) for found in URL.findall(seen)}
    drawn = [(match.span(1) if match[1] else match.span(2)) for match in _IMAGE.finditer(answer)]
    for start, end in drawn:
        if one_url(answer[start:end]) not in named and not answer[start:end].startswith(("#", "data:image/")):
            yield LinkOut(start, end, "an image or frame from an address that the user did not name")
    for match in URL.finditer(answer):
        inside = any(start <= match.start() < end for start, end in drawn)
        address = one_url(match.group())
        if not inside and address not in named and address not in shown and _carries(address):
            yield LinkOut(match.start(), match.end(), "a link that carries data to an address that nobody named")


def _carries(address: str) -> bool:
    """Tell whether an address has room for data: a query, a fragment or a long path."""
    _, _, path = address.partition("/")
    return "?" in address or "#" in address or len(path) > _LONG
