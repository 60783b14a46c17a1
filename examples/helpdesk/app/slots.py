"""Finds what a tool needs (order number, amount, address) in free text."""

import re
from collections.abc import Iterator

from app.router import intent
from app.tools import ToolCall
from app.weights import Router

_ORDER = re.compile(r"\b(?:order|purchase)\b\D{0,20}?#?(\d{3,6})\b", re.IGNORECASE)
_AMOUNT = re.compile(r"(?i)[£$€]\s?(\d+(?:\.\d{1,2})?)|(\d+(?:\.\d{1,2})?)\s?(?:pounds|euros|dollars|gbp|eur|usd)")
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_BODY = re.compile(r"(?:saying(?: that)?|with the text|containing|with|that|:)[:\s]*(\S.*)", re.IGNORECASE | re.DOTALL)
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")


def calls(router: Router, text: str) -> Iterator[ToolCall]:
    """Yield the calls that the text asks for; a call lacking something it needs is left out."""
    for sentence in _SENTENCE.split(text):
        wanted = intent(router, sentence)
        order = _ORDER.search(sentence) or _ORDER.search(text)
        address = _ADDRESS.search(sentence)
        if wanted == "refund" and order:
            amount = _AMOUNT.search(sentence)
            paid = float(amount[1] or amount[2]) if amount else 0.0
            yield ToolCall("refund", {"order_id": int(order[1]), "amount": paid})
        elif wanted == "send_email" and address:
            rest = sentence[address.end() :]
            body = _BODY.search(rest)
            yield ToolCall("send_email", {"to": address[0], "body": (body[1] if body else rest or text).strip()})
        elif wanted == "order_status" and order:
            yield ToolCall("look_up_order", {"order_id": int(order[1])})
