"""One thing we can point at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from accord.core.canon import Digest


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """One part of the system: declared in the manifest, or discovered beside it.

    `kind` is dotted, general first (`model.file`, `model.api`, `model.hub`, `dataset`, `prompt`, `tool`,
    `retrieval`, `lockfile`, `target`, `guard`, `threats`). `path` is relative to the root, with `/`.
    `digest` is None where there is nothing to hash (a hosted model) or where it was not hashed; then
    `unread` says why. `facts` are short strings that the manifest or a recogniser told: format, provider, symbol,
    line, licence, parameters. `parts` are the packages of a lock file, as package URLs.
    """

    id: str
    kind: str
    path: str | None = None
    digest: Digest | None = None
    size: int | None = None
    declared: bool = False
    unread: str | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    parts: tuple[str, ...] = ()

    def is_a(self, kind: str) -> bool:
        """Tell whether the asset is of `kind` or of a kind below it."""
        return self.kind == kind or self.kind.startswith(kind + ".")
