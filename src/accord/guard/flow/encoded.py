"""What runs of codes in an outgoing text say: base64, 32, 85, hexadecimal, numbers of letters, Morse, escapes."""

from __future__ import annotations

import html
import re
from base64 import b32decode, b64decode, b85decode
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote

_CODED: Final = re.compile(r"[A-Za-z0-9+/_-]{8,}={0,2}")
_DIGITED: Final = re.compile(r"[0-9A-Fa-f]{12,}")
_GAPS: Final = re.compile(r"[\s.:,;-]+")
_LETTERS: Final = re.compile(r"\b(?:[01]{7,8}|[01]?\d{2})(?:[\s,;:/-]+(?:[01]{7,8}|[01]?\d{2})){5,}\b")
_NUMBER: Final = re.compile(r"\d+")
_HEX: Final = re.compile(r"\b0[xX]([0-9A-Fa-f]{4,16})\b")
_MORSE: Final = re.compile(r"[.\-–−·]{5}")
_DENSE: Final = re.compile(r"[0-9A-Za-z!#$%&()*+\-;<=>?@^_`{|}~]{10,200}")
_BASE32: Final = re.compile(r"[A-Z2-7]{8,}")
_LEAST: Final = 5  # signs of a number in hexadecimal, behind which others may stand
_RUNS: Final = 200


def decoded(text: str) -> Iterator[str]:
    """Yield what runs of codes in a text say, with gaps in them and without."""
    together = _GAPS.sub("", text)
    for run in _DIGITED.findall(together)[:_RUNS]:
        for digits in (run, run[1:]):
            yield bytes.fromhex(digits[: len(digits) // 2 * 2]).decode("utf-8", "ignore")
    runs = (*_CODED.findall(text)[:_RUNS], *(_CODED.findall(together)[:_RUNS] if together != text else ()))
    for run in dict.fromkeys(runs):
        yield from _base64(run)
    for run in (*_BASE32.findall(text)[:_RUNS], *_BASE32.findall(together)[:_RUNS]):
        yield b32decode(run[: len(run) // 8 * 8]).decode("utf-8", "ignore")
    yield from _rarer(text)


def _base64(run: str) -> Iterator[str]:
    whole = run.replace("-", "+").replace("_", "/").rstrip("=")
    for skip in range(4):
        part = whole[skip : skip + (len(whole) - skip) // 4 * 4]
        yield b64decode(part).decode("utf-8", "ignore")
        rest = whole[skip:]
        yield b64decode(rest + "=" * (-len(rest) % 4)).decode("utf-8", "ignore") if len(rest) % 4 > 1 else ""


def _rarer(text: str) -> Iterator[str]:
    """Yield what escapes, numbers of letters, whole numbers, Morse code and base85 say."""
    if "%" in text:
        yield unquote(text)
    if "&#" in text:
        yield html.unescape(text)
    for run in _LETTERS.findall(text)[:_RUNS]:
        yield "".join(_letter(number) for number in _NUMBER.findall(run))
    for number in _HEX.findall(text)[:_RUNS]:
        yield from (str(int(number[:end], 16)) for end in range(max(len(number) - 2, _LEAST), len(number) + 1))
    if _MORSE.search(text):
        yield "".join(map(_morse, _MORSE.findall(text)))
    for run in _DENSE.findall(text)[:_RUNS]:
        for skip in range(min(5, len(run) - 9) if not run.isalnum() else 0):
            yield _base85(run[skip:])


def _letter(number: str) -> str:
    """Return the letter that a number of two or three digits stands for, or seven or eight binary ones."""
    return chr(int(number, 2) if len(number) > 6 else int(number))


def _morse(sign: str) -> str:
    """Return the digit that five signs of Morse code stand for; empty for none."""
    dots = "".join("." if one in ".·" else "-" for one in sign)
    for digit in range(10):
        if dots == ("." * min(digit, 5) + "-" * 5)[:5] if digit <= 5 else dots == ("-" * (digit - 5) + "." * 5)[:5]:
            return str(digit)
    return ""


def _base85(run: str) -> str:
    try:
        return b85decode(run).decode("utf-8", "ignore")
    except ValueError:
        return ""
