"""How bad a vulnerability is, from what its record says: a word, a CVSS 3 vector, or an estimate of a CVSS 4 one."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Final, NamedTuple

from accord.content.tables import table_of
from accord.core.finding import Severity

_STEPS: Final = ((9.0, Severity.CRITICAL), (7.0, Severity.HIGH), (4.0, Severity.MEDIUM))
_LONGEST = 300


class _Weights(NamedTuple):
    words: Mapping[str, str]
    metrics: Mapping[str, Mapping[str, float]]
    privileges_changed: Mapping[str, float]


def severity_of(words: Iterable[object], vectors: Iterable[str]) -> Severity:
    """Return what words (`MODERATE`) say, else the worst vector, else high: what nobody rated is not harmless."""
    known = _weights().words
    for word in words:
        if isinstance(word, str) and word.upper() in known:
            return Severity(known[word.upper()])
    rated = [one for vector in vectors if (one := _of_vector(vector))]
    order = list(Severity)
    return max(rated, key=order.index) if rated else Severity.HIGH


def base_score(vector: str) -> float | None:
    """Return the base score of a CVSS 3.0 or 3.1 vector (FIRST CVSS v3.1 §7.1), or None where it is none."""
    metrics = _metrics(vector, "CVSS:3")
    weights = _weights()
    try:
        changed = metrics["S"] == "C"
        privileges = weights.privileges_changed if changed else weights.metrics["PR"]
        ease = 8.22 * privileges[metrics["PR"]]
        for name in ("AV", "AC", "UI"):
            ease *= weights.metrics[name][metrics[name]]
        kept = 1.0
        for name in ("C", "I", "A"):
            kept *= 1 - weights.metrics["CIA"][metrics[name]]
    except KeyError:
        return None
    loss = 1 - kept
    impact = 7.52 * (loss - 0.029) - 3.25 * (loss - 0.02) ** 15 if changed else 6.42 * loss
    if impact <= 0:
        return 0.0
    return _round_up(min(10.0, (impact + ease) * (1.08 if changed else 1.0)))


def _of_vector(vector: str) -> Severity | None:
    score = base_score(vector)
    if score is not None:
        return next((severity for least, severity in _STEPS if score >= least), Severity.LOW)
    return _estimate(_metrics(vector, "CVSS:4"))


def _estimate(metrics: Mapping[str, str]) -> Severity | None:
    """Estimate a CVSS 4 vector: its scores are a table of 270 classes, and a class of four is enough here."""
    hurt = [metrics.get(name) for name in ("VC", "VI", "VA")]
    if not any(hurt):
        return None
    easy = (metrics.get("AV"), metrics.get("PR"), metrics.get("UI"), metrics.get("AT")) == ("N", "N", "N", "N")
    if "H" in hurt:
        return Severity.CRITICAL if easy and hurt.count("H") >= 2 else Severity.HIGH
    return Severity.MEDIUM if "L" in hurt else Severity.LOW


def _metrics(vector: str, version: str) -> Mapping[str, str]:
    head, *rest = vector[:_LONGEST].split("/")
    pairs = [one.partition(":") for one in rest]
    return {name: value for name, _, value in pairs} if head.startswith(version) else {}


def _round_up(score: float) -> float:
    """Round up to one decimal as the standard does, free of binary noise (CVSS v3.1 appendix A)."""
    whole = round(score * 100_000)
    return whole / 100_000 if whole % 10_000 == 0 else (math.floor(whole / 10_000) + 1) / 10


@cache
def _weights() -> _Weights:
    said = table_of("supply/cvss.yaml")
    return _Weights(said["words"], said["metrics"], said["privileges_changed"])
