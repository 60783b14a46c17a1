"""ACC215: stores of which nobody said who may read and write them."""

from collections.abc import Iterator

from accord.checks.places import manifest_place
from accord.core import Context, Finding, Severity, System, check


def _retrieves(system: System) -> bool:
    return bool(system.components.retrieval)


@check("ACC215", on=("system",), bears_on=("2.2.f/data-access-declared",), since="0.1", applies=_retrieves)
def undeclared_data_access(system: System, ctx: Context) -> Iterator[Finding]:
    """Access to a retrieval store is not declared.

    ## What it does
    Reports retrieval stores without `authorisation` (whose rights decide what is read) or without `writers` (who
    may put text into it). Whether the running system keeps to that is asked by probes, not here.

    ## Why it matters
    What the model retrieves, its user reads; and who writes into the store writes into the model's context. A
    store that anybody may fill is an open door for hidden instructions.

    ## Example
    `{id: kb, path: kb/}`: see `tests/checks/ACC215/bad`.

    ## Fix
    Declare `authorisation: per-user` (or `public`, if all of it is) and `writers: [TEAM]`.

    ## References
    - AML.T0070
    - LLM08
    - CWE-862
    """
    for store in system.components.retrieval:
        missing = [] if (store.authorisation or "").strip() else ["authorisation (whose rights decide what is read)"]
        if not any(writer.strip() for writer in store.writers):
            missing.append("writers (who may put text into it)")
        if missing:
            yield Finding(
                message=f"the retrieval store {store.id} declares no {' and no '.join(missing)}",
                where=manifest_place(ctx, store.id),
                severity=Severity.HIGH if len(missing) > 1 else Severity.MEDIUM,
                fix="add authorisation: per-user or public, and writers: [TEAM]",
            )
