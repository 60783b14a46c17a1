"""A campaign as JUnit XML: one test case a case, and the gate as a suite of its own."""

from __future__ import annotations

from typing import Final

from accord.core.campaign import Campaign, CaseTally
from accord.report import imprint
from accord.report.campaign_outline import headline, marking, shares, ships
from accord.report.junit import Line, suite

_TAGS: Final = {"fail": "failure", "error": "error", "not-run": "skipped"}


def render(campaign: Campaign) -> str:
    """Return one `testsuites` element, with a checksum as the last line of the document."""
    gate = Line("gate", "may be released", None if ships(campaign) else "failure", headline(campaign))
    unfit = [Line("not tried", one.case, "skipped", one.reason) for one in campaign.not_applicable]
    about = (
        ("accord.campaign", campaign.campaign),
        ("accord.plan", campaign.plan),
        ("accord.tlp", str(marking(campaign))),
    )
    body = "".join(
        (
            '<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="accord attack">\n',
            *suite("gate", [gate], about),
            *suite("cases", [*map(_case, campaign.cases), *unfit], ()),
            "</testsuites>\n",
        )
    )
    return imprint.imprinted(body, imprint.COMMENT)


def _case(case: CaseTally) -> Line:
    told = f"{case.reason} ({shares(case)})" if case.reason else shares(case)
    return Line(case.pool or "cases", case.name, _TAGS.get(case.verdict), told)
