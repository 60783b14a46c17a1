"""The guard's log as a page and as text: one file, no script, in the dark and on paper."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import date, timedelta
from importlib.resources import files
from typing import Final

from accord.core.assessment import Outcome as Shape
from accord.core.canon import digest_bytes, plain
from accord.core.guard import Outcome
from accord.core.text import one_line
from accord.report import imprint, svg
from accord.report.guard_log import Told
from accord.report.html import environment, policy, squeezed
from accord.report.outline import plural

_SHAPES: Final = {
    Outcome.ALLOW: Shape.MET,
    Outcome.FLAG: Shape.NOT_ASSESSED,
    Outcome.REDACT: Shape.PARTLY,
    Outcome.ASK: Shape.PARTLY,
    Outcome.BLOCK: Shape.NOT_MET,
}
_EXCEPTION: Final = timedelta(days=30)
_FEW: Final = 10


def render(told: Told, *, name: str, today: date) -> str:
    """Return the page, with a checksum as its last line."""
    from markupsafe import Markup  # our own drawings and style sheet only

    templates = files("accord.report") / "templates"
    style = re.sub(r"\s+", " ", (templates / "report.css").read_text(encoding="utf-8"))
    template = environment().from_string((templates / "guard.html.j2").read_text(encoding="utf-8"))
    page = template.render(
        t=told,
        name=name,
        headline=headline(told),
        drawn=Markup(_bar(told)),  # noqa: S704
        expires=(today + _EXCEPTION).isoformat(),
        id=digest_bytes(json.dumps(plain(told), default=str, sort_keys=True).encode()),
        style=Markup(style),  # noqa: S704
        policy=policy(style),
        symbols=Markup(svg.symbols()),  # noqa: S704
    )
    return imprint.imprinted(squeezed(page), imprint.COMMENT)


def headline(told: Told) -> str:
    """Return what matters first: what passed unseen, what was only said, or how much was stopped."""
    if told.bypasses:
        return f"{plural(len(told.bypasses), 'request')} passed unseen"
    if told.shadow:
        return f"{plural(told.shadow, 'request')} not stopped"
    stopped = sum(count for outcome, count in told.outcomes if outcome.stops)
    return f"{plural(stopped, 'request')} stopped" if told.decisions else "Nothing decided yet"


def lines(told: Told) -> Iterator[str]:
    """Yield the report as text for a terminal, 80 columns where its words allow it."""
    yield headline(told)
    counts = ", ".join(f"{outcome} {count}" for outcome, count in told.outcomes)
    yield f"{plural(told.decisions, 'decision')}{f': {counts}' if counts else ''}"
    if told.bad:
        yield f"{plural(told.bad, 'line')} of the log: no decision"
    for reason in told.reasons[:_FEW]:
        yield f"  {reason.count:>6}  {one_line(reason.code, 40)}  {one_line(reason.example.message, 100)}"
    more = max(0, len(told.reasons) - _FEW) + told.more_reasons
    if more:
        yield f"          and {plural(more, 'more reason')}"
    if told.reviews:
        texts = plural(len(told.reviews) + told.more_reviews, "text")
        yield f"to look at again: {texts}; `--format html` shows {'the first' if told.more_reviews else 'them'}"
    for one in told.exempted:
        state = f"expired {plural(-one.days, 'day')} ago" if one.days < 0 else f"{plural(one.days, 'day')} left"
        state += f", used {plural(one.used, 'time')}"
        yield f"  exception to {one_line(one.exception.rule, 40)} by {one_line(one.exception.by, 60)}: {state}"


def _bar(told: Told) -> str:
    parts = [svg.Part(_SHAPES[outcome], count) for outcome, count in told.outcomes]
    title = ", ".join(f"{outcome} {count}" for outcome, count in told.outcomes)
    return svg.bar(parts, title=title or "nothing decided", width=480)
