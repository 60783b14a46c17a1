"""ACC106: threats to agents that nobody decided about."""

from collections.abc import Iterator

from accord.checks.threat_models import undecided
from accord.core import Context, Finding, System, check


def _acts(system: System) -> bool:
    return system.is_agent


@check("ACC106", on=("system",), bears_on=("1.2.c/owasp-asi-dispositioned-if-agent",), since="0.1", applies=_acts)
def undecided_agent_threats(system: System, ctx: Context) -> Iterator[Finding]:
    """Known threat to agents is not decided about.

    ## What it does
    Goes through the ten entries ASI01 to ASI10 of the OWASP Top 10 for agentic applications and reports each
    that the threat model has no decision on. Systems that say they are agents, or declare tools, are asked.

    ## Why it matters
    A model that acts can be made to act for somebody else; how that goes is known and listed.

    ## Example
    An agent whose threat model stops at the threats to language models: see `tests/checks/ACC106/bad`.

    ## Fix
    Add a risk with that id, a decision, a reason and who decided.

    ## References
    - ASI01
    """
    from accord.record.catalogue import framework

    yield from undecided(ctx, framework("owasp-asi").ids, "OWASP agentic")
