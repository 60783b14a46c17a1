"""What the checks on disclosure share: the policy for reporting vulnerabilities, wherever it stands."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from accord.checks.documents import Document, every, is_said, read_document
from accord.core import Context

_ADDRESS: Final = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}|https://[^\s)>\]]{4,200}", re.IGNORECASE)


class Policy(NamedTuple):
    """A policy for reporting vulnerabilities."""

    document: Document

    @property
    def reachable(self) -> bool:
        """Tell whether the policy names an address to report to."""
        return _ADDRESS.search(self.document.text) is not None


def policies(ctx: Context) -> tuple[Policy, ...] | None:
    """Return the policies that say something; None, and recorded, where the declared one lies elsewhere."""
    declared = ctx.system.disclose.policy if ctx.system.disclose else None
    if declared is None:
        return tuple(Policy(document) for document in every(ctx, "disclosure-policy"))
    if "://" in declared:
        ctx.skip(declared, "the policy lies elsewhere and is not fetched")
        return None
    text = ctx.text(declared)
    return (Policy(read_document(declared, text)),) if text is not None and is_said(text) else ()
