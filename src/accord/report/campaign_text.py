"""A campaign as plain text: may it ship, why not, what was not tried, and what each case came to; eighty columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from accord.core.campaign import Campaign, Exhibit
from accord.core.text import clean, one_line
from accord.report import imprint
from accord.report.campaign_outline import (
    Alike,
    Row,
    called,
    headline,
    marking,
    percent,
    reasons,
    rows,
    turns,
    untried,
)
from accord.report.columns import clip, pad, wrap
from accord.report.outline import plural

WIDTH: Final = 80

_MOST: Final = 100
_LISTED: Final = 12
_EXHIBITS: Final = 3
_TURNS: Final = 24
_HEAD: Final = 10
_ROLE: Final = 20


def render(campaign: Campaign) -> str:
    """Return the page, with a checksum as its last line."""
    return imprint.imprinted(clean("\n".join(_lines(campaign))) + "\n", imprint.LINE)


def _lines(campaign: Campaign) -> Iterator[str]:
    yield headline(campaign)
    yield ""
    yield from _line("target", campaign.target)
    yield from _line("campaign", f"{campaign.campaign}, plan {campaign.plan[7:19]}, seed {campaign.seed}")
    yield from _line("marking", f"TLP:{marking(campaign)}")
    ran = f"{plural(campaign.trials, 'attack')} of {campaign.planned}"
    yield from _line("sent", f"{plural(campaign.requests, 'request')} in {campaign.seconds:.1f} s, {ran}")
    if campaign.stopped:
        yield from _line("stopped", campaign.stopped)
    if campaign.judge:
        yield from _line("judge", campaign.judge)
    if campaign.at:
        told = ", ".join(f"{percent(share)} within {trials}" for trials, share in campaign.at.items())
        yield from _line("broke", f"share of cases by the number of trials: {told}")
    yield from _group("why", reasons(campaign))
    yield from _cases(rows(campaign))
    yield from (line for note in campaign.overruled[:_MOST] for line in _line("overruled", note))
    yield from _untried(campaign)
    for exhibit in campaign.exhibits[:_EXHIBITS]:
        yield from _exhibit(exhibit)


def _line(head: str, text: str, wide: int = _HEAD) -> Iterator[str]:
    """Yield a word and what it says, wrapped beside it."""
    for at, part in enumerate(wrap(one_line(text, 600), WIDTH - wide)):
        yield pad("" if at else head, wide) + part


def _group(head: str, alike: Sequence[Alike]) -> Iterator[str]:
    if alike:
        yield ""
    for one in alike[:_MOST]:
        yield from _line(head, f"{one.named}: {one.message}" if one.named else one.message)
    if len(alike) > _MOST:
        yield from _line("", f"and {plural(len(alike) - _MOST, 'more reason')}: they are in campaign.json")


def _cases(found: Sequence[Row]) -> Iterator[str]:
    yield ""
    for row in found[:_MOST]:
        first = row.cases[0]
        if len(row.cases) == 1:
            yield from _line(row.verdict, f"{first.name} [{first.severity}]")
            yield from _line("", row.shares)
        else:
            yield from _line(row.verdict, f"{len(row.cases)} cases, each: {row.shares}")
            more = f" and {len(row.cases) - _LISTED} more" if len(row.cases) > _LISTED else ""
            yield from _line("", ", ".join(case.name for case in row.cases[:_LISTED]) + more)
    if len(found) > _MOST:
        left = sum(len(row.cases) for row in found[_MOST:])
        yield from _line("", f"and {plural(left, 'more case')}: they are in campaign.json")


def _untried(campaign: Campaign) -> Iterator[str]:
    if campaign.not_applicable:
        count = len(campaign.not_applicable)
        yield ""
        yield f"not tried: {plural(count, 'case')} {'does' if count == 1 else 'do'} not fit the target"
        for one in untried(campaign)[:_MOST]:
            yield from _line("", f"{one.named}: {one.message}")


def _exhibit(exhibit: Exhibit) -> Iterator[str]:
    yield ""
    way = " + ".join(exhibit.mutation) or "as written"
    yield from wrap(one_line(f"{exhibit.case}, trial {exhibit.trial}: {way}"), WIDTH)
    shown = turns(exhibit, _TURNS)
    if shown.first:
        yield from _line("", f"({plural(shown.first, 'message')} before)", _ROLE)
    for at, message in enumerate(shown.messages, shown.first):
        calls = "; ".join(f"calls {one_line(called(one.name, one.args.items()), 300)}" for one in message.tool_calls)
        said = " ".join(filter(None, (one_line(message.content, 400), calls)))
        sign = ">" if at == exhibit.message else " "
        role = clip(one_line(message.channel or message.role), _ROLE - 3)
        yield from _line(f"{sign} {role}", said or "(nothing)", _ROLE)
    if shown.after:
        yield from _line("", f"({plural(shown.after, 'message')} more)", _ROLE)
    yield from _line("  shows it", exhibit.span, _ROLE)
