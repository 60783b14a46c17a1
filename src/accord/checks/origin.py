"""What the checks of signatures and provenance share: the bundle that the manifest names, and the keys that count."""

from __future__ import annotations

from pathlib import PurePosixPath

from accord.core import AccordError, Asset, Context
from accord.core.signatory import Signatory
from accord.core.system import Model, System


def declared(asset: Asset, ctx: Context) -> Model | None:
    """Return what the manifest says of a model, or None where it does not name it."""
    return next((one for one in ctx.system.components.models if asset.declared and one.id == asset.id), None)


def signs(system: System) -> bool:
    """Tell whether the manifest names a signature of any model."""
    return any(model.signature for model in system.components.models)


def named_keys(ctx: Context) -> tuple[Signatory, ...]:
    """Return the keys that the trust file names for models."""
    return ctx.signatories.keys


def key_beside(ctx: Context, path: str) -> Signatory | None:
    """Return the public key that lies beside a signature (`m.sig`: `m.pub`), or None where there is none."""
    from accord.record.model_signature import read_public

    place = str(PurePosixPath(path).with_suffix(".pub"))
    text = ctx.text(place)
    try:
        return read_public(text.encode(), source=place) if text else None
    except AccordError:
        return None


def keys_for(ctx: Context, path: str) -> tuple[Signatory, ...]:
    """Return the keys that count for a signature: those of the trust file, and without any the one beside it."""
    beside = None if named_keys(ctx) else key_beside(ctx, path)
    return named_keys(ctx) or ((beside,) if beside else ())


def inside(asset: Asset, path: str) -> tuple[str, ...]:
    """Return a path relative to the model's folder, or nothing where it does not lie there."""
    folder = asset.path or ""
    below = path.removeprefix("./").removeprefix(folder + "/")
    return (below,) if below != path.removeprefix("./") else ()
