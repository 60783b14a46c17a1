"""ACC302: systems for whose incidents nobody has a plan."""

import re
from collections.abc import Iterator

from accord.checks.documents import find
from accord.checks.places import section_place
from accord.core import Context, Finding, Severity, System, check

_SPEAKS = (
    ("who responds", re.compile(r"\b(?:leads?|responsible|contact|on[- ]call|owner|team|who)\b|@", re.I)),
    ("escalation", re.compile(r"\bescalat|\bnotif|\binform(?:s|ed)?\b|\btells?\b", re.I)),
    (
        "remediation",
        re.compile(r"\b(?:stop|contain|restore|roll ?back|revoke|rebuild|mitigat\w+|remed\w+|recover\w*)\b", re.I),
    ),
)


@check("ACC302", on=("system",), bears_on=("3.3.a/incident-plan-present",), since="0.1")
def missing_incident_plan(system: System, ctx: Context) -> Iterator[Finding]:
    """There is no plan for incidents of this system.

    ## What it does
    Looks for an incident plan, playbook or runbook, or a section of that name, and for words about who
    responds, escalation and remediation in it. Which scenarios it covers is asked by ACC303; whether it works is
    shown by an exercise.

    ## Why it matters
    In the first hour nobody has time to think of whom to call, how to stop the model and where the last good
    version lies.

    ## Example
    A repository without such a plan: see `tests/checks/ACC302/bad`.

    ## Fix
    Write `docs/incident-plan.md`: who leads, how the system is stopped, whom to tell by when, and what to do first
    in each scenario of the threat model.

    ## References
    - CWE-1059
    """
    plan = find(ctx, "incident-plan")
    if plan is None:
        message, where = "no document says what to do in an incident", section_place(ctx, "system")
    elif missing := [what for what, words in _SPEAKS if not words.search(plan.text)]:
        message, where = f"the plan {plan.path} says nothing about {' and '.join(missing)}", plan.place
    else:
        return
    fix = "write docs/incident-plan.md: who leads, how to stop it, whom to tell, what to do in each scenario"
    yield Finding(message=message, where=where, severity=Severity.HIGH, fix=fix)
