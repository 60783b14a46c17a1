"""The intent router: a softmax regression over hashed n-grams, trained by train_router.py."""

import re
from zlib import crc32

from app.weights import Router

BUCKETS = 2048
_EMAIL = re.compile(r"<address>|[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_MONEY = re.compile(r"[£$€]\s?\d+(?:\.\d+)?|\d+(?:\.\d+)?\s?(?:pounds|euros|dollars)", re.IGNORECASE)
_NUMBER = re.compile(r"#?\d+")


def buckets(text: str) -> tuple[int, ...]:
    """Return the buckets of the text's words, word pairs and character 4-grams."""
    shaped = _NUMBER.sub(" anumber ", _MONEY.sub(" asum ", _EMAIL.sub(" anaddress ", text.lower())))
    words = re.findall(r"[a-z']+|[?!]", shaped)
    pairs = [f"{a} {b}" for a, b in zip(words, words[1:], strict=False)]
    line = f" {' '.join(words)} "
    grams = [line[i : i + 4] for i in range(len(line) - 3)]
    return tuple(sorted({crc32(part.encode()) % BUCKETS for part in (*words, *pairs, *grams)}))


def intent(router: Router, text: str) -> str:
    """Return the most likely intent of the text."""
    scores = list(router["bias"])
    for bucket in buckets(text):
        scores = [score + weight for score, weight in zip(scores, router["weights"][bucket], strict=True)]
    return router["intents"][scores.index(max(scores))]
