"""Shipped tables that are YAML: rules, words and lists, as plain values."""

from __future__ import annotations

from typing import Any

from accord.core.shipped import text_of


def table_of(name: str) -> Any:
    """Return what a file below `accord/data` holds; only for what ships, since nothing in it is checked or bounded."""
    import yaml

    return yaml.load(text_of(name), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506  # both are safe
