"""Write the reference pages from the code: checks, commands, settings, errors and guidelines.

Run by `make docs`; the pages land in `docs/reference/`, which git ignores.
"""

from __future__ import annotations

import importlib
import re
import shutil
import tokenize
from collections.abc import Iterator, Mapping
from dataclasses import fields
from io import StringIO
from pathlib import Path
from typing import Final

import click
import yaml

from accord.cli import COMMANDS
from accord.core import settings
from accord.core.catalogue import Catalogue, Guideline
from accord.core.check import Check
from accord.core.plugins import load_checks
from accord.record.catalogue import load_catalogue

HERE: Final = Path(__file__).parent
ERRORS: Final = HERE.parent / "src" / "accord" / "data" / "errors"


def main() -> None:
    """Write every page anew."""
    target = HERE / "reference"
    shutil.rmtree(target, ignore_errors=True)
    for name, text in pages().items():
        path = target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.rstrip() + "\n", "utf-8")
    print(f"wrote {sum(1 for _ in target.rglob('*.md'))} reference pages")


def pages() -> Mapping[str, str]:
    """Return the text of every reference page by its path below `docs/reference/`."""
    checks = [loaded.check for loaded in load_checks(frozenset()).values()]
    catalogue = load_catalogue()
    return {
        "index.md": _index(),
        "commands.md": "# Commands\n\n" + "\n".join(_commands()),
        "settings.md": _settings(),
        "errors.md": "# Errors\n\n" + "\n".join(_errors()),
        "guidelines.md": "\n".join(_guidelines(catalogue, checks)),
        "checks/index.md": _check_index(checks),
        **{f"checks/{one.code}.md": _check(one) for one in checks},
    }


def _index() -> str:
    links = ("commands", "settings", "errors", "guidelines", "checks/index")
    names = "\n".join(f"- [{name.partition('/')[0].title()}]({name}.md)" for name in links)
    return f"# Reference\n\nThese pages are generated from the code, so they are true of this version.\n\n{names}\n"


def _check_index(checks: list[Check]) -> str:
    rows = "\n".join(
        f"| [{one.code}]({one.code}.md) | `{one.name}` | {one.title} | {', '.join(one.bears_on)} |" for one in checks
    )
    head = "| code | name | what is wrong | bears on |\n|---|---|---|---|"
    return f"# Checks\n\nEach check asks one question.\n\n{head}\n{rows}\n"


def _check(one: Check) -> str:
    looks_at = ", ".join(one.on) or "the whole system"
    needs = ", ".join(one.needs) or "nothing beyond reading"
    facts = (
        f"| | |\n|---|---|\n| name | `{one.name}` |\n| looks at | {looks_at} |\n"
        f"| bears on | {', '.join(one.bears_on)} |\n"
        f"| needs | {needs} |\n| may be waived | {'yes' if one.waivable else 'never'} |\n| since | {one.since} |\n"
    )
    return f"# {one.code}: {one.title}\n\n{facts}\n{one.page}\n"


def _commands() -> Iterator[str]:
    for name in sorted(COMMANDS):
        command: click.Command = importlib.import_module(f"accord.cli.{name.replace('-', '_')}").command
        yield from _command(command, f"accord {name}", depth=2)


def _command(command: click.Command, path: str, *, depth: int) -> Iterator[str]:
    with click.Context(command, info_name=path) as ctx:
        yield f"{'#' * depth} {path}\n\n```text\n{command.get_help(ctx)}\n```\n"
        if isinstance(command, click.Group):
            for name in command.list_commands(ctx):
                inner = command.get_command(ctx, name)
                if inner:
                    yield from _command(inner, f"{path} {name}", depth=depth + 1)


def _settings() -> str:
    told = _notes()
    rows = "\n".join(
        f"| `{one.name}` | `ACCORD_{one.name.upper()}` | `{one.default!r}` | {told.get(one.name, '')} |"
        for one in fields(settings.Settings)
    )
    intro = (settings.__doc__ or "").strip()
    return (
        f"# Settings\n\n{intro} {(settings.Settings.__doc__ or '').strip()}\n\n"
        f"`ACCORD_HOME` names the state folder; without it, state lies in `.accord/` of the working directory.\n\n"
        f"| key in `accord.toml` | environment | default | |\n|---|---|---|---|\n{rows}\n"
    )


def _notes() -> dict[str, str]:
    """Return the comments beside the settings in their source."""
    source = Path(settings.__file__).read_text("utf-8")
    lines = source.splitlines()
    notes = {}
    for token in tokenize.generate_tokens(StringIO(source).readline):
        name = re.match(r"    (\w+): ", lines[token.start[0] - 1]) if token.type == tokenize.COMMENT else None
        if name:
            notes[name[1]] = token.string.lstrip("# ")
    return notes


def _errors() -> Iterator[str]:
    entries: dict[str, Mapping[str, object]] = {}
    for path in sorted(ERRORS.glob("*.yaml")):
        entries |= yaml.safe_load(path.read_text("utf-8"))
    for code, entry in sorted(entries.items()):
        yield f"## {code}\n\n**{entry['title']}**\n\n{entry['text']}\n"


def _guidelines(catalogue: Catalogue, checks: list[Check]) -> Iterator[str]:
    counts = len(tuple(catalogue.guidelines())), len(tuple(catalogue.provisions()))
    yield f"# {catalogue.title}\n\n{counts[0]} guidelines, {counts[1]} practices.\n"
    for section in catalogue.sections:
        yield f"## {section.id}. {section.title}\n"
        for guideline in section.guidelines:
            yield from _guideline(guideline, checks)
    if catalogue.companion:
        yield "## Companion commitments\n\nAsked elsewhere; shown apart, never counted among the practices.\n"
        for guideline in catalogue.companion:
            yield from _guideline(guideline, checks)


def _guideline(guideline: Guideline, checks: list[Check]) -> Iterator[str]:
    yield f"### {guideline.id} {guideline.title}\n\n{guideline.asks}\n"
    yield "| id | asks | proof | from level | gate | checks |\n|---|---|---|---|---|---|"
    for one in guideline.practices:
        codes = [check.code for check in checks if any(claim.partition("/")[0] == one.id for claim in check.bears_on)]
        links = ", ".join(f"[{code}](checks/{code}.md)" for code in codes) or "no check yet"
        yield f"| {one.id} | {one.asks} | {one.mode} | {one.level} | {one.gate} | {links} |"
    yield ""


if __name__ == "__main__":
    main()
