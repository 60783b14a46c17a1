"""What every test stands on: no state of the user's, no network but loopback, no silent skips in CI."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from importlib.util import find_spec
from types import MappingProxyType
from typing import Final

import pytest
from hypothesis import HealthCheck, settings

collect_ignore_glob = ["checks/*/*"]  # the bad and good folders are what checks look at, not tests

NEEDED: Final[Mapping[str, Callable[[], bool]]] = MappingProxyType(
    {
        "browser": lambda: shutil.which("chromium") is not None,
        "litellm": lambda: bool(os.environ.get("ACCORD_TEST_LITELLM") or find_spec("litellm")),
        "node": lambda: shutil.which("node") is not None,
        "postgres": lambda: bool(os.environ.get("ACCORD_TEST_PG_URL")),
    }
)
ABSENT: Final[Mapping[str, str]] = MappingProxyType(
    {
        "browser": "no browser: apt-get install chromium",
        "litellm": "no LiteLLM: set ACCORD_TEST_LITELLM to a Python that has it",
        "node": "no Node.js: apt-get install nodejs",
        "postgres": "no PostgreSQL: set ACCORD_TEST_PG_URL",
    }
)
_TOLD_BY_REASON: Final = re.compile(r"chromium|browser|playwright|node\.?js|postgres|psycopg", re.IGNORECASE)

_KEPT: Final = frozenset({"ACCORD_CI", "ACCORD_TEST_PG_URL", "ACCORD_TEST_LITELLM", "ACCORD_HYPOTHESIS"})

settings.register_profile(
    "ci", derandomize=True, deadline=None, max_examples=60, database=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("long", settings.get_profile("ci"), derandomize=False, max_examples=2000, print_blob=True)
settings.load_profile(os.environ.get("ACCORD_HYPOTHESIS", "ci"))


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name bytes by their argument: what was packed a second later is called the same in every worker."""
    return argname if isinstance(val, bytes) else None


def in_ci() -> bool:
    """Tell whether everything that tests need is promised to be here."""
    return os.environ.get("ACCORD_CI") == "1"


def pytest_configure() -> None:
    """Give each parallel worker a PostgreSQL database of its own, beside the one that the URL names."""
    url, worker = os.environ.get("ACCORD_TEST_PG_URL"), os.environ.get("PYTEST_XDIST_WORKER")
    if not url or not worker:
        return
    from sqlalchemy import create_engine, make_url, text

    own = make_url(url).set(database=f"accord_{worker}")
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f'DROP DATABASE IF EXISTS "{own.database}" WITH (FORCE)'))
        connection.execute(text(f'CREATE DATABASE "{own.database}"'))
    engine.dispose()
    os.environ["ACCORD_TEST_PG_URL"] = own.render_as_string(hide_password=False)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip, with a reason, the tests whose browser, Node.js or server is missing; the others find an empty database."""
    for mark, present in NEEDED.items():
        if item.get_closest_marker(mark) and not present():
            pytest.skip(ABSENT[mark])
    if item.get_closest_marker("postgres"):
        _emptied(os.environ["ACCORD_TEST_PG_URL"])


def _emptied(url: str) -> None:
    from sqlalchemy import create_engine, text

    engine = create_engine(url)
    with engine.begin() as connection:
        names = "campaign, campaign_try, campaign_trial, evidence, assessment, alembic_version"
        connection.execute(text(f"DROP TABLE IF EXISTS {names}"))
        connection.execute(text("DROP SCHEMA IF EXISTS dbos, accord_guard CASCADE"))
    engine.dispose()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI, a test that was skipped for want of a browser, Node.js or PostgreSQL has failed."""
    report = yield
    marked = any(item.get_closest_marker(mark) for mark in NEEDED)
    if in_ci() and report.skipped and not hasattr(report, "wasxfail") and (marked or _is_about_a_need(report)):
        report.outcome = "failed"
        report.longrepr = f"skipped in CI, where it must run: {_reason(report)}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """In CI, a whole module that was skipped for such a want has failed too."""
    report = yield
    if in_ci() and report.skipped and _is_about_a_need(report):
        report.outcome = "failed"
        report.longrepr = f"skipped in CI, where it must run: {_reason(report)}"
    return report


@pytest.fixture(autouse=True)
def own_state(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Give each test a state folder of its own, outside its `tmp_path`, and no settings from the environment."""
    for name in list(os.environ):
        if name.startswith("ACCORD_") and name not in _KEPT:
            monkeypatch.delenv(name)
    own = hashlib.sha256(request.node.nodeid.encode()).hexdigest()[:16]
    monkeypatch.setenv("ACCORD_HOME", str(tmp_path_factory.getbasetemp() / "homes" / own))


@pytest.fixture(scope="session")
def within() -> Callable[[float], AbstractContextManager[None]]:
    """Return a bound of time that holds on any machine: inside takes at most so many times as long as a plain loop."""

    @contextmanager
    def bound(loops: float) -> Iterator[None]:
        unit = _plain_loop()
        began = time.process_time()
        yield
        spent = (time.process_time() - began) / unit
        assert spent < loops, f"this took as long as {spent:.0f} plain loops, and should take less than {loops:g}"

    return bound


@pytest.fixture(scope="session")
def growth() -> Callable[[Callable[[int], Callable[[], object]], int], float]:
    """Return how many times as long an action takes on four times as much: 4 where time is linear, 16 where quadratic.

    The action is made for a size first, untimed. What takes less than two plain loops counts as two.
    """

    def measured(made: Callable[[int], Callable[[], object]], size: int) -> float:
        small, large = made(size), made(4 * size)
        return _least(large) / max(_least(small), 2 * _plain_loop())

    return measured


def _plain_loop() -> float:
    """Return the CPU seconds of counting to 500,000: some 5 ms."""

    def loop() -> None:
        for _ in range(500_000):
            pass

    return _least(loop)


def _least(action: Callable[[], object]) -> float:
    """Return the least CPU seconds of three runs: what else the machine does is not counted."""
    seconds = []
    for _ in range(3):
        began = time.process_time()
        action()
        seconds.append(time.process_time() - began)
    return min(seconds)


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    return report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)


def _is_about_a_need(report: pytest.TestReport | pytest.CollectReport) -> bool:
    return bool(_TOLD_BY_REASON.search(_reason(report)))
