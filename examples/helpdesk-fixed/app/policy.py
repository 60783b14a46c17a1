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
    """Take orders from the customer's own words only; a page informs, it never commands."""
    return (message,)


def decide(call: ToolCall, caller: str, store: Store) -> Decision:
    """Let customers see and touch their own orders; what cannot be undone waits for a person."""
    if call.name == "send_email":
        return Decision.WAIT
    order = store.order(int(call.args["order_id"]))
    if order is None or order.customer != caller:
        return Decision.REFUSE
    if call.name == "look_up_order":
        return Decision.RUN
    return Decision.WAIT if float(call.args["amount"]) <= order.total - order.refunded else Decision.REFUSE
