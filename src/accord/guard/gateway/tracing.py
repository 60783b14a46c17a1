"""Spans of OpenTelemetry, where its API is installed and somebody has set up a provider; nothing otherwise."""

from __future__ import annotations

import importlib.util
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer

_NOTHING: Final = nullcontext()


def tracer() -> Tracer | None:
    """Return what makes spans, or None where nobody would take them."""
    if importlib.util.find_spec("opentelemetry") is None or importlib.util.find_spec("opentelemetry.trace") is None:
        return None
    from opentelemetry import trace

    provider = trace.get_tracer_provider()
    if type(provider).__name__ in {"ProxyTracerProvider", "NoOpTracerProvider"}:
        return None
    return provider.get_tracer("accord.guard")


def span(tracer: Tracer | None, route: str, request: str) -> AbstractContextManager[object]:
    """Return a span around one request; it carries no text of anybody."""
    if tracer is None:
        return _NOTHING
    return tracer.start_as_current_span(
        f"accord.guard {route}", attributes={"accord.route": route, "accord.request": request}
    )
