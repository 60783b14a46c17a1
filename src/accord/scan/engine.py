"""Rating files: each is recognised by content, read by its format's reader, and rated by the worst that was seen."""

from __future__ import annotations

import lzma
import mmap
import os
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple, cast

from accord.core.errors import AccordError
from accord.core.text import one_line
from accord.scan.cache import SMALLEST
from accord.scan.kinds import Reader, disguise, kind_of, resolve
from accord.scan.look import Limits, Look, OverError
from accord.scan.part import BrokenError, Part, Source
from accord.scan.rating import Rated, Rating, Sight, worst
from accord.scan.reasons import reasons, seen
from accord.scan.walk import open_inside

if TYPE_CHECKING:
    from accord.core.case import Case
    from accord.scan.cache import Cache

BREAKS: Final = (
    ValueError,  # BrokenError, UnicodeError and json's and struct's own are kinds of it, or of the next
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    MemoryError,
    RecursionError,
    TypeError,
    OSError,
    SyntaxError,
    lzma.LZMAError,
    zlib.error,
)
"""What reading hostile bytes may raise: it makes a file `malformed`, never `safe`."""

_MOST_SIGHTS = 200
_MOST_LOOKED_AT = 100_000
_END_OF_ZIP = b"PK\x05\x06"


class Target(NamedTuple):
    """One file to rate: the folder it is opened in, its path there, and the path that is shown."""

    folder: Path
    path: str
    shown: str


class Terms(NamedTuple):
    """How files are rated: how far each is looked into, which cases are matched, and where ratings are kept."""

    limits: Limits = Limits()
    cases: tuple[Case, ...] = ()
    cache: Cache | None = None


PLAIN: Final = Terms()
"""The usual limits, no cases, nothing kept."""


def rate(target: Target, terms: Terms = PLAIN) -> Rated:
    """Rate one file.

    Raises `AccordError` when it cannot be opened.
    """
    folder = target.path.rpartition("/")[0]
    with ExitStack() as stack:

        def beside(path: str) -> BinaryIO:
            return stack.enter_context(open_inside(target.folder, f"{folder}/{path}" if folder else path))

        file = stack.enter_context(open_inside(target.folder, target.path))
        return rate_open(file, target.shown, terms=terms, beside=beside)


def rate_open(
    file: BinaryIO, path: str, *, terms: Terms = PLAIN, beside: Callable[[str], BinaryIO] | None = None
) -> Rated:
    """Rate a file that is open; `beside` opens another by its path relative to the folder of this one."""
    if terms.cache and _size(file) >= SMALLEST:
        from accord.scan.trace import Traced

        source = Traced(file.fileno(), 0, access=mmap.ACCESS_READ)
        return terms.cache.rating(file, path, source, lambda: _rated(source, path, terms, beside))
    return _rated(_content(file), path, terms, beside)


def _rated(source: Source, path: str, terms: Terms, beside: Callable[[str], BinaryIO] | None) -> Rated:
    begin = time.perf_counter()
    part = Part(source, name=path.rpartition("/")[2])
    asked: list[str] = []
    look = Look(read, terms.limits, beside=lambda name: _beside(beside, name, asked))
    sights = _collected(part, look)
    if terms.cases:
        from accord.scan.cases import matched

        sights += matched(terms.cases, part, look, sights)
    found = tuple(seen(sight, path) for sight in sights)
    return Rated(
        path=path,
        format=look.format_of(part) or "unknown",
        rating=worst(one.rating for one in found),
        size=part.size,
        seconds=time.perf_counter() - begin,
        reasons=found,
        beside=tuple(asked),
    )


def read(part: Part, look: Look) -> Iterator[Sight]:
    """Yield what is seen in a part: by its own reader, and by that of a second format it may also be."""
    kind = kind_of(part)
    look.name_format(part, kind.format)
    yield from _guarded(part, look, cast("Reader", resolve(kind.reader)))
    lie = disguise(part, kind)
    if lie:
        yield lie
    if kind.format not in {"zip", "tar"} and _END_OF_ZIP in part.tail(70_000) and kind.reader != "pickles.read:read":
        yield from _guarded(part, look, cast("Reader", resolve("containers.zips:read_appended")))


def _guarded(part: Part, look: Look, reader: Reader) -> Iterator[Sight]:
    """Read a part; what breaks is a reason, and what was seen before it stays."""
    try:
        yield from reader(part, look)
    except OverError as over:
        yield part.sees(over.kind, over.message)
    except BrokenError as broken:
        yield part.sees("malformed", broken.message, offset=broken.offset)
    except BREAKS as error:
        yield part.sees("malformed", f"reading it ended with {type(error).__name__}: {one_line(str(error))[:120]}")


def _collected(part: Part, look: Look) -> list[Sight]:
    """Return the reasons; where they are too many, the dangerous ones among the rest are still told."""
    sights: dict[Sight, None] = {}
    for seen_so_far, sight in enumerate(read(part, look)):
        if len(sights) < _MOST_SIGHTS or reasons()[sight.kind].rating is Rating.DANGEROUS:
            sights[sight] = None
        if len(sights) >= 2 * _MOST_SIGHTS or seen_so_far >= _MOST_LOOKED_AT:
            break
    if len(sights) >= _MOST_SIGHTS:
        sights[part.sees("limit-met", f"more than {_MOST_SIGHTS} reasons: the rest was not listed")] = None
    return list(sights)


def _size(file: BinaryIO) -> int:
    """Return how many bytes a file on disk has; one in memory has none."""
    try:
        return os.fstat(file.fileno()).st_size
    except (AttributeError, OSError):
        return 0


def _content(file: BinaryIO) -> Source:
    """Return the bytes of a file, mapped where it is one on disk."""
    try:
        number = file.fileno()
    except (AttributeError, OSError):
        return file.read()
    return mmap.mmap(number, 0, access=mmap.ACCESS_READ) if os.fstat(number).st_size else b""


def _beside(opens: Callable[[str], BinaryIO] | None, path: str, asked: list[str]) -> Part | None:
    asked.append(path)
    try:
        return Part(_content(opens(path)), name=path.rpartition("/")[2]) if opens else None
    except AccordError:
        return None
