"""The pages in a real browser, without script: axe finds nothing, print shows all, the keyboard reaches all."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from accord.core.assessment import Assessment
from accord.core.canon import Digest
from accord.core.guard import GuardAllowed, GuardPolicy
from accord.guard.monitor.entries import entry_of
from accord.report import campaign_html, guard_page, html
from accord.report.guard_log import told as told_by_log

from . import campaigns
from .browsing import focused, launched, opened, seen_by_axe, told

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

Make = Callable[..., Assessment]
Poison = Callable[[Assessment, str], Assessment]
ATTACK = '"><img src=https://example.org/x onerror=document.title="owned"><script>document.title="owned"</script>'
PAGES = ("assessment", "campaign", "guard")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with launched() as chromium:
        yield chromium


@pytest.fixture(scope="module")
def written(make: Make, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """Return a page of each kind."""
    folder = tmp_path_factory.mktemp("pages")
    texts = {
        "assessment": assessment_page(make()),
        "campaign": campaign_html.render(campaigns.campaign(broken=6)),
        "guard": log_page(""),
    }
    return {name: saved(folder / f"{name}.html", text) for name, text in texts.items()}


@pytest.fixture(params=PAGES)
def page_file(written: Mapping[str, Path], request: pytest.FixtureRequest) -> Path:
    """Return the page of one kind after the other."""
    return written[request.param]


def saved(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def assessment_page(assessment: Assessment) -> str:
    out = io.StringIO()
    html.write(assessment, out)
    return out.getvalue()


def log_page(front: str) -> str:
    """Return the page of a log with blocked and reviewed requests, a bypass and an exception; `front` is hostile."""
    kept = {"kind": "request", "time": "2026-11-22T11:00:00Z", "message": f"{front} a rule fired", "key": f"{front}key"}
    said: list[dict[str, object]] = [
        {"outcome": "block", "code": f"{front}R-{number % 3}", "excerpt": f"{front}ignore all", "path": [front, "tool"]}
        for number in range(9)
    ]
    doubted = {"code": "detector", "text": "sha256:aa", "hits": [{"score": 0.97}], "excerpt": f"{front}please"}
    said += [{"outcome": "block", **doubted, "key": f"{front}{number}"} for number in range(3)]
    said += [{"outcome": "flag", "kind": "bypass", "code": "open"}, {"outcome": "allow"}]
    log = [entry_of(json.dumps({"decision": f"d{n}", **kept, **one}).encode()) for n, one in enumerate(said)]
    made = GuardAllowed(
        rule="detector", text=Digest("sha256:aa"), by="a@example.org", reason=f"{front}menu", expires=date(2026, 12, 2)
    )
    today = date(2026, 11, 22)
    found = told_by_log(log, policy=GuardPolicy(guard=1, allow=(made,)), today=today)
    return guard_page.render(found, name=f"{front}decisions.jsonl", today=today)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1100, 360])
def test_axe_finds_no_violation(browser: Browser, page_file: Path, scheme: Any, width: int) -> None:
    seen = seen_by_axe(browser, page_file, color_scheme=scheme, viewport={"width": width, "height": 900})
    assert seen.passed > 20, "axe looked at nothing"
    assert seen.violations == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("assessment", "Do not release"),
        ("campaign", "FAIL: an attack succeeds too often"),
        ("guard", "1 request passed unseen"),
    ],
)
def test_the_browser_complains_of_nothing_and_asks_for_nothing(
    browser: Browser, written: Mapping[str, Path], scheme: Any, name: str, title: str
) -> None:
    page, said = opened(browser, written[name], color_scheme=scheme)
    assert page.title().startswith(title)
    assert said == []


def test_the_style_sheet_passes_the_policy_and_dark_is_dark(browser: Browser, page_file: Path) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    grounds = [told(browser, page_file, ground, color_scheme=scheme) for scheme in ("light", "dark")]
    assert grounds == ["rgb(252, 252, 250)", "rgb(21, 23, 26)"]


@pytest.mark.parametrize(("name", "least"), [("assessment", 51), ("campaign", 3)])
def test_closed_details_open_on_paper(browser: Browser, written: Mapping[str, Path], name: str, least: int) -> None:
    page, _ = opened(browser, written[name])
    closed = page.locator("details:not([open]) > div")
    assert closed.count() >= least
    assert not closed.first.is_visible()
    page.emulate_media(media="print")
    heights = [closed.nth(number).bounding_box() for number in range(0, closed.count(), max(1, closed.count() // 6))]
    assert all(box and box["height"] > 10 for box in heights)


@pytest.mark.parametrize(
    ("name", "anchor"), [("assessment", "p-1.1.a"), ("campaign", f"said-{5:024x}")], ids=["provision", "trial"]
)
def test_a_link_to_what_is_closed_opens_it(
    browser: Browser, written: Mapping[str, Path], name: str, anchor: str
) -> None:
    page, _ = opened(browser, written[name], f"#{anchor}")
    assert page.locator(f'[id="{anchor}"]').is_visible()


@pytest.mark.parametrize(
    ("name", "stops"),
    [
        ("assessment", ["Skip to the answer", "6 reasons", "ACC201", "1 reason"]),
        ("campaign", ["Skip to the answer", "6 cases", "6 cases"]),
        ("guard", ["Skip to the answer"]),
    ],
)
def test_tab_reaches_the_skip_link_first_and_then_the_links_in_order(
    browser: Browser, written: Mapping[str, Path], name: str, stops: list[str]
) -> None:
    page, _ = opened(browser, written[name])
    assert focused(page, len(stops)) == stops
    assert page.locator(":focus").is_visible()


def test_the_first_screen_holds_the_four_answers(browser: Browser, written: Mapping[str, Path]) -> None:
    page, _ = opened(browser, written["assessment"], viewport={"width": 1100, "height": 1000})
    for answer in ("#ship", ".why", "#unseen", "#who"):
        box = page.locator(answer).bounding_box()
        assert box
        assert box["y"] + box["height"] < 1000


@pytest.mark.parametrize("width", [320, 360, 768])
def test_a_narrow_window_never_scrolls_sideways(browser: Browser, page_file: Path, width: int) -> None:
    wide = "document.documentElement.scrollWidth"
    assert told(browser, page_file, wide, viewport={"width": width, "height": 800}) <= width


@pytest.mark.parametrize("name", PAGES)
def test_hostile_text_runs_nothing_and_asks_for_nothing(
    browser: Browser, make: Make, poisoned: Poison, tmp_path: Path, name: str
) -> None:
    match name:
        case "assessment":
            text = assessment_page(poisoned(make(), ATTACK))
        case "campaign":
            text = campaign_html.render(campaigns.poisoned(campaigns.campaign(), ATTACK))
        case _:
            text = log_page(ATTACK)
    path = saved(tmp_path / "hostile.html", text)
    context = browser.new_context()
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    assert page.title() != "owned"
    assert asked == [path.as_uri()]
    context.close()
