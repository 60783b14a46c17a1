"""ACC309: people who do not know that they face an AI."""

import re
from collections.abc import Iterator

from accord.checks.documents import every
from accord.checks.places import section_place
from accord.core import Context, Finding, Severity, System, check

_AI = r"(?:ai|a\.i\.|artificial intelligence|chat ?bot|language model|computer program|automated system)"
_TALKS = r"(?:talk|chat|speak|interact|deal|writ|convers|communicat|fac)(?:e|es|ing|s|ting)?"
_MADE = r"(?:generated|written|produced|powered|given|made|answered)"
_NOTICE = re.compile(
    rf"\b{_TALKS}\b[^.\n]{{0,40}}\b{_AI}\b|\b{_MADE} by (?:an? )?{_AI}\b|\bai[- ]generated\b|"
    rf"\b(?:this is|it is|i am|you are using) an? (?:\w+ )?{_AI}\b|\bnot (?:to |with |by )?a (?:person|human)\b",
    re.IGNORECASE,
)
_PAGES = (
    "**/*.html",
    "**/*.htm",
    "**/*.j2",
    "**/*.jinja",
    "**/*.jinja2",
    "**/*.vue",
    "**/*.svelte",
    "**/*.jsx",
    "**/*.tsx",
)


def _talks(system: System) -> bool:
    return system.talks


@check("ACC309", on=("system",), bears_on=("X.2.b/ai-notice-present",), since="0.1", applies=_talks)
def missing_ai_notice(system: System, ctx: Context) -> Iterator[Finding]:
    """Nothing tells people that they face an AI system.

    ## What it does
    Looks in the guide for users, in statements on data use and in web pages and templates for a sentence which
    says that one talks to an AI, or that answers are made by one. Whether people get to see it is not seen.

    ## Why it matters
    Who believes to talk to a person trusts, and tells, what one would not tell a program. In some places the
    law asks for the notice.

    ## Example
    A guide that speaks of "our friendly team member": see `tests/checks/ACC309/bad`.

    ## Fix
    Say it in the first line of the guide and of the conversation: "You talk to an AI system, not to a person".

    ## References
    - LLM09
    - ASI09
    """
    from accord.scan.places import is_test

    told = [one for kind in ("user-guide", "data-use") for one in every(ctx, kind)]
    if any(_NOTICE.search(one.text) for one in told):
        return
    pages = (source for source in ctx.sources(*_PAGES) if not is_test(source.path))
    if not any(_NOTICE.search(source.text) for source in pages):
        yield Finding(
            message="neither the guide for users nor a web page says that an AI system answers",
            where=told[0].place if told else section_place(ctx, "system"),
            severity=Severity.MEDIUM,
            fix="say in the first line: you talk to an AI system, not to a person",
        )
