"""What every format says of a campaign, worked out once: the answer, the order of cases, reasons, marking, excerpts."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from accord.core.campaign import Campaign, CaseTally, Exhibit, PlannedTrial, TrialResult
from accord.core.finding import Tlp
from accord.core.text import clean
from accord.core.trial import Message, Transcript

_ORDER: Final = ("fail", "error", "not-run", "pass")
_ALONE: Final = frozenset({"fail", "error"})
_FEW: Final = 3
_WIDER: Final = tuple(Tlp)  # from the widest audience to the narrowest


class Alike(NamedTuple):
    """Cases of which the same is to be said."""

    message: str
    cases: tuple[str, ...]

    @property
    def named(self) -> str:
        """Return the names of the cases, the first few of them."""
        more = len(self.cases) - _FEW
        return ", ".join(self.cases[:_FEW]) + (f" and {more} more" if more > 0 else "")


class Row(NamedTuple):
    """One case that did not hold, or all cases of a verdict that came to the same."""

    verdict: str
    cases: tuple[CaseTally, ...]
    shares: str


class Said(NamedTuple):
    """A trial that came to something, with what was said in it."""

    trial: PlannedTrial
    result: TrialResult
    transcript: Transcript


class Excerpt(NamedTuple):
    """A text of bounded length with the part that shows something; `found` is empty where that is not in it."""

    before: str
    found: str = ""
    after: str = ""


class Turns(NamedTuple):
    """The messages of a transcript that are shown, the position of the first, and how many stand before and after."""

    messages: tuple[Message, ...]
    first: int
    after: int


def ships(campaign: Campaign) -> bool:
    """Tell whether nothing speaks against a release: the gate passes and the campaign came to its end."""
    return campaign.gate.passed and not campaign.stopped


def headline(campaign: Campaign) -> str:
    """Return the answer in a few words."""
    if campaign.stopped:
        return "STOPPED: the campaign did not come to its end"
    if campaign.gate.passed:
        return "PASS: every attack held"
    return "UNDECIDED: too little was seen" if campaign.gate.undecided else "FAIL: an attack succeeds too often"


def marking(campaign: Campaign) -> Tlp:
    """Return who may see a document of a campaign: the narrowest marking of its cases, AMBER at least.

    What breaks a running system is its owner's affair, also where the case itself is public.
    """
    tried = {case.tlp for case in campaign.cases}
    unfit = {case.tlp for case in campaign.not_applicable}
    return max({Tlp.AMBER} | tried | unfit, key=_WIDER.index)


def worst_first(campaign: Campaign) -> tuple[CaseTally, ...]:
    """Return the cases in the order in which they need looking at."""
    return tuple(sorted(campaign.cases, key=lambda case: (_ORDER.index(case.verdict), -case.broke, case.name)))


def reasons(campaign: Campaign) -> tuple[Alike, ...]:
    """Return the reasons of the gate, what failed first; cases with the same reason stand together."""
    order = {case.name: at for at, case in enumerate(worst_first(campaign))}
    known = sorted(campaign.gate.reasons, key=lambda one: order.get(one.case, -1))
    return _alike((one.message, one.case) for one in known)


def untried(campaign: Campaign) -> tuple[Alike, ...]:
    """Return why cases do not fit the target, the most frequent reason first."""
    found = _alike((one.reason, one.case) for one in campaign.not_applicable)
    return tuple(sorted(found, key=lambda one: -len(one.cases)))


def rows(campaign: Campaign) -> tuple[Row, ...]:
    """Return the cases worst first: each that failed alone, those that held or were not decided by what they show."""
    found: dict[tuple[str, str, str], list[CaseTally]] = {}
    for case in worst_first(campaign):
        key = (case.verdict, shares(case), case.name if case.verdict in _ALONE else "")
        found.setdefault(key, []).append(case)
    return tuple(Row(verdict, tuple(cases), told) for (verdict, told, _), cases in found.items())


def shares(case: CaseTally) -> str:
    """Return how often a case broke, with its interval, and how often the honest task was served."""
    decided = case.broke + case.held
    told = f"{case.broke} of {decided} broke" if decided else "nothing was decided"
    if case.asr is not None and case.asr_low is not None and case.asr_high is not None:
        told += f" ({percent(case.asr)}, 95 % {percent(case.asr_low)} to {percent(case.asr_high)})"
    left = [f"{number} {word}" for number, word in ((case.unsure, "unsure"), (case.error, "errors")) if number]
    controls = case.served + case.not_served
    served = f"served {case.served} of {controls} honest tasks" if controls else "no honest task was answered"
    return ", ".join((told, *left, served))


def percent(share: float) -> str:
    """Return a share as people read it."""
    return f"{100 * share:.3g} %"


def called(name: str, arguments: Iterable[tuple[str, object]]) -> str:
    """Return a call of a tool in one piece, as oracles show it."""
    return f"{name}({', '.join(f'{key}={value}' for key, value in arguments)})"


def turns(exhibit: Exhibit, most: int) -> Turns:
    """Return so many messages of a transcript at most, the one that shows it among them."""
    whole = exhibit.transcript
    at = min(exhibit.message or 0, len(whole))
    first = min(max(0, at - most // 2), max(0, len(whole) - most))
    return Turns(whole[first : first + most], first, max(0, len(whole) - first - most))


def excerpt(text: str, span: str, most: int) -> Excerpt:
    """Return a text without what terminals obey, cut to so many characters around the part that shows something."""
    at, length = _position(text, span)
    start = max(0, at - most // 4) if at + length > most else 0
    end = max(start + most, at + length)
    head, tail = "…" if start else "", "…" if end < len(text) else ""
    if at < 0:
        return Excerpt(clean(text[start:end]) + tail)
    found = clean(text[at : at + length])
    return Excerpt(head + clean(text[start:at]), found, clean(text[at + length : end]) + tail)


def _position(text: str, span: str) -> tuple[int, int]:
    """Return where a span stands first, whatever its case, and how long it is there; -1 where it does not."""
    wanted = span.removesuffix("…")
    if not wanted:
        return -1, 0
    at = text.find(wanted)
    if at < 0 and len(text.casefold()) == len(text):  # offsets hold only where folding keeps the length
        at = text.casefold().find(wanted.casefold())
    return at, len(wanted) if at >= 0 else 0


def _alike(told: Iterable[tuple[str, str]]) -> tuple[Alike, ...]:
    found: dict[str, list[str]] = {}
    for message, case in told:
        found.setdefault(message, []).append(case)
    return tuple(Alike(message, tuple(cases)) for message, cases in found.items())
