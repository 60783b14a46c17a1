"""The signed list of a folder's rules: what was taken away, laid back as it was, or slipped in, is seen.

Each rule is signed on its own, so that none can be changed; only the list tells that one is gone. What is not on it
is in force all the same: a rule can only tighten, and a list that was lost must not open a gate.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from accord.core.canon import Digest, canonical
from accord.core.errors import AccordError
from accord.record import dsse
from accord.record.codec import from_json
from accord.record.keys import Signer

PAYLOAD: Final = "application/vnd.accord.guard-rule-set+json"
"""What is signed in the list."""

FILE: Final = "rules.set"
"""The list, beside the rules that it names."""

LARGEST: Final = 4 << 20
"""Bytes of a list that are read."""

UNLISTED: Final = "is in force, and not on the signed list"
"""What is said of a rule that nobody listed: while one is laid down it is so for a moment."""


class Refused(NamedTuple):
    """A file that is not as it should be, and why not."""

    file: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listed:
    rules: Mapping[str, Digest]
    digest: Digest


def written(rules: Mapping[str, Digest], digest: Digest, signer: Signer) -> bytes:
    """Return a signed list of rules: by their ids, the digests of what was signed; `digest` is that of the set."""
    envelope = dsse.sign(canonical({"digest": digest, "rules": rules}), PAYLOAD, signers=(signer,))
    return dsse.to_json(envelope) + b"\n"


def listed(data: bytes, keys: Mapping[str, bytes]) -> Mapping[str, Digest]:
    """Return the rules on a list; raises `AccordError` for one that is none, or that no key in `keys` signed."""
    verified = dsse.verify(dsse.from_json(data.strip()), keys, payload_type=PAYLOAD)
    return from_json(verified.payload, _Listed, path=FILE, limit=LARGEST).rules


def astray(data: bytes | None, keys: Mapping[str, bytes], held: Mapping[str, Digest]) -> Iterator[Refused]:
    """Yield what in a folder is other than its list says; `held` are the digests of the rules that count, by id."""
    if data is None:
        if held:
            yield Refused(FILE, "is gone: nobody can tell whether rules were taken away")
        return
    try:
        named = listed(data, keys)
    except AccordError as error:
        yield Refused(FILE, f"is no list that counts: {error.message}")
        return
    for rule in sorted({*named, *held}):
        reason = _reason(named.get(rule), held.get(rule))
        if reason:
            yield Refused(f"{rule}.json", reason)


def _reason(named: Digest | None, found: Digest | None) -> str:
    if found is None:
        return "is on the signed list, and not in force"
    if named is None:
        return UNLISTED
    return "" if named == found else "is another than the one on the signed list"
