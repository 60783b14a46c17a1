"""A campaign as one HTML page: the answer, every case with its interval, and the transcripts with what shows it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from accord.core.assessment import Outcome
from accord.core.campaign import Campaign, CaseTally, Exhibit
from accord.core.text import one_line
from accord.core.trial import ToolCall
from accord.report import imprint, svg
from accord.report.campaign_outline import (
    called,
    excerpt,
    headline,
    marking,
    percent,
    reasons,
    ships,
    turns,
    untried,
    worst_first,
)
from accord.report.html import MOST, anchor, environment, policy, squeezed

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

_FEW: Final = 8
_SHOWN: Final = 40
_TURNS: Final = 64
_LONGEST: Final = 4_000
_MARKS: Final = {
    "pass": Outcome.MET,
    "fail": Outcome.NOT_MET,
    "not-run": Outcome.NOT_ASSESSED,
    "error": Outcome.PARTLY,
}


def render(campaign: Campaign) -> str:
    """Return the page, with a checksum as its last line."""
    from markupsafe import Markup  # our own drawings and style sheet only

    templates = files("accord.report") / "templates"
    style = re.sub(r"\s+", " ", (templates / "report.css").read_text(encoding="utf-8"))
    template = _environment().from_string((templates / "campaign.html.j2").read_text(encoding="utf-8"))
    cases = worst_first(campaign)[:MOST]
    exhibits = campaign.exhibits[:_SHOWN]
    page = template.render(
        c=campaign,
        cases=cases,
        standing=frozenset(case.name for case in cases),
        exhibits=exhibits,
        said=dict(_first(exhibits)),
        headline=headline(campaign),
        marking=marking(campaign),
        ships=ships(campaign),
        reasons=reasons(campaign),
        untried=untried(campaign),
        style=Markup(style),  # noqa: S704
        policy=policy(style),
        symbols=Markup(svg.symbols()),  # noqa: S704
    )
    return imprint.imprinted(squeezed(page), imprint.COMMENT)


def _environment() -> Environment:
    from markupsafe import Markup

    made = environment()
    made.filters.update(percent=percent)
    made.globals.update(
        call=_call,
        few=_FEW,
        interval=lambda case: Markup(_interval(case)),  # noqa: S704  # drawn by svg, which escapes
        mark=lambda verdict: Markup(svg.mark(_MARKS[verdict])),  # noqa: S704
        marked=_marked,
        turns=lambda exhibit: turns(exhibit, _TURNS),
        anchor=anchor,
    )
    return made


def _first(exhibits: tuple[Exhibit, ...]) -> Iterator[tuple[str, str]]:
    """Yield each case that has a transcript in the page, with the trial of its first one."""
    found: Mapping[str, str] = {exhibit.case: exhibit.trial for exhibit in reversed(exhibits)}
    yield from found.items()


def _interval(case: CaseTally) -> str:
    if case.asr is None or case.asr_low is None or case.asr_high is None:
        return ""
    told = f"{percent(case.asr)}, between {percent(case.asr_low)} and {percent(case.asr_high)}"
    return svg.range_bar(case.asr, low=case.asr_low, high=case.asr_high, title=told)


def _marked(text: str, span: str) -> Markup:
    """Return a text as escaped markup, cut around the span that shows it, which is marked."""
    from markupsafe import Markup

    shown = excerpt(text, span, _LONGEST)
    if not shown.found:
        return Markup("{}").format(shown.before)  # format escapes its arguments
    return Markup("{}<mark>{}</mark>{}").format(*shown)


def _call(call: ToolCall) -> str:
    return one_line(called(call.name, call.args.items()), 800)
