"""ACC232: packages and runtimes that nobody mends."""

from collections.abc import Iterator

from accord.core import Context, Finding, Place, Severity, System, check

_RUNTIMES = ("**/Dockerfile*", "**/*.Dockerfile", "**/Containerfile*", "**/.python-version", "**/.nvmrc",
             "**/.node-version", "**/runtime.txt")  # fmt: skip


@check("ACC232", on=("system",), bears_on=("2.1.d/unmaintained",), since="0.1")
def unmaintained_dependencies(system: System, ctx: Context) -> Iterator[Finding]:
    """Package or runtime is not maintained any more.

    ## What it does
    Reports locked packages that a feed or the built-in table calls unmaintained, and base images and runtime
    versions (Python, Node.js, Debian, Ubuntu, CentOS) that are past the last day on which they are mended.

    ## Why it matters
    The next vulnerability in them stays open, and everybody can read that it will.

    ## Example
    A package that was given up years ago: see `tests/checks/ACC232/bad`.

    ## Fix
    Move to the package or release that the finding names.

    ## References
    - CWE-1104
    - AML.T0010
    - LLM03
    """
    from accord.checks.dependencies import expect_answers, known, locks
    from accord.scan.places import is_test
    from accord.scan.supply.ended import ended_runtimes, given_up

    found = locks(ctx)
    for path, hit in known(ctx, found, frozenset({"unmaintained"})):
        yield Finding(
            message=f"{hit.package.name} {hit.package.version} is not maintained ({hit.id}): {hit.summary}",
            where=Place(path=path, line=hit.package.line),
            fix=f"replace {hit.package.name} with a package that is maintained",
        )
    for held in found:
        for one in dict.fromkeys(held.lock.packages):
            told = given_up(one.ecosystem, one.name)
            if told:
                yield Finding(
                    message=f"{one.name} has not been maintained since {told.since}",
                    where=Place(path=held.path, line=one.line),
                    fix=f"use {told.instead}",
                )
    for source in ctx.sources(*_RUNTIMES):
        for ended in () if is_test(source.path) else ended_runtimes(source.path, source.text, ctx.now.date()):
            yield Finding(
                message=f"{ended.name} {ended.version} has not been maintained since {ended.end}",
                where=Place(path=source.path, line=ended.line),
                severity=Severity.HIGH,
                fix=f"use a release of {ended.name} that is maintained",
            )
    expect_answers(ctx, found)
