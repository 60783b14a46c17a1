"""ACC207: prompts of which nobody can say which version runs."""

import re
from collections.abc import Iterator

from accord.checks.cards import Carded, card_of
from accord.checks.documents import Document
from accord.checks.places import manifest_place
from accord.core import Context, Finding, Severity, System, check
from accord.core.system import Prompt

_HEADER = re.compile(r"\W{0,8}(?:prompt[-_ ])?version\W{1,4}v?\d", re.I)
_NUMBER = re.compile(r"\bv?\d{1,4}(?:\.\d{1,5}){1,2}\b|\bv\d{1,4}\b|\b\d{4}-\d{2}-\d{2}\b")
_TOP = 10


def _has_prompts(system: System) -> bool:
    return bool(system.components.prompts)


@check("ACC207", on=("system",), bears_on=("2.2.d/prompt-versioned",), since="0.1", applies=_has_prompts)
def unversioned_prompts(system: System, ctx: Context) -> Iterator[Finding]:
    """Prompt has no version.

    ## What it does
    Reports declared prompts with none of these: a `digest` in the manifest, a line `version: N` among the first
    ten of a prompt file, or a line of the prompt's card that names the prompt and a version. It does not look
    into git, and a number that was not raised when the prompt changed is noticed by digests only.

    ## Why it matters
    A prompt decides what the system does as code does. When an answer goes wrong, one must be able to say under
    which prompt, and go back to the one before.

    ## Example
    A prompt file with neither digest, version nor card: see `tests/checks/ACC207/bad`.

    ## Fix
    Add the `digest` of the file in the manifest, or a version line at the top of the prompt.

    ## References
    - CWE-1059
    - AML.M0014
    """
    for prompt in system.components.prompts:
        if prompt.digest or _has_header(prompt, ctx):
            continue
        card = card_of(ctx, Carded(prompt.id, prompt.card, (prompt.path,)), "prompt-card")
        if card is None or not _names_version(card, prompt):
            yield Finding(
                message=f"the prompt {prompt.id} ({prompt.path}) has neither digest nor version",
                where=manifest_place(ctx, prompt.id),
                severity=Severity.MEDIUM,
                fix="add its digest in the manifest, or a line version: 1.0.0 at its top",
            )


def _has_header(prompt: Prompt, ctx: Context) -> bool:
    text = None if prompt.symbol or prompt.line else ctx.text(prompt.path)
    return any(_HEADER.match(line) for line in (text or "").split("\n", _TOP)[:_TOP])


def _names_version(card: Document, prompt: Prompt) -> bool:
    names = [name.lower() for name in (prompt.path, prompt.symbol) if name]
    lines = [line for line in card.text.splitlines() if any(name in line.lower() for name in names)]
    return any(_NUMBER.search(line) for line in lines)
