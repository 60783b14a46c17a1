"""Recognising secrets in text: by their form, their randomness and, where there is one, their checksum."""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any, Final, NamedTuple

from accord.content.proofs import PROOFS, jwt_header
from accord.content.tables import table_of

_MOST = 2000
_LEFT_OVER = 24


class Secret(NamedTuple):
    """A secret: what kind, where it stands, and only its first three characters.

    `proven` tells whether a checksum or structure of the token itself holds; None where its kind has none.
    """

    name: str
    start: int
    end: int
    line: int
    column: int
    masked: str
    proven: bool | None = None


class _Rule(NamedTuple):
    name: str
    needs: tuple[str, ...]
    pattern: re.Pattern[str]
    entropy: float
    check: Callable[[str], bool]
    generic: bool
    proof: Callable[[str], bool] | None


class _Rules(NamedTuple):
    placeholder: re.Pattern[str]
    rules: tuple[_Rule, ...]


def secrets(text: str) -> Iterator[Secret]:
    """Yield the secrets in `text`, in order, none overlapping; at most two thousand.

    Placeholders (`changeme`, `<token>`, `${TOKEN}`) are no secrets. The time is linear in the text. The raw value
    is never returned: read it from `start` to `end` where it is needed.
    """
    known = _rules()
    hits = sorted((hit for rule in known.rules for hit in _hits(text, rule, known.placeholder)), key=_order)
    starts = _line_starts(text) if hits else []
    end = count = 0
    for hit in hits:
        if hit.start < end or count >= _MOST:
            continue
        end, count = hit.end, count + 1
        line = bisect_right(starts, hit.start)
        masked = text[hit.start : hit.start + 3] + "…"
        proven = hit.rule.proof(text[hit.start : hit.end]) if hit.rule.proof else None
        yield Secret(hit.rule.name, hit.start, hit.end, line, hit.start - starts[line - 1] + 1, masked, proven)


def entropy(text: str) -> float:
    """Return the Shannon entropy of the characters of `text`, in bits a character."""
    total = len(text)
    return -sum(n / total * math.log2(n / total) for n in Counter(text).values()) if total else 0.0


class _Hit(NamedTuple):
    start: int
    end: int
    rule: _Rule


def _order(hit: _Hit) -> tuple[int, bool, int]:
    return (hit.start, hit.rule.generic, -hit.end)


def _hits(text: str, rule: _Rule, placeholder: re.Pattern[str]) -> Iterator[_Hit]:
    if not any(word in text for word in rule.needs):
        return
    count = 0
    for match in rule.pattern.finditer(text):
        group = 1 if match.re.groups else 0
        if _is_secret(match[group], rule, placeholder):
            yield _Hit(*match.span(group), rule)
            count += 1
            if count >= _MOST:
                return


def _is_secret(value: str, rule: _Rule, placeholder: re.Pattern[str]) -> bool:
    if entropy(value[:4000]) < rule.entropy or not rule.check(value):
        return False
    if placeholder.search(value[:4000]) is None:
        return True
    # a real token may spell a word by chance, or be named after one: what is left decides
    rest = placeholder.sub("", value[:4000])
    return not rule.generic and len(rest) >= _LEFT_OVER and entropy(rest) >= max(rule.entropy, 3.5)


def _line_starts(text: str) -> list[int]:
    return [0, *(match.end() for match in re.finditer("\n", text))]


def _mixed(value: str) -> bool:
    """Tell whether letters and digits are mixed in a long run, as in tokens; words with hyphens are not."""
    longest = max(map(len, re.split(r"[^A-Za-z0-9]", value)))
    return longest >= 16 and bool(re.search(r"\d", value) and re.search(r"[A-Za-z]", value[3:]))


def _no_word(value: str) -> bool:
    return re.fullmatch(r"[a-z]{1,12}", value) is None


def _random(value: str) -> bool:
    """Tell whether a value that is called a secret looks like one, not like a name, a path or an address."""
    if re.match(r"(?:https?|file|env|vault|arn|ssm|secretsmanager|projects|op|sm)[:/]|[./~]|--|sha\d{3}[-:]", value):
        return False
    if re.fullmatch(r"[A-Za-z_./-]{1,200}\d{0,2}", value) or re.fullmatch(
        r"[A-Za-z_]\w{0,80}\.[A-Za-z_][\w.]{0,200}", value
    ):
        return False  # a name, as in os.environ["DB_PASSWORD"]
    return bool(re.search(r"[A-Za-z]", value)) and bool(re.search(r"\d|[!@#$%^&*+]", value))


def _anything(_value: str) -> bool:
    return True


_CHECKS: Final[Mapping[str, Callable[[str], bool]]] = {
    "mixed": _mixed,
    "no-word": _no_word,
    "random": _random,
    "jwt": jwt_header,
}


@cache
def _rules() -> _Rules:
    said = read_rules("secrets.yaml")
    return _Rules(
        re.compile(said["placeholder"]),
        tuple(
            _Rule(
                one["name"],
                tuple(one["needs"]),
                re.compile(one["pattern"]),
                float(one["entropy"]),
                _CHECKS[one["check"]] if "check" in one else _anything,
                bool(one.get("generic")),
                PROOFS[one["proof"]] if "proof" in one else None,
            )
            for one in said["secrets"]
        ),
    )


def read_rules(name: str) -> Mapping[str, Any]:
    """Return a file of recognisers that we ship."""
    said: Mapping[str, Any] = table_of(f"recognisers/{name}")
    return said
