"""ACC230: packages with known vulnerabilities."""

from collections.abc import Iterator

from accord.core import Context, Finding, Place, System, check


@check(
    "ACC230",
    on=("system",),
    bears_on=("1.3.d/deps-known-vulnerabilities", "2.1.d/deps-known-vulnerabilities"),
    since="0.1",
)
def vulnerable_dependencies(system: System, ctx: Context) -> Iterator[Finding]:
    """Locked package has a known vulnerability.

    ## What it does
    Compares every package of every lock file (pip, uv, poetry, PDM, Pipenv, PEP 751, npm, yarn, pnpm, conda,
    Cargo, Go) with the imported feeds of vulnerabilities. Where no feed was imported the check
    did not run; where feeds cover no such ecosystem, or the newest record is older than is allowed, it is an error:
    old news never counts as no news. The evidence names each feed,
    the day of its newest record and its digest.

    ## Why it matters
    What is public about a package is the first thing that an attacker tries. A system is as weak as the oldest
    package in it, however good its own code.

    ## Example
    A lock file with a version that a record calls affected: see `tests/checks/ACC230/bad`.

    ## Fix
    Update to the version that the finding names, or to a package that is mended. Import a current feed with
    `accord feeds import`.

    ## References
    - CWE-1395
    - AML.T0010
    - LLM03
    """
    from accord.checks.dependencies import expect_answers, known, locks
    from accord.scan.supply.matching import coverage_of

    found = locks(ctx)
    days = coverage_of(ctx.feeds)
    for path, hit in known(ctx, found, frozenset({"vulnerable"})):
        one = hit.package
        also = f" ({', '.join(hit.aliases[:2])})" if hit.aliases else ""
        told = f": {hit.summary}" if hit.summary else ""
        yield Finding(
            message=f"{one.name} {one.version} has {hit.id}{also}{told} [{days.get(one.ecosystem, '')}]",
            where=Place(path=path, line=one.line),
            severity=hit.severity,
            fix=f"update {one.name} to {hit.fixed} or later" if hit.fixed else f"replace {one.name}: no fix is known",
        )
    expect_answers(ctx, found)
