"""ACC105: threats to language models that nobody decided about."""

from collections.abc import Iterator

from accord.checks.threat_models import undecided
from accord.core import Context, Finding, System, check


def _talks(system: System) -> bool:
    return system.talks


@check("ACC105", on=("system",), bears_on=("1.2.c/owasp-llm-dispositioned",), since="0.1", applies=_talks)
def undecided_llm_threats(system: System, ctx: Context) -> Iterator[Finding]:
    """Known threat to language models is not decided about.

    ## What it does
    Goes through the ten entries LLM01 to LLM10 of the OWASP Top 10 for LLM applications and reports each that
    the threat model has no decision on. `not-applicable` with a reason is a decision.

    ## Why it matters
    Threats that a team does not think of by itself are the ones that a public list is good for.

    ## Example
    A threat model that ends after LLM02: see `tests/checks/ACC105/bad`.

    ## Fix
    Add a risk with that id, a decision, a reason and who decided.

    ## References
    - LLM01
    """
    from accord.record.catalogue import framework

    yield from undecided(ctx, framework("owasp-llm").ids, "OWASP LLM")
