"""The language of the house: words, contracts, errors and the canonical form; standard library only.

What a check needs comes from here: `check`, `Check`, `Context`, `Asset`, `System`, `Finding`, `Place`,
`Severity`, `Source`, `HttpReply`, `AccordError`, `TargetError`. Other rooms import the module they mean.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Final

from accord.core.check import check  # at once: the name would otherwise mean the module

if TYPE_CHECKING:
    from accord.core.asset import Asset
    from accord.core.check import Check
    from accord.core.contracts import Context, HttpReply, Source
    from accord.core.errors import AccordError, TargetError
    from accord.core.finding import Finding, Place, Severity
    from accord.core.system import System

__all__ = [
    "AccordError",
    "Asset",
    "Check",
    "Context",
    "Finding",
    "HttpReply",
    "Place",
    "Severity",
    "Source",
    "System",
    "TargetError",
    "check",
]

_HOMES: Final = {
    "AccordError": "errors",
    "Asset": "asset",
    "Check": "check",
    "Context": "contracts",
    "Finding": "finding",
    "HttpReply": "contracts",
    "Place": "finding",
    "Severity": "finding",
    "Source": "contracts",
    "System": "system",
    "TargetError": "errors",
}

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """Import a word when it is first asked for: `accord --help` needs none of them (PEP 562)."""
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
