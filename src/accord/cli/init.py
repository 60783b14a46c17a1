"""`accord init`: drafts accord.yaml and threats.yaml from what is in a folder."""

from __future__ import annotations

import os
from pathlib import Path

import click

from accord.cli import say


@click.command("init")
@click.argument("path", type=click.Path(path_type=Path, exists=True, file_okay=False), default=".")
@click.option("--print", "to_stdout", is_flag=True, help="Print both drafts and write nothing.")
@click.option("--force", is_flag=True, help="Overwrite accord.yaml and threats.yaml where they exist.")
def command(path: Path, to_stdout: bool, force: bool) -> int:
    """Draft accord.yaml and threats.yaml from what is in PATH; guesses are marked by comments.

    Nothing is asked, run or loaded, and no other file is changed.
    """
    from accord.assess.draft import THREATS, draft_files
    from accord.core.settings import read_settings
    from accord.scan.discover import discover
    from accord.scan.walk import walk

    files = (path / "accord.yaml", path / THREATS)
    if not to_stdout:
        _refuse_to_overwrite(files, force=force)
    settings = read_settings(path, os.environ)
    walked = walk(path, max_files=settings.max_files, max_depth=settings.max_depth, seconds=settings.walk_seconds)
    found = discover(path, walked)
    draft = draft_files(found.assets, path.resolve().name)
    if to_stdout:
        click.echo(f"# accord.yaml\n{draft.manifest}\n# {THREATS}\n{draft.threats}", nl=False)
    else:
        _write(files, (draft.manifest, draft.threats))
    say(f"found {_counted([asset.kind for asset in found.assets])}")
    left = len(walked.skipped) + len(found.skipped)
    if left:
        first = (*found.skipped, *walked.skipped)[0]
        say(f"not looked at: {left}, first {first.path} ({first.reason})")
    if not to_stdout:
        say("wrote accord.yaml and threats.yaml; next: correct the guesses, then run accord assess")
    return 0


def _refuse_to_overwrite(files: tuple[Path, ...], *, force: bool) -> None:
    from accord.core.errors import ManifestError
    from accord.core.finding import Place

    for file in files:
        there = file.is_symlink() or file.exists()
        if there and (not force or not file.is_file() or file.is_symlink()):
            raise ManifestError(
                f"{file.name} exists already" if not force else f"{file.name} is a link or no regular file",
                hint="accord init --force overwrites both drafts, --print writes neither"
                if not force
                else "move it away",
                code="ACC-E805",
                where=Place(path=file.name),
            )


def _write(files: tuple[Path, ...], texts: tuple[str, ...]) -> None:
    """Write all files or none: each beside its place first, then moved."""
    from accord.core.errors import ManifestError
    from accord.core.finding import Place

    beside = [file.with_name(f".{file.name}.{os.getpid()}.new") for file in files]
    try:
        for new, text in zip(beside, texts, strict=True):
            new.write_text(text, "utf-8", newline="\n")
        for new, file in zip(beside, files, strict=True):
            new.replace(file)
    except OSError as error:
        for new in beside:
            new.unlink(missing_ok=True)
        raise ManifestError(
            f"the drafts cannot be written: {error.strerror}",
            hint="use a folder that may be written to, or --print",
            code="ACC-E806",
            where=Place(path=files[0].name),
        ) from error


def _counted(kinds: list[str]) -> str:
    from collections import Counter

    counts = Counter(kind.partition(".")[0] for kind in kinds)
    return (
        ", ".join(f"{n} {kind}{'s' if n > 1 else ''}" for kind, n in sorted(counts.items()))
        or "nothing of an AI system"
    )
