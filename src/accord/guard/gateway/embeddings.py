"""The form of embeddings: every text that is to be embedded is looked at; nothing in an answer is text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from accord.core.case import Channel
from accord.guard.gateway.chat import walked
from accord.guard.gateway.reading import Reading, Tools, wrong
from accord.guard.gateway.wire import Path
from accord.guard.gateway.words import Answer, Asked, Edits, Text

_SHORTEST: Final = 128
_BASE64: Final = re.compile("[A-Za-z0-9+/]+={0,2}")


def read(body: Mapping[str, Any], reading: Reading, tools: Tools) -> Asked:
    """Return what a request for embeddings holds; token numbers cannot be looked at."""
    value = body.get("input")
    if isinstance(value, str):
        reading.text(value, Channel.RETRIEVAL, "embedding", "input")
    elif not isinstance(value, list):
        wrong("input is neither a text nor a list")
    else:
        _many(value, reading)
    reading.rest(body, "embeddings")
    return reading.asked(body)


def _many(value: list[Any], reading: Reading) -> None:
    for index, item in enumerate(value):
        if isinstance(item, str):
            reading.text(item, Channel.RETRIEVAL, "embedding", f"input[{index}]")
        elif isinstance(item, dict):
            reading.every(item, Channel.RETRIEVAL, "embedding", f"input[{index}]")
        else:
            reading.opaque("tokens", f"input[{index}]", "token numbers")
            return


def answer(body: Mapping[str, Any]) -> Answer:
    """Return the few texts around the vectors; a vector in base64 is no text."""
    about = {key: value for key, value in body.items() if key != "data"}
    texts = [Text(path, text, -1) for path, text in walked(about)]
    data = body.get("data")
    for index, item in enumerate(data if isinstance(data, list) else ()):
        plain = isinstance(item, dict) and is_vector(item.get("embedding"))
        said = {key: item[key] for key in item.keys() - {"embedding"}} if plain else item
        texts += (Text(("data", index, *path), text, -1) for path, text in walked(said))
    if not isinstance(data, list):
        texts += (Text(("data", *path), text, -1) for path, text in walked(data))
    return Answer(tuple(texts), ())


def is_vector(value: object) -> bool:
    """Tell whether a value is numbers, plain or in base64; a short text is none."""
    if isinstance(value, list):
        return set(map(type, value)) <= {float, int}
    return isinstance(value, str) and len(value) >= _SHORTEST and _BASE64.fullmatch(value) is not None


def cut(body: Mapping[str, Any], lane: int, path: Path | None, kept: str) -> Edits:
    """Return nothing to change: vectors are never cut."""
    return {}
