"""Pages of reports in Debian's chromium: how they are opened, and what axe says of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

CHROMIUM: Final = Path("/usr/bin/chromium")
QUIET: Final = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


class Seen(NamedTuple):
    """What axe found wrong on a page, and how many of its rules the page passed."""

    violations: list[tuple[str, str]]
    passed: int


@contextmanager
def launched() -> Iterator[Browser]:
    """Run the browser; skips where there is none."""
    playwright = pytest.importorskip("playwright.sync_api", reason="no browser tests: pip install playwright")
    if not CHROMIUM.exists():
        pytest.skip("no browser: apt-get install chromium")
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=str(CHROMIUM), args=list(QUIET))
        yield chromium
        chromium.close()


def opened(browser: Browser, path: Path, anchor: str = "", **options: Any) -> tuple[Page, list[str]]:
    """Open the page as a reader does, without script; return it and everything the browser complains of."""
    page = browser.new_context(java_script_enabled=False, **options).new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("request", lambda request: None if request.url.startswith(path.as_uri()) else said.append(request.url))
    page.goto(path.as_uri() + anchor)
    return page, said


def told(browser: Browser, path: Path, script: str, **options: Any) -> Any:
    """Return what an expression of ours comes to on the page."""
    context = browser.new_context(**options)
    page = context.new_page()
    page.goto(path.as_uri())
    found = page.evaluate(script)
    context.close()
    return found


def seen_by_axe(browser: Browser, path: Path, **options: Any) -> Seen:
    """Let axe look at the page."""
    axe = resources.files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
    script = f"{{ {axe}; axe.run(document, {{}}).then(r => JSON.stringify(r)) }}"
    result = json.loads(told(browser, path, script, bypass_csp=True, **options))
    return Seen([(one["id"], one["nodes"][0]["html"][:200]) for one in result["violations"]], len(result["passes"]))


def focused(page: Page, steps: int) -> list[str]:
    """Press the tab key and return what is reached each time."""
    reached = []
    for _step in range(steps):
        page.keyboard.press("Tab")
        reached.append(page.locator(":focus").inner_text())
    return reached
