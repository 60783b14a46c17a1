"""A case as the YAML that `load` reads back, without what is empty."""

from __future__ import annotations

from accord.core.canon import plain
from accord.core.case import Case


def yaml_of(case: Case) -> bytes:
    """Return the file of a case."""
    from accord.record.codec import dump_yaml

    return dump_yaml(_without_empty(plain(case))).encode()


def _without_empty(value: object) -> object:
    if isinstance(value, dict):
        kept = {key: _without_empty(item) for key, item in value.items()}
        return {key: item for key, item in kept.items() if item is not None and item not in ([], {})}
    return [_without_empty(item) for item in value] if isinstance(value, list) else value
