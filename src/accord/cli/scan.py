"""`accord scan`: rates model files and what lies around them, without ever loading them."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from accord.cli.options import format_option, out_option, split_formats
from accord.core.errors import AccordError, ManifestError
from accord.core.text import one_line, shown

if TYPE_CHECKING:
    from accord.core.case import Case
    from accord.scan.convert import Fixes
    from accord.scan.sweep import Scan

FORMATS: Final = {"txt": "scan.txt", "json": "scan.json", "sarif": "scan.sarif"}
"""What a scan can be written as, and the file that `--out` makes of it."""

_UNREAD: Final = ("unreadable", "the limit", "the time")


@click.command("scan")
@click.argument("paths", metavar="PATH...", nargs=-1, type=click.Path(path_type=Path))
@format_option("text")
@out_option
@click.option("--batch", is_flag=True, help="Rate one path a line from stdin, one JSON line each.")
@click.option("--cases", multiple=True, type=click.Path(path_type=Path), help="Match the artifact cases in here too.")
@click.option("--fix", "fixes", is_flag=True, help="Convert safe weights-only pickles to safetensors, beside them.")
@click.option("--no-cache", is_flag=True, help="Read everything anew.")
@click.option("--workers", type=click.IntRange(0, 256), default=0, help="Processes; 0 means one for each core.")
def command(
    paths: tuple[Path, ...],
    formats: tuple[str, ...],
    out: Path | None,
    batch: bool,
    cases: tuple[Path, ...],
    fixes: bool,
    no_cache: bool,
    workers: int,
) -> int:
    """Rate files and folders: safe, dangerous, unknown or malformed. Nothing is loaded, run or sent.

    Exit code 0 when every file that was looked at is safe, 1 when any is not, 2 when a path cannot be read,
    3 when a limit cut the walk through a folder short.
    """
    if batch and fixes:
        raise ManifestError("--fix does not go with --batch", hint="name the files to convert", code="ACC-E817")
    if batch:
        return _batch()
    wanted = _wanted(formats, out)
    if not paths:
        raise ManifestError("no path was given", hint="name files or folders: accord scan models/", code="ACC-E811")
    if out is not None:
        with _written(out):  # before the work, not after it
            out.mkdir(parents=True, exist_ok=True)
    scan = _scan(paths, cases, cached=not no_cache, workers=workers)
    _write(scan, _fixed(scan, paths) if fixes else None, wanted, out)
    return _code(scan)


def _wanted(formats: tuple[str, ...], out: Path | None) -> tuple[str, ...]:
    wanted = split_formats(formats)
    unknown = [name for name in wanted if name not in FORMATS]
    if unknown:
        raise ManifestError(
            f"a scan cannot be written as {one_line(unknown[0], 40)}",
            hint="choose from text, json, sarif",
            code="ACC-E811",
        )
    if len(wanted) != 1 and out is None:
        raise ManifestError("several formats need a folder", hint="add --out DIR", code="ACC-E811")
    return wanted


def _scan(paths: tuple[Path, ...], cases: tuple[Path, ...], *, cached: bool, workers: int) -> Scan:
    from accord.core.settings import state_folder
    from accord.scan.cache import Cache
    from accord.scan.sweep import files

    shared = _cases(cases)
    cache = Cache(state_folder(Path.cwd(), os.environ), repr(shared)) if cached else None
    with _progress() as show:
        return files(paths, workers=workers, cases=shared, cache=cache, progress=show)


def _cases(paths: tuple[Path, ...]) -> tuple[Case, ...]:
    if not paths:
        return ()
    from accord.scan.cases import artifact_cases

    return artifact_cases(paths)


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """Show a bar where somebody looks at one."""
    if not sys.stderr.isatty():
        yield lambda _done, _all: None
        return
    with click.progressbar(length=1, label="scanning", file=sys.stderr) as bar:

        def show(done: int, everything: int) -> None:
            bar.length = everything
            bar.update(done - bar.pos)

        yield show


def _code(scan: Scan) -> int:
    if scan.rating.value != "safe":
        return 1
    cut = [one.reason for one in scan.skipped if one.reason.startswith(_UNREAD)]
    if any(reason.startswith("unreadable") for reason in cut):
        return 2
    return 3 if cut else 0


def _fixed(scan: Scan, paths: tuple[Path, ...]) -> Fixes:
    from accord.scan.convert import fix

    return fix(scan, paths)


def _write(scan: Scan, fixes: Fixes | None, wanted: tuple[str, ...], out: Path | None) -> None:
    for form in wanted:
        text = _rendered(scan, fixes, form)
        if out is None:
            click.echo(text, nl=False)
        else:
            with _written(out / FORMATS[form]) as path:
                path.write_text(text, "utf-8")


@contextmanager
def _written(path: Path) -> Iterator[Path]:
    """Raise `AccordError` with the reason when a path that was asked for cannot be written."""
    try:
        yield path
    except OSError as error:
        raise AccordError(
            f"{shown(str(path))} cannot be written: {error.strerror}",
            hint="name a folder that may be written to, on a disk with room",
            code="ACC-E133",
        ) from error


def _rendered(scan: Scan, fixes: Fixes | None, form: str) -> str:
    if form == "sarif":
        from accord.report.scan_sarif import render

        return render(scan)
    if form == "json":
        from accord.scan.wire import as_object

        document = as_object(scan) | (fixes.as_object() if fixes else {})
        return json.dumps(document, indent=1, ensure_ascii=True) + "\n"
    from accord.report.scan_text import render as as_text

    return as_text(scan) + "".join(f"{line}\n" for line in (fixes.lines() if fixes else ()))


def _batch() -> int:
    """Answer one path a line, in order, until the input ends."""
    from accord.scan.batch import verdicts

    click.echo(json.dumps({"ready": "accord"}))
    sys.stdout.flush()
    for one in verdicts(_lines()):
        sys.stdout.write(json.dumps(one._asdict(), ensure_ascii=True) + "\n")
        sys.stdout.flush()
    return 0


def _lines() -> Iterator[str]:
    for line in sys.stdin.buffer:
        path = line.rstrip(b"\r\n")
        if path:
            yield path.decode("utf-8", "surrogateescape")
