"""Worlds to assess, and strangers' packages to assess them with."""

from __future__ import annotations

import importlib
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from accord.testing import World

CHECK = '''
"""Says something about a system."""
from accord.core import Finding, Place, check


@check("{code}", on={on}, bears_on=("{claim}",), since="1.0")
def {name}(subject, ctx):
    """{title}.

    ## What it does
    What the test needs.

    ## Why it matters
    Tests do.

    ## Example
    None.

    ## Fix
    None.

    ## References
    - CWE-1
    """
{body}
'''


def install(
    site: Path,
    checks: dict[str, str],
    *,
    package: str = "acme_checks",
    on: str = '("system",)',
    claim: str = "2.4.a/register-present",
) -> str:
    """Write a package with one module a check (code → body) and its metadata below `site`; returns its name."""
    folder = site / package
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "__init__.py").write_text('"""Checks of a stranger."""\n')
    for code, body in checks.items():
        text = CHECK.format(
            code=code, name=code.lower(), title=f"Check {code}", on=on, claim=claim, body=textwrap.indent(body, "    ")
        )
        (folder / f"{code.lower()}.py").write_text(text)
    info = site / f"{package}-1.0.dist-info"
    info.mkdir(exist_ok=True)
    name = package.replace("_", "-")
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(f"[accord.checks]\nacme = {package}\n")
    return name


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Return a world with the smallest manifest."""
    made = World(tmp_path / "world")
    made.write("accord.yaml")
    return made


@pytest.fixture
def stranger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., str]]:
    """Return what installs a package of checks for the time of a test."""
    site = tmp_path / "site"
    site.mkdir()
    monkeypatch.syspath_prepend(str(site))
    importlib.invalidate_caches()

    def installed(checks: dict[str, str], **details: str) -> str:
        importlib.invalidate_caches()
        return install(site, checks, **details)

    yield installed
    for name in [name for name in sys.modules if name.split(".")[0].startswith("acme")]:
        del sys.modules[name]
