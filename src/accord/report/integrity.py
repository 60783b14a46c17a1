"""Reading an exported document again: whether it is whole and what it was, and every reference leads somewhere.

Signatures and the ledger are `accord verify`'s; a checksum inside a document shows damage, not forgery.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from accord.core.canon import digest
from accord.core.errors import AccordError, RecordError
from accord.core.finding import Place
from accord.report import campaign_integrity, imprint
from accord.report.campaign_sarif import CAMPAIGN

if TYPE_CHECKING:
    from accord.core.assessment import Assessment

LARGEST: Final = 256 << 20
"""No exported document is larger than so many bytes."""

_DEEPEST: Final = 64
_ID: Final = re.compile(r"sha256:[0-9a-f]{64}")
_NAME: Final = re.compile(r"[0-9a-f]{12}-[0-9]{1,9}")


class Problem(NamedTuple):
    """What is wrong with an exported document, and where."""

    message: str
    where: Place

    @property
    def place(self) -> str:
        """Return where it is inside the document: a member, a line and column, or an offset."""
        where = self.where
        if where.member:
            return where.member
        if where.line is not None:
            return f"{where.line}:{where.column}" if where.column is not None else str(where.line)
        return f"offset {where.offset}" if where.offset is not None else "1"


def problems(path: Path) -> tuple[Problem, ...]:
    """Return everything that is wrong with an exported document of one of our formats, told by its content.

    Raises `RecordError` when it is of no format of ours, and `ManifestError` when it cannot be read.
    """
    from accord.record.codec import read_bytes

    name = path.name
    data = read_bytes(path, shown=name, limit=LARGEST)
    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        return (Problem("it is not UTF-8", Place(path=name, offset=error.start)),)
    return tuple(_read(text, data, name))


def _read(text: str, data: bytes, name: str) -> Iterator[Problem]:
    head = text.lstrip()[:200]
    if campaign_integrity.is_foreign(head):
        raise RecordError(
            f"{name} is written for another tool and carries no digest of ours",
            code="ACC-E702",
            hint="check the campaign.json beside it",
        )
    if name.endswith(".jsonl") and campaign_integrity.is_trial_line(text.partition("\n")[0]):
        return _in_trials(text, name)
    if head.startswith("{"):
        return _in_json(text, data, name)
    if head.lower().startswith("<!doctype html"):
        return _in_page(text, name)
    if head.startswith(("<?xml", "<testsuites")):
        return _in_junit(text, name)
    if name.endswith((".txt", ".md")) or imprint.imprint(text):
        return _in_text(text, name)
    raise RecordError(
        f"{name} is no exported assessment or campaign: neither JSON, SARIF, HTML, JUnit, Markdown nor text of ours",
        code="ACC-E702",
        hint="name a file that `accord assess --out` or `accord report` wrote; `accord verify` checks bundles",
    )


def _in_text(text: str, name: str) -> Iterator[Problem]:
    last = Place(path=name, line=max(text.count("\n"), 1))
    if imprint.imprint(text) is None:
        yield Problem("its last line is no accord-integrity line: it is cut, or not ours", last)
    elif not imprint.holds(text):
        yield Problem("it is not what its accord-integrity line says: it was changed or damaged", last)


def _in_json(text: str, data: bytes, name: str) -> Iterator[Problem]:
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        yield Problem(f"it is no JSON: {error.msg}", Place(path=name, line=error.lineno, column=error.colno))
        return
    except (RecursionError, ValueError):
        yield Problem(f"it is no JSON that ends within {_DEEPEST} levels", Place(path=name))
        return
    if isinstance(document, dict) and "runs" in document:
        yield from _in_sarif(document, name)
    elif campaign_integrity.is_campaign(document):
        yield from (Problem(message, _member(name, member)) for message, member in campaign_integrity.faults(document))
    elif isinstance(document, dict) and "bomFormat" in document:
        yield from _in_materials(document, name)
    else:
        yield from _in_assessment(data, name)


def _in_trials(text: str, name: str) -> Iterator[Problem]:
    for message, line in campaign_integrity.line_faults(text):
        yield Problem(message, Place(path=name, line=line))


def _in_assessment(data: bytes, name: str) -> Iterator[Problem]:
    from accord.core.assessment import Assessment
    from accord.record.codec import from_json
    from accord.record.statement import seal_assessment

    try:
        assessment = from_json(data, Assessment, path=name, limit=LARGEST)
    except AccordError as error:
        yield Problem(error.message, error.where or Place(path=name))
        return
    try:
        sealed = seal_assessment(assessment)
    except ValueError as error:
        yield Problem(str(error), Place(path=name))
        return
    if sealed.id != assessment.id:
        yield Problem("the id is not the digest of the rest: it was changed or damaged", _member(name, "id"))
    yield from _dangling(assessment, name)
    yield from _numbers(assessment, name)


def _dangling(assessment: Assessment, name: str) -> Iterator[Problem]:
    records = {one.id for one in assessment.evidence}
    findings = {one.id for one in assessment.findings}
    for number, verdict in enumerate((*assessment.provisions, *assessment.companion)):
        for one in verdict.evidence:
            if one not in records:
                yield Problem(
                    f"{verdict.id} rests on evidence {one} that is not there", _member(name, f"provisions[{number}]")
                )
    for number, record in enumerate(assessment.evidence):
        for one in record.findings:
            if one not in findings:
                yield Problem(
                    f"{record.id} names a finding {one} that is not there", _member(name, f"evidence[{number}]")
                )
    for number, reason in enumerate(assessment.gate.reasons):
        for one in reason.evidence:
            if one not in records:
                yield Problem(
                    f"a reason names evidence {one} that is not there", _member(name, f"gate.reasons[{number}]")
                )


def _numbers(assessment: Assessment, name: str) -> Iterator[Problem]:
    from accord.record.catalogue import load_catalogue

    for what, ids in (
        ("provisions", [one.id for one in (*assessment.provisions, *assessment.companion)]),
        ("evidence", [one.id for one in assessment.evidence]),
        ("findings", [one.id for one in assessment.findings]),
    ):
        for one, times in Counter(ids).items():
            if times > 1:
                yield Problem(f"{one} stands {times} times", _member(name, what))
    if assessment.gate.passed == bool(assessment.gate.reasons):
        yield Problem("the gate says one thing and its reasons another", _member(name, "gate"))
    try:
        asked = [one.id for one in load_catalogue(assessment.profile.catalogue).provisions()]
    except AccordError:
        return  # a catalogue that this version does not have cannot be compared
    stand = {one.id for one in assessment.provisions}
    for one in asked:
        if one not in stand:
            yield Problem(f"the provision {one} is missing", _member(name, "provisions"))
    for one in sorted(stand - set(asked)):
        yield Problem(f"the provision {one} is not in the catalogue", _member(name, "provisions"))


def _in_sarif(document: dict[str, Any], name: str) -> Iterator[Problem]:
    try:
        stated = document["properties"].pop("accord/integrity")
        campaign = document["properties"].pop(CAMPAIGN, None)
        seal = campaign or document["properties"].pop("accord/assessment")
        rest = {key: value for key, value in document.items() if key != "properties"}
        whole = digest(rest) == stated and (_NAME if campaign else _ID).fullmatch(seal)
        yield from _in_attacks(document["runs"][0], name) if campaign else _in_run(document["runs"][0], name)
    except (AttributeError, IndexError, KeyError, TypeError, ValueError, RecursionError):
        yield Problem("it is no SARIF log of ours: a member is missing or of another type", Place(path=name))
        return
    if document["version"] != "2.1.0":
        yield Problem("it is not SARIF 2.1.0", _member(name, "version"))
    if not whole:
        yield Problem("it is not what accord/integrity says: it was changed or damaged", _member(name, "properties"))


def _in_materials(document: dict[str, Any], name: str) -> Iterator[Problem]:
    from accord.report.cyclonedx import faults

    try:
        yield from (Problem(message, _member(name, member)) for message, member in faults(document))
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
        yield Problem("it is no CycloneDX of ours: a member is missing or of another type", Place(path=name))


def _in_attacks(run: dict[str, Any], name: str) -> Iterator[Problem]:
    for message, member in campaign_integrity.log_faults(run):
        yield Problem(message, _member(name, member))


def _in_run(run: dict[str, Any], name: str) -> Iterator[Problem]:
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    taxa = [taxon["id"] for taxon in run["taxonomies"][0]["taxa"]]
    for number, result in enumerate(run["results"]):
        place = _member(name, f"runs[0].results[{number}]")
        if rules[result["ruleIndex"]] != result["ruleId"]:
            yield Problem(f"the result names the rule {result['ruleId']}, and points at another", place)
        for taxon in result["taxa"]:
            if taxa[taxon["index"]] != taxon["id"]:
                yield Problem(f"the result names the provision {taxon['id']}, and points at another", place)


def _in_page(text: str, name: str) -> Iterator[Problem]:
    from accord.report.html import policy

    yield from _in_text(text, name)
    page = _PageReader()
    page.feed(text)
    page.close()
    top = Place(path=name, line=1)
    for line, what in page.forbidden:
        yield Problem(f"the page holds {what}, which no page of ours does", Place(path=name, line=line))
    if not _ID.fullmatch(page.assessment):
        yield Problem("the page does not say which assessment, campaign or log it shows", top)
    if page.policy != policy(page.style):
        yield Problem("the content security policy does not fit the style sheet", top)
    for line, anchor in page.links:
        if anchor not in page.anchors:
            yield Problem(f"the link #{anchor} leads nowhere", Place(path=name, line=line))


class _PageReader(HTMLParser):
    """Collect from a page what can be checked: its anchors and links, its policy, and what must not be there."""

    def __init__(self) -> None:
        super().__init__()
        self.anchors: set[str] = {""}
        self.links: list[tuple[int, str]] = []
        self.forbidden: list[tuple[int, str]] = []
        self.policy = self.style = self.assessment = ""
        self._in_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at one tag and its attributes."""
        line = self.getpos()[0]
        self._in_style = tag == "style"
        if tag in {"script", "iframe", "object", "embed", "form", "link", "base", "img"}:
            self.forbidden.append((line, f"the element {tag}"))
        for key, value in attrs:
            if key == "id":
                self.anchors.add(value or "")
            elif key == "href" and (value or "").startswith("#"):
                self.links.append((line, (value or "")[1:]))
            elif key.startswith("on") or key in {"href", "src", "style", "srcdoc"}:
                self.forbidden.append((line, f"the attribute {key}"))
        self._meta(dict(attrs))

    def handle_endtag(self, tag: str) -> None:
        """Leave the style sheet."""
        self._in_style = self._in_style and tag != "style"

    def handle_data(self, data: str) -> None:
        """Keep the style sheet."""
        self.style += data if self._in_style else ""

    def _meta(self, attributes: dict[str, str | None]) -> None:
        content = attributes.get("content") or ""
        if attributes.get("http-equiv") == "Content-Security-Policy":
            self.policy = content
        elif attributes.get("name") in {"accord-assessment", "accord-campaign", "accord-guard"}:
            self.assessment = content


def _in_junit(text: str, name: str) -> Iterator[Problem]:
    from xml.etree import ElementTree as ET  # entities and document types are refused before

    yield from _in_text(text, name)
    if re.search(r"<!(?:DOCTYPE|ENTITY)", text, re.IGNORECASE):
        yield Problem(
            "the document declares types or entities, which no document of ours does", Place(path=name, line=1)
        )
        return
    try:
        root = ET.fromstring(text.encode())  # noqa: S314  # no types, no entities: refused above
    except ET.ParseError as error:
        line, column = error.position
        yield Problem("it is not well-formed XML", Place(path=name, line=line, column=column + 1))
        return
    for suite in root.iter("testsuite"):
        yield from _in_suite(suite, name)


def _in_suite(suite: Any, name: str) -> Iterator[Problem]:
    label = f"testsuite {suite.get('name')}"
    cases = suite.findall("testcase")
    for attribute, found in (
        ("tests", len(cases)),
        ("failures", sum(case.find("failure") is not None for case in cases)),
        ("errors", sum(case.find("error") is not None for case in cases)),
        ("skipped", sum(case.find("skipped") is not None for case in cases)),
    ):
        if suite.get(attribute) != str(found):
            yield Problem(f"{attribute} says {suite.get(attribute)}, and {found} are there", _member(name, label))


def _member(name: str, member: str) -> Place:
    return Place(path=name, member=member)
