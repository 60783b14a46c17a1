"""Every text in the arguments of a call, however deep it stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

MOST: Final = 100_000
"""Texts in the arguments of one call; a call with more is refused."""

_BITS = 4_096  # of a number that is printed as people do


def texts_in(arguments: Mapping[str, object], *, keys: bool = True) -> Iterator[str]:
    """Yield the texts, numbers and keys of arguments in their order, at most `MOST` and one more."""
    waiting: list[object] = [arguments]
    left, over = MOST + 1, False
    while waiting and left > 0:
        said = waiting.pop()
        left -= 1
        if isinstance(said, Mapping):
            over = over or len(said) > left
            pairs = list(said.items())[:left]
            waiting += [one for key, value in reversed(pairs) for one in ((value, str(key)) if keys else (value,))]
        elif isinstance(said, list | tuple | set | frozenset):
            over = over or len(said) > left
            waiting += list(said)[:left][::-1]
        elif isinstance(said, str):
            yield said
        elif isinstance(said, int) and not isinstance(said, bool):
            yield f"{said:x}" if said.bit_length() > _BITS else str(said)
        elif said is not None:
            yield str(said)
    yield from [""] * (MOST + 1) if waiting or over else ()
