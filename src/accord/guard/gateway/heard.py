"""What an answer looks like from afar: how long it is, and whether it reads like a refusal. Monitoring counts that."""

from __future__ import annotations

from functools import cache
from typing import Final, NamedTuple

from accord.content.tables import table_of

_OPENING: Final = 160  # characters of an answer that may hold a refusal
_STRAIGHT: Final = str.maketrans(
    {"\N{RIGHT SINGLE QUOTATION MARK}": "'", "\N{NO-BREAK SPACE}": " ", "*": None, "_": None}
)
_SAID: Final = frozenset(
    {"content", "text", "refusal", "text_delta", "response.output_text.delta", "response.refusal.delta"}
)


class Heard:
    """The texts of one answer as they pass: counted, and only their beginning is kept."""

    __slots__ = ("_declined", "_opening", "size")

    def __init__(self) -> None:
        self.size = 0
        self._opening = ""
        self._declined = False

    def said(self, key: object, text: str) -> None:
        """Take a text or a part of one; `key` is the name it has in its form, and reasoning has another one."""
        if key not in _SAID:
            return
        self.size += len(text)
        if len(self._opening) < _OPENING:
            self._opening += text[:_OPENING]
        self._declined = self._declined or "refusal" in str(key)

    @property
    def refusal(self) -> bool:
        """Tell whether the answer says that it is a refusal, or begins like one."""
        return self._declined or refuses(self._opening)


class _Openings(NamedTuple):
    """How refusals begin, and what may stand before."""

    regrets: tuple[str, ...]
    refusals: tuple[str, ...]


def refuses(text: str) -> bool:
    """Tell whether a text begins as refusals do, in one of sixteen languages."""
    known = _openings()
    begun = text[:_OPENING].translate(_STRAIGHT).lstrip(" \n#>\"'").casefold()
    if begun.startswith(known.regrets):
        begun = begun[max(len(one) for one in known.regrets if begun.startswith(one)) :]
    return begun.startswith(known.refusals)


@cache
def _openings() -> _Openings:
    table = table_of("guard/refusals.yaml")
    found = [tuple(one.casefold() for told in table[name].values() for one in told) for name in _Openings._fields]
    return _Openings(*found)
