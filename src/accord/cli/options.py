"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, TypeVar

import click

_ALIASES: Final = MappingProxyType({"text": "txt", "junit": "junit.xml", "markdown": "md"})

F = TypeVar("F", bound=Callable[..., Any])


def format_option(default: str) -> Callable[[F], F]:
    """Return `--format`, which takes a list (`html,json`) or is repeated."""
    return click.option(
        "--format",
        "formats",
        multiple=True,
        default=(default,),
        help="Formats, as a list or repeated: txt, json, html, sarif …",
    )


text_or_json: Callable[[F], F] = click.option(
    "--format", "shape", type=click.Choice(["text", "json"]), default="text", help="How to print the result."
)

out_option: Callable[[F], F] = click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), help="Write one file for each format into this folder."
)

trust_option: Callable[[F], F] = click.option(
    "--trust", envvar="ACCORD_TRUST", help="The signed trust file, a path or address outside the assessed repository."
)

plugin_option: Callable[[F], F] = click.option(
    "--plugin", "plugins", multiple=True, help="Allow a plug-in package by name (repeatable)."
)


def split_formats(formats: Iterable[str]) -> tuple[str, ...]:
    """Return the names in a list of lists, each once, in order: a file's extension or a plain word for it."""
    names = (name.strip() for item in formats for name in item.split(","))
    return tuple(dict.fromkeys(_ALIASES.get(name, name) for name in names if name))
