"""What the checks of data share: the text of an asset's files, a piece at a time, with what is not read said."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from accord.core import AccordError, Asset, Context
from accord.scan.passages import Piece, UnreadError, pieces

_IMAGES = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".bmp", ".tiff", ".svg", ".wav", ".mp3", ".flac", ".mp4")

_SECONDS = 12.0


class Content(NamedTuple):
    """A piece of text, and the file that it is in."""

    path: str
    piece: Piece


def contents(asset: Asset, ctx: Context, *, most: int) -> Iterator[Content]:
    """Yield the text of the file, or of every file of the folder, that an asset is; `most` bytes in all."""
    if asset.path is None:
        ctx.skip(asset.id, "it is no file")
        return
    folder = asset.path.rstrip("/")
    left, deadline = most, time.monotonic() + _SECONDS
    for path in (*ctx.files(folder), *ctx.files(f"{folder}/**")):
        if path.lower().endswith(_IMAGES):
            continue
        if left <= 0 or time.monotonic() > deadline:
            ctx.skip(path, f"only {most >> 20} MiB or {_SECONDS:g} seconds of the folder were looked at")
            return
        try:
            for content in _read(replace(asset, path=path), ctx, most=left, deadline=deadline):
                left -= len(content.piece.text)
                yield content
        except (AccordError, UnreadError, OSError) as error:
            ctx.skip(path, str(error))


def _read(asset: Asset, ctx: Context, *, most: int, deadline: float) -> Iterator[Content]:
    path = asset.path or ""
    with ctx.open(asset) as stream:
        for piece in pieces(stream, path, most=most):
            if time.monotonic() > deadline:
                raise UnreadError(f"looked at for {_SECONDS:g} seconds, and not to its end")
            yield Content(path, piece)
