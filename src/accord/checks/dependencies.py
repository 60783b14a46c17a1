"""What the checks of dependencies share: the lock files that there are, and what the feeds say about them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from posixpath import normpath
from typing import NamedTuple

from accord.core import Context
from accord.core.errors import RecordError
from accord.scan.lockfiles import Lock, Package, included, read_lock
from accord.scan.supply.matching import Hit, match, problems

_LISTS = ("**/pyproject.toml", "**/setup.py", "**/setup.cfg", "**/requirements*.in", "**/Pipfile", "**/package.json")
_NO_COMPARISON = 3


class Locked(NamedTuple):
    """A lock file, what it says and the text itself."""

    path: str
    lock: Lock
    text: str


class Known(NamedTuple):
    """A hit, and the lock file that it is in."""

    path: str
    hit: Hit


def locks(ctx: Context) -> tuple[Locked, ...]:
    """Return the lock files of the system; what cannot be read, and lists without a lock, are told as skipped."""
    paths = sorted({asset.path for asset in ctx.assets if asset.kind == "lockfile" and asset.path})
    found = []
    for path in paths:
        text = ctx.text(path)
        lock = read_lock(path, text or "")
        if lock.problem and text is not None:
            ctx.skip(path, lock.problem)
        for other in included(text or "") if lock.kind == "requirements" else ():
            place = normpath(f"{path.rpartition('/')[0]}/{other}".lstrip("/"))
            if place not in paths:
                ctx.skip(place, f"{path} takes it in, and it is not read as a lock file")
        found.append(Locked(path, lock, text or ""))
    if not found and (ctx.files(*_LISTS) or ctx.files("**/*.py")):
        ctx.skip("accord.yaml", "there is no lock file: which packages are installed is not known")
    return tuple(found)


def known(ctx: Context, found: Iterable[Locked], kinds: frozenset[str]) -> Iterator[Known]:
    """Yield what the feeds say of these kinds; what cannot be compared is told as skipped."""
    pinned_elsewhere = {(one.ecosystem, one.name) for held in found for one in held.lock.packages if one.version}
    for held in found:
        packages = [_comparable(one) for one in held.lock.packages]
        matched = match(packages, [feed for feed in ctx.feeds.feeds if not feed.problem])
        yield from (Known(held.path, hit) for hit in matched.hits if hit.kind in kinds)
        loose = [one.name for one in held.lock.loose if (one.ecosystem, one.name) not in pinned_elsewhere]
        reasons = [f"{len(loose)} packages have no version that could be compared: {_some(loose)}"] if loose else []
        if matched.undecided:
            names = [f"{package.name}: {why}" for package, why in matched.undecided]
            reasons.append(f"{len(names)} packages could not be compared: {_some(names)}")
        if any(one.ecosystem == "conda" for one in held.lock.packages):
            reasons.append("packages of conda are compared with PyPI's of the same name only: no feed has others")
        if reasons:
            ctx.skip(held.path, "; ".join(reasons))


def expect_answers(ctx: Context, found: Iterable[Locked]) -> None:
    """Record that nothing was compared where no feed was ever imported.

    Raises `RecordError` where there are feeds and they are no answer: stale, unreadable, or of other ecosystems.
    """
    ecosystems = {_comparable(one).ecosystem for held in found for one in held.lock.packages}
    reason = "; ".join(problems(ctx.feeds, ecosystems, ctx.now)) if ecosystems else ""
    for feed in ctx.feeds.feeds if ecosystems else ():
        if feed.skipped:
            ctx.skip(f"feed {feed.name}", f"{feed.skipped} of its records could not be read when it was imported")
    if reason and not ctx.feeds.feeds:
        ctx.skip("feeds", "no feed of vulnerabilities was imported: accord feeds import DIR|ZIP|FILE")
    elif reason:
        raise RecordError(
            f"vulnerabilities were not looked for: {reason}",
            hint="import a newer one: accord feeds import DIR|ZIP|FILE",
            code="ACC-E824",
        )


def _comparable(one: Package) -> Package:
    return one._replace(ecosystem="PyPI") if one.ecosystem == "conda" else one


def _some(names: list[str]) -> str:
    more = f" and {len(names) - _NO_COMPARISON} more" if len(names) > _NO_COMPARISON else ""
    return ", ".join(names[:_NO_COMPARISON]) + more
