"""ACC219: systems that nobody knows how to end."""

import re
from collections.abc import Iterator

from accord.checks.documents import find
from accord.checks.places import section_place
from accord.core import Context, Finding, Severity, System, check

_SPEAKS = (
    ("models", re.compile(r"\b(?:models?|weights|router|classifiers?|checkpoints?)\b", re.I)),
    ("data", re.compile(r"\b(?:data|datasets?|logs|conversations|records|backups)\b", re.I)),
    ("access", re.compile(r"\b(?:access|keys?|tokens?|credentials?|accounts?|secrets?|certificates?)\b", re.I)),
)


@check("ACC219", on=("system",), bears_on=("2.4.c/decommission-plan-present",), since="0.1")
def missing_decommission_plan(system: System, ctx: Context) -> Iterator[Finding]:
    """There is no plan for taking the system out of service.

    ## What it does
    Looks for a document on decommissioning, retirement or the end of life, or a section of that name, and for
    the three things that it has to speak of: models, data, and access (keys, tokens, accounts). It reads words;
    whether the plan works is for people to say.

    ## Why it matters
    Models remember data, keys outlive services, and backups outlive both. What nobody planned to delete stays
    where an attacker finds it.

    ## Example
    A repository without such a plan: see `tests/checks/ACC219/bad`.

    ## Fix
    Write `docs/decommission-plan.md`: who decides, what is deleted when, which keys are revoked, who signs.

    ## References
    - CWE-212
    - CWE-324
    """
    plan = find(ctx, "decommission-plan")
    if plan is None:
        message, where = "no document says how the system is taken out of service", section_place(ctx, "system")
    elif missing := [what for what, words in _SPEAKS if not words.search(plan.text)]:
        message, where = f"the plan {plan.path} does not say what happens to {' and '.join(missing)}", plan.place
    else:
        return
    fix = "write docs/decommission-plan.md: what happens to models, data and access, and who signs"
    yield Finding(message=message, where=where, severity=Severity.MEDIUM, fix=fix)
