"""`campaign.json` and `trials.jsonl`: what a campaign came to, as CONTRACT says it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from accord.core.campaign import Campaign, PlannedTrial, TrialResult
from accord.core.canon import Digest, canonical, digest, plain

INTEGRITY: Final = "integrity"
"""The member of `campaign.json` that holds the digest of what it came to: it shows damage, not forgery."""

_PASSING: Final = frozenset({INTEGRITY, "created", "seconds", "requests", "tokens", "money"})

_OBEYED: Final = re.compile(  # what JSON leaves as it is, and a terminal or an editor obeys
    "[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff\U000e0000-\U000e007f]"
)


def document(campaign: Campaign) -> Mapping[str, object]:
    """Return the plain document of a campaign; transcripts are in its pages, not here."""
    said: dict[str, object] = plain(campaign)
    whole = {key: value for key, value in said.items() if key != "exhibits"}
    return {**whole, INTEGRITY: sealed(whole)}


def sealed(document: Mapping[str, object]) -> Digest:
    """Return the digest of what a campaign came to; when and at what cost differ from run to run, and are left out."""
    return digest({key: value for key, value in document.items() if key not in _PASSING})


def render(campaign: Campaign) -> str:
    """Return the document as JSON, with everything escaped that a terminal would obey."""
    return escaped(json.dumps(document(campaign), indent=2, ensure_ascii=False) + "\n")


def trial_lines(trials: Sequence[PlannedTrial], results: Mapping[int, TrialResult]) -> Iterator[bytes]:
    """Yield a line for each trial and control run that came to something, in plan order."""
    for at in sorted(results):
        trial, result = trials[at], results[at]
        line = {
            "trial": trial.id,
            "case": trial.case,
            "kind": trial.kind,
            "outcome": result.outcome,
            "span": result.span,
            "mutation": result.mutation,
            "reason": result.reason,
            "tries": result.tries,
        }
        yield escaped(canonical(line).decode()).encode() + b"\n"


def escaped(text: str) -> str:
    r"""Return a JSON text that says the same, with control, bidi and invisible characters as `\uXXXX`."""
    return _OBEYED.sub(lambda found: _units(found[0]), text)


def _units(char: str) -> str:
    data = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{data[at : at + 2].hex()}" for at in range(0, len(data), 2))
