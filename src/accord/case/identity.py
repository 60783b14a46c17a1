"""Who a case is: the digest of the attack alone, so that one attack found twice is one case."""

from __future__ import annotations

from typing import Any

from accord.core.canon import Digest, digest, plain
from accord.core.case import Case


def identity(case: Case) -> Digest:
    """Return the SHA-256 digest of the canonical form (RFC 8785) of `kind, needs, vars, steps, broke`.

    The form is a mapping of those five keys as they stand in the file. `kind` is always written; at every
    depth a key whose value is null, an empty list or an empty mapping is left out, so that leaving a field
    out and writing its empty default are the same. Lists keep their order, texts every character: nothing
    is trimmed, folded or normalised. Floats cannot occur.

    Raises `ValueError` for integers beyond 2^53 - 1 and lone surrogates, which `lint` refuses.
    """
    attack = {
        "kind": case.kind,
        "needs": case.needs,
        "vars": case.vars,
        "steps": case.steps,
        "broke": case.broke,
    }
    return digest(_without_empty(plain(attack)))


def _without_empty(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {key: _without_empty(item) for key, item in value.items()}
        return {key: item for key, item in kept.items() if item is not None and item not in ([], {})}
    if isinstance(value, list):
        return [_without_empty(item) for item in value]
    return value
