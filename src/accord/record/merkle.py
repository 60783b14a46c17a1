"""Merkle trees as RFC 6962 §2.1 makes them: roots, inclusion and consistency proofs, and their checks."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

EMPTY = hashlib.sha256(b"").digest()
"""The root of a tree without leaves."""


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of a leaf."""
    return hashlib.sha256(b"\0" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node."""
    return hashlib.sha256(b"\1" + left + right).digest()


def root_hash(leaves: Sequence[bytes]) -> bytes:
    """Return the root over leaf hashes."""
    level = list(leaves)
    while len(level) > 1:
        paired = [node_hash(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
        level = paired + level[-1:] if len(level) % 2 else paired  # an odd node rises as it is
    return level[0] if level else EMPTY


def inclusion_proof(leaves: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """Return the audit path of a leaf, from the leaf upwards (RFC 6962 §2.1.1)."""
    level, proof = list(leaves), []
    while len(level) > 1:
        sibling = index ^ 1
        if sibling < len(level):
            proof.append(level[sibling])
        paired = [node_hash(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
        level = paired + level[-1:] if len(level) % 2 else paired
        index //= 2
    return tuple(proof)


def included(leaf: bytes, index: int, *, size: int, root: bytes, proof: Sequence[bytes]) -> bool:
    """Tell whether a proof shows the leaf at its index in the tree (RFC 9162 §2.1.3.2)."""
    if not 0 <= index < size:
        return False
    node, last, reached = index, size - 1, leaf
    for step in proof:
        if last == 0:
            return False
        if node & 1 or node == last:
            reached = node_hash(step, reached)
            while node and not node & 1:
                node, last = node >> 1, last >> 1
        else:
            reached = node_hash(reached, step)
        node, last = node >> 1, last >> 1
    return last == 0 and reached == root


def consistency_proof(leaves: Sequence[bytes], old: int) -> tuple[bytes, ...]:
    """Return the proof that the first `old` leaves are the tree of then (RFC 6962 §2.1.2)."""
    return _subproof(leaves, old, whole=True) if 0 < old < len(leaves) else ()


def consistent(old: int, old_root: bytes, *, size: int, root: bytes, proof: Sequence[bytes]) -> bool:
    """Tell whether a proof shows that the older tree is the beginning of the newer (RFC 9162 §2.1.4.2)."""
    if old in (0, size):
        return not proof and (old_root == root if old == size else old_root == EMPTY)
    if not 0 < old < size:
        return False
    path = list(proof) if old & (old - 1) else [old_root, *proof]  # a complete subtree is its own first step
    if not path:
        return False
    node, last = old - 1, size - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    before = after = path[0]
    for step in path[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            before, after = node_hash(step, before), node_hash(step, after)
            while node and not node & 1:
                node, last = node >> 1, last >> 1
        else:
            after = node_hash(after, step)
        node, last = node >> 1, last >> 1
    return last == 0 and before == old_root and after == root


def _subproof(leaves: Sequence[bytes], old: int, *, whole: bool) -> tuple[bytes, ...]:
    size = len(leaves)
    if old == size:
        return () if whole else (root_hash(leaves),)
    split = 1 << (size - 1).bit_length() - 1
    if old <= split:
        return (*_subproof(leaves[:split], old, whole=whole), root_hash(leaves[split:]))
    return (*_subproof(leaves[split:], old - split, whole=False), root_hash(leaves[:split]))
