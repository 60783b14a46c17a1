"""Spans reach a collector of OpenTelemetry, say what was decided, and carry nobody's words."""

from __future__ import annotations

import http.client
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any, Final

import pytest
from gatekeeping import CANARY, Loopback

from accord.guard.gateway import tracing

proto = pytest.importorskip("opentelemetry.proto.collector.trace.v1.trace_service_pb2")

ACCORD: Final = str(Path(sys.executable).parent / "accord")
TRACE: Final = "0af7651916cd43dd8448eb211c80319c"
PARENT: Final = "b7ad6b7169203331"
SECRET: Final = "my number is 4929 1111 2222 3333"


class Collector:
    """A collector on loopback, which keeps the spans it is sent."""

    def __init__(self) -> None:
        self.spans: list[Any] = []
        self.raw = b""
        self.services: set[str] = set()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                outer.takes(self.rfile.read(int(self.headers["content-length"])))
                self.send_response(200)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def takes(self, data: bytes) -> None:
        """Read one export."""
        self.raw += data
        for resource in proto.ExportTraceServiceRequest.FromString(data).resource_spans:
            self.services |= {a.value.string_value for a in resource.resource.attributes if a.key == "service.name"}
            self.spans += [span for scope in resource.scope_spans for span in scope.spans]

    def said(self, name: str) -> list[dict[str, Any]]:
        """Return the attributes of the spans of a name."""
        found = [span for span in self.spans if span.name == name]
        return [{a.key: a.value.string_value or a.value.int_value for a in span.attributes} for span in found]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def collector() -> Iterator[Collector]:
    found = Collector()
    yield found
    found.close()


@contextmanager
def gateway(upstream: Loopback, folder: Path, environ: Mapping[str, str]) -> Iterator[tuple[int, list[str]]]:
    """Start the command before a model; what it says at its end is told too."""
    (folder / "guard.yaml").write_text(f"guard: 1\ndetector: off\ncanaries: [{CANARY}]\n")
    argv = [ACCORD, "guard", "serve", "--upstream", upstream.url, "--port", "0"]
    argv += ["--policy", str(folder / "guard.yaml")]
    process = subprocess.Popen(argv, stderr=subprocess.PIPE, text=True, env={**os.environ, **environ})
    said: list[str] = []
    assert process.stderr is not None
    for line in process.stderr:
        said.append(line)
        if "listens on" in line:
            break
    try:
        yield int(said[-1].rpartition(":")[2]), said
    finally:
        process.terminate()
        said += process.stderr.read().splitlines()
        process.wait(30)
        process.stderr.close()


def ask(port: int, text: str, **headers: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    body = json.dumps({"model": "m", "messages": [{"role": "user", "content": text}]})
    connection.request("POST", "/v1/chat/completions", body, {"content-type": "application/json", **headers})
    status = connection.getresponse().status
    connection.close()
    return status


def test_a_collector_hears_of_each_request_and_of_nobodys_words(tmp_path: Path, collector: Collector) -> None:
    with (
        Loopback() as upstream,
        gateway(upstream, tmp_path, {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url}) as (port, _),
    ):
        assert ask(port, SECRET, traceparent=f"00-{TRACE}-{PARENT}-01") == 200
        assert ask(port, f"SAY<so {CANARY} it is>") == 200
        seen = [re.findall(rb"(?i)traceparent: (\S+)", head)[0].decode() for head in upstream.heads]
    chat = [span for span in collector.spans if span.name == "accord.guard chat"]
    assert len(chat) == 2
    assert (chat[0].trace_id.hex(), chat[0].parent_span_id.hex()) == (TRACE, PARENT)
    assert seen[0] == f"00-{TRACE}-{chat[0].span_id.hex()}-01"
    assert seen[1].split("-")[2] == chat[1].span_id.hex()
    first, second = collector.said("accord.guard chat")
    assert (first["accord.outcome"], second["accord.outcome"]) == ("allow", "block")
    assert first["http.response.status_code"] == 200
    assert collector.services == {"accord-guard"}
    assert not [word for word in ("4929", CANARY) if word.encode() in collector.raw]


def test_a_gateway_serves_without_a_collector_that_is_named(tmp_path: Path) -> None:
    with (
        Loopback() as upstream,
        gateway(upstream, tmp_path, {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}) as (
            port,
            _,
        ),
    ):
        assert ask(port, "hi") == 200


def test_nothing_is_sent_where_no_collector_is_named_or_it_is_turned_off() -> None:
    warned: list[str] = []
    for environ in ({}, {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "OTEL_SDK_DISABLED": "true"}):
        tracing.exporting(environ, warned.append)()
        assert tracing.tracer() is None
    assert warned == []
    assert tracing.span(None, "chat", "1", ()) is tracing.span(None, "chat", "2", ())


def test_a_package_that_is_missing_is_said_and_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    warned: list[str] = []
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    tracing.exporting({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}, warned.append)()
    assert tracing.tracer() is None
    assert "accord[otel]" in warned[0]
