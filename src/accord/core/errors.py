"""Errors that people read: what happened, where, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from accord.core.finding import Place
    from accord.core.guard import Decision


class AccordError(Exception):
    """Root of every error that Accord raises on purpose.

    `message` says what happened, `hint` what to do, `code` names the page (`accord explain CODE`),
    `where` points at the place in the input.
    """

    def __init__(self, message: str, *, code: str, hint: str = "", where: Place | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.code = code
        self.where = where


class ManifestError(AccordError):
    """The manifest, or a file beside it, cannot be used as it is."""


class CatalogError(AccordError):
    """The catalogue or another file of shipped data is wrong, or an id is not in it."""


class PluginError(AccordError):
    """A plug-in cannot be loaded, or breaks the contract of checks."""


class TargetError(AccordError):
    """The live system cannot be reached, or answers out of contract."""


class RecordError(AccordError):
    """The store, a key or a stored document cannot be read or written."""


class TamperError(RecordError):
    """A signature, digest or ledger proof does not hold."""


class ExchangeError(AccordError):
    """Something from another party cannot be accepted."""


class GuardError(AccordError):
    """The guard does not let something pass; `decision` says what and why."""

    def __init__(
        self, message: str, *, code: str = "ACC-E773", hint: str = "", decision: Decision | None = None
    ) -> None:
        told = f"decision {decision.id}: {decision.code or 'no reason given'}" if decision else ""
        super().__init__(message, code=code, hint=hint or told)
        self.decision = decision
