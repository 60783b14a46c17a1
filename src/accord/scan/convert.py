"""Weights-only pickles become safetensors files: in a bounded process, proven equal, and published whole or not at all.

Nothing is unpickled: what the pickle would make is read from its opcodes, and the numbers are copied as they lie there.
"""

from __future__ import annotations

import json
import mmap
import os
import re
import secrets
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple, NoReturn, cast

from accord.core.errors import AccordError
from accord.core.finding import Place
from accord.core.text import one_line
from accord.scan.convert_file import DifferError, prove, write
from accord.scan.convert_formats import STREAMS, planned
from accord.scan.convert_plan import UnfitError
from accord.scan.engine import BREAKS, Target, rate_open, read
from accord.scan.look import Limits, Look, OverError
from accord.scan.part import BrokenError, Part
from accord.scan.rating import Rated, Rating
from accord.scan.sweep import MEMORY, Scan, find
from accord.scan.walk import open_inside

SUFFIX: Final = ".safetensors"
"""What a converted file's name ends in."""

_HINT: Final = "the old file is as it was"
_ENDING: Final = re.compile(r"(?<=.)\.[A-Za-z][A-Za-z0-9]{0,11}\Z")
_CARRIERS: Final = frozenset({"numpy", "npz", "pickle"})
_PICKLED: Final = re.compile(r"\.(?:joblib|pkl|pickle)(?:\.\w{1,6})?\Z", re.IGNORECASE)
_UNPACKED: Final = 8 << 30
_SECONDS: Final = 60.0
_PER_SECOND: Final = 4 << 20


class Converted(NamedTuple):
    """A file that was converted: its path and that of the new one, how many tensors and bytes, and what to know."""

    path: str
    to: str
    tensors: int
    bytes: int
    notes: tuple[str, ...] = ()


class Left(NamedTuple):
    """A file that was not converted, why, and the code of the reason's page."""

    path: str
    reason: str
    code: str


class Fixes(NamedTuple):
    """What `accord scan --fix` came to."""

    fixed: tuple[Converted, ...] = ()
    not_fixed: tuple[Left, ...] = ()

    def as_object(self) -> dict[str, object]:
        """Return both lists as plain JSON values."""
        return {
            "fixed": [one._asdict() for one in self.fixed],
            "not_fixed": [one._asdict() for one in self.not_fixed],
        }

    def lines(self) -> Iterator[str]:
        """Yield one line a file for people."""
        for one in self.fixed:
            facts = "; ".join([f"{one.tensors:,} tensors, {one.bytes:,} bytes", "values equal", *one.notes])
            yield f"converted {one_line(one.path, 200)} to {one_line(one.to, 200)} ({facts})"
        for other in self.not_fixed:
            yield f"not converted {one_line(other.path, 200)}: {one_line(other.reason)}"
        if not self.fixed and not self.not_fixed:
            yield "nothing to convert: no pickle or array was looked at"


class _Candidate(NamedTuple):
    target: Target
    named: bool
    linked: bool


def fix(scan: Scan, paths: Iterable[str | os.PathLike[str]]) -> Fixes:
    """Convert what a scan of these paths rated safe and is weights only, each beside itself.

    Files found in folders that carry no pickle are passed over in silence; those named themselves never are.
    """
    rated: dict[str, list[Rated]] = {}
    for one in scan.files:
        rated.setdefault(one.path, []).append(one)
    fixed: list[Converted] = []
    left: list[Left] = []
    for candidate in _candidates(paths):
        known = rated.get(candidate.target.shown)
        found = known.pop(0) if known else None
        if found is None or not (candidate.named or _carries(found)):
            continue
        try:
            _check(found, candidate)
            fixed.append(convert(candidate.target))
        except AccordError as error:
            left.append(Left(candidate.target.shown, error.message, error.code))
    return Fixes(tuple(fixed), tuple(left))


def _candidates(paths: Iterable[str | os.PathLike[str]]) -> Iterator[_Candidate]:
    for given in paths:
        path = Path(given)
        folder = path.is_dir()
        root = Path(os.path.realpath(path if folder else path.parent))
        for target in find([path]).files:
            linked = target.folder != root or (not folder and target.path != path.name)
            yield _Candidate(target, not folder, linked)


def _carries(rated: Rated) -> bool:
    """Tell whether a file is of a kind that may be converted; of compressed ones, those that are named so."""
    if rated.format in STREAMS:
        return bool(_PICKLED.search(rated.path))
    return rated.format in _CARRIERS or rated.format.startswith("torch")


def _check(rated: Rated, candidate: _Candidate) -> None:
    if rated.rating is not Rating.SAFE:
        _refuse(rated.path, f"it is rated {rated.rating}, and only safe files are converted", "ACC-E813")
    if candidate.linked:
        _refuse(rated.path, "it is a link: name the file that it leads to", "ACC-E813")


def _refuse(path: str, reason: str, code: str) -> NoReturn:
    raise AccordError(reason, hint=_HINT, code=code, where=Place(path=path))


def convert(target: Target) -> Converted:
    """Write the tensors of one file beside it as NAME.safetensors; a file that is there already stays.

    Raises `AccordError`: ACC-E813 it is not weights alone, ACC-E814 the new file is there, ACC-E815 it cannot be
    written, ACC-E816 the new file is not what the source holds, or the source changed. Then nothing is left behind.
    """
    source = target.folder / target.path
    to = source.with_name(renamed(source.name))
    shown = renamed(target.shown)
    if os.path.lexists(to):
        _refuse(target.shown, f"{shown} is there already", "ACC-E814")
    with open_inside(target.folder, target.path) as file, _temporary(to, target.shown) as new:
        before = _identity(os.fstat(file.fileno()))
        seconds = _SECONDS + os.fstat(file.fileno()).st_size / _PER_SECOND
        said = _answered(lambda: _write(file, new.file, target.shown, seconds), target.shown, seconds)
        with open_inside(target.folder, target.path) as again:
            _answered(lambda: _prove(again, new.file, target.shown, seconds), target.shown, seconds)
            if _identity(os.fstat(again.fileno())) != before or _identity(os.fstat(file.fileno())) != before:
                _refuse(target.shown, "it changed while it was converted", "ACC-E816")
        _publish(new, to, target.shown, mode=os.fstat(file.fileno()).st_mode & 0o666)
    notes = tuple(cast("list[str]", said["notes"]))
    return Converted(target.shown, shown, cast("int", said["tensors"]), cast("int", said["bytes"]), notes)


def renamed(path: str) -> str:
    """Return the path of a converted file: the ending that tells the old format makes way for the new one."""
    folder, slash, name = path.rpartition("/")
    return f"{folder}{slash}{_ENDING.sub('', name)}{SUFFIX}"


def _identity(found: os.stat_result) -> tuple[int, ...]:
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)


class _New(NamedTuple):
    """A file under way: open, and under the name that it has until it is whole."""

    file: BinaryIO
    path: Path


@contextmanager
def _temporary(to: Path, shown: str) -> Iterator[_New]:
    """Open a new file beside its later name; nothing is left of it unless it was given that."""
    path = to.with_name(f".{secrets.token_hex(8)}{SUFFIX}.new")
    try:
        number = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except OSError as error:
        _refuse(shown, f"no file can be made beside it: {error.strerror}", "ACC-E815")
    try:
        with os.fdopen(number, "w+b") as file:
            yield _New(file, path)
    finally:
        with suppress(FileNotFoundError):
            path.unlink()


def _publish(new: _New, to: Path, shown: str, *, mode: int) -> None:
    """Give a proven file its name, and let those read it who may read the old one."""
    from accord.record.state import publish, sync_folder

    try:
        os.fchmod(new.file.fileno(), mode)
        os.fsync(new.file.fileno())
        if not os.path.samestat(os.fstat(new.file.fileno()), new.path.lstat()):
            _refuse(shown, "somebody else changes files beside it", "ACC-E816")
        publish(new.path, to)
    except FileExistsError:
        _refuse(shown, f"{renamed(shown)} is there already", "ACC-E814")
    except OSError as error:
        _refuse(shown, f"the new file cannot be written: {error.strerror}", "ACC-E815")
    sync_folder(to.parent)


def _answered(job: Callable[[], dict[str, object]], shown: str, seconds: float) -> dict[str, object]:
    """Do a job in a process of its own that has no network, and return what it says.

    Raises `AccordError` with the reason when it comes to none.
    """
    from accord.core.workers import Worker

    try:
        worker = Worker(lambda _question: json.dumps(_tried(job)).encode(), network=False, memory=MEMORY, maps=True)
    except (OSError, EOFError):
        _refuse(shown, "no process could be started for it", "ACC-E815")
    try:
        said = cast("dict[str, object]", json.loads(worker.ask(b"{}", seconds)))
    except TimeoutError:
        _refuse(shown, f"it took longer than {seconds:.0f} s", "ACC-E815")
    except (EOFError, OSError):
        _refuse(shown, "it ended the process that converted it", "ACC-E815")
    finally:
        worker.end()
    if "refused" in said:
        _refuse(shown, str(said["refused"]), str(said["code"]))
    return said


def _tried(job: Callable[[], dict[str, object]]) -> dict[str, object]:
    try:
        return job()
    except (UnfitError, BrokenError, OverError) as error:
        return {"refused": error.message, "code": "ACC-E813"}
    except DifferError as error:
        return {"refused": error.message, "code": "ACC-E816"}
    except OSError as error:
        return {"refused": f"the new file cannot be written: {error.strerror}", "code": "ACC-E815"}
    except BREAKS as error:
        said = one_line(str(error), 120)
        return {"refused": f"reading it ended with {type(error).__name__}: {said}", "code": "ACC-E815"}


def _write(file: BinaryIO, new: BinaryIO, shown: str, seconds: float) -> dict[str, object]:
    """Write the new file, in a worker."""
    look = Look(read, Limits(unpacked=_UNPACKED, seconds=seconds))
    plan = planned(_content(file, shown), _safe(file, shown), look)
    new.seek(0)
    new.truncate()
    write(plan, new, look)
    return {"tensors": len(plan.tensors), "bytes": sum(one.size for one in plan.tensors), "notes": plan.notes}


def _prove(file: BinaryIO, new: BinaryIO, shown: str, seconds: float) -> dict[str, object]:
    """Read both files anew and compare them, in another worker; both must be safe."""
    look = Look(read, Limits(unpacked=_UNPACKED, seconds=seconds))
    plan = planned(_content(file, shown), _safe(file, shown), look)
    prove(plan, new, look)
    rated = rate_open(new, renamed(shown))
    if (rated.rating, rated.format) != (Rating.SAFE, "safetensors"):
        reason = rated.reasons[0].finding.message if rated.reasons else rated.format
        raise DifferError(f"the new file is rated {rated.rating}: {one_line(reason, 200)}")
    return {}


def _content(file: BinaryIO, shown: str) -> Part:
    if not os.fstat(file.fileno()).st_size:
        raise UnfitError("it is empty")
    return Part(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ), name=shown.rpartition("/")[2])


def _safe(file: BinaryIO, shown: str) -> str:
    """Return the format of a file that is still safe."""
    rated = rate_open(file, shown)
    if rated.rating is not Rating.SAFE:
        raise UnfitError(f"it is rated {rated.rating}, and only safe files are converted")
    return rated.format
