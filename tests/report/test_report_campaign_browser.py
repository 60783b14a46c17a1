"""The page of a campaign in a real browser, without script: axe finds nothing, print shows all, keys reach all."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from accord.report import campaign_html

from . import campaigns

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.browser

CHROMIUM = Path("/usr/bin/chromium")
QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    playwright = pytest.importorskip("playwright.sync_api", reason="no browser tests: pip install playwright")
    if not CHROMIUM.exists():
        pytest.skip("no browser: apt-get install chromium")
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=str(CHROMIUM), args=list(QUIET))
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("campaign") / "campaign.html"
    path.write_text(campaign_html.render(campaigns.campaign(broken=6)), encoding="utf-8")
    return path


def opened(browser: Browser, path: Path, anchor: str = "", **options: Any) -> tuple[Page, list[str]]:
    """Open the page as a reader does, without script; return it and everything the browser complains of."""
    page = browser.new_context(java_script_enabled=False, **options).new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("request", lambda request: None if request.url.startswith(path.as_uri()) else said.append(request.url))
    page.goto(path.as_uri() + anchor)
    return page, said


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1100, 360])
def test_axe_finds_no_violation(browser: Browser, page_file: Path, scheme: Any, width: int) -> None:
    axe = resources.files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
    context = browser.new_context(bypass_csp=True, color_scheme=scheme, viewport={"width": width, "height": 900})
    page = context.new_page()
    page.goto(page_file.as_uri())
    page.evaluate(axe)
    result = json.loads(page.evaluate("axe.run(document, {}).then(r => JSON.stringify(r))"))
    context.close()
    told = [(one["id"], one["nodes"][0]["html"][:200]) for one in result["violations"]]
    assert len(result["passes"]) > 20, "axe looked at nothing"
    assert told == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_browser_complains_of_nothing_and_asks_for_nothing(browser: Browser, page_file: Path, scheme: Any) -> None:
    page, said = opened(browser, page_file, color_scheme=scheme)
    assert page.title().startswith("FAIL: an attack succeeds too often")
    assert said == []


def test_the_style_sheet_passes_the_policy_and_dark_is_dark(browser: Browser, page_file: Path) -> None:
    grounds = []
    for scheme in ("light", "dark"):
        context = browser.new_context(color_scheme=scheme)
        page = context.new_page()
        page.goto(page_file.as_uri())
        grounds.append(page.evaluate("getComputedStyle(document.body).backgroundColor"))
        context.close()
    assert grounds == ["rgb(252, 252, 250)", "rgb(21, 23, 26)"]


def test_transcripts_that_are_closed_open_on_paper(browser: Browser, page_file: Path) -> None:
    page, _ = opened(browser, page_file)
    closed = page.locator("details:not([open]) > div")
    assert closed.count() == 3
    assert not closed.first.is_visible()
    page.emulate_media(media="print")
    boxes = [closed.nth(number).bounding_box() for number in range(closed.count())]
    assert all(box and box["height"] > 10 for box in boxes)


def test_a_link_to_a_trial_opens_its_transcript(browser: Browser, page_file: Path) -> None:
    page, _ = opened(browser, page_file, f"#said-{5:024x}")
    assert page.locator(f'[id="said-{5:024x}"]').is_visible()


def test_tab_reaches_the_skip_link_first_and_then_the_links_in_order(browser: Browser, page_file: Path) -> None:
    page, _ = opened(browser, page_file)
    reached = []
    for _step in range(3):
        page.keyboard.press("Tab")
        reached.append(page.locator(":focus").inner_text())
    assert reached == ["Skip to the answer", "6 cases", "6 cases"]


@pytest.mark.parametrize("width", [320, 360, 768])
def test_a_narrow_window_never_scrolls_sideways(browser: Browser, page_file: Path, width: int) -> None:
    context = browser.new_context(viewport={"width": width, "height": 800})
    page = context.new_page()
    page.goto(page_file.as_uri())
    wide = page.evaluate("document.documentElement.scrollWidth")
    context.close()
    assert wide <= width


def test_hostile_answers_run_nothing_and_ask_for_nothing(browser: Browser, tmp_path: Path) -> None:
    attack = '"><img src=https://example.org/x onerror=document.title="owned"><script>document.title="owned"</script>'
    path = tmp_path / "hostile.html"
    path.write_text(campaign_html.render(campaigns.poisoned(campaigns.campaign(), attack)), encoding="utf-8")
    context = browser.new_context()
    page = context.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    assert page.title() != "owned"
    assert asked == [path.as_uri()]
    context.close()
