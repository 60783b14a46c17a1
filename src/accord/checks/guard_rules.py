"""The signed rules of the guard as checks read them: which case is in force, and which is still on trial."""

from __future__ import annotations

from collections.abc import Mapping

from accord.core import Context
from accord.core.canon import Digest


def in_force(ctx: Context) -> Mapping[Digest, str] | None:
    """Return the mode (`enforce`, `shadow`) of the rule of each case; None where the manifest names no folder.

    Rules whose signature no known key made are in force nowhere, and are left out.
    """
    spec = ctx.system.guard
    if spec is None or spec.rules is None:
        return None
    from accord.guard.rules.shelf import opened

    texts = ((path, ctx.text(path)) for path in ctx.files(f"{spec.rules}/*.json"))
    rules = opened({path: text for path, text in texts if text is not None}, ctx.signatories)
    return {rule.case: rule.mode.value for rule in rules}
