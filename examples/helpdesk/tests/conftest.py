"""Puts the example on the import path, and keeps one weak and one fixed helpdesk running for the tests."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent
sys.path[:0] = [str(TESTS), str(TESTS.parent)]

from helpdesk_running import HELPDESK, TOKEN, Service, serving  # noqa: E402  # needs the path above
from make_fixed import make_fixed  # noqa: E402


@pytest.fixture(scope="session")
def weak() -> Iterator[Service]:
    """Return the running weak helpdesk."""
    with serving(HELPDESK) as service:
        yield service


@pytest.fixture(scope="session")
def fixed_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a freshly built fixed copy."""
    folder = tmp_path_factory.mktemp("fixed") / "helpdesk"
    make_fixed(HELPDESK, folder)
    return folder


@pytest.fixture(scope="session")
def fixed(fixed_folder: Path) -> Iterator[Service]:
    """Return the running fixed helpdesk; its caller is the customer moss@example.org."""
    tokens = json.dumps({TOKEN: "moss@example.org", "token-of-reed": "reed@example.org"})
    with serving(fixed_folder, extra={"HELPDESK_TOKENS": tokens, "HELPDESK_RATE": "100"}) as service:
        yield service
