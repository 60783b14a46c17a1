"""Decides which texts the assistant takes orders from, and which orders it carries out."""

from collections.abc import Sequence
from enum import StrEnum

from app.retrieval import Page
from app.store import Store
from app.tools import ToolCall


class Decision(StrEnum):
    """What becomes of a planned call."""

    RUN = "done"
    WAIT = "waits for a person's approval"
    REFUSE = "not allowed"


def orders(message: str, pages: Sequence[Page]) -> tuple[str, ...]:
    """Take orders from the message, and from the pages found for it."""
    return (message, *(page.text for page in pages))


def decide(call: ToolCall, caller: str, store: Store) -> Decision:
    """Run every call at once, whoever asks and whatever it does."""
    return Decision.RUN
