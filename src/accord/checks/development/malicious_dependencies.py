"""ACC231: packages that are malicious, or look as if they were."""

from collections.abc import Iterator

from accord.checks.dependencies import Locked, expect_answers, known, locks
from accord.core import Context, Finding, Place, Severity, System, check


@check("ACC231", on=("system",), bears_on=("2.1.d/deps-malicious-indicators",), since="0.1")
def malicious_dependencies(system: System, ctx: Context) -> Iterator[Finding]:
    """Package is malicious, or shows the signs of it.

    ## What it does
    Reports locked packages that a feed calls malicious; names that are one letter, a swap, a look-alike or a
    separator away from a popular package; addresses without a commit or hash; a second index beside the first;
    packages that run a script when installed; and a `package.json` or `setup.py` that fetches or hides something.

    ## Why it matters
    A package runs with the rights of whoever installs it, often before anybody has read a line of it. Most attacks
    on the supply chain begin with a name that looks right.

    ## Example
    A lock file with a misspelt name: see `tests/checks/ACC231/bad`.

    ## Fix
    Remove the package, change every secret that its host could read, and lock the right one with its hash.
    An honest package with an unlucky name is waived once, by its digest.

    ## References
    - CWE-506
    - CWE-1357
    - AML.T0010
    - LLM03
    """
    found = locks(ctx)
    for path, hit in known(ctx, found, frozenset({"malicious"})):
        yield Finding(
            message=f"{hit.package.name} {hit.package.version} is malicious ({hit.id}): {hit.summary}",
            where=Place(path=path, line=hit.package.line),
            severity=Severity.CRITICAL,
            fix=f"remove {hit.package.name}, and change the secrets that its host could read",
        )
    for held in found:
        yield from _names(held)
        yield from _origins(held)
    yield from _programs(ctx)
    expect_answers(ctx, found)


def _names(held: Locked) -> Iterator[Finding]:
    from accord.scan.supply.squats import resemblance

    for one in {package.name: package for package in held.lock.packages if not package.origin}.values():
        like = resemblance(one.ecosystem, one.name)
        if like:
            yield Finding(
                message=f"the name {one.name} {like.how} the popular {like.popular}",
                where=Place(path=held.path, line=one.line),
                severity=Severity.HIGH,
                fix=f"make sure that {one.name} is meant and not {like.popular}",
            )


def _origins(held: Locked) -> Iterator[Finding]:
    from accord.scan.supply.installs import loose_origins, script_runners, second_indexes

    for one, origin in loose_origins(held.lock):
        yield Finding(
            message=f"{one.name} comes from an address without a commit or hash: {origin[:120]}",
            where=Place(path=held.path, line=one.line),
            severity=Severity.HIGH,
            fix="name the commit (@ and 40 digits) or the hash",
        )
    for odd in second_indexes(held.text, held.lock) if held.lock.kind == "requirements" else ():
        yield Finding(message=odd.message, where=Place(path=held.path, line=odd.line), fix=odd.fix)
    runners = [one.name for one in script_runners(held.lock)]
    if runners:
        yield Finding(
            message=f"{len(runners)} packages run a script when installed: {', '.join(runners[:8])}",
            where=Place(path=held.path),
            severity=Severity.LOW,
            fix="install with --ignore-scripts, and allow the few that need theirs by name",
        )


def _programs(ctx: Context) -> Iterator[Finding]:
    from accord.scan.places import is_test
    from accord.scan.supply.installs import package_scripts, setup_calls

    for pattern, read in (("**/package.json", package_scripts), ("**/setup.py", setup_calls)):
        for source in ctx.sources(pattern):
            for odd in () if is_test(source.path) else read(source.text):
                yield Finding(
                    message=odd.message,
                    where=Place(path=source.path, line=odd.line),
                    severity=Severity.HIGH if odd.grave else Severity.MEDIUM,
                    fix=odd.fix,
                )
