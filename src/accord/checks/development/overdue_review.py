"""ACC214: documents whose day of review has passed."""

import re
from collections.abc import Iterator
from datetime import date

from accord.core import Context, Finding, Place, Severity, System, check

_DUE = re.compile(
    r"\b(?:next[ _-]review(?:ed)?|review[ _-](?:by|due|date)|to be reviewed(?: again)?|valid until)\b"
    r"(?:[ \t]{1,3}(?:is|by|on|before))?[\W_]{0,8}(\d{4}-\d{2}-\d{2})",
    re.IGNORECASE,
)


@check("ACC214", on=("system",), bears_on=("2.3.f/review-date-not-passed",), since="0.1")
def overdue_review(system: System, ctx: Context) -> Iterator[Finding]:
    """Document was to be reviewed by a day that has passed.

    ## What it does
    Reads `Review by`, `Next review`, `Valid until` and the like with a date (YYYY-MM-DD) in Markdown and
    reStructuredText documents outside of tests, and reports days that have passed. Where no document names such
    a day nothing can be said: that is not-run, never a pass.

    ## Why it matters
    A card or plan that nobody looked at again describes the system of last year, and people act on it.

    ## Example
    `Next review: 2025-06-01` in November 2026: see `tests/checks/ACC214/bad`.

    ## Fix
    Review the document, correct it, and set the next day.

    ## References
    - CWE-1059
    """
    from accord.scan.places import is_test

    today, dated = ctx.now.date(), False
    for source in ctx.sources("**/*.md", "**/*.rst"):
        for match in () if is_test(source.path) else _DUE.finditer(source.text):
            due = _day(match[1])
            dated = dated or due is not None
            if due is not None and due < today:
                yield Finding(
                    message=f"the document {source.path} was to be reviewed by {due}: {(today - due).days} days ago",
                    where=Place(path=source.path, line=source.text.count("\n", 0, match.start()) + 1),
                    severity=Severity.MEDIUM,
                    fix="review the document and set the next day",
                )
    if not dated:
        ctx.skip("accord.yaml", "no document says when it is reviewed next")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
