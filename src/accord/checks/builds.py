"""What the checks of provenance share: the statement that the manifest names, verified against the model's files."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from accord.checks.origin import declared, inside, keys_for
from accord.core import AccordError, Asset, Context

if TYPE_CHECKING:
    from accord.scan.origin.verifying import Problem


class Built(NamedTuple):
    """Where the provenance of a model lies (None: nowhere), who built it, why that does not hold, when it was done."""

    path: str | None
    builder: str = ""
    problems: tuple[Problem, ...] = ()
    finished: str = ""


def provenance_of(asset: Asset, ctx: Context) -> Built | None:
    """Return the provenance that the manifest names for a model, verified; None where it does not name the model."""
    from accord.scan.origin.provenance import Wanted, digests_of, verify_provenance
    from accord.scan.origin.verifying import Problem

    model = declared(asset, ctx)
    if model is None:
        return None
    path = model.provenance
    text = ctx.text(path) if path else None
    if path is None or not text:
        return Built(None) if path is None else Built(path, "", (Problem("missing", path, "it is missing or empty"),))
    beside = [place for named in (path, model.signature) if named for place in _with_key(asset, named)]
    try:
        files = digests_of(ctx.locate(asset), ignore=tuple(beside))
        wanted = Wanted(files=files, keys=keys_for(ctx, path), builders=None)
        found = verify_provenance(text.encode(), path=path, wanted=wanted)
    except AccordError as error:
        return Built(path, "", (Problem("unreadable", path, error.message),))
    return Built(path, found.builder, found.problems, found.finished)


def allowed_builders(ctx: Context) -> tuple[str, ...]:
    """Return the builders that are allowed: by the trust file, and where it names none, by the manifest."""
    return ctx.signatories.builders or ctx.system.components.software.builders


def _with_key(asset: Asset, path: str) -> tuple[str, ...]:
    below = inside(asset, path)
    return (*below, *(f"{one.rpartition('.')[0]}.pub" for one in below))
