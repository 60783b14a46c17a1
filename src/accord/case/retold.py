"""The same case in other words: every text of it replaced alike, in steps, oracle, control, proof and summary."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from accord.case.faults import DEEPEST, LARGEST_CASE, LONGEST_TEXT
from accord.case.walk import Keys, walk
from accord.core.canon import plain
from accord.core.case import Case

_FIXED = frozenset(("case", "threat", "severity", "tlp", "kind", "rule"))
_CLOSED = frozenset(("role", "channel", "does", "task", "kind"))


def texts(case: Case) -> Iterator[tuple[Keys, str]]:
    """Yield every text that somebody wrote into a case, and where it stands."""
    for node in walk(plain(case), deepest=DEEPEST):
        if isinstance(node.value, str) and _is_written(node.path):
            yield node.path, node.value


def retold(case: Case, change: Callable[[Keys, str], str]) -> Case:
    """Return the case with every text that somebody wrote as `change` gives it; ids, roles and channels stay.

    Raises `ManifestError` where what comes of it is no case.
    """
    from accord.record.codec import decode_placed, dump_yaml

    value = _changed(plain(case), (), change)
    data = dump_yaml(value).encode()
    limit = 2 * LARGEST_CASE
    return decode_placed(data, Case, path=case.name, limit=limit, max_text=LONGEST_TEXT, depth=DEEPEST + 2).word


def _is_written(path: Keys) -> bool:
    return path[0] not in _FIXED and path[-1] not in _CLOSED


def _changed(value: object, path: Keys, change: Callable[[Keys, str], str]) -> object:
    if isinstance(value, dict):
        kept = ((key, _changed(item, (*path, key), change)) for key, item in value.items())
        return {key: item for key, item in kept if item is not None and item not in ([], {})}
    if isinstance(value, list):
        return [_changed(item, (*path, at), change) for at, item in enumerate(value)]
    return change(path, value) if isinstance(value, str) and path and _is_written(path) else value
