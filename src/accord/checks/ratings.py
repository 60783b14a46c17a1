"""What the checks on files share: what a scan says of the model files of an asset, and of texts around them."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, BinaryIO, Final

from accord.core import AccordError, Asset, Context, Finding

if TYPE_CHECKING:
    from accord.scan.rating import Rated

_MOST: Final = 1000
_TEXTS: Final = tuple(f"**/*.{ending}" for ending in ("json", "yaml", "yml", "toml", "cfg", "jinja", "j2", "ipynb"))


def rated_models(asset: Asset, ctx: Context) -> Iterator[Rated]:
    """Yield the rating of a model file, or of each file in the folder of one; what cannot be read is recorded."""
    folder = asset.path or ""
    paths = (folder,) if folder in ctx.files(folder) else ctx.files("**" if folder == "." else f"{folder}/**")
    if not paths or len(paths) > _MOST:
        reason = f"more than {_MOST} files: the rest was not looked at" if paths else "the file is not there"
        ctx.skip(folder, reason)
    for path in paths[:_MOST]:
        rated = _rated_file(replace(asset, path=path), ctx)
        if rated:
            yield rated


def rated_texts(ctx: Context) -> Iterator[Rated]:
    """Yield the rating of each configuration, template and notebook of the system that is not `safe`, or has notes."""
    from accord.scan.engine import rate_open

    for source in ctx.sources(*_TEXTS):
        folder = source.path.rpartition("/")[0]

        def beside(name: str, folder: str = folder) -> BinaryIO:
            text = ctx.text(f"{folder}/{name}" if folder else name)
            if text is None:
                raise AccordError("it is not there", code="ACC-E801")
            return io.BytesIO(text.encode())

        rated = rate_open(io.BytesIO(source.text.encode()), source.path, beside=beside)
        if rated.reasons:
            yield rated


def findings(rated: Rated, *ratings: str, check: str = "") -> Iterator[Finding]:
    """Yield the findings of a rating that make a file one of `ratings`; with `check`, only those of that check."""
    for one in rated.reasons:
        if one.rating in ratings and check in {"", one.finding.check}:
            yield replace(one.finding, id="", check="", provisions=())


def _rated_file(part: Asset, ctx: Context) -> Rated | None:
    from accord.scan.engine import Terms, rate_open

    path = str(part.path)
    folder = path.rpartition("/")[0]

    def beside(name: str) -> BinaryIO:
        other = f"{folder}/{name}" if folder else name
        if not ctx.files(other):
            raise AccordError("it is not there", code="ACC-E801")
        return ctx.open(replace(part, path=other))

    try:
        with ctx.open(part) as file:
            return rate_open(file, path, terms=Terms(cases=ctx.cases), beside=beside)
    except (AccordError, OSError) as error:
        ctx.skip(path, str(error))
        return None
