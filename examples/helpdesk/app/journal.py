"""Writes one JSON line an event to the log."""

import json
import logging

_LOG = logging.getLogger("helpdesk")


def start() -> None:
    """Send the log to the standard error stream."""
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    logging.getLogger("httpx2").setLevel(logging.WARNING)


def note(event: str, **facts: object) -> None:
    """Log an event with everything that is known about it."""
    _LOG.info(json.dumps({"event": event, **facts}, default=str))
