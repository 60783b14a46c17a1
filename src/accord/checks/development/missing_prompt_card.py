"""ACC210: prompts that nobody described."""

from collections.abc import Iterator

from accord.checks.cards import Carded, card_findings
from accord.core import Context, Finding, System, check


def _has_prompts(system: System) -> bool:
    return bool(system.components.prompts)


@check("ACC210", on=("system",), bears_on=("2.3.a/prompt-card-complete",), since="0.1", applies=_has_prompts)
def missing_prompt_card(system: System, ctx: Context) -> Iterator[Finding]:
    """Prompt has no card, or the card leaves out what it must say.

    ## What it does
    For each prompt, takes the `card` that the manifest names, else a document that is called a prompt card and
    names the prompt, and looks for purpose, version, owner and limits: as headings, labels or columns that say
    something. Whether it is true is not seen.

    ## Why it matters
    A prompt is changed in a minute and decides what the system does. Without a card nobody knows who may change
    it, what it is for, and what it does not prevent.

    ## Example
    A prompt without any card: see `tests/checks/ACC210/bad`.

    ## Fix
    Write the card, one table row for each prompt is enough, and name it as `card:` in the manifest.

    ## References
    - CWE-1059
    - LLM07
    """
    prompts = system.components.prompts
    yield from card_findings(ctx, (Carded(one.id, one.card, (one.path,)) for one in prompts), "prompt-card")
