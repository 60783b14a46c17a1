"""The command line: parse, call, print. `main` is the entry point; each command lives in a file of its own."""

from __future__ import annotations

import errno
import importlib
import os
import sys
from types import TracebackType
from typing import Final

import click

from accord import __version__
from accord.core.errors import AccordError
from accord.core.text import clean

COMMANDS: Final = {
    "assess": "Assess a system against the guidelines, and gate its release.",
    "attack": "Attack a running system with executable cases, before release.",
    "attest": "Sign that a practice is followed, as the role that answers for it.",
    "case": "Make, lint, verify, run and change executable cases.",
    "explain": "Explain a guideline practice, a check, a framework id or an error code.",
    "feeds": "Import and list records of known vulnerabilities, from disk.",
    "gate": "Decide again from stored evidence, without running anything.",
    "guard": "Stand in front of a model at run time: gateway, rules, detector, tool policy.",
    "init": "Draft accord.yaml and threats.yaml from what is in a folder.",
    "key": "Make, list and export signing keys.",
    "scan": "Rate model files and what lies around them, without running anything.",
    "report": "Render a stored assessment, or check an exported document.",
    "schema": "Print the JSON Schema of a file that people write.",
    "sign": "Sign a model, a folder or a file, so that others can verify it.",
    "trust": "Sign and check the trust file that counts above level baseline.",
    "verify": "Check a bundle or state folder offline: signatures, digests, ledger.",
    "verify-model": "Verify a model against its signature, provenance and pin, offline.",
    "waive": "Request or approve an expiring exception to one check.",
}
_UNWRITTEN: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO})  # what a disk under the output says


class LazyGroup(click.Group):
    """A group that imports a command's module when the command is used, never for help."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of all commands."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the one command that is asked for."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"accord.cli.{cmd_name.replace('-', '_')}")
        found: click.Command = module.command
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands from the table, importing none of them."""
        with formatter.section("Commands"):
            formatter.write_dl(sorted(COMMANDS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="accord")
def accord() -> None:
    """Assess, gate and prove the security of an AI system.

    Exit codes: 0 pass, 1 a gate or verdict fails, 2 bad input, 3 undecided or Accord broke.
    """


def main() -> None:
    """Run the command line and exit with the code that CONTRACT promises."""
    sys.excepthook = _broke
    try:
        code = accord.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        code = 2
    except (click.Abort, KeyboardInterrupt):
        say("stopped; finished evidence is kept, the next run goes on from it")
        code = 3
    except AccordError as error:
        complain(error)
        code = 2
    except OSError as error:
        if error.errno not in _UNWRITTEN or error.filename is not None:
            raise
        say(f"what was found cannot be written: {error.strerror}")
        code = 3
    except SystemExit:  # only click ends so, with 1 when nobody reads on; 1 is a verdict, and there is none
        code = 3
    sys.exit(code if isinstance(code, int) else 0)


def _broke(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Show an error that nobody caught and end with 3: what broke is Accord, not the system it looked at."""
    sys.__excepthook__(kind, error, trace)
    say("Accord broke: this is a bug of ours; nothing was decided")
    sys.stderr.flush()
    os._exit(3)


def complain(error: AccordError) -> None:
    """Print an error as what happened, where, what to do and where its page is."""
    place = error.where
    where = ":".join(str(part) for part in (place.path, place.line, place.column) if part is not None) if place else ""
    say(f"error[{error.code}]: {error.message}")
    if where:
        say(f"  --> {where}")
    if error.hint:
        say(f"  = hint: {error.hint}")
    say(f"  = more: accord explain {error.code}")


def say(text: str) -> None:
    """Print one message to stderr, with everything a terminal might obey removed."""
    click.echo(clean(text), err=True)
