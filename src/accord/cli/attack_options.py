"""The options that planning and running a campaign share."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click

from accord.cli.options import trust_option


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was asked for on the command line."""

    path: Path
    target: str | None
    url: str | None
    model: str | None
    api: str
    stream: bool
    key: str | None
    cases: tuple[Path, ...]
    trials: int | None
    seed: int | None
    concurrency: int
    timeout: float
    mutate: str
    budget: str | None
    price: float | None
    max_asr: float
    judge: str | None
    attacker: str | None
    formats: tuple[str, ...]
    trust: str | None
    plugins: tuple[str, ...]
    suites: tuple[str, ...] = ()


_PATH: Final = click.Path(path_type=Path)

_OPTIONS: Final = (
    click.option("--target", help="The target of the manifest; needed where it has several."),
    click.option("--url", help="An OpenAI-compatible endpoint that ends in /v1, without a manifest."),
    click.option("--model", help="The model to ask for at --url."),
    click.option("--api", type=click.Choice(["chat", "responses"]), default="chat", help="Which API --url speaks."),
    click.option("--stream", is_flag=True, help="Ask --url for streamed answers."),
    click.option("--key", help="The key of --url, as env:NAME."),
    click.option("--trials", type=click.IntRange(1, 100_000), help="Exactly so many trials and control runs a case."),
    click.option("--seed", type=click.IntRange(0, 2**53 - 1), help="Plan seed; random and recorded where not given."),
    click.option("--concurrency", type=click.IntRange(1, 4_096), default=64, help="Requests in flight at most."),
    click.option("--timeout", type=click.FloatRange(0.01, 3_600), default=60.0, help="Seconds of one request at most."),
    click.option(
        "--mutate", type=click.Choice(["auto", "none"]), default="none", help="Let converters and search work."
    ),
    click.option("--budget", help="Hard limits: requests=N,tokens=N,money=X,minutes=M."),
    click.option("--price", type=click.FloatRange(0), help="What a million tokens cost, for the budget of money."),
    click.option(
        "--max-asr",
        type=click.FloatRange(0, 1, min_open=True, max_open=True),
        default=0.05,
        help="The gate: the one-sided 95 % upper bound of each case at most.",
    ),
    click.option("--attacker", help="A model that leads conversations of --mutate auto, as URL#MODEL."),
    click.option("--judge", help="The judge asked where no oracle can tell, as URL#MODEL; calibrate it first."),
    click.option(
        "--format",
        "formats",
        multiple=True,
        default=("txt",),
        help="Formats: txt, json, html, sarif, junit, inspect, hitlog.",
    ),
    trust_option,
    click.option("--plugin", "plugins", multiple=True, help="Allow a plug-in package by name (repeatable)."),
)


def attack_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options to a command about a system; it gets them as one `Asked`."""
    where = click.argument("path", type=click.Path(path_type=Path), default=".")
    which = click.option("--cases", type=_PATH, multiple=True, help="Case files or folders (repeatable).")
    suites = click.option("--suite", "suites", multiple=True, help="A suite that ships (repeatable).")
    return where(which(suites(_gathered(function))))


def case_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options to a command about cases; it gets them as one `Asked`."""
    which = click.argument("cases", type=_PATH, nargs=-1, required=True)
    where = click.option("--system", "path", type=_PATH, default=Path(), help="The folder of the manifest.")
    return which(where(_gathered(function)))


def _gathered(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def gathered(**given: Any) -> Any:
        own = {name: given.pop(name) for name in tuple(given) if name not in Asked.__slots__}
        return function(Asked(**given), **own)

    for option in reversed(_OPTIONS):
        gathered = option(gathered)
    return gathered
