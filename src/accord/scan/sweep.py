"""Rating many files on all cores, each in a worker that is bounded in time and memory and has no network."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from accord.core.errors import AccordError
from accord.core.finding import Place, Skipped
from accord.core.text import shown
from accord.scan.engine import Target, Terms, rate
from accord.scan.look import Limits
from accord.scan.rating import Rated, Rating, Sight, worst
from accord.scan.reasons import seen
from accord.scan.walk import walk
from accord.scan.wire import as_json, from_json

if TYPE_CHECKING:
    from accord.core.case import Case
    from accord.scan.cache import Cache

MEMORY: Final = 1 << 30
"""Bytes that one worker may have of its own; mapped files do not count."""

_PRUNED: Final = frozenset({".git", ".hg", ".svn", ".accord"})
_MOST_FILES = 1_000_000
_MOST_DEPTH = 128
_WALK_SECONDS = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """What a scan came to: every file that was looked at, in order, and what was not."""

    files: tuple[Rated, ...] = ()
    skipped: tuple[Skipped, ...] = ()

    @property
    def rating(self) -> Rating:
        """Return the worst rating of all files."""
        return worst(one.rating for one in self.files)


class Targets(NamedTuple):
    """What paths lead to: files to rate, and what cannot be looked at."""

    files: tuple[Target, ...]
    skipped: tuple[Skipped, ...]


def files(
    paths: Iterable[str | os.PathLike[str]],
    *,
    limits: Limits | None = None,
    workers: int = 0,
    cases: Iterable[Case] = (),
    cache: Cache | None = None,
    progress: Callable[[int, int], None] = lambda _done, _all: None,
) -> Scan:
    """Rate files, and every file below folders; nothing in them is ever run.

    `workers` 0 means one for each core; `cases` of kind artifact say what else is dangerous; ratings of files that
    take long are kept in `cache`. `progress` is called with the number of files done and in all.

        >>> from accord.scan import files
        >>> files(["pyproject.toml"]).rating
        <Rating.SAFE: 'safe'>

    Raises `AccordError` for a path that cannot be read.
    """
    targets = find(paths)
    job = Job(targets.files, Terms(limits or Limits(), tuple(cases), cache))
    rated = dict(_rated(job, workers or os.cpu_count() or 1, progress))
    return Scan(files=tuple(rated[index] for index in sorted(rated)), skipped=targets.skipped)


def find(paths: Iterable[str | os.PathLike[str]]) -> Targets:
    """Return the files that paths name or hold.

    Raises `AccordError` for a path that cannot be read.
    """
    found: list[Target] = []
    skipped: list[Skipped] = []
    for given in paths:
        path = Path(given)
        if path.is_dir():
            inside = _below(path)
            found += inside.files
            skipped += inside.skipped
        else:
            whole = Path(os.path.realpath(path))
            _check(path)
            found.append(Target(whole.parent, whole.name, shown(path.name)))
    return Targets(tuple(found), tuple(skipped))


def _below(folder: Path) -> Targets:
    whole = Path(os.path.realpath(folder))
    seen = walk(folder, max_files=_MOST_FILES, max_depth=_MOST_DEPTH, seconds=_WALK_SECONDS, pruned=_PRUNED)
    head = shown(folder.name or whole.name or ".")
    found = [Target(whole, one.path, f"{head}/{shown(one.path)}") for one in seen.files]
    left = []
    for one in seen.skipped:
        linked = _linked(whole, one, head) if one.reason == "symbolic link" else None
        if linked:
            found.append(linked)
        else:
            left.append(Skipped(path=f"{head}/{one.path}", reason=one.reason))
    return Targets(tuple(sorted(found, key=lambda one: one.shown)), tuple(left))


def _linked(root: Path, link: Skipped, head: str) -> Target | None:
    """Return the file that a link leads to, as model caches have them; a link to anything else is not followed."""
    target = Path(os.path.realpath(root / link.path))
    return Target(target.parent, target.name, f"{head}/{link.path}") if target.is_file() else None


def _check(path: Path) -> None:
    if not path.is_file():
        why = "is no regular file" if path.exists() else "cannot be read: there is no such file"
        raise AccordError(
            f"{shown(str(path))} {why}",
            hint="name files or folders that exist",
            code="ACC-E801",
            where=Place(path=shown(str(path))),
        )
    if not os.access(path, os.R_OK):
        raise AccordError(
            f"{shown(str(path))} cannot be read: permission denied",
            hint="run as a user who may read it",
            code="ACC-E801",
            where=Place(path=shown(str(path))),
        )


def _rated(job: Job, workers: int, progress: Callable[[int, int], None]) -> Iterator[tuple[int, Rated]]:
    from accord.core.workers import Bounds, run_units

    bounds = Bounds(MEMORY, lambda _index: job.terms.limits.seconds, maps=True)
    count = len(job.targets)
    done = 0
    for one in run_units(range(count), job.answer, network=False, bounds=bounds, workers=min(workers, count)):
        if one is None:
            continue
        done += 1
        progress(done, count)
        problem = one.problem.replace("the check", "it")
        yield one.unit, read_answer(one.data) if one.data else ended(job.targets[one.unit], problem)


class Job(NamedTuple):
    """What workers share: the files, and how they are rated."""

    targets: tuple[Target, ...]
    terms: Terms

    def answer(self, index: int) -> bytes:
        """Rate one file in a worker and write the rating as JSON."""
        return answer(self.targets[index], self.terms)


def answer(target: Target, terms: Terms) -> bytes:
    """Rate one file and write the rating as JSON."""
    try:
        rated = rate(target, terms)
    except AccordError as error:
        rated = ended(target, error.message)
    return json.dumps(as_json(rated)).encode()


def read_answer(data: bytes) -> Rated:
    """Read what a worker wrote."""
    return from_json(json.loads(data))


def ended(target: Target, problem: str) -> Rated:
    """Return the rating of a file whose reader came to no answer: it is not `safe`."""
    reason = seen(Sight("reader-ended", problem), target.shown)
    return Rated(path=target.shown, format="unknown", rating=reason.rating, size=0, seconds=0.0, reasons=(reason,))
