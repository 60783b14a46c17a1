"""What a pipeline has to run, and how its steps are told from its comments."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from accord.checks.shipped import shipped
from accord.core import Context, Source

_POWERLESS = re.compile(r"\|\|\s*(?:true|:|exit 0)(?!\w)|--exit-zero\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipelines:
    """Everything `pipelines.yaml` says."""

    files: tuple[str, ...]
    called: tuple[str, ...]
    runners: tuple[str, ...]
    tests: tuple[str, ...]
    gates: tuple[str, ...]


def pipelines() -> Pipelines:
    """Return the shipped list of pipelines, test runners and gates."""
    return shipped("pipelines.yaml", Pipelines)


def steps(ctx: Context, sources: Iterable[Source], known: Pipelines) -> str:
    """Return the lines that pipelines run and that can fail, with those of the Makefile or runner they call."""
    text = "\n".join(_lines(source.text) for source in sources)
    if runs(text, known.runners):
        text += "\n" + "\n".join(_lines(source.text) for source in ctx.sources(*known.called))
    return text


def runs(text: str, commands: Iterable[str]) -> bool:
    """Tell whether any of the commands stands in the text as a word of its own."""
    return re.search(rf"(?<![\w-])(?:{'|'.join(commands)})(?![\w-])", text) is not None


def _lines(text: str) -> str:
    lines = (line.partition(" #")[0] for line in text.splitlines() if not line.lstrip().startswith(("#", "//")))
    return "\n".join(line for line in lines if not _POWERLESS.search(line))
