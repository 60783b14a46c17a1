"""Starts a helpdesk as its users do, and talks to it."""

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import pytest

HELPDESK = Path(__file__).resolve().parent.parent
MISSING = tuple(name for name in ("openai", "starlette", "uvicorn") if find_spec(name) is None)
TOKEN = "test-token-of-moss"


class Reply(NamedTuple):
    """Status and content of an HTTP answer."""

    status: int
    content: Any


class Service(NamedTuple):
    """A running helpdesk."""

    url: str
    brain: str
    pid: int

    def call(self, path: str, body: object = None, *, method: str | None = None, token: str = TOKEN) -> Reply:
        """Send one request."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        request = urllib.request.Request(self.url + path, data=data, headers=headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return Reply(answer.status, _content(answer.read()))
        except urllib.error.HTTPError as error:
            return Reply(error.code, _content(error.read()))

    def ask(self, message: str, session: str = "test") -> Any:
        """Return the answer to a message."""
        return self.call("/chat", {"message": message, "session": session}).content


def _content(raw: bytes) -> Any:
    text = raw.decode()
    return json.loads(text) if text[:1] in "{[" else text


@contextmanager
def serving(folder: Path, *, brain: str = "scripted", extra: Mapping[str, str] | None = None) -> Iterator[Service]:
    """Run the helpdesk of a folder, and end it with SIGTERM."""
    if MISSING:
        pytest.skip(f"not installed: {', '.join(MISSING)} (examples/helpdesk/requirements.txt)")
    kept = {key: value for key, value in os.environ.items() if not key.startswith("HELPDESK_")}
    environment = {**kept, "PYTHONDONTWRITEBYTECODE": "1", **(extra or {})}
    command = [sys.executable, "-m", "app", "--port", "0", "--brain", brain]
    with subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            assert line, "the helpdesk did not start"
            said = json.loads(line)
            yield Service(said["url"], said["brain"], process.pid)
        finally:
            process.terminate()
            process.wait(10)
