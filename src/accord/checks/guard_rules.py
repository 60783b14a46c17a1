"""The signed rules of the guard as checks read them: which case is in force, and which is still on trial."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from accord.core import Context
from accord.core.canon import Digest
from accord.core.system import Mode

if TYPE_CHECKING:
    from accord.guard.rules.shelf import RuleSet


def documented(ctx: Context) -> RuleSet | None:
    """Return the signed rules in the folder that the manifest names; None where it names none.

    Rules whose signature no known key made are in force nowhere, and are left out.
    """
    spec = ctx.system.guard
    if spec is None or spec.rules is None:
        return None
    from accord.guard.rules.listing import FILE
    from accord.guard.rules.shelf import opened

    paths = (*ctx.files(f"{spec.rules}/*.json"), *ctx.files(f"{spec.rules}/{FILE}"))
    texts = {path: text for path in paths if (text := ctx.text(path)) is not None}
    found = opened(texts, ctx.signatories)
    return opened(texts, ctx.signatories, ctx.now) if any(rule.expires for rule in found.rules) else found


def in_force(ctx: Context) -> Mapping[Digest, str] | None:
    """Return the mode (`enforce`, `shadow`) of the rule of each case; None where the manifest names no folder.

    Of several rules of one case the strictest counts.
    """
    found = documented(ctx)
    if found is None:
        return None
    waiting = sorted(found.rules, key=lambda rule: rule.mode is Mode.ENFORCE)
    return {rule.case: rule.mode.value for rule in waiting}
