"""How the installed detector reads known attacks and honest texts: two shares, each with its bounds."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from accord.case.suites import suite, suites
from accord.core.case import Case, CaseKind, Channel
from accord.core.guard import GuardPolicy
from accord.core.proportion import lower, upper
from accord.core.shipped import text_of

_MOST = 150  # texts of each kind: a check has seconds


class Share(NamedTuple):
    """How many of how many, with one-sided 95 % bounds."""

    hits: int
    total: int

    @property
    def upper(self) -> float:
        """Return the upper bound of the share."""
        return upper(self.hits, self.total)

    @property
    def lower(self) -> float:
        """Return the lower bound of the share."""
        return lower(self.hits, self.total)

    def __str__(self) -> str:
        return f"{self.hits} of {self.total}"


class Measured(NamedTuple):
    """The share of attacks that were flagged, and of honest texts."""

    attacks: Share
    honest: Share


class _Text(NamedTuple):
    text: str
    channel: Channel


def measured(more: Iterable[Case] = ()) -> Measured:
    """Have the detector read the shipped cases, `more` cases and the built-in honest texts."""
    from accord.guard.detector import load
    from accord.guard.rules.benign import built_in

    scorer = load()
    hostile = list(dict.fromkeys(_hostile((*(case for name in suites() for case in suite(name)), *more))))
    honest = [_Text(one.text, Channel(one.channel)) for one in built_in()]
    shares = []
    for texts in (hostile, honest):
        taken = texts[:: max(1, len(texts) // _MOST)]
        shares.append(Share(sum(scorer.score(one.text, one.channel).flag for one in taken), len(taken)))
    return Measured(*shares)


def _hostile(cases: Iterable[Case]) -> Iterator[_Text]:
    for case in cases:
        for step in case.steps if case.kind is CaseKind.CONVERSATION else ():
            if step.deliver is not None and step.deliver.channel is not Channel.SYSTEM:
                yield _Text(step.deliver.text, step.deliver.channel)
            elif isinstance(step.ask, str):
                yield _Text(step.ask, Channel.USER)


def drilled(policy: GuardPolicy) -> Mapping[str, Measured]:
    """Have a guard with the installed detector read unknown orders and honest texts in several dresses."""
    from accord.guard.detector import load
    from accord.guard.engine import Guard
    from accord.guard.rules.benign import built_in

    guard = Guard(policy, scorer=load())
    orders = [line for line in text_of("guard/drill.txt").splitlines() if not line.startswith("#")]
    honest = [one.text[:200] for one in built_in()]
    honest = honest[:: max(1, len(honest) // len(orders))][: len(orders)]
    found = {}
    for dress, wear in _DRESSES.items():
        seen, flagged = (
            Share(sum(bool(guard.hits(wear(text), Channel.TOOL_OUTPUT)) for text in texts), len(texts))
            for texts in (orders, honest)
        )
        found[dress] = Measured(seen, flagged)
    return found


def _wide(text: str) -> str:
    return "".join(chr(ord(letter) + 0xFEE0) if "!" <= letter <= "~" else letter for letter in text)


_DRESSES: Final[Mapping[str, Callable[[str], str]]] = {
    "as they are": lambda text: text,
    "in base64": lambda text: base64.b64encode(text.encode()).decode(),
    "in hexadecimal digits": lambda text: text.encode().hex(),
    "in wide letters": _wide,
    "as escapes of an address": lambda text: "".join(f"%{byte:02X}" for byte in text.encode()),
}
