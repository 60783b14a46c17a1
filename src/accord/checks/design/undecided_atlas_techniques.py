"""ACC107: attack techniques that nobody decided about."""

from collections.abc import Iterator

from accord.checks.threat_models import threat_sets, undecided
from accord.core import Context, Finding, System, check


@check("ACC107", on=("system",), bears_on=("1.2.c/atlas-techniques-dispositioned",), since="0.1")
def undecided_atlas_techniques(system: System, ctx: Context) -> Iterator[Finding]:
    """Attack technique that concerns a part of the system is not decided about.

    ## What it does
    Takes, for each kind of part that the system has, a short reviewed list of MITRE ATLAS techniques
    (`threat_sets.yaml`), and reports each that the threat model has no decision on. A decision on a technique
    covers its sub-techniques.

    ## Why it matters
    The techniques come from real incidents. One that nobody considered is one that nobody prepared for.

    ## Example
    A system with a dataset and no word about poisoned training data: see `tests/checks/ACC107/bad`.

    ## Fix
    Add a risk with that id, a decision, a reason and who decided.

    ## References
    - AML.T0020
    - AML.T0051
    """
    from accord.record.catalogue import framework

    names = framework("atlas").ids
    kinds = [kind for kind in threat_sets().atlas if any(asset.declared and asset.is_a(kind) for asset in ctx.assets)]
    wanted = {technique: names[technique] for kind in kinds for technique in threat_sets().atlas[kind]}
    yield from undecided(ctx, wanted, "MITRE ATLAS")
