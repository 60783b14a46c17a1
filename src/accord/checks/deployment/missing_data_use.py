"""ACC307: users who do not know where their data goes."""

import re
from collections.abc import Iterator

from accord.checks.documents import every
from accord.checks.places import section_place
from accord.core import Context, Finding, Severity, System, check

_SPEAKS = (
    (
        "where data is processed or stored",
        re.compile(r"\b(?:process|stor|kept|keep|delet|log|host|send|sent)\w*\b", re.I),
    ),
    ("retraining", re.compile(r"\b(?:re-?)?(?:train|tun|learn|improv)\w*\b", re.I)),
    (
        "who sees it",
        re.compile(r"\b(?:staff|people|person|human|reviewers?|nobody|no one|employees?|teams?|access)\b", re.I),
    ),
)


@check("ACC307", on=("system",), bears_on=("3.5.f/data-use-present",), since="0.1")
def missing_data_use(system: System, ctx: Context) -> Iterator[Finding]:
    """Users are not told how their data is used.

    ## What it does
    Looks for a document or section on data use or privacy, and in it for words about where data is processed or
    stored, about retraining, and about who sees it. Pages that the model retrieves do not count. Whether the
    statement is true is asked by ACC308 as far as the manifest can tell.

    ## Why it matters
    People tell an assistant more than they would write into a form. They can only decide what to tell it when
    they know who reads along and whether a model learns from it.

    ## Example
    A guide without a word about data: see `tests/checks/ACC307/bad`.

    ## Fix
    Add a section "How your data is used" to the user guide, with these three things.

    ## References
    - LLM02
    - CWE-359
    """
    found = list(every(ctx, "data-use"))
    text = "\n".join(one.text for one in found)
    missing = [what for what, words in _SPEAKS if not words.search(text)]
    if not found:
        message, where = "no document tells users how their data is used", section_place(ctx, "system")
    elif missing:
        message, where = (
            f"the statement in {found[0].path} does not tell users about {' or '.join(missing)}",
            found[0].place,
        )
    else:
        return
    fix = "add a section How your data is used: where it is kept, whether a model learns from it, who sees it"
    yield Finding(message=message, where=where, severity=Severity.MEDIUM, fix=fix)
