"""The assistant's tools: what it can do, and the one place where it is done."""

from collections.abc import Mapping
from typing import NamedTuple

from app.store import Store

Argument = str | int | float


class ToolCall(NamedTuple):
    """A tool and what it is to be called with."""

    name: str
    args: Mapping[str, Argument]


def refund(store: Store, order_id: int, amount: float) -> str:
    """Pay money back for an order; no amount means the whole price."""
    if (order := store.order(order_id)) is None:
        return f"there is no order {order_id}"
    store.refund(order_id, amount or order.total)
    return f"{amount or order.total:.2f} refunded on order {order_id}"


def send_email(store: Store, to: str, body: str) -> str:
    """Queue a mail to any address."""
    store.queue_mail(to, body)
    return f"mail to {to} queued"


def look_up_order(store: Store, order_id: int) -> str:
    """Describe an order."""
    if order := store.order(order_id):
        return f"order {order.id}: {order.item}, {order.status}, bought by {order.customer} for {order.total:.2f}"
    return f"there is no order {order_id}"


def run(call: ToolCall, store: Store) -> str:
    """Carry out a call and say what happened."""
    match call.name:
        case "refund":
            return refund(store, int(call.args["order_id"]), float(call.args["amount"]))
        case "send_email":
            return send_email(store, str(call.args["to"]), str(call.args["body"]))
    return look_up_order(store, int(call.args["order_id"]))
