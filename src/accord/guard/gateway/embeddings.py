"""The form of embeddings: every text that is to be embedded is looked at; nothing in an answer is text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from accord.core.case import Channel
from accord.guard.gateway.reading import Reading, Tools, wrong
from accord.guard.gateway.told import is_vector, told
from accord.guard.gateway.wire import Path
from accord.guard.gateway.words import Answer, Asked, Edits


def read(body: Mapping[str, Any], reading: Reading, tools: Tools) -> Asked:
    """Return what a request for embeddings holds; token numbers cannot be looked at."""
    value = body.get("input")
    if isinstance(value, str):
        reading.text(value, Channel.RETRIEVAL, "embedding", "input")
    elif not isinstance(value, list):
        wrong("input is neither a text nor a list")
    else:
        for index, item in enumerate(value):
            if isinstance(item, str | dict):
                reading.every(item, Channel.RETRIEVAL, "embedding", f"input[{index}]")
        if any(not isinstance(item, str | dict) for item in value):
            reading.opaque("tokens", "input", "token numbers")
    reading.rest(body, "embeddings", frozenset({"input"}))
    return reading.asked(body)


def answer(body: Mapping[str, Any]) -> Answer:
    """Return the few texts around the vectors; a vector in base64 is no text."""
    texts = [*told(body, but={"data"})]
    data = body.get("data")
    if not isinstance(data, list):
        return Answer((*texts, *told(data, ("data",))), ())
    for index, item in enumerate(data):
        plain = isinstance(item, dict) and is_vector(item.get("embedding"))
        texts += told(item, ("data", index), but={"embedding"} if plain else ())
    return Answer(tuple(texts), ())


def cut(body: Mapping[str, Any], lane: int, path: Path | None, kept: str) -> Edits:
    """Return nothing to change: vectors are never cut."""
    return {}
