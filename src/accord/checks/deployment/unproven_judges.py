"""ACC261: campaigns that rest on the word of a judge who is not good enough."""

from __future__ import annotations

from collections.abc import Iterator

from accord.checks.campaigns import attack_place, known, may_gate, talks
from accord.core import Context, Finding, Severity, System, check


@check(
    "ACC261", on=("system",), bears_on=("3.4.b/canary-attacks-detected-by-judge",), since="0.4", applies=talks
)  # fmt: skip
def unproven_judges(system: System, ctx: Context) -> Iterator[Finding]:
    """Campaign rests on the word of a judge that may not gate.

    ## What it does
    Looks for the judges that were asked in the signed campaigns on this digest. Reports each that has no calibration,
    agrees with people less than kappa 0.6, or missed attacks that were planted to test it. Campaigns whose oracles
    decide by what can be seen ask no judge, and pass. Without a campaign on this digest the check is `not-run`.

    ## Why it matters
    A judge that misses what broke makes every suite green.

    ## Example
    A campaign with a judge that nobody calibrated: see `tests/checks/ACC261/bad`.

    ## Fix
    `accord attack calibrate` on labelled answers, or oracles that need no judge.

    ## References
    - LLM09
    """
    told = known(ctx)
    for campaign in told.campaigns if told else ():
        if campaign.judge and not may_gate(campaign):
            yield Finding(
                message=f"the judge of the campaign of {campaign.created:%Y-%m-%d} may not gate: {campaign.judge}",
                where=attack_place(ctx),
                severity=Severity.MEDIUM,
                fix="calibrate it with accord attack calibrate, or use oracles that need no judge",
            )
