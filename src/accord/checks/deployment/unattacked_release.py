"""ACC250: a release that the suites of its kind did not attack, or broke."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from accord.checks.campaigns import answers, attack_place, known, talks, unrun
from accord.core import Context, Finding, Severity, System, check

_AGENT: Final = "agent"


@check(
    "ACC250", on=("system",), bears_on=("3.4.a/all-required-suites-run-on-this-digest", "3.4.a/suite-baseline"),
    since="0.4", applies=talks,
)  # fmt: skip
def unattacked_release(system: System, ctx: Context) -> Iterator[Finding]:
    """Release was not attacked with every suite it needs, or a suite broke it.

    ## What it does
    Asks the signed campaigns of the state folder whether each case of the suites in `attack.suites` ran against
    exactly this digest of the system, or was found not to apply when the campaign was planned. `llm-baseline` is
    needed always, `agent` where the model has tools. Reports suites that the manifest leaves out or that do not ship,
    and each case that breaks the system: a critical one by a single trial, others when the one-sided 95 % bound of
    their class and channel is above 5 %. What did not run, stayed unsure or has too few trials is `not-run`. Breaks
    of the suite `agent` are ACC251's.

    ## Why it matters
    A model, a prompt or a tool that changed answers attacks differently. A test of the last version says nothing
    about the one that ships.

    ## Example
    A case of the suite that breaks the system in every trial: see `tests/checks/ACC250/bad`.

    ## Fix
    Name the suites under `attack` in the manifest, and let the pipeline run `accord attack run` before
    `accord assess`.

    ## References
    - LLM01
    - AML.M0008
    """
    from accord.case.suites import suites

    named = system.attack.suites if system.attack else ()
    needed = ("llm-baseline", _AGENT) if system.is_agent else ("llm-baseline",)
    for name in needed:
        if name not in named:
            yield _finding(ctx, f"the manifest does not name the suite {name}, which a system of its kind needs")
    for name in named:
        if name not in suites():
            yield _finding(ctx, f"the manifest names the suite {name[:80]!r}, which does not ship")
    told = known(ctx)
    if told is None:
        return
    for name in dict.fromkeys((*needed, *named)):
        if name in suites():
            cases = unrun(ctx, told, name)
            if name != _AGENT and cases:
                yield from answers(ctx, told, cases, f"suite {name}")


def _finding(ctx: Context, message: str) -> Finding:
    fix = "write attack: {suites: [llm-baseline, agent]} into the manifest"
    return Finding(message=message, where=attack_place(ctx), severity=Severity.MEDIUM, fix=fix)
