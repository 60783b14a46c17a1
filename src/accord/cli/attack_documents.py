"""Writing a campaign: `campaign.json`, `trials.jsonl`, and the formats asked for, the long ones as a stream."""

from __future__ import annotations

import os
import secrets
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from accord.core.campaign import Campaign
from accord.core.errors import AccordError
from accord.report import (
    campaign_hitlog,
    campaign_html,
    campaign_inspect,
    campaign_json,
    campaign_junit,
    campaign_sarif,
    campaign_text,
)

if TYPE_CHECKING:
    from accord.assess.campaigns import Ended
    from accord.report.campaign_outline import Said

Transcripts = Callable[[], Iterator["Said"]]
"""Reads every finished trial with what was said in it, one after the other."""


class _Format(NamedTuple):
    name: str
    pieces: Callable[[Ended, Transcripts], Iterator[str]]


def _whole(name: str, render: Callable[[Campaign], str]) -> _Format:
    return _Format(name, lambda ended, _said: iter((render(ended.campaign),)))


_FORMATS: Final = {
    "json": _whole("campaign.json", campaign_json.render),
    "txt": _whole("campaign.txt", campaign_text.render),
    "html": _whole("campaign.html", campaign_html.render),
    "sarif": _whole("campaign.sarif", campaign_sarif.render),
    "junit.xml": _whole("campaign.junit.xml", campaign_junit.render),
    "inspect": _Format(
        "campaign.inspect.json",
        lambda ended, said: campaign_inspect.pieces(ended.campaign, said(), samples=len(ended.results)),
    ),
    "hitlog": _Format("campaign.hitlog.jsonl", lambda ended, said: campaign_hitlog.pieces(ended.campaign, said())),
}


def chosen(formats: tuple[str, ...], *, single: bool = False) -> tuple[str, ...]:
    """Return the formats asked for.

    Raises `AccordError`, before anything is sent, for one that campaigns have not, or for several where only one can
    go to stdout.
    """
    unknown = next((name for name in formats if name not in _FORMATS), None)
    if unknown is not None or not formats:
        known = ", ".join(_FORMATS)
        raise AccordError(f"a campaign has no format {unknown!r}", hint=f"known are {known}", code="ACC-E132")
    if single and len(formats) != 1:
        raise AccordError("only one format can go to stdout", hint="give --out DIR", code="ACC-E132")
    return formats


def write_campaign(ended: Ended, said: Transcripts, out: Path, formats: tuple[str, ...]) -> tuple[str, ...]:
    """Write the files of a campaign into a folder and return their names; its JSON and trials are always there.

    Raises `AccordError` when the folder cannot be written.
    """
    files: dict[str, Iterable[bytes]] = {}
    for one in (_FORMATS[name] for name in dict.fromkeys(("json", *formats))):
        files[one.name] = _encoded(one.pieces(ended, said))
    files["trials.jsonl"] = campaign_json.trial_lines(ended.trials, ended.results)
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, data in files.items():
            _stream(out / name, data)
    except OSError as error:
        message = f"{out} cannot be written: {error.strerror}"
        raise AccordError(message, hint="give another --out", code="ACC-E133") from error
    return tuple(files)


def print_campaign(ended: Ended, said: Transcripts, formats: tuple[str, ...], *, to_folder: bool) -> None:
    """Print to stdout: the one format asked for, or what a person reads where the others went into a folder."""
    name = formats[0] if not to_folder or formats == ("json",) else "txt"
    for piece in _encoded(_FORMATS[name].pieces(ended, said)):
        sys.stdout.buffer.write(piece)
    sys.stdout.buffer.flush()


def _encoded(pieces: Iterable[str]) -> Iterator[bytes]:
    return (piece.encode("utf-8", "replace") for piece in pieces)


def _stream(path: Path, pieces: Iterable[bytes]) -> None:
    """Write a file whole or not at all, without holding it in memory."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines(pieces)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        with suppress(FileNotFoundError):
            temporary.unlink()
