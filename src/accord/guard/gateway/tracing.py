"""Spans of OpenTelemetry: sent to a collector where the environment names one, and to nobody otherwise."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from opentelemetry.trace import Span, Tracer

    from accord.guard.gateway.visit import Visit

_NOTHING: Final = nullcontext()
_COLLECTORS: Final = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_CONTEXT: Final = (b"traceparent", b"tracestate")


def exporting(environ: Mapping[str, str], warn: Callable[[str], None]) -> Callable[[], None]:
    """Send spans to the collector that the environment names; the end is returned, which sends what is left.

    The variables are those of OpenTelemetry itself. It begins a thread, so each worker does so after it was forked.
    """
    named = any(environ.get(name) for name in _COLLECTORS)
    if not named or environ.get("OTEL_SDK_DISABLED", "").lower() == "true" or tracer() is not None:
        return lambda: None
    try:
        from opentelemetry import trace
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        warn(f"no spans are sent, since a package is not installed ({error.name}): install accord[otel]")
        return lambda: None
    named_so = {} if environ.get("OTEL_SERVICE_NAME") else {"service.name": "accord-guard"}
    provider = TracerProvider(resource=Resource.create(named_so))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    return provider.shutdown


def tracer() -> Tracer | None:
    """Return what makes spans, or None where nobody would take them."""
    if importlib.util.find_spec("opentelemetry") is None or importlib.util.find_spec("opentelemetry.trace") is None:
        return None
    from opentelemetry import trace

    provider = trace.get_tracer_provider()
    if type(provider).__name__ in {"ProxyTracerProvider", "NoOpTracerProvider"}:
        return None
    return provider.get_tracer("accord.guard")


def span(
    tracer: Tracer | None, route: str, request: str, headers: Iterable[tuple[bytes, bytes]]
) -> AbstractContextManager[Span | None]:
    """Return a span around one request, within the caller's own where the headers name it; it carries no text."""
    if tracer is None:
        return _NOTHING
    from opentelemetry.propagate import extract
    from opentelemetry.trace import SpanKind

    carried = {name.decode(): value.decode("latin-1") for name, value in headers if name in _CONTEXT}
    return tracer.start_as_current_span(
        f"accord.guard {route}",
        context=extract(carried),
        kind=SpanKind.SERVER,
        attributes={"accord.route": route, "accord.request": request},
        record_exception=False,  # an exception may quote what somebody wrote
        set_status_on_exception=False,
    )


def onwards(tracer: Tracer | None, headers: dict[str, str]) -> None:
    """Name the span that runs now in the headers of what is asked in it."""
    if tracer is not None:
        from opentelemetry.propagate import inject

        inject(headers)


def told(span: Span | None, visit: Visit) -> None:
    """Say in a span what was decided and answered."""
    if span is None:
        return
    span.set_attribute("http.response.status_code", visit.status)
    if visit.judge.judged:
        made = visit.judge.worst()
        said = {"accord.outcome": made.outcome.value, "accord.decision": made.id, "accord.code": made.code}
        span.set_attributes({name: value for name, value in said.items() if value})
